package main

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/pcap"
)

// pcapWalk shows the BGP and BMP in a packet capture. BGP is what goes to or from
// port 179, or starts with a BGP message; BMP is any other direction that starts with a
// plausible BMP message.
type pcapWalk struct {
	v        visitor
	streams  map[pcap.Flow]*tcpStream
	sessions map[pcap.Flow]*bgpSession // by the flow whose source sorts first
}

// tcpStream is one direction with what is not yet a whole message.
type tcpStream struct {
	flow  pcap.Flow
	kind  streamKind
	buf   []byte
	lost  bool // the start of the next message has to be looked for
	bgp   *bgpSession
	bmp   *bmpFeed
	where int64 // of the packet that came last
	time  int64
}

type streamKind uint8

const (
	kindUnknown streamKind = iota
	kindBGP
	kindBMP
	kindOther
)

const (
	bgpPort = 179
	// undecided is how many bytes of a stream are looked at before it is none of ours.
	undecided = 64
	// maxTCPStreams bounds the directions that are followed at once.
	maxTCPStreams = 1 << 16
)

func walkPcap(src io.Reader, v visitor) {
	w := pcapWalk{v: v, streams: map[pcap.Flow]*tcpStream{}, sessions: map[pcap.Flow]*bgpSession{}}
	r := pcap.NewReader(src)
	var all pcap.Assembler
	for {
		p, err := r.Next()
		if err != nil {
			var place *pcap.Error
			if errors.As(err, &place) {
				v.fault(place.Offset, unplaced(err))
			}
			break
		}
		v.record()
		if s, ok := p.Segment(); ok {
			for c := range all.Add(&p, s) {
				w.chunk(&c)
			}
		}
	}
	for c := range all.Flush() {
		w.chunk(&c)
	}
	w.leftovers()
}

// leftovers names the messages that the capture cuts, in the order of their packets.
func (w *pcapWalk) leftovers() {
	for _, st := range slices.SortedFunc(maps.Values(w.streams), func(a, b *tcpStream) int { return cmp.Compare(a.where, b.where) }) {
		if len(st.buf) > 0 && !st.lost && (st.kind == kindBGP || st.kind == kindBMP) {
			w.v.remark(st.where, fmt.Errorf("%s: the last message is cut after %d bytes", st.flow, len(st.buf)))
		}
	}
}

func (w *pcapWalk) chunk(c *pcap.Chunk) {
	st := w.streams[c.Flow]
	if st == nil || c.Start {
		if len(w.streams) >= maxTCPStreams {
			clear(w.streams)
			clear(w.sessions)
		}
		st = &tcpStream{flow: c.Flow}
		w.streams[c.Flow] = st
	}
	st.where, st.time = c.Offset, c.Time
	if st.kind == kindOther {
		return
	}
	if c.Lost > 0 && st.kind != kindUnknown {
		w.v.remark(c.Offset, fmt.Errorf("%s: %d bytes are missing in the capture", c.Flow, c.Lost))
		st.buf, st.lost = st.buf[:0], true
	}
	st.buf = append(st.buf, c.Bytes...)
	if st.kind == kindUnknown && !w.decide(st) {
		return
	}
	switch st.kind {
	case kindBGP:
		w.readBGP(st)
	case kindBMP:
		w.readBMP(st)
	case kindOther:
		st.buf = nil
	}
}

// decide looks at the start of a stream; false means that more bytes are needed.
func (w *pcapWalk) decide(st *tcpStream) bool {
	b := st.buf
	switch {
	case st.flow.Src.Port() == bgpPort || st.flow.Dst.Port() == bgpPort || plausibleBGP(b):
		st.kind, st.bgp = kindBGP, w.session(st.flow)
		st.lost = len(b) > 0 && b[0] != 0xff
	case plausibleBMP(b):
		st.kind, st.bmp = kindBMP, newBMPFeed(w.v)
		st.bmp.packets = true
	case len(b) < undecided && mayBe(b):
		return false
	default:
		st.kind = kindOther
	}
	return true
}

// mayBe reports whether a start that is too short could still become a message.
func mayBe(b []byte) bool {
	if b[0] == 0xff {
		return len(b) < bgp.HeaderLen && bytes.Equal(b[:min(len(b), 16)], marker[:min(len(b), 16)])
	}
	return len(b) < bmp.HeaderLen && (b[0] == bmp.Version || b[0] == bmp.Version4)
}

var marker = [16]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// plausibleBGP reports whether b starts with a BGP header.
func plausibleBGP(b []byte) bool {
	if len(b) < bgp.HeaderLen || !bytes.HasPrefix(b, marker[:]) {
		return false
	}
	kind := bgp.MsgType(b[18])
	return int(binary.BigEndian.Uint16(b[16:])) >= bgp.HeaderLen && kind >= bgp.MsgOpen && kind <= bgp.MsgRouteRefresh
}

