package bgpspeaker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/unit"
)

const (
	// probe is how long a read waits at least, so that a deadline that passed
	// while the reader was away still lets it see what has arrived.
	probe = 2 * time.Millisecond
	// drainGrace is how long we read on after a NOTIFICATION: closing a
	// connection with unread octets would reset it and lose the message.
	drainGrace = 500 * time.Millisecond
	// leaseWait bounds the wait for the loser of a collision to let go.
	leaseWait = 5 * time.Second

	// maxEnds bounds the addresses of which we remember the last error.
	maxEnds = 4096

	smallBuffer = bgp.MaxMessage
	largeBuffer = bgp.MaxExtMessage + 1
)

// session is one connection of a peer. All but the fields under the locks
// belongs to its reader goroutine.
type session struct {
	s      *Speaker
	conn   net.Conn
	remote netip.Addr
	fsm    *fsm.Session
	// dialled says that we opened the connection.
	dialled bool
	w       *writer
	out     adjOut
	order   atomic.Pointer[fsm.Event] // what somebody else wants of us; the first counts
	work    context.Context

	// Under Speaker.mu.
	contender fsm.Contender
	claimed   bool
	owns      owner // once claimed

	// Under mu, written by the reader and by reloads, read by State.
	mu     sync.Mutex
	key    Neighbour
	peer   Peer
	status status

	// The reader's own.
	now     time.Time
	buf     []byte
	fill    int
	open    bool
	actions []fsm.Action
	lease   *ingress.Lease
	unlease func()
	outlet  unit.Outlet
	hook    unit.Hook
	ident   unit.Peer
	batch   unit.Batch
	upd     bgp.Update
	recv    bgp.Ctx
	limit   limit
	said    bool // a NOTIFICATION was sent

	// Of an Established session.
	agreed  *fsm.Negotiated
	check   bgp.Ingress
	refresh *fsm.Refresh
	keeper  *keeper

	tally tally
}

// tally counts what passed on a session; State reads it while it runs.
type tally struct {
	messages, updates, announced, withdrawn, malformed, prefixes, octets atomic.Uint64
	refused                                                              rejects
}

// status is what State shows of a session.
type status struct {
	state  fsm.State
	agreed *fsm.Negotiated
	since  time.Time // Established since
}

func newSession(s *Speaker, conn net.Conn, remote netip.Addr, key Neighbour, peer Peer, machine *fsm.Session) *session {
	c := &session{
		s: s, conn: conn, remote: remote, key: key, peer: peer, open: true,
		fsm: machine, w: newWriter(conn, fsm.MinSendHold), buf: make([]byte, smallBuffer),
	}
	c.out.want = peer.Announce
	return c
}

// run is the reader: it returns when the connection is closed, everything
// downstream knows and the writer has ended.
func (c *session) run(work context.Context) {
	c.work = work
	var writer sync.WaitGroup
	writer.Go(c.w.run)
	defer func() {
		if p := recover(); p != nil {
			c.s.count.panics.Add(1)
			c.s.env.Log().Error("session ended by a fault in the program", "peer", c.remote, "fault", fmt.Sprint(p), "stack", string(debug.Stack()))
		}
		c.cleanUp()
		c.w.close()
		writer.Wait()
		c.hangUp()
	}()
	c.now = c.s.env.Now()
	if c.dialled {
		c.step(fsm.Event{Kind: fsm.TCPAcked})
	} else {
		c.step(fsm.Event{Kind: fsm.ManualStartPassive})
		c.step(fsm.Event{Kind: fsm.TCPConfirmed})
	}
	for c.open {
		c.read()
	}
}

// cleanUp gives back what the session holds: first the graph learns that the
// peer is down, then its successor may begin.
func (c *session) cleanUp() {
	if c.outlet != nil {
		c.outlet.Close()
	}
	if c.lease != nil {
		c.lease.Release()
		c.unlease()
	}
	c.disown()
}

// hangUp closes the connection so that the peer gets to read our last words.
func (c *session) hangUp() {
	defer c.conn.Close()
	half, ok := c.conn.(interface{ CloseWrite() error })
	if !c.said || !ok || half.CloseWrite() != nil {
		return
	}
	c.conn.SetReadDeadline(time.Now().Add(drainGrace))
	io.Copy(io.Discard, c.conn)
}

