package dissect

import (
	"strconv"
)

// tlvs reads a run of TLVs whose type and length have the given widths in octets.
// rows tells what is inside of a type; a row without a layout is only a name.
func (p *part) tlvs(typeLen, lengthLen int, name, rfc string, rows map[int]tlvRow) string {
	var text []string
	for p.left() > 0 {
		b := p.rest()
		if len(b) < typeLen+lengthLen {
			p.raw("cut "+name, rfc)
			break
		}
		typ, n := int(uintOf(b[:typeLen])), int(uintOf(b[typeLen:typeLen+lengthLen]))
		text = append(text, p.tlv(typ, typeLen, lengthLen, n, name, rfc, rows))
	}
	return spaced(text)
}

// tlvRow is what a type of TLV is called and how its value is laid out.
type tlvRow struct {
	name string
	rfc  string // "" means that of the run
	read layout
}

// tlv reads one TLV whose value has n octets, and returns its name.
func (p *part) tlv(typ, typeLen, lengthLen, n int, name, rfc string, rows map[int]tlvRow) string {
	row := rows[typ]
	label := row.name
	if label == "" {
		label = name + " " + strconv.Itoa(typ)
	}
	if row.rfc != "" {
		rfc = row.rfc
	}
	p.group(typeLen+lengthLen+n, label, rfc, func(q *part) string {
		q.leaf(typeLen, "type", rfc, decimal)
		q.leaf(lengthLen, "length", rfc, octets)
		if q.left() == 0 {
			return ""
		}
		if row.read != nil {
			return row.read(q)
		}
		value := hexText(q.rest())
		q.raw("value", rfc)
		return value
	})
	return label
}

// one makes a layout of a value that is a single field, whatever its length.
func one(name, rfc string, text func([]byte) string) layout {
	return func(p *part) string {
		b := p.rest()
		p.leaf(len(b), name, rfc, text)
		return text(b)
	}
}

// aigp reads the TLVs of AIGP, whose length counts the header too (RFC 7311 §3).
func aigp(p *part) string {
	const rfc = "RFC 7311 §3, RFC 7311 §3.2"
	text := ""
	for p.left() >= 3 {
		b := p.rest()
		n := max(int(uintOf(b[1:3])), 3)
		p.tlv(int(b[0]), 1, 2, n-3, "TLV", rfc, map[int]tlvRow{1: {"AIGP TLV", rfc, func(q *part) string {
			text = decimal(q.leaf(8, "accumulated metric", rfc, decimal))
			return text
		}}})
	}
	return text
}

func pmsiTunnel(p *part) string {
	const rfc = "RFC 6514 §5"
	p.leaf(1, "flags", rfc, flags(bit{1, "leaf information required"}))
	kind := p.leaf(1, "tunnel type", rfc, pmsiType)
	label := p.leaf(3, "label or VNI", rfc, func(b []byte) string {
		return strconv.Itoa(int(uintOf(b)>>4)) + " (as a VNI " + decimal(b) + ")"
	})
	if kind == nil || label == nil {
		return ""
	}
	text := pmsiType(kind)
	if p.left() > 0 {
		text += " " + addr(p.leaf(p.left(), "tunnel identifier", rfc, addr))
	}
	return text
}

var pmsiType = named("no tunnel information", "RSVP-TE P2MP LSP", "mLDP P2MP LSP", "PIM-SSM tree", "PIM-SM tree",
	"BIDIR-PIM tree", "ingress replication", "mLDP MP2MP LSP", "transport tunnel", "assisted replication", "", "BIER")

// tunnelEncap reads tunnel TLVs; sub-TLVs from type 128 on have a length of two
// octets (RFC 9012 §2).
func tunnelEncap(p *part) string {
	const rfc = "RFC 9012 §2, RFC 9012 §13"
	rows := map[int]tlvRow{}
	for typ, name := range map[int]string{1: "L2TPv3 tunnel", 2: "GRE tunnel", 7: "IP in IP tunnel", 8: "VXLAN tunnel", 9: "NVGRE tunnel", 10: "MPLS tunnel",
		11: "MPLS-in-GRE tunnel", 12: "VXLAN GPE tunnel", 13: "MPLS-in-UDP tunnel", 15: "SR policy", 19: "Geneve tunnel"} {
		rows[typ] = tlvRow{name, rfc, tunnelSubs}
	}
	return p.tlvs(2, 2, "tunnel type", rfc, rows)
}

