package dissect

import (
	"encoding/binary"
	"errors"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

const (
	rfcHeader = "RFC 4271 §4.1, RFC 4271 §6.1"
	rfcUpdate = "RFC 4271 §4.3, RFC 4271 §6.3"
)

// BGP explains a BGP message with its header; ctx is what the session agreed on.
// Messages that follow it in msg are explained too, each as a field of its own.
func BGP(msg []byte, ctx bgp.Ctx) Result {
	w := newWalk(msg, ctx)
	p := w.all()
	typ := p.message()
	p.followers()
	return w.finish("BGP", typ)
}

// followers explains whole messages behind the first.
func (p *part) followers() {
	for hasMarker(p.rest()) && p.left() >= bgp.HeaderLen {
		if p.bgpGroup("following") == 0 {
			break
		}
	}
	if p.left() > 0 {
		p.w.note(strconv.Itoa(p.left()) + " octets follow the message")
		p.raw("behind the message", rfcHeader)
	}
}

// bgpGroup shows the BGP message at the front of p as one field and returns its
// length, 0 where there is none.
func (p *part) bgpGroup(name string) int {
	b := p.rest()
	n := len(b)
	if len(b) >= bgp.HeaderLen {
		if said := int(binary.BigEndian.Uint16(b[16:])); said >= bgp.HeaderLen {
			n = min(said, len(b))
		}
	}
	p.group(n, name, "RFC 4271 §4", func(q *part) string { return "BGP " + q.message() })
	return n
}

func hasMarker(b []byte) bool {
	return len(b) >= 16 && binary.BigEndian.Uint64(b)&binary.BigEndian.Uint64(b[8:]) == ^uint64(0)
}

// message reads one BGP message from the front of p and returns its type.
func (p *part) message() string {
	w, start := p.w, p.at
	b := p.rest()
	limit := bgp.MaxMessage
	if w.ctx.MaxLen != 0 {
		limit = int(w.ctx.MaxLen)
	}
	_, size, err := bgp.ReadMessage(b, limit)
	p.leaf(16, "marker", rfcHeader, func(b []byte) string {
		if hasMarker(b) {
			return "all ones"
		}
		return "not all ones"
	})
	said := int(uintOf(p.leaf(2, "length", rfcHeader, octets)))
	t := p.leaf(1, "type", rfcHeader, func(b []byte) string { return bgp.MsgType(b[0]).String() + " (" + decimal(b) + ")" })
	if t == nil {
		w.cut(start+len(b), "RFC 4271 §4.1", "a BGP header has 19 octets, only "+strconv.Itoa(len(b))+" are here")
		return "unknown"
	}
	typ := bgp.MsgType(t[0])
	if err != nil {
		w.worse(fromError(err, start))
	} else if size == 0 {
		text := "message length " + strconv.Itoa(said) + ", but only " + strconv.Itoa(len(b)) + " octets are here"
		w.worse(Verdict{Action: bgp.Reset, Code: int(bgp.CodeHeader), Subcode: 2, Offset: start + 16, RFC: "RFC 4271 §6.1", Text: text})
		w.cut(start+16, "RFC 4271 §4.1", text)
	}
	body := part{w, p.at, p.end, p.depth}
	if said >= bgp.HeaderLen && start+said < p.end {
		body.end = start + said
	}
	whole := err == nil && size > 0
	switch typ {
	case bgp.MsgOpen:
		body.open(whole)
	case bgp.MsgUpdate:
		body.updateBody(whole)
	case bgp.MsgNotification:
		body.notification(whole)
	case bgp.MsgRouteRefresh:
		body.refresh(whole)
	}
	if body.left() > 0 {
		body.raw("further octets", "RFC 4271 §6.1")
	}
	p.at = body.end
	return typ.String()
}

// fromError is the verdict of a protocol error; base is where its octets start.
func fromError(err error, base int) Verdict {
	var e *bgp.Error
	if !errors.As(err, &e) {
		return Verdict{Action: bgp.Reset, Offset: base, Text: err.Error()}
	}
	return Verdict{Action: bgp.Reset, Code: int(e.Code), Subcode: int(e.Subcode), Offset: base + e.Offset, RFC: e.RFC, Text: e.Text}
}

func fromUpdate(v bgp.Verdict, base int) Verdict {
	if v.Action == bgp.Accept {
		return Verdict{}
	}
	return Verdict{Action: v.Action, Code: int(v.Code), Subcode: int(v.Subcode), Attribute: int(v.Attr),
		Offset: base + int(v.Offset), RFC: v.RFC(), Text: v.Text()}
}

// updateBody reads the body of an UPDATE (RFC 4271 §4.3). judge says whether the
// parser is asked, which it is for whole messages only.
func (p *part) updateBody(judge bool) {
	w, u := p.w, &p.w.update
	base, body := p.at, p.rest()
	bgp.ParseUpdate(u, body, w.ctx)
	w.form, w.family, w.wide = bgp.FormUpdate, 0, w.ctx.ASN4
	if u.Guessed()&bgp.GuessASNWidth != 0 {
		w.wide = !w.wide
		w.note("AS numbers have another width than the context says")
	}
	if u.Guessed()&bgp.GuessAddPath != 0 {
		w.note("path identifiers are there, though nobody announced them")
	}
	if judge {
		v := fromUpdate(u.Verdict, base)
		w.worse(v)
		w.suggest(body, v)
		bgp.ParseUpdate(u, body, w.ctx)
	}
	addPath := u.Announced().AddPath || w.ctx.AddPath.Has(inet.IPv4Unicast)
	n := p.number(2, "withdrawn routes length", rfcUpdate)
	p.group(n, "withdrawn routes", "RFC 4271 §4.3", func(q *part) string { return q.nlri(inet.IPv4Unicast, addPath) })
	n = p.number(2, "path attributes length", rfcUpdate)
	p.group(n, "path attributes", "RFC 4271 §4.3", func(q *part) string { q.attributes(); return "" })
	p.group(p.left(), "NLRI", "RFC 4271 §4.3", func(q *part) string { return q.nlri(inet.IPv4Unicast, addPath) })
	if f, ok := u.EndOfRIB(); ok && judge {
		w.note("End-of-RIB of " + f.String() + " (RFC 4724 §2)")
	}
}

// suggest says which other context would make a bad UPDATE good.
func (w *walk) suggest(body []byte, v Verdict) {
	if v.Action == bgp.Accept || w.ctx.Monitor {
		return
	}
	var u bgp.Update
	other := w.ctx
	other.ASN4 = !other.ASN4
	if bgp.ParseUpdate(&u, body, other); u.Verdict.Action == bgp.Accept {
		w.note("with AS numbers of " + strconv.Itoa(map[bool]int{true: 4, false: 2}[other.ASN4]) +
			" octets the UPDATE is well-formed: --asn4=" + map[bool]string{true: "1", false: "0"}[other.ASN4])
	}
	for f := range inet.Families {
		fam := inet.Families[f].Family
		if other = w.ctx; other.AddPath.Has(fam) {
			other.AddPath = other.AddPath.Without(fam)
			if bgp.ParseUpdate(&u, body, other); u.Verdict.Action == bgp.Accept {
				w.note("without path identifiers for " + fam.String() + " the UPDATE is well-formed")
			}
			continue
		}
		if !carries(body, fam) {
			continue
		}
		other.AddPath = other.AddPath.With(fam)
		if bgp.ParseUpdate(&u, body, other); u.Verdict.Action == bgp.Accept {
			w.note("with path identifiers for " + fam.String() + " the UPDATE is well-formed: --addpath=" + strconv.Quote(fam.String()))
		}
	}
}

// carries tells whether an UPDATE has routes of the family.
func carries(body []byte, f inet.Family) bool {
	var u bgp.Update
	bgp.ParseUpdate(&u, body, bgp.MonitorCtx(true))
	if f == inet.IPv4Unicast && (len(u.Announced().Bytes) > 0 || len(u.Withdrawn().Bytes) > 0) {
		return true
	}
	reach, ok := u.MPReach()
	unreach, too := u.MPUnreach()
	return ok && reach.Family == f || too && unreach.Family == f
}

// notification reads the body of a NOTIFICATION (RFC 4271 §4.5).
func (p *part) notification(judge bool) {
	base := p.at
	n, err := bgp.ParseNotification(p.rest())
	if err != nil && judge {
		p.w.worse(fromError(err, base))
	}
	p.codes(n)
}

func (p *part) codes(n bgp.Notification) {
	rfc := "RFC 4271 §4.5"
	for i := range bgp.Codes {
		if bgp.Codes[i].Code == n.Code {
			rfc = bgp.Codes[i].RFC
		}
	}
	p.leaf(1, "error code", rfc, func(b []byte) string { return bgp.CodeName(b[0]) + " (" + decimal(b) + ")" })
	p.leaf(1, "error subcode", rfc, func(b []byte) string {
		if name := bgp.SubcodeName(n.Code, b[0]); name != "" {
			return name + " (" + decimal(b) + ")"
		}
		return decimal(b)
	})
	if inner, ok := n.Inner(); ok {
		p.group(p.left(), "data", "RFC 8538 §3.1", func(q *part) string {
			q.codes(inner)
			return "the NOTIFICATION that the Hard Reset wraps: " + inner.String()
		})
		return
	}
	if text, ok := n.Shutdown(); ok {
		p.group(p.left(), "data", "RFC 9003 §2", func(q *part) string {
			size := q.number(1, "length", "RFC 9003 §2")
			q.leaf(size, "shutdown communication", "RFC 9003 §2", printable)
			return strconv.Quote(text)
		})
		return
	}
	if n.Code == bgp.CodeCease && n.Subcode == bgp.CeaseMaxPrefixes && len(n.Data) == 7 {
		p.group(p.left(), "data", "RFC 4486 §4", func(q *part) string {
			f := q.family(0, 1, "RFC 4486 §4")
			return f.String() + ", at most " + strconv.Itoa(q.number(4, "prefix upper bound", "RFC 4486 §4"))
		})
		return
	}
	p.raw("data", rfc)
}

// refresh reads the body of a ROUTE-REFRESH (RFC 2918, RFC 7313, RFC 5291).
func (p *part) refresh(judge bool) {
	r, err := bgp.ParseRouteRefresh(p.rest())
	if err != nil && judge {
		p.w.worse(fromError(err, p.at))
	}
	a := inet.AFI(uintOf(p.leaf(2, "AFI", "RFC 2918 §3", afi)))
	p.leaf(1, "subtype", "RFC 7313 §3.2, RFC 7313 §5", named("request", "begin of refresh", "end of refresh"))
	p.leaf(1, "SAFI", "RFC 2918 §3", safi(a))
	if len(r.ORF) == 0 {
		return
	}
	p.group(p.left(), "outbound route filter", "RFC 5291 §4", func(q *part) string {
		q.leaf(1, "when to refresh", "RFC 5291 §4", named("", "immediate", "defer"))
		for q.left() > 0 {
			q.leaf(1, "ORF type", "RFC 5291 §4", orfType)
			n := q.number(2, "length of entries", "RFC 5291 §4")
			q.leaf(n, "entries", "RFC 5291 §4", hexText)
		}
		return ""
	})
}

func orfType(b []byte) string {
	if b[0] == 64 {
		return "address prefix (64)"
	}
	return decimal(b)
}
