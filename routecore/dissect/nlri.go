package dissect

import (
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// maxListed is how many NLRI the line of a section names; each has its own anyhow.
const maxListed = 4

// nlri reads the NLRI of a section and returns the first of them as text.
func (p *part) nlri(f inet.Family, addPath bool) string {
	text, count := "", 0
	run := p.w.run(f)
	run.AddPath, run.Bytes = addPath, p.rest()
	for b := range run.All() {
		one := p.route(f, addPath, b)
		if count++; count <= maxListed {
			text = joined(text, one)
		}
	}
	if count > maxListed {
		text += " and " + strconv.Itoa(count-maxListed) + " more"
	}
	if p.left() > 0 {
		p.group(p.left(), "malformed NLRI", "RFC 7606 §5.3", func(q *part) string {
			if addPath && q.left() >= 4 {
				q.leaf(4, "path identifier", "RFC 7911 §3", decimal)
			}
			if f.IsPrefix() {
				q.leaf(1, "prefix length", "RFC 4271 §4.3, RFC 7606 §5.3", bits)
			}
			if q.left() > 0 {
				q.raw("octets", "RFC 7606 §5.3")
			}
			return ""
		})
		text = joined(text, "malformed NLRI")
	}
	return text
}

// route reads one whole NLRI: b, which stands at the front of p.
func (p *part) route(f inet.Family, addPath bool, b []byte) string {
	bare := b
	if addPath {
		bare = b[4:]
	}
	text := p.w.nlriText(f, bare)
	layout := nlriLayout(f)
	p.group(len(b), layout.name, layout.rfc, func(q *part) string {
		value := text
		if addPath {
			value += ", path " + decimal(q.leaf(4, "path identifier", "RFC 7911 §3", decimal))
		}
		layout.read(q, f)
		if q.left() > 0 {
			q.raw("octets", layout.rfc)
		}
		return value
	})
	return text
}

// run is a run of NLRI of the family, empty, as the session has them.
func (w *walk) run(f inet.Family) bgp.NLRI {
	return bgp.NLRI{Family: f, OneLabel: !w.ctx.Monitor && !w.ctx.Labels.Has(f)}
}

func (w *walk) nlriText(f inet.Family, b []byte) string {
	if f.IsPrefix() && len(b) > 0 {
		if pfx := inet.PrefixFromWire(f, b[0], b[1:]); pfx.IsValid() {
			return pfx.String()
		}
	}
	return string(w.run(f).AppendText(nil, b))
}

// nlriRow says what an NLRI is called, where it is defined, and what is inside.
type nlriRow struct {
	name, rfc string
	read      func(p *part, f inet.Family)
}

// nlriRows has the layouts by SAFI.
var nlriRows = map[inet.SAFI]nlriRow{
	inet.SAFIUnicast:           {"prefix", "RFC 4271 §4.3, RFC 7606 §5.3", prefixNLRI},
	inet.SAFIMulticast:         {"prefix", "RFC 4760 §5, RFC 7606 §5.3", prefixNLRI},
	inet.SAFILabelled:          {"labelled prefix", "RFC 8277 §2", labelledNLRI},
	inet.SAFIMPLSVPN:           {"VPN prefix", "RFC 4364 §4.3.4", labelledNLRI},
	inet.SAFIMVPN:              {"multicast VPN prefix", "RFC 6513 §5.1", labelledNLRI},
	inet.SAFIClassfulTransport: {"classful transport prefix", "RFC 9832 §7", labelledNLRI},
	inet.SAFIRTC:               {"route target membership", "RFC 4684 §4", rtcNLRI},
	inet.SAFIFlowSpec:          {"flow specification", "RFC 8955 §4", flowNLRI},
	inet.SAFIFlowSpecVPN:       {"flow specification", "RFC 8955 §8", flowNLRI},
	inet.SAFIEVPN:              {"EVPN route", "RFC 7432 §7", evpnNLRI},
	inet.SAFIMCASTVPN:          {"MVPN route", "RFC 6514 §4", mvpnNLRI},
	inet.SAFIMUP:               {"MUP route", "draft-ietf-bess-mup-safi", mupNLRI},
	inet.SAFIVPLS:              {"VPLS route", "RFC 4761 §3.2.2", vplsNLRI},
	inet.SAFIBGPLS:             {"link-state NLRI", "RFC 9552 §5.2", linkStateNLRI},
	inet.SAFIBGPLSVPN:          {"link-state NLRI", "RFC 9552 §5.2", linkStateNLRI},
	inet.SAFIBGPLSSPF:          {"link-state NLRI", "RFC 9815 §5.1", linkStateNLRI},
	inet.SAFISRPolicy:          {"SR policy", "RFC 9830 §2.1", srPolicyNLRI},
}

func nlriLayout(f inet.Family) nlriRow {
	if row, ok := nlriRows[f.SAFI()]; ok {
		return row
	}
	return nlriRow{"NLRI", "RFC 4760 §5", func(*part, inet.Family) {}}
}

// address reads the octets of a prefix of n bits.
func (p *part) address(f inet.Family, n int, rfc string) {
	p.leaf(p.left(), "address", rfc, func(b []byte) string {
		if pfx := inet.PrefixFromWire(f, uint8(max(min(n, 255), 0)), b); n >= 0 && pfx.IsValid() {
			return pfx.String()
		}
		return hexText(b)
	})
}

func prefixNLRI(p *part, f inet.Family) {
	n := p.number1("prefix length", "RFC 4271 §4.3, RFC 7606 §5.3")
	p.address(f, n, "RFC 4271 §4.3")
}

// number1 reads a length of one octet in bits.
func (p *part) number1(name, rfc string) int { return int(uintOf(p.leaf(1, name, rfc, bits))) }

// labelledNLRI reads labels, for VPN families a route distinguisher, and the prefix.
func labelledNLRI(p *part, f inet.Family) {
	labels := labelsOf(p.w.run(f), p.rest())
	n := p.number1("length", "RFC 8277 §2")
	for ; labels > 0 && p.left() >= 3; labels-- {
		p.leaf(3, "label", "RFC 8277 §2, RFC 8277 §2.4", label)
		n -= 24
	}
	if f.SAFI() != inet.SAFILabelled && p.left() >= 8 {
		p.leaf(8, "route distinguisher", "RFC 4364 §4.2", rd)
		n -= 64
	}
	p.address(f, n, "RFC 8277 §2")
}

// labelsOf is how many labels an NLRI has, one where it is malformed.
func labelsOf(n bgp.NLRI, b []byte) int {
	if n.Family.SAFI() == inet.SAFILabelled {
		if route, err := n.LabelledPrefix(b); err == nil {
			return route.Labels.Len()
		}
	} else if route, err := n.VPNPrefix(b); err == nil {
		return route.Labels.Len()
	}
	return 1
}

func label(b []byte) string {
	v := uintOf(b)
	if v == 0x800000 {
		return "0x800000 (withdrawn)"
	}
	text := strconv.FormatUint(v>>4, 10)
	if v&1 != 0 {
		text += " (bottom of stack)"
	}
	return text
}

func rtcNLRI(p *part, _ inet.Family) {
	p.number1("prefix length", "RFC 4684 §4")
	if p.left() >= 4 {
		p.leaf(4, "origin AS", "RFC 4684 §4", asn)
	}
	if p.left() == 8 {
		p.leaf(8, "route target", "RFC 4684 §4", extCommunity)
	} else if p.left() > 0 {
		p.raw("route target, in part", "RFC 4684 §4")
	}
}

func vplsNLRI(p *part, _ inet.Family) {
	const rfc = "RFC 4761 §3.2.2"
	p.leaf(2, "length", rfc, octets)
	if p.left() == 12 {
		p.leaf(8, "route distinguisher", "RFC 6074 §3.2.2.1", rd)
		p.leaf(4, "PE address", "RFC 6074 §3.2.2.1", addr)
	}
	if p.left() < 17 {
		return
	}
	p.leaf(8, "route distinguisher", rfc, rd)
	p.leaf(2, "VE ID", rfc, decimal)
	p.leaf(2, "VE block offset", rfc, decimal)
	p.leaf(2, "VE block size", rfc, decimal)
	p.leaf(3, "label base", rfc, label)
	if p.left() > 0 {
		p.raw("TLVs", "RFC 6624 §3")
	}
}

func srPolicyNLRI(p *part, _ inet.Family) {
	const rfc = "RFC 9830 §2.1"
	p.number1("length", rfc)
	if p.left() != 12 && p.left() != 24 {
		return
	}
	p.leaf(4, "distinguisher", rfc, decimal)
	p.leaf(4, "color", rfc, decimal)
	p.leaf(p.left(), "endpoint", rfc, addr)
}
