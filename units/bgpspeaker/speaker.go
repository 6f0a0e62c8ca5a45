// Package bgpspeaker is the unit bgp-tcp-in: a BGP speaker that waits for its
// peers or connects to them, keeps the sessions and turns what they send into routes. Static
// routes of the configuration are announced on the same sessions.
//
// It is not a router: it selects no best path and passes no routes on. It dials
// only peers that say so. The protocol lives elsewhere: messages in routecore/bgp, the state
// machine in routecore/bgp/fsm; this package owns sockets, goroutines and time.
//
// A session is two goroutines. The reader owns the read side, the buffer, the
// state machine and the way into the graph; it may be held up there for as long
// as a consumer likes. The writer owns the write side and sends KEEPALIVEs
// whatever the reader does. So that a reader that was held up does not mistake
// its own absence for the peer's, the hold timer is judged only after a read
// that found the socket empty.
//
// A peer that is connected to has a dialler, whose state machine lives on from
// attempt to attempt and steps the sessions on connections that it opened. One
// goroutine runs the timers of peers that restart: their routes outlive sessions.
// Where a consumer holds a reader up, no other goroutine may step its machine;
// so every connection has one of its own, and collisions are settled between them.
//
// Start reading at [Speaker.Run], then session.run in session.go, then receive
// in receive.go.
//
// RFC 2385 (TCP-MD5), RFC 2918 and RFC 7313 (route refresh), RFC 4271 (BGP-4), RFC
// 4486 (Cease subcodes, maximum prefixes), RFC 4724, RFC 8538 and RFC 9494 (helper
// of a graceful restart), RFC 5082 (GTSM), RFC 7606 (revised error handling), RFC
// 9234 (roles), RFC 9687 (send hold timer).
package bgpspeaker

import (
	"context"
	_ "embed"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

//go:embed config.go
var source []byte

// Unit is the BGP speaker, as listed in units/all.
var Unit = unit.Define("bgp-tcp-in", New, source)

// stopGrace is how long Run waits for sessions to say goodbye.
const stopGrace = 2 * time.Second

// maxPending bounds the connections of one address that have not sent an
// acceptable OPEN yet.
const maxPending = 8

// Speaker is a running BGP speaker. Its methods may be called from any
// goroutine.
type Speaker struct {
	cfg   Config // but for Peers, which is peers
	env   unit.Env
	count counters

	wg   sync.WaitGroup // listeners, diallers and sessions
	dial func(context.Context, netip.Addr, Peer) (net.Conn, error)

	mu        sync.Mutex
	peers     neighbours
	listeners []*listener
	sessions  map[*session]struct{}
	pending   map[netip.Addr]int // sessions before the peer's OPEN
	owners    map[owner]*session // sessions past the peer's OPEN
	blocked   map[netip.Addr]block
	penalties map[netip.Addr]penalty
	ends      map[netip.Addr]ending
	stopping  bool
	diallers  map[netip.Addr]*dialler
	keepers   map[owner]*keeper
	running   context.Context // of Run, nil before it
	work      context.Context // of the sessions

	unknown throttle // log lines about strangers
	broken  throttle // log lines about malformed UPDATEs
	unfit   throttle // log lines about routes that may not be used

	kept chan struct{} // the timers of keepers changed; holds one
}

// owner is what only one session can have at a time.
type owner struct {
	addr netip.Addr
	asn  inet.ASN
}

// block keeps away a peer that sent too many prefixes.
type block struct {
	until time.Time // zero: until its settings change
	peer  Peer
}

// ending is how the last session of an address ended.
type ending struct {
	at  time.Time
	why string
}

// counters are the unit's own metrics.
type counters struct {
	bound, accepted, dialled, dialFailed, lost, disconnected, strangers, refused, collisions, panics atomic.Uint64
	refusedRoutes                                                                                    rejects
	treatedAsWithdraw, discarded, resets, maxPrefix, unnegotiated, rejected                          atomic.Uint64
}

// New returns an inert speaker.
func New(cfg Config, env unit.Env) (*Speaker, error) {
	s := &Speaker{
		cfg: cfg, env: env, peers: newNeighbours(cfg.Peers),
		sessions: map[*session]struct{}{}, owners: map[owner]*session{}, pending: map[netip.Addr]int{},
		blocked: map[netip.Addr]block{}, penalties: map[netip.Addr]penalty{}, ends: map[netip.Addr]ending{},
		diallers: map[netip.Addr]*dialler{}, keepers: map[owner]*keeper{}, kept: make(chan struct{}, 1), dial: dialTCP,
	}
	for _, at := range cfg.Listen {
		s.listeners = append(s.listeners, &listener{at: at})
	}
	return s, nil
}

// Run listens and serves until ctx ends. It then sends every peer a Cease
// (Administrative Shutdown) and returns within about two seconds.
func (s *Speaker) Run(ctx context.Context) error {
	// Sessions outlive ctx for as long as it takes to end them well.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.mu.Lock()
	s.stopping, s.running, s.work = false, ctx, work
	s.startDiallers()
	s.mu.Unlock()
	s.wg.Go(func() { s.keep(ctx, work) })
	for _, l := range s.listeners {
		s.wg.Go(func() { s.listen(ctx, work, l) })
	}
	<-ctx.Done()
	s.stopAll()
	late := time.AfterFunc(stopGrace, func() {
		cancel()
		s.abandonAll()
	})
	s.wg.Wait()
	late.Stop()
	s.dropKept()
	return nil
}

// stopAll asks every session to end and lets no new one begin.
func (s *Speaker) stopAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopping = true
	for c := range s.sessions {
		c.end(fsm.Event{Kind: fsm.ManualStop, Note: bgp.NewShutdown(bgp.CeaseShutdown, "")})
	}
}

