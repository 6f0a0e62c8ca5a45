package simulate

import (
	"encoding/binary"
	"iter"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// View is the Internet as one neighbour tells it: about 95 % of the prefixes,
// each with the attributes that this neighbour gives it, and what has changed
// since its table was first sent. A view belongs to one goroutine.
type View struct {
	world *Internet
	id    uint64
	asn   inet.ASN // first AS of each path
	addr4 netip.Addr
	addr6 netip.Addr
	tree  *tree
	churn churn
	gone  []uint64         // a bit for each prefix that is withdrawn at the moment
	turns map[uint32]uint8 // how often a prefix's attributes have changed
	scratch
}

// scratch is what building one message needs, kept for the next one.
type scratch struct {
	path  []int32
	attrs []byte
	out   []byte
	run   []prefix
	tags  []uint64
}

// View returns the n-th neighbour's view, counted from 0. The same n gives the
// same view; each n has its own AS and address.
func (w *Internet) View(n int) *View {
	v := &View{
		world: w,
		id:    uint64(n),
		addr4: neighbour4(n),
		addr6: neighbour6(n),
		gone:  make([]uint64, len(w.prefixes)/64+1),
		turns: map[uint32]uint8{},
	}
	vantage := w.vantage(n)
	v.asn = inet.ASN(w.graph.asn[vantage])
	v.tree = newTree(w.graph, vantage, hash(w.seed, 'T', v.id))
	v.churn.dice.state = hash(w.seed, 'C', v.id)
	return v
}

// vantage picks the AS of the n-th neighbour: a transit network of the second or
// third tier, each of them once before any is used again.
func (w *Internet) vantage(n int) int32 {
	first, last := int(w.graph.tiers[0]), int(w.graph.tiers[2])
	width := last - first
	start := int(hash(w.seed, 'V') % uint64(width))
	step := width*5/13 | 1
	for width%step == 0 || gcd(width, step) != 1 {
		step++
	}
	return int32(first + (start+n*step)%width)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// neighbour4 is the address of the n-th neighbour: from 203.0.113.0/24 (RFC 5737),
// and where that ends from 198.18.0.0/15 (RFC 2544).
func neighbour4(n int) netip.Addr {
	if n < 254 {
		return netip.AddrFrom4([4]byte{203, 0, 113, byte(n + 1)})
	}
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], 198<<24|18<<16|uint32(n&0x1ffff))
	return netip.AddrFrom4(a)
}

// neighbour6 is its IPv6 address, from 2001:db8::/32 (RFC 3849).
func neighbour6(n int) netip.Addr {
	a := [16]byte{0x20, 0x01, 0x0d, 0xb8}
	binary.BigEndian.PutUint32(a[4:], uint32(n+1))
	a[15] = 1
	return netip.AddrFrom16(a)
}

// ASN returns the AS of the neighbour, the first of each path.
func (v *View) ASN() inet.ASN { return v.asn }

// Address returns the neighbour's address, also its BGP identifier and the next
// hop of its IPv4 routes.
func (v *View) Address() netip.Addr { return v.addr4 }

// knows reports whether the neighbour ever announces prefix i.
func (v *View) knows(i uint32) bool {
	p := &v.world.prefixes[i]
	return part(hash(v.world.seed, 'K', v.id, p.addr, uint64(p.bits)), 950)
}

// has reports whether the neighbour announces prefix i at the moment.
func (v *View) has(i uint32) bool {
	return v.gone[i/64]>>(i%64)&1 == 0 && v.knows(i)
}

func (v *View) setGone(i uint32, gone bool) {
	v.gone[i/64] &^= 1 << (i % 64)
	if gone {
		v.gone[i/64] |= 1 << (i % 64)
	}
}

// Count returns how many prefixes of each family the neighbour announces.
func (v *View) Count() (ipv4, ipv6 int) {
	for i := range v.world.prefixes {
		switch {
		case !v.has(uint32(i)):
		case i < v.world.first6:
			ipv4++
		default:
			ipv6++
		}
	}
	return ipv4, ipv6
}

// Table yields the neighbour's whole table as UPDATE messages: one family after
// the other, prefixes with equal attributes together, as many as fit into a
// message, and an End-of-RIB behind each family that is wanted (RFC 4724). A
// message is valid until the next one is asked for.
func (v *View) Table(ipv4, ipv6 bool) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		order, first6 := v.world.order, v.world.first6
		if ipv4 && !v.family(order[:first6], endOfRIB4, yield) {
			return
		}
		if ipv6 {
			v.family(order[first6:], endOfRIB6, yield)
		}
	}
}

// family yields the messages of one family. It starts somewhere in the middle,
// so that two neighbours do not tell the same at the same time.
func (v *View) family(order []uint32, end []byte, yield func([]byte) bool) bool {
	if len(order) == 0 {
		return yield(end)
	}
	start := int(hash(v.world.seed, 'S', v.id) % uint64(len(order)))
	return v.runs(order[start:], yield) && v.runs(order[:start], yield) && yield(end)
}

// runs yields the messages for prefixes in the order of transfer.
func (v *View) runs(order []uint32, yield func([]byte) bool) bool {
	for len(order) > 0 {
		first := order[0]
		turn := v.turns[first]
		v.run = v.run[:0]
		n := 0
		for ; n < len(order) && v.world.sameRun(first, order[n]) && v.turns[order[n]] == turn; n++ {
			if v.has(order[n]) {
				v.run = append(v.run, v.world.prefixes[order[n]])
			}
		}
		order = order[n:]
		for rest := v.run; len(rest) > 0; {
			var msg []byte
			msg, rest = v.announce(turn, rest)
			if !yield(msg) {
				return false
			}
		}
	}
	return true
}

// sameRun reports whether two prefixes have the same attributes in every view
// until something changes.
func (w *Internet) sameRun(i, j uint32) bool {
	a, b := &w.prefixes[i], &w.prefixes[j]
	return a.v6 == b.v6 && a.origin == b.origin && a.policy == b.policy
}

// announce builds one UPDATE for as many prefixes of a run as fit.
func (v *View) announce(turn uint8, run []prefix) (msg []byte, rest []prefix) {
	p := &run[0]
	if !p.v6 {
		v.attrs = v.appendAttrs(v.attrs[:0], p, turn, v.addr4)
		v.out, rest = appendUpdate4(v.out[:0], v.attrs, run)
		return v.out, rest
	}
	v.attrs = v.appendAttrs(v.attrs[:0], p, turn, netip.Addr{})
	v.out, rest = appendUpdate6(v.out[:0], v.attrs, v.addr6, run)
	return v.out, rest
}

// lastFamily is the family of the message that Next returned last.
func (v *View) lastFamily() inet.Family {
	if v.run[0].v6 {
		return inet.IPv6Unicast
	}
	return inet.IPv4Unicast
}
