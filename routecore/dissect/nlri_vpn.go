package dissect

import (
	"example.com/rotonda/routecore/inet"
)

// Layouts of the NLRI that have a type and a length: EVPN, MVPN and MUP.

// step is one field of such a layout. A size below 0 names a form that says its
// own size.
type step struct {
	name string
	size int
	text func([]byte) string
}

const (
	stepAddr   = -1 // length octet in bits, then an address or nothing
	stepLabels = -2 // what is left, in labels of three octets
	stepRest   = -3 // what is left as an address
	stepMAC    = -4 // length octet in bits, then a MAC address
	stepPrefix = -5 // length octet in bits, then an IP address as long as the rest allows
	stepKey    = -6 // the whole NLRI that a leaf answers
	stepTunnel = -7 // length octet in bits, then an address and the upper bits of a TEID
)

type routeType struct {
	name, rfc string
	steps     []step
}

// steps reads the fields of a layout, as far as they fit; key reads an NLRI inside.
func (p *part) steps(rfc string, steps []step, key layout) {
	for _, s := range steps {
		switch {
		case p.left() == 0:
			return
		case s.size > 0 && s.size <= p.left():
			p.leaf(s.size, s.name, rfc, s.text)
		case s.size == stepAddr || s.size == stepMAC:
			text := addr
			if s.size == stepMAC {
				text = mac
			}
			n := p.number1(s.name+" length", rfc)
			p.leaf(min((n+7)/8, p.left()), s.name, rfc, text)
		case s.size == stepPrefix:
			p.number1("IP prefix length", rfc)
			n := 4
			if p.left() >= 2*16+3 {
				n = 16
			}
			p.leaf(min(n, p.left()), "IP prefix", rfc, addr)
			p.leaf(min(n, p.left()), "gateway IP address", rfc, addr)
		case s.size == stepLabels:
			for p.left() >= 3 {
				p.leaf(3, s.name, rfc, label)
			}
		case s.size == stepRest:
			p.leaf(p.left(), s.name, rfc, addr)
		case s.size == stepKey && p.left() >= 2 && p.left() > 2+int(p.rest()[1]):
			p.group(2+int(p.rest()[1]), s.name, rfc, key)
		case s.size == stepTunnel:
			width := 4
			if p.number1(s.name+" length", rfc) >= 128 {
				width = 16
			}
			p.leaf(min(width, p.left()), s.name, rfc, addr)
			if p.left() > 0 {
				p.leaf(p.left(), "TEID, upper bits", rfc, hexText)
			}
		default:
			return
		}
	}
}

func (p *part) routeType(types map[int]routeType, width int, lengthRFC string) {
	if p.left() < width+1 {
		return
	}
	typ := int(uintOf(p.rest()[:width]))
	row, ok := types[typ]
	rfc := lengthRFC
	if ok {
		rfc = row.rfc
	}
	p.leaf(width, "route type", lengthRFC, func(b []byte) string {
		if ok {
			return row.name + " (" + decimal(b) + ")"
		}
		return decimal(b)
	})
	p.leaf(1, "length", lengthRFC, octets)
	p.steps(rfc, row.steps, func(q *part) string {
		q.routeType(types, width, lengthRFC)
		if q.left() > 0 {
			q.raw("octets", lengthRFC)
		}
		return ""
	})
}

var (
	stepRD  = step{"route distinguisher", 8, rd}
	stepESI = step{"Ethernet segment identifier", 10, mac}
	stepTag = step{"Ethernet tag", 4, decimal}

	// The flags of IGMP and MLD (RFC 9251 §9.1).
	igmpFlags = flags(bit{1, "IGMPv1"}, bit{2, "IGMPv2 or MLDv1"}, bit{4, "IGMPv3 or MLDv2"}, bit{8, "exclude group"})
)

