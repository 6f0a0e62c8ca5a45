package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// RouteTargetPrefix is an NLRI of route target constraints (RFC 4684 §4): which
// route targets a speaker wants to hear of. It is comparable; the zero value is
// the default, which wants all.
type RouteTargetPrefix struct {
	Bits   uint8 // 0, or 32 to 96: how many bits of ASN and Target count
	Origin inet.ASN
	Target ExtCommunity // bits that do not count are zero
}

const rfcRTC = "RFC 4684 §4"

// ParseRouteTargetPrefix reads one whole NLRI of SAFI 132 without path
// identifier. The error is an [*Error].
func ParseRouteTargetPrefix(b []byte) (RouteTargetPrefix, error) {
	x, fault := parseRouteTargetPrefix(b)
	return x, fault.err()
}

func parseRouteTargetPrefix(b []byte) (RouteTargetPrefix, nlriFault) {
	var p RouteTargetPrefix
	if len(b) == 0 || bitsSize(b, 255) != len(b) {
		return p, nlriFault{0, "length does not fit", rfcRTC}
	}
	if b[0] != 0 && b[0] < 32 || b[0] > 96 {
		return p, nlriFault{0, "length in bits is neither 0 nor 32 to 96", rfcRTC}
	}
	p.Bits = b[0]
	if p.Bits == 0 {
		return p, nlriFault{}
	}
	p.Origin = inet.ASN(binary.BigEndian.Uint32(b[1:]))
	copy(p.Target[:], b[5:])
	p.mask()
	return p, nlriFault{}
}

// mask clears the bits that do not count and puts Bits in its range.
func (p *RouteTargetPrefix) mask() {
	p.Bits = min(p.Bits, 96)
	if p.Bits < 32 {
		*p = RouteTargetPrefix{}
		return
	}
	for i := range p.Target {
		if left := int(p.Bits) - 32 - 8*i; left < 8 {
			p.Target[i] &^= 0xff >> max(left, 0)
		}
	}
}

// AppendRouteTargetPrefix appends the wire form. Bits from 1 to 31 mean 0 and
// those over 96 mean 96.
func AppendRouteTargetPrefix(dst []byte, p RouteTargetPrefix) []byte {
	p.mask()
	dst = append(dst, p.Bits)
	if p.Bits == 0 {
		return dst
	}
	dst = binary.BigEndian.AppendUint32(dst, uint32(p.Origin))
	return append(dst, p.Target[:(int(p.Bits)-32+7)/8]...)
}

// Covers reports whether a route with the target e, from any AS, is wanted (RFC
// 4684 §4: the comparison is by the bits of the prefix).
func (p RouteTargetPrefix) Covers(e ExtCommunity) bool {
	if p.Bits <= 32 {
		return true
	}
	q := RouteTargetPrefix{Bits: p.Bits, Target: e}
	q.mask()
	return q.Target == p.Target
}

func checkRTC(_ inet.Family, b []byte) int {
	_, fault := parseRouteTargetPrefix(b)
	return fault.offset()
}

// textRTC prints "default", or AS number, target and length.
func textRTC(dst []byte, _ inet.Family, b []byte) []byte {
	p, _ := parseRouteTargetPrefix(b)
	if p.Bits == 0 {
		return append(dst, "default"...)
	}
	dst = append(strconv.AppendUint(append(dst, "origin "...), uint64(p.Origin), 10), ' ')
	dst = p.appendTarget(dst)
	return strconv.AppendUint(append(dst, '/'), uint64(p.Bits), 10)
}

// appendTarget prints a whole target as extended communities are printed and a
// part of one as octets.
func (p RouteTargetPrefix) appendTarget(dst []byte) []byte {
	if p.Bits == 96 {
		dst, _ = p.Target.AppendText(dst)
		return dst
	}
	return hex.AppendEncode(append(dst, "0x"...), p.Target[:])
}

func jsonRTC(dst []byte, _ inet.Family, b []byte) []byte {
	p, _ := parseRouteTargetPrefix(b)
	dst = strconv.AppendUint(append(dst, `{"length":`...), uint64(p.Bits), 10)
	if p.Bits == 0 {
		return append(dst, '}')
	}
	dst = strconv.AppendUint(append(dst, `,"originAsn":`...), uint64(p.Origin), 10)
	if p.Bits == 32 {
		return append(dst, '}')
	}
	return append(p.appendTarget(append(dst, `,"routeTarget":"`...)), `"}`...)
}

func keyRTC(dst []byte, _ inet.Family, b []byte) []byte {
	p, _ := parseRouteTargetPrefix(b)
	return AppendRouteTargetPrefix(dst, p)
}
