package rpki

import "sort"

// index answers which VRPs of one family cover a prefix. It is a sorted list
// of the distinct prefixes, each with a link to the closest one around it:
//
//	10.0.0.0/8      ◄─┐ ◄─┐
//	10.1.0.0/16     ──┘ ◄─┼─┐
//	10.1.2.0/24     ──────┼─┘
//	10.9.0.0/16     ──────┘
//
// The last entry at or before a prefix in this order is the closest one around
// it, or lies inside that one; so following the links finds all of them. A
// table of the places where each leading 16 bits begin shortens the search.
// A map for each length was the alternative: 17 probes for a /24.
type index struct {
	nodes []node
	items []item // sorted; those of node i are items[nodes[i].first:nodes[i+1].first]
	start []uint32
}

type node struct {
	hi, lo uint64
	parent int32 // -1: nothing is around it
	first  uint32
	bits   uint8
}

// newIndex builds the index over sorted items, which it keeps.
func newIndex(items []item) index {
	x := index{items: items, start: make([]uint32, 1<<16+1)}
	n := 0
	for i := range items {
		if i == 0 || !samePrefix(items[i-1], items[i]) {
			n++
		}
	}
	x.nodes = make([]node, 0, n+1)
	open := int32(-1)
	for i, it := range items {
		if i > 0 && samePrefix(items[i-1], it) {
			continue
		}
		for open >= 0 && !x.nodes[open].covers(it.hi, it.lo, it.bits) {
			open = x.nodes[open].parent
		}
		x.nodes = append(x.nodes, node{it.hi, it.lo, open, uint32(i), it.bits})
		open = int32(len(x.nodes) - 1)
	}
	x.begin()
	x.nodes = append(x.nodes, node{first: uint32(len(items)), parent: -1})
	return x
}

// begin fills start: where each value of the leading 16 bits begins.
func (x *index) begin() {
	at := 0
	for top := range x.start {
		for at < len(x.nodes) && x.nodes[at].hi>>48 < uint64(top) {
			at++
		}
		x.start[top] = uint32(at)
	}
}

func samePrefix(a, b item) bool { return a.hi == b.hi && a.lo == b.lo && a.bits == b.bits }

// covers reports whether the node's prefix is or contains the one given.
func (n *node) covers(hi, lo uint64, bits uint8) bool {
	if n.bits > bits {
		return false
	}
	if n.bits <= 64 {
		return (n.hi^hi)>>(64-n.bits) == 0
	}
	return n.hi == hi && (n.lo^lo)>>(128-n.bits) == 0
}

// closest returns the node that covers a prefix most closely, -1 if none does.
func (x *index) closest(hi, lo uint64, bits uint8) int32 {
	if len(x.items) == 0 {
		return -1
	}
	top := hi >> 48
	low, high := int(x.start[top]), int(x.start[top+1])
	for low < high { // the first node after the prefix
		mid := int(uint(low+high) >> 1)
		n := &x.nodes[mid]
		if cmpPrefix(n.hi, n.lo, n.bits, hi, lo, bits) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	at := int32(low - 1)
	for at >= 0 && !x.nodes[at].covers(hi, lo, bits) {
		at = x.nodes[at].parent
	}
	return at
}

// of returns the items of a node.
func (x *index) of(at int32) []item { return x.items[x.nodes[at].first:x.nodes[at+1].first] }

// inside returns the items whose prefixes are or lie inside the one given.
func (x *index) inside(hi, lo uint64, bits uint8) []item {
	from := sort.Search(len(x.items), func(i int) bool {
		it := &x.items[i]
		return cmpPrefix(it.hi, it.lo, it.bits, hi, lo, bits) >= 0
	})
	around := node{hi: hi, lo: lo, bits: bits}
	n := sort.Search(len(x.items)-from, func(i int) bool {
		it := &x.items[from+i]
		return !around.covers(it.hi, it.lo, max(it.bits, bits))
	})
	return x.items[from : from+n]
}
