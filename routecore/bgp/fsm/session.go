package fsm

import (
	"time"

	"example.com/rotonda/routecore/bgp"
)

// timer is an index into the session's deadlines.
type timer uint8

const (
	connectRetry timer = iota
	hold
	keepalive
	delayOpen
	idleHold
	sendHold
	timers
)

// timerEvents gives the event of each timer.
var timerEvents = [timers]Kind{
	connectRetry: ConnectRetryTimerExpires, hold: HoldTimerExpires, keepalive: KeepaliveTimerExpires,
	delayOpen: DelayOpenTimerExpires, idleHold: IdleHoldTimerExpires, sendHold: SendHoldExpires,
}

// Session is the state of one channel to a peer. Make it with [New]. It is not
// for concurrent use and must not be copied once it has stepped.
type Session struct {
	cfg      Config
	local    bgp.Open // the OPEN to send now: Config.Local without what the peer refused
	state    State
	linked   bool // there is a transport connection
	failures int  // ConnectRetryCounter
	due      [timers]time.Time
	remote   bgp.Open
	raw      []byte // the peer's OPEN message, owned
	agreed   *Negotiated
	up       time.Time // when it became Established
	rng      uint64
	out      []byte // what this step sends
}

// New returns a session in Idle.
func New(cfg Config) *Session {
	if cfg.ConnectRetry <= 0 {
		cfg.ConnectRetry = DefaultConnectRetry
	}
	if cfg.OpenHold <= 0 {
		cfg.OpenHold = DefaultOpenHold
	}
	if cfg.Points == (Points{}) {
		cfg.Points = DefaultPoints
	}
	if cfg.Channel == Control {
		cfg.Local = controlOpen(cfg)
	}
	return &Session{cfg: cfg, local: cfg.Local, rng: cfg.Seed}
}

// State returns the current state.
func (s *Session) State() State { return s.state }

// Failures returns the ConnectRetryCounter of RFC 4271 §8.1.1: how often the
// session ended in an error since it was started by hand.
func (s *Session) Failures() int { return s.failures }

// Local returns the OPEN that the session sends: the configured one, without
// the capabilities that the peer said it cannot bear (RFC 5492 §3). A driver
// that makes a new Session for each connection may start it with this one.
func (s *Session) Local() bgp.Open { return s.local }

// Agreed returns what was negotiated, from OpenConfirm on, or nil.
func (s *Session) Agreed() *Negotiated { return s.agreed }

// MaxLen returns the longest message that the peer may send now: 4096 octets,
// or 65535 once RFC 8654 was agreed on.
func (s *Session) MaxLen() int {
	if s.agreed != nil {
		return int(s.agreed.Recv.MaxLen)
	}
	return bgp.MaxMessage
}

