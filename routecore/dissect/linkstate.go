package dissect

import (
	"example.com/rotonda/routecore/inet"
)

var lsTypes = named("", "node", "link", "IPv4 topology prefix", "IPv6 topology prefix", "SRv6 SID", "", "")

var lsProtocols = named("", "IS-IS level 1", "IS-IS level 2", "OSPFv2", "direct", "static configuration", "OSPFv3", "BGP", "RSVP-TE", "segment routing")

// linkStateNLRI reads an NLRI of BGP-LS (RFC 9552 §5.2).
func linkStateNLRI(p *part, f inet.Family) {
	const rfc = "RFC 9552 §5.2"
	p.leaf(2, "NLRI type", rfc, lsTypes)
	p.leaf(2, "length", rfc, octets)
	if f.SAFI() == inet.SAFIBGPLSVPN && p.left() >= 8 {
		p.leaf(8, "route distinguisher", rfc, rd)
	}
	if p.left() < 9 {
		return
	}
	p.leaf(1, "protocol", rfc, lsProtocols)
	p.leaf(8, "identifier", rfc, decimal)
	p.tlvs(2, 2, "descriptor TLV", rfc, lsRows())
}

// linkState reads the BGP-LS attribute (RFC 9552 §5.3).
func linkState(p *part) string {
	return p.tlvs(2, 2, "attribute TLV", "RFC 9552 §5.3, RFC 9552 §8.2.2", lsRows())
}

// lsRows are the TLVs of link state that have more to show than their octets.
func lsRows() map[int]tlvRow {
	rows := map[int]tlvRow{}
	add := func(typ int, name, rfc string, text func([]byte) string) {
		row := tlvRow{name: name, rfc: rfc}
		if text != nil {
			row.read = one(name, rfc, text)
		}
		rows[typ] = row
	}
	node := func(p *part) string { return p.tlvs(2, 2, "node descriptor sub-TLV", "RFC 9552 §5.2.1.4", lsRows()) }
	rows[256] = tlvRow{"local node descriptors", "RFC 9552 §5.2.1.2", node}
	rows[257] = tlvRow{"remote node descriptors", "RFC 9552 §5.2.1.3", node}
	add(258, "link local/remote identifiers", "RFC 9552 §5.2.2", nil)
	add(259, "IPv4 interface address", "RFC 9552 §5.2.2", addr)
	add(260, "IPv4 neighbor address", "RFC 9552 §5.2.2", addr)
	add(261, "IPv6 interface address", "RFC 9552 §5.2.2", addr)
	add(262, "IPv6 neighbor address", "RFC 9552 §5.2.2", addr)
	add(263, "multi-topology identifiers", "RFC 9552 §5.2.2.1", nil)
	add(264, "OSPF route type", "RFC 9552 §5.2.3.1", named("", "intra-area", "inter-area", "external 1", "external 2", "NSSA 1", "NSSA 2"))
	rows[265] = tlvRow{"IP reachability", "RFC 9552 §5.2.3.2", func(p *part) string {
		p.number1("prefix length", "RFC 9552 §5.2.3.2")
		v := hexText(p.rest())
		p.raw("prefix", "RFC 9552 §5.2.3.2")
		return v
	}}
	add(512, "autonomous system", "RFC 9552 §5.2.1.4", asn)
	add(513, "BGP-LS identifier", "RFC 9552 §5.2.1.4", decimal)
	add(514, "OSPF area", "RFC 9552 §5.2.1.4", addr)
	add(515, "IGP router ID", "RFC 9552 §5.2.1.4", addr)
	add(516, "BGP router ID", "RFC 9086 §4", addr)
	add(517, "member AS number", "RFC 9086 §4", asn)
	add(1024, "node flags", "RFC 9552 §5.3.1.1", flags(bit{0x80, "overload"}, bit{0x40, "attached"}, bit{0x20, "external"}, bit{0x10, "ABR"}, bit{8, "router"}, bit{4, "V6"}))
	add(1026, "node name", "RFC 9552 §5.3.1.3", printable)
	add(1027, "IS-IS area", "RFC 9552 §5.3.1.2", nil)
	add(1028, "IPv4 router ID of local node", "RFC 9552 §5.3.1.4", addr)
	add(1029, "IPv6 router ID of local node", "RFC 9552 §5.3.1.4", addr)
	add(1030, "IPv4 router ID of remote node", "RFC 9552 §5.3.1.4", addr)
	add(1031, "IPv6 router ID of remote node", "RFC 9552 §5.3.1.4", addr)
	add(1034, "SR capabilities", "RFC 9085 §2.1.2", nil)
	add(1035, "SR algorithms", "RFC 9085 §2.1.3", nil)
	add(1088, "administrative group", "RFC 9552 §5.3.2", nil)
	add(1089, "maximum link bandwidth", "RFC 9552 §5.3.2", float)
	add(1090, "maximum reservable bandwidth", "RFC 9552 §5.3.2", float)
	add(1091, "unreserved bandwidth", "RFC 9552 §5.3.2", nil)
	add(1092, "TE default metric", "RFC 9552 §5.3.2.3", decimal)
	add(1095, "IGP metric", "RFC 9552 §5.3.2.4", decimal)
	add(1096, "shared risk link groups", "RFC 9552 §5.3.2.5", nil)
	add(1098, "link name", "RFC 9552 §5.3.2.7", printable)
	add(1099, "adjacency SID", "RFC 9085 §2.2.1", nil)
	add(1114, "unidirectional link delay", "RFC 8571 §2.1", nil)
	add(1115, "min/max unidirectional link delay", "RFC 8571 §2.2", nil)
	add(1152, "IGP flags", "RFC 9552 §5.3.3.1", flags(bit{0x80, "down"}, bit{0x40, "no unicast"}, bit{0x20, "local address"}, bit{0x10, "propagate NSSA"}))
	add(1155, "prefix metric", "RFC 9552 §5.3.3.4", decimal)
	add(1158, "prefix SID", "RFC 9085 §2.3.1", nil)
	add(1170, "prefix attribute flags", "RFC 9085 §2.3.2", nil)
	add(1171, "source router identifier", "RFC 9085 §2.3.3", addr)
	return rows
}