// plausibleBMP reports whether b starts with a BMP message: with a header that
// can be one, and where the type has a peer, one that can be a peer's.
func plausibleBMP(b []byte) bool {
	if len(b) < bmp.HeaderLen || b[0] != bmp.Version && b[0] != bmp.Version4 {
		return false
	}
	size, kind := binary.BigEndian.Uint32(b[1:]), bmp.Type(b[5])
	if size < bmp.HeaderLen || size > bmp.DefaultMax || kind > bmp.RouteMirroring && kind != bmp.Snapshot {
		return false
	}
	if !kind.HasPeer() {
		return true
	}
	return size >= bmp.HeaderLen+bmp.PeerHeaderLen && (len(b) == bmp.HeaderLen || b[bmp.HeaderLen] <= 3)
}

func (w *pcapWalk) readBGP(st *tcpStream) {
	b := st.buf
	for {
		if st.lost {
			at := bytes.Index(b, marker[:])
			if at < 0 {
				b = b[max(0, len(b)-len(marker)+1):]
				break
			}
			b, st.lost = b[at:], false
		}
		if len(b) < bgp.HeaderLen {
			break
		}
		if !bytes.HasPrefix(b, marker[:]) || !plausibleBGP(b) && int(binary.BigEndian.Uint16(b[16:])) < bgp.HeaderLen {
			w.v.fault(st.where, fmt.Errorf("%s: no BGP message: % x", st.flow, b[:bgp.HeaderLen]))
			b, st.lost = b[1:], true
			continue
		}
		n := int(binary.BigEndian.Uint16(b[16:]))
		if len(b) < n {
			break
		}
		st.bgp.message(w.v, st, b[:n])
		b = b[n:]
	}
	st.buf = append(st.buf[:0], b...)
}

func (w *pcapWalk) readBMP(st *tcpStream) {
	b := st.buf
	for {
		if st.lost {
			at := 0
			for at < len(b) && !plausibleBMP(b[at:]) {
				at++
			}
			if b = b[at:]; len(b) == 0 {
				break
			}
			st.lost = false
		}
		n, err := st.bmp.take(b, st.where)
		b = b[n:]
		if err == nil {
			break
		}
		w.v.fault(st.where, fmt.Errorf("%s: %w", st.flow, err))
		b, st.lost = b[1:], true
	}
	st.buf = append(st.buf[:0], b...)
}

// bgpSession is what both directions of a connection know of each other.
type bgpSession struct {
	opens  [2]bgp.Open // of the end that sorts first, and of the other
	have   [2]bool
	ctx    [2]bgp.Ctx // of what each end sends
	narrow bool       // AS numbers turned out to have 2 octets
	update bgp.Update
}

func (w *pcapWalk) session(f pcap.Flow) *bgpSession {
	if sorts(f) == 1 {
		f = f.Reverse()
	}
	s := w.sessions[f]
	if s == nil {
		s = new(bgpSession)
		w.sessions[f] = s
	}
	return s
}

// sorts returns 0 for the direction whose source sorts first, 1 for the other.
func sorts(f pcap.Flow) int {
	if f.Src.Compare(f.Dst) > 0 {
		return 1
	}
	return 0
}

func (s *bgpSession) message(v visitor, st *tcpStream, raw []byte) {
	end := sorts(st.flow)
	kind, body := bgp.MsgType(raw[18]), raw[bgp.HeaderLen:]
	if kind == bgp.MsgOpen {
		s.learn(end, body)
	}
	it := item{offset: st.where, time: st.time, record: recordET, peer: netip.AddrFrom16(st.flow.Src.Addr().As16()).Unmap(), asn: s.opens[end].ASN()}
	v.from(it.peer, it.asn)
	v.message(messageName(uint8(kind)))
	if kind != bgp.MsgUpdate {
		if !v.wantsDetails() {
			return
		}
		e, err := messageEvent(kind, body)
		v.event(&it, e)
		if err != nil {
			v.remark(st.where, fmt.Errorf("%s: %w", st.flow, err))
		}
		return
	}
	s.parse(end, body)
	if err := showUpdate(v, &it, &s.update); err != nil {
		v.remark(st.where, err)
	}
}

// learn keeps an OPEN. A new session on the same ports begins with two new ones.
func (s *bgpSession) learn(end int, body []byte) {
	open, err := bgp.ParseOpen(bytes.Clone(body))
	if err != nil && len(open.Caps) == 0 && !open.ID.IsValid() {
		return
	}
	s.opens[end], s.have[end] = open, true
	if s.have[0] && s.have[1] {
		s.ctx[1], s.ctx[0] = bgp.Negotiate(s.opens[0], s.opens[1])
		for i := range s.ctx {
			s.ctx[i].Monitor = true
			s.ctx[i].MaxLen = bgp.MaxExtMessage
			s.ctx[i].Labels = bgp.MonitorCtx(true).Labels
		}
	}
}

// parse reads an UPDATE. Without both OPENs the width of AS numbers and the path
// identifiers are found by trying; [bgp.Update.Guessed] says so.
func (s *bgpSession) parse(end int, body []byte) {
	u := &s.update
	if s.have[0] && s.have[1] {
		bgp.ParseUpdate(u, body, s.ctx[end])
		return
	}
	ctx := bgp.MonitorCtx(!s.narrow)
	ctx.AddPathUnknown = true
	bgp.ParseUpdate(u, body, ctx)
	if u.Guessed()&bgp.GuessASNWidth != 0 {
		s.narrow = !s.narrow
	}
}
