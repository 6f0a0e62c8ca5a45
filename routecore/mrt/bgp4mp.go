package mrt

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// Session names the two ends of a BGP session in a message log. It is comparable.
type Session struct {
	PeerAS    inet.ASN
	LocalAS   inet.ASN
	Peer      netip.Addr
	Local     netip.Addr
	Interface uint16
}

// Message is one BGP message of a log.
type Message struct {
	Session
	AS4     bool   // the record's subtype is one of 4-octet AS numbers
	AddPath bool   // the subtype is one of RFC 8050
	Sent    bool   // by the collector, not to it (the _LOCAL subtypes)
	Kind    uint8  // BGP message type: 1 OPEN, 2 UPDATE, 3 NOTIFICATION, 4 KEEPALIVE, 5 ROUTE-REFRESH
	Raw     []byte // the whole message with marker; nil where the archive has only the body
	Body    []byte // what follows the message header
}

// State is a state of the BGP session as logs number it (RFC 4271 §8.2.2); 7 and
// 8 are Quagga's Clearing and Deleted.
type State uint16

// The states that matter to who keeps routes.
const (
	Idle        State = 1
	Established State = 6
)

// String returns the name of the state.
func (s State) String() string {
	names := [...]string{"unknown", "Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Clearing", "Deleted"}
	if int(s) < len(names) {
		return names[s]
	}
	return fmt.Sprintf("state %d", uint16(s))
}

// StateChange is a change of a session's state.
type StateChange struct {
	Session
	AS2      bool // the record's subtype is the one of 2-octet AS numbers
	Old, New State
}

// IsMessage reports whether the record holds a BGP message.
func (r *Record) IsMessage() bool {
	switch r.Type {
	case TypeBGP4MP, TypeBGP4MPET:
		return r.Subtype == MessageAS2 || r.Subtype == MessageAS4 ||
			r.Subtype >= MessageAS2Local && r.Subtype <= MessageAS4LocalAddPath
	case TypeBGP:
		return r.Subtype == bgpUpdate || r.Subtype >= bgpOpen && r.Subtype <= bgpKeepalive
	}
	return false
}

// IsStateChange reports whether the record holds a change of state.
func (r *Record) IsStateChange() bool {
	switch r.Type {
	case TypeBGP4MP, TypeBGP4MPET:
		return r.Subtype == StateChangeAS2 || r.Subtype == StateChangeAS4
	case TypeBGP:
		return r.Subtype == bgpStateChange
	}
	return false
}

const (
	bgpHeaderLen  = 19
	bgpTypeOffset = 18
	stateLen      = 4 // of the old and the new state
)

// ParseMessage reads a record for which [Record.IsMessage] holds.
func ParseMessage(rec *Record) (Message, error) {
	if rec.Type == TypeBGP {
		return parseOldMessage(rec)
	}
	m := Message{
		AS4:     rec.Subtype == MessageAS4 || rec.Subtype == MessageAS4Local || rec.Subtype == MessageAS4AddPath || rec.Subtype == MessageAS4LocalAddPath,
		AddPath: rec.Subtype >= MessageAS2AddPath,
		Sent:    rec.Subtype == MessageAS2Local || rec.Subtype == MessageAS4Local || rec.Subtype >= MessageAS2LocalAddPath,
	}
	b, err := m.parse(rec.Body, m.AS4)
	if err != nil {
		return m, err
	}
	if len(b) < bgpHeaderLen {
		return m, fmt.Errorf("BGP message of %d bytes, shorter than its header", len(b))
	}
	n := int(binary.BigEndian.Uint16(b[16:]))
	if n < bgpHeaderLen || n > len(b) {
		return m, fmt.Errorf("BGP message length %d in a rest of %d bytes", n, len(b))
	}
	m.Kind = b[bgpTypeOffset]
	m.Raw = b[:n]
	m.Body = b[bgpHeaderLen:n]
	return m, nil
}

// ParseStateChange reads a record for which [Record.IsStateChange] holds.
func ParseStateChange(rec *Record) (StateChange, error) {
	var s StateChange
	var b []byte
	if rec.Type == TypeBGP {
		// Without the local end, unlike the messages of this type.
		if len(rec.Body) < 6 {
			return s, fmt.Errorf("state change: %d bytes are too few", len(rec.Body))
		}
		s.PeerAS = inet.ASN(binary.BigEndian.Uint16(rec.Body))
		s.Peer = netip.AddrFrom4([4]byte(rec.Body[2:]))
		b = rec.Body[6:]
	} else {
		var err error
		s.AS2 = rec.Subtype == StateChangeAS2
		if b, err = s.parse(rec.Body, !s.AS2); err != nil {
			return s, err
		}
	}
	if len(b) < stateLen {
		return s, fmt.Errorf("state change: no room for the two states")
	}
	s.Old = State(binary.BigEndian.Uint16(b))
	s.New = State(binary.BigEndian.Uint16(b[2:]))
	return s, nil
}

