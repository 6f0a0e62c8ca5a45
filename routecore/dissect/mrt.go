package dissect

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

const rfcMRT = "RFC 6396 §2"

// MRT explains an MRT record. Of ctx only the path identifiers count: the rest is
// said by the record, and an archive is no end of a session. Records that follow
// are explained too, each as a field of its own.
func MRT(msg []byte, ctx bgp.Ctx) Result {
	watching := bgp.MonitorCtx(true)
	watching.AddPath, watching.AddPathUnknown = ctx.AddPath, ctx.AddPath == 0
	w := newWalk(msg, watching)
	p := w.all()
	typ := p.mrt()
	for p.left() >= 12 && w.err == nil {
		size := 12 + int(uintOf(p.rest()[8:12]))
		if size > p.left() {
			break
		}
		p.group(size, "following", rfcMRT, func(q *part) string { return "MRT " + q.mrt() })
	}
	if p.left() > 0 {
		w.note(strconv.Itoa(p.left()) + " octets follow the record")
		p.raw("behind the record", rfcMRT)
	}
	return w.finish("MRT", typ)
}

func subtypeName(t mrt.Type, sub int) string {
	if info, ok := t.Subtypes().Lookup(uint16(sub)); ok {
		return info.Name
	}
	return "subtype " + strconv.Itoa(sub)
}

// recordRFC is the section that defines a record.
func recordRFC(t mrt.Type, sub uint16) string {
	if info, ok := t.Subtypes().Lookup(sub); ok {
		return info.RFC
	}
	if info, ok := mrt.Types.Lookup(uint16(t)); ok {
		return info.RFC
	}
	return "RFC 6396 §4"
}

// mrt reads one record from the front of p and returns what it is.
func (p *part) mrt() string {
	w, start, b := p.w, p.at, p.rest()
	rec, err := mrt.NewReader(bytes.NewReader(b)).Next()
	p.leaf(4, "timestamp", rfcMRT, unixTime)
	t := mrt.Type(uintOf(p.leaf(2, "type", "RFC 6396 §4", func(b []byte) string { return mrt.Type(uintOf(b)).String() + " (" + decimal(b) + ")" })))
	sub := int(uintOf(p.leaf(2, "subtype", "RFC 6396 §4", func(b []byte) string { return subtypeName(t, int(uintOf(b))) + " (" + decimal(b) + ")" })))
	said := int(uintOf(p.leaf(4, "length", rfcMRT, octets)))
	typ := t.String() + " " + subtypeName(t, sub)
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		if len(b) < 12 {
			w.cut(start+len(b), rfcMRT, "an MRT header has 12 octets, only "+strconv.Itoa(len(b))+" are here")
		} else {
			w.cut(start+8, rfcMRT, "record length "+strconv.Itoa(said)+", but only "+strconv.Itoa(len(b)-12)+" octets are here")
		}
	case err != nil:
		w.worse(Verdict{Action: bgp.Reset, Offset: start, RFC: rfcMRT, Text: mrtText(err)})
	}
	body := part{w, p.at, p.end, p.depth}
	if said < body.left() {
		body.end = body.at + said
	}
	p.at = body.end
	if strings.HasSuffix(t.String(), "_ET") {
		body.leaf(4, "microseconds", "RFC 6396 §3", decimal)
	}
	if err != nil { // what is there of a cut record
		rec = mrt.Record{Type: t, Subtype: uint16(sub), Body: body.rest()}
	}
	at := body.at
	bad := body.mrtBody(&rec)
	if bad != nil && err == nil {
		w.worse(Verdict{Action: bgp.DiscardAttribute, Offset: at, RFC: recordRFC(t, uint16(sub)), Text: bad.Error()})
	}
	name := "further octets"
	if body.at == at {
		name = "body"
	}
	if body.left() > 0 {
		body.raw(name, recordRFC(t, uint16(sub)))
	}
	return typ
}