// abandonAll closes the connections of those who did not end in time.
func (s *Speaker) abandonAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.sessions {
		c.conn.Close()
	}
}

// serve runs a session on an accepted connection, if there is a peer for it.
func (s *Speaker) serve(work context.Context, conn net.Conn, remote netip.Addr) {
	remote = remote.Unmap()
	s.count.accepted.Add(1)
	s.mu.Lock()
	key, peer, known := s.peers.find(remote)
	why := s.refusal(remote, known)
	if why == nil && slices.ContainsFunc(s.listeners, func(l *listener) bool { return l.unsigned(key) }) {
		why = errUnsigned
	}
	var c *session
	if why == nil {
		c = newSession(s, conn, remote, key, peer, s.machine(key, peer, false))
		s.sessions[c] = struct{}{}
		s.wait(c.remote, 1)
	}
	s.mu.Unlock()
	if why == nil {
		if why = secure(conn, remote, peer); why != nil {
			s.forget(c)
		}
	}
	if why != nil {
		s.turnAway(remote, why)
		conn.Close()
		return
	}
	defer s.forget(c)
	c.run(work)
}

// forget takes a session that has ended off the list.
func (s *Speaker) forget(c *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, there := s.sessions[c]; there && !c.claimed {
		s.wait(c.remote, -1)
	}
	delete(s.sessions, c)
}

// wait counts the sessions of an address before they are claimed. s.mu is held.
func (s *Speaker) wait(addr netip.Addr, by int) {
	if s.pending[addr] += by; s.pending[addr] == 0 {
		delete(s.pending, addr)
	}
}

var (
	errStranger = errors.New("no peer is configured for this address")
	errBlocked  = errors.New("the peer sent more prefixes than max_prefix allows")
	errPending  = errors.New("too many connections from this address without an OPEN")
	errUnsigned = errors.New("the system does not take the password of the peer")
	errStopping = errors.New("the unit stops")
)

// refusal says why a connection is dropped without an OPEN. s.mu is held.
func (s *Speaker) refusal(remote netip.Addr, known bool) error {
	if s.stopping {
		return errStopping
	}
	if !known {
		return errStranger
	}
	if b, ok := s.blocked[remote]; ok {
		if b.until.IsZero() || s.env.Now().Before(b.until) {
			return errBlocked
		}
		delete(s.blocked, remote)
	}
	if s.env.Now().Before(s.penalties[remote].until) {
		return errDamped
	}
	if s.pending[remote] >= maxPending {
		return errPending
	}
	return nil
}

func (s *Speaker) turnAway(remote netip.Addr, why error) {
	if why == errStranger {
		s.count.strangers.Add(1)
	} else {
		s.count.refused.Add(1)
	}
	if n, ok := s.unknown.pass(s.env.Now()); ok {
		s.env.Log().Warn("connection dropped", "peer", remote, "reason", why, "suppressed", n)
	}
}

// Reload takes changed peers. Sessions whose settings are as before go on; what
// is announced changes on the live session.
func (s *Speaker) Reload(cfg Config) error {
	if cfg.MyASN != s.cfg.MyASN || cfg.MyBGPID != s.cfg.MyBGPID || !slices.Equal(cfg.Listen, s.cfg.Listen) {
		return errors.New("listen, my_asn and my_bgp_id cannot change while the unit runs")
	}
	s.mu.Lock()
	s.peers = newNeighbours(cfg.Peers)
	s.mu.Unlock()
	for _, l := range s.listeners {
		s.protect(l) // before those who lose their session come back
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for addr, b := range s.blocked {
		if _, peer, ok := s.peers.find(addr); !ok || !peer.same(b.peer) || peer.MaxPrefix != b.peer.MaxPrefix || peer.MaxPrefixRestart != b.peer.MaxPrefixRestart {
			delete(s.blocked, addr)
		}
	}
	clear(s.penalties) // the error may have been one of ours
	for c := range s.sessions {
		c.reload(s.peers.find(c.remote))
	}
	s.startDiallers()
	for key, k := range s.keepers {
		if _, _, ok := s.peers.find(key.addr); !ok {
			k.disown()
		}
	}
	s.wakeKeeper()
	return nil
}

// same reports whether a session of p may go on under q.
func (p Peer) same(q Peer) bool {
	return p.HoldTime == q.HoldTime && slices.Equal(p.RemoteASN, q.RemoteASN) &&
		slices.Equal(p.Protocols, q.Protocols) && slices.Equal(p.AddPath, q.AddPath) &&
		p.Connect == q.Connect && p.Port == q.Port && p.SourceAddress == q.SourceAddress &&
		p.MD5Password == q.MD5Password && p.TTL == q.TTL && p.TTLSecurity == q.TTLSecurity &&
		p.Role == q.Role && p.RoleStrict == q.RoleStrict &&
		p.GracefulRestart == q.GracefulRestart && p.LongLivedStaleTime == q.LongLivedStaleTime
}

// throttle lets one log line a second pass and counts the others.
type throttle struct {
	mu      sync.Mutex
	next    time.Time
	dropped int
}

// pass reports whether to log now, and how many lines were not logged before.
func (t *throttle) pass(now time.Time) (dropped int, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now.Before(t.next) {
		t.dropped++
		return 0, false
	}
	t.next = now.Add(time.Second)
	dropped, t.dropped = t.dropped, 0
	return dropped, true
}
