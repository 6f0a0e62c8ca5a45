package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
)

// format is what a stream holds, found by its first octets.
type format string

const (
	formatMRT     format = "mrt"
	formatBMP     format = "bmp"
	formatPcap    format = "pcap"
	formatEmpty   format = "empty"
	formatUnknown format = "unknown"
)

func detect(head []byte) format {
	if len(head) == 0 {
		return formatEmpty
	}
	if len(head) >= 6 && (head[0] == 3 || head[0] == 4) && head[1] == 0 {
		return formatBMP
	}
	if len(head) >= 4 {
		switch binary.BigEndian.Uint32(head) {
		case 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0x0a0d0d0a:
			return formatPcap
		}
	}
	if len(head) >= 12 && head[4] == 0 && head[5] <= 64 && binary.BigEndian.Uint32(head[8:]) <= mrt.MaxRecord {
		return formatMRT
	}
	return formatUnknown
}

// item is what a visitor learns about a run of routes or a change of state.
type item struct {
	offset int64
	time   int64  // Unix microseconds, 0 unknown
	record string // as bgpdump calls it: TABLE_DUMP, TABLE_DUMP2, BGP4MP; or BMP
	peer   netip.Addr
	asn    inet.ASN
	view   string
	kind   byte // 'B' in a RIB, 'A' announced, 'W' withdrawn
	nlri   bgp.NLRI
	pathID uint32
	hasID  bool
	// update has the attributes; not set for withdrawals, nor where the visitor does
	// not want them.
	update *bgp.Update
}

// visitor is told what a stream holds, in order.
type visitor interface {
	opened(f format, c compress.Format)
	// wantsAttributes tells whether RIB entries need their attributes read.
	wantsAttributes() bool
	record()
	from(peer netip.Addr, asn inet.ASN) // sent a record, or holds a RIB entry
	message(name string)
	routes(it *item)
	endOfRIB(it *item, f inet.Family)
	state(it *item, from, to mrt.State)
	fault(offset int64, err error)
}

type mrtWalk struct {
	v        visitor
	it       item
	update   bgp.Update
	peers    []mrt.Peer
	sessions mrt.Sessions
}

func walkMRT(src io.Reader, v visitor) {
	w := mrtWalk{v: v}
	r := mrt.NewReader(src)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			var place *mrt.Error
			if errors.As(err, &place) {
				v.fault(place.Offset, err)
			}
			return
		}
		v.record()
		w.it = item{offset: rec.Offset, time: rec.Time}
		if err := w.one(&rec); err != nil {
			v.fault(rec.Offset, err)
		}
	}
}

func (w *mrtWalk) one(rec *mrt.Record) error {
	switch {
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.PeerIndexTable:
		index, err := mrt.ParsePeerIndex(rec.Body)
		w.peers = index.Peers
		return err
	case rec.IsRIB():
		return w.rib(rec)
	case rec.Type == mrt.TypeTableDump:
		return w.tableDump(rec)
	case rec.IsMessage():
		return w.log(rec)
	case rec.IsStateChange():
		s, err := mrt.ParseStateChange(rec)
		if err == nil {
			w.it.record, w.it.peer, w.it.asn = logRecord(rec), s.Peer, s.PeerAS
			w.v.from(s.Peer, s.PeerAS)
			w.v.state(&w.it, s.Old, s.New)
		}
		return err
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.GeoPeerTable:
		return nil
	}
	return fmt.Errorf("skipped a record of %s, subtype %d", rec.Type, rec.Subtype)
}

func (w *mrtWalk) rib(rec *mrt.Record) error {
	rib, err := mrt.ParseRIB(rec)
	if err != nil {
		return err
	}
	it := &w.it
	it.record, it.kind = "TABLE_DUMP2", 'B'
	it.nlri = bgp.NLRI{Family: rib.Family, Bytes: rib.NLRI}
	it.hasID = rib.AddPath
	for e := (mrt.RIBEntry{}); rib.Next(&e); {
		it.peer, it.asn = netip.Addr{}, 0
		if int(e.Peer) < len(w.peers) {
			p := &w.peers[e.Peer]
			it.peer, it.asn = p.Addr, p.ASN
			w.v.from(p.Addr, p.ASN)
		} else {
			w.v.fault(rec.Offset, fmt.Errorf("peer %d is not among the %d of the peer index table", e.Peer, len(w.peers)))
		}
		it.pathID = e.PathID
		if w.v.wantsAttributes() {
			bgp.ParseAttributes(&w.update, e.Attrs, bgp.MonitorCtx(true), rib.Family, bgp.FormTableDumpV2)
			it.update = &w.update
		}
		w.v.routes(it)
	}
	return rib.Err()
}

func (w *mrtWalk) tableDump(rec *mrt.Record) error {
	it := &w.it
	it.record, it.kind = "TABLE_DUMP", 'B'
	for body := rec.Body; len(body) > 0; {
		d, rest, err := mrt.ParseTableDump(rec.Subtype, body)
		if err != nil {
			return err
		}
		body = rest
		it.peer, it.asn = d.Peer, d.PeerASN
		w.v.from(d.Peer, d.PeerASN)
		var room [17]byte
		it.nlri = bgp.NLRI{Family: d.Family, Bytes: inet.AppendPrefix(room[:0], d.Prefix)}
		if w.v.wantsAttributes() {
			bgp.ParseAttributes(&w.update, d.Attrs, bgp.MonitorCtx(d.AS4), d.Family, bgp.FormUpdate)
			it.update = &w.update
		}
		w.v.routes(it)
	}
	return nil
}

