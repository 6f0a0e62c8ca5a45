package dissect

import (
	"errors"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/bmp"
)

const (
	rfcBMP  = "RFC 7854 §4.1"
	rfcPeer = "RFC 7854 §4.2"
)

// BMP explains a BMP message. Of ctx only the path identifiers and families
// count: the rest is said by the per-peer header, and we are no end of the session.
func BMP(msg []byte, ctx bgp.Ctx) Result {
	watching := bgp.MonitorCtx(true)
	watching.AddPath, watching.AddPathUnknown = ctx.AddPath, ctx.AddPath == 0
	w := newWalk(msg, watching)
	p := w.all()
	typ := p.bmp()
	for p.left() >= bmp.HeaderLen {
		if _, n, err := bmp.ReadMessage(p.rest(), 0); err != nil || n == 0 {
			break
		}
		size := int(uintOf(p.rest()[1:5]))
		p.group(size, "following", rfcBMP, func(q *part) string { return "BMP " + q.bmp() })
	}
	if p.left() > 0 {
		w.note(strconv.Itoa(p.left()) + " octets follow the message")
		p.raw("behind the message", rfcBMP)
	}
	return w.finish("BMP", typ)
}

// bmp reads one message from the front of p and returns its type.
func (p *part) bmp() string {
	w, start, b := p.w, p.at, p.rest()
	m, size, err := bmp.ReadMessage(b, 0)
	if err != nil {
		w.worse(fromBMP(err, bgp.Reset, start))
	}
	p.leaf(1, "version", rfcBMP, decimal)
	said := int(uintOf(p.leaf(4, "length", rfcBMP, octets)))
	t := p.leaf(1, "type", rfcBMP, func(b []byte) string { return bmp.Type(b[0]).String() + " (" + decimal(b) + ")" })
	if t == nil {
		w.cut(start+len(b), rfcBMP, "a BMP header has 6 octets, only "+strconv.Itoa(len(b))+" are here")
		return "unknown"
	}
	typ := bmp.Type(t[0])
	if err == nil && size == 0 {
		w.cut(start+1, rfcBMP, "message length "+strconv.Itoa(said)+", but only "+strconv.Itoa(len(b))+" octets are here")
	}
	body := part{w, p.at, p.end, p.depth}
	if said >= bmp.HeaderLen && start+said < p.end {
		body.end = start + said
	}
	p.at = body.end
	if err == nil && size > 0 {
		if _, err := bmp.ParseMessage(m); err != nil {
			w.worse(fromBMP(err, bgp.DiscardAttribute, start))
		}
		// What a message says itself about path identifiers goes before the flags.
		if _, ctx, ok := m.Update(); ok && !ctx.AddPathUnknown {
			w.ctx.AddPath, w.ctx.AddPathUnknown = ctx.AddPath, false
		}
	}
	body.bmpBody(typ, b[0])
	if body.left() > 0 {
		body.raw("further octets", rfcBMP)
	}
	return typ.String()
}

// bmpBody reads what follows the common header, whatever is wrong with it.
func (p *part) bmpBody(typ bmp.Type, version byte) {
	var h bmp.PeerHeader
	if typ.HasPeer() {
		h, _, _ = bmp.ParsePeerHeader(p.rest())
		p.group(min(bmp.PeerHeaderLen, p.left()), "per-peer header", rfcPeer, func(q *part) string { return q.peerHeader(h, version) })
		p.w.ctx.ASN4 = h.AS4()
	}
	switch {
	case typ == bmp.RouteMonitoring && version == bmp.Version:
		if p.left() > 0 {
			p.bgpGroup("BGP message")
		}
	case typ == bmp.RouteMonitoring || typ == bmp.Snapshot:
		p.indexed()
	case typ == bmp.StatsReport:
		p.statistics(version)
	case typ == bmp.PeerDown:
		p.peerDown()
	case typ == bmp.PeerUp:
		p.peerUp(h)
	case typ == bmp.Initiation:
		p.tlvs(2, 2, "information TLV", "RFC 7854 §4.3", map[int]tlvRow{
			0: {"free text", "RFC 7854 §4.4", text}, 1: {"sysDescr", "RFC 7854 §4.4", text}, 2: {"sysName", "RFC 7854 §4.4", text}})
	case typ == bmp.Termination:
		p.tlvs(2, 2, "information TLV", "RFC 7854 §4.5", map[int]tlvRow{
			0: {"free text", "RFC 7854 §4.5", text},
			1: {"reason", "RFC 7854 §4.5", one("reason", "RFC 7854 §4.5", func(b []byte) string {
				return bmp.TerminationText(uint16(uintOf(b))) + " (" + decimal(b) + ")"
			})}})
	case typ == bmp.RouteMirroring:
		p.tlvs(2, 2, "mirroring TLV", "RFC 7854 §4.7", map[int]tlvRow{
			0: {"BGP message", "RFC 7854 §4.7", func(q *part) string { return "BGP " + q.message() }},
			1: {"information", "RFC 7854 §4.7", one("code", "RFC 7854 §4.7", named("errored PDU", "messages lost"))}})
	}
}

