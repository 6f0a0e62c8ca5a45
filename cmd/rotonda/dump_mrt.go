package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"slices"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/pcap"
)

type mrtWalk struct {
	v        visitor
	it       item
	update   bgp.Update
	peers    []mrt.Peer
	sessions mrt.Sessions
	attrs    []byte
	doubted  map[mrt.Session]bool
	skipped  map[recordKind]int
}

// recordKind is a type and a subtype.
type recordKind struct{ typ, subtype uint16 }

// maxKinds bounds the kinds of records whose number is kept.
const maxKinds = 1000

func walkMRT(src io.Reader, v visitor) {
	w := mrtWalk{v: v}
	r := mrt.NewReader(src)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if err := passOver(r, v, err); err != nil {
				break
			}
			continue
		}
		v.record()
		w.it = item{offset: rec.Offset, time: rec.Time}
		if err := w.one(&rec); err != nil {
			v.fault(rec.Offset, err)
		}
	}
	w.countSkipped()
}

// skip remarks the first record of a kind that is not read; the others are counted.
func (w *mrtWalk) skip(rec *mrt.Record) {
	kind := recordKind{uint16(rec.Type), rec.Subtype}
	if w.skipped == nil {
		w.skipped = map[recordKind]int{}
	}
	if w.skipped[kind] > 0 || len(w.skipped) < maxKinds {
		w.skipped[kind]++
	}
	if w.skipped[kind] <= 1 {
		w.v.remark(rec.Offset, fmt.Errorf("skipped a record of %s, subtype %d", rec.Type, rec.Subtype))
	}
}

// countSkipped remarks how many records were skipped of each kind, unless it was one.
func (w *mrtWalk) countSkipped() {
	for _, kind := range slices.SortedFunc(maps.Keys(w.skipped), func(a, b recordKind) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), cmp.Compare(a.subtype, b.subtype))
	}) {
		if n := w.skipped[kind]; n > 1 {
			w.v.remark(-1, fmt.Errorf("skipped %d records of %s, subtype %d", n, mrt.Type(kind.typ), kind.subtype))
		}
	}
}

// unplaced takes the place off an error that is printed behind it.
func unplaced(err error) error {
	var inMRT *mrt.Error
	if errors.As(err, &inMRT) {
		return because(inMRT.Text, inMRT.Err)
	}
	var inPcap *pcap.Error
	if errors.As(err, &inPcap) {
		return because(inPcap.Text, inPcap.Err)
	}
	return err
}

func because(text string, cause error) error {
	if cause == nil {
		return errors.New(text)
	}
	return fmt.Errorf("%s: %w", text, cause)
}

// passOver reports damage and looks for the next record behind it.
func passOver(r *mrt.Reader, v visitor, damage error) error {
	at := r.Offset()
	var place *mrt.Error
	if errors.As(damage, &place) {
		at = place.Offset
	}
	v.fault(at, unplaced(damage))
	passed, err := r.Resync()
	if err == nil {
		v.remark(at, fmt.Errorf("went on %d bytes further, at offset %d", passed, r.Offset()))
	}
	return err
}

func (w *mrtWalk) one(rec *mrt.Record) error {
	switch {
	case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.PeerIndexTable:
		return w.peerIndex(rec)
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
		return w.geoPeers(rec)
	case rec.IsEntry():
		return w.entry(rec)
	case rec.IsSnapshot():
		s, err := mrt.ParseSnapshot(rec)
		if err == nil {
			w.it.record = logRecord(rec)
			w.event("snapshot", member{"view", s.View}, member{"file", s.File})
		}
		return err
	}
	w.skip(rec)
	return nil
}

func (w *mrtWalk) event(typ string, members ...member) {
	if w.v.wantsDetails() {
		w.v.event(&w.it, &event{typ, members})
	}
}

func (w *mrtWalk) peerIndex(rec *mrt.Record) error {
	index, err := mrt.ParsePeerIndex(rec.Body)
	w.peers = index.Peers
	w.it.record = "TABLE_DUMP2"
	w.event("peerIndex", member{"collector", index.Collector}, member{"view", index.View}, member{"peers", len(index.Peers)})
	return err
}

// geoPeers shows where collector and peers are; a place that is withheld is left out.
func (w *mrtWalk) geoPeers(rec *mrt.Record) error {
	g, err := mrt.ParseGeoPeers(rec.Body)
	w.it.record = "TABLE_DUMP2"
	members := []member{{"collector", g.Collector}, {"view", g.View}}
	w.event("geoCollector", append(members, place(g.Position)...)...)
	for i, p := range g.Peers {
		members := []member{{"id", p.ID}}
		if i < len(w.peers) {
			w.it.peer, w.it.asn = w.peers[i].Addr, w.peers[i].ASN
		}
		w.event("geoPeer", append(members, place(p.Position)...)...)
	}
	return err
}

