package store

import (
	"cmp"
	"context"
	"slices"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/store/internal/dict"
)

// view is a lane to be read: live, or as a snapshot holds it.
type view struct {
	lane *Lane
	at   *version // nil: live
}

// entry reads a word and what it says. Live, the head is read again after the
// word, so that both belong together.
func (v *view) entry(paths bool, id uint32) (w uint64, st Status, secs uint32) {
	if v.at != nil {
		pages := v.at.plain
		if paths {
			pages = v.at.paths
		}
		if n := int(id >> pageBits); n < len(pages) && pages[n] != nil {
			w = pages[n][id%pageLen]
		}
		return w, readStatus(v.at.head, w), v.at.time(w)
	}
	col := &v.lane.plain
	if paths {
		col = &v.lane.paths
	}
	for {
		h := v.lane.head.Load()
		w = col.word(id)
		if w == 0 {
			return 0, 0, 0
		}
		st, secs = readStatus(h, w), wordSeconds(w)
		if st == Withdrawn && w&statusMask == statusHeld {
			secs = v.lane.since[wordGen(w)].Load()
		}
		if v.lane.head.Load() == h {
			return w, st, secs
		}
	}
}

// peek reads the word of a plain entry alone.
func (v *view) peek(id uint32) uint64 {
	if v.at == nil {
		return v.lane.plain.word(id)
	}
	if n := int(id >> pageBits); n < len(v.at.plain) && v.at.plain[n] != nil {
		return v.at.plain[n][id%pageLen]
	}
	return 0
}

// time is the time of an entry: for what went with its session, when that ended.
func (v *version) time(w uint64) uint32 {
	if w&statusMask == statusHeld && headReading(v.head, wordGen(w)) == readWithdrawn {
		return v.since[wordGen(w)]
	}
	return wordSeconds(w)
}

// reader runs one query.
type reader struct {
	store   *Store
	q       Query
	d       *dict.Dict
	views   []view
	live    bool
	key     dict.Key
	after   dict.Key
	resumed bool
	yield   func(Entry, error) bool

	count   int
	stopped bool
	checked []uint64 // verdicts of q.Attrs by id: two bits, known and good
	judged  int      // attribute sets
	rows    []row    // scratch: the paths of one lane at one prefix
	room    [8]view  // of views, where they are few
}

type row struct {
	path uint32
	word uint64
	st   Status
	secs uint32
}

func (r *reader) run(ctx context.Context) {
	if len(r.views) == 0 {
		return
	}
	switch r.q.Match {
	case Exact, Longest, Less:
		r.point()
	case All:
		r.key = dict.Key{}
		r.walk(ctx)
	case More:
		r.walk(ctx)
	}
}

// point answers for one prefix and those that cover it.
func (r *reader) point() {
	if r.live {
		pin := r.store.pins.Enter()
		defer r.store.pins.Leave(pin)
	}
	if r.q.Match == Exact {
		if id := r.d.Find(r.key); id != 0 {
			r.prefix(id, r.key)
		}
		return
	}
	var room [40]uint32
	ids := r.d.Covering(room[:0], r.key)
	if r.q.Match == Longest {
		for _, id := range slices.Backward(ids) {
			if r.prefix(id, r.d.Key(id)) || r.stopped {
				return
			}
		}
		return
	}
	for _, id := range ids {
		if k := r.d.Key(id); !(r.q.ExcludeSelf && k == r.key) && !r.stopped {
			r.prefix(id, k)
		}
	}
}

// pinned is how many prefixes a walk reads under one pin, so that a slow reader
// does not hold back the reuse of ids.
const pinned = 512

func (r *reader) walk(ctx context.Context) {
	if r.q.Attrs != nil {
		r.checked = make([]uint64, r.store.attrs.Limit()>>5+2)
	}
	if r.resumed && r.key.Covers(r.after) {
		r.part(func() {
			if id := r.d.Find(r.after); id != 0 {
				r.prefix(id, r.after)
			}
		})
	}
	var w dict.Walker
	from, behind, started := r.after, r.resumed, false
	for more := true; more && !r.stopped; {
		if err := ctx.Err(); err != nil {
			r.yield(Entry{}, err)
			return
		}
		r.part(func() {
			switch {
			case started && !r.live: // nothing moves under a snapshot's pin
			case behind:
				w.StartAfter(r.d, r.key, from)
			default:
				w.Start(r.d, r.key)
			}
			from, more = r.some(&w)
			started, behind = true, true
		})
	}
}

// part runs f under a pin, where the query is live.
func (r *reader) part(f func()) {
	if !r.live {
		f()
		return
	}
	pin := r.store.pins.Enter()
	defer r.store.pins.Leave(pin)
	f()
}