// text is the layout of a value that is words.
func text(p *part) string { return one("text", "RFC 7854 §4.4", printable)(p) }

func fromBMP(err error, action bgp.Action, start int) Verdict {
	v := Verdict{Action: action, Offset: start, RFC: "RFC 7854 §4", Text: err.Error()}
	var e *bmp.Error
	if errors.As(err, &e) {
		v.Offset, v.Text = start+e.Offset, e.Text
	}
	return v
}

// peerHeader reads the per-peer header (RFC 7854 §4.2, RFC 8671 §4, RFC 9069 §4).
func (p *part) peerHeader(h bmp.PeerHeader, version byte) string {
	p.leaf(1, "peer type", "RFC 7854 §4.2, RFC 9069 §4.1", func(b []byte) string { return bmp.PeerType(b[0]).String() + " (" + decimal(b) + ")" })
	rfc := "RFC 7854 §4.2, RFC 8671 §4"
	if h.Type == bmp.LocRIBPeer {
		rfc = "RFC 9069 §4.2"
	}
	p.leaf(1, "peer flags", rfc, func(b []byte) string { return peerFlags(h.Type, b[0], version) })
	p.leaf(8, "peer distinguisher", rfcPeer, rd)
	p.leaf(16, "peer address", rfcPeer, addressField(h))
	p.leaf(4, "peer AS", rfcPeer, asn)
	p.leaf(4, "peer BGP identifier", rfcPeer, addr)
	p.leaf(4, "timestamp, seconds", rfcPeer, unixTime)
	p.leaf(4, "timestamp, microseconds", rfcPeer, decimal)
	if !h.Addr.IsValid() {
		return ""
	}
	return h.View().String() + " of " + h.Addr.String() + ", AS " + strconv.Itoa(int(h.ASN))
}

// peerFlags shows the bits that the peer type has, and those that nobody gave a meaning.
func peerFlags(t bmp.PeerType, b, version byte) string {
	known := byte(bmp.FlagIPv6 | bmp.FlagPostPolicy | bmp.FlagAS2 | bmp.FlagOut)
	text := hexText([]byte{b}) + ": "
	if t == bmp.LocRIBPeer {
		known = bmp.FlagFiltered
		text += "F=" + bitOf(b, bmp.FlagFiltered, "all routes", "filtered")
	} else {
		text += "V=" + bitOf(b, bmp.FlagIPv6, "IPv4 address", "IPv6 address") +
			", L=" + bitOf(b, bmp.FlagPostPolicy, "pre-policy", "post-policy") +
			", A=" + bitOf(b, bmp.FlagAS2, "4-octet AS numbers", "2-octet AS numbers") +
			", O=" + bitOf(b, bmp.FlagOut, "Adj-RIB-In", "Adj-RIB-Out")
	}
	if version == bmp.Version4 && b&bmp.FlagExtended != 0 {
		known |= bmp.FlagExtended
		text += ", X=1 (more flags in a TLV)"
	}
	if b&^known != 0 {
		text += ", undefined bits " + hexText([]byte{b &^ known})
	}
	return text
}

func bitOf(b, mask byte, no, yes string) string {
	if b&mask != 0 {
		return "1 (" + yes + ")"
	}
	return "0 (" + no + ")"
}

