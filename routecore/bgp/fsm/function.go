package fsm

// sender is the table of the end of a function channel that sends routes. It
// has no connection of its own: it starts once the control channel is
// Established, opens a stream (Connect), and after its last words waits until
// the stream has ended (Terminating), so that the peer gets to read them.
func sender(s State, k Kind) cell {
	switch k {
	case ManualStart, AutomaticStart, AutomaticStartDamped, IdleHoldTimerExpires:
		switch {
		case s == Terminating && k == IdleHoldTimerExpires:
			return cell{opRest, Terminating}
		case s != Idle:
			return cell{0, s}
		case k == ManualStart || k == AutomaticStart:
			return cell{opZero | opStop | opDial, Connect}
		}
		return cell{opStop | opDial, Connect}
	case ManualStartPassive, AutomaticStartPassive, AutomaticStartDampedPassive, TCPValid, TCPInvalid, TCPAcked, TCPConfirmed,
		ConnectRetryTimerExpires, DelayOpenTimerExpires:
		return cell{0, s} // only control has these
	}
	const over = opStop | opNotify | opClose | opAwait
	switch s {
	case Idle:
		return cell{0, Idle}
	case Terminating:
		switch k {
		case StreamClosed, TCPFails:
			return cell{opGone, Idle}
		case HoldTimerExpires:
			return cell{opClose | opGone, Idle}
		}
		return cell{0, Terminating}
	case Connect:
		switch k {
		case StreamOpened:
			return cell{opOpen, OpenSent}
		case ManualStop:
			return cell{opZero | opStop | opClose, Idle}
		}
		return cell{fail, Idle}
	case OpenSent:
		switch k {
		case OpenMsg:
			return cell{opConfirm, OpenConfirm}
		case KeepaliveTimerExpires:
			return cell{0, OpenSent}
		}
	case OpenConfirm:
		switch k {
		case KeepaliveMsg:
			return cell{opHold | opUp, Established}
		case KeepaliveTimerExpires:
			return cell{opBeat, OpenConfirm}
		}
	case Established:
		switch k {
		case KeepaliveMsg:
			return cell{opHold, Established}
		case KeepaliveTimerExpires:
			return cell{opBeat, Established}
		case RouteRefreshMsg:
			return cell{opHold | opDeliver, Established}
		}
	}
	down := op(0)
	if s == Established {
		down = opDown
	}
	switch k {
	case StreamOpened:
		return cell{0, s}
	case StreamClosed, TCPFails, NotifMsg, NotifVersionErr, SendHoldExpires:
		return cell{fail | down, Idle}
	case ManualStop:
		return cell{opZero | over | down, Terminating}
	}
	return cell{opCount | over | down, Terminating}
}

// receiver is the table of the end of a function channel that takes routes. It
// comes to life with the peer's stream and answers on the control channel, so
// that nothing of its own is left to wait for when it ends.
func receiver(s State, k Kind) cell {
	switch k {
	case ManualStart, AutomaticStart, ManualStartPassive, AutomaticStartPassive, AutomaticStartDamped, AutomaticStartDampedPassive,
		TCPValid, TCPInvalid, TCPAcked, TCPConfirmed, ConnectRetryTimerExpires, DelayOpenTimerExpires, IdleHoldTimerExpires:
		return cell{0, s}
	}
	switch s {
	case Idle:
		if k == StreamOpened {
			return cell{opStop | opAwait, Active}
		}
		return cell{0, Idle}
	case Active:
		switch k {
		case OpenMsg:
			return cell{opOpen | opConfirm, OpenConfirm}
		case KeepaliveTimerExpires:
			return cell{0, Active}
		}
	case OpenConfirm:
		switch k {
		case KeepaliveMsg:
			return cell{opHold | opUp, Established}
		case KeepaliveTimerExpires:
			return cell{opBeat, OpenConfirm}
		}
	case Established:
		switch k {
		case KeepaliveMsg:
			return cell{opHold, Established}
		case KeepaliveTimerExpires:
			return cell{opBeat, Established}
		case UpdateMsg, RouteRefreshMsg:
			return cell{opHold | opDeliver, Established}
		}
	default: // a receiver is never in the other states
		return cell{0, s}
	}
	down := op(0)
	if s == Established {
		down = opDown
	}
	switch k {
	case StreamOpened:
		return cell{0, s}
	case StreamClosed, TCPFails, NotifMsg, NotifVersionErr, SendHoldExpires:
		return cell{fail | down, Idle}
	case ManualStop:
		return cell{opZero | opStop | opNotify | opClose | down, Idle}
	}
	return cell{fail | opNotify | down, Idle}
}
