package dissect

import (
	"strings"

	"example.com/rotonda/routecore/bgp"
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
	p.lsTLVs(rfc)
}

// linkState reads the BGP-LS attribute (RFC 9552 §5.3).
func linkState(p *part) string {
	text := string(bgp.AppendLSAttrText(nil, p.rest()))
	p.lsTLVs("RFC 9552 §5.3, RFC 9552 §8.2.2")
	return text
}

// lsTLVs reads TLVs of link state with the names and texts of bgp's table; those
// that hold TLVs alone are opened.
func (p *part) lsTLVs(rfc string) {
	for p.left() >= 4 {
		b := p.rest()
		typ, n := int(uintOf(b[:2])), int(uintOf(b[2:4]))
		row := tlvRow{read: lsValue}
		if info, ok := bgp.LSInfo(uint16(typ)); ok {
			row.name, row.rfc = info.Name, info.RFC
		}
		if typ == 256 || typ == 257 { // node descriptors (RFC 9552 §5.2.1)
			row.read = func(q *part) string {
				text := lsText(q.w.msg[q.at-4 : q.end])
				q.lsTLVs("RFC 9552 §5.2.1.4")
				return text
			}
		}
		p.tlv(typ, 2, 2, n, "TLV", rfc, map[int]tlvRow{typ: row})
	}
	if p.left() > 0 {
		p.raw("cut TLV", rfc)
	}
}

// lsValue shows a value whole, with the text that bgp has for it.
func lsValue(p *part) string {
	text := lsText(p.w.msg[p.at-4 : p.end])
	p.leaf(p.left(), "value", "RFC 9552 §5.1", func([]byte) string { return text })
	return text
}

// lsText is the text of one TLV without its name.
func lsText(tlv []byte) string {
	text := string(bgp.AppendLSAttrText(nil, tlv))
	if name, value, ok := strings.Cut(text, "="); ok && !strings.ContainsAny(name, "{ ") {
		return value
	}
	if i := strings.IndexByte(text, '{'); i > 0 {
		return strings.TrimSuffix(text[i+1:], "}")
	}
	return text
}
