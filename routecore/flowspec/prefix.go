package flowspec

import (
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// Prefix is the value of a destination or source component: the address bits
// from Offset up to the prefix length. IPv4 knows no offset. In IPv6 the bits
// before it are zero here and match anything (RFC 8956 §3.1). It is comparable;
// the zero value is none.
type Prefix struct {
	netip.Prefix
	Offset uint8 // bits, below the length; 0 in a prefix of length 0
}

// Matches reports whether the bits of a between offset and length are those of p.
func (p Prefix) Matches(a netip.Addr) bool {
	if p.Offset == 0 {
		return p.Prefix.Contains(a)
	}
	if !a.Is6() {
		return false
	}
	return clearBits(a, int(p.Offset), p.Bits()) == p.Addr()
}

// String prints "192.0.2.0/24", "2001:db8::/32" or, with an offset,
// "::1:0:0/96/64".
func (p Prefix) String() string {
	if p.Offset == 0 {
		return p.Prefix.String()
	}
	return p.Prefix.String() + "/" + strconv.Itoa(int(p.Offset))
}

// clearBits zeroes the bits before from and those from to on.
func clearBits(a netip.Addr, from, to int) netip.Addr {
	b := a.As16()
	for i := range b {
		b[i] &= byteMask(i*8, from, to)
	}
	return netip.AddrFrom16(b)
}

// byteMask has ones where bits at..at+7 lie within from..to-1.
func byteMask(at, from, to int) byte {
	m := byte(0xff)
	if s := from - at; s > 0 {
		m = byte(0xff >> min(s, 8))
	}
	if s := at + 8 - to; s > 0 {
		m &= byte(0xff << min(s, 8))
	}
	return m
}

// valid tells whether p can stand in a rule of the family.
func (p Prefix) valid(f inet.Family) bool {
	if !p.IsValid() || p.Addr().Zone() != "" {
		return false
	}
	if !ipv6(f) {
		return p.Addr().Is4() && p.Offset == 0
	}
	return p.Addr().Is6() && (int(p.Offset) < p.Bits() || p.Offset == 0)
}

// cutPrefix returns the octets of a prefix component behind its type, or what is wrong.
func cutPrefix(f inet.Family, b []byte) (size int, fault string) {
	if len(b) == 0 {
		return 0, "prefix length is missing"
	}
	bits, head := int(b[0]), 1
	if bits > f.MaxBits() {
		return 0, "prefix length is too large for the family"
	}
	if ipv6(f) {
		if len(b) < 2 {
			return 0, "prefix offset is missing"
		}
		offset := int(b[1])
		if offset >= bits && (offset != 0 || bits != 0) {
			return 0, "offset is not below the prefix length"
		}
		bits, head = bits-offset, 2
	}
	if size = head + (bits+7)>>3; size > len(b) {
		return 0, "prefix runs past the end"
	}
	return size, ""
}

// readPrefix decodes what cutPrefix accepted.
func readPrefix(f inet.Family, b []byte) Prefix {
	if !ipv6(f) {
		return Prefix{Prefix: inet.PrefixFromWire(f, b[0], b[1:])}
	}
	bits, offset := int(b[0]), int(b[1])
	var a [16]byte
	shiftRight(a[:], b[2:], offset)
	return Prefix{netip.PrefixFrom(clearBits(netip.AddrFrom16(a), offset, bits), bits), uint8(offset)}
}

func appendPrefix(dst []byte, f inet.Family, p Prefix) []byte {
	if !ipv6(f) {
		return inet.AppendPrefix(dst, p.Prefix)
	}
	bits, offset := p.Bits(), int(p.Offset)
	dst = append(dst, byte(bits), byte(offset))
	a := clearBits(p.Addr(), offset, bits).As16()
	var pattern [16]byte
	shiftLeft(pattern[:], a[:], offset)
	return append(dst, pattern[:(bits-offset+7)>>3]...)
}

// shiftRight writes src behind n zero bits into dst; what does not fit falls off.
func shiftRight(dst, src []byte, n int) {
	at, s := n>>3, n&7
	for i, c := range src {
		if j := at + i; j < len(dst) {
			dst[j] |= c >> s
		}
		if j := at + i + 1; s != 0 && j < len(dst) {
			dst[j] |= c << (8 - s)
		}
	}
}

// shiftLeft drops the first n bits of src.
func shiftLeft(dst, src []byte, n int) {
	at, s := n>>3, n&7
	for i := at; i < len(src); i++ {
		dst[i-at] = src[i] << s
		if s != 0 && i+1 < len(src) {
			dst[i-at] |= src[i+1] >> (8 - s)
		}
	}
}

func parsePrefix(f inet.Family, s string) (Prefix, string) {
	const want = "want ADDRESS/LENGTH, in IPv6 also ADDRESS/LENGTH/OFFSET with an offset below the length"
	text, offset := s, uint64(0)
	if i := strings.LastIndexByte(s, '/'); i > 0 && strings.IndexByte(s, '/') < i {
		var err error
		if offset, err = strconv.ParseUint(s[i+1:], 10, 8); err != nil {
			return Prefix{}, want
		}
		text = s[:i]
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return Prefix{}, want
	}
	if p.Addr().BitLen() != f.MaxBits() {
		return Prefix{}, "a prefix of the other address family than that of " + f.String() + " rules"
	}
	out := Prefix{p.Masked(), uint8(offset)}
	if !out.valid(f) {
		return Prefix{}, want
	}
	if offset > 0 {
		out.Prefix = netip.PrefixFrom(clearBits(p.Addr(), int(offset), p.Bits()), p.Bits())
	}
	return out, ""
}
