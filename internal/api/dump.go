package api

import (
	"math"
	"net/http"
	"net/netip"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/store"
)

// dump answers with TABLE_DUMP_V2 (RFC 6396 §4.3): one PEER_INDEX_TABLE, then a
// record for each prefix, or two where some of its routes have path identifiers
// and some have none (RFC 8050).
//
// The table of peers comes first in the file, so it is that of the register when
// the answer begins. Its last peer, AS 0 with no address, stands for those that
// came later or are forgotten. The register knows no BGP identifiers; they are
// 0.0.0.0.
type dump struct {
	*search
	time     int64 // of all records, Unix microseconds
	peers    map[uint32]uint16
	nobody   uint16
	out      []byte // the part of the answer being built
	w        *mrt.Writer
	sequence uint32
	prefix   store.Entry       // whose routes are gathered; its Prefix and Family count
	entries  [2][]mrt.RIBEntry // without and with path identifiers
	attrs    []byte            // of entries, end to end
	err      error             // of the first record that could not be written
}

// Write takes a record from the MRT writer into the part.
func (d *dump) Write(b []byte) (int, error) {
	d.out = append(d.out, b...)
	return len(b), nil
}

// newDump chooses the peers of the answer: those of the register that the query
// does not leave out.
func (a *API) newDump(s *search) (*dump, mrt.PeerIndex, *Problem) {
	d := &dump{search: s, time: a.opt.Now().UnixMicro(), peers: map[uint32]uint16{}}
	d.w = mrt.NewWriter(d)
	var index mrt.PeerIndex
	wanted := s.ingress()
	for i := range a.opt.Ingress.All() {
		if !sends(i) || wanted != nil && !wanted(uint32(i.ID)) {
			continue
		}
		if len(index.Peers) == math.MaxUint16-1 {
			return nil, index, wrong("format", "choose routes of fewer peers, with router or view", "there are more peers than the 65535 of an MRT file")
		}
		d.peers[uint32(i.ID)] = uint16(len(index.Peers))
		index.Peers = append(index.Peers, mrt.Peer{Addr: mrtAddr(i), ASN: i.ASN})
	}
	d.nobody = uint16(len(index.Peers))
	index.Peers = append(index.Peers, mrt.Peer{Addr: mrtAddr(&ingress.Info{})})
	return d, index, nil
}

// sends reports whether an ingress can be the peer of a route.
func sends(i *ingress.Info) bool {
	switch i.Kind {
	case ingress.KindBMP, ingress.KindRTR, ingress.KindBGPOut:
		return false
	case ingress.KindMRT:
		return i.Parent != 0 // else it is the file
	}
	return true
}

// mrtAddr is 0.0.0.0 for a peer without an address, such as a Loc-RIB.
func mrtAddr(i *ingress.Info) netip.Addr {
	if !i.Addr.IsValid() {
		return netip.IPv4Unspecified()
	}
	return i.Addr
}

// row gathers a route, and appends the records of the prefix before it when it
// is the first of another.
func (d *dump) row(dst []byte, e store.Entry) []byte {
	d.out = dst
	if e.Prefix != d.prefix.Prefix || e.Family != d.prefix.Family {
		d.finish()
		d.prefix = e
	}
	peer, ok := d.peers[e.Ingress]
	if !ok {
		peer = d.nobody
	}
	kind := 0
	if e.HasPathID {
		kind = 1
	}
	if len(d.entries[kind]) == math.MaxUint16 {
		d.finish()
	}
	from := len(d.attrs)
	d.attrs = d.shown(e.Attrs).AppendWire(d.attrs, e.Family, bgp.MonitorCtx(true), bgp.FormTableDumpV2, nil)
	d.entries[kind] = append(d.entries[kind], mrt.RIBEntry{
		Peer: peer, PathID: e.PathID, Originated: e.Time, Attrs: d.attrs[from:len(d.attrs):len(d.attrs)],
	})
	return d.out
}

// finish appends the records of the prefix whose routes were gathered.
func (d *dump) finish() {
	for kind, entries := range d.entries {
		d.entries[kind] = entries[:0]
		if len(entries) == 0 || d.err != nil {
			continue
		}
		rib := mrt.RIB{Sequence: d.sequence, Family: d.prefix.Family, AddPath: kind == 1, NLRI: bgp.AppendNLRI(nil, d.prefix.Prefix, 0, false)}
		d.err = d.w.RIB(d.time, rib, entries)
		d.sequence++
	}
	d.attrs = d.attrs[:0]
}

// table answers with an MRT file.
func (a *API) table(w http.ResponseWriter, r *http.Request, s *search) {
	d, index, bad := a.newDump(s)
	if bad != nil {
		bad.write(w)
		return
	}
	out := a.open(w, mrtType)
	err := d.w.PeerIndex(d.time, index)
	out.buf = append(out.buf, d.out...)
	if err == nil {
		_, _, err = out.rows(r.Context(), s, d.row)
	}
	if err == nil {
		d.out = out.buf
		d.finish()
		out.buf, err = d.out, d.err
	}
	if err == nil {
		err = out.flush()
	}
	a.end(r, err)
}

// mrtType is the content type of MRT; none is registered.
const mrtType = "application/octet-stream"

// checkDump refuses what an MRT file cannot say.
func (q *Query) checkDump() error {
	if q.MRT && q.Status&store.StatusSet(store.Withdrawn) != 0 {
		return wrong("status", "active, stale, or both", "an MRT file has no withdrawn routes")
	}
	return nil
}
