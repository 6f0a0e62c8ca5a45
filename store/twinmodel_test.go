package store

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// The slow twin says in maps and plain words what the store is meant to do.
type twin struct {
	keep  int64 // seconds
	lanes map[twinLane]*twinState
}

type twinLane struct {
	table   int
	ingress uint32
	family  inet.Family
}

type twinState struct {
	session int
	down    bool
	routes  map[twinKey]twinRoute
}

type twinKey struct {
	prefix  netip.Prefix
	hasPath bool
	path    uint32
}

type twinRoute struct {
	attrs   string
	secs    int64
	session int
	status  Status
}

func (t *twin) lane(k twinLane) *twinState {
	if t.lanes[k] == nil {
		t.lanes[k] = &twinState{routes: make(map[twinKey]twinRoute)}
	}
	return t.lanes[k]
}

func (s *twinState) up() {
	s.session++
	s.down = false
	for k, r := range s.routes {
		if r.status == Active {
			r.status = Stale
			s.routes[k] = r
		}
	}
}

func (s *twinState) announce(k twinKey, attrs string, now int64) bgp.Change {
	if s.down {
		s.up()
	}
	old, ok := s.routes[k]
	fresh := twinRoute{attrs, now, s.session, Active}
	switch {
	case !ok || old.status == Withdrawn:
		s.routes[k] = fresh
		return bgp.ChangeNew
	case old.attrs != attrs:
		s.routes[k] = fresh
		return bgp.ChangeReplaced
	case old.status == Stale:
		s.routes[k] = fresh
	}
	return bgp.ChangeSame
}

func (s *twinState) withdraw(k twinKey, now int64) bgp.Change {
	old, ok := s.routes[k]
	if !ok || old.status == Withdrawn {
		return bgp.ChangeUnknown
	}
	s.routes[k] = twinRoute{old.attrs, now, s.session, Withdrawn}
	return bgp.ChangeWithdrawn
}

func (s *twinState) end(now int64, keep bool) {
	s.down = true
	for k, r := range s.routes {
		switch {
		case r.status == Withdrawn:
		case keep:
			r.status = Stale
			s.routes[k] = r
		default:
			s.routes[k] = twinRoute{r.attrs, now, r.session, Withdrawn}
		}
	}
}

func (s *twinState) sweep(now int64) map[twinKey]bool {
	gone := make(map[twinKey]bool)
	for k, r := range s.routes {
		if r.status == Stale {
			s.routes[k] = twinRoute{r.attrs, now, r.session, Withdrawn}
			gone[k] = true
		}
	}
	return gone
}

func (t *twin) maintain(now int64) {
	for _, s := range t.lanes {
		maps.DeleteFunc(s.routes, func(_ twinKey, r twinRoute) bool {
			return r.status == Withdrawn && r.secs <= now-t.keep
		})
	}
}

func (t *twin) clone() *twin {
	c := &twin{keep: t.keep, lanes: make(map[twinLane]*twinState)}
	for k, s := range t.lanes {
		n := *s
		n.routes = maps.Clone(s.routes)
		c.lanes[k] = &n
	}
	return c
}

// flat is an Entry as the twin can say it.
type flat struct {
	Prefix  netip.Prefix
	Ingress uint32
	HasPath bool
	Path    uint32
	Attrs   string
	Secs    int64
	Status  Status
}

func compareFlat(a, b flat) int {
	return cmp2(a.Prefix.Addr().Compare(b.Prefix.Addr()), cmp.Compare(a.Prefix.Bits(), b.Prefix.Bits()),
		cmp.Compare(a.Ingress, b.Ingress), cmp.Compare(b2i(a.HasPath), b2i(b.HasPath)), cmp.Compare(a.Path, b.Path))
}

func cmp2(orders ...int) int {
	for _, o := range orders {
		if o != 0 {
			return o
		}
	}
	return 0
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// query answers by looking at everything.
func (t *twin) query(table int, q Query) []flat {
	var all []flat
	for k, s := range t.lanes {
		if k.table != table || k.family != q.Family || q.Ingress != nil && !q.Ingress(k.ingress) {
			continue
		}
		for rk, r := range s.routes {
			if !q.Status.has(r.status) || q.Attrs != nil && !q.Attrs(bgp.Attrs(r.attrs)) {
				continue
			}
			all = append(all, flat{rk.prefix, k.ingress, rk.hasPath, rk.path, r.attrs, r.secs, r.status})
		}
	}
	slices.SortFunc(all, compareFlat)
	longest := -1
	covers := func(f flat) bool {
		return f.Prefix.Bits() <= q.Prefix.Bits() && f.Prefix.Contains(q.Prefix.Addr())
	}
	for _, f := range all {
		if q.Match == Longest && covers(f) {
			longest = max(longest, f.Prefix.Bits())
		}
	}
	return slices.DeleteFunc(all, func(f flat) bool {
		self := f.Prefix == q.Prefix
		switch q.Match {
		case Exact:
			return !self
		case Longest:
			return !covers(f) || f.Prefix.Bits() != longest
		case Less:
			return !covers(f) || self && q.ExcludeSelf
		case More:
			return f.Prefix.Bits() < q.Prefix.Bits() || !q.Prefix.Contains(f.Prefix.Addr()) || self && q.ExcludeSelf
		}
		return false
	})
}

func flatten(t *testing.T, seq func(func(Entry, error) bool)) []flat {
	t.Helper()
	var out []flat
	for e, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, flat{e.Prefix, e.Ingress, e.HasPathID, e.PathID, string(e.Attrs), e.Time / 1e6, e.Status})
	}
	return out
}