func mrtText(err error) string {
	var e *mrt.Error
	if errors.As(err, &e) {
		return e.Text
	}
	return err.Error()
}

// mrtBody reads the body of a record, and returns what its parser finds wrong.
func (p *part) mrtBody(rec *mrt.Record) error {
	switch {
	case rec.IsMessage():
		m, err := mrt.ParseMessage(rec)
		p.envelope(rec)
		p.logged(rec, m)
		return err
	case rec.IsStateChange():
		_, err := mrt.ParseStateChange(rec)
		p.envelope(rec)
		p.leaf(2, "old state", recordRFC(rec.Type, rec.Subtype), stateName)
		p.leaf(2, "new state", recordRFC(rec.Type, rec.Subtype), stateName)
		return err
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.PeerIndexTable:
		_, err := mrt.ParsePeerIndex(rec.Body)
		p.peerIndex()
		return err
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.GeoPeerTable:
		_, err := mrt.ParseGeoPeers(rec.Body)
		p.geoPeers()
		return err
	case rec.IsRIB():
		r, err := mrt.ParseRIB(rec)
		if err == nil {
			p.rib(rec, r)
		}
		return err
	case rec.Type == mrt.TypeTableDump:
		_, _, err := mrt.ParseTableDump(rec.Subtype, rec.Body)
		for err == nil && p.left() > 0 {
			_, rest, bad := mrt.ParseTableDump(rec.Subtype, p.rest())
			if bad != nil {
				break
			}
			p.group(p.left()-len(rest), "entry", "RFC 6396 §4.2", func(q *part) string { return q.tableDump(rec.Subtype) })
		}
		return err
	case rec.IsEntry():
		e, err := mrt.ParseEntry(rec)
		if p.envelope(rec); err == nil {
			p.entry(e)
		}
		return err
	case rec.IsSnapshot():
		_, err := mrt.ParseSnapshot(rec)
		p.leaf(2, "view", rfcDrafts, decimal)
		p.leaf(p.left(), "file name, ended by 0", rfcDrafts, func(b []byte) string { return printable(bytes.TrimRight(b, "\x00")) })
		return err
	}
	return nil
}

// rfcDrafts is what the drafts before RFC 6396 had.
const rfcDrafts = "draft-ietf-grow-mrt-04 §6"

// entry reads a route of a RIB as the drafts had it, behind the session.
func (p *part) entry(e mrt.EntryRecord) {
	p.leaf(2, "view", rfcDrafts, decimal)
	p.leaf(2, "status", rfcDrafts, decimal)
	p.leaf(4, "originated", rfcDrafts, unixTime)
	p.family(0, 1, rfcDrafts)
	p.leaf(p.number(1, "next hop length", rfcDrafts), "next hop", rfcDrafts, addr)
	p.route(e.Family, false, e.NLRI)
	p.leaf(2, "attribute length", rfcDrafts, octets)
	p.group(len(e.Attrs), "path attributes", rfcDrafts, func(q *part) string {
		q.block(e.Family, bgp.FormTableDumpV2, false)
		return ""
	})
}

func stateName(b []byte) string { return mrt.State(uintOf(b)).String() + " (" + decimal(b) + ")" }

// envelope reads the two ends of a session (RFC 6396 §4.4).
func (p *part) envelope(rec *mrt.Record) {
	rfc := recordRFC(rec.Type, rec.Subtype)
	if rec.Type == mrt.TypeBGP {
		p.leaf(2, "peer AS", rfc, asn)
		p.leaf(4, "peer address", rfc, addr)
		if !rec.IsStateChange() {
			p.leaf(2, "local AS", rfc, asn)
			p.leaf(4, "local address", rfc, addr)
		}
		return
	}
	width := 2
	switch rec.Subtype {
	case mrt.StateChangeAS4, mrt.MessageAS4, mrt.MessageAS4Local, mrt.MessageAS4AddPath, mrt.MessageAS4LocalAddPath:
		width = 4
	}
	p.leaf(width, "peer AS", rfc, asn)
	p.leaf(width, "local AS", rfc, asn)
	p.leaf(2, "interface index", rfc, decimal)
	family := inet.AFI(uintOf(p.leaf(2, "address family", rfc, afi)))
	size := 4
	if b := p.rest(); family == inet.AFIIPv6 || family != inet.AFIIPv4 && len(b) >= 32 && hasMarker(b[32:]) {
		size = 16
	}
	p.leaf(size, "peer address", rfc, addr)
	p.leaf(size, "local address", rfc, addr)
}