func place(p mrt.Position) []member {
	if !p.Known() {
		return nil
	}
	return []member{{"latitude", p.Latitude}, {"longitude", p.Longitude}}
}

// entry shows a route of a RIB in the form of the drafts before RFC 6396.
func (w *mrtWalk) entry(rec *mrt.Record) error {
	e, err := mrt.ParseEntry(rec)
	if err != nil {
		return err
	}
	it := &w.it
	it.record, it.kind, it.peer, it.asn, it.originated = logRecord(rec), 'B', e.Peer, e.PeerAS, e.Originated
	it.nlri = bgp.NLRI{Family: e.Family, Bytes: e.NLRI}
	w.v.from(e.Peer, e.PeerAS)
	if w.v.wantsDetails() {
		w.attrs = appendEntryAttrs(w.attrs[:0], &e)
		bgp.ParseAttributes(&w.update, w.attrs, bgp.MonitorCtx(false), e.Family, bgp.FormTableDumpV2)
		it.update = &w.update
	}
	w.v.routes(it)
	return nil
}

// appendEntryAttrs appends the attributes of an entry with its next hop, which has a
// place of its own there, as the short MP_REACH_NLRI of TABLE_DUMP_V2.
func appendEntryAttrs(dst []byte, e *mrt.EntryRecord) []byte {
	const flags, nextHop, mpReach = 0x80, uint8(bgp.AttrNextHop), uint8(bgp.AttrMPReach)
	dst = append(dst, e.Attrs...)
	if e.Family == inet.IPv4Unicast && len(e.NextHop) == 4 {
		return append(append(dst, 0x40, nextHop, 4), e.NextHop...)
	}
	return append(append(dst, flags, mpReach, byte(1+len(e.NextHop)), byte(len(e.NextHop))), e.NextHop...)
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
		it.pathID, it.originated = e.PathID, e.Originated
		if w.v.wantsDetails() {
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
		it.peer, it.asn, it.originated = d.Peer, d.PeerASN, d.Originated
		w.v.from(d.Peer, d.PeerASN)
		var room [17]byte
		it.nlri = bgp.NLRI{Family: d.Family, Bytes: inet.AppendPrefix(room[:0], d.Prefix)}
		if w.v.wantsDetails() {
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
	w.it.record, w.it.peer, w.it.asn, w.it.sent = logRecord(rec), m.Peer, m.PeerAS, m.Sent
	w.v.from(m.Peer, m.PeerAS)
	w.v.message(messageName(m.Kind))
	if bgp.MsgType(m.Kind) != bgp.MsgUpdate {
		w.sessions.Learn(&m)
		if !w.v.wantsDetails() {
			return nil
		}
		e, err := messageEvent(bgp.MsgType(m.Kind), m.Body)
		w.v.event(&w.it, e)
		return err
	}
	w.sessions.ParseUpdate(&w.update, &m)
	w.doubt(rec, &m)
	if err := showUpdate(w.v, &w.it, &w.update); err != nil {
		w.v.remark(rec.Offset, err)
	}
	return nil
}

// The records with microseconds, and of 1999.
const (
	recordET  = "BGP4MP_ET"
	recordOld = "BGP"
)

func logRecord(rec *mrt.Record) string {
	switch rec.Type {
	case mrt.TypeBGP4MPET:
		return recordET
	case mrt.TypeBGP:
		return recordOld
	}
	return "BGP4MP"
}

func messageName(kind uint8) string {
	if t := bgp.MsgType(kind); t >= bgp.MsgOpen && t <= bgp.MsgRouteRefresh {
		return t.String()
	}
	return strconv.Itoa(int(kind))
}

// doubt remarks, once a session, that an UPDATE reads as its record says, but would
// read with path identifiers, too, and better.
func (w *mrtWalk) doubt(rec *mrt.Record, m *mrt.Message) {
	if m.AddPath || !mrt.Doubtful(&w.update) || w.doubted[m.Session] {
		return
	}
	sessions := mrt.Sessions{Guess: true}
	var other bgp.Update
	if sessions.ParseUpdate(&other, m); other.Guessed()&bgp.GuessAddPath == 0 {
		return
	}
	if w.doubted == nil {
		w.doubted = map[mrt.Session]bool{}
	}
	w.doubted[m.Session] = true
	w.v.remark(rec.Offset, fmt.Errorf("UPDATEs from %s have the default route again and again: they may hold path identifiers, which their record type denies", m.Peer))
}