// Deadline returns when the next timer is due: Tick does nothing before it. It
// is the zero time while no timer runs.
func (s *Session) Deadline() time.Time {
	var first time.Time
	for _, t := range s.due {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// Step feeds one event to the session at the time now, which never goes back,
// and appends to dst what its driver has to do, in order. Every event is
// defined in every state; unknown ones do nothing.
func (s *Session) Step(dst []Action, now time.Time, ev Event) []Action {
	s.out = s.out[:0]
	switch ev.Kind {
	case Received:
		ev = s.classify(ev)
	case Tick:
		return s.tick(dst, now)
	case WriteStalled:
		if d := s.sendHold(); d > 0 && s.linked && s.due[sendHold].IsZero() {
			s.due[sendHold] = now.Add(d)
		}
		return dst
	case WriteResumed:
		s.due[sendHold] = time.Time{}
		return dst
	case heard:
		if s.state == Established && s.agreed.Hold > 0 {
			s.due[hold] = now.Add(s.agreed.Hold)
		}
		return dst
	}
	return s.run(dst, now, ev)
}

// tick runs the timers that are due, the earliest first. Each can run once, so
// that a clock that jumped gives one KEEPALIVE, not a burst.
func (s *Session) tick(dst []Action, now time.Time) []Action {
	for range timers {
		first := timers
		for t, at := range s.due {
			if !at.IsZero() && !at.After(now) && (first == timers || at.Before(s.due[first])) {
				first = timer(t)
			}
		}
		if first == timers {
			break
		}
		s.due[first] = time.Time{}
		dst = s.run(dst, now, Event{Kind: timerEvents[first]})
	}
	return dst
}

// run takes the steps of one cell of the table.
func (s *Session) run(dst []Action, now time.Time, ev Event) []Action {
	if s.state == Idle && !s.due[idleHold].IsZero() {
		switch ev.Kind {
		case AutomaticStartDamped, AutomaticStartDampedPassive:
			return dst // RFC 4271 §8.1.1: not before the IdleHoldTimer
		case ManualStop, AutomaticStop:
			s.due[idleHold] = time.Time{}
			return dst
		}
	}
	delayed := !s.due[delayOpen].IsZero()
	switch ev.Kind {
	case TCPAcked, TCPConfirmed:
		delayed = s.cfg.DelayOpen > 0
		if s.state == Connect || s.state == Active {
			s.linked = true
		}
	case StreamOpened:
		s.linked = s.linked || s.cfg.Channel == Sender && s.state == Connect || s.cfg.Channel == Receiver && s.state == Idle
	case TCPFails:
		s.linked = false
	case StreamClosed:
		s.linked = s.linked && s.cfg.Channel == Whole
	}
	if s.state == Idle && (ev.Kind == ManualStart || ev.Kind == ManualStartPassive) {
		s.local = s.cfg.Local
	}
	c := transition(s.cfg.Channel, s.state, ev.Kind, s.cfg.Passive, delayed)
	from := s.state
	s.state = c.next
	if c.do&(opZero|opStop|opCount|opNotify|opNotifyX|opDown|opClose) != 0 {
		dst = s.leave(dst, now, ev, from, c.do)
	}
	return s.enter(dst, now, ev, c.do)
}

// leave takes the steps that end a connection, or an attempt at one.
func (s *Session) leave(dst []Action, now time.Time, ev Event, from State, do op) []Action {
	if do&opZero != 0 {
		s.failures = 0
	}
	if do&opStop != 0 {
		s.due = [timers]time.Time{}
	}
	if do&opCount != 0 {
		s.count(now, from)
	} else if ev.Kind == NotifVersionErr && s.cfg.IdleHold > 0 {
		s.due[idleHold] = now.Add(s.jitter(s.pause())) // no failure, but no reason to stay Idle either
	}
	if do&(opDown|opClose) == 0 {
		return dst
	}
	why := &Reason{State: from, Event: ev.Kind}
	if s.linked && (do&opNotify != 0 || do&opNotifyX != 0 && s.cfg.NotifyWithoutOpen) {
		note := s.complaint(from, ev)
		why.Sent = &note
		dst = s.send(dst, note.Append(nil))
	}
	if ev.Kind == NotifMsg || ev.Kind == NotifVersionErr {
		note := ev.Note
		why.Received = &note
		s.concede(note)
	}
	if do&opDown != 0 {
		why.Keep = s.keep(why)
		dst = append(dst, Action{Kind: Down, Why: why})
	}
	if do&opClose != 0 {
		s.linked = false
		s.agreed = nil
		dst = append(dst, Action{Kind: Close, Why: why})
	}
	return dst
}

// enter takes the steps that bring a session up and keep it.
func (s *Session) enter(dst []Action, now time.Time, ev Event, do op) []Action {
	if do&opRefuse != 0 {
		dst = append(dst, Action{Kind: Refuse})
	}
	if do&opRetry != 0 && !s.cfg.Passive {
		s.due[connectRetry] = now.Add(s.jitter(s.cfg.ConnectRetry))
	}
	if do&opDial != 0 {
		dst = append(dst, Action{Kind: Dial})
	}
	if do&opDelay != 0 {
		s.due[connectRetry] = time.Time{}
		s.due[delayOpen] = now.Add(s.cfg.DelayOpen)
	}
	if do&opOpen != 0 {
		s.due[connectRetry], s.due[delayOpen] = time.Time{}, time.Time{}
		s.due[hold] = now.Add(s.cfg.OpenHold)
		dst = s.send(dst, s.local.Append(nil))
	}
	if do&opAwait != 0 {
		s.due[hold] = now.Add(s.cfg.OpenHold)
	}
	if do&opGone != 0 {
		s.due[hold] = time.Time{}
	}
	if do&opRest != 0 && s.cfg.IdleHold > 0 {
		s.due[idleHold] = now.Add(s.pause())
	}
	if do&opConfirm != 0 {
		dst = s.confirm(dst, now)
	}
	if do&opBeat != 0 {
		dst = s.beat(dst, now)
	}
	if do&opHold != 0 && s.agreed.Hold > 0 {
		s.due[hold] = now.Add(s.agreed.Hold)
	}
	if do&opUp != 0 {
		s.up = now
		dst = append(dst, Action{Kind: Up, Up: s.agreed})
	}
	if do&opDeliver != 0 {
		dst = append(dst, Action{Kind: Deliver, Message: ev.Message})
	}
	return dst
}

// confirm takes the peer's OPEN: RFC 4271 §8.2.2, OpenSent, event 19.
func (s *Session) confirm(dst []Action, now time.Time) []Action {
	s.agreed = s.negotiate()
	if s.agreed.Hold == 0 {
		s.due[hold], s.due[keepalive] = time.Time{}, time.Time{}
		return s.send(dst, bgp.AppendKeepalive(nil))
	}
	s.due[hold] = now.Add(s.agreed.Hold)
	dst = s.beat(dst, now)
	if s.cfg.Paced {
		dst = append(dst, Action{Kind: Pace, Every: s.agreed.Keepalive})
	}
	return dst
}

// beat sends a KEEPALIVE and restarts its timer: never for less than a second
// (RFC 4271 §4.4).
func (s *Session) beat(dst []Action, now time.Time) []Action {
	if s.agreed.Keepalive > 0 && !s.cfg.Paced {
		s.due[keepalive] = now.Add(max(s.jitter(s.agreed.Keepalive), time.Second))
	}
	return s.send(dst, bgp.AppendKeepalive(nil))
}

// send gives the octets of a message to the driver out of the session's buffer.
func (s *Session) send(dst []Action, message []byte) []Action {
	at := len(s.out)
	s.out = append(s.out, message...)
	return append(dst, Action{Kind: Send, Bytes: s.out[at:len(s.out):len(s.out)]})
}

// count notes a failure and, if the session is to restart by itself, when.
func (s *Session) count(now time.Time, from State) {
	if from == Established && s.cfg.IdleHold > 0 && now.Sub(s.up) > 2*s.pause() {
		s.failures = 0 // it was up long enough to be forgiven
	}
	s.failures++
	if s.cfg.IdleHold > 0 {
		s.due[idleHold] = now.Add(s.jitter(s.pause()))
	}
}

// pause is how long the session stays Idle after its failures so far.
func (s *Session) pause() time.Duration {
	return s.cfg.IdleHold << min(max(s.failures-1, 0), 5)
}

// sendHold is the time of RFC 9687 §4.3, 0 where the timer does not run.
func (s *Session) sendHold() time.Duration {
	switch {
	case s.agreed != nil:
		return s.agreed.SendHold
	case s.cfg.SendHold > 0:
		return s.cfg.SendHold
	}
	return MinSendHold
}

// jitter shortens d by up to a quarter (RFC 4271 §10).
func (s *Session) jitter(d time.Duration) time.Duration {
	if s.rng == 0 {
		return d
	}
	s.rng ^= s.rng << 13
	s.rng ^= s.rng >> 7
	s.rng ^= s.rng << 17
	return d - time.Duration(s.rng%1024)*(d/4)/1024
}
