package dict

import "sync/atomic"

// The trie is a binary trie with compressed paths. A node is 2 words (4 where
// keys have 128 bits), the last of which holds both children:
//
//	IPv4:  address 32 | length 32      child 0: 32 | child 1: 32
//	IPv6:  address 64, address 64, length, children
//
// A child is the number of a prefix's node, or of a glue node with the top bit
// set. The key of a node never changes while a reader can see it; only children
// do, each by one atomic store. Where a node takes the place of another (a
// prefix where there was glue, or the reverse), the new one gets the children
// first and is then hung up by one store.
//
//	            0.0.0.0/0
//	           /         \
//	     (10.0.0.0/7)    192.0.2.0/24
//	      /        \
//	10.0.0.0/8   11.0.0.0/16          (…) is glue
type ref uint32

const glueBit = 1 << 31

// The kinds of node, as indices of Dict.nodes.
const (
	prefixNode = 0
	glueNode   = 1
)

func (d *Dict) words(r ref) []uint64 {
	if r&glueBit != 0 {
		return d.nodes[glueNode].At(uint32(r) &^ glueBit)
	}
	return d.nodes[prefixNode].At(uint32(r))
}

// Key returns the prefix of an id.
func (d *Dict) Key(id uint32) Key { return d.key(ref(id)) }

func (d *Dict) key(r ref) Key {
	w := d.words(r)
	if d.wide {
		return Key{w[0], w[1], uint8(w[2])}
	}
	return Key{w[0] >> 32 << 32, 0, uint8(w[0])}
}

func (d *Dict) children(r ref) uint64 {
	w := d.words(r)
	return atomic.LoadUint64(&w[len(w)-1])
}

func child(c uint64, bit uint64) ref {
	if bit == 0 {
		return ref(c >> 32)
	}
	return ref(c)
}

func withChild(c, bit uint64, r ref) uint64 {
	if bit == 0 {
		return uint64(r)<<32 | c&0xffffffff
	}
	return c>>32<<32 | uint64(r)
}

func (d *Dict) setChildren(r ref, c uint64) {
	w := d.words(r)
	atomic.StoreUint64(&w[len(w)-1], c)
}

// newNode takes a node that no reader can see and gives it a key. It returns 0
// where all are taken.
func (d *Dict) newNode(kind int, k Key) uint32 {
	var n uint32
	if f := len(d.free[kind]); f > 0 {
		n = d.free[kind][f-1]
		d.free[kind] = d.free[kind][:f-1]
		if kind == prefixNode {
			d.mark(n)
		}
	} else {
		if kind == prefixNode && d.next[kind] >= MaxID { // glue is less than prefixes
			return 0
		}
		n = d.next[kind]
		d.next[kind]++
	}
	d.nodes[kind].Grow(n)
	w := d.nodes[kind].At(n)
	if d.wide {
		w[0], w[1], w[2] = k.Hi, k.Lo, uint64(k.Len)
	} else {
		w[0] = k.Hi | uint64(k.Len)
	}
	atomic.StoreUint64(&w[len(w)-1], 0)
	return n
}

// place is where a reference to a node stands: the root or a child of above.
type place struct {
	above ref
	bit   uint64
}

func (d *Dict) at(p place) ref {
	if p.above == 0 {
		return ref(d.root.Load())
	}
	return child(d.children(p.above), p.bit)
}

func (d *Dict) set(p place, r ref) {
	if p.above == 0 {
		d.root.Store(uint32(r))
		return
	}
	d.setChildren(p.above, withChild(d.children(p.above), p.bit, r))
}

// link hangs a new prefix node into the trie.
func (d *Dict) link(id uint32, k Key) {
	var p place
	for {
		n := d.at(p)
		if n == 0 {
			d.set(p, ref(id))
			return
		}
		nk := d.key(n)
		same := min(common(nk, k), nk.Len, k.Len)
		switch {
		case same < nk.Len && same == k.Len: // k covers n
			d.setChildren(ref(id), withChild(0, nk.bit(k.Len), n))
			d.set(p, ref(id))
			return
		case same < nk.Len: // they part below both
			g := ref(d.newNode(glueNode, k.Cut(same))) | glueBit
			c := withChild(0, k.bit(same), ref(id))
			d.setChildren(g, withChild(c, nk.bit(same), n))
			d.set(p, g)
			return
		case nk.Len == k.Len: // glue becomes a prefix
			d.setChildren(ref(id), d.children(n))
			d.set(p, ref(id))
			d.gone = append(d.gone, uint32(n)&^glueBit)
			return
		}
		p = place{n, k.bit(nk.Len)}
	}
}

// unlink takes a prefix node out of the trie. The node keeps its key and its
// children for readers that still stand on it.
func (d *Dict) unlink(id uint32, k Key) {
	var p, up place
	for n := d.at(p); n != ref(id); n = d.at(p) {
		if n == 0 {
			return
		}
		up, p = p, place{n, k.bit(d.key(n).Len)}
	}
	c := d.children(ref(id))
	left, right := child(c, 0), child(c, 1)
	switch {
	case left != 0 && right != 0:
		g := ref(d.newNode(glueNode, k)) | glueBit
		d.setChildren(g, c)
		d.set(p, g)
	case left != 0 || right != 0:
		d.set(p, left|right)
	default:
		d.set(p, 0)
		if p.above&glueBit != 0 { // glue with one child is not needed
			d.set(up, child(d.children(p.above), 1-p.bit))
			d.gone = append(d.gone, uint32(p.above)&^glueBit)
		}
	}
}
