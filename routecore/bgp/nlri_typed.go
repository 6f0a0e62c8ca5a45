package bgp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// ESI is an Ethernet segment identifier (RFC 7432 §5); zero means a single home.
type ESI [10]byte

// MAC is an Ethernet address.
type MAC [6]byte

// TypedNLRI is an NLRI of a family whose NLRI have route types: EVPN, MCAST-VPN
// and MUP. Only the members of its type count, as the tables of layouts say. It
// is comparable; [ParseTypedNLRI] reads it and [AppendTypedNLRI] builds it.
type TypedNLRI struct {
	Arch uint8 // architecture of MUP, 1 for 3GPP 5G
	Type uint16

	RD           inet.RD
	ESI          ESI
	EthernetTag  uint32
	MAC          MAC
	IP           netip.Addr // the zero Addr where the NLRI gives none
	Prefix       netip.Prefix
	Gateway      netip.Addr // unspecified for none
	Labels       LabelStack
	Source       netip.Addr // the zero Addr is the wildcard (RFC 6625)
	Group        netip.Addr // likewise
	Originator   netip.Addr
	SourceAS     inet.ASN
	RegionID     [8]byte
	LeaveNumber  uint32 // reserved since RFC 9251
	MaxResponse  uint8  // maximum response time, as in IGMP and MLD
	Flags        uint8  // IGMP and MLD versions (RFC 9251 §9.1)
	TEID         uint32 // tunnel endpoint; where TEIDBits is less than 32 the upper bits
	TEIDBits     uint8
	QFI          uint8 // quality of service flow
	Endpoint     netip.Addr
	TunnelSource netip.Addr // the zero Addr where the NLRI gives none
	RouteKey     string     // octets of the NLRI that a leaf answers
	Older        bool       // in the form of an older draft, without its last field
	Raw          string     // octets behind the length, of an unknown type
}

// typedFamily is how the NLRI of such a family begin, and its types.
type typedFamily struct {
	skip   int // octets before the length: architecture and type
	types  []typedLayout
	rfc    string
	wanted uint8 // architecture that the types belong to
}

// typedLayout is a row of a table of route types.
type typedLayout struct {
	code   uint16
	name   string // as JSON and text have it
	rfc    string
	fields []typedPart
}

// typedPart is a field of a route type. Those that are not key may differ
// between an announcement and its withdrawal.
type typedPart struct {
	field typedField
	key   bool
}

func typedFamilyOf(f inet.Family) *typedFamily {
	switch f.SAFI() {
	case inet.SAFIEVPN:
		return &evpnFamily
	case inet.SAFIMCASTVPN:
		return &mcastVPNFamily
	case inet.SAFIMUP:
		return &mupFamily
	}
	return nil
}

// head reads what stands before the fields; l is nil where the type is unknown.
// b is a whole NLRI.
func (t *typedFamily) head(b []byte) (arch uint8, code uint16, l *typedLayout) {
	code = uint16(b[0])
	if t.skip == 3 {
		arch, code = b[0], binary.BigEndian.Uint16(b[1:])
	}
	if arch != t.wanted {
		return arch, code, nil
	}
	for i := range t.types {
		if t.types[i].code == code {
			return arch, code, &t.types[i]
		}
	}
	return arch, code, nil
}

// walk cuts the fields of a layout out of body and hands them to each; it returns
// the offset of what does not fit, or -1.
func (l *typedLayout) walk(f inet.Family, body []byte, each func(p typedPart, v []byte)) int {
	at := 0
	for _, p := range l.fields {
		n := typedFields[p.field].kind.size(f, body[at:])
		if n < 0 {
			return at
		}
		if each != nil {
			each(p, body[at:at+n:at+n])
		}
		at += n
	}
	if at != len(body) {
		return at
	}
	return -1
}

// ParseTypedNLRI reads one whole NLRI of EVPN, MCAST-VPN or MUP without path
// identifier. A route type that is not known is no error: its octets stand in
// Raw (RFC 7606 §5.4). The error is an [*Error].
func ParseTypedNLRI(f inet.Family, b []byte) (TypedNLRI, error) {
	var n TypedNLRI
	t := typedFamilyOf(f)
	if t == nil {
		return n, nlriError(0, "family without route types", "RFC 4760 §5")
	}
	if lengthSize(b, t.skip, 1) != len(b) || len(b) == 0 {
		return n, nlriError(0, "length does not fit", t.rfc)
	}
	arch, code, l := t.head(b)
	n.Arch, n.Type = arch, code
	body := b[t.skip+1:]
	if l == nil {
		n.Raw = string(body)
		return n, nil
	}
	if at := l.walk(f, body, func(p typedPart, v []byte) { n.set(f, p.field, v) }); at >= 0 {
		return TypedNLRI{}, nlriError(t.skip+1+at, l.name+" route: field does not fit", l.rfc)
	}
	return n, nil
}

// AppendTypedNLRI appends the wire form of n for the family, of which only the
// AFI of MUP and the SAFI matter. It appends nothing where the family has no
// route types, the fields are longer than 255 octets, or they make no route, such
// as one without the originator that its type wants.
func AppendTypedNLRI(dst []byte, f inet.Family, n TypedNLRI) []byte {
	t := typedFamilyOf(f)
	if t == nil {
		return dst
	}
	start := len(dst)
	if t.skip == 3 {
		dst = binary.BigEndian.AppendUint16(append(dst, n.Arch), n.Type)
	} else {
		dst = append(dst, uint8(n.Type))
	}
	dst = append(dst, 0)
	body := len(dst)
	if _, _, l := t.head(dst[start:]); l == nil {
		dst = append(dst, n.Raw...)
	} else {
		for _, p := range l.fields {
			dst = n.append(dst, p.field)
		}
		if l.walk(f, dst[body:], nil) >= 0 {
			return dst[:start]
		}
	}
	if len(dst)-body > 255 {
		return dst[:start]
	}
	dst[body-1] = uint8(len(dst) - body)
	return dst
}

// checkTyped is the check of the three families.
func checkTyped(f inet.Family, b []byte) int {
	t := typedFamilyOf(f)
	if len(b) == 0 {
		return 0
	}
	_, _, l := t.head(b)
	if l == nil {
		return -1
	}
	if at := l.walk(f, b[t.skip+1:], nil); at >= 0 {
		return t.skip + 1 + at
	}
	return -1
}

// keyTyped is the type and those fields that name the route.
func keyTyped(dst []byte, f inet.Family, b []byte) []byte {
	t := typedFamilyOf(f)
	_, _, l := t.head(b)
	if l == nil {
		return append(dst, b...)
	}
	dst = append(dst, b[:t.skip]...)
	l.walk(f, b[t.skip+1:], func(p typedPart, v []byte) {
		if p.key {
			dst = typedFields[p.field].kind.key(dst, f, v)
		}
	})
	return dst
}
