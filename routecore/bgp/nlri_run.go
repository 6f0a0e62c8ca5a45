package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// NewNLRI returns the run of some prefixes of a family whose NLRI are plain prefixes,
// without path identifiers (see AppendNLRI for those). Prefixes of the other address
// family are left out.
func NewNLRI(f inet.Family, prefixes ...netip.Prefix) NLRI {
	n := NLRI{Family: f}
	for _, p := range prefixes {
		if f.IsPrefix() && p.IsValid() && p.Addr().BitLen() == f.MaxBits() {
			n.Bytes = inet.AppendPrefix(n.Bytes, p)
		}
	}
	return n
}

// String returns the family and the NLRI one after the other, each as AppendText
// prints it, with "id N" behind where path identifiers are there. Octets that cannot
// be cut come last, in hexadecimal.
func (n NLRI) String() string {
	b := []byte(n.Family.String())
	sep, rest := byte(' '), n.Bytes
	for one := range n.All() {
		rest = rest[len(one):]
		b = append(b, sep)
		if sep == ',' {
			b = append(b, ' ')
		}
		sep = ','
		if !n.AddPath {
			b = n.AppendText(b, one)
			continue
		}
		b = append(n.AppendText(b, one[4:]), " id "...)
		b = strconv.AppendUint(b, uint64(binary.BigEndian.Uint32(one)), 10)
	}
	if len(rest) > 0 {
		b = hex.AppendEncode(append(b, sep, '0', 'x'), rest)
	}
	return string(b)
}

// String returns the label value in decimal.
func (l Label) String() string { return strconv.FormatUint(uint64(l.Value()), 10) }

// String returns the label values with slashes between them, "-" for none.
func (s LabelStack) String() string {
	b, _ := s.AppendText(nil)
	return string(b)
}

// String returns the form of AppendNLRIText.
func (p VPNPrefix) String() string {
	if !p.Prefix.IsValid() {
		return "invalid"
	}
	return string(p.appendText(nil))
}

// String returns the form of AppendNLRIText.
func (p LabelledPrefix) String() string {
	if !p.Prefix.IsValid() {
		return "invalid"
	}
	return string(p.appendText(nil))
}

// String returns the form of AppendNLRIText.
func (p RouteTargetPrefix) String() string {
	return nlriString(inet.IPv4RTC, AppendRouteTargetPrefix(nil, p))
}

// String returns the form of AppendNLRIText.
func (v VPLS) String() string { return nlriString(inet.L2VPNVPLS, AppendVPLS(nil, v)) }

// String returns the form of AppendText.
func (p SRPolicy) String() string { return string(p.AppendText(nil)) }

// String returns the form of AppendText.
func (n LSNLRI) String() string { return string(n.AppendText(nil)) }

// nlriString is the text of a value that was brought into wire form for it.
func nlriString(f inet.Family, wire []byte) string {
	if len(wire) == 0 {
		return "invalid"
	}
	return string(AppendNLRIText(nil, f, wire))
}
