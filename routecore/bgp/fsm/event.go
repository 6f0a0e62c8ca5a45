package fsm

import (
	"errors"

	"example.com/rotonda/routecore/bgp"
)

// Kind is an event by its number in RFC 4271 §8.1. BGP over QUIC adds 29 and 30;
// the numbers from 31 on are this package's own.
type Kind uint8

// Administrative events.
const (
	ManualStart                 Kind = 1
	ManualStop                  Kind = 2
	AutomaticStart              Kind = 3
	ManualStartPassive          Kind = 4
	AutomaticStartPassive       Kind = 5
	AutomaticStartDamped        Kind = 6
	AutomaticStartDampedPassive Kind = 7
	AutomaticStop               Kind = 8
)

// Timer events. A driver reports [Tick] and the session finds out which timers
// are due; they are events of their own so that the table is complete.
const (
	ConnectRetryTimerExpires Kind = 9
	HoldTimerExpires         Kind = 10
	KeepaliveTimerExpires    Kind = 11
	DelayOpenTimerExpires    Kind = 12
	IdleHoldTimerExpires     Kind = 13
)

// Events of the transport connection.
const (
	TCPValid     Kind = 14 // a connection from a valid peer was indicated, but is not yet up
	TCPInvalid   Kind = 15
	TCPAcked     Kind = 16 // the connection that we dialled is up
	TCPConfirmed Kind = 17 // a connection that the peer dialled is up
	TCPFails     Kind = 18 // the connection ended, or could not be made
)

// Events of messages. A driver reports [Received] for whole messages, and of
// these only the errors that it finds itself: HeaderErr and UpdateMsgErr.
const (
	OpenMsg         Kind = 19
	OpenMsgDelayed  Kind = 20 // an OPEN while the DelayOpenTimer runs
	HeaderErr       Kind = 21
	OpenMsgErr      Kind = 22
	CollisionDump   Kind = 23
	NotifVersionErr Kind = 24
	NotifMsg        Kind = 25
	KeepaliveMsg    Kind = 26
	UpdateMsg       Kind = 27
	UpdateMsgErr    Kind = 28
)

// Events of the stream of a channel (draft-retana-idr-bgp-quic). A session over
// TCP has none and ignores them.
const (
	StreamOpened Kind = 29 // ours may be written to, or the peer opened one
	StreamClosed Kind = 30 // it ended: all octets arrived, or it was reset
)

// Events without a number in any RFC.
const (
	SendHoldExpires Kind = 31 // RFC 9687: octets could not be written for too long
	RouteRefreshMsg Kind = 32 // RFC 2918
)

// Inputs that the session turns into one or more of the events above.
const (
	// Received carries one whole message.
	Received Kind = 0x80 + iota
	// Tick asks for the timers that are due. A driver sends it only after a
	// read that found nothing to read: unread octets are a live peer.
	Tick
	// WriteStalled says that octets wait to be written and cannot be; it starts the
	// SendHoldTimer unless it runs.
	WriteStalled
	// WriteResumed says that octets went out again.
	WriteResumed
	// heard says that the peer is alive, by what it sent about another channel.
	heard
)

var kindNames = [...]string{
	ManualStart: "ManualStart", ManualStop: "ManualStop", AutomaticStart: "AutomaticStart",
	ManualStartPassive: "ManualStart_with_PassiveTcpEstablishment", AutomaticStartPassive: "AutomaticStart_with_PassiveTcpEstablishment",
	AutomaticStartDamped:        "AutomaticStart_with_DampPeerOscillations",
	AutomaticStartDampedPassive: "AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment",
	AutomaticStop:               "AutomaticStop", ConnectRetryTimerExpires: "ConnectRetryTimer_Expires", HoldTimerExpires: "HoldTimer_Expires",
	KeepaliveTimerExpires: "KeepaliveTimer_Expires", DelayOpenTimerExpires: "DelayOpenTimer_Expires", IdleHoldTimerExpires: "IdleHoldTimer_Expires",
	TCPValid: "TcpConnection_Valid", TCPInvalid: "Tcp_CR_Invalid", TCPAcked: "Tcp_CR_Acked", TCPConfirmed: "TcpConnectionConfirmed",
	TCPFails: "TcpConnectionFails", OpenMsg: "BGPOpen", OpenMsgDelayed: "BGPOpen with DelayOpenTimer running", HeaderErr: "BGPHeaderErr",
	OpenMsgErr: "BGPOpenMsgErr", CollisionDump: "OpenCollisionDump", NotifVersionErr: "NotifMsgVerErr", NotifMsg: "NotifMsg",
	KeepaliveMsg: "KeepAliveMsg", UpdateMsg: "UpdateMsg", UpdateMsgErr: "UpdateMsgErr", StreamOpened: "StreamOpened",
	StreamClosed: "StreamClosed", SendHoldExpires: "SendHoldTimer_Expires", RouteRefreshMsg: "RouteRefreshMsg",
}

// String returns the RFC's name of the event.
func (k Kind) String() string {
	switch k {
	case Received:
		return "Received"
	case Tick:
		return "Tick"
	case WriteStalled:
		return "WriteStalled"
	case WriteResumed:
		return "WriteResumed"
	}
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return "unknown event"
}

// Event is one input of [Session.Step].
type Event struct {
	Kind Kind
	// Message is the message of Received. Its octets are read during Step and
	// not kept.
	Message bgp.Message
	// Note is what to tell the peer: for the two stops and CollisionDump the
	// Cease to send (zero takes Administrative Shutdown, or Connection
	// Collision Resolution), for HeaderErr, OpenMsgErr and UpdateMsgErr the
	// error found.
	Note bgp.Notification
}

// Problem returns the event of an error: HeaderErr for one of [bgp.ReadMessage],
// OpenMsgErr or UpdateMsgErr for one about such a message. What the peer is told is
// that of a [*bgp.Error], of any other error just the code. An UPDATE whose verdict is
// [bgp.Reset] has its own: Event{Kind: UpdateMsgErr, Note: u.Notification()}.
func Problem(kind Kind, err error) Event {
	var e *bgp.Error
	if errors.As(err, &e) {
		return Event{Kind: kind, Note: e.Notification()}
	}
	codes := map[Kind]uint8{HeaderErr: bgp.CodeHeader, OpenMsgErr: bgp.CodeOpen, UpdateMsgErr: bgp.CodeUpdate}
	return Event{Kind: kind, Note: bgp.Notification{Code: codes[kind]}}
}
