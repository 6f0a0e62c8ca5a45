// Package dict gives every prefix of an address family a dense id and keeps the
// prefixes in order: a hash for exact keys and a path-compressed trie for
// longest matches, covering and covered prefixes, and walks.
//
// Readers take no lock: every change is one atomic store that a reader either
// sees or not. Changes take the dictionary's mutex. Nothing holds pointers, so
// the garbage collector has nothing to follow. The nodes of the trie that stand
// for prefixes are the array of keys: the id of a prefix is the number of its
// node. The default route is a prefix like any other.
//
// The package knows no routes and no families; it is told whether keys have 32
// or 128 bits. Start reading at [Dict] and trie.go.
package dict

import (
	"encoding/binary"
	"math/bits"
	"net/netip"
)

// Key is a prefix: the address left-aligned in 128 bits, host bits zero, and the
// length in bits.
type Key struct {
	Hi, Lo uint64
	Len    uint8
}

// KeyOf returns the key of a prefix. Host bits are cleared.
func KeyOf(p netip.Prefix) Key {
	var k Key
	if p.Addr().Is4() {
		a := p.Addr().As4()
		k.Hi = uint64(binary.BigEndian.Uint32(a[:])) << 32
	} else {
		a := p.Addr().As16()
		k.Hi, k.Lo = binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(a[8:])
	}
	k.Len = uint8(p.Bits())
	return k.Cut(k.Len)
}

// Prefix returns the key as a prefix, of IPv6 where wide.
func (k Key) Prefix(wide bool) netip.Prefix {
	if !wide {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], uint32(k.Hi>>32))
		return netip.PrefixFrom(netip.AddrFrom4(a), int(k.Len))
	}
	var a [16]byte
	binary.BigEndian.PutUint64(a[:8], k.Hi)
	binary.BigEndian.PutUint64(a[8:], k.Lo)
	return netip.PrefixFrom(netip.AddrFrom16(a), int(k.Len))
}

// Append appends the key in wire form: the length and the octets it needs
// (RFC 4271 §4.3).
func (k Key) Append(dst []byte) []byte {
	var a [17]byte
	a[0] = k.Len
	binary.BigEndian.PutUint64(a[1:], k.Hi)
	binary.BigEndian.PutUint64(a[9:], k.Lo)
	return append(dst, a[:1+(int(k.Len)+7)/8]...)
}

// Cut returns the key shortened to n bits, host bits cleared.
func (k Key) Cut(n uint8) Key {
	k.Len = n
	switch {
	case n == 0:
		k.Hi, k.Lo = 0, 0
	case n < 64:
		k.Hi, k.Lo = k.Hi&^(^uint64(0)>>n), 0
	case n < 128:
		k.Lo &^= ^uint64(0) >> (n - 64)
	}
	return k
}

// Covers reports whether k contains o or is equal to it.
func (k Key) Covers(o Key) bool { return k.Len <= o.Len && common(k, o) >= k.Len }

// Compare orders keys by address, then by length.
func (k Key) Compare(o Key) int {
	switch {
	case k.Hi != o.Hi:
		return less(k.Hi < o.Hi)
	case k.Lo != o.Lo:
		return less(k.Lo < o.Lo)
	case k.Len != o.Len:
		return less(k.Len < o.Len)
	}
	return 0
}

func less(b bool) int {
	if b {
		return -1
	}
	return 1
}

// common is how many leading bits of the addresses are equal.
func common(a, b Key) uint8 {
	if x := a.Hi ^ b.Hi; x != 0 {
		return uint8(bits.LeadingZeros64(x))
	}
	return 64 + uint8(bits.LeadingZeros64(a.Lo^b.Lo))
}

// bit is bit n of the address, counted from the left.
func (k Key) bit(n uint8) uint64 {
	if n < 64 {
		return k.Hi >> (63 - n) & 1
	}
	return k.Lo >> (127 - n) & 1
}
