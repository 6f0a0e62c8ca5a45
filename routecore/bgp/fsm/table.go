package fsm

// op is a set of steps, taken in the order of the constants below.
type op uint32

const (
	opZero    op = 1 << iota // ConnectRetryCounter to zero
	opStop                   // stop all timers
	opCount                  // one more failure; with IdleHold configured, the session restarts later
	opNotify                 // tell the peer what the event says
	opNotifyX                // the same, where a NOTIFICATION without OPEN is allowed
	opDown                   // the session was up
	opClose                  // drop the connection
	opRefuse                 // turn away the connection that was offered
	opRetry                  // (re)start the ConnectRetryTimer
	opDial                   // dial
	opDelay                  // stop the ConnectRetryTimer, start the DelayOpenTimer
	opOpen                   // stop both, send OPEN, hold timer to the large value
	opConfirm                // take the peer's OPEN, send KEEPALIVE, start the negotiated timers
	opBeat                   // send KEEPALIVE, restart its timer
	opHold                   // restart the hold timer
	opUp                     // the session is up
	opDeliver                // hand the message on
	opAwait                  // hold timer to the large value, for the OPEN or the end of a stream
	opRest                   // IdleHoldTimer again
	opGone                   // stop the hold timer: the stream has ended
)

// cell is what an event does in a state: the steps, then the next state.
type cell struct {
	do   op
	next State
}

const (
	// fail leaves a state for good and counts it as a failure.
	fail = opCount | opStop | opClose
	// lost is fail for a session that was up.
	lost = fail | opDown
)

// transition looks up what the event does. delayed says, for events that bring
// the connection up, that DelayOpen is configured, and for all others that the
// DelayOpenTimer runs.
func transition(ch Channel, s State, k Kind, passive, delayed bool) cell {
	switch ch {
	case Sender:
		return sender(s, k)
	case Receiver:
		return receiver(s, k)
	}
	switch {
	case k == StreamOpened || k == StreamClosed && ch == Whole:
		return cell{0, s}
	case k == StreamClosed:
		k = TCPFails // without its stream the control channel cannot go on
	case k == UpdateMsg && ch == Control && s == Established:
		return cell{lost | opNotify, Idle}
	}
	switch s {
	case Idle:
		return idle(k, passive)
	case Connect:
		return connect(k, delayed)
	case Active:
		return active(k, passive, delayed)
	case OpenSent:
		return openSent(k, passive)
	case OpenConfirm:
		return openConfirm(k)
	default:
		return established(k)
	}
}

func idle(k Kind, passive bool) cell {
	switch k {
	case ManualStart, AutomaticStart:
		return cell{opZero | opStop | opRetry | opDial, Connect}
	case ManualStartPassive, AutomaticStartPassive:
		return cell{opZero | opStop | opRetry, Active}
	case AutomaticStartDamped, AutomaticStartDampedPassive:
		// The caller has seen to it that the IdleHoldTimer does not run; the
		// failures are not forgotten.
		if k == AutomaticStartDamped {
			return cell{opStop | opRetry | opDial, Connect}
		}
		return cell{opStop | opRetry, Active}
	case IdleHoldTimerExpires:
		if passive {
			return cell{opStop | opRetry, Active}
		}
		return cell{opStop | opRetry | opDial, Connect}
	case TCPValid, TCPAcked, TCPConfirmed:
		return cell{opRefuse, Idle}
	}
	return cell{0, Idle}
}

func connect(k Kind, delayed bool) cell {
	switch k {
	case ManualStart, AutomaticStart, ManualStartPassive, AutomaticStartPassive, AutomaticStartDamped, AutomaticStartDampedPassive:
		return cell{0, Connect}
	case ManualStop:
		return cell{opZero | opStop | opClose, Idle}
	case ConnectRetryTimerExpires:
		return cell{opStop | opClose | opRetry | opDial, Connect}
	case DelayOpenTimerExpires:
		return cell{opOpen, OpenSent}
	case TCPValid:
		return cell{0, Connect}
	case TCPInvalid:
		return cell{opRefuse, Connect}
	case TCPAcked, TCPConfirmed:
		if delayed {
			return cell{opDelay, Connect}
		}
		return cell{opOpen, OpenSent}
	case TCPFails:
		if delayed {
			return cell{opStop | opRetry, Active}
		}
		return cell{fail, Idle}
	case OpenMsgDelayed:
		return cell{opOpen | opConfirm, OpenConfirm}
	case HeaderErr, OpenMsgErr:
		return cell{fail | opNotifyX, Idle}
	case NotifVersionErr:
		if delayed {
			return cell{opStop | opClose, Idle}
		}
	}
	return cell{fail, Idle}
}

