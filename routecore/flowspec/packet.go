package flowspec

import "net/netip"

// Fragments are what a rule can ask about fragmentation, with the bits of RFC
// 8955 §4.2.2.12.
type Fragments uint8

// The bits of [Fragments].
const (
	DontFragment  Fragments = 0x01 // IPv4 only
	IsFragment    Fragments = 0x02 // fragment offset is not 0
	FirstFragment Fragments = 0x04 // offset is 0 and more fragments follow
	LastFragment  Fragments = 0x08 // offset is not 0 and no more follow
)

// Protocols whose headers have fields that components look at.
const (
	protoICMP, protoTCP, protoUDP, protoICMPv6 = 1, 6, 17, 58
)

// Packet describes an IP packet. Fields of headers that the packet does not have
// are not looked at: ports are those of TCP and UDP, and no fragment but the
// first has a transport header.
type Packet struct {
	Source, Destination         netip.Addr
	Protocol                    uint8 // in IPv6: the last next header
	SourcePort, DestinationPort uint16
	ICMPType, ICMPCode          uint8
	TCPFlags                    uint16 // octets 13 and 14 of the header, data offset ignored
	Length                      uint32 // octets of the IP packet
	DSCP                        uint8
	Fragment                    Fragments
	FlowLabel                   uint32 // IPv6 only
	Opaque                      bool   // the transport header cannot be found, as behind ESP
}

func (p *Packet) transport() bool { return p.Fragment&IsFragment == 0 && !p.Opaque }

func (p *Packet) ifPorts(v [2]uint64, n int) ([2]uint64, int) {
	if !p.transport() || p.Protocol != protoTCP && p.Protocol != protoUDP {
		return v, 0
	}
	return v, n
}

func (p *Packet) ifICMP(v uint8) ([2]uint64, int) {
	want := uint8(protoICMP)
	if p.Destination.Is6() {
		want = protoICMPv6
	}
	if !p.transport() || p.Protocol != want {
		return [2]uint64{}, 0
	}
	return one(uint64(v))
}

func (p *Packet) ifTCP() ([2]uint64, int) {
	if !p.transport() || p.Protocol != protoTCP {
		return [2]uint64{}, 0
	}
	return one(uint64(p.TCPFlags))
}

// Match reports whether every component holds for the packet (RFC 8955 §4.2). A
// rule that is not usable, and a packet of the other address family, never match.
func (r Rule) Match(p *Packet) bool {
	if !r.Usable() || p.Destination.Is6() != ipv6(r.Family) || p.Source.Is6() != ipv6(r.Family) {
		return false
	}
	for _, c := range r.Components {
		if !c.match(r, p) {
			return false
		}
	}
	return true
}

func (c Component) match(r Rule, p *Packet) bool {
	row := info(r.Family, c.Type)
	switch {
	case c.Type == Destination:
		return c.Prefix.Matches(p.Destination)
	case c.Type == Source:
		return c.Prefix.Matches(p.Source)
	case row.get == nil:
		return false
	}
	v, n := row.get(p)
	for _, field := range v[:n] {
		if evaluate(row, c.Terms, field) {
			return true
		}
	}
	return false
}
