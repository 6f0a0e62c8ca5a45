package fsm

import (
	"errors"
	"slices"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// ControlStream is the stream of the control channel.
const ControlStream = 0

// DefaultFunctionHold is the hold time of function channels in seconds. It is
// long because the control channel alone proves that the peer is alive.
const DefaultFunctionHold = 3600

// PeerConfig is what one end of a BGP over QUIC connection is told.
type PeerConfig struct {
	// Control is for the control channel; capabilities that belong to function
	// channels may stand in it and are left out there. Channel and Parent are
	// set by the Peer.
	Control Config
	// Send lists the families of which we send routes, each with the
	// capabilities of its OPEN. Which ones the peer sends is its own decision.
	Send []Offer
	// Answer are capabilities of our OPEN on channels on which the peer sends,
	// such as ADD-PATH and graceful restart.
	Answer []bgp.Capability
	// Accept are the families that we take; the empty set takes all.
	Accept bgp.FamilySet
	// FunctionHold is the hold time of function channels in seconds; 0 takes
	// [DefaultFunctionHold].
	FunctionHold uint16
	// IdleHold, if positive, is when a function channel that failed is opened
	// again, as [Config].IdleHold.
	IdleHold time.Duration
}

// Offer is a family that we send.
type Offer struct {
	Family inet.Family
	Caps   []bgp.Capability
}

// PeerEvent is an event of one channel: that of Stream, or where that is 0 the
// sender of Family, or without either the control channel. A start for a family
// of Send opens its channel again.
type PeerEvent struct {
	Event
	// Stream is where it happened. StreamOpened for a family that we wanted to
	// send names it in Family; without one it is the peer's stream.
	Stream uint64
	Family inet.Family
	// Frame is what a Received event brought, instead of Event.Message.
	Frame Frame
}

// PeerAction is an action of one channel. Send has whole frames in Bytes, and
// Stream is where to write them, which for answers to the peer's channels is
// the control stream. Dial with the channel Sender wants a stream for Family;
// Close with the channel Control ends the connection, else only Stream.
type PeerAction struct {
	Action
	Channel Channel
	Stream  uint64
	Family  inet.Family
}

// Peer is one BGP over QUIC connection as a pure step function: a [Session] for
// the control channel and one for each family and direction, and the framing
// between them. It decides which channels should exist and keeps what happens
// to one away from the others. Make it with [NewPeer]. Not for concurrent use.
//
//	stream 0 (both ways)     control: OPEN, KEEPALIVE; addressed frames: answers of receivers
//	stream of a family       its sender's OPEN, KEEPALIVE, UPDATE, BoRR and EoRR
type Peer struct {
	cfg     PeerConfig
	control *Session
	lanes   []*lane
	out     []Action
}

// lane is a function channel. Its stream is known once it was opened.
type lane struct {
	*Session
	channel Channel
	family  inet.Family
	stream  uint64
	opened  bool
}

// NewPeer returns a peer whose control channel is Idle.
func NewPeer(cfg PeerConfig) *Peer {
	cfg.Control.Channel, cfg.Control.Parent = Control, nil
	if cfg.FunctionHold == 0 {
		cfg.FunctionHold = DefaultFunctionHold
	}
	return &Peer{cfg: cfg, control: New(cfg.Control)}
}

// Control returns the session of the control channel, for its state and for
// [Session.Contender]. Only the Peer steps it.
func (p *Peer) Control() *Session { return p.control }

// State returns the state of a function channel, Idle where there is none.
func (p *Peer) State(ch Channel, f inet.Family) State {
	best := Idle
	for _, l := range p.lanes {
		if l.channel == ch && l.family == f {
			best = max(best, l.State())
		}
	}
	return best
}

// Deadline returns when Tick has something to do, the zero time for never.
func (p *Peer) Deadline() time.Time {
	first := p.control.Deadline()
	for _, l := range p.lanes {
		if d := l.Deadline(); !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}

// Step feeds one event at the time now and appends what the driver has to do.
// Bytes are valid until the next Step.
func (p *Peer) Step(dst []PeerAction, now time.Time, ev PeerEvent) []PeerAction {
	switch ev.Kind {
	case Tick:
		dst = p.stepControl(dst, now, ev.Event)
		for _, l := range slices.Clone(p.lanes) {
			dst = p.step(dst, now, l, ev.Event)
		}
	case Received:
		dst = p.receive(dst, now, ev)
	case StreamOpened:
		dst = p.opened(dst, now, ev)
	default:
		switch l := p.about(ev); {
		case l != nil:
			dst = p.step(dst, now, l, ev.Event)
		case ev.Stream == ControlStream && ev.Family == 0:
			dst = p.stepControl(dst, now, ev.Event)
		case ev.Family != 0 && (ev.Kind == ManualStart || ev.Kind == AutomaticStart) && p.control.State() == Established:
			dst = p.start(dst, now, p.control.Agreed(), ev.Family)
		}
	}
	p.lanes = slices.DeleteFunc(p.lanes, func(l *lane) bool {
		return l.State() == Idle && (l.channel == Receiver || l.Deadline().IsZero())
	})
	return dst
}

// about finds the function channel of an event: by its stream, or by the family
// of a sender.
func (p *Peer) about(ev PeerEvent) *lane {
	if ev.Stream != ControlStream {
		return p.lane(ev.Stream)
	}
	for _, l := range p.lanes {
		if l.channel == Sender && l.family == ev.Family {
			return l
		}
	}
	return nil
}

func (p *Peer) lane(stream uint64) *lane {
	for _, l := range p.lanes {
		if l.opened && l.stream == stream {
			return l
		}
	}
	return nil
}

// stepControl steps the control channel. What becomes of it happens to all
// others: they begin when it is Established and end with it.
func (p *Peer) stepControl(dst []PeerAction, now time.Time, ev Event) []PeerAction {
	p.out = p.control.Step(p.out[:0], now, ev)
	for _, a := range slices.Clone(p.out) {
		if a.Kind == Close {
			dst = p.drop(dst, now)
		}
		if a.Kind == Send {
			a.Bytes = Frame{Payload: a.Bytes}.Append(nil)
		}
		dst = append(dst, PeerAction{Action: a, Channel: Control})
		if a.Kind == Up {
			dst = p.start(dst, now, a.Up, 0)
		}
	}
	return dst
}

// drop ends all function channels with their connection.
func (p *Peer) drop(dst []PeerAction, now time.Time) []PeerAction {
	for _, l := range p.lanes {
		dst = p.step(dst, now, l, Event{Kind: TCPFails})
	}
	p.lanes = nil
	return dst
}

// start opens the channels of the families that we send, or only of one.
func (p *Peer) start(dst []PeerAction, now time.Time, n *Negotiated, only inet.Family) []PeerAction {
	for _, o := range p.cfg.Send {
		if only != 0 && only != o.Family {
			continue
		}
		l := &lane{channel: Sender, family: o.Family, Session: New(p.function(Sender, n, o.Family, o.Caps))}
		p.lanes = append(p.lanes, l)
		dst = p.step(dst, now, l, Event{Kind: AutomaticStart})
	}
	return dst
}

// function is the configuration of a function channel.
func (p *Peer) function(ch Channel, n *Negotiated, f inet.Family, caps []bgp.Capability) Config {
	c := p.cfg.Control
	return Config{
		Channel: ch, Parent: n, Points: c.Points, OpenHold: c.OpenHold, SendHold: c.SendHold, IdleHold: p.cfg.IdleHold, Seed: c.Seed,
		Local: functionOpen(n.Local, p.cfg.FunctionHold, f, caps),
	}
}

// opened takes a new stream: one that a sender asked for, or the peer's.
func (p *Peer) opened(dst []PeerAction, now time.Time, ev PeerEvent) []PeerAction {
	if ev.Family != 0 {
		for _, l := range p.lanes {
			if l.channel == Sender && l.family == ev.Family && l.State() == Connect {
				l.stream, l.opened = ev.Stream, true
				return p.step(dst, now, l, ev.Event)
			}
		}
	}
	n := p.control.Agreed()
	if ev.Family != 0 || p.control.State() < OpenConfirm || p.lane(ev.Stream) != nil {
		// Nobody waits for it, or it came before its time. In OpenConfirm it is
		// welcome: the peer is Established, but the KEEPALIVE that says so goes
		// on another stream and may arrive later.
		return append(dst, PeerAction{Action: Action{Kind: Refuse}, Channel: Receiver, Stream: ev.Stream, Family: ev.Family})
	}
	l := &lane{channel: Receiver, stream: ev.Stream, opened: true, Session: New(p.function(Receiver, n, inet.IPv4Unicast, p.cfg.Answer))}
	p.lanes = append(p.lanes, l)
	return p.step(dst, now, l, ev.Event)
}

// receive hands a frame to its channel: data to that of its stream, addressed
// data on the control stream to the one that it names.
func (p *Peer) receive(dst []PeerAction, now time.Time, ev PeerEvent) []PeerAction {
	control := ev.Stream == ControlStream
	if control && !ev.Frame.Addressed {
		m, err := ev.Frame.message(p.control.MaxLen())
		if err != nil {
			return p.stepControl(dst, now, fault(err))
		}
		return p.stepControl(dst, now, Event{Kind: Received, Message: m})
	}
	to := ev.Stream
	if control {
		// Whatever stands on it, it shows that the peer is alive.
		dst = p.stepControl(dst, now, Event{Kind: heard})
		to = ev.Frame.Stream
	}
	l := p.lane(to)
	switch {
	case l == nil:
		return dst // the answer to a channel that has ended meanwhile
	case control != (l.channel == Sender), control != ev.Frame.Addressed:
		return p.step(dst, now, l, Event{Kind: HeaderErr, Note: bgp.Notification{Code: p.control.cfg.Points.Notification, Subcode: BoQChannelReset}})
	}
	m, err := ev.Frame.message(l.MaxLen())
	if err != nil {
		return p.step(dst, now, l, fault(err))
	}
	if m.Type == bgp.MsgOpen && l.channel == Receiver && l.State() == Active {
		return p.introduce(dst, now, l, m)
	}
	return p.step(dst, now, l, Event{Kind: Received, Message: m})
}

// introduce takes the OPEN of a channel of the peer, which says what family it
// is for: our own OPEN is about that one, and there must be no other.
func (p *Peer) introduce(dst []PeerAction, now time.Time, l *lane, m bgp.Message) []PeerAction {
	open, err := bgp.ParseOpen(m.Body())
	if err == nil {
		for f := range open.AllFamilies() {
			l.family = f
		}
		l.local = functionOpen(p.control.Agreed().Local, p.cfg.FunctionHold, l.family, p.cfg.Answer)
		note := bgp.Notification{Code: p.control.cfg.Points.Notification}
		switch {
		case p.cfg.Accept != 0 && !p.cfg.Accept.Has(l.family):
			note.Subcode = BoQMismatch
		case slices.ContainsFunc(p.lanes, func(o *lane) bool { return o != l && o.channel == Receiver && o.family == l.family }):
			note.Subcode = BoQConflict
		}
		if note.Subcode != 0 {
			return p.step(dst, now, l, Event{Kind: OpenMsgErr, Note: note})
		}
	}
	return p.step(dst, now, l, Event{Kind: Received, Message: m})
}

// step steps a function channel and puts what it sends where it belongs: a
// sender's on its stream, a receiver's on the control stream with an address.
func (p *Peer) step(dst []PeerAction, now time.Time, l *lane, ev Event) []PeerAction {
	p.out = l.Step(p.out[:0], now, ev)
	for _, a := range p.out {
		act := PeerAction{Action: a, Channel: l.channel, Stream: l.stream, Family: l.family}
		if a.Kind == Send {
			f := Frame{Payload: a.Bytes}
			if l.channel == Receiver {
				f.Addressed, f.Stream, act.Stream = true, l.stream, ControlStream
			}
			act.Bytes = f.Append(nil)
		}
		if a.Kind == Close && !l.opened {
			continue // no stream yet: there is nothing to close
		}
		dst = append(dst, act)
		if a.Kind == Dial {
			l.opened = false
		}
	}
	return dst
}

// fault is the event of a frame that is no message.
func fault(err error) Event {
	var e *bgp.Error
	if !errors.As(err, &e) {
		return Event{Kind: HeaderErr, Note: bgp.Notification{Code: bgp.CodeHeader}}
	}
	return Problem(HeaderErr, e)
}
