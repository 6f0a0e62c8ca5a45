package rpki

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

// Table holds the VRPs, ASPAs and router keys of named sources. Snapshots are read without a lock;
// changes are made by one caller at a time. The zero value is an empty table.
type Table struct {
	current atomic.Pointer[Snapshot]

	mu      sync.Mutex // guards sources and the making of snapshots
	sources map[string]*source
}

// source is the state of one source: sorted items without doubles, which are
// shared with snapshots and never written again.
type source struct {
	v4, v6 []item
	aspas  []ASPA
	keys   []RouterKey
	own    *Snapshot // over this source alone; made when asked for
}

// Change counts what a change did to a source: VRPs, ASPAs and router keys
// together. An ASPA with other providers than before counts as added.
type Change struct {
	Added, Removed int
	Double         int // announced, but there already
	Unknown        int // withdrawn, but not there
	Refused        int // made no sense; see VRP.Check
}

// Snapshot returns the merged VRPs of all sources. It is never nil.
func (t *Table) Snapshot() *Snapshot {
	if s := t.current.Load(); s != nil {
		return s
	}
	t.current.CompareAndSwap(nil, newSnapshot(nil, nil, 0)) // once: its index is not small
	return t.current.Load()
}

// Source returns the VRPs of one source alone, nil if it has none yet.
func (t *Table) Source(name string) *Snapshot {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.sources[name]
	if s == nil {
		return nil
	}
	if s.own == nil {
		s.own = newSnapshot(s.v4, s.v6, t.version())
		s.own.extend([]*source{s})
	}
	return s.own
}

// Sources returns the names of the sources, sorted.
func (t *Table) Sources() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Sorted(maps.Keys(t.sources))
}

// Replace sets all VRPs of a source and keeps its ASPAs and router keys.
func (t *Table) Replace(name string, vrps []VRP) Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.source(name)
	var c Change
	next := &source{aspas: old.aspas, keys: old.keys}
	replaceVRPs(old, next, vrps, &c)
	t.set(name, next, c)
	return c
}

// ReplaceAll sets everything of a source: a full answer of a cache, or a file.
func (t *Table) ReplaceAll(name string, d Data) Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.source(name)
	var c Change
	next := &source{aspas: sortedASPAs(d.ASPAs, &c), keys: sortedKeys(d.Keys, &c)}
	replaceVRPs(old, next, d.VRPs, &c)
	replaced(old.aspas, next.aspas, compareASPA, sameASPA, &c)
	replaced(old.keys, next.keys, compareKey, sameKey, &c)
	t.set(name, next, c)
	return c
}

func replaceVRPs(old, next *source, vrps []VRP, c *Change) {
	v4, v6 := split(vrps, c)
	next.v4, next.v6 = sorted(v4, c), sorted(v6, c)
	count := func(_ item, added bool) bool {
		if added {
			c.Added++
		} else {
			c.Removed++
		}
		return true
	}
	changes(old.v4, next.v4, count)
	changes(old.v6, next.v6, count)
}

// Apply changes some VRPs of a source. A VRP that is both withdrawn and
// announced is there afterwards.
func (t *Table) Apply(name string, announce, withdraw []VRP) Change {
	return t.ApplyAll(name, Data{VRPs: announce}, Data{VRPs: withdraw})
}

// ApplyAll changes some records of a source, as Apply does. An ASPA that is
// announced replaces that of its customer; of one that is withdrawn only the
// customer counts.
func (t *Table) ApplyAll(name string, announce, withdraw Data) Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.source(name)
	var c Change
	in4, in6 := split(announce.VRPs, &c)
	out4, out6 := split(withdraw.VRPs, &c)
	next := &source{
		v4:    patch(old.v4, sorted(in4, &c), sorted(out4, &c), &c),
		v6:    patch(old.v6, sorted(in6, &c), sorted(out6, &c), &c),
		aspas: patchList(old.aspas, sortedASPAs(announce.ASPAs, &c), withdraw.ASPAs, compareASPA, sameASPA, &c),
		keys:  patchList(old.keys, sortedKeys(announce.Keys, &c), withdraw.Keys, compareKey, sameKey, &c),
	}
	t.set(name, next, c)
	return c
}

// Remove forgets a source with all its VRPs.
func (t *Table) Remove(name string) Change {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := t.source(name)
	c := Change{Removed: len(old.v4) + len(old.v6) + len(old.aspas) + len(old.keys)}
	t.set(name, nil, c)
	return c
}

func (t *Table) source(name string) *source {
	if s := t.sources[name]; s != nil {
		return s
	}
	return &source{}
}

func (t *Table) version() uint64 { return t.current.Load().Version() }

// set enters the new state of a source and publishes the merged one. The
// caller holds the lock.
func (t *Table) set(name string, s *source, c Change) {
	if t.sources == nil {
		t.sources = map[string]*source{}
	}
	delete(t.sources, name)
	if s != nil {
		t.sources[name] = s
	}
	if c.Added == 0 && c.Removed == 0 {
		return
	}
	var v4, v6 []item
	var all []*source
	for _, name := range slices.Sorted(maps.Keys(t.sources)) {
		v4 = merge(v4, t.sources[name].v4)
		v6 = merge(v6, t.sources[name].v6)
		all = append(all, t.sources[name])
	}
	next := newSnapshot(v4, v6, t.version()+1)
	next.extend(all)
	t.current.Store(next)
}

// split separates the families and leaves out what makes no sense.
func split(vrps []VRP, c *Change) (v4, v6 []item) {
	n := 0
	for _, v := range vrps {
		if v.Prefix.Addr().Is4() {
			n++
		}
	}
	v4, v6 = make([]item, 0, n), make([]item, 0, len(vrps)-n)
	for _, v := range vrps {
		switch {
		case v.Check() != nil:
			c.Refused++
		case v.Prefix.Addr().Is4():
			v4 = append(v4, itemOf(v))
		default:
			v6 = append(v6, itemOf(v))
		}
	}
	return v4, v6
}

// sorted sorts in place and drops doubles.
func sorted(items []item, c *Change) []item {
	if !slices.IsSortedFunc(items, item.compare) {
		slices.SortFunc(items, item.compare)
	}
	n := len(items)
	items = slices.Compact(items)
	c.Double += n - len(items)
	return items
}

// patch returns old with in added and out removed; all are sorted.
func patch(old, in, out []item, c *Change) []item {
	if len(in) == 0 && len(out) == 0 {
		return old
	}
	next := make([]item, 0, len(old)+len(in))
	for _, it := range out {
		i, found := slices.BinarySearchFunc(old, it, item.compare)
		_, back := slices.BinarySearchFunc(in, it, item.compare)
		switch {
		case !found:
			c.Unknown++
			continue
		case !back:
			c.Removed++
		}
		next = append(next, old[:i]...)
		old = old[i+1:]
		if back {
			next = append(next, it)
		}
	}
	next = append(next, old...)
	before := len(next)
	next = merge(next, in)
	c.Added += len(next) - before
	c.Double += len(in) - (len(next) - before)
	return next
}

// merge joins two sorted slices without doubles. It may return one of them.
func merge(a, b []item) []item {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	out := make([]item, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		c := a[0].compare(b[0])
		if c <= 0 {
			out = append(out, a[0])
			a = a[1:]
		} else {
			out = append(out, b[0])
		}
		if c >= 0 {
			b = b[1:]
		}
	}
	return append(append(out, a...), b...)
}