// logged reads the BGP message of a log.
func (p *part) logged(rec *mrt.Record, m mrt.Message) {
	w := p.w
	if rec.Type == mrt.TypeBGP {
		w.ctx.ASN4 = false
		p.group(p.left(), "BGP message without its header", "RFC 6396 appendix B", func(q *part) string {
			switch bgp.MsgType(m.Kind) {
			case bgp.MsgOpen:
				q.open(true)
			case bgp.MsgUpdate:
				q.updateBody(true)
			case bgp.MsgNotification:
				q.notification(true)
			}
			return "BGP " + bgp.MsgType(m.Kind).String()
		})
		return
	}
	w.ctx.ASN4 = m.AS4
	if m.AddPath {
		w.ctx.AddPath, w.ctx.AddPathUnknown = allFamilies(), false
	}
	w.ctx.IBGP = m.PeerAS == m.LocalAS
	if p.left() > 0 {
		p.bgpGroup("BGP message")
	}
}

func allFamilies() bgp.FamilySet { return ^bgp.FamilySet(0) }

func (p *part) peerIndex() {
	const rfc = "RFC 6396 §4.3.1"
	p.leaf(4, "collector BGP identifier", rfc, addr)
	p.leaf(p.number(2, "view name length", rfc), "view name", rfc, printable)
	for i := range p.number(2, "peer count", rfc) {
		if p.left() == 0 {
			return
		}
		kind := p.rest()[0]
		size, width := 4, 2
		if kind&1 != 0 {
			size = 16
		}
		if kind&2 != 0 {
			width = 4
		}
		p.group(1+4+size+width, "peer "+strconv.Itoa(i), rfc, func(q *part) string {
			q.leaf(1, "peer type", rfc, flags(bit{1, "IPv6 address"}, bit{2, "4-octet AS number"}))
			q.leaf(4, "peer BGP identifier", rfc, addr)
			a := q.leaf(size, "peer address", rfc, addr)
			return addr(a) + " AS " + decimal(q.leaf(width, "peer AS", rfc, asn))
		})
	}
}

// geoPeers reads a GEO_PEER_TABLE (RFC 6397).
func (p *part) geoPeers() {
	const rfc = "RFC 6397"
	p.leaf(4, "collector BGP identifier", rfc, addr)
	p.leaf(p.number(2, "view name length", rfc), "view name", rfc, printable)
	p.leaf(4, "collector latitude", rfc, float)
	p.leaf(4, "collector longitude", rfc, float)
	count := p.number(2, "peer count", rfc)
	short := p.left() == 13*count
	for i := range count {
		if p.left() == 0 {
			return
		}
		// Writers that put address and AS number before the position have their type too.
		n, kind := 13, p.rest()[0]
		size, width := 4, 2
		if !short && kind != 0 {
			if kind&1 != 0 {
				size = 16
			}
			if kind&2 != 0 {
				width = 4
			}
			n += size + width
		}
		p.group(n, "peer "+strconv.Itoa(i), rfc, func(q *part) string {
			q.leaf(1, "peer type", rfc, flags(bit{1, "IPv6 address"}, bit{2, "4-octet AS number"}))
			id := q.leaf(4, "peer BGP identifier", rfc, addr)
			if n > 13 {
				q.leaf(size, "peer address", rfc, addr)
				q.leaf(width, "peer AS", rfc, asn)
			}
			q.leaf(4, "peer latitude", rfc, float)
			q.leaf(4, "peer longitude", rfc, float)
			return addr(id)
		})
	}
}

