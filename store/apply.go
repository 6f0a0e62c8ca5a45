package store

import (
	"encoding/binary"
	"fmt"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/store/internal/dict"
)

// Change is what Apply does to a lane: a run of NLRI announced with one
// attribute set, or withdrawn. The caller reuses it.
type Change struct {
	NLRI  bgp.NLRI
	Attrs bgp.Attrs // nil withdraws
	Time  int64     // Unix microseconds
	// Marks gets one element appended for each NLRI. The caller keeps its
	// capacity.
	Marks []bgp.Change
}

// Report says what a change did. The counts are of NLRI; each is in one of New
// to Refused, but for one whose replacement was refused: that is in Refused and,
// since what was held for it went, in Withdrawn.
type Report struct {
	// Seq numbers the changes of a lane without gaps, from 1.
	Seq                                              uint64
	New, Replaced, Same, Withdrawn, Unknown, Refused int
	// Refreshed counts those of Same that an earlier session had told: they are no
	// longer stale.
	Refreshed int
	// Masked counts NLRI that came with host bits set.
	Masked int
	// Err says why NLRI were refused, or that the run is broken.
	Err error
}

// Apply stores a change. It is visible to readers when Apply returns, entry by
// entry. It does no I/O and, where neither prefix nor attribute set is new,
// allocates nothing and waits for nobody.
//
// A route with the attributes it had already is ChangeSame and keeps its time,
// unless an earlier session told it.
func (l *Lane) Apply(c *Change) Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter()
	if l.dict == nil || c.NLRI.Family != l.key.Family {
		return l.refuse(c)
	}
	a := applier{Lane: l, now: seconds(c.Time), marks: c.Marks}
	rest := c.NLRI.Bytes
	if c.Attrs == nil {
		rest = a.withdrawRun(rest, c.NLRI.AddPath)
	} else {
		rest = a.announceRun(rest, c)
	}
	if len(rest) > 0 && a.report.Err == nil {
		a.report.Err = fmt.Errorf("store: broken NLRI, %d bytes before the end of the run", len(rest))
	}
	c.Marks = a.marks
	a.finish()
	a.report.Seq = l.tick()
	return a.report
}

// refuse answers for a family that is not kept.
func (l *Lane) refuse(c *Change) Report {
	n := c.NLRI.Len()
	for range n {
		c.Marks = append(c.Marks, bgp.ChangeRefused)
	}
	return Report{
		Seq: l.tick(), Refused: n,
		Err: fmt.Errorf("store: %s: %w", c.NLRI.Family, ErrFamily),
	}
}

// applier is one Apply under way.
type applier struct {
	*Lane
	now    uint32
	attr   uint32
	head   uint64
	report Report
	marks  []bgp.Change

	held      [4]int // changes of the lane's counters
	withdrawn int
}

func (a *applier) finish() {
	for gen, n := range a.held {
		if n != 0 {
			a.Lane.held[gen].Add(int64(n))
		}
	}
	if a.withdrawn != 0 {
		a.Lane.withdrawn.Add(int64(a.withdrawn))
	}
}

// next reads one NLRI. size is 0 at the end and where the run is broken.
func (a *applier) next(b []byte, addPath bool) (k dict.Key, path uint32, size int) {
	if addPath {
		if len(b) < 5 {
			return k, 0, 0
		}
		path, b, size = binary.BigEndian.Uint32(b), b[4:], 4
	}
	if len(b) == 0 {
		return k, 0, 0
	}
	n := 1 + (int(b[0])+7)>>3
	if len(b) < n || b[0] > 32 && (!a.dict.Wide() || b[0] > 128) {
		return k, 0, 0
	}
	if len(b) >= 9 {
		k.Hi = binary.BigEndian.Uint64(b[1:])
	} else {
		for i, c := range b[1:n] {
			k.Hi |= uint64(c) << (56 - 8*i)
		}
	}
	if n > 9 {
		for i, c := range b[9:n] {
			k.Lo |= uint64(c) << (56 - 8*i)
		}
	}
	if n < 9 {
		k.Hi &= ^(^uint64(0) >> (8 * (n - 1)))
	}
	cut := k.Cut(b[0])
	if cut.Hi != k.Hi || cut.Lo != k.Lo {
		a.report.Masked++
	}
	return cut, path, size + n
}

func (a *applier) withdrawRun(b []byte, addPath bool) []byte {
	a.head = a.Lane.head.Load()
	for {
		k, path, size := a.next(b, addPath)
		if size == 0 {
			return b
		}
		b = b[size:]
		col, id := a.lookup(k, path, addPath)
		if id == 0 || !a.withdraw(col, id) {
			a.report.Unknown++
			a.marks = append(a.marks, bgp.ChangeUnknown)
			continue
		}
		a.marks = append(a.marks, bgp.ChangeWithdrawn)
	}
}

