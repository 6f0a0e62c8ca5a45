// Package fsm is the BGP session of RFC 4271 §8 as a pure step function: an
// event and the time go in, actions come out. It opens no connection, reads no
// clock and starts no goroutine, so that a test can play any schedule and a
// daemon decides itself which goroutine owns what.
//
// One [Session] stands for one channel. Over TCP a connection is one channel
// that carries everything; over QUIC ([Peer]) there is one for control and one
// per family and direction. Two connections to the same peer are two Sessions,
// and [Collide] says which of them survives (RFC 4271 §6.8, RFC 6286 §2.3);
// [Neighbour] keeps all those of a peer, dialled and accepted. What to do with
// the routes of a peer that went away or sends all again is said by two more
// values, [Restart] and [Refresh].
//
// Start reading at [Session.Step]; the transitions of the six states stand in
// table.go in the order of the RFC's text, those of the function channels of
// BGP over QUIC in function.go.
//
// Implemented: RFC 4271 §8 with all optional attributes but the damping of
// flaps by a list of peers, RFC 4724 and RFC 9494 (helper of a graceful
// restart), RFC 5492 §3 (retry without capabilities), RFC 6286 (identifiers),
// RFC 6608 (subcodes of the FSM error), RFC 7313 (enhanced route refresh), RFC
// 7607 (AS 0), RFC 8538 (what keeps routes when a session ends), RFC 9003
// (shutdown communication), RFC 9234 (roles), RFC 9687 (send hold timer),
// draft-retana-idr-bgp-quic. Where the RFC's table and its prose disagree, the
// prose of §6 wins:
//   - a NOTIFICATION is never answered with a NOTIFICATION,
//   - a header error in Established is reported as the header error that it is,
//   - a second OPEN on the same connection is an FSM error; the collision of
//     two connections comes in as event 23,
//   - a passive session whose connection ends before Established goes to Idle,
//     not to Active: it was made for that connection,
//   - an attempt to connect that fails in Connect counts as a failure, as it
//     does in Active: nothing else would delay the next one.
package fsm

import (
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// State is one of the six states of RFC 4271 §8.2.2, or Terminating. The zero
// value is Idle.
type State uint8

// The states, in the order in which a session passes through them.
const (
	Idle State = iota
	Connect
	Active
	OpenSent
	OpenConfirm
	Established
	// Terminating is only for the sender of a function channel of BGP over
	// QUIC: its last words are under way, its stream has not ended yet.
	Terminating
)

var stateNames = [...]string{"Idle", "Connect", "Active", "OpenSent", "OpenConfirm", "Established", "Terminating"}

// String returns the RFC's name of the state.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown state"
}

// Values of RFC 4271 §10 and RFC 9687 §6, used where [Config] leaves a zero.
const (
	DefaultConnectRetry = 120 * time.Second
	DefaultOpenHold     = 4 * time.Minute
	MinSendHold         = 8 * time.Minute
)

// Config is what one end of a session is told before it starts. It is not
// modified; the slices must not change while the session lives.
type Config struct {
	// Channel is what the session stands for; the zero value is TCP.
	Channel Channel
	// Parent is what the control channel agreed on; for function channels,
	// whose OPEN has to name the same AS and identifier.
	Parent *Negotiated
	// Points are the code points of BGP over QUIC; the zero value takes
	// [DefaultPoints]. Side is our part in setting up the QUIC connection.
	Points Points
	Side   Side
	// Local is the OPEN to send. Its hold time is our proposal in seconds:
	// 0 or at least 3.
	Local bgp.Open
	// PeerAS lists the AS numbers that the peer may have; empty allows any.
	PeerAS []inet.ASN
	// StrictRole refuses a peer that does not announce its role while Local
	// does (RFC 9234 §4.2).
	StrictRole bool
	// Passive sessions wait for a connection and never dial. They run no
	// ConnectRetryTimer, whose only effect would be to dial.
	Passive bool
	// DelayOpen, if positive, is how long the session waits for the peer's
	// OPEN before it sends its own.
	DelayOpen time.Duration
	// NotifyWithoutOpen allows a NOTIFICATION on a connection on which no
	// OPEN was sent (SendNOTIFICATIONwithoutOPEN).
	NotifyWithoutOpen bool
	// ConnectRetry is the time between attempts to dial.
	ConnectRetry time.Duration
	// OpenHold is the hold time while the peer's OPEN is awaited.
	OpenHold time.Duration
	// SendHold is how long octets may wait to be written. It has to be longer
	// than the negotiated hold time (RFC 9687 §4.4); 0, like any that is not,
	// takes the greater of eight minutes and twice that.
	SendHold time.Duration
	// IdleHold, if positive, restarts a failed session after this time,
	// doubled for each further failure up to 32 times (DampPeerOscillations).
	// 0 leaves a failed session Idle until it is started again.
	IdleHold time.Duration
	// Paced says that the driver sends KEEPALIVE messages itself, at the
	// interval of the [Pace] action; the session then runs no KeepaliveTimer.
	Paced bool
	// Seed feeds the jitter of RFC 4271 §10 on the timers; 0 means no jitter.
	Seed uint64
}
