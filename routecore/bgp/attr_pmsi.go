package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// PMSITunnel is the PMSI_TUNNEL attribute (RFC 6514 §5): which tunnel carries the
// multicast, or the broadcast and unknown unicast, of a VPN. It is comparable.
type PMSITunnel struct {
	Flags      uint8
	Type       uint8
	Label      Label  // a network identifier of 24 bits with VXLAN and the like (RFC 8365 §5.1.3)
	Identifier string // octets, by type; [PMSITunnel.Addrs] reads its addresses
}

// Flags of the attribute.
const (
	PMSILeafInformation uint8 = 0x01 // leaves are to answer (RFC 6514 §5)
	PMSIExtension       uint8 = 0x40 // more flags are in an extended community (RFC 7902 §3)
)

// Tunnel types (IANA "P-Multicast Service Interface Tunnel Types").
const (
	PMSINone               = 0
	PMSIRSVPTE             = 1
	PMSIMLDPP2MP           = 2
	PMSIPIMSSM             = 3
	PMSIPIMSM              = 4
	PMSIBIDIRPIM           = 5
	PMSIIngressReplication = 6
	PMSIMLDPMP2MP          = 7
	PMSITransport          = 8
)

// pmsiType is a row of the table of tunnel types.
type pmsiType struct {
	name   string
	first  string // what the first address is; "" where the identifier has none
	second string // what the second is
	more   int    // octets behind the addresses
}

// pmsiTypes is the table of tunnel types, by number. Those without first have
// their identifier printed as octets.
var pmsiTypes = [...]pmsiType{
	PMSINone:               {name: "none"},
	PMSIRSVPTE:             {"rsvp-te-p2mp", "extendedTunnelId", "", 8},
	PMSIMLDPP2MP:           {name: "mldp-p2mp"},
	PMSIPIMSSM:             {"pim-ssm", "root", "group", 0},
	PMSIPIMSM:              {"pim-sm", "sender", "group", 0},
	PMSIBIDIRPIM:           {"bidir-pim", "sender", "group", 0},
	PMSIIngressReplication: {"ingress-replication", "endpoint", "", 0},
	PMSIMLDPMP2MP:          {name: "mldp-mp2mp"},
	PMSITransport:          {"transport", "source", "", 4},
	10:                     {name: "assisted-replication"},
	11:                     {name: "bier"},
	12:                     {name: "sr-mpls-p2mp"},
	13:                     {name: "srv6-p2mp"},
}

func pmsiTypeOf(n uint8) *pmsiType {
	if int(n) < len(pmsiTypes) {
		return &pmsiTypes[n]
	}
	return &pmsiTypes[9] // which has no name
}

// ParsePMSITunnel reads the value of the attribute. An identifier that does not
// go with the type is no error, since types are added; see [PMSITunnel.Addrs].
func ParsePMSITunnel(v []byte) (PMSITunnel, error) {
	if len(v) < 5 {
		return PMSITunnel{}, nlriError(0, "PMSI_TUNNEL: short of flags, type and label", "RFC 6514 §5")
	}
	return PMSITunnel{Flags: v[0], Type: v[1], Label: labelAt(v[2:]), Identifier: string(v[5:])}, nil
}

// AppendPMSITunnel appends the value of the attribute.
func AppendPMSITunnel(dst []byte, p PMSITunnel) []byte {
	dst = StackOf(p.Label).AppendWire(append(dst, p.Flags, p.Type))
	return append(dst, p.Identifier...)
}

// Addrs returns the addresses of the identifier: root, sender, endpoint, source or
// extended tunnel identifier, and the group where there is one. For multipoint LDP
// first is the root node. Both are the zero Addr where the identifier is not as
// the type wants it.
func (p PMSITunnel) Addrs() (first, second netip.Addr) {
	id := []byte(p.Identifier)
	if p.Type == PMSIMLDPP2MP || p.Type == PMSIMLDPMP2MP {
		first, _ = mldpFEC(id)
		return first, netip.Addr{}
	}
	t := pmsiTypeOf(p.Type)
	width := len(id) - t.more
	if t.second != "" {
		width /= 2
	}
	if t.first == "" || width != 4 && width != 16 || t.second != "" && len(id) != 2*width {
		return netip.Addr{}, netip.Addr{}
	}
	first = inet.AddrFromWire(id[:width])
	if t.second != "" {
		second = inet.AddrFromWire(id[width:])
	}
	return first, second
}

