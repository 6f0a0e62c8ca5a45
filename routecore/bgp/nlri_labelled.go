package bgp

import (
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// LabelledPrefix is an NLRI of labelled unicast (RFC 8277). It is comparable.
type LabelledPrefix struct {
	Labels LabelStack
	Prefix netip.Prefix // masked
}

const rfcLabelled = "RFC 8277 §2"

// ParseLabelledPrefix reads one whole NLRI of SAFI 4 without path identifier;
// the AFI of f says which addresses. The labels end at the bottom-of-stack bit, for
// f does not say whether there is but one; [NLRI.LabelledPrefix] knows. The error is
// an [*Error].
func ParseLabelledPrefix(f inet.Family, b []byte) (LabelledPrefix, error) {
	return NLRI{Family: f}.LabelledPrefix(b)
}

// LabelledPrefix reads one whole NLRI of a run of SAFI 4, without path identifier.
// The error is an [*Error].
func (n NLRI) LabelledPrefix(nlri []byte) (LabelledPrefix, error) {
	x, fault := parseLabelledPrefix(n.Family, nlri, n.labels())
	return x, fault.err()
}

func parseLabelledPrefix(f inet.Family, b []byte, labels int) (LabelledPrefix, nlriFault) {
	var p LabelledPrefix
	if len(b) == 0 || bitsSize(b, 255) != len(b) {
		return p, nlriFault{0, "length does not fit", rfcLabelled}
	}
	s, ok := parseStack(b[1:], int(b[0]), 0, f.MaxBits(), labels)
	if !ok {
		return p, nlriFault{0, "no room for a label and a prefix", rfcLabelled}
	}
	at := 3 * s.Len()
	p.Labels, p.Prefix = s, inet.PrefixFromWire(f, b[0]-uint8(8*at), b[1+at:])
	if !p.Prefix.IsValid() {
		return LabelledPrefix{}, nlriFault{1 + at, "family without prefixes", rfcLabelled}
	}
	return p, nlriFault{}
}

// AppendLabelledPrefix appends the wire form. It appends nothing for a prefix
// that is not valid, and takes as many labels as the length in bits can count.
func AppendLabelledPrefix(dst []byte, p LabelledPrefix) []byte {
	if !p.Prefix.IsValid() {
		return dst
	}
	bits := p.Prefix.Bits()
	p.Labels.n = min(p.Labels.n, uint8((255-bits)/24))
	dst = append(dst, uint8(bits+24*p.Labels.Len()))
	dst = p.Labels.AppendWire(dst)
	return appendPrefixBits(dst, p.Prefix)
}

// appendPrefixBits appends the significant octets of a prefix; its length in
// bits is somewhere else.
func appendPrefixBits(dst []byte, p netip.Prefix) []byte {
	at := len(dst)
	dst = inet.AppendPrefix(dst, p)
	copy(dst[at:], dst[at+1:])
	return dst[:len(dst)-1]
}

// WithdrawLabelled returns the NLRI that withdraws p whatever its labels were
// (RFC 8277 §2.4).
func WithdrawLabelled(p netip.Prefix) LabelledPrefix {
	return LabelledPrefix{StackOf(LabelWithdrawn), p.Masked()}
}

func (p LabelledPrefix) appendText(dst []byte) []byte {
	dst, _ = p.Labels.AppendText(append(p.Prefix.AppendTo(dst), " label "...))
	return dst
}

func (p LabelledPrefix) appendJSON(dst []byte) []byte {
	dst = p.Prefix.AppendTo(append(dst, `{"prefix":"`...))
	return append(p.Labels.appendJSON(append(dst, `","labels":`...)), '}')
}

// appendKey leaves the labels out.
func (p LabelledPrefix) appendKey(dst []byte) []byte { return inet.AppendPrefix(dst, p.Prefix) }
