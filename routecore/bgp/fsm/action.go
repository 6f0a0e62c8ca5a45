package fsm

import (
	"time"

	"example.com/rotonda/routecore/bgp"
)

// ActionKind says what the driver of a session has to do.
type ActionKind uint8

// The actions. The driver takes those of one step in their order.
const (
	// Dial opens the transport connection, or the stream of a function channel.
	Dial ActionKind = iota + 1
	// Refuse closes a connection that was offered while it cannot be used;
	// the session's own connection, if any, stays.
	Refuse
	// Send writes the octets of Bytes.
	Send
	// Pace starts sending a KEEPALIVE every Every until the connection is
	// closed (only with [Config.Paced]).
	Pace
	// Up says that the session is Established.
	Up
	// Deliver hands on an UPDATE or ROUTE-REFRESH of an Established session.
	Deliver
	// Down says that an Established session ended. Exactly one follows each Up.
	Down
	// Close ends the transport connection after what was sent before it, or an
	// attempt to dial; there may be neither. Why says why, also for a session
	// that was never Established. For a function channel it ends the stream
	// only; a second one aborts it.
	Close
)

var actionNames = [...]string{Dial: "Dial", Refuse: "Refuse", Send: "Send", Pace: "Pace", Up: "Up", Deliver: "Deliver", Down: "Down", Close: "Close"}

// String returns the name of the action.
func (k ActionKind) String() string {
	if int(k) < len(actionNames) && actionNames[k] != "" {
		return actionNames[k]
	}
	return "unknown action"
}

// Action is one output of [Session.Step]. Which fields count depends on Kind.
type Action struct {
	Kind ActionKind
	// Bytes of Send, valid until the next Step.
	Bytes []byte
	// Message of Deliver: the event's own.
	Message bgp.Message
	// Every of Pace: a third of the negotiated hold time, without jitter.
	Every time.Duration
	// Up of Up.
	Up *Negotiated
	// Why of Down and Close.
	Why *Reason
}

// Negotiated is what both ends agreed on. It is immutable.
type Negotiated struct {
	Recv, Send     bgp.Ctx
	Local, Remote  bgp.Open
	LocalMessage   []byte        // our OPEN, a whole message
	RemoteMessage  []byte        // the peer's
	Hold           time.Duration // 0: neither hold nor keepalive timer
	Keepalive      time.Duration // a third of Hold
	SendHold       time.Duration // RFC 9687; 0 where Hold is: the timer does not run
	RetainOnNotify bool          // both ends set the N bit of RFC 8538
	RetainOnFail   bool          // the peer preserves forwarding state (RFC 4724), so that its routes may be kept when the connection breaks
}

// Reason is why a session or an attempt at one ended. It is immutable.
type Reason struct {
	State    State // the state that was left
	Event    Kind  // the event that ended it
	Sent     *bgp.Notification
	Received *bgp.Notification
	// Keep says that the routes may be kept as stale: graceful restart was negotiated,
	// and the session ended in a way that RFC 4724 §4.2 or RFC 8538 §4 covers.
	Keep bool
}

// Shutdown returns the communication that came or went with an administrative
// shutdown or reset (RFC 9003 §2), also inside a Hard Reset (RFC 8538 §3.1).
func (r *Reason) Shutdown() (text string, ok bool) {
	for _, n := range []*bgp.Notification{r.Received, r.Sent} {
		if n == nil {
			continue
		}
		note := *n
		if inner, wrapped := note.Inner(); wrapped {
			note = inner
		}
		if text, ok := note.Shutdown(); ok {
			return text, true
		}
	}
	return "", false
}

// PeerVersion returns the version that a peer wants which did not take ours
// (RFC 4271 §6.2).
func (r *Reason) PeerVersion() (version uint16, ok bool) {
	if r.Event != NotifVersionErr || r.Received == nil || len(r.Received.Data) < 2 {
		return 0, false
	}
	return uint16(r.Received.Data[0])<<8 | uint16(r.Received.Data[1]), true
}

// String says it in one line for a log: "sent Cease/Administrative Shutdown".
func (r *Reason) String() string {
	switch {
	case r.Sent != nil:
		return "sent " + r.Sent.String()
	case r.Received != nil:
		return "received " + r.Received.String()
	case r.Event == TCPFails:
		return "connection lost in " + r.State.String()
	case r.Event == SendHoldExpires:
		// RFC 9687 §5 wants the error code named, which is not sent.
		return r.Event.String() + " in " + r.State.String() + ": " + bgp.Notification{Code: bgp.CodeSendHold}.String()
	}
	return r.Event.String() + " in " + r.State.String()
}