func (w *mrtWalk) log(rec *mrt.Record) error {
	m, err := mrt.ParseMessage(rec)
	if err != nil {
		return err
	}
	w.it.record, w.it.peer, w.it.asn = logRecord(rec), m.Peer, m.PeerAS
	w.v.from(m.Peer, m.PeerAS)
	w.v.message(messageName(m.Kind))
	if bgp.MsgType(m.Kind) != bgp.MsgUpdate {
		w.sessions.Learn(&m)
		return nil
	}
	w.sessions.ParseUpdate(&w.update, &m)
	return showUpdate(w.v, &w.it, &w.update)
}

// recordET is the record with microseconds.
const recordET = "BGP4MP_ET"

func logRecord(rec *mrt.Record) string {
	if rec.Type == mrt.TypeBGP4MPET {
		return recordET
	}
	return "BGP4MP"
}

func messageName(kind uint8) string {
	if t := bgp.MsgType(kind); t >= bgp.MsgOpen && t <= bgp.MsgRouteRefresh {
		return t.String()
	}
	return strconv.Itoa(int(kind))
}

// showUpdate shows the runs of an UPDATE, also those of a faulty one: what was
// on the wire counts.
func showUpdate(v visitor, it *item, u *bgp.Update) error {
	if f, ok := u.EndOfRIB(); ok {
		v.endOfRIB(it, f)
		return nil
	}
	show := func(kind byte, n bgp.NLRI, u *bgp.Update) {
		if len(n.Bytes) > 0 {
			it.kind, it.nlri, it.hasID, it.update = kind, n, n.AddPath, u
			v.routes(it)
		}
	}
	show('W', u.Withdrawn(), nil)
	if n, ok := u.MPUnreach(); ok {
		show('W', n, nil)
	}
	show('A', u.Announced(), u)
	if n, ok := u.MPReach(); ok {
		show('A', n, u)
	} else if n, ok := reachBehindNextHop(u); ok {
		show('A', n, u)
	}
	if u.Verdict.Action >= bgp.TreatAsWithdraw {
		return fmt.Errorf("UPDATE from %s: %s: %s (%s)", it.peer, u.Verdict.Action, u.Verdict.Text(), u.Verdict.RFC())
	}
	return nil
}

// reachBehindNextHop finds the NLRI of an MP_REACH_NLRI whose next hop has a
// length that its family does not have: routers send none for routes of their own
// in a Loc-RIB. They were announced, so they count.
func reachBehindNextHop(u *bgp.Update) (bgp.NLRI, bool) {
	v, ok := u.Get(bgp.AttrMPReach)
	if !ok || u.Verdict.Fault != bgp.FaultNextHop || len(v) < 5 || len(v) < 5+int(v[3]) {
		return bgp.NLRI{}, false
	}
	f := inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(v)), inet.SAFI(v[2]))
	return bgp.NLRI{Family: f, Bytes: v[5+int(v[3]):]}, true
}

func walkBMP(src io.Reader, v visitor) {
	station := bmp.NewStation()
	var actions []bmp.Action
	buf := make([]byte, 64<<10)
	at, end, offset := 0, 0, int64(0)
	for {
		m, n, err := bmp.ReadMessage(buf[at:end], bmp.DefaultMax)
		if err != nil {
			v.fault(offset, err)
			return
		}
		if n > 0 {
			actions = showBMP(v, station, actions[:0], m, offset)
			at, offset = at+n, offset+int64(n)
			continue
		}
		end = copy(buf, buf[at:end])
		at = 0
		if want := bmp.Wanted(buf[:end]); want > len(buf) {
			buf = append(buf[:end], make([]byte, want)...)
		}
		n, err = src.Read(buf[end:])
		end += n
		if n == 0 && err != nil {
			if err != io.EOF {
				v.fault(offset, err)
			} else if end > 0 {
				v.fault(offset, fmt.Errorf("the message is cut after %d bytes", end))
			}
			return
		}
	}
}

func showBMP(v visitor, station *bmp.Station, actions []bmp.Action, m bmp.Message, offset int64) []bmp.Action {
	v.record()
	v.message(m.Type.String())
	if m.Type.HasPeer() {
		if h, _, err := bmp.ParsePeerHeader(m.Body()); err == nil {
			v.from(h.Addr, h.ASN)
		}
	}
	actions = station.Step(actions, m)
	for i := range actions {
		a := &actions[i]
		switch a.Kind {
		case bmp.ActRoutes:
			h := &a.Peer.Header
			it := item{offset: offset, time: a.Time, record: "BMP", peer: h.Addr, asn: h.ASN, view: a.View.View.String()}
			if err := showUpdate(v, &it, a.Update); err != nil {
				v.fault(offset, err)
			}
		case bmp.ActInvalid:
			v.fault(offset, a.Err)
		}
	}
	return actions
}