// mldpFEC reads a multipoint FEC element (RFC 6388 §2.2): type, address family,
// length, root and opaque value. root is the zero Addr where it does not fit.
func mldpFEC(b []byte) (root netip.Addr, opaque []byte) {
	if len(b) < 4 || len(b) < 4+int(b[3])+2 {
		return netip.Addr{}, nil
	}
	end := 4 + int(b[3])
	if int(binary.BigEndian.Uint16(b[end:])) != len(b)-end-2 {
		return netip.Addr{}, nil
	}
	return inet.AddrFromWire(b[4:end]), b[end+2:]
}

// PMSITunnel returns the PMSI_TUNNEL attribute; ok is false where there is none.
func (a Attrs) PMSITunnel() (p PMSITunnel, ok bool) {
	v, ok := a.Get(AttrPMSITunnel)
	if !ok {
		return PMSITunnel{}, false
	}
	p, err := ParsePMSITunnel(v)
	return p, err == nil
}

// checkPMSI wants flags, tunnel type and label and, on a session of our own, an
// identifier that goes with a type whose layout is known. A router that is only
// watched has judged it already.
func checkPMSI(v []byte, c Ctx) (Fault, int) {
	p, err := ParsePMSITunnel(v)
	if err != nil {
		return FaultLength, 0
	}
	known := pmsiTypeOf(p.Type).first != "" || p.Type == PMSIMLDPP2MP || p.Type == PMSIMLDPMP2MP
	if first, _ := p.Addrs(); known && !c.Monitor && !first.IsValid() {
		return FaultLength, 5
	}
	return FaultNone, 0
}

// AppendText appends the tunnel as one line: name and value of each member.
func (p PMSITunnel) AppendText(dst []byte) ([]byte, error) {
	p.members(func(key string, value []byte, _ bool) {
		dst = append(append(append(append(dst, key...), ' '), value...), ' ')
	})
	return dst[:len(dst)-1], nil
}

// String returns the form of AppendText.
func (p PMSITunnel) String() string {
	b, _ := p.AppendText(nil)
	return string(b)
}

// members hands out what there is to print, in order.
func (p PMSITunnel) members(each func(key string, value []byte, number bool)) {
	var space [40]byte
	number := func(key string, n uint32) { each(key, strconv.AppendUint(space[:0], uint64(n), 10), true) }
	t := pmsiTypeOf(p.Type)
	number("type", uint32(p.Type))
	if t.name != "" {
		each("name", []byte(t.name), false)
	}
	number("flags", uint32(p.Flags))
	number("label", p.Label.Value())
	number("vni", p.Label.VNI())
	id := []byte(p.Identifier)
	first, second := p.Addrs()
	switch {
	case len(id) == 0:
	case !first.IsValid():
		each("identifier", hex.AppendEncode(nil, id), false)
	case t.first == "":
		_, opaque := mldpFEC(id)
		each("root", first.AppendTo(space[:0]), false)
		each("opaque", hex.AppendEncode(nil, opaque), false)
	default:
		each(t.first, first.AppendTo(space[:0]), false)
		if second.IsValid() {
			each(t.second, second.AppendTo(space[:0]), false)
		}
		switch more := id[len(id)-t.more:]; t.more {
		case 8:
			number("tunnelId", uint32(binary.BigEndian.Uint16(more[2:])))
			number("p2mpId", binary.BigEndian.Uint32(more[4:]))
		case 4:
			number("localNumber", binary.BigEndian.Uint32(more))
		}
	}
}

func jsonPMSI(dst, v []byte, _ inet.Family) []byte {
	p, err := ParsePMSITunnel(v)
	if err != nil {
		return append(appendHex(append(dst, `{"raw":`...), v), '}')
	}
	dst = append(dst, '{')
	p.members(func(key string, value []byte, number bool) {
		dst = append(append(append(dst, '"'), key...), `":`...)
		if number {
			dst = append(append(dst, value...), ',')
		} else {
			dst = append(append(append(dst, '"'), value...), `",`...)
		}
	})
	dst[len(dst)-1] = '}'
	return dst
}
