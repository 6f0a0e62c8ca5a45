package mrt

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// Writer writes records to one stream. The zero value is not usable: see
// [NewWriter]. It makes one Write call a record and does not buffer further. It is
// not for concurrent use.
type Writer struct {
	dst  io.Writer
	buf  []byte
	done int64
}

// NewWriter returns a writer of records to dst.
func NewWriter(dst io.Writer) *Writer { return &Writer{dst: dst} }

// Offset returns the number of bytes written.
func (w *Writer) Offset() int64 { return w.done }

// begin starts a record; the _ET type takes the microseconds of time, others drop them.
func (w *Writer) begin(time int64, t Type, subtype uint16) {
	b := binary.BigEndian.AppendUint32(w.buf[:0], uint32(time/1e6))
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	b = binary.BigEndian.AppendUint16(b, subtype)
	b = append(b, 0, 0, 0, 0)
	if t == TypeBGP4MPET {
		b = binary.BigEndian.AppendUint32(b, uint32(time%1e6))
	}
	w.buf = b
}

func (w *Writer) end() error {
	binary.BigEndian.PutUint32(w.buf[8:], uint32(len(w.buf)-headerLen))
	n, err := w.dst.Write(w.buf)
	w.done += int64(n)
	if err != nil {
		return fmt.Errorf("mrt: write at offset %d: %w", w.done, err)
	}
	return nil
}

// PeerIndex writes a PEER_INDEX_TABLE. AS numbers take 4 octets.
func (w *Writer) PeerIndex(time int64, p PeerIndex) error {
	if len(p.Peers) > math.MaxUint16 || len(p.View) > math.MaxUint16 {
		return fmt.Errorf("mrt: a peer index table of %d peers and a view name of %d bytes is over 65535", len(p.Peers), len(p.View))
	}
	w.begin(time, TypeTableDumpV2, PeerIndexTable)
	w.buf = appendID(w.buf, p.Collector)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(len(p.View)))
	w.buf = append(w.buf, p.View...)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(len(p.Peers)))
	for i := range p.Peers {
		peer := &p.Peers[i]
		kind := byte(peerAS4)
		if !peer.Addr.Is4() {
			kind |= peerIPv6
		}
		w.buf = appendID(append(w.buf, kind), peer.ID)
		w.buf = appendAddr(w.buf, peer.Addr)
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(peer.ASN))
	}
	return w.end()
}

// RIB writes one RIB record with all its entries: of the subtype of rib.Family
// where there is one, else RIB_GENERIC, and of RFC 8050's where rib.AddPath is set.
// The iterator state of rib is not used.
func (w *Writer) RIB(time int64, rib RIB, entries []RIBEntry) error {
	if len(entries) > math.MaxUint16 {
		return fmt.Errorf("mrt: %d entries in one RIB record are over 65535", len(entries))
	}
	subtype := RIBGeneric
	for s, f := range ribFamily {
		if f == rib.Family && f != 0 {
			subtype = uint16(s)
		}
	}
	generic := subtype == RIBGeneric
	if rib.AddPath {
		subtype += RIBIPv4UnicastAddPath - RIBIPv4Unicast
	}
	w.begin(time, TypeTableDumpV2, subtype)
	w.buf = binary.BigEndian.AppendUint32(w.buf, rib.Sequence)
	if generic {
		w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(rib.Family.AFI()))
		w.buf = append(w.buf, byte(rib.Family.SAFI()))
	}
	w.buf = append(w.buf, rib.NLRI...)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(len(entries)))
	for i := range entries {
		e := &entries[i]
		if len(e.Attrs) > math.MaxUint16 {
			return fmt.Errorf("mrt: attributes of %d bytes are over 65535", len(e.Attrs))
		}
		w.buf = binary.BigEndian.AppendUint16(w.buf, e.Peer)
		w.buf = binary.BigEndian.AppendUint32(w.buf, uint32(e.Originated/1e6))
		if rib.AddPath {
			w.buf = binary.BigEndian.AppendUint32(w.buf, e.PathID)
		}
		w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(len(e.Attrs)))
		w.buf = append(w.buf, e.Attrs...)
	}
	return w.end()
}

var errFamilies = errors.New("mrt: the two ends of the session are of different address families")

// Message writes m.Raw as BGP4MP_ET, or as BGP4MP where time is a whole second,
// under the subtype that its AS4, AddPath and Sent ask for. With AS4 false the AS numbers of
// the envelope are cut to AS_TRANS where they do not fit (RFC 6793 §9).
func (w *Writer) Message(time int64, m Message) error {
	subtype := MessageAS2
	switch {
	case m.AddPath && m.Sent:
		subtype = MessageAS2LocalAddPath
	case m.AddPath:
		subtype = MessageAS2AddPath
	case m.Sent:
		subtype = MessageAS2Local
	}
	if m.AS4 {
		subtype++
		if subtype == MessageAS2+1 {
			subtype = MessageAS4
		}
	}
	if err := w.session(time, subtype, m.Session, m.AS4); err != nil {
		return err
	}
	w.buf = append(w.buf, m.Raw...)
	return w.end()
}

// StateChange writes s with AS numbers of 4 octets or, if s.AS2 is set, of 2.
func (w *Writer) StateChange(time int64, s StateChange) error {
	subtype := StateChangeAS4
	if s.AS2 {
		subtype = StateChangeAS2
	}
	if err := w.session(time, subtype, s.Session, !s.AS2); err != nil {
		return err
	}
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(s.Old))
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(s.New))
	return w.end()
}

func (w *Writer) session(time int64, subtype uint16, s Session, as4 bool) error {
	local := s.Local
	if !local.IsValid() && s.Peer.Is4() {
		local = netip.IPv4Unspecified()
	}
	if local.IsValid() && local.Is4() != s.Peer.Is4() {
		return errFamilies
	}
	t := TypeBGP4MPET
	if time%1e6 == 0 {
		t = TypeBGP4MP
	}
	w.begin(time, t, subtype)
	w.buf = appendASN(w.buf, s.PeerAS, as4)
	w.buf = appendASN(w.buf, s.LocalAS, as4)
	w.buf = binary.BigEndian.AppendUint16(w.buf, s.Interface)
	afi := inet.AFIIPv6
	if s.Peer.Is4() {
		afi = inet.AFIIPv4
	}
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(afi))
	w.buf = appendAddr(w.buf, s.Peer)
	w.buf = appendAddr(w.buf, local)
	return nil
}

// appendID appends four octets; an identifier that is no IPv4 address is 0.0.0.0.
func appendID(dst []byte, id netip.Addr) []byte {
	if !id.Is4() {
		return append(dst, 0, 0, 0, 0)
	}
	return append(dst, id.AsSlice()...)
}

// appendAddr appends 4 or 16 octets; the zero Addr becomes the unspecified IPv6 address.
func appendAddr(dst []byte, a netip.Addr) []byte {
	if a.Is4() {
		b := a.As4()
		return append(dst, b[:]...)
	}
	b := [16]byte{}
	if a.IsValid() {
		b = a.As16()
	}
	return append(dst, b[:]...)
}