// parse reads the envelope of a BGP4MP record and returns what follows it. The
// family in it is that of the transport (RFC 6396 §4.4).
func (s *Session) parse(b []byte, as4 bool) ([]byte, error) {
	asn := 2
	if as4 {
		asn = 4
	}
	if len(b) < 2*asn+4 {
		return nil, fmt.Errorf("session envelope: %d bytes are too few", len(b))
	}
	if as4 {
		s.PeerAS = inet.ASN(binary.BigEndian.Uint32(b))
		s.LocalAS = inet.ASN(binary.BigEndian.Uint32(b[4:]))
	} else {
		s.PeerAS = inet.ASN(binary.BigEndian.Uint16(b))
		s.LocalAS = inet.ASN(binary.BigEndian.Uint16(b[2:]))
	}
	s.Interface = binary.BigEndian.Uint16(b[2*asn:])
	afi := inet.AFI(binary.BigEndian.Uint16(b[2*asn+2:]))
	b = b[2*asn+4:]
	switch afi {
	case inet.AFIIPv4:
		if len(b) < 8 {
			return nil, fmt.Errorf("session envelope: no room for two IPv4 addresses")
		}
		s.Peer = netip.AddrFrom4([4]byte(b))
		s.Local = netip.AddrFrom4([4]byte(b[4:]))
		return b[8:], nil
	case inet.AFIIPv6:
		if len(b) < 32 {
			return nil, fmt.Errorf("session envelope: no room for two IPv6 addresses")
		}
		s.Peer = netip.AddrFrom16([16]byte(b))
		s.Local = netip.AddrFrom16([16]byte(b[16:]))
		return b[32:], nil
	}
	return s.parseForeign(b, afi)
}

// parseForeign reads the addresses where the transport's family is none: routers
// that log link-state sessions put 16388 there, over IPv4 or IPv6. The marker of
// the BGP message tells how long the addresses are, or the length of a change of
// state, which is shorter than any message.
func (s *Session) parseForeign(b []byte, afi inet.AFI) ([]byte, error) {
	switch {
	case isMarker(b, 8), len(b) == 2*4+stateLen:
		s.Peer, s.Local = netip.AddrFrom4([4]byte(b)), netip.AddrFrom4([4]byte(b[4:]))
		return b[8:], nil
	case isMarker(b, 32), len(b) == 2*16+stateLen:
		s.Peer, s.Local = netip.AddrFrom16([16]byte(b)), netip.AddrFrom16([16]byte(b[16:]))
		return b[32:], nil
	}
	return nil, fmt.Errorf("session envelope: unknown address family %d", afi)
}

func isMarker(b []byte, at int) bool {
	if len(b) < at+16 {
		return false
	}
	return binary.BigEndian.Uint64(b[at:]) == ^uint64(0) && binary.BigEndian.Uint64(b[at+8:]) == ^uint64(0)
}

// parseOldMessage reads the BGP type of 1999: AS numbers of 2 octets, IPv4 ends,
// and a message without its header.
func parseOldMessage(rec *Record) (Message, error) {
	var m Message
	b := rec.Body
	if len(b) < 12 {
		return m, fmt.Errorf("session envelope: %d bytes are too few", len(b))
	}
	m.PeerAS = inet.ASN(binary.BigEndian.Uint16(b))
	m.Peer = netip.AddrFrom4([4]byte(b[2:]))
	m.LocalAS = inet.ASN(binary.BigEndian.Uint16(b[6:]))
	m.Local = netip.AddrFrom4([4]byte(b[8:]))
	m.Body = b[12:]
	switch rec.Subtype {
	case bgpUpdate:
		m.Kind = kindUpdate
	case bgpOpen:
		m.Kind = kindOpen
	case bgpNotify:
		m.Kind = kindNotification
	case bgpKeepalive:
		m.Kind = kindKeepalive
	}
	return m, nil
}

// The BGP message types, here as numbers: RFC 4271 §4.1.
const (
	kindOpen         = 1
	kindUpdate       = 2
	kindNotification = 3
	kindKeepalive    = 4
)
