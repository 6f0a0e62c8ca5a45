package flowspec

import (
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Type is the type of a component (IANA "Flow Spec Component Types").
type Type uint8

// The components of RFC 8955 §4.2.2 and RFC 8956 §3.
const (
	Destination     Type = 1
	Source          Type = 2
	Protocol        Type = 3 // in IPv6: the last next header
	Port            Type = 4 // source or destination
	DestinationPort Type = 5
	SourcePort      Type = 6
	ICMPType        Type = 7
	ICMPCode        Type = 8
	TCPFlags        Type = 9
	PacketLength    Type = 10 // octets of the IP packet, without layer 2
	DSCP            Type = 11
	Fragment        Type = 12
	FlowLabel       Type = 13 // IPv6 only
)

// String returns the name in IPv4 rules, or "component N".
func (t Type) String() string {
	if int(t) < len(table) && table[t].name != "" {
		return table[t].name
	}
	return "component " + strconv.Itoa(int(t))
}

type kind uint8

const (
	unknown kind = iota
	prefix
	numeric
	bitmask
)

// row describes a type of component. What differs in IPv6 has a field of its own.
type row struct {
	name, name6 string // in text
	json, json6 string // key in JSON
	rfc         string
	kind        kind
	only6       bool
	width       int    // largest number of octets of a value; 0 is 8
	least       int    // octets of a value that is built without a width, or more where it needs them
	mask        uint64 // the bits that a value has, others are sent as 0 and ignored; 0 is all
	values      []valueName
	get         func(p *Packet) (v [2]uint64, n int) // n = 0: no such field in the packet
}

type valueName struct {
	value uint64
	name  string
}

// table is the one table of components, indexed by type. It is data, never modified.
var table = [...]row{
	Destination: {name: "destination-ipv4", name6: "destination-ipv6", json: "destination", kind: prefix, rfc: "RFC 8955 §4.2.2.1"},
	Source:      {name: "source-ipv4", name6: "source-ipv6", json: "source", kind: prefix, rfc: "RFC 8955 §4.2.2.2"},
	Protocol: {name: "protocol", name6: "next-header", json: "protocol", json6: "nextHeader", kind: numeric, rfc: "RFC 8955 §4.2.2.3",
		values: protocols, get: func(p *Packet) ([2]uint64, int) { return one(uint64(p.Protocol)) }},
	Port: {name: "port", json: "port", kind: numeric, rfc: "RFC 8955 §4.2.2.4",
		get: func(p *Packet) ([2]uint64, int) {
			return p.ifPorts([2]uint64{uint64(p.SourcePort), uint64(p.DestinationPort)}, 2)
		}},
	DestinationPort: {name: "destination-port", json: "destinationPort", kind: numeric, rfc: "RFC 8955 §4.2.2.5",
		get: func(p *Packet) ([2]uint64, int) { return p.ifPorts([2]uint64{uint64(p.DestinationPort)}, 1) }},
	SourcePort: {name: "source-port", json: "sourcePort", kind: numeric, rfc: "RFC 8955 §4.2.2.6",
		get: func(p *Packet) ([2]uint64, int) { return p.ifPorts([2]uint64{uint64(p.SourcePort)}, 1) }},
	ICMPType: {name: "icmp-type", json: "icmpType", kind: numeric, rfc: "RFC 8955 §4.2.2.7",
		get: func(p *Packet) ([2]uint64, int) { return p.ifICMP(p.ICMPType) }},
	ICMPCode: {name: "icmp-code", json: "icmpCode", kind: numeric, rfc: "RFC 8955 §4.2.2.8",
		get: func(p *Packet) ([2]uint64, int) { return p.ifICMP(p.ICMPCode) }},
	TCPFlags: {name: "tcp-flags", json: "tcpFlags", kind: bitmask, rfc: "RFC 8955 §4.2.2.9", width: 2, mask: 0x0fff,
		values: tcpFlags, get: (*Packet).ifTCP},
	PacketLength: {name: "packet-length", json: "packetLength", kind: numeric, rfc: "RFC 8955 §4.2.2.10",
		get: func(p *Packet) ([2]uint64, int) { return one(uint64(p.Length)) }},
	DSCP: {name: "dscp", name6: "traffic-class", json: "dscp", json6: "trafficClass", kind: numeric, rfc: "RFC 8955 §4.2.2.11", width: 1, mask: 0x3f,
		get: func(p *Packet) ([2]uint64, int) { return one(uint64(p.DSCP)) }},
	Fragment: {name: "fragment", json: "fragment", kind: bitmask, rfc: "RFC 8955 §4.2.2.12", width: 1, mask: 0x0f,
		values: fragments, get: func(p *Packet) ([2]uint64, int) { return one(uint64(p.Fragment)) }},
	FlowLabel: {name: "flow-label", json: "flowLabel", kind: numeric, rfc: "RFC 8956 §3.7", only6: true, width: 4, least: 4, mask: 0xfffff,
		get: func(p *Packet) ([2]uint64, int) { return one(uint64(p.FlowLabel)) }},
}

// fragment6 is the row of Fragment in IPv6, which has no Don't Fragment bit.
var fragment6 = row{name: "fragment", json: "fragment", kind: bitmask, rfc: "RFC 8956 §3.6", width: 1, mask: 0x0e,
	values: fragments[1:], get: func(p *Packet) ([2]uint64, int) { return one(uint64(p.Fragment)) }}

var protocols = []valueName{
	{1, "icmp"}, {2, "igmp"}, {4, "ipip"}, {6, "tcp"}, {8, "egp"}, {9, "igp"}, {17, "udp"}, {41, "ipv6"}, {46, "rsvp"}, {47, "gre"},
	{50, "esp"}, {51, "ah"}, {58, "icmpv6"}, {89, "ospf"}, {94, "ipip-encap"}, {103, "pim"}, {112, "vrrp"}, {115, "l2tp"}, {132, "sctp"},
}

var tcpFlags = []valueName{
	{0x01, "fin"}, {0x02, "syn"}, {0x04, "rst"}, {0x08, "push"}, {0x10, "ack"}, {0x20, "urgent"}, {0x40, "ece"}, {0x80, "cwr"}, {0x100, "ns"},
}

var fragments = []valueName{
	{uint64(DontFragment), "dont-fragment"}, {uint64(IsFragment), "is-fragment"},
	{uint64(FirstFragment), "first-fragment"}, {uint64(LastFragment), "last-fragment"},
}

func one(v uint64) ([2]uint64, int) { return [2]uint64{v}, 1 }

// info returns the row of a type in a family; its kind is unknown where the
// family has no such component.
func info(f inet.Family, t Type) *row {
	if afi := f.AFI(); afi != inet.AFIIPv4 && afi != inet.AFIIPv6 {
		return &table[0]
	}
	if int(t) >= len(table) || table[t].only6 && !ipv6(f) {
		return &table[0]
	}
	if t == Fragment && ipv6(f) {
		return &fragment6
	}
	return &table[t]
}

func (r *row) text(f inet.Family) string {
	if ipv6(f) && r.name6 != "" {
		return r.name6
	}
	return r.name
}

func (r *row) key(f inet.Family) string {
	if ipv6(f) && r.json6 != "" {
		return r.json6
	}
	return r.json
}

func (r *row) maxWidth() int {
	if r.width == 0 {
		return 8
	}
	return r.width
}

func (r *row) valueMask() uint64 {
	if r.mask == 0 {
		return ^uint64(0)
	}
	return r.mask
}
