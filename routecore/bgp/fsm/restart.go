package fsm

import (
	"slices"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// RouteOp says what is to be done with routes of a peer in one family.
type RouteOp uint8

// What [Restart] and [Refresh] ask for.
const (
	// MarkStale marks all routes that are there. They stay in use; one that is
	// announced again is not stale any more (RFC 4724 §4.2, RFC 7313 §4).
	MarkStale RouteOp = iota + 1
	// MarkLongLived turns stale routes into long-lived stale ones: those with
	// the community NO_LLGR are removed, the others get LLGR_STALE and lose to
	// any other route (RFC 9494 §4.2, §4.3).
	MarkLongLived
	// Sweep removes the routes that are still stale, long-lived or not.
	Sweep
	// DropAll removes all routes.
	DropAll
	// Resend advertises all routes of the family to the peer again. Where Mark
	// is set a BoRR goes before them and an EoRR after them.
	Resend
)

var routeOpNames = [...]string{MarkStale: "mark stale", MarkLongLived: "mark long-lived stale", Sweep: "sweep", DropAll: "drop all", Resend: "resend"}

// String returns the name in lower case.
func (o RouteOp) String() string {
	if int(o) < len(routeOpNames) && routeOpNames[o] != "" {
		return routeOpNames[o]
	}
	return "unknown"
}

// RouteAction is one thing to do with the routes of a family.
type RouteAction struct {
	Op     RouteOp
	Family inet.Family
	Mark   bool // only of Resend
}

// DefaultStaleTime is how long End-of-RIB is awaited after a restart.
const DefaultStaleTime = 6 * time.Minute

// Restart is the helper's side of graceful restart (RFC 4724 §4.2, RFC 8538) and
// long-lived graceful restart (RFC 9494) for one peer, over all its sessions: it
// says which routes stay while the peer is away, and for how long. It is a
// value without a clock; the zero value is ready. Not for concurrent use.
//
//	session ends      MarkStale, the restart timer runs
//	restart timer     MarkLongLived and the family's own timer, or Sweep
//	session is back   Sweep what the peer did not preserve, wait for the others
//	End-of-RIB        Sweep
type Restart struct {
	// MaxRestart and MaxLongLived bound the times that the peer asks for; 0
	// takes the peer's.
	MaxRestart, MaxLongLived time.Duration
	// StaleTime bounds the wait for End-of-RIB; 0 takes [DefaultStaleTime].
	StaleTime time.Duration

	held []held
}

// held is a family of which stale routes are kept.
type held struct {
	family inet.Family
	stage  stage
	lived  time.Duration // long-lived stale time; 0: none
	due    time.Time     // end of the stage
	limit  time.Time     // end of the long-lived stale time once it has begun
}

type stage uint8

const (
	away      stage = iota // the restart timer runs
	longLived              // that is over, the long-lived stale timer runs
	syncing                // the session is back, End-of-RIB is not
)

// Down is told that a session ended: n is what it had agreed on, keep the
// decision in its [Reason].
func (r *Restart) Down(dst []RouteAction, now time.Time, n *Negotiated, keep bool) []RouteAction {
	gr, _ := n.Remote.GracefulRestart()
	lived := r.longLived(n)
	families := n.Recv.Families
	for _, h := range r.held {
		families = families.With(h.family)
	}
	for f := range families.All() {
		i := r.find(f)
		if !keep || !gr.Families.Has(f) && lived[f] == 0 {
			r.forget(i)
			dst = append(dst, RouteAction{Op: DropAll, Family: f})
			continue
		}
		h := held{family: f, stage: away, lived: lived[f]}
		if gr.Families.Has(f) {
			h.due = now.Add(bound(time.Duration(gr.Time)*time.Second, r.MaxRestart))
		} else {
			h.due = now // only long-lived
		}
		if i >= 0 {
			// It went away again before it had sent everything: what is stale
			// from the last time goes (RFC 4724 §4.2), unless its long-lived
			// time still runs, which nothing but End-of-RIB ends (RFC 9494 §4.2).
			if old := r.held[i]; old.limit.IsZero() {
				dst = append(dst, RouteAction{Op: Sweep, Family: f})
			} else {
				h.limit = old.limit
			}
			r.forget(i)
		}
		r.held = append(r.held, h)
		dst = append(dst, RouteAction{Op: MarkStale, Family: f})
	}
	return r.Tick(dst, now)
}

// longLived returns the long-lived stale time of each family for which both ends
// announced the capability (RFC 9494 §3.1).
func (r *Restart) longLived(n *Negotiated) map[inet.Family]time.Duration {
	_, graceful := n.Remote.GracefulRestart()
	if !graceful || !n.Local.Has(bgp.CapLLGR) {
		return nil
	}
	out := map[inet.Family]time.Duration{}
	for _, e := range n.Remote.LLGR() {
		out[e.Family] = bound(time.Duration(e.Time)*time.Second, r.MaxLongLived)
	}
	return out
}

func bound(d, most time.Duration) time.Duration {
	if most > 0 {
		return min(d, most)
	}
	return d
}

// Up is told that the peer is back: n is what the new session agreed on. Routes
// of families that the peer did not preserve are swept at once.
func (r *Restart) Up(dst []RouteAction, now time.Time, n *Negotiated) []RouteAction {
	gr, _ := n.Remote.GracefulRestart()
	var preserved bgp.FamilySet
	for _, e := range n.Remote.LLGR() {
		if e.Forwarding {
			preserved = preserved.With(e.Family)
		}
	}
	stale := r.StaleTime
	if stale <= 0 {
		stale = DefaultStaleTime
	}
	kept := r.held[:0]
	for _, h := range r.held {
		forwarding := gr.Forwarding
		if !h.limit.IsZero() {
			forwarding = preserved
		}
		if !forwarding.Has(h.family) || !n.Recv.Families.Has(h.family) {
			dst = append(dst, RouteAction{Op: Sweep, Family: h.family})
			continue
		}
		h.stage, h.due = syncing, now.Add(stale)
		kept = append(kept, h)
	}
	r.held = kept
	return dst
}

// EndOfRIB is told that the peer has sent all routes of a family (RFC 4724 §2).
func (r *Restart) EndOfRIB(dst []RouteAction, f inet.Family) []RouteAction {
	i := r.find(f)
	if i < 0 || r.held[i].stage != syncing {
		return dst
	}
	r.forget(i)
	return append(dst, RouteAction{Op: Sweep, Family: f})
}

// Stop is told that the peer is not wanted any more: nothing is kept.
func (r *Restart) Stop(dst []RouteAction) []RouteAction {
	for _, h := range r.held {
		dst = append(dst, RouteAction{Op: DropAll, Family: h.family})
	}
	r.held = nil
	return dst
}

// Tick runs the timers that are due.
func (r *Restart) Tick(dst []RouteAction, now time.Time) []RouteAction {
	kept := r.held[:0]
	for _, h := range r.held {
		late := !h.due.After(now)
		switch {
		case !h.limit.IsZero() && !h.limit.After(now), late && h.stage != away:
			dst = append(dst, RouteAction{Op: Sweep, Family: h.family})
			continue
		case late && h.lived == 0 && h.limit.IsZero():
			dst = append(dst, RouteAction{Op: Sweep, Family: h.family})
			continue
		case late:
			h.stage = longLived
			if h.limit.IsZero() {
				h.limit = h.due.Add(h.lived)
			}
			h.due = h.limit
			dst = append(dst, RouteAction{Op: MarkLongLived, Family: h.family})
			if !h.limit.After(now) {
				dst = append(dst, RouteAction{Op: Sweep, Family: h.family})
				continue
			}
		}
		kept = append(kept, h)
	}
	r.held = kept
	return dst
}

// Deadline returns when Tick has something to do, the zero time for never.
func (r *Restart) Deadline() time.Time {
	var first time.Time
	for _, h := range r.held {
		for _, at := range []time.Time{h.due, h.limit} {
			if !at.IsZero() && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first
}

// Kept returns the families of which stale routes are held.
func (r *Restart) Kept() bgp.FamilySet {
	var s bgp.FamilySet
	for _, h := range r.held {
		s = s.With(h.family)
	}
	return s
}

func (r *Restart) find(f inet.Family) int {
	return slices.IndexFunc(r.held, func(h held) bool { return h.family == f })
}

func (r *Restart) forget(i int) {
	if i >= 0 {
		r.held = slices.Delete(r.held, i, i+1)
	}
}
