package bgp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// VPNPrefix is an NLRI of a layer 3 VPN: unicast (RFC 4364, RFC 4659) or routes
// for multicast reverse path checks (RFC 6513 §5.1). It is comparable.
type VPNPrefix struct {
	Labels LabelStack
	RD     inet.RD
	Prefix netip.Prefix // masked
}

const rfcVPN = "RFC 4364 §4.3.4"

// ParseVPNPrefix reads one whole NLRI of SAFI 128 or 129 without path identifier;
// the AFI of f says which addresses. Where the route distinguisher begins, and so
// how many labels there are, its type decides if the labels do not: speakers may
// ignore the bottom-of-stack bit (RFC 8277 §2.2, §2.4), and SAFI 129 also comes
// without labels. [NLRI.VPNPrefix] knows where there is but one. The error is an
// [*Error].
func ParseVPNPrefix(f inet.Family, b []byte) (VPNPrefix, error) {
	return NLRI{Family: f}.VPNPrefix(b)
}

// VPNPrefix reads one whole NLRI of a run of SAFI 76, 128 or 129, without path
// identifier. The error is an [*Error].
func (n NLRI) VPNPrefix(nlri []byte) (VPNPrefix, error) {
	x, fault := parseVPNPrefix(n.Family, nlri, n.labels())
	return x, fault.err()
}

func parseVPNPrefix(f inet.Family, b []byte, labels int) (VPNPrefix, nlriFault) {
	var p VPNPrefix
	if len(b) == 0 || bitsSize(b, 255) != len(b) {
		return p, nlriFault{0, "length does not fit", rfcVPN}
	}
	bits := int(b[0])
	s, ok := parseStack(b[1:], bits, 64, 64+f.MaxBits(), labels)
	if s.Len() > 1 && bits-24 <= 64+f.MaxBits() && distinguishes(b[4:], b[1+3*s.Len():]) {
		s = StackOf(labelAt(b[1:])) // without the bottom-of-stack bit, which does not count in withdrawals
	}
	if f.SAFI() == inet.SAFIMVPN && bits >= 64 && bits <= 64+f.MaxBits() && (!ok || distinguishes(b[1:], b[1+3*s.Len():])) {
		s, ok = LabelStack{}, true
	}
	if !ok {
		return p, nlriFault{0, "no room for a label, a route distinguisher and a prefix", rfcVPN}
	}
	at := 1 + 3*s.Len()
	p.Labels, p.RD = s, inet.RD(b[at:])
	p.Prefix = inet.PrefixFromWire(f, b[0]-uint8(24*s.Len()+64), b[at+8:])
	if !p.Prefix.IsValid() {
		return VPNPrefix{}, nlriFault{at + 8, "family without prefixes", rfcVPN}
	}
	return p, nlriFault{}
}

// distinguishes tells whether a begins with a route distinguisher of a known type
// (RFC 4364 §4.2), and b, the other place where it could be, does not.
func distinguishes(a, b []byte) bool {
	const last = 2 // the highest type
	return binary.BigEndian.Uint16(a) <= last && binary.BigEndian.Uint16(b) > last
}

// AppendVPNPrefix appends the wire form. It appends nothing for a prefix that is
// not valid, and takes as many labels as the length in bits can count.
func AppendVPNPrefix(dst []byte, p VPNPrefix) []byte {
	if !p.Prefix.IsValid() {
		return dst
	}
	bits := p.Prefix.Bits() + 64
	p.Labels.n = min(p.Labels.n, uint8((255-bits)/24))
	dst = append(dst, uint8(bits+24*p.Labels.Len()))
	dst = append(p.Labels.AppendWire(dst), p.RD[:]...)
	return appendPrefixBits(dst, p.Prefix)
}

// WithdrawVPN returns the NLRI that withdraws p of rd whatever its labels were
// (RFC 8277 §2.4).
func WithdrawVPN(rd inet.RD, p netip.Prefix) VPNPrefix {
	return VPNPrefix{StackOf(LabelWithdrawn), rd, p.Masked()}
}

func (p VPNPrefix) appendText(dst []byte) []byte {
	dst, _ = p.RD.AppendText(append(dst, "rd "...))
	dst = p.Prefix.AppendTo(append(dst, ' '))
	dst, _ = p.Labels.AppendText(append(dst, " label "...))
	return dst
}

func (p VPNPrefix) appendJSON(dst []byte) []byte {
	dst, _ = p.RD.AppendText(append(dst, `{"rd":"`...))
	dst = p.Prefix.AppendTo(append(dst, `","prefix":"`...))
	return append(p.Labels.appendJSON(append(dst, `","labels":`...)), '}')
}

// appendKey appends route distinguisher and prefix (RFC 4364 §4.3.4).
func (p VPNPrefix) appendKey(dst []byte) []byte {
	return inet.AppendPrefix(append(dst, p.RD[:]...), p.Prefix)
}
