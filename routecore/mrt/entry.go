package mrt

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// The subtypes of BGP4MP that RFC 6396 no longer has. OpenBGPD wrote the first.
const (
	Entry    uint16 = 2
	Snapshot uint16 = 3
)

// EntryRecord is a route of a RIB with the session that it came from, as in the
// drafts before RFC 6396 (draft-ietf-grow-mrt-04 §6.2).
type EntryRecord struct {
	Session
	View       uint16
	Status     uint16
	Originated int64 // last change, Unix microseconds
	Family     inet.Family
	NextHop    []byte // the next hop of the family, which may be missing among Attrs
	NLRI       []byte // in wire form
	Attrs      []byte // path attributes with AS numbers of 2 octets
}

// SnapshotRecord announces that the entries of a view follow, and in which file they
// once were (draft-ietf-grow-mrt-04 §6.3).
type SnapshotRecord struct {
	View uint16
	File string
}

// IsEntry reports whether the record holds an [EntryRecord].
func (r *Record) IsEntry() bool {
	return (r.Type == TypeBGP4MP || r.Type == TypeBGP4MPET) && r.Subtype == Entry
}

// IsSnapshot reports whether the record holds a [SnapshotRecord].
func (r *Record) IsSnapshot() bool {
	return (r.Type == TypeBGP4MP || r.Type == TypeBGP4MPET) && r.Subtype == Snapshot
}

// ParseEntry reads a record for which [Record.IsEntry] holds.
func ParseEntry(rec *Record) (EntryRecord, error) {
	var e EntryRecord
	b, err := e.parse(rec.Body, false)
	if err != nil {
		return e, err
	}
	if len(b) < 12 {
		return e, fmt.Errorf("entry: %d bytes behind the session are too few", len(b))
	}
	e.View, e.Status = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	e.Originated = int64(binary.BigEndian.Uint32(b[4:])) * 1e6
	e.Family = inet.NewFamily(inet.AFI(binary.BigEndian.Uint16(b[8:])), inet.SAFI(b[10]))
	hop := int(b[11])
	b = b[12:]
	if len(b) < hop {
		return e, fmt.Errorf("entry: no room for a next hop of %d bytes", hop)
	}
	e.NextHop, b = b[:hop], b[hop:]
	size := nlriSize(e.Family, b)
	if size == 0 || len(b) < size+2 {
		return e, fmt.Errorf("entry: the %s prefix does not fit", e.Family)
	}
	if e.Family.IsPrefix() && int(b[0]) > e.Family.MaxBits() {
		return e, fmt.Errorf("entry: prefix length %d is over %d", b[0], e.Family.MaxBits())
	}
	e.NLRI = b[:size]
	n := int(binary.BigEndian.Uint16(b[size:]))
	b = b[size+2:]
	if len(b) < n {
		return e, fmt.Errorf("entry: attributes of %d bytes in a rest of %d", n, len(b))
	}
	e.Attrs = b[:n]
	return e, nil
}

// ParseSnapshot reads a record for which [Record.IsSnapshot] holds.
func ParseSnapshot(rec *Record) (SnapshotRecord, error) {
	if len(rec.Body) < 3 {
		return SnapshotRecord{}, fmt.Errorf("snapshot: %d bytes are too few", len(rec.Body))
	}
	s := SnapshotRecord{View: binary.BigEndian.Uint16(rec.Body)}
	name, _, ended := bytes.Cut(rec.Body[2:], []byte{0})
	s.File = string(name)
	if !ended {
		return s, fmt.Errorf("snapshot: the file name has no end")
	}
	return s, nil
}

// Entry writes an EntryRecord. AS numbers over 65535 become AS_TRANS.
func (w *Writer) Entry(time int64, e EntryRecord) error {
	if len(e.NextHop) > math.MaxUint8 || len(e.Attrs) > math.MaxUint16 {
		return fmt.Errorf("mrt: a next hop of %d and attributes of %d bytes do not fit", len(e.NextHop), len(e.Attrs))
	}
	if err := w.session(time, Entry, e.Session, false); err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint16(w.buf, e.View)
	b = binary.BigEndian.AppendUint16(b, e.Status)
	b = binary.BigEndian.AppendUint32(b, uint32(e.Originated/1e6))
	b = binary.BigEndian.AppendUint16(b, uint16(e.Family.AFI()))
	b = append(b, byte(e.Family.SAFI()), byte(len(e.NextHop)))
	b = append(append(b, e.NextHop...), e.NLRI...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(e.Attrs)))
	w.buf = append(b, e.Attrs...)
	return w.end()
}

// Snapshot writes a SnapshotRecord.
func (w *Writer) Snapshot(time int64, s SnapshotRecord) error {
	if bytes.IndexByte([]byte(s.File), 0) >= 0 {
		return fmt.Errorf("mrt: a file name with a zero byte")
	}
	t := TypeBGP4MPET
	if time%1e6 == 0 {
		t = TypeBGP4MP
	}
	w.begin(time, t, Snapshot)
	w.buf = append(append(binary.BigEndian.AppendUint16(w.buf, s.View), s.File...), 0)
	return w.end()
}

// TableDump writes one TABLE_DUMP entry as a record of its own, of a subtype with
// 4-octet AS numbers if d.AS4 is set. Without, an AS number that does not fit becomes
// AS_TRANS.
func (w *Writer) TableDump(time int64, d TableDump) error {
	subtype := uint16(1)
	if d.Family.AFI() == inet.AFIIPv6 {
		subtype = 2
	}
	v4 := subtype == 1
	if d.Family != inet.IPv4Unicast && d.Family != inet.IPv6Unicast || d.Prefix.Addr().Is4() != v4 || d.Peer.IsValid() && d.Peer.Is4() != v4 {
		return fmt.Errorf("mrt: a table dump of %s with the prefix %s and the peer %s", d.Family, d.Prefix, d.Peer)
	}
	if len(d.Attrs) > math.MaxUint16 {
		return fmt.Errorf("mrt: attributes of %d bytes are over 65535", len(d.Attrs))
	}
	if d.AS4 {
		subtype += 2
	}
	w.begin(time, TypeTableDump, subtype)
	b := binary.BigEndian.AppendUint16(w.buf, d.View)
	b = binary.BigEndian.AppendUint16(b, d.Sequence)
	b = appendAddr(b, d.Prefix.Addr())
	b = append(b, byte(d.Prefix.Bits()), 1)
	b = binary.BigEndian.AppendUint32(b, uint32(d.Originated/1e6))
	peer := d.Peer
	if !peer.IsValid() && v4 {
		peer = netip.IPv4Unspecified()
	}
	b = appendAddr(b, peer)
	b = appendASN(b, d.PeerASN, d.AS4)
	b = binary.BigEndian.AppendUint16(b, uint16(len(d.Attrs)))
	w.buf = append(b, d.Attrs...)
	return w.end()
}

// appendASN appends an AS number of 4 octets or 2, AS_TRANS where it does not fit
// (RFC 6793 §9).
func appendASN(dst []byte, asn inet.ASN, as4 bool) []byte {
	switch {
	case as4:
		return binary.BigEndian.AppendUint32(dst, uint32(asn))
	case asn > math.MaxUint16:
		return binary.BigEndian.AppendUint16(dst, uint16(inet.ASTrans))
	}
	return binary.BigEndian.AppendUint16(dst, uint16(asn))
}
