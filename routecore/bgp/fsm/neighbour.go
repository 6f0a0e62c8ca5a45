package fsm

import (
	"slices"
	"time"

	"example.com/rotonda/routecore/bgp"
)

// Conn numbers the connections of a [Neighbour]: Dialled is ours, the driver
// numbers those that the peer opened from 1 on, each once.
type Conn int

// Dialled is the connection that we open. Starts and stops with it are those of
// the neighbour as a whole.
const Dialled Conn = 0

// maxOffers bounds the connections of a peer that have not made it yet.
const maxOffers = 4

// NeighbourEvent is an event of one connection.
type NeighbourEvent struct {
	Event
	Conn Conn
}

// NeighbourAction is an action for one connection.
type NeighbourAction struct {
	Action
	Conn Conn
}

// Neighbour is all connections of one peer over TCP as a pure step function: a
// [Session] that dials, unless [Config].Passive, and one for each connection
// that the peer opens. It resolves collisions, so that at most one of them is
// Established, does not dial while one of the peer's is about to be, and lets
// failures of all of them delay the next attempt. Make it with [NewNeighbour].
// Not for concurrent use.
//
//	start            ManualStart and so on with Dialled
//	peer connects    TCPConfirmed with a new number; it may be answered by Refuse
//	octets, errors   as for a Session, with the number
//	stop             ManualStop or AutomaticStop with Dialled ends all
type Neighbour struct {
	cfg     Config
	started bool
	dialler *Session // nil: passive
	offers  []*offered
	out     []Action
}

// offered is a connection that the peer opened.
type offered struct {
	*Session
	conn Conn
}

// NewNeighbour returns a neighbour that is not started. It turns connections
// away until then.
func NewNeighbour(cfg Config) *Neighbour {
	n := &Neighbour{cfg: cfg}
	if !cfg.Passive {
		n.dialler = New(cfg)
	}
	return n
}

// Session returns the session of a connection, nil where there is none. Only the
// Neighbour steps it.
func (n *Neighbour) Session(c Conn) *Session {
	if c == Dialled {
		return n.dialler
	}
	for _, o := range n.offers {
		if o.conn == c {
			return o.Session
		}
	}
	return nil
}

// Best returns the session that has come farthest, nil where there is none, and
// its connection.
func (n *Neighbour) Best() (best *Session, conn Conn) {
	for c, s := range n.all() {
		if best == nil || s.State() > best.State() {
			best, conn = s, c
		}
	}
	return best, conn
}

// all yields the sessions, ours first.
func (n *Neighbour) all() func(func(Conn, *Session) bool) {
	return func(yield func(Conn, *Session) bool) {
		if n.dialler != nil && !yield(Dialled, n.dialler) {
			return
		}
		for _, o := range slices.Clone(n.offers) {
			if !yield(o.conn, o.Session) {
				return
			}
		}
	}
}

// Deadline returns when Tick has something to do, the zero time for never.
func (n *Neighbour) Deadline() time.Time {
	var first time.Time
	for _, s := range n.all() {
		if d := s.Deadline(); !d.IsZero() && (first.IsZero() || d.Before(first)) {
			first = d
		}
	}
	return first
}

// Step feeds one event at the time now and appends what the driver has to do.
// Bytes are valid until the next Step.
func (n *Neighbour) Step(dst []NeighbourAction, now time.Time, ev NeighbourEvent) []NeighbourAction {
	switch s := n.Session(ev.Conn); {
	case ev.Kind == Tick:
		for c, s := range n.all() {
			dst = n.step(dst, now, c, s, ev.Event)
		}
	case ev.Conn == Dialled && (ev.Kind == ManualStop || ev.Kind == AutomaticStop):
		n.started = false
		for c, s := range n.all() {
			dst = n.step(dst, now, c, s, ev.Event)
		}
	case ev.Conn == Dialled && ev.Kind >= ManualStart && ev.Kind < AutomaticStop:
		n.started = true
		if s != nil && !n.busy() {
			dst = n.step(dst, now, Dialled, s, ev.Event)
		}
	case s != nil:
		dst = n.step(dst, now, ev.Conn, s, ev.Event)
	case ev.Kind == TCPConfirmed:
		dst = n.offer(dst, now, ev)
	}
	n.settle(now)
	return dst
}

