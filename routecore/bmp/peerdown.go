package bmp

import (
	"encoding/binary"
	"strconv"
)

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
	if info, ok := DownReasons.Lookup(uint16(r)); ok {
		return info.Name
	}
	return "reason " + strconv.Itoa(int(r))
}

// notifies reports whether a NOTIFICATION message follows the reason.
func (r DownReason) notifies() bool { return r == DownLocalNotification || r == DownRemoteNotification }

// PeerDownMessage is the content of a Peer Down Notification.
type PeerDownMessage struct {
	Reason DownReason
	Event  uint16 // FSM event of DownLocalEvent
	Data   []byte // what follows the reason up to Info: a whole NOTIFICATION, the event's two octets, or nothing
	Info   TLVs   // of [DownLocRIB], and in version 4 of all reasons; see [PeerUpTLVs]
}

// ParsePeerDown reads what follows the per-peer header in version 3.
func ParsePeerDown(b []byte) (PeerDownMessage, error) { return parsePeerDown(Version, b) }

// ParsePeerDown4 reads the same in version 4, where TLVs may follow any reason
// (draft-ietf-grow-bmp-tlv §5.3).
func ParsePeerDown4(b []byte) (PeerDownMessage, error) { return parsePeerDown(Version4, b) }

func parsePeerDown(version uint8, b []byte) (PeerDownMessage, error) {
	if len(b) == 0 {
		return PeerDownMessage{}, fault(HeaderLen+PeerHeaderLen, "peer down: no reason")
	}
	p := PeerDownMessage{Reason: DownReason(b[0]), Data: b[1:]}
	size := len(p.Data)
	switch {
	case p.Reason == DownLocRIB:
		size = 0
	case version < Version4:
	case p.Reason.notifies():
		n, ok := bgpLength(p.Data)
		if !ok {
			return p, fault(HeaderLen+PeerHeaderLen+1, "peer down: no whole NOTIFICATION message in %d octets", len(p.Data))
		}
		size = n
	case p.Reason == DownLocalEvent:
		size = min(2, size)
	case p.Reason == DownRemote || p.Reason == DownDeconfigured:
		size = 0
	}
	p.Data, p.Info = p.Data[:size], TLVs(p.Data[size:])
	if p.Reason == DownLocalEvent {
		if len(p.Data) < 2 {
			return p, fault(HeaderLen+PeerHeaderLen+1, "peer down: no FSM event in %d octets", len(p.Data))
		}
		p.Event = binary.BigEndian.Uint16(p.Data)
	}
	return p, nil
}

// Notification returns the code and subcode of the NOTIFICATION message inside.
func (p PeerDownMessage) Notification() (code, subcode uint8, ok bool) {
	if !p.Reason.notifies() {
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

// AppendPeerDown appends a Peer Down Notification of version 3; Event is not
// used, Data is.
func AppendPeerDown(dst []byte, h PeerHeader, p PeerDownMessage) []byte {
	start := len(dst)
	return finish(p.append(h.append(begin(dst, PeerDown))), start)
}

func (p PeerDownMessage) append(dst []byte) []byte {
	return append(append(append(dst, byte(p.Reason)), p.Data...), p.Info...)
}