// some reads a number of prefixes and returns the last.
func (r *reader) some(w *dict.Walker) (last dict.Key, more bool) {
	for range pinned {
		id, k := w.Next()
		if id == 0 {
			return k, false
		}
		last = k
		if r.q.ExcludeSelf && k == r.key && r.q.Match == More {
			continue
		}
		if r.prefix(id, k); r.stopped {
			return k, false
		}
	}
	return last, true
}

// prefix yields the routes of one prefix and reports whether there was one.
func (r *reader) prefix(id uint32, k dict.Key) bool {
	found := false
	for i := range r.views {
		v := &r.views[i]
		if r.d.Paths() == nil && r.rejected(v.peek(id)) {
			continue
		}
		if w, st, secs := v.entry(false, id); w != 0 && r.wanted(w, st) {
			found = r.emit(v, k, row{0, w, st, secs}, false) || found
			if r.stopped {
				return found
			}
		}
		if p := r.d.Paths(); p != nil {
			found = r.pathsOf(p, v, id, k) || found
			if r.stopped {
				return found
			}
		}
	}
	return found
}

func (r *reader) pathsOf(p *dict.Paths, v *view, id uint32, k dict.Key) bool {
	r.rows = r.rows[:0]
	for pair := p.First(id); pair != 0; pair = p.Next(pair) {
		if w, st, secs := v.entry(true, pair); w != 0 && r.wanted(w, st) {
			_, path := p.Pair(pair)
			r.rows = append(r.rows, row{path, w, st, secs})
		}
	}
	if len(r.rows) > 1 {
		slices.SortFunc(r.rows, func(a, b row) int { return cmp.Compare(a.path, b.path) })
	}
	found := false
	for _, row := range r.rows {
		found = r.emit(v, k, row, true) || found
		if r.stopped {
			break
		}
	}
	return found
}

// rejected reports that an entry is empty or has attributes known not to fit:
// most of a scan ends here.
func (r *reader) rejected(w uint64) bool {
	if w == 0 {
		return true
	}
	id := wordAttr(w)
	return int(id>>5) < len(r.checked) && r.checked[id>>5]>>(id&31*2)&3 == 1
}

func (r *reader) wanted(w uint64, st Status) bool {
	if st == 0 || !r.q.Status.has(st) {
		return false
	}
	if r.q.Attrs == nil {
		return true
	}
	id := wordAttr(w)
	if int(id>>5) >= len(r.checked) {
		return r.q.Attrs(bgp.Attrs(r.store.attrs.Bytes(id)))
	}
	cell, shift := &r.checked[id>>5], id&31*2
	if seen := *cell >> shift & 3; seen != 0 {
		return seen == 3
	}
	if r.judged++; r.judged == judgeOneByOne {
		r.judgeAll()
		if seen := *cell >> shift & 3; seen != 0 {
			return seen == 3
		}
	}
	return r.judge(id)
}

// judgeOneByOne is how many attribute sets a walk judges as it comes to them.
// After that it judges all, in the order they lie in memory, which is several
// times faster for each.
const judgeOneByOne = 4096

func (r *reader) judgeAll() {
	for id := uint32(1); id < uint32(len(r.checked)-1)<<5; id++ {
		if r.checked[id>>5]>>(id&31*2)&3 == 0 && r.store.attrs.Has(id) {
			r.judge(id)
		}
	}
}

func (r *reader) judge(id uint32) bool {
	good := r.q.Attrs(bgp.Attrs(r.store.attrs.Bytes(id)))
	cell, shift := &r.checked[id>>5], id&31*2
	*cell |= 1 << shift
	if good {
		*cell |= 2 << shift
	}
	return good
}

// emit yields a route that lies behind the cursor; it reports whether there is
// one, yielded or not.
func (r *reader) emit(v *view, k dict.Key, w row, hasPath bool) bool {
	ingress := v.lane.key.Ingress
	if r.resumed && !r.behind(k, ingress, w.path, hasPath) {
		return true
	}
	id := wordAttr(w.word)
	e := Entry{
		Prefix: k.Prefix(r.d.Wide()), PathID: w.path, HasPathID: hasPath,
		Ingress: ingress, Family: v.lane.key.Family,
		Attrs: bgp.Attrs(r.store.attrs.Bytes(id)), AttrID: id,
		Time: int64(w.secs) * 1e6, Status: w.st,
	}
	r.count++
	if !r.yield(e, nil) || r.q.Limit > 0 && r.count >= r.q.Limit {
		r.stopped = true
	}
	return true
}

// behind reports whether a route comes after the query's cursor.
func (r *reader) behind(k dict.Key, ingress, path uint32, hasPath bool) bool {
	c := r.q.After
	switch order := k.Compare(r.after); {
	case order != 0:
		return order > 0
	case ingress != c.Ingress:
		return ingress > c.Ingress
	case hasPath != c.HasPathID:
		return hasPath
	}
	return path > c.PathID
}
