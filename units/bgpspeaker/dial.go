package bgpspeaker

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"example.com/rotonda/routecore/bgp/fsm"
)

// idleHold is how long we wait after an attempt that failed; each further
// failure doubles it, up to 32 times (RFC 4271 §8.1.1, DampPeerOscillations).
const idleHold = 5 * time.Second

// dialler opens the connections to one peer. Its state machine lives on from one
// attempt to the next, which is what remembers the failures. While a connection
// that the peer opened is past its OPEN there is nothing to dial for.
type dialler struct {
	s     *Speaker
	key   Neighbour
	peer  Peer
	addr  netip.Addr
	fsm   *fsm.Session
	quit  context.CancelFunc
	kick  chan struct{} // something changed that it may have waited for; holds one
	state atomic.Uint32 // fsm.State, for State
	next  atomic.Int64  // when it dials again, Unix nanoseconds; 0: it does not wait
	acts  []fsm.Action
}

// startDiallers brings the diallers in line with the peers. s.mu is held.
func (s *Speaker) startDiallers() {
	want := map[netip.Addr]neighbour{}
	for _, n := range s.peers {
		if n.key.Exact && n.peer.Connect {
			want[n.key.Prefix.Addr()] = n
		}
	}
	for addr, d := range s.diallers {
		n, ok := want[addr]
		if ok && n.key == d.key && n.peer.same(d.peer) {
			delete(want, addr)
			d.wake()
			continue
		}
		d.quit()
		delete(s.diallers, addr)
	}
	if s.running == nil || s.stopping {
		return
	}
	for addr, n := range want {
		ctx, quit := context.WithCancel(s.running)
		d := &dialler{s: s, key: n.key, peer: n.peer, addr: addr, quit: quit, kick: make(chan struct{}, 1), fsm: s.machine(n.key, n.peer, true)}
		s.diallers[addr] = d
		s.wg.Go(func() {
			defer quit()
			d.run(ctx, s.work)
		})
	}
}

func (d *dialler) wake() {
	select {
	case d.kick <- struct{}{}:
	default:
	}
}

// run dials until ctx ends.
func (d *dialler) run(ctx, work context.Context) {
	for ctx.Err() == nil {
		now := d.s.env.Now()
		until, blocked := d.obstacle(now)
		if !blocked {
			until = d.fsm.Deadline()
			if until.IsZero() || !until.After(now) {
				d.attempt(ctx, work, now, until.IsZero())
				continue
			}
		}
		d.wait(ctx, now, until)
	}
}

// obstacle tells whether dialling is of no use now, and until when at most; the
// zero time means until something changes.
func (d *dialler) obstacle(now time.Time) (until time.Time, blocked bool) {
	d.s.mu.Lock()
	defer d.s.mu.Unlock()
	for key := range d.s.owners {
		if key.addr == d.addr {
			return time.Time{}, true
		}
	}
	if b, ok := d.s.blocked[d.addr]; ok && (b.until.IsZero() || now.Before(b.until)) {
		return b.until, true
	}
	return time.Time{}, false
}

func (d *dialler) wait(ctx context.Context, now, until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		d.next.Store(until.UnixNano())
		timer := time.NewTimer(until.Sub(now))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-d.kick:
	case <-alarm:
	}
	d.next.Store(0)
}

// attempt steps the timer that is due, or starts afresh, and dials if that says so.
func (d *dialler) attempt(ctx, work context.Context, now time.Time, fresh bool) {
	ev := fsm.Event{Kind: fsm.Tick}
	if fresh {
		ev.Kind = fsm.ManualStart
	}
	if !d.step(now, ev) {
		return
	}
	limit, cancel := context.WithTimeout(ctx, d.fsm.Deadline().Sub(now))
	conn, err := d.s.dial(limit, d.addr, d.peer)
	cancel()
	now = d.s.env.Now()
	if err != nil {
		d.s.count.dialFailed.Add(1)
		d.step(now, fsm.Event{Kind: fsm.TCPFails})
		d.s.noteEnd(d.addr, now, "cannot connect: "+err.Error())
		d.s.env.Log().Debug("cannot connect to the peer", "peer", d.addr, "error", err, "again_at", d.fsm.Deadline())
		return
	}
	if _, late := d.obstacle(now); late {
		// The peer's own connection came first. Our OPEN would tell a peer that
		// we have restarted (RFC 4724 §4.2).
		conn.Close()
		d.step(now, fsm.Event{Kind: fsm.ManualStop})
		return
	}
	d.s.count.dialled.Add(1)
	d.s.serveDialled(work, conn, d)
	d.state.Store(uint32(d.fsm.State()))
}

// step steps the machine between two connections. It tells whether to dial.
func (d *dialler) step(now time.Time, ev fsm.Event) (dial bool) {
	d.acts = d.fsm.Step(d.acts[:0], now, ev)
	for _, a := range d.acts {
		dial = dial || a.Kind == fsm.Dial
	}
	d.state.Store(uint32(d.fsm.State()))
	return dial
}

// serveDialled runs a session on a connection that we opened.
func (s *Speaker) serveDialled(work context.Context, conn net.Conn, d *dialler) {
	s.mu.Lock()
	if s.stopping || s.diallers[d.addr] != d {
		s.mu.Unlock()
		conn.Close()
		d.step(s.env.Now(), fsm.Event{Kind: fsm.ManualStop})
		return
	}
	c := newSession(s, conn, d.addr, d.key, d.peer, d.fsm)
	c.dialled = true
	s.sessions[c] = struct{}{}
	s.wait(c.remote, 1)
	s.mu.Unlock()
	defer s.forget(c)
	c.run(work)
}

// dialTCP opens a connection to a peer.
func dialTCP(ctx context.Context, to netip.Addr, p Peer) (net.Conn, error) {
	d := net.Dialer{Control: control(to, p)}
	d.SetMultipathTCP(false) // it has no TCP-MD5
	if p.SourceAddress.IsValid() {
		d.LocalAddr = &net.TCPAddr{IP: p.SourceAddress.AsSlice(), Zone: p.SourceAddress.Zone()}
	}
	return d.DialContext(ctx, "tcp", net.JoinHostPort(to.String(), strconv.Itoa(int(p.Port))))
}
