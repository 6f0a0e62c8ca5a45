package simulate

import "slices"

// tree holds the shortest valley-free path from one AS, the vantage, to each
// other: first up to providers, then across at most one peering, then down to
// customers. An AS can be met while still going up or while going down, so each
// has two nodes: 2*AS going up, 2*AS+1 going down.
type tree struct {
	graph  *graph
	parent []int32 // node before this one; -1 where not reached, itself at the root
	down   []bool  // per AS: the path through its second node is the shorter
}

// newTree walks the graph from the vantage. salt decides between equal paths,
// as the router's own policy would.
func newTree(g *graph, vantage int32, salt uint64) *tree {
	n := len(g.asn)
	t := &tree{graph: g, parent: make([]int32, 2*n), down: make([]bool, n)}
	for i := range t.parent {
		t.parent[i] = -1
	}
	queue := make([]int32, 1, 2*n)
	queue[0] = 2 * vantage
	t.parent[2*vantage] = 2 * vantage
	visit := func(from, to int32) {
		if t.parent[to] >= 0 {
			return
		}
		t.parent[to] = from
		if to&1 == 1 {
			t.down[to/2] = t.parent[to&^1] < 0
		}
		queue = append(queue, to)
	}
	for i := 0; i < len(queue); i++ {
		at := queue[i]
		as := at / 2
		turn := hash(salt, uint64(as))
		rotated(g.customers.row(as), turn, func(c int32) { visit(at, 2*c+1) })
		if at&1 == 1 {
			continue
		}
		rotated(g.peers.row(as), turn, func(p int32) { visit(at, 2*p+1) })
		rotated(g.providers[as][:], turn, func(p int32) {
			if p >= 0 {
				visit(at, 2*p)
			}
		})
	}
	return t
}

// rotated calls f with each element, starting somewhere in the middle.
func rotated(row []int32, turn uint64, f func(int32)) {
	if len(row) == 0 {
		return
	}
	start := int(turn % uint64(len(row)))
	for _, x := range row[start:] {
		f(x)
	}
	for _, x := range row[:start] {
		f(x)
	}
}

// path appends the ASes from the vantage to the origin, both included. choice 0
// takes the shortest; other choices enter the origin, and sometimes its
// provider, through another of their providers where that makes no loop.
func (t *tree) path(dst []int32, origin int32, choice uint64) []int32 {
	start := len(dst)
	dst = append(dst, origin)
	if choice != 0 {
		for step := range uint64(2) {
			p := t.provider(dst[len(dst)-1], hash(choice, step))
			if p < 0 || step == 1 && choice&1 == 0 {
				break
			}
			dst = append(dst, p)
		}
	}
	dst = t.climb(dst)
	if loops(dst[start:]) {
		dst = t.climb(append(dst[:start], origin))
	}
	slices.Reverse(dst[start:])
	return dst
}

// climb follows the tree from the last AS of dst to the vantage.
func (t *tree) climb(dst []int32) []int32 {
	as := dst[len(dst)-1]
	node := 2 * as
	if t.down[as] {
		node++
	}
	for t.parent[node] != node && t.parent[node] >= 0 {
		node = t.parent[node]
		dst = append(dst, node/2)
	}
	return dst
}

// provider picks one of the providers of an AS, or -1 where it has none.
func (t *tree) provider(as int32, pick uint64) int32 {
	all := t.graph.providers[as]
	n := uint64(0)
	for n < 3 && all[n] >= 0 {
		n++
	}
	if n == 0 {
		return -1
	}
	return all[pick%n]
}

func loops(path []int32) bool {
	for i, as := range path {
		if slices.Contains(path[:i], as) {
			return true
		}
	}
	return false
}