// evpnTypes are the route types of EVPN (IANA "EVPN Route Types").
var evpnTypes = map[int]routeType{
	1: {"Ethernet auto-discovery", "RFC 7432 §7.1", []step{stepRD, stepESI, stepTag, {"MPLS label or VNI", stepLabels, nil}}},
	2: {"MAC/IP advertisement", "RFC 7432 §7.2", []step{stepRD, stepESI, stepTag, {"MAC address", stepMAC, nil}, {"IP address", stepAddr, nil},
		{"MPLS label or VNI", stepLabels, nil}}},
	3: {"inclusive multicast Ethernet tag", "RFC 7432 §7.3", []step{stepRD, stepTag, {"originating router", stepAddr, nil}}},
	4: {"Ethernet segment", "RFC 7432 §7.4", []step{stepRD, stepESI, {"originating router", stepAddr, nil}}},
	5: {"IP prefix", "RFC 9136 §3.1", []step{stepRD, stepESI, stepTag, {"IP prefix", stepPrefix, nil}, {"MPLS label or VNI", stepLabels, nil}}},
	6: {"selective multicast Ethernet tag", "RFC 9251 §9.1", []step{stepRD, stepTag, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil},
		{"originating router", stepAddr, nil}, {"flags", 1, igmpFlags}}},
	7: {"multicast membership report synch", "RFC 9251 §9.2", []step{stepRD, stepESI, stepTag, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil},
		{"originating router", stepAddr, nil}, {"flags", 1, igmpFlags}}},
	8: {"multicast leave synch", "RFC 9251 §9.3", []step{stepRD, stepESI, stepTag, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil},
		{"originating router", stepAddr, nil}, {"reserved", 4, decimal}, {"maximum response time", 1, decimal}, {"flags", 1, igmpFlags}}},
	9: {"per-region I-PMSI auto-discovery", "RFC 9572 §3.1", []step{stepRD, stepTag, {"region", 8, hexText}}},
	10: {"S-PMSI auto-discovery", "RFC 9572 §3.2", []step{stepRD, stepTag, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil},
		{"originating router", stepAddr, nil}}},
	11: {"leaf auto-discovery", "RFC 9572 §3.3", []step{{"route key", stepKey, nil}, {"originating router", stepAddr, nil}}},
}

func evpnNLRI(p *part, _ inet.Family) { p.routeType(evpnTypes, 1, "RFC 7432 §7") }

// mvpnTypes are the route types of multicast VPNs (RFC 6514 §4).
var mvpnTypes = map[int]routeType{
	1: {"intra-AS I-PMSI auto-discovery", "RFC 6514 §4.1", []step{stepRD, {"originating router", stepRest, nil}}},
	2: {"inter-AS I-PMSI auto-discovery", "RFC 6514 §4.2", []step{stepRD, {"source AS", 4, asn}}},
	3: {"S-PMSI auto-discovery", "RFC 6514 §4.3", []step{stepRD, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil},
		{"originating router", stepRest, nil}}},
	4: {"leaf auto-discovery", "RFC 6514 §4.4", []step{{"route key", stepKey, nil}, {"originating router", stepRest, nil}}},
	5: {"source active auto-discovery", "RFC 6514 §4.5", []step{stepRD, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil}}},
	6: {"shared tree join", "RFC 6514 §4.6", []step{stepRD, {"source AS", 4, asn}, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil}}},
	7: {"source tree join", "RFC 6514 §4.6", []step{stepRD, {"source AS", 4, asn}, {"multicast source", stepAddr, nil}, {"multicast group", stepAddr, nil}}},
}

func mvpnNLRI(p *part, _ inet.Family) { p.routeType(mvpnTypes, 1, "RFC 6514 §4") }

// mupTypes are the route types of the 3GPP-5G architecture.
var mupTypes = map[int]routeType{
	1: {"interwork segment discovery", "draft-ietf-bess-mup-safi §3.1.1", []step{stepRD, {"prefix", stepAddr, nil}}},
	2: {"direct segment discovery", "draft-ietf-bess-mup-safi §3.1.2", []step{stepRD, {"address", stepRest, nil}}},
	3: {"type 1 session transformed", "draft-ietf-bess-mup-safi §3.1.3", []step{stepRD, {"prefix", stepAddr, nil}, {"TEID", 4, decimal}, {"QFI", 1, decimal},
		{"endpoint address", stepAddr, nil}, {"source address", stepAddr, nil}}},
	4: {"type 2 session transformed", "draft-ietf-bess-mup-safi §3.1.4", []step{stepRD, {"endpoint address", stepTunnel, nil}}},
}

func mupNLRI(p *part, _ inet.Family) {
	p.leaf(1, "architecture type", "draft-ietf-bess-mup-safi §3.1", named("", "3gpp-5g"))
	p.routeType(mupTypes, 2, "draft-ietf-bess-mup-safi §3.1")
}
