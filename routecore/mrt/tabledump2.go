package mrt

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Peer is one entry of a PEER_INDEX_TABLE.
type Peer struct {
	ID   netip.Addr // BGP identifier, always IPv4
	Addr netip.Addr
	ASN  inet.ASN
}

// PeerIndex is a PEER_INDEX_TABLE record: whose routes the RIB records after it
// hold, by position (RFC 6396 §4.3.1).
type PeerIndex struct {
	Collector netip.Addr
	View      string
	Peers     []Peer
}

// The bits of a peer entry's type octet.
const (
	peerIPv6 = 1 << 0
	peerAS4  = 1 << 1
)

// Peer returns the peer at an index, as entries give it, and false where the table
// has no such peer, as happens in damaged files.
func (p *PeerIndex) Peer(i uint16) (Peer, bool) {
	if int(i) >= len(p.Peers) {
		return Peer{}, false
	}
	return p.Peers[i], true
}

// ParsePeerIndex reads the body of a PEER_INDEX_TABLE. With an error it returns
// the peers before it.
func ParsePeerIndex(body []byte) (PeerIndex, error) {
	var p PeerIndex
	if len(body) < 6 {
		return p, fmt.Errorf("peer index table: %d bytes are too few", len(body))
	}
	p.Collector = netip.AddrFrom4([4]byte(body))
	n := int(binary.BigEndian.Uint16(body[4:]))
	b := body[6:]
	if len(b) < n+2 {
		return p, fmt.Errorf("peer index table: the view name of %d bytes does not fit", n)
	}
	p.View = string(b[:n])
	count := int(binary.BigEndian.Uint16(b[n:]))
	b = b[n+2:]
	p.Peers = make([]Peer, 0, min(count, len(b)/11))
	for i := range count {
		size := peerSize(b)
		if len(b) < size {
			return p, fmt.Errorf("peer index table: ends in peer %d of %d", i, count)
		}
		p.Peers = append(p.Peers, parsePeer(b[:size]))
		b = b[size:]
	}
	return p, nil
}

func peerSize(b []byte) int {
	size := 1 + 4 + 4 + 2
	if len(b) > 0 && b[0]&peerIPv6 != 0 {
		size += 12
	}
	if len(b) > 0 && b[0]&peerAS4 != 0 {
		size += 2
	}
	return size
}

func parsePeer(b []byte) Peer {
	kind := b[0]
	p := Peer{ID: netip.AddrFrom4([4]byte(b[1:]))}
	b = b[5:]
	if kind&peerIPv6 != 0 {
		p.Addr = netip.AddrFrom16([16]byte(b))
		b = b[16:]
	} else {
		p.Addr = netip.AddrFrom4([4]byte(b))
		b = b[4:]
	}
	if kind&peerAS4 != 0 {
		p.ASN = inet.ASN(binary.BigEndian.Uint32(b))
	} else {
		p.ASN = inet.ASN(binary.BigEndian.Uint16(b))
	}
	return p
}

// RIB is one RIB record: a prefix and the paths to it. It is also the iterator
// over its entries; a copy is an iterator of its own.
type RIB struct {
	Sequence uint32
	Family   inet.Family
	AddPath  bool   // entries have a path identifier (RFC 8050 §4)
	NLRI     []byte // in wire form, without a path identifier, host bits as they came
	Count    int    // entries still to come

	rest []byte
}

// RIBEntry is one path to the record's prefix.
type RIBEntry struct {
	Peer       uint16 // index into the latest peer table; may be beyond it
	PathID     uint32 // zero without ADD-PATH
	Originated int64  // when the peer sent it, Unix microseconds
	Attrs      []byte // path attributes, AS numbers of 4 octets, MP_REACH_NLRI abbreviated (RFC 6396 §4.3.4)
}

// ribFamily has the families of subtypes 2 to 5; those of ADD-PATH are 6 above.
var ribFamily = [...]inet.Family{
	RIBIPv4Unicast:   inet.IPv4Unicast,
	RIBIPv4Multicast: inet.IPv4Multicast,
	RIBIPv6Unicast:   inet.IPv6Unicast,
	RIBIPv6Multicast: inet.IPv6Multicast,
}

// IsRIB reports whether the record holds RIB entries of TABLE_DUMP_V2.
func (r *Record) IsRIB() bool {
	return r.Type == TypeTableDumpV2 && r.Subtype >= RIBIPv4Unicast && r.Subtype <= RIBGenericAddPath && r.Subtype != GeoPeerTable
}

