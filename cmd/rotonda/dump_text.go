package main

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

// textLines prints lines for people: a heading for each peer and time, under it what
// it said, aligned, the attributes in short.
type textLines struct {
	dumpPrinter
	peer netip.Addr
	asn  inet.ASN
	view string
	rd   inet.RD
	time int64
	some bool
}

func newTextLines(out io.Writer) *textLines { return &textLines{dumpPrinter: dumpPrinter{out: out}} }

// heading prints who speaks, where that is somebody else than before, or later. In
// a RIB every line names its peer instead.
func (l *textLines) heading(it *item) {
	if l.some && it.peer == l.peer && it.asn == l.asn && it.view == l.view && it.rd == l.rd && it.time == l.time {
		return
	}
	if l.some {
		l.flush()
	}
	l.some, l.peer, l.asn, l.view, l.rd, l.time = true, it.peer, it.asn, it.view, it.rd, it.time
	b := l.buf
	if it.time != 0 {
		b = time.UnixMicro(it.time).UTC().AppendFormat(b, "2006-01-02 15:04:05.999999Z")
		b = append(b, "  "...)
	}
	b = append(b, strings.TrimSuffix(strings.TrimSuffix(it.record, "_ET"), "4MP")...)
	if it.peer.IsValid() {
		b = it.peer.AppendTo(append(b, "  "...))
	}
	if it.asn != 0 {
		b = strconv.AppendUint(append(b, " AS"...), uint64(it.asn), 10)
	}
	if it.view != "" {
		b = append(append(b, "  "...), it.view...)
	}
	if it.rd != (inet.RD{}) {
		b = append(append(b, "  rd "...), it.rd.String()...)
	}
	if it.table != "" {
		b = strconv.AppendQuote(append(b, "  table "...), it.table)
	}
	l.buf = b
	l.flush()
}

func (l *textLines) routes(it *item) {
	attrs := l.canonical(it)
	if it.kind != 'B' {
		l.heading(it)
	}
	for b := range it.nlri.All() {
		id, nlri := nlriOf(it, b)
		l.route(it, id, nlri, attrs)
	}
}

func (l *textLines) route(it *item, id uint32, nlri []byte, attrs bgp.Attrs) {
	b := l.buf
	if it.kind == 'B' {
		b = pad(it.peer.AppendTo(b), len(b)+16)
		b = pad(strconv.AppendUint(append(b, " AS"...), uint64(it.asn), 10), len(b)+10)
		b = append(b, ' ')
	} else {
		b = fmt.Appendf(b, "  %-10s", kindName(it.kind))
	}
	from := len(b)
	if it.nlri.Family != inet.IPv4Unicast && it.nlri.Family != inet.IPv6Unicast {
		b = append(append(b, it.nlri.Family.String()...), ' ')
	}
	b = it.nlri.AppendText(b, nlri)
	if it.hasID {
		b = strconv.AppendUint(append(b, " id "...), uint64(id), 10)
	}
	if attrs != nil {
		b = appendShort(pad(b, from+20), attrs)
	}
	if guess := guessText(it.update); guess != "" {
		b = append(append(b, "  guessed "...), guess...)
	}
	l.buf = b
	l.flush()
}

// appendShort appends what one looks for first in a route.
func appendShort(b []byte, attrs bgp.Attrs) []byte {
	if hop := attrs.NextHop(); hop.IsValid() {
		b = hop.AppendTo(append(b, " via "...))
	}
	b = append(b, " path "...)
	if at := len(b); len(appendPath(b, attrs.ASPath())) == at {
		b = append(b, "(empty)"...)
	} else {
		b = appendPath(b, attrs.ASPath())
	}
	if origin, ok := attrs.Origin(); ok {
		b = append(append(b, ' '), originName(uint8(origin), ok)...)
	}
	if v, ok := attrs.LocalPref(); ok {
		b = strconv.AppendUint(append(b, " pref "...), uint64(v), 10)
	}
	if v, ok := attrs.MED(); ok {
		b = strconv.AppendUint(append(b, " med "...), uint64(v), 10)
	}
	if _, ok := attrs.Get(bgp.AttrCommunities); ok {
		b = appendMachineCommunities(append(b, " communities "...), attrs)
	}
	return b
}

// pad fills b with spaces up to length n.
func pad(b []byte, n int) []byte {
	for len(b) < n {
		b = append(b, ' ')
	}
	return b
}

func (l *textLines) endOfRIB(it *item, f inet.Family) {
	l.heading(it)
	l.buf = fmt.Appendf(l.buf, "  end of RIB of %s", f)
	l.flush()
}

func (l *textLines) state(it *item, from, to mrt.State) {
	l.heading(it)
	l.buf = fmt.Appendf(l.buf, "  state     %s -> %s", from, to)
	l.flush()
}

func (l *textLines) event(it *item, e *event) {
	l.heading(it)
	b := fmt.Appendf(l.buf, "  %-9s", e.typ)
	for i, m := range e.members {
		if i > 0 {
			b = append(b, ' ')
		}
		b = append(b, ' ')
		if m.name != e.typ { // a notification is said once
			b = append(append(b, m.name...), ' ')
		}
		b = m.appendText(b)
	}
	l.buf = b
	l.flush()
}
