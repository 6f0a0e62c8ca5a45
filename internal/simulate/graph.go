package simulate

// graph is who connects to whom. AS indices go from the core outwards: tier 1
// first, stubs last, so that an AS only buys transit from lower indices.
type graph struct {
	asn       []uint32
	providers [][3]int32 // none is -1, from the end
	customers links
	peers     links
	tiers     [5]int32 // index after the last AS of tier 1, 2, 3, 4 and of the stubs
}

// links is a list of lists in two slices: of[at[i]:at[i+1]] belongs to i.
type links struct{ at, of []int32 }

func (l *links) row(i int32) []int32 { return l.of[l.at[i]:l.at[i+1]] }

// newLinks groups pairs by their first half, keeping their order.
func newLinks(n int, pairs [][2]int32) links {
	l := links{at: make([]int32, n+1), of: make([]int32, len(pairs))}
	for _, p := range pairs {
		l.at[p[0]+1]++
	}
	for i := range n {
		l.at[i+1] += l.at[i]
	}
	next := append([]int32(nil), l.at...)
	for _, p := range pairs {
		l.of[next[p[0]]] = p[1]
		next[p[0]]++
	}
	return l
}

// newGraph draws n autonomous systems in five layers.
func newGraph(d *dice, n int) *graph {
	g := &graph{asn: drawASNs(d, n), providers: make([][3]int32, n)}
	last := int32(0)
	for i, size := range [4]int{min(max(n/50, 5), 14), min(max(n/60, 10), 500), n * 6 / 100, n * 8 / 100} {
		last += int32(size)
		g.tiers[i] = last
	}
	g.tiers[4] = int32(n)

	var sold [][2]int32
	for i := range int32(n) {
		g.providers[i] = [3]int32{-1, -1, -1}
		for k := range g.wanted(d, i) {
			p := g.pickProvider(d, i)
			if p < 0 || p == g.providers[i][0] || p == g.providers[i][1] {
				break
			}
			g.providers[i][k] = p
			sold = append(sold, [2]int32{p, i})
		}
	}
	g.customers = newLinks(n, sold)
	g.peers = newLinks(n, g.drawPeers(d))
	return g
}

// tier returns 0 for tier 1 up to 4 for a stub.
func (g *graph) tier(i int32) int {
	for t, end := range g.tiers {
		if i < end {
			return t
		}
	}
	return len(g.tiers) - 1
}

// wanted is how many providers an AS buys from.
func (g *graph) wanted(d *dice, i int32) int {
	if i < g.tiers[0] {
		return 0
	}
	switch u := d.unit(); {
	case u < 0.42:
		return 1
	case u < 0.83:
		return 2
	}
	return 3
}

// provision says from which tier the ASes of a tier buy: shares in percent.
var provision = [5][4]int{
	1: {100},
	2: {45, 55},
	3: {8, 57, 35},
	4: {7, 38, 37, 18},
}

// pickProvider draws one, large ones of the tier more often than small ones.
func (g *graph) pickProvider(d *dice, i int32) int32 {
	u := d.below(100)
	for t, share := range provision[g.tier(i)] {
		if u -= share; u >= 0 {
			continue
		}
		start := int32(0)
		if t > 0 {
			start = g.tiers[t-1]
		}
		x := d.unit()
		return start + int32(x*x*x*float64(g.tiers[t]-start))
	}
	return -1
}

// drawPeers connects tier 1 in full, and those below at exchanges.
func (g *graph) drawPeers(d *dice) [][2]int32 {
	var pairs [][2]int32
	join := func(a, b int32) { pairs = append(pairs, [2]int32{a, b}, [2]int32{b, a}) }
	for a := range g.tiers[0] {
		for b := range a {
			join(a, b)
		}
	}
	for a := g.tiers[0]; a < g.tiers[3]; a++ {
		wish := [4]int{0, 8, 6, 3}[g.tier(a)]
		for range wish {
			x := d.unit() // large networks peer with more others
			b := g.tiers[0] + int32(x*x*x*float64(a-g.tiers[0]+1))
			if b < a {
				join(a, b)
			}
		}
	}
	return pairs
}

// drawASNs gives each AS a number: old, short ones in the core, and elsewhere
// about half beyond two octets. Reserved and private ranges are never drawn.
func drawASNs(d *dice, n int) []uint32 {
	ranges := [...][2]int{{131072, 153000}, {196608, 216000}, {262144, 275000}, {327680, 330000}, {393216, 402000}}
	taken := make(map[uint32]bool, n)
	out := make([]uint32, n)
	for i := range out {
		for out[i] == 0 || out[i] == 23456 || taken[out[i]] {
			switch {
			case i < 14:
				out[i] = uint32(100 + d.below(7000))
			case d.chance(0.55):
				out[i] = uint32(1 + d.below(64495))
			default:
				r := ranges[d.below(len(ranges))]
				out[i] = uint32(r[0] + d.below(r[1]-r[0]))
			}
		}
		taken[out[i]] = true
	}
	return out
}

// ranking is the ASes in the order of how much they originate, which has little
// to do with their place in the graph.
func (g *graph) ranking(d *dice) []int32 {
	out := make([]int32, len(g.asn))
	for i := range out {
		out[i] = int32(i)
	}
	shuffle(d, out)
	return out
}
