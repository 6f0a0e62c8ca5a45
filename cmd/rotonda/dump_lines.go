package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
)

// lines prints each route: as JSON, or as bgpdump -m does.
type lines struct {
	faultList
	out    io.Writer
	json   bool
	broken error // of out
	buf    []byte
	attrs  []byte
}

func newLines(out io.Writer, asJSON bool) *lines { return &lines{out: out, json: asJSON} }

func (l *lines) opened(format, compress.Format) {}
func (l *lines) wantsAttributes() bool          { return true }
func (l *lines) record()                        {}
func (l *lines) from(netip.Addr, inet.ASN)      {}
func (l *lines) message(string)                 {}

func (l *lines) flush() {
	l.buf = append(l.buf, '\n')
	if _, err := l.out.Write(l.buf); err != nil && l.broken == nil {
		l.broken = err
	}
}

// canonical returns the attributes of the item's family.
func (l *lines) canonical(it *item) bgp.Attrs {
	if it.update == nil || it.kind == 'W' {
		return nil
	}
	l.attrs = it.update.AppendAttrs(l.attrs[:0], it.nlri.Family)
	return bgp.Attrs(l.attrs)
}

func (l *lines) routes(it *item) {
	attrs := l.canonical(it)
	if !it.nlri.Family.IsPrefix() {
		for range it.nlri.All() {
			l.route(it, 0, netip.Prefix{}, attrs)
		}
		return
	}
	for id, p := range it.nlri.Prefixes() {
		if it.kind == 'B' {
			id = it.pathID
		}
		l.route(it, id, p, attrs)
	}
}

func (l *lines) route(it *item, id uint32, p netip.Prefix, attrs bgp.Attrs) {
	if l.json {
		l.jsonRoute(it, id, p, attrs)
		return
	}
	if p.IsValid() {
		l.machineRoute(it, id, p, attrs)
	}
}

func (l *lines) jsonRoute(it *item, id uint32, p netip.Prefix, attrs bgp.Attrs) {
	l.head(it, map[byte]string{'B': "rib", 'A': "announce", 'W': "withdraw"}[it.kind])
	b := append(l.buf, `,"family":`...)
	b = strconv.AppendQuote(b, it.nlri.Family.String())
	if p.IsValid() {
		b = append(b, `,"prefix":"`...)
		b = p.AppendTo(b)
		b = append(b, '"')
	}
	if it.hasID {
		b = append(b, `,"pathId":`...)
		b = strconv.AppendUint(b, uint64(id), 10)
	}
	if attrs != nil {
		b = append(b, `,"attributes":`...)
		b = attrs.AppendJSON(b, it.nlri.Family)
	}
	l.buf = append(b, '}')
	l.flush()
}

// head starts a JSON object with what every line has.
func (l *lines) head(it *item, typ string) {
	b := append(l.buf[:0], `{"type":"`...)
	b = append(b, typ...)
	b = append(b, '"')
	if it.time != 0 {
		b = append(b, `,"received":"`...)
		b = time.UnixMicro(it.time).UTC().AppendFormat(b, time.RFC3339Nano)
		b = append(b, '"')
	}
	b = append(b, `,"peerAsn":`...)
	b = strconv.AppendUint(b, uint64(it.asn), 10)
	b = append(b, `,"peerAddress":"`...)
	b = it.peer.AppendTo(b)
	b = append(b, '"')
	if it.view != "" {
		b = append(b, `,"view":"`...)
		b = append(b, it.view...)
		b = append(b, '"')
	}
	l.buf = b
}

func (l *lines) endOfRIB(it *item, f inet.Family) {
	if !l.json {
		return
	}
	l.head(it, "endOfRib")
	l.buf = append(append(append(l.buf, `,"family":"`...), f.String()...), `"}`...)
	l.flush()
}

func (l *lines) state(it *item, from, to mrt.State) {
	if l.json {
		l.head(it, "state")
		names, err := json.Marshal([2]string{from.String(), to.String()})
		if err == nil {
			l.buf = append(append(append(l.buf, `,"states":`...), names...), '}')
			l.flush()
		}
		return
	}
	l.machineHead(it, "STATE")
	l.buf = strconv.AppendUint(append(l.buf, '|'), uint64(from), 10)
	l.buf = strconv.AppendUint(append(l.buf, '|'), uint64(to), 10)
	l.flush()
}

