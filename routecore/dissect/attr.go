package dissect

import (
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// attributes reads path attributes until the end of p.
func (p *part) attributes() {
	var seen [256]bool
	for p.left() > 0 {
		if b := p.rest(); len(b) >= 2 {
			if code := bgp.AttrCode(b[1]); !seen[code] {
				seen[code] = true
			} else if code != bgp.AttrMPReach && code != bgp.AttrMPUnreach {
				p.w.note(code.String() + " appears again at offset " + strconv.Itoa(p.at) + ": only the first counts (RFC 7606 §3(g))")
			}
		}
		p.attribute()
	}
}

// attribute reads one path attribute (RFC 4271 §4.3).
func (p *part) attribute() {
	b := p.rest()
	if len(b) < 3 || b[0]&byte(bgp.FlagExtended) != 0 && len(b) < 4 {
		p.raw("cut attribute", "RFC 4271 §4.3, RFC 7606 §4")
		return
	}
	code := bgp.AttrCode(b[1])
	width, n := 1, int(b[2])
	if b[0]&byte(bgp.FlagExtended) != 0 {
		width, n = 2, n<<8|int(b[3])
	}
	rule := rules(code)
	p.group(2+width+n, code.String(), rule, func(q *part) string {
		q.leaf(1, "flags", "RFC 4271 §4.3, RFC 7606 §3(c)", attrFlags)
		q.leaf(1, "type code", "RFC 4271 §4.3", func(b []byte) string { return code.String() + " (" + decimal(b) + ")" })
		q.leaf(width, "length", "RFC 4271 §4.3, RFC 7606 §4", octets)
		if q.left() == 0 {
			return ""
		}
		if read := q.w.attrs[code]; read != nil {
			return read(q)
		}
		value := hexText(q.rest())
		if text, ok := jsonOf(code, q.rest()); ok {
			value = text
		}
		q.raw("value", rule)
		return value
	})
}

// rules names where an attribute is defined and, where that is elsewhere, what a
// malformed one breaks.
func rules(code bgp.AttrCode) string {
	info := code.Info()
	switch {
	case info.RFC == "":
		return "RFC 4271 §5"
	case info.Policy.RFC == "" || info.Policy.RFC == info.RFC:
		return info.RFC
	}
	return info.RFC + ", " + info.Policy.RFC
}

func attrFlags(b []byte) string {
	return flags(bit{0x80, "optional"}, bit{0x40, "transitive"}, bit{0x20, "partial"}, bit{0x10, "extended length"})(b)
}

// jsonOf is the value as the library prints it, where it has a form of its own.
func jsonOf(code bgp.AttrCode, v []byte) (string, bool) {
	text := string(bgp.Attrs(bgp.AppendSet(nil, nil, code, v)).AppendJSON(nil, inet.IPv4Unicast))
	key := `[{"` + code.Info().JSON + `":`
	if code.Info().JSON == "" || len(text) < len(key)+2 || text[:len(key)] != key {
		return "", false
	}
	return text[len(key) : len(text)-2], true
}

// whole makes a layout of a value that is one field.
func whole(name string, code bgp.AttrCode, size int, text func([]byte) string) layout {
	return func(p *part) string {
		b := p.leaf(size, name, rules(code), text)
		if b == nil {
			return ""
		}
		return text(b)
	}
}

// list makes a layout of a value that is a run of fields of one size.
func list(name string, code bgp.AttrCode, size int, text func([]byte) string) layout {
	return func(p *part) string {
		info := code.Info()
		var all []string
		for p.left() >= size {
			all = append(all, text(p.leaf(size, name, info.RFC, text)))
		}
		if p.left() > 0 {
			p.raw("incomplete "+name, rules(code))
		}
		return spaced(all)
	}
}

// attrLayouts reads the values of path attributes; those without a row are shown
// whole, as JSON where the library has a form for them.
var attrLayouts = [256]layout{
	bgp.AttrOrigin:           whole("origin", bgp.AttrOrigin, 1, named("IGP", "EGP", "INCOMPLETE")),
	bgp.AttrASPath:           func(p *part) string { return p.asPath(p.w.wide, "RFC 4271 §4.3, RFC 7606 §7.2") },
	bgp.AttrAS4Path:          func(p *part) string { return p.asPath(true, "RFC 6793 §3, RFC 6793 §6") },
	bgp.AttrNextHop:          nextHopAttr,
	bgp.AttrMED:              whole("metric", bgp.AttrMED, 4, decimal),
	bgp.AttrLocalPref:        whole("preference", bgp.AttrLocalPref, 4, decimal),
	bgp.AttrAggregator:       func(p *part) string { return p.aggregator(p.w.wide, "RFC 4271 §5.1.7, RFC 7606 §7.7") },
	bgp.AttrAS4Aggregator:    func(p *part) string { return p.aggregator(true, "RFC 6793 §3, RFC 6793 §6") },
	bgp.AttrCommunities:      list("community", bgp.AttrCommunities, 4, community),
	bgp.AttrOriginatorID:     whole("originator", bgp.AttrOriginatorID, 4, addr),
	bgp.AttrClusterList:      list("cluster", bgp.AttrClusterList, 4, addr),
	bgp.AttrMPReach:          mpReach,
	bgp.AttrMPUnreach:        mpUnreach,
	bgp.AttrExtCommunities:   list("extended community", bgp.AttrExtCommunities, 8, extCommunity),
	bgp.AttrIPv6ExtComm:      list("IPv6 extended community", bgp.AttrIPv6ExtComm, 20, ipv6ExtCommunity),
	bgp.AttrLargeCommunities: list("large community", bgp.AttrLargeCommunities, 12, largeCommunity),
	bgp.AttrOTC:              whole("AS number", bgp.AttrOTC, 4, asn),
	bgp.AttrAIGP:             aigp,
	bgp.AttrPMSITunnel:       pmsiTunnel,
	bgp.AttrTunnelEncap:      tunnelEncap,
	bgp.AttrBGPLS:            linkState,
	bgp.AttrPrefixSID:        prefixSID,
	bgp.AttrBGPsecPath:       bgpsecPath,
	bgp.AttrSet: func(p *part) string {
		origin := p.leaf(4, "origin AS", "RFC 6368 §5, RFC 7606 §7.16", asn)
		wide := p.w.wide
		p.w.wide = true
		p.attributes()
		p.w.wide = wide
		return "attributes of AS " + decimal(origin)
	},
	bgp.AttrConnector: func(p *part) string {
		p.leaf(min(p.left(), 8), "type and distinguisher", "RFC 6037 §5.2.1", hexText)
		return addr(p.leaf(p.left(), "originating PE", "RFC 6037 §5.2.1", addr))
	},
	bgp.AttrASPathLimit: func(p *part) string {
		limit := p.number(1, "limit", "draft-ietf-idr-as-pathlimit")
		return strconv.Itoa(limit) + ", set by " + decimal(p.leaf(4, "AS number", "draft-ietf-idr-as-pathlimit", asn))
	},
	38: func(p *part) string { // BFD Discriminator
		p.leaf(1, "BFD mode", "RFC 9026 §3.1.6", named("", "P2MP"))
		d := p.leaf(4, "BFD discriminator", "RFC 9026 §3.1.6", decimal)
		p.tlvs(1, 1, "TLV", "RFC 9026 §3.1.6", nil)
		return decimal(d)
	},
}

func nextHopAttr(p *part) string {
	b := p.rest()
	p.leaf(len(b), "next hop", "RFC 4271 §5.1.3, RFC 7606 §7.3", addr)
	return addr(b)
}

func community(b []byte) string { return bgp.Community(uintOf(b)).String() }

func extCommunity(b []byte) string { return bgp.ExtCommunity(b).String() }

func ipv6ExtCommunity(b []byte) string {
	kind := flags()(b[:2])
	switch b[1] {
	case 2:
		kind = "rt"
	case 3:
		kind = "ro"
	}
	return kind + ":[" + addr(b[2:18]) + "]:" + decimal(b[18:])
}

func largeCommunity(b []byte) string {
	return decimal(b[:4]) + ":" + decimal(b[4:8]) + ":" + decimal(b[8:])
}

// asPath reads segments (RFC 4271 §4.3, RFC 5065 §3).
func (p *part) asPath(wide bool, rfc string) string {
	width := 2
	if wide {
		width = 4
	}
	var text []string
	for p.left() >= 2 {
		b := p.rest()
		count := int(b[1])
		i := len(p.w.fields)
		p.group(2+count*width, "segment", rfc, func(q *part) string {
			q.leaf(1, "segment type", rfc+", RFC 5065 §3", segmentType)
			q.leaf(1, "segment count", rfc, decimal)
			var path []string
			for q.left() >= width {
				path = append(path, decimal(q.leaf(width, "AS number", rfc, asn)))
			}
			if q.left() > 0 {
				q.raw("incomplete AS number", rfc)
			}
			return bracketed(b[0], spaced(path))
		})
		text = append(text, p.w.fields[i].Value)
	}
	if p.left() > 0 {
		p.raw("cut segment", rfc)
	}
	return spaced(text)
}

var segmentType = named("", "AS_SET", "AS_SEQUENCE", "AS_CONFED_SEQUENCE", "AS_CONFED_SET")

// bracketed shows the kind of a segment as looking glasses do.
func bracketed(kind byte, path string) string {
	switch kind {
	case 1:
		return "{" + path + "}"
	case 3:
		return "(" + path + ")"
	case 4:
		return "[" + path + "]"
	}
	return path
}

func (p *part) aggregator(wide bool, rfc string) string {
	width := 2
	if wide {
		width = 4
	}
	a := p.leaf(width, "AS number", rfc, asn)
	ip := p.leaf(4, "address", rfc, addr)
	return decimal(a) + " " + addr(ip)
}

// mpReach reads MP_REACH_NLRI (RFC 4760 §3), or the next hop alone where RIB
// entries of MRT have no more (RFC 6396 §4.3.4).
func mpReach(p *part) string {
	const rfc = "RFC 4760 §3, RFC 7606 §7.11"
	if p.w.form == bgp.FormTableDumpV2 && p.rest()[0] != 0 {
		n := p.number(1, "next hop length", "RFC 6396 §4.3.4")
		return p.nextHop(n, "RFC 6396 §4.3.4")
	}
	f := p.family(0, 1, rfc)
	n := p.number(1, "next hop length", "RFC 4760 §3, RFC 7606 §7.11")
	hop := p.nextHop(n, rfc)
	for range p.number(1, "reserved (number of SNPAs)", "RFC 4760 §3, RFC 2858 §2") {
		if p.left() == 0 {
			break
		}
		half := p.number(1, "SNPA length", "RFC 2858 §2")
		p.leaf((half+1)/2, "SNPA", "RFC 2858 §2", hexText)
	}
	text := f.String()
	if hop != "" {
		text += " via " + hop
	}
	return text + p.section(f)
}

func mpUnreach(p *part) string {
	f := p.family(0, 1, "RFC 4760 §4, RFC 7606 §7.12")
	if p.left() == 0 {
		return f.String() + ", nothing withdrawn"
	}
	return f.String() + p.section(f)
}

// section reads NLRI until the end, and says what they are.
func (p *part) section(f inet.Family) string {
	if p.left() == 0 {
		return ""
	}
	u := &p.w.update
	addPath := p.w.ctx.AddPath.Has(f)
	for _, get := range []func() (bgp.NLRI, bool){u.MPReach, u.MPUnreach} {
		if n, ok := get(); ok && n.Family == f && len(n.Bytes) > 0 && p.w.form == bgp.FormUpdate {
			addPath = addPath || n.AddPath
		}
	}
	text := ""
	p.group(p.left(), "NLRI", "RFC 4760 §5, RFC 7606 §5.3", func(q *part) string { text = q.nlri(f, addPath); return text })
	return ": " + text
}

// nextHop reads the addresses of a next hop, each with its route distinguisher.
func (p *part) nextHop(n int, rfc string) string {
	if n > p.left() {
		p.leaf(n, "next hop", rfc, hexText)
		return ""
	}
	q := part{p.w, p.at, p.at + n, p.depth}
	p.at += n
	var text []string
	one := func(size int, name string) {
		text = append(text, addr(q.leaf(size, name, rfc, addr)))
	}
	switch n {
	case 4, 16:
		one(n, "next hop")
	case 32:
		one(16, "next hop, global")
		one(16, "next hop, link-local")
	case 12, 24, 48:
		size := n
		if n == 48 {
			size = 24
		}
		for q.left() > 0 {
			q.leaf(8, "route distinguisher", "RFC 4364 §4.3.2", rd)
			one(size-8, "next hop")
		}
	default:
		q.leaf(n, "next hop", rfc, hexText)
	}
	return spaced(text)
}