// offer takes a connection that the peer opened.
func (n *Neighbour) offer(dst []NeighbourAction, now time.Time, ev NeighbourEvent) []NeighbourAction {
	if !n.started || len(n.offers) >= maxOffers {
		return append(dst, NeighbourAction{Action{Kind: Refuse}, ev.Conn})
	}
	cfg := n.cfg
	cfg.Passive, cfg.IdleHold = true, 0
	o := &offered{New(cfg), ev.Conn}
	if n.dialler != nil {
		o.local = n.dialler.local // without what the peer refused
	}
	n.offers = append(n.offers, o)
	dst = n.step(dst, now, o.conn, o.Session, Event{Kind: AutomaticStartPassive})
	return n.step(dst, now, o.conn, o.Session, ev.Event)
}

// step steps one session and settles what follows from it.
func (n *Neighbour) step(dst []NeighbourAction, now time.Time, c Conn, s *Session, ev Event) []NeighbourAction {
	before := s.State()
	n.out = s.Step(n.out[:0], now, ev)
	up := false
	for _, a := range n.out {
		dst = append(dst, NeighbourAction{a, c})
		up = up || a.Kind == Up
	}
	if c != Dialled && n.dialler != nil && before >= OpenSent && s.State() == Idle && ev.Kind != CollisionDump && n.started && !n.busy() {
		n.dialler.count(now, before) // it delays the next attempt like a failure of our own
	}
	switch {
	case before < OpenConfirm && s.State() == OpenConfirm:
		dst = n.contest(dst, now, c, s)
		if c != Dialled && s.State() == OpenConfirm {
			dst = n.rest(dst, now)
		}
	case up:
		for other, o := range n.all() {
			if other != c && o.State() == OpenConfirm { // another identity behind the address
				dst = n.step(dst, now, other, o, rejected())
			}
		}
	}
	return dst
}

// contest settles the collisions of a connection that has just got its OPEN.
func (n *Neighbour) contest(dst []NeighbourAction, now time.Time, c Conn, fresh *Session) []NeighbourAction {
	for other, old := range n.all() {
		if other == c || fresh.State() != OpenConfirm {
			continue
		}
		switch Collide(old.Contender(other == Dialled), fresh.Contender(c == Dialled)) {
		case CloseOld:
			dst = n.step(dst, now, other, old, Event{Kind: CollisionDump})
		case CloseFresh:
			dst = n.step(dst, now, c, fresh, Event{Kind: CollisionDump})
		case ReplaceOld:
			dst = n.step(dst, now, other, old, Event{Kind: TCPFails})
		default:
			if old.State() == Established {
				dst = n.step(dst, now, c, fresh, rejected())
			}
		}
	}
	return dst
}

// rest gives up a dial that is under way, now that a connection of the peer is
// about to be Established. The peer would take our OPEN for a sign that we have
// restarted, if we may (RFC 4724 §4.2), and leave the other connection.
func (n *Neighbour) rest(dst []NeighbourAction, now time.Time) []NeighbourAction {
	d := n.dialler
	if d == nil || d.linked || d.cfg.IdleHold == 0 || d.State() != Connect && d.State() != Active {
		return dst
	}
	failures := d.failures
	dst = n.step(dst, now, Dialled, d, Event{Kind: ManualStop})
	d.failures = failures
	return dst
}

// rejected ends a connection that is in the way of another.
func rejected() Event {
	return Event{Kind: AutomaticStop, Note: bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseRejected}}
}

// busy tells whether one of the peer's connections makes dialling pointless.
func (n *Neighbour) busy() bool {
	return slices.ContainsFunc(n.offers, func(o *offered) bool { return o.State() >= OpenConfirm })
}

// settle forgets connections that ended, and has the dialler rest while it is
// not needed and start again when it is.
func (n *Neighbour) settle(now time.Time) {
	n.offers = slices.DeleteFunc(n.offers, func(o *offered) bool { return o.State() == Idle })
	d := n.dialler
	if d == nil || d.State() != Idle {
		return
	}
	switch {
	case n.busy():
		d.due[idleHold] = time.Time{}
	case n.started && d.cfg.IdleHold > 0 && d.due[idleHold].IsZero():
		d.due[idleHold] = now.Add(d.jitter(d.pause()))
	}
}