// end asks the session to end with an event, from any goroutine.
func (c *session) end(ev fsm.Event) {
	if c.order.CompareAndSwap(nil, &ev) {
		// The reader sets its deadline before it looks for orders, so that it
		// either sees this one or is woken up here.
		c.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

// read waits for octets, an order or a timer, and acts on it.
func (c *session) read() {
	n, err := c.wait(c.deadline())
	c.now = c.s.env.Now()
	if n > 0 {
		c.tally.octets.Add(uint64(n))
		c.fill += n
		c.frames()
	}
	if order := c.order.Load(); order != nil && c.open {
		c.step(*order)
	} else if err != nil && c.open {
		c.failed(err)
	}
	c.tickRefresh()
	c.flush()
}

// wait reads once. Without a timer that runs it waits for as long as it takes.
func (c *session) wait(due time.Time) (int, error) {
	deadline := time.Time{}
	if !due.IsZero() {
		deadline = time.Now().Add(max(due.Sub(c.s.env.Now()), probe))
	}
	c.conn.SetReadDeadline(deadline)
	if c.order.Load() != nil {
		return 0, nil
	}
	return c.conn.Read(c.buf[c.fill:])
}

// failed deals with a read that ended in an error.
func (c *session) failed(err error) {
	var timeout net.Error
	switch {
	case c.w.stalled.Load():
		c.step(fsm.Event{Kind: fsm.SendHoldExpires})
	case errors.As(err, &timeout) && timeout.Timeout():
		// A deadline that passes just as octets arrive, or while this machine
		// was too busy to look, reports a timeout all the same.
		n, err := c.wait(c.now)
		if n > 0 {
			c.tally.octets.Add(uint64(n))
			c.fill += n
			c.frames()
			return
		}
		if errors.As(err, &timeout) && timeout.Timeout() && c.order.Load() == nil {
			c.step(fsm.Event{Kind: fsm.Tick})
		}
	default:
		c.step(fsm.Event{Kind: fsm.TCPFails})
	}
}

// frames cuts the buffer into messages and keeps the unfinished rest.
func (c *session) frames() {
	at := 0
	for c.open {
		m, n, err := bgp.ReadMessage(c.buf[at:c.fill], c.fsm.MaxLen())
		if err != nil {
			var fault *bgp.Error
			errors.As(err, &fault)
			c.step(fsm.Problem(fsm.HeaderErr, fault))
			break
		}
		if n == 0 {
			break
		}
		at += n
		c.tally.messages.Add(1)
		c.step(fsm.Event{Kind: fsm.Received, Message: m})
	}
	c.flush() // before the octets move that the batch points to
	c.fill = copy(c.buf, c.buf[at:c.fill])
	if len(c.buf) < largeBuffer && (c.fill == len(c.buf) || c.fsm.State() == fsm.Established) {
		c.buf = append(make([]byte, 0, largeBuffer), c.buf[:c.fill]...)[:largeBuffer]
	}
}

// flush sends what was collected into the graph.
func (c *session) flush() {
	if len(c.batch.Events) == 0 || c.outlet == nil {
		return
	}
	// The only error is that our time is over; orders tell us so anyway.
	_ = c.outlet.Send(&c.batch)
	c.batch.Reset()
}

// step feeds the state machine and does what it says.
func (c *session) step(ev fsm.Event) {
	before := c.fsm.State()
	c.actions = c.fsm.Step(c.actions[:0], c.now, ev)
	var next fsm.Event
	for i := range c.actions {
		if n := c.act(&c.actions[i]); n.Kind != 0 {
			next = n
		}
	}
	if after := c.fsm.State(); after != before {
		c.mu.Lock()
		c.status.state = after
		c.status.agreed = c.fsm.Agreed()
		c.mu.Unlock()
		if after == fsm.OpenConfirm {
			next = c.claim()
		}
	}
	if next.Kind != 0 {
		c.step(next)
	}
}

// act does one action. It returns an event that follows from it, if any.
func (c *session) act(a *fsm.Action) fsm.Event {
	switch a.Kind {
	case fsm.Send:
		c.said = c.said || bgp.MsgType(a.Bytes[18]) == bgp.MsgNotification
		c.w.send(a.Bytes)
	case fsm.Pace:
		c.w.pace(a.Every, c.fsm.Agreed().SendHold)
	case fsm.Up:
		c.up(a.Up)
	case fsm.Deliver:
		return c.receive(a.Message)
	case fsm.Down:
		c.down(a.Why)
	case fsm.Close:
		c.open = false
		c.ended(a.Why)
	}
	return fsm.Event{}
}

// up tells the graph and the peer that the session is Established.
func (c *session) up(n *fsm.Negotiated) {
	s := c.s
	c.recv, c.agreed = n.Recv, n
	c.refresh = fsm.NewRefresh(n, refreshLimit)
	c.keeper = s.keeper(owner{c.remote, n.Remote.ASN()})
	c.hook = s.env.Hook("bgp_in")
	s.mu.Lock()
	c.contender.State = fsm.Established
	s.mu.Unlock()
	c.mu.Lock()
	c.status.since = c.now
	peer := c.peer
	c.mu.Unlock()
	c.limit.set(peer.MaxPrefix)
	c.check = s.ingressOf(c, peer, n)
	c.batch.Add(&unit.PeerUp{
		Peer: c.ident, Time: c.now.UnixMicro(),
		Sent: n.LocalMessage[bgp.HeaderLen:], Received: n.RemoteMessage[bgp.HeaderLen:],
	})
	c.keeper.up(&c.batch, c.ident, c.now, n)
	c.flush()
	s.env.Log().Info("session established", "peer", c.remote, "name", peer.Name, "asn", uint32(n.Remote.ASN()),
		"hold_time", n.Hold, "families", n.Recv.Families.String(), "ingress", uint32(c.ident.Ingress))
	if n.Hold == 0 {
		c.w.pace(0, n.SendHold)
	}
	if skipped := c.out.begin(c.w, n.Send, s.exportTo(peer, n)); skipped > 0 {
		s.env.Log().Warn("some static routes do not go to the peer, by family or role", "peer", c.remote, "routes", skipped)
	}
	for f := range n.Send.Families.All() {
		c.routeActions(c.refresh.Sent(nil, f))
	}
}

// down tells the graph that the session was up and is not any more.
func (c *session) down(why *fsm.Reason) {
	c.out.stop()
	c.mu.Lock()
	longest := c.peer.LongLivedStaleTime
	c.mu.Unlock()
	down := &unit.PeerDown{Peer: c.ident, Time: c.now.UnixMicro(), Reason: why.String(), Keep: why.Keep}
	c.keeper.down(&c.batch, down, c.now, c.agreed, longest)
	c.flush()
	c.s.wakeKeeper()
	if why.Sent == nil {
		c.s.count.lost.Add(1)
	} else {
		c.s.count.disconnected.Add(1)
	}
}

// ended notes why a connection was closed.
func (c *session) ended(why *fsm.Reason) {
	s := c.s
	c.disown() // the peer may come back while we still clean up
	text := why.String()
	if said, ok := why.Shutdown(); ok {
		text += ": " + said
	}
	s.noteEnd(c.remote, c.now, text)
	s.damp(c, why)
	if why.Event == fsm.CollisionDump {
		s.count.collisions.Add(1)
	}
	s.env.Log().Info("session ended", "peer", c.remote, "name", c.name(), "state", why.State.String(), "reason", text)
}

// noteEnd remembers how the last session of an address, or an attempt, ended.
func (s *Speaker) noteEnd(addr netip.Addr, at time.Time, why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, again := s.ends[addr]; again || len(s.ends) < maxEnds {
		s.ends[addr] = ending{at, why}
	}
}

func (c *session) name() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.peer.Name
}

// reload takes the settings that now hold for the session's address.
func (c *session) reload(key Neighbour, peer Peer, known bool) {
	c.mu.Lock()
	old := c.peer
	asn, agreed := uint32(0), c.status.agreed
	if agreed != nil {
		asn = uint32(agreed.Remote.ASN())
	}
	if known {
		c.key, c.peer = key, peer
	}
	c.mu.Unlock()
	if !known {
		c.end(fsm.Event{Kind: fsm.ManualStop, Note: bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseDeconfigured}})
		return
	}
	if agreed != nil && (len(peer.RemoteASN) == 0 || slices.Contains(peer.RemoteASN, agreed.Remote.ASN())) {
		old.RemoteASN = peer.RemoteASN // another list, but the peer is still in it
	}
	if !old.same(peer) {
		c.s.env.Log().Info("settings of the peer changed", "peer", c.remote, "asn", asn)
		c.end(fsm.Event{Kind: fsm.ManualStop, Note: bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseConfigChange}})
		return
	}
	c.limit.max.Store(peer.MaxPrefix)
	if old.MaxPrefix == 0 && peer.MaxPrefix > 0 && agreed != nil {
		c.ask(agreed)
	}
	c.out.change(peer.Announce)
}

// ask has the peer send all its routes again (RFC 2918), so that those that came
// before max_prefix was set are counted too. It reports whether the peer can.
func (c *session) ask(agreed *fsm.Negotiated) bool {
	if !agreed.Remote.Has(bgp.CapRouteRefresh) {
		return false
	}
	var out []byte
	for f := range agreed.Recv.Families.All() {
		out = bgp.RouteRefresh{Family: f}.Append(out)
	}
	c.w.send(out)
	return true
}
