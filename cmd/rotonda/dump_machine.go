package main

import (
	"fmt"
	"io"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

// machineLines prints what bgpdump -m prints, byte for byte, since scripts cut its
// columns. That includes what is odd there: an address shortens one lone group of
// zeros, a missing next hop is 255.255.255.255, an aggregator in AS 0 is shown, bits
// that an UPDATE has behind the prefix length stay (unless its NLRI are broken
// anyway), and the lines of the record type of 1999 lack the column of the
// communities and withdraw the peer's address.
type machineLines struct {
	dumpPrinter
}

func newMachineLines(out io.Writer) *machineLines { return &machineLines{dumpPrinter{out: out}} }

func (l *machineLines) endOfRIB(*item, inet.Family) {}
func (l *machineLines) event(*item, *event)         {}

func (l *machineLines) routes(it *item) {
	if !it.nlri.Family.IsPrefix() {
		return
	}
	attrs := l.canonical(it)
	if it.kind == 'B' || it.broken {
		for id, p := range it.nlri.Prefixes() {
			if it.kind == 'B' {
				id = it.pathID
			}
			l.route(it, id, p, attrs)
		}
		return
	}
	for b := range it.nlri.All() {
		id, nlri := nlriOf(it, b)
		l.route(it, id, prefixOnWire(it.nlri.Family, nlri), attrs)
	}
}

// prefixOnWire returns a good prefix with the bits behind its length.
func prefixOnWire(f inet.Family, nlri []byte) netip.Prefix {
	if f.AFI() == inet.AFIIPv4 {
		var a [4]byte
		copy(a[:], nlri[1:])
		return netip.PrefixFrom(netip.AddrFrom4(a), int(nlri[0]))
	}
	var a [16]byte
	copy(a[:], nlri[1:])
	return netip.PrefixFrom(netip.AddrFrom16(a), int(nlri[0]))
}

func (l *machineLines) state(it *item, from, to mrt.State) {
	l.head(it, "STATE")
	l.buf = strconv.AppendUint(append(l.buf, '|'), uint64(from), 10)
	l.buf = strconv.AppendUint(append(l.buf, '|'), uint64(to), 10)
	l.flush()
}

func (l *machineLines) head(it *item, kind string) {
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
	b = appendOldAddr(b, it.peer)
	l.buf = strconv.AppendUint(append(b, '|'), uint64(it.asn), 10)
}

func (l *machineLines) route(it *item, id uint32, p netip.Prefix, attrs bgp.Attrs) {
	l.head(it, string(rune(it.kind)))
	b := append(l.buf, '|')
	if it.record == recordOld && it.kind == 'W' {
		b = appendOldAddr(b, it.peer)
	} else {
		b = appendOldAddr(b, p.Addr())
	}
	b = strconv.AppendInt(append(b, '/'), int64(p.Bits()), 10)
	if it.hasID {
		b = strconv.AppendUint(append(b, '|'), uint64(id), 10)
	}
	if attrs != nil {
		b = appendMachineAttrs(b, it, attrs)
	}
	l.buf = b
	l.flush()
}

func appendMachineAttrs(b []byte, it *item, attrs bgp.Attrs) []byte {
	b = appendPath(append(b, '|'), attrs.ASPath())
	origin, ok := attrs.Origin()
	b = append(append(b, '|'), originName(uint8(origin), ok)...)
	b = append(b, '|')
	if hop := attrs.NextHop(); hop.IsValid() {
		b = appendOldAddr(b, hop)
	} else {
		b = append(b, "255.255.255.255"...)
	}
	pref, _ := attrs.LocalPref()
	b = strconv.AppendUint(append(b, '|'), uint64(pref), 10)
	med, _ := attrs.MED()
	b = strconv.AppendUint(append(b, '|'), uint64(med), 10)
	if it.record != recordOld {
		b = appendMachineCommunities(append(b, '|'), attrs)
	}
	if _, ok := attrs.Get(bgp.AttrAtomicAggregate); ok {
		b = append(b, "|AG|"...)
	} else {
		b = append(b, "|NAG|"...)
	}
	if a, ok := aggregatorOnWire(it.update, attrs); ok {
		b = strconv.AppendUint(b, uint64(a.ASN), 10)
		b = a.Addr.AppendTo(append(b, ' '))
	}
	return append(b, '|')
}

// aggregatorOnWire returns the aggregator as it was sent: one in AS 0 is not
// among the attributes (RFC 7607 §2).
func aggregatorOnWire(u *bgp.Update, attrs bgp.Attrs) (a bgp.Aggregator, ok bool) {
	if a, ok = attrs.Aggregator(); ok {
		return a, true
	}
	if !u.Discarded(bgp.AttrAggregator) {
		return a, false
	}
	var v []byte
	for raw := range u.RawAttrs() {
		if raw.Code == bgp.AttrAggregator {
			v = raw.Value
		}
	}
	if len(v) != 6 && len(v) != 8 {
		return a, false
	}
	as := v[:len(v)-4]
	for _, octet := range as {
		a.ASN = a.ASN<<8 | inet.ASN(octet)
	}
	a.Addr = netip.AddrFrom4([4]byte(v[len(as):]))
	return a, true
}

func appendMachineCommunities(b []byte, attrs bgp.Attrs) []byte {
	first := true
	for c := range attrs.Communities() {
		if !first {
			b = append(b, ' ')
		}
		first = false
		b = appendCommunity(b, c)
	}
	return b
}

// appendOldAddr prints an IPv6 address as it was done before RFC 5952 §4.2.2: the
// first longest run of zero groups is shortened even when it is a single one.
func appendOldAddr(b []byte, a netip.Addr) []byte {
	if !a.Is6() || a.Is4In6() {
		return a.AppendTo(b)
	}
	raw := a.As16()
	group := func(i int) uint16 { return uint16(raw[2*i])<<8 | uint16(raw[2*i+1]) }
	start, length := -1, 0
	for i := 0; i < 8; {
		j := i
		for j < 8 && group(j) == 0 {
			j++
		}
		if j-i > length {
			start, length = i, j-i
		}
		i = j + 1
	}
	for i := 0; i < 8; i++ {
		if i == start {
			b = append(b, "::"...)
			i += length - 1
			continue
		}
		if i > 0 && i != start+length {
			b = append(b, ':')
		}
		b = strconv.AppendUint(b, uint64(group(i)), 16)
	}
	return b
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

// pathMarks are what bgpdump puts around and between the AS numbers of a segment,
// by its type: sets in braces, confederations in parentheses or brackets.
var pathMarks = [...][3]string{1: {"{", ",", "}"}, 2: {"", " ", ""}, 3: {"(", " ", ")"}, 4: {"[", ",", "]"}}

func appendPath(b []byte, path bgp.ASPath) []byte {
	first := true
	for segment := range path.Segments() {
		mark := pathMarks[2]
		if int(segment.Type) < len(pathMarks) {
			mark = pathMarks[segment.Type]
		}
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