// machineHead starts a line in the format of bgpdump -m.
func (l *lines) machineHead(it *item, kind string) {
	b := append(l.buf[:0], it.record...)
	if it.hasID {
		b = append(b, "_AP"...)
	}
	b = append(b, '|')
	b = strconv.AppendInt(b, it.time/1e6, 10)
	if it.record == recordET {
		b = fmt.Appendf(b, ".%06d", it.time%1e6)
	}
	b = append(append(append(b, '|'), kind...), '|')
	b = it.peer.AppendTo(b)
	l.buf = strconv.AppendUint(append(b, '|'), uint64(it.asn), 10)
}

func (l *lines) machineRoute(it *item, id uint32, p netip.Prefix, attrs bgp.Attrs) {
	l.machineHead(it, string(rune(it.kind)))
	b := p.AppendTo(append(l.buf, '|'))
	if it.hasID {
		b = strconv.AppendUint(append(b, '|'), uint64(id), 10)
	}
	if attrs == nil {
		l.buf = b
		l.flush()
		return
	}
	b = appendPath(append(b, '|'), attrs.ASPath())
	origin, ok := attrs.Origin()
	b = append(append(b, '|'), originName(uint8(origin), ok)...)
	b = append(b, '|')
	if hop := attrs.NextHop(); hop.IsValid() {
		b = hop.AppendTo(b)
	}
	pref, _ := attrs.LocalPref()
	b = strconv.AppendUint(append(b, '|'), uint64(pref), 10)
	med, _ := attrs.MED()
	b = strconv.AppendUint(append(b, '|'), uint64(med), 10)
	b = append(b, '|')
	first := true
	for c := range attrs.Communities() {
		if !first {
			b = append(b, ' ')
		}
		first = false
		b = appendCommunity(b, c)
	}
	if _, ok := attrs.Get(bgp.AttrAtomicAggregate); ok {
		b = append(b, "|AG|"...)
	} else {
		b = append(b, "|NAG|"...)
	}
	if a, ok := attrs.Aggregator(); ok {
		b = strconv.AppendUint(b, uint64(a.ASN), 10)
		b = a.Addr.AppendTo(append(b, ' '))
	}
	l.buf = append(b, '|')
	l.flush()
}

func originName(origin uint8, ok bool) string {
	names := [...]string{"IGP", "EGP", "INCOMPLETE"}
	if !ok || int(origin) >= len(names) {
		return "INCOMPLETE"
	}
	return names[origin]
}

// appendCommunity prints the well-known communities as bgpdump does.
func appendCommunity(b []byte, c bgp.Community) []byte {
	switch c {
	case 0xffffff01:
		return append(b, "no-export"...)
	case 0xffffff02:
		return append(b, "no-advertise"...)
	case 0xffffff03:
		return append(b, "local-AS"...)
	}
	b = strconv.AppendUint(b, uint64(c>>16), 10)
	return strconv.AppendUint(append(b, ':'), uint64(c&0xffff), 10)
}

// appendPath prints a path as bgpdump does: sets in braces, confederation
// segments in parentheses or brackets.
func appendPath(b []byte, path bgp.ASPath) []byte {
	marks := map[uint8][3]string{1: {"{", ",", "}"}, 2: {"", " ", ""}, 3: {"(", " ", ")"}, 4: {"[", ",", "]"}}
	first := true
	for segment := range path.Segments() {
		mark := marks[uint8(segment.Type)]
		if !first {
			b = append(b, ' ')
		}
		first = false
		b = append(b, mark[0]...)
		for i := range segment.ASNs.Len() {
			if i > 0 {
				b = append(b, mark[1]...)
			}
			b = strconv.AppendUint(b, uint64(segment.ASNs.At(i)), 10)
		}
		b = append(b, mark[2]...)
	}
	return b
}
