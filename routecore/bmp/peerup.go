package bmp

import (
	"encoding/binary"
	"net/netip"
	"strconv"
)

// PeerUpMessage is the content of a Peer Up Notification behind the per-peer
// header (RFC 7854 §4.10).
type PeerUpMessage struct {
	Local      netip.Addr // unspecified for Loc-RIB
	LocalPort  uint16
	RemotePort uint16
	Sent       []byte // the whole OPEN message that the router sent
	Received   []byte // and the one it received
	Info       TLVs
}

const bgpHeaderLen = 19

// ParsePeerUp reads what follows the per-peer header h.
func ParsePeerUp(h PeerHeader, b []byte) (PeerUpMessage, error) {
	var p PeerUpMessage
	const fixed = 16 + 2 + 2
	if len(b) < fixed {
		return p, fault(HeaderLen+PeerHeaderLen, "peer up: short by %d octets", fixed-len(b))
	}
	p.Local = addrFrom(b[:16], h.IPv6())
	p.LocalPort = binary.BigEndian.Uint16(b[16:])
	p.RemotePort = binary.BigEndian.Uint16(b[18:])
	at := fixed
	for _, open := range []*[]byte{&p.Sent, &p.Received} {
		n, ok := bgpLength(b[at:])
		if !ok {
			return p, fault(HeaderLen+PeerHeaderLen+at, "peer up: no whole OPEN message in %d octets", len(b)-at)
		}
		*open = b[at : at+n]
		at += n
	}
	p.Info = TLVs(b[at:])
	return p, nil
}

// bgpLength returns the length of the BGP message at the start of b, if it is whole.
func bgpLength(b []byte) (int, bool) {
	if len(b) < bgpHeaderLen {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(b[16:]))
	return n, n >= bgpHeaderLen && n <= len(b)
}

// AppendPeerUp appends a Peer Up Notification.
func AppendPeerUp(dst []byte, h PeerHeader, p PeerUpMessage) []byte {
	start := len(dst)
	dst = h.append(begin(dst, PeerUp))
	dst = appendAddr(dst, p.Local)
	dst = binary.BigEndian.AppendUint16(dst, p.LocalPort)
	dst = binary.BigEndian.AppendUint16(dst, p.RemotePort)
	dst = append(append(append(dst, p.Sent...), p.Received...), p.Info...)
	return finish(dst, start)
}

// DownReason is why a monitored session went down (RFC 7854 §4.9, RFC 9069 §5.3).
type DownReason uint8

// The reasons.
const (
	DownLocalNotification  DownReason = 1 // a NOTIFICATION message follows
	DownLocalEvent         DownReason = 2 // the number of an FSM event follows
	DownRemoteNotification DownReason = 3 // a NOTIFICATION message follows
	DownRemote             DownReason = 4
	DownDeconfigured       DownReason = 5 // monitoring ended, the session may be up
	DownLocRIB             DownReason = 6 // TLVs follow
)

// String says the reason in words.
func (r DownReason) String() string {
	switch r {
	case DownLocalNotification:
		return "closed by the router with a NOTIFICATION"
	case DownLocalEvent:
		return "closed by the router"
	case DownRemoteNotification:
		return "closed by the peer with a NOTIFICATION"
	case DownRemote:
		return "closed by the peer"
	case DownDeconfigured:
		return "no longer monitored"
	case DownLocRIB:
		return "Loc-RIB closed"
	}
	return "reason " + strconv.Itoa(int(r))
}

// PeerDownMessage is the content of a Peer Down Notification.
type PeerDownMessage struct {
	Reason DownReason
	Event  uint16 // FSM event of DownLocalEvent
	Data   []byte // all that follows the reason: a whole NOTIFICATION, the event, or TLVs
}

// ParsePeerDown reads what follows the per-peer header.
func ParsePeerDown(b []byte) (PeerDownMessage, error) {
	if len(b) == 0 {
		return PeerDownMessage{}, fault(HeaderLen+PeerHeaderLen, "peer down: no reason")
	}
	p := PeerDownMessage{Reason: DownReason(b[0]), Data: b[1:]}
	if p.Reason == DownLocalEvent && len(p.Data) >= 2 {
		p.Event = binary.BigEndian.Uint16(p.Data)
	}
	return p, nil
}

// Notification returns the code and subcode of the NOTIFICATION message inside.
func (p PeerDownMessage) Notification() (code, subcode uint8, ok bool) {
	if p.Reason != DownLocalNotification && p.Reason != DownRemoteNotification {
		return 0, 0, false
	}
	if n, whole := bgpLength(p.Data); !whole || n < bgpHeaderLen+2 {
		return 0, 0, false
	}
	return p.Data[bgpHeaderLen], p.Data[bgpHeaderLen+1], true
}

// String says the reason with its detail.
func (p PeerDownMessage) String() string {
	s := p.Reason.String()
	if code, subcode, ok := p.Notification(); ok {
		return s + " " + strconv.Itoa(int(code)) + "/" + strconv.Itoa(int(subcode))
	}
	if p.Reason == DownLocalEvent {
		return s + ", FSM event " + strconv.Itoa(int(p.Event))
	}
	return s
}

// AppendPeerDown appends a Peer Down Notification; Event is not used, Data is.
func AppendPeerDown(dst []byte, h PeerHeader, p PeerDownMessage) []byte {
	start := len(dst)
	dst = append(h.append(begin(dst, PeerDown)), byte(p.Reason))
	return finish(append(dst, p.Data...), start)
}
