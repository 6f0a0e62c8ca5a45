package main

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

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