func tunnelSubs(p *part) string {
	const rfc = "RFC 9012 §3"
	var text []string
	for p.left() >= 2 {
		b := p.rest()
		width := 1
		if b[0] >= 128 {
			width = 2
		}
		if len(b) < 1+width {
			break
		}
		n := int(uintOf(b[1 : 1+width]))
		text = append(text, p.tlv(int(b[0]), 1, width, n, "sub-TLV", rfc, tunnelRows()))
	}
	if p.left() > 0 {
		p.raw("cut sub-TLV", rfc)
	}
	return spaced(text)
}

func tunnelRows() map[int]tlvRow {
	return map[int]tlvRow{
		1: {name: "encapsulation", rfc: "RFC 9012 §3.2"},
		2: {name: "protocol type", rfc: "RFC 9012 §3.4.1"},
		4: {"color", "RFC 9012 §3.4.2", one("color extended community", "RFC 9012 §3.4.2", hexText)},
		6: {"tunnel egress endpoint", "RFC 9012 §3.1", func(p *part) string {
			p.leaf(4, "reserved", "RFC 9012 §3.1", hexText)
			p.leaf(2, "address family", "RFC 9012 §3.1", afi)
			if p.left() == 0 {
				return "that of the NEXT_HOP"
			}
			return addr(p.leaf(p.left(), "address", "RFC 9012 §3.1", addr))
		}},
		7:  {name: "DS field", rfc: "RFC 9012 §3.3.1"},
		8:  {name: "UDP destination port", rfc: "RFC 9012 §3.3.2", read: one("port", "RFC 9012 §3.3.2", decimal)},
		9:  {name: "embedded label handling", rfc: "RFC 9012 §3.5"},
		10: {name: "MPLS label stack", rfc: "RFC 9012 §3.6"},
		11: {name: "prefix SID", rfc: "RFC 9012 §3.7"},
		12: {name: "preference", rfc: "RFC 9830 §2.4.1", read: func(p *part) string {
			p.leaf(1, "flags", "RFC 9830 §2.4.1", flags())
			p.leaf(1, "reserved", "RFC 9830 §2.4.1", zero)
			return decimal(p.leaf(4, "preference", "RFC 9830 §2.4.1", decimal))
		}},
		13:  {name: "binding SID", rfc: "RFC 9830 §2.4.2"},
		14:  {name: "explicit null label policy", rfc: "RFC 9830 §2.4.5"},
		15:  {name: "priority", rfc: "RFC 9830 §2.4.6"},
		20:  {name: "SRv6 binding SID", rfc: "RFC 9830 §2.4.3"},
		128: {name: "segment list", rfc: "RFC 9830 §2.4.4", read: segmentList},
		129: {name: "policy candidate path name", rfc: "RFC 9830 §2.4.7", read: reservedText},
		130: {name: "policy name", rfc: "RFC 9830 §2.4.8", read: reservedText},
	}
}

func reservedText(p *part) string {
	p.leaf(1, "reserved", "RFC 9830 §2.4.7", zero)
	return printable(p.leaf(p.left(), "name", "RFC 9830 §2.4.7", printable))
}

func segmentList(p *part) string {
	const rfc = "RFC 9830 §2.4.4"
	p.leaf(1, "reserved", rfc, zero)
	return p.tlvs(1, 1, "segment type", rfc, map[int]tlvRow{
		1: {"segment of an MPLS label", "RFC 9830 §2.4.4.2.1", func(q *part) string {
			q.leaf(1, "flags", rfc, flags())
			q.leaf(1, "reserved", rfc, zero)
			return labelEntry(q.leaf(4, "label stack entry", "RFC 9830 §2.4.4.2.1", labelEntry))
		}},
		9: {"weight", "RFC 9830 §2.4.4.1", func(q *part) string {
			q.leaf(1, "flags", rfc, flags())
			q.leaf(1, "reserved", rfc, zero)
			return decimal(q.leaf(4, "weight", "RFC 9830 §2.4.4.1", decimal))
		}},
		13: {"segment of an SRv6 SID", "RFC 9830 §2.4.4.2.2", func(q *part) string {
			q.leaf(1, "flags", rfc, flags())
			q.leaf(1, "reserved", rfc, zero)
			sid := q.leaf(16, "SRv6 SID", "RFC 9830 §2.4.4.2.2", addr)
			q.raw("behaviour and structure", "RFC 9830 §2.4.4.2.3")
			return addr(sid)
		}},
	})
}