func active(k Kind, passive, delayed bool) cell {
	switch k {
	case ManualStop:
		if delayed {
			return cell{opZero | opStop | opNotifyX | opClose, Idle}
		}
		return cell{opZero | opStop | opClose, Idle}
	case ConnectRetryTimerExpires:
		if passive {
			return cell{0, Active}
		}
		return cell{opRetry | opDial, Connect}
	case TCPAcked, TCPConfirmed:
		if delayed {
			return cell{opDelay, Active}
		}
	case TCPValid:
		return cell{0, Active}
	case TCPInvalid:
		return cell{opRefuse, Active}
	case TCPFails:
		return cell{fail, Idle}
	}
	c := connect(k, delayed)
	if c.next == Connect {
		c.next = Active
	}
	return c
}

func openSent(k Kind, passive bool) cell {
	switch k {
	case ManualStart, AutomaticStart, ManualStartPassive, AutomaticStartPassive, AutomaticStartDamped, AutomaticStartDampedPassive:
		return cell{0, OpenSent}
	case TCPValid, TCPAcked, TCPConfirmed:
		// A second connection is a Session of its own until Collide decides.
		return cell{0, OpenSent}
	case TCPInvalid:
		return cell{opRefuse, OpenSent}
	case ManualStop:
		return cell{opZero | opStop | opNotify | opClose, Idle}
	case TCPFails:
		if passive {
			// Nothing left to wait for on this channel.
			return cell{fail, Idle}
		}
		return cell{opStop | opClose | opRetry, Active}
	case OpenMsg:
		return cell{opConfirm, OpenConfirm}
	case NotifVersionErr:
		return cell{opStop | opClose, Idle}
	case NotifMsg, SendHoldExpires:
		return cell{fail, Idle}
	}
	return cell{fail | opNotify, Idle}
}

func openConfirm(k Kind) cell {
	switch k {
	case ManualStart, AutomaticStart, ManualStartPassive, AutomaticStartPassive, AutomaticStartDamped, AutomaticStartDampedPassive:
		return cell{0, OpenConfirm}
	case TCPValid, TCPAcked, TCPConfirmed:
		return cell{0, OpenConfirm}
	case TCPInvalid:
		return cell{opRefuse, OpenConfirm}
	case ManualStop:
		return cell{opZero | opStop | opNotify | opClose, Idle}
	case KeepaliveTimerExpires:
		return cell{opBeat, OpenConfirm}
	case NotifVersionErr:
		return cell{opStop | opClose, Idle}
	case TCPFails, NotifMsg, SendHoldExpires:
		return cell{fail, Idle}
	case KeepaliveMsg:
		return cell{opHold | opUp, Established}
	}
	return cell{fail | opNotify, Idle}
}

func established(k Kind) cell {
	switch k {
	case ManualStart, AutomaticStart, ManualStartPassive, AutomaticStartPassive, AutomaticStartDamped, AutomaticStartDampedPassive:
		return cell{0, Established}
	case TCPValid, TCPAcked, TCPConfirmed:
		return cell{0, Established}
	case TCPInvalid:
		return cell{opRefuse, Established}
	case ManualStop:
		return cell{opZero | opStop | opNotify | opDown | opClose, Idle}
	case KeepaliveTimerExpires:
		return cell{opBeat, Established}
	case KeepaliveMsg:
		return cell{opHold, Established}
	case UpdateMsg, RouteRefreshMsg:
		return cell{opHold | opDeliver, Established}
	case TCPFails, NotifVersionErr, NotifMsg, SendHoldExpires:
		return cell{lost, Idle}
	}
	return cell{lost | opNotify, Idle}
}
