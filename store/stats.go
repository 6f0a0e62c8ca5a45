package store

import (
	"cmp"
	"iter"
	"math/bits"
	"slices"
	"sync/atomic"

	"example.com/rotonda/routecore/inet"
)

// Stats is the memory of a store by part, in bytes, and what is in it.
type Stats struct {
	Prefixes       int64 // known to any table, in all families
	AttributeSets  int64
	Dictionaries   int64 // bytes
	Attributes     int64 // bytes
	Lanes          int64 // bytes
	AttributeBytes int64 // of the sets themselves
	Memory         int64 // bytes of all parts
	Limit          int64 // bytes, 0 for none
	Snapshots      int   // open
}

// Stats returns the store's figures.
func (s *Store) Stats() Stats {
	a := s.attrs.Stats()
	st := Stats{
		AttributeSets: int64(a.Sets), AttributeBytes: a.Live, Attributes: a.Memory,
		Lanes: s.pages.Load(), Memory: s.memory(), Limit: s.limit.Load(),
	}
	for _, d := range s.dicts {
		st.Prefixes += int64(d.Len())
		st.Dictionaries += d.Memory()
	}
	s.snapMu.Lock()
	defer s.snapMu.Unlock()
	st.Snapshots = len(s.snapshots)
	return st
}

// TableStats are figures of one family of a table.
type TableStats struct {
	Prefixes  int64 // with a route that is active or stale
	Routes    int64 // active and stale
	Active    int64
	Stale     int64
	Withdrawn int64 // kept to be asked for
	Peers     int   // lanes with a route that is active or stale
}

// Lanes yields the lanes of a table, by family and then ingress.
func (t Table) Lanes() iter.Seq[*Lane] {
	return func(yield func(*Lane) bool) {
		for i := range t.t.lanes {
			for _, l := range *t.t.lanes[i].Load() {
				if !yield(l) {
					return
				}
			}
		}
	}
}

// Stats returns exact figures of a family. Counting the prefixes of a table with
// several peers reads every entry, about a millisecond for each million.
func (t Table) Stats(f inet.Family) TableStats {
	var st TableStats
	var counted []*Lane
	for _, l := range t.t.lanesOf(f) {
		ls := l.Stats()
		st.Active += ls.Active
		st.Stale += ls.Stale
		st.Withdrawn += ls.Withdrawn
		if ls.Routes() > 0 {
			st.Peers++
			counted = append(counted, l)
		}
	}
	st.Routes = st.Active + st.Stale
	st.Prefixes = prefixes(counted)
	return st
}

// prefixes counts those with a route in any of the lanes.
func prefixes(lanes []*Lane) int64 {
	if len(lanes) == 0 {
		return 0
	}
	if len(lanes) == 1 && lanes[0].paths.dir.Load() == nil {
		return lanes[0].Stats().Routes()
	}
	// The fullest lane first: where it covers a page, the others are not read.
	slices.SortFunc(lanes, func(a, b *Lane) int { return cmp.Compare(b.Stats().Routes(), a.Stats().Routes()) })
	seen := make([][pageLen / 64]uint64, lanes[0].dict.Limit()/pageLen+1)
	for _, l := range lanes {
		l.seePlain(seen)
		l.seePaths(seen)
	}
	n := int64(0)
	for i := range seen {
		for _, w := range seen[i] {
			n += int64(bits.OnesCount64(w))
		}
	}
	return n
}

func (l *Lane) seePlain(seen [][pageLen / 64]uint64) {
	dir, h := l.plain.dir.Load(), l.head.Load()
	if dir == nil {
		return
	}
	for n := range min(len(*dir), len(seen)) {
		p, s := (*dir)[n].page.Load(), &seen[n]
		if p == nil || s[0]&s[1] == ^uint64(0) {
			continue
		}
		for i := range p {
			if st := readStatus(h, atomic.LoadUint64(&p[i])); st == Active || st == Stale {
				s[i/64] |= 1 << (i % 64)
			}
		}
	}
}

func (l *Lane) seePaths(seen [][pageLen / 64]uint64) {
	h := l.head.Load()
	l.paths.each(func(pair uint32, w uint64) {
		if st := readStatus(h, w); st != Active && st != Stale {
			return
		}
		if id, _ := l.dict.Paths().Pair(pair); int(id/pageLen) < len(seen) {
			seen[id/pageLen][id%pageLen/64] |= 1 << (id % 64)
		}
	})
}