func labelEntry(b []byte) string {
	v := uintOf(b)
	return "label " + strconv.FormatUint(v>>12, 10) + ", traffic class " + strconv.FormatUint(v>>9&7, 10) +
		", bottom " + strconv.FormatUint(v>>8&1, 10) + ", TTL " + strconv.FormatUint(v&255, 10)
}

func prefixSID(p *part) string {
	const rfc, srv6 = "RFC 8669 §3, RFC 8669 §6", "RFC 9252 §2"
	service := func(q *part) string {
		q.leaf(1, "reserved", srv6, zero)
		return q.tlvs(1, 2, "SRv6 service sub-TLV", srv6, map[int]tlvRow{1: {"SRv6 SID information", "RFC 9252 §3.1", sidInformation}})
	}
	return p.tlvs(1, 2, "TLV", rfc, map[int]tlvRow{
		1: {"label index", "RFC 8669 §3.1", func(q *part) string {
			q.leaf(1, "reserved", "RFC 8669 §3.1", zero)
			q.leaf(2, "flags", "RFC 8669 §3.1", flags())
			return decimal(q.leaf(4, "label index", "RFC 8669 §3.1", decimal))
		}},
		3: {"originator SRGB", "RFC 8669 §3.2", func(q *part) string {
			q.leaf(2, "flags", "RFC 8669 §3.2", flags())
			for q.left() >= 6 {
				q.leaf(3, "SRGB base", "RFC 8669 §3.2", decimal)
				q.leaf(3, "SRGB range", "RFC 8669 §3.2", decimal)
			}
			return ""
		}},
		5: {"SRv6 L3 service", srv6, service},
		6: {"SRv6 L2 service", srv6, service},
	})
}

func sidInformation(p *part) string {
	const rfc = "RFC 9252 §3.1"
	p.leaf(1, "reserved", rfc, zero)
	sid := p.leaf(16, "SRv6 SID", rfc, addr)
	p.leaf(1, "flags", rfc, flags())
	p.leaf(2, "endpoint behaviour", "RFC 8986 §10.2", func(b []byte) string { return hexText(b) })
	p.leaf(1, "reserved", rfc, zero)
	p.tlvs(1, 2, "SRv6 service data sub-sub-TLV", "RFC 9252 §3.2", map[int]tlvRow{1: {"SID structure", "RFC 9252 §3.2.1", func(q *part) string {
		for _, name := range []string{"locator block length", "locator node length", "function length", "argument length", "transposition length", "transposition offset"} {
			q.leaf(1, name, "RFC 9252 §3.2.1", bits)
		}
		return ""
	}}})
	return addr(sid)
}

// bgpsecPath reads Secure_Path and Signature_Blocks (RFC 8205 §3).
func bgpsecPath(p *part) string {
	var path []string
	n := int(uintOf(p.leaf(2, "Secure_Path length", "RFC 8205 §3.1, RFC 8205 §5.2", octets)))
	q := part{p.w, p.at, min(p.at+max(n-2, 0), p.end), p.depth}
	for q.left() >= 6 {
		q.group(6, "Secure_Path segment", "RFC 8205 §3.1", func(s *part) string {
			s.leaf(1, "pCount", "RFC 8205 §3.1", decimal)
			s.leaf(1, "flags", "RFC 8205 §3.1", flags(bit{0x80, "confederation segment"}))
			as := decimal(s.leaf(4, "AS number", "RFC 8205 §3.1", asn))
			path = append(path, as)
			return as
		})
	}
	p.at = q.at
	for p.left() >= 3 {
		size := int(uintOf(p.rest()[:2]))
		if size < 3 {
			break
		}
		p.group(size, "Signature_Block", "RFC 8205 §3.2", signatureBlock)
	}
	return spaced(path)
}

func signatureBlock(p *part) string {
	const rfc = "RFC 8205 §3.2"
	p.leaf(2, "Signature_Block length", rfc, octets)
	suite := p.leaf(1, "algorithm suite", "RFC 8608 §2", named("", "ECDSA P-256 with SHA-256"))
	for p.left() >= 22 {
		p.group(22+int(uintOf(p.rest()[20:22])), "signature segment", rfc, func(q *part) string {
			ski := q.leaf(20, "subject key identifier", rfc, hexText)
			q.leaf(q.number(2, "signature length", rfc), "signature", rfc, hexText)
			return hexText(ski)
		})
	}
	return "suite " + decimal(suite)
}
