package bgpspeaker

import (
	"context"
	"sync"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// limitGrace is how much longer than the peer may want its routes a receiver
// keeps them where it hears nothing more.
const limitGrace = time.Minute

// syncTime leaves the wait for End-of-RIB to the RIB's stale_time.
const syncTime = 24 * time.Hour

// keeper decides, for one peer over all its sessions, which routes stay while it
// is away (RFC 4724, RFC 8538, RFC 9494).
type keeper struct {
	mu      sync.Mutex
	restart fsm.Restart
	ident   unit.Peer // the last session
	acts    []fsm.RouteAction
	strange bool // its peer is not configured any more
}

// disown has tick drop everything.
func (k *keeper) disown() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.strange = true
}

// keeper returns that of an owner.
func (s *Speaker) keeper(key owner) *keeper {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.keepers[key]
	if k == nil {
		k = &keeper{}
		s.keepers[key] = k
	}
	return k
}

// down appends the PeerDown and what follows from it.
func (k *keeper) down(b *unit.Batch, ev *unit.PeerDown, now time.Time, n *fsm.Negotiated, longest time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ident = ev.Peer
	k.restart.MaxLongLived, k.restart.StaleTime = longest, syncTime
	k.acts = k.restart.Down(k.acts[:0], now, n, ev.Keep)
	ev.Keep = false
	for _, a := range k.acts {
		ev.Keep = ev.Keep || a.Op == fsm.MarkStale
	}
	if ev.Keep {
		ev.Limit = lasts(n, longest) + limitGrace
	}
	b.Add(ev)
	if ev.Keep {
		k.tell(b, now)
	}
}

// lasts is the longest time that the peer asked for.
func lasts(n *fsm.Negotiated, longest time.Duration) time.Duration {
	gr, _ := n.Remote.GracefulRestart()
	var lived time.Duration
	for _, e := range n.Remote.LLGR() {
		lived = max(lived, min(longest, time.Duration(e.Time)*time.Second))
	}
	return time.Duration(gr.Time)*time.Second + lived
}

// tell appends an event for each action. MarkStale is what a PeerDown does.
func (k *keeper) tell(b *unit.Batch, now time.Time) {
	for _, a := range k.acts {
		op := unit.StaleSweep
		switch a.Op {
		case fsm.MarkStale:
			continue
		case fsm.MarkLongLived:
			op = unit.StaleLongLived
		}
		b.Add(&unit.Stale{Peer: k.ident, Family: a.Family, Op: op, Time: now.UnixMicro()})
	}
}

// up appends what goes now that the peer is back, behind its PeerUp.
func (k *keeper) up(b *unit.Batch, p unit.Peer, now time.Time, n *fsm.Negotiated) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.ident, k.strange = p, false
	k.acts = k.restart.Up(k.acts[:0], now, n)
	k.tell(b, now)
}

// endOfRIB forgets a family that is complete again; the event sweeps it.
func (k *keeper) endOfRIB(f inet.Family) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acts = k.restart.EndOfRIB(k.acts[:0], f)
}

// tick appends what its timers do and returns when the next is due.
func (k *keeper) tick(b *unit.Batch, now time.Time) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.acts = k.acts[:0]; k.strange {
		k.acts = k.restart.Stop(k.acts)
	}
	k.acts = k.restart.Tick(k.acts, now)
	k.tell(b, now)
	return k.restart.Deadline()
}

// kept returns the families of which stale routes are held.
func (k *keeper) kept() bgp.FamilySet {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.restart.Kept()
}

func (k *keeper) stop(b *unit.Batch, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.acts = k.restart.Stop(k.acts[:0])
	k.tell(b, now)
}

// keeping returns the keepers that hold something, and forgets the others that
// have no session.
func (s *Speaker) keeping() (list []*keeper) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, k := range s.keepers {
		if k.kept() != 0 {
			list = append(list, k)
		} else if s.owners[key] == nil {
			delete(s.keepers, key)
		}
	}
	return list
}

// wakeKeeper has keep look at the timers again.
func (s *Speaker) wakeKeeper() {
	select {
	case s.kept <- struct{}{}:
	default:
	}
}

// keep runs the timers of all keepers until ctx ends. Then nothing is kept.
func (s *Speaker) keep(ctx, work context.Context) {
	out := s.env.Outlet(work)
	defer out.Close()
	b := new(unit.Batch)
	for ctx.Err() == nil {
		b.Reset()
		now := s.env.Now()
		var first time.Time
		for _, k := range s.keeping() {
			if due := k.tick(b, now); !due.IsZero() && (first.IsZero() || due.Before(first)) {
				first = due
			}
		}
		if len(b.Events) > 0 {
			_ = out.Send(b)
		}
		s.sleep(ctx, now, first)
	}
}

func (s *Speaker) sleep(ctx context.Context, now, until time.Time) {
	var alarm <-chan time.Time
	if !until.IsZero() {
		timer := time.NewTimer(until.Sub(now))
		defer timer.Stop()
		alarm = timer.C
	}
	select {
	case <-ctx.Done():
	case <-s.kept:
	case <-alarm:
	}
}

// dropKept ends what is still kept, once no session is left.
func (s *Speaker) dropKept() {
	b := new(unit.Batch)
	for _, k := range s.keeping() {
		k.stop(b, s.env.Now())
	}
	if len(b.Events) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), stopGrace)
	defer cancel()
	out := s.env.Outlet(ctx)
	defer out.Close()
	_ = out.Send(b) // its error is that the time is over
}