// rib reads a RIB record, whose head r was parsed (RFC 6396 §4.3.2, RFC 8050 §4).
func (p *part) rib(rec *mrt.Record, r mrt.RIB) {
	rfc := recordRFC(rec.Type, rec.Subtype)
	p.leaf(4, "sequence number", rfc, decimal)
	if rec.Subtype == mrt.RIBGeneric || rec.Subtype == mrt.RIBGenericAddPath {
		p.family(0, 1, rfc)
	}
	p.route(r.Family, false, r.NLRI)
	for i := range p.number(2, "entry count", rfc) {
		var e mrt.RIBEntry
		if !r.Next(&e) {
			if p.left() > 0 {
				p.raw("cut entry", rfc)
			}
			p.w.worse(Verdict{Action: bgp.DiscardAttribute, Offset: p.at, RFC: "RFC 6396 §4.3.4", Text: r.Err().Error()})
			return
		}
		head := 8
		if r.AddPath {
			head = 12
		}
		p.group(head+len(e.Attrs), "entry "+strconv.Itoa(i), "RFC 6396 §4.3.4", func(q *part) string {
			q.leaf(2, "peer index", "RFC 6396 §4.3.4", decimal)
			q.leaf(4, "originated", "RFC 6396 §4.3.4", unixTime)
			text := "peer " + strconv.Itoa(int(e.Peer)) + " since " + time.UnixMicro(e.Originated).UTC().Format(time.RFC3339)
			if r.AddPath {
				text += ", path " + decimal(q.leaf(4, "path identifier", "RFC 8050 §4.1", decimal))
			}
			q.leaf(2, "attribute length", "RFC 6396 §4.3.4", octets)
			q.block(r.Family, bgp.FormTableDumpV2, true)
			return text
		})
	}
}

// block reads path attributes that stand alone, and asks the parser about them.
func (p *part) block(f inet.Family, form bgp.AttrForm, wide bool) {
	w, u := p.w, &p.w.update
	ctx := w.ctx
	wide = wide || form == bgp.FormTableDumpV2 // as the parser starts from
	ctx.ASN4 = wide
	bgp.ParseAttributes(u, p.rest(), ctx, f, form)
	w.worse(fromUpdate(u.Verdict, p.at))
	w.form, w.family, w.wide = form, f, wide
	if u.Guessed()&bgp.GuessASNWidth != 0 {
		w.wide = !wide
	}
	p.attributes()
}

// tableDump reads one entry of TABLE_DUMP (RFC 6396 §4.2).
func (p *part) tableDump(subtype uint16) string {
	const rfc = "RFC 6396 §4.2"
	size, width, f := 4, 2, inet.IPv4Unicast
	if subtype == 2 || subtype == 4 {
		size, f = 16, inet.IPv6Unicast
	}
	if subtype > 2 {
		width = 4
	}
	p.leaf(2, "view", rfc, decimal)
	p.leaf(2, "sequence number", rfc, decimal)
	prefix := p.leaf(size, "prefix", rfc, addr)
	length := p.leaf(1, "prefix length", rfc, bits)
	p.leaf(1, "status", rfc, decimal)
	p.leaf(4, "originated", rfc, unixTime)
	peer := p.leaf(size, "peer address", rfc, addr)
	p.leaf(width, "peer AS", rfc, asn)
	n := p.number(2, "attribute length", rfc)
	p.group(min(n, p.left()), "path attributes", rfc, func(q *part) string {
		q.block(f, bgp.FormUpdate, width == 4)
		return ""
	})
	return addr(prefix) + "/" + decimal(length) + " from " + addr(peer)
}
