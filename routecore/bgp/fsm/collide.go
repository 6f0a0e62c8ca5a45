package fsm

import "example.com/rotonda/routecore/inet"

// Contender is what [Collide] needs to know of a connection whose peer's OPEN
// has arrived. It is a value, so that two sessions that belong to different
// goroutines can be compared.
type Contender struct {
	State             State
	LocalID, RemoteID uint32
	LocalAS, RemoteAS inet.ASN
	Dialled           bool // by us
	// Restarts says that the peer sent the graceful restart capability with at
	// least one family; without any it only helps others to restart (RFC 4724 §3).
	Restarts bool
	// Yields lets an Established connection be examined like one in
	// OpenConfirm (CollisionDetectEstablishedState). The driver sets it.
	Yields bool
}

// Contender describes the session, once the peer's OPEN has arrived. The state
// is the present one: the session that has just received an OPEN is in
// OpenConfirm.
func (s *Session) Contender(dialled bool) Contender {
	gr, _ := s.remote.GracefulRestart()
	return Contender{
		State: s.state, LocalID: number(s.local), RemoteID: number(s.remote),
		LocalAS: s.local.ASN(), RemoteAS: s.remote.ASN(), Dialled: dialled, Restarts: gr.Families != 0,
	}
}

// Outcome says which of two connections to the same peer has to go.
type Outcome uint8

// The outcomes. The loser is sent Cease/Connection Collision Resolution: it gets
// the event CollisionDump.
const (
	KeepBoth   Outcome = iota // no collision: not the same peer
	CloseOld                  // the fresh connection takes over
	CloseFresh                // the old connection goes on
	// ReplaceOld: the peer has restarted, and what it had is gone. The old
	// connection gets the event TCPFails, so that nothing is sent on it and its
	// routes may be kept (RFC 4724 §4.2, §5).
	ReplaceOld
)

// String returns the outcome in words.
func (o Outcome) String() string {
	switch o {
	case KeepBoth:
		return "keep both"
	case CloseOld:
		return "close the old one"
	case CloseFresh:
		return "close the fresh one"
	case ReplaceOld:
		return "replace the old one"
	}
	return "unknown outcome"
}

// Collide settles the collision of two connections to one address, of which
// fresh has just received its OPEN (RFC 4271 §6.8 with RFC 6286 §2.3). The
// connection dialled by the end with the higher identifier survives; if both
// were dialled by the same end, the old one goes exactly if ours is the lower
// identifier. An Established connection wins, unless the peer that may restart
// opened the fresh one itself: that says that the old connection is gone (RFC
// 4724 §4.2, §5). One that we dialled says nothing of the kind: it crossed with
// the peer's. An Established connection that Yields is treated as in OpenConfirm.
func Collide(old, fresh Contender) Outcome {
	if old.RemoteAS != fresh.RemoteAS || old.RemoteID != fresh.RemoteID {
		return KeepBoth
	}
	switch old.State {
	case Established:
		if old.Restarts && !fresh.Dialled {
			return ReplaceOld
		}
		if !old.Yields {
			return CloseFresh
		}
	case OpenConfirm:
	default:
		return KeepBoth // RFC 4271 §6.8: only connections in OpenConfirm are examined
	}
	oursHigher := fresh.LocalID > fresh.RemoteID || fresh.LocalID == fresh.RemoteID && fresh.LocalAS > fresh.RemoteAS
	if old.Dialled != fresh.Dialled {
		if fresh.Dialled == oursHigher {
			return CloseOld
		}
		return CloseFresh
	}
	if oursHigher {
		return CloseFresh
	}
	return CloseOld
}
