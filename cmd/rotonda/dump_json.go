package main

import (
	"encoding/json"
	"io"
	"net/netip"
	"strconv"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

// jsonLines prints an object a line: routes and everything else that was said.
type jsonLines struct {
	dumpPrinter
}

func newJSONLines(out io.Writer) *jsonLines { return &jsonLines{dumpPrinter{out: out}} }

func kindName(kind byte) string {
	switch kind {
	case 'B':
		return "rib"
	case 'A':
		return "announce"
	}
	return "withdraw"
}

func (l *jsonLines) routes(it *item) {
	attrs, at := l.canonical(it), 0
	if it.nlri.Family.IsPrefix() {
		for id, p := range it.nlri.Prefixes() {
			if it.kind == 'B' {
				id = it.pathID
			}
			l.route(it, at, id, p, nil, attrs)
			at++
		}
		return
	}
	for b := range it.nlri.All() {
		id, nlri := nlriOf(it, b)
		l.route(it, at, id, netip.Prefix{}, nlri, attrs)
		at++
	}
}

// route prints the NLRI at place at of the item's run.
func (l *jsonLines) route(it *item, at int, id uint32, p netip.Prefix, nlri []byte, attrs bgp.Attrs) {
	l.head(it, kindName(it.kind))
	b := append(l.buf, `,"family":`...)
	b = strconv.AppendQuote(b, it.nlri.Family.String())
	if p.IsValid() {
		b = append(b, `,"prefix":"`...)
		b = p.AppendTo(b)
		b = append(b, '"')
	} else {
		b = it.nlri.AppendJSON(append(b, `,"nlri":`...), nlri)
	}
	if it.hasID {
		b = append(b, `,"pathId":`...)
		b = strconv.AppendUint(b, uint64(id), 10)
	}
	if it.originated != 0 {
		b = append(b, `,"originated":"`...)
		b = time.UnixMicro(it.originated).UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	if attrs != nil {
		b = append(b, `,"attributes":`...)
		b = attrs.AppendJSON(b, it.nlri.Family)
	}
	if m, ok := it.marking(it.nlri, at); ok {
		b = appendMarking(append(b, `,"pathMarking":`...), m)
	}
	if guess := guessText(it.update); guess != "" {
		b = append(append(append(b, `,"guessed":"`...), guess...), '"')
	}
	l.buf = append(b, '}')
	l.flush()
}

// appendMarking appends what the router made of a path.
func appendMarking(b []byte, m bmp.PathMarking) []byte {
	b = append(b, `{"status":[`...)
	for i, name := range m.Status.Names() {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendQuote(b, name)
	}
	b = append(b, ']')
	if m.HasReason {
		b = strconv.AppendQuote(append(b, `,"reason":`...), bmp.PathReasons.Name(m.Reason))
	}
	return append(b, '}')
}

// guessText says what the parser had to guess about an UPDATE, "" for nothing.
func guessText(u *bgp.Update) string {
	if u == nil {
		return ""
	}
	switch u.Guessed() & (bgp.GuessAddPath | bgp.GuessASNWidth) {
	case bgp.GuessAddPath:
		return "pathId"
	case bgp.GuessASNWidth:
		return "asnWidth"
	case bgp.GuessAddPath | bgp.GuessASNWidth:
		return "pathId asnWidth"
	}
	return ""
}

// head starts an object with what every line has.
func (l *jsonLines) head(it *item, typ string) {
	b := append(l.buf[:0], `{"type":"`...)
	b = append(b, typ...)
	b = append(b, '"')
	if it.time != 0 {
		b = append(b, `,"received":"`...)
		b = time.UnixMicro(it.time).UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	if it.peer.IsValid() {
		b = append(b, `,"peerAsn":`...)
		b = strconv.AppendUint(b, uint64(it.asn), 10)
		b = append(b, `,"peerAddress":"`...)
		b = it.peer.AppendTo(b)
		b = append(b, '"')
	}
	if it.view != "" {
		b = append(b, `,"view":"`...)
		b = append(b, it.view...)
		b = append(append(append(b, `","peerType":"`...), it.peerType...), '"')
	}
	if it.rd != (inet.RD{}) {
		b = append(b, `,"distinguisher":"`...)
		b = append(append(b, it.rd.String()...), '"')
	}
	if it.table != "" {
		table, _ := json.Marshal(it.table)
		b = append(append(b, `,"table":`...), table...)
	}
	if it.sent {
		b = append(b, `,"sent":true`...)
	}
	l.buf = b
}

func (l *jsonLines) endOfRIB(it *item, f inet.Family) {
	l.head(it, "endOfRib")
	l.buf = append(append(append(l.buf, `,"family":"`...), f.String()...), `"}`...)
	l.flush()
}

func (l *jsonLines) state(it *item, from, to mrt.State) {
	l.event(it, &event{typ: "state", members: []member{{"states", [2]string{from.String(), to.String()}}}})
}

func (l *jsonLines) event(it *item, e *event) {
	l.head(it, e.typ)
	for _, m := range e.members {
		l.buf = m.appendJSON(append(append(append(l.buf, `,"`...), m.name...), `":`...))
	}
	l.buf = append(l.buf, '}')
	l.flush()
}
