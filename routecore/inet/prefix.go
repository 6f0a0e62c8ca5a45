package inet

import (
	"encoding/binary"
	"net/netip"
)

// PrefixFromWire builds the prefix of a length in bits and its significant
// octets (RFC 4271 §4.3). Bits of b behind the length are irrelevant and come
// out as zero. The family gives the address width through its AFI. The answer is
// the zero Prefix where bits is too large for the family or b holds fewer octets
// than bits needs.
func PrefixFromWire(f Family, bits uint8, b []byte) netip.Prefix {
	n := (int(bits) + 7) >> 3
	if len(b) < n {
		return netip.Prefix{}
	}
	switch f.AFI() {
	case AFIIPv4:
		return prefix4(bits, b[:n])
	case AFIIPv6:
		return prefix6(bits, b[:n])
	}
	return netip.Prefix{}
}

func prefix4(bits uint8, b []byte) netip.Prefix {
	if bits > 32 {
		return netip.Prefix{}
	}
	var v uint32
	for i := range b {
		v |= uint32(b[i]) << (24 - 8*i)
	}
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], v&^uint32(uint64(0xffffffff)>>bits))
	return netip.PrefixFrom(netip.AddrFrom4(a), int(bits))
}

func prefix6(bits uint8, b []byte) netip.Prefix {
	if bits > 128 {
		return netip.Prefix{}
	}
	var a [16]byte
	copy(a[:], b)
	if rest := bits & 7; rest != 0 {
		a[bits>>3] &= ^byte(0xff >> rest)
	}
	return netip.PrefixFrom(netip.AddrFrom16(a), int(bits))
}

// AppendPrefix appends p as it stands in NLRI: the length in bits, then the
// octets that hold it (RFC 4271 §4.3), host bits cleared. It appends nothing for
// the zero Prefix.
func AppendPrefix(dst []byte, p netip.Prefix) []byte {
	if !p.IsValid() {
		return dst
	}
	bits := p.Bits()
	dst = append(dst, byte(bits))
	n := (bits + 7) >> 3
	if p.Addr().Is4() {
		a := p.Masked().Addr().As4()
		return append(dst, a[:n]...)
	}
	a := p.Masked().Addr().As16()
	return append(dst, a[:n]...)
}

// AddrFromWire returns the address of 4 or 16 octets, and the zero Addr for any
// other length.
func AddrFromWire(b []byte) netip.Addr {
	switch len(b) {
	case 4:
		return netip.AddrFrom4([4]byte(b))
	case 16:
		return netip.AddrFrom16([16]byte(b))
	}
	return netip.Addr{}
}

// AppendAddr appends the 4 or 16 octets of a, or nothing for the zero Addr. A
// zone is not part of the wire form.
func AppendAddr(dst []byte, a netip.Addr) []byte {
	switch {
	case a.Is4():
		b := a.As4()
		return append(dst, b[:]...)
	case a.Is6():
		b := a.As16()
		return append(dst, b[:]...)
	}
	return dst
}