// Prefix returns the prefix with its host bits masked, the zero Prefix where the
// family's NLRI are not plain prefixes or it is broken.
func (r *RIB) Prefix() netip.Prefix {
	if !r.Family.IsPrefix() {
		return netip.Prefix{}
	}
	_, p, _ := bgp.NextPrefix(r.NLRI, r.Family.AFI() == inet.AFIIPv6, false)
	return p
}

// ParseAttrs reads the attributes of an entry of the record into u; see
// [bgp.Update.AppendAttrs] and the verdict in u.
func (r *RIB) ParseAttrs(u *bgp.Update, e *RIBEntry) {
	bgp.ParseAttributes(u, e.Attrs, bgp.MonitorCtx(true), r.Family, bgp.FormTableDumpV2)
}

// AppendAttrs appends attributes as those of an entry of the record, for
// [RIBEntry].Attrs and [Writer.RIB].
func (r *RIB) AppendAttrs(dst []byte, a bgp.Attrs) []byte {
	return a.AppendWire(dst, r.Family, bgp.Ctx{ASN4: true}, bgp.FormTableDumpV2, nil)
}

// ParseRIB reads the head of a RIB record of any subtype for which
// [Record.IsRIB] holds.
func ParseRIB(rec *Record) (RIB, error) {
	b := rec.Body
	if len(b) < 5 {
		return RIB{}, fmt.Errorf("RIB record: %d bytes are too few", len(b))
	}
	r := RIB{Sequence: binary.BigEndian.Uint32(b), AddPath: rec.Subtype >= RIBIPv4UnicastAddPath}
	b = b[4:]
	size := 0
	switch rec.Subtype {
	case RIBGeneric, RIBGenericAddPath:
		if len(b) < 3 {
			return RIB{}, fmt.Errorf("RIB record: no room for AFI and SAFI")
		}
		r.Family = inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(b)), inet.SAFI(b[2]))
		b = b[3:]
		size = nlriSize(r.Family, b)
	default:
		plain := rec.Subtype
		if r.AddPath {
			plain -= RIBIPv4UnicastAddPath - RIBIPv4Unicast
		}
		if int(plain) >= len(ribFamily) {
			return RIB{}, fmt.Errorf("RIB record: unknown subtype %d", rec.Subtype)
		}
		r.Family = ribFamily[plain]
		if int(b[0]) > r.Family.MaxBits() {
			return RIB{}, fmt.Errorf("RIB record: prefix length %d is over %d", b[0], r.Family.MaxBits())
		}
		size = 1 + (int(b[0])+7)/8
	}
	if size == 0 || len(b) < size+2 {
		return RIB{}, fmt.Errorf("RIB record: the %s prefix does not fit", r.Family)
	}
	r.NLRI = b[:size]
	r.Count = int(binary.BigEndian.Uint16(b[size:]))
	r.rest = b[size+2:]
	return r, nil
}

// Next reads the following entry into e and reports whether there was one. It
// ends early, with Count above zero, where the record is cut: see [RIB.Err].
func (r *RIB) Next(e *RIBEntry) bool {
	head := 8
	if r.AddPath {
		head = 12
	}
	b := r.rest
	if r.Count == 0 || len(b) < head {
		return false
	}
	e.Peer = binary.BigEndian.Uint16(b)
	e.Originated = int64(binary.BigEndian.Uint32(b[2:])) * 1e6
	e.PathID = 0
	if r.AddPath {
		e.PathID = binary.BigEndian.Uint32(b[6:])
	}
	n := int(binary.BigEndian.Uint16(b[head-2:]))
	if len(b)-head < n {
		return false
	}
	e.Attrs = b[head : head+n]
	r.rest = b[head+n:]
	r.Count--
	return true
}

// Err says, after [RIB.Next] returned false, whether entries are missing.
func (r *RIB) Err() error {
	if r.Count == 0 {
		return nil
	}
	return fmt.Errorf("RIB record %d: cut with %d entries to come", r.Sequence, r.Count)
}

// nlriSize returns the size of the first NLRI in b, or 0 when it does not say. Of
// families that routecore/bgp cannot cut, most begin with a length in bits.
func nlriSize(f inet.Family, b []byte) int {
	run := bgp.NLRI{Family: f, Bytes: b}
	if run.Opaque() && len(b) > 0 {
		return 1 + (int(b[0])+7)/8
	}
	for nlri := range run.All() {
		return len(nlri)
	}
	return 0
}