// lookup finds the entry of a prefix that is known already.
func (a *applier) lookup(k dict.Key, path uint32, addPath bool) (*column, uint32) {
	id := a.dict.Find(k)
	if id != 0 && addPath {
		return &a.paths, a.dict.FindPath(id, path)
	}
	return &a.plain, id
}

// holds reports whether there is a route to be replaced.
func (a *applier) holds(k dict.Key, path uint32, addPath bool) bool {
	col, id := a.lookup(k, path, addPath)
	if id == 0 {
		return false
	}
	st := readStatus(a.head, col.word(id))
	return st == Active || st == Stale
}

// withdraw marks an entry as withdrawn; false where it is not there.
func (a *applier) withdraw(c *column, id uint32) bool {
	w := c.word(id)
	if s := readStatus(a.head, w); s != Active && s != Stale {
		return false
	}
	a.held[wordGen(w)]--
	a.withdrawn++
	a.report.Withdrawn++
	a.set(c, id, entryWord(wordAttr(w), a.now, 0, statusWithdrawn))
	return true
}

// staged is how many NLRI of a run are taken through each step together, so
// that their cache misses overlap.
const staged = 16

// stage is a part of a run under way.
type stage struct {
	keys  [staged]dict.Key
	paths [staged]uint32
	ids   [staged]uint32 // in the column that the run goes to; 0 is refused
	warm  uint64         // of no meaning: keeps loads that only warm the cache
}

func (a *applier) announceRun(b []byte, c *Change) []byte {
	if h := a.Lane.head.Load(); headReading(h, headGen(h)) != readActive {
		a.up(c.Time)
	}
	a.head = a.Lane.head.Load()
	addPath, col := c.NLRI.AddPath, &a.plain
	if addPath {
		col = &a.paths
	}
	var s stage
	for first := true; ; first = false {
		n := 0
		for ; n < staged; n++ {
			k, path, size := a.next(b, addPath)
			if size == 0 {
				break
			}
			s.keys[n], s.paths[n], b = k, path, b[size:]
			s.warm += a.dict.Warm(k)
		}
		if first { // after the first keys are on their way into the cache
			a.attr = a.store.attrs.Intern(c.Attrs, a.store.room)
		}
		if n == 0 {
			return b
		}
		for i := range n {
			s.ids[i] = a.identify(s.keys[i], s.paths[i], addPath)
			s.warm += col.word(s.ids[i])
		}
		for i := range n {
			a.marks = append(a.marks, a.announce(col, s.keys[i], s.paths[i], s.ids[i], addPath))
		}
	}
}

// identify returns the id of what is announced, 0 where it is refused.
func (a *applier) identify(k dict.Key, path uint32, addPath bool) uint32 {
	if a.attr == 0 || a.store.full.Load() != 0 && !a.holds(k, path, addPath) {
		return 0
	}
	id := a.dict.Insert(k, a.store.room)
	if id != 0 && addPath {
		return a.dict.InsertPath(id, path, a.store.room)
	}
	return id
}

func (a *applier) announce(col *column, k dict.Key, path, id uint32, addPath bool) bgp.Change {
	if id == 0 {
		return a.refused(a.lookup(k, path, addPath))
	}
	old := col.word(id)
	if old == 0 {
		if need := col.need(id); need > 0 && !a.store.room(need) {
			return a.refused(col, 0)
		}
	}
	return a.put(col, id, old)
}

func (a *applier) put(col *column, id uint32, old uint64) bgp.Change {
	gen, now := headGen(a.head), a.now
	change := bgp.ChangeNew
	switch readStatus(a.head, old) {
	case Active, Stale:
		change = bgp.ChangeReplaced
		if wordAttr(old) == a.attr {
			change = bgp.ChangeSame
		}
	}
	switch old & statusMask {
	case statusHeld:
		if change == bgp.ChangeSame && wordGen(old) == gen {
			a.report.Same++
			return change
		}
		a.held[wordGen(old)]--
	case statusWithdrawn:
		a.withdrawn--
	}
	a.held[gen]++
	a.set(col, id, entryWord(a.attr, now, gen, statusHeld))
	switch change {
	case bgp.ChangeNew:
		a.report.New++
	case bgp.ChangeReplaced:
		a.report.Replaced++
	default:
		a.report.Same++
		a.report.Refreshed++
	}
	return change
}

// refused answers for a route that is not taken. What was held for it is no
// longer true, and goes.
func (a *applier) refused(c *column, id uint32) bgp.Change {
	a.report.Refused++
	if a.report.Err == nil {
		a.report.Err = a.store.limitError()
	}
	if id != 0 && a.withdraw(c, id) {
		return bgp.ChangeWithdrawn
	}
	return bgp.ChangeRefused
}
