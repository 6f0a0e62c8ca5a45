package simulate

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// Internet is one simulated Internet. It is immutable after [New] and may be
// used by any number of goroutines; what changes is kept in each [View].
type Internet struct {
	seed     uint64
	prefixes []prefix // IPv4 before IPv6, by address, then length: the order of a table dump
	first6   int      // index of the first IPv6 prefix
	order    []uint32 // the prefixes by family, origin and policy: the order of a table transfer
	graph    *graph
}

// share6 is the part of all prefixes that are IPv6.
const share6 = 0.16

// New draws the Internet of a seed. prefixes below [MinPrefixes] or above
// [MaxPrefixes] are raised or lowered to them.
func New(seed uint64, prefixes int) *Internet {
	n := min(max(prefixes, MinPrefixes), MaxPrefixes)
	d := &dice{state: hash(seed, 'I')}
	w := &Internet{seed: seed, graph: newGraph(d, min(max(n/13, 120), 80_000))}
	n6 := int(share6 * float64(n))
	w.first6 = n - n6
	w.prefixes = make([]prefix, 0, n)

	owners := w.graph.ranking(d)
	known := newSeen(n)
	w.settle(d, owners, known, mix4, n-n6, newSpace4(d, float64(n-n6)/700_000), false)
	w.settle(d, owners, known, mix6, n6, newSpace6(d, 0.4), true)
	w.assignPolicies()

	slices.SortFunc(w.prefixes, func(a, b prefix) int {
		if a.v6 != b.v6 {
			return boolRank(a.v6) - boolRank(b.v6)
		}
		return cmp.Or(cmp.Compare(a.addr, b.addr), cmp.Compare(a.bits, b.bits))
	})
	w.order = make([]uint32, n)
	for i := range w.order {
		w.order[i] = uint32(i)
	}
	slices.SortFunc(w.order, func(i, j uint32) int { return w.compareRuns(i, j) })
	return w
}

// Len returns the number of prefixes of both families.
func (w *Internet) Len() int { return len(w.prefixes) }

// ASes returns the number of autonomous systems.
func (w *Internet) ASes() int { return len(w.graph.asn) }

// settle adds n prefixes of one family, from short to long. Each is either new
// space for an AS or a more specific of what somebody has already.
func (w *Internet) settle(d *dice, owners []int32, known *seen, m mix, n int, free *space, v6 bool) {
	start := len(w.prefixes)
	for i, count := range m.counts(n) {
		parents := w.prefixes[start:] // all of them shorter
		for range count {
			p := w.place(d, owners, known, free, parents, m[i].bits)
			p.v6 = v6
			w.prefixes = append(w.prefixes, p)
		}
	}
}

// place finds one prefix that is not there yet. Space runs out long before more
// specifics do, and the other way round for the shortest; both are tried in turn.
func (w *Internet) place(d *dice, owners []int32, known *seen, free *space, parents []prefix, bits uint8) prefix {
	fresh := len(parents) == 0 || d.chance(freshShare(bits))
	for {
		if fresh {
			if addr, ok := free.take(d, bits); ok && known.add(addr, bits) {
				return prefix{addr: addr, bits: bits, origin: owners[powerLaw(d, len(owners))]}
			}
		}
		for range 12 {
			if len(parents) == 0 {
				break
			}
			p := parents[d.below(len(parents))]
			below := d.next() >> p.bits &^ (1<<(64-bits) - 1)
			if !known.add(p.addr|below, bits) {
				continue
			}
			origin := p.origin
			if d.chance(0.15) { // a customer with space of its provider, or a lease
				origin = owners[powerLaw(d, len(owners))]
			}
			return prefix{addr: p.addr | below, bits: bits, origin: origin}
		}
		fresh = true
	}
}

// freshShare is how many of the prefixes of a length are not inside another one.
func freshShare(bits uint8) float64 {
	switch {
	case bits <= 16:
		return 0.95
	case bits <= 20:
		return 0.7
	case bits <= 24:
		return 0.45
	case bits <= 32:
		return 0.9
	}
	return 0.2
}

// powerLaw picks a rank below n: a few are picked very often, most hardly ever.
func powerLaw(d *dice, n int) int {
	return min(n-1, int(float64(n)*math.Pow(d.unit(), 2.8)))
}

// assignPolicies spreads the prefixes of each origin over a few routing
// policies (sites, upstreams, customers' requests): more of them for larger
// origins, most prefixes under the first.
func (w *Internet) assignPolicies() {
	held := make([]int, len(w.graph.asn))
	for i := range w.prefixes {
		held[w.prefixes[i].origin]++
	}
	for i := range w.prefixes {
		p := &w.prefixes[i]
		n := uint64(min(200, 1+bits.Len(uint(held[p.origin]))/2+held[p.origin]/25))
		h := hash(w.seed, 'P', p.addr, uint64(p.bits))
		p.policy = uint8(min(h%n, h>>32%n))
	}
}

// compareRuns orders prefixes so that those with equal attributes are neighbours.
func (w *Internet) compareRuns(i, j uint32) int {
	a, b := &w.prefixes[i], &w.prefixes[j]
	if a.v6 != b.v6 {
		return boolRank(a.v6) - boolRank(b.v6)
	}
	return cmp.Or(cmp.Compare(a.origin, b.origin), cmp.Compare(a.policy, b.policy), cmp.Compare(i, j))
}

// boolRank puts false before true.
func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}