func addressField(h bmp.PeerHeader) func([]byte) string {
	if h.IPv6() {
		return addr
	}
	return paddedAddr
}

// statistics reads a count and TLVs, which version 4 has in a TLV of their own.
func (p *part) statistics(version byte) {
	const rfc = "RFC 7854 §4.8"
	read := func(q *part) string {
		q.number(4, "statistics count", rfc)
		q.tlvs(2, 2, "statistic", rfc, statRows())
		return ""
	}
	if b := p.rest(); version == bmp.Version || len(b) >= 2 && b[0] == 0 && b[1] == 0 {
		read(p)
		return
	}
	p.tlvs(2, 2, "TLV", "draft-ietf-grow-bmp-tlv §5.4", map[int]tlvRow{int(bmp.StatsTLV): {"statistics", "draft-ietf-grow-bmp-tlv §5.4", read}})
}

func (p *part) peerUp(h bmp.PeerHeader) {
	const rfc = "RFC 7854 §4.10"
	p.leaf(16, "local address", rfc, addressField(h))
	p.leaf(2, "local port", rfc, decimal)
	p.leaf(2, "remote port", rfc, decimal)
	if p.left() > 0 {
		p.bgpGroup("sent OPEN")
	}
	if p.left() > 0 {
		p.bgpGroup("received OPEN")
	}
	p.information()
}

func (p *part) peerDown() {
	const rfc = "RFC 7854 §4.9"
	r := p.leaf(1, "reason", rfc, func(b []byte) string { return bmp.DownReason(b[0]).String() + " (" + decimal(b) + ")" })
	if r == nil {
		return
	}
	switch bmp.DownReason(r[0]) {
	case bmp.DownLocalNotification, bmp.DownRemoteNotification:
		if p.left() > 0 {
			p.bgpGroup("NOTIFICATION")
		}
	case bmp.DownLocalEvent:
		p.leaf(2, "FSM event", "RFC 4271 §8.1", fsmEvent)
	}
	p.information() // of a Loc-RIB, and in version 4 of all
}

// fsmEvent names an event by the number that its RFC has. 0 is none that has one (RFC
// 7854 §4.9).
func fsmEvent(b []byte) string {
	const sendHold = 29 // RFC 9687 §3.1; package fsm numbers it otherwise
	switch n := uintOf(b); {
	case n >= uint64(fsm.ManualStart) && n <= uint64(fsm.UpdateMsgErr):
		return fsm.Kind(n).String() + " (" + decimal(b) + ")"
	case n == sendHold:
		return fsm.SendHoldExpires.String() + " (" + decimal(b) + ")"
	case n == 0:
		return "none with a number (0)"
	}
	return decimal(b)
}

// information reads the TLVs of Peer Up and Peer Down (RFC 9736 §3).
func (p *part) information() {
	p.tlvs(2, 2, "information TLV", "RFC 9736 §3", map[int]tlvRow{
		0: {"free text", "RFC 7854 §4.4", text}, 3: {"VRF/table name", "RFC 9069 §5.2.1", text}, 4: {"admin label", "RFC 8671 §6.3.1", text}})
}

// statRows are the statistics; their form follows the length (RFC 7854 §4.8).
func statRows() map[int]tlvRow {
	rows := make(map[int]tlvRow, len(bmp.Stats))
	for typ := range bmp.Stats {
		info := bmp.Stats[typ]
		if info.Name == "" {
			continue
		}
		rfc := info.RFC
		if section := statSections[rfc]; section != "" {
			rfc += " " + section
		}
		rows[typ] = tlvRow{info.Name, rfc, func(p *part) string {
			text := ""
			if p.left() == 11 {
				f := p.family(0, 1, rfc)
				text = f.String() + ": "
			}
			if n := p.left(); n != 4 && n != 8 {
				b := p.rest()
				p.raw("value", rfc)
				return hexText(b) + " (neither a counter nor a gauge)"
			}
			return text + decimal(p.leaf(p.left(), "value", rfc, decimal))
		}}
	}
	return rows
}

// statSections are where the RFCs list their statistics.
var statSections = map[string]string{"RFC 7854": "§4.8", "RFC 8671": "§6.2"}
