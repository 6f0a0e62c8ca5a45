package bgp

import (
	"cmp"
	"encoding/binary"
	"net/netip"
)

// Candidate is a route in the choice between routes to one destination.
type Candidate struct {
	Attrs Attrs
	IBGP  bool       // learned from inside the AS; so are routes from a confederation
	IGP   uint32     // cost to the next hop, 0 where none is known
	ID    uint32     // BGP identifier of the peer as a number
	Peer  netip.Addr // address of the peer
}

// Selection is a way to choose (RFC 4271 §9.1.2). The zero value follows the RFC.
type Selection struct {
	// SkipMED leaves MULTI_EXIT_DISC out. Without it two routes can be ordered only
	// within a set: of three, each may beat the next.
	SkipMED bool
	// AlwaysMED compares it between neighbours too.
	AlwaysMED bool
	// Preference stands in for a LOCAL_PREF that is not there.
	Preference uint32
	// AIGP prefers the least accumulated metric, and routes that have one (RFC 7311 §4).
	AIGP bool
}

// Eligible tells whether a route may be chosen at all: ORIGIN and AS_PATH are there,
// and an external route has hops.
func (c Candidate) Eligible() bool {
	_, origin := c.Attrs.Origin()
	path, has := c.Attrs.Get(AttrASPath)
	return origin && has && (c.IBGP || len(path) > 0)
}

// Compare orders two routes: negative where a is better, 0 for routes that nothing
// tells apart. MULTI_EXIT_DISC counts only between routes of one neighbour unless
// AlwaysMED, so that with it this is no order over more than two routes; use
// [Selection.Best].
func (s Selection) Compare(a, b Candidate) int {
	if d := s.before(a, b); d != 0 {
		return d
	}
	if s.sameNeighbour(a, b) {
		if d := cmp.Compare(med(a), med(b)); d != 0 {
			return d
		}
	}
	return after(a, b)
}

// Best returns the index of the best eligible route, -1 where there is none. It
// eliminates step by step over the whole set as the RFC does, so that the order of
// the candidates makes no difference; of routes that nothing tells apart it takes the
// first.
func (s Selection) Best(candidates []Candidate) int { return s.best(candidates, -1) }

// Backup returns the best route that is neither the best nor from the same peer, -1
// where there is none.
func (s Selection) Backup(candidates []Candidate, best int) int {
	if best < 0 || best >= len(candidates) {
		return -1
	}
	return s.best(candidates, best)
}

func (s Selection) best(list []Candidate, except int) int {
	// First what comes before MED: a plain order.
	front := -1
	out := func(i int) bool {
		return !list[i].Eligible() || except >= 0 && (i == except || list[i].Peer.IsValid() && list[i].Peer == list[except].Peer)
	}
	for i := range list {
		if !out(i) && (front < 0 || s.before(list[i], list[front]) < 0) {
			front = i
		}
	}
	if front < 0 {
		return -1
	}
	best := -1
	for i := range list {
		if out(i) || s.before(list[i], list[front]) != 0 || s.outbid(list, i, front, out) {
			continue
		}
		if best < 0 || after(list[i], list[best]) < 0 {
			best = i
		}
	}
	return best
}

// outbid tells whether a route of the same neighbour that is still in the choice has
// a lower MED (RFC 4271 §9.1.2.2 c).
func (s Selection) outbid(list []Candidate, i, front int, out func(int) bool) bool {
	for j := range list {
		if j != i && s.sameNeighbour(list[i], list[j]) && med(list[j]) < med(list[i]) && !out(j) && s.before(list[j], list[front]) == 0 {
			return true
		}
	}
	return false
}

// before compares what comes before MED: LLGR_STALE routes last (RFC 9494 §4.3), then
// preference, accumulated metric, length of the path, origin.
func (s Selection) before(a, b Candidate) int {
	if d := compareBool(a.Attrs.HasCommunity(LLGRStale), b.Attrs.HasCommunity(LLGRStale)); d != 0 {
		return d
	}
	if d := cmp.Compare(s.preference(b), s.preference(a)); d != 0 {
		return d
	}
	if s.AIGP {
		if d := compareAIGP(a, b); d != 0 {
			return d
		}
	}
	if d := cmp.Compare(hops(a), hops(b)); d != 0 {
		return d
	}
	x, _ := a.Attrs.Origin()
	y, _ := b.Attrs.Origin()
	return cmp.Compare(x, y)
}

// after compares what comes after MED: external before internal, cost, identifier,
// length of the cluster list (RFC 4456 §9), address.
func after(a, b Candidate) int {
	return cmp.Or(
		compareBool(a.IBGP, b.IBGP),
		cmp.Compare(a.IGP, b.IGP),
		cmp.Compare(speakerID(a), speakerID(b)),
		cmp.Compare(clusters(a), clusters(b)),
		a.Peer.Compare(b.Peer),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func (s Selection) preference(c Candidate) uint32 {
	if p, ok := c.Attrs.LocalPref(); ok {
		return p
	}
	return s.Preference
}

// compareAIGP adds the cost to the next hop to the metric (RFC 7311 §4.1).
func compareAIGP(a, b Candidate) int {
	x, hasX := a.Attrs.AIGP()
	y, hasY := b.Attrs.AIGP()
	if !hasX || !hasY {
		return compareBool(hasY, hasX)
	}
	return cmp.Compare(addCost(x, a.IGP), addCost(y, b.IGP))
}

// addCost adds without running over: the largest metric stays the largest.
func addCost(metric uint64, cost uint32) uint64 {
	if sum := metric + uint64(cost); sum >= metric {
		return sum
	}
	return ^uint64(0)
}

// hops takes the length from the header where it is exact.
func hops(c Candidate) int {
	if n := c.Attrs.Hops(); n < 255 {
		return int(n)
	}
	return c.Attrs.ASPath().Len()
}

// med is 0 where there is none (RFC 4271 §9.1.2.2 c).
func med(c Candidate) uint32 {
	m, _ := c.Attrs.MED()
	return m
}

func (s Selection) sameNeighbour(a, b Candidate) bool {
	if s.SkipMED {
		return false
	}
	if s.AlwaysMED {
		return true
	}
	x, hasX := a.Attrs.NeighbourAS()
	y, hasY := b.Attrs.NeighbourAS()
	return x == y && hasX == hasY
}

// speakerID is ORIGINATOR_ID where a reflector set one (RFC 4456 §9).
func speakerID(c Candidate) uint32 {
	if v, ok := c.Attrs.Get(AttrOriginatorID); ok && len(v) == 4 {
		return binary.BigEndian.Uint32(v)
	}
	return c.ID
}

func clusters(c Candidate) int {
	v, _ := c.Attrs.Get(AttrClusterList)
	return len(v) / 4
}
