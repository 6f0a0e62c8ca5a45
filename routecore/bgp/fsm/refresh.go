package fsm

import (
	"slices"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Refresh is route refresh (RFC 2918) and enhanced route refresh (RFC 7313) of
// one session, in both roles: it says which routes to mark, to sweep and to send
// again. It is a value without a clock; make it with [NewRefresh] when the
// session is up. Not for concurrent use.
type Refresh struct {
	families bgp.FamilySet // that we receive
	plain    bool          // both announced route refresh
	enhanced bool          // both announced enhanced route refresh
	limit    time.Duration
	marked   []marked
	sending  bgp.FamilySet // all routes are being sent
	again    bgp.FamilySet // and were asked for meanwhile
	sends    bgp.FamilySet // that we send
}

// marked is a family whose refresh has begun and not ended.
type marked struct {
	family inet.Family
	due    time.Time // zero: no limit
}

// NewRefresh starts with the initial advertisement of all families under way,
// which [Refresh.Sent] ends. limit, if positive, is how long the peer may take
// from BoRR to EoRR.
func NewRefresh(n *Negotiated, limit time.Duration) *Refresh {
	both := func(c bgp.CapCode) bool { return n.Local.Has(c) && n.Remote.Has(c) }
	return &Refresh{
		families: n.Recv.Families, sends: n.Send.Families, sending: n.Send.Families, limit: limit,
		enhanced: both(bgp.CapEnhancedRouteRefresh),
		plain:    n.Local.Has(bgp.CapRouteRefresh) || n.Local.Has(bgp.CapCiscoRouteRefresh) || both(bgp.CapEnhancedRouteRefresh),
	}
}

// Received takes a ROUTE-REFRESH of the peer. What is about a family that was
// not negotiated, or of a subtype that was not, is ignored (RFC 7313 §5).
func (r *Refresh) Received(dst []RouteAction, now time.Time, m bgp.RouteRefresh) []RouteAction {
	i := slices.IndexFunc(r.marked, func(k marked) bool { return k.family == m.Family })
	switch {
	case m.Subtype == bgp.RefreshRequest && r.plain && r.sends.Has(m.Family):
		if r.sending.Has(m.Family) {
			r.again = r.again.With(m.Family)
			return dst
		}
		return r.send(dst, m.Family)
	case m.Subtype == bgp.RefreshBegin && r.enhanced && r.families.Has(m.Family):
		k := marked{family: m.Family}
		if r.limit > 0 {
			k.due = now.Add(r.limit)
		}
		if i >= 0 {
			r.marked[i] = k // it begins anew: what came since the last BoRR is stale too
		} else {
			r.marked = append(r.marked, k)
		}
		return append(dst, RouteAction{Op: MarkStale, Family: m.Family})
	case m.Subtype == bgp.RefreshEnd && i >= 0:
		r.marked = slices.Delete(r.marked, i, i+1)
		return append(dst, RouteAction{Op: Sweep, Family: m.Family})
	}
	return dst
}

// Sent is told that all routes of a family have been sent: those of the start,
// after End-of-RIB, or those of a Resend. What was asked for meanwhile begins
// now (RFC 7313 §4: a BoRR waits for the initial End-of-RIB).
func (r *Refresh) Sent(dst []RouteAction, f inet.Family) []RouteAction {
	r.sending = r.sending.Without(f)
	if r.again.Has(f) {
		return r.send(dst, f)
	}
	return dst
}

func (r *Refresh) send(dst []RouteAction, f inet.Family) []RouteAction {
	r.sending, r.again = r.sending.With(f), r.again.Without(f)
	return append(dst, RouteAction{Op: Resend, Family: f, Mark: r.enhanced})
}

// Tick sweeps the families whose EoRR did not come in time.
func (r *Refresh) Tick(dst []RouteAction, now time.Time) []RouteAction {
	r.marked = slices.DeleteFunc(r.marked, func(k marked) bool {
		late := !k.due.IsZero() && !k.due.After(now)
		if late {
			dst = append(dst, RouteAction{Op: Sweep, Family: k.family})
		}
		return late
	})
	return dst
}

// Deadline returns when Tick has something to do, the zero time for never.
func (r *Refresh) Deadline() time.Time {
	var first time.Time
	for _, k := range r.marked {
		if !k.due.IsZero() && (first.IsZero() || k.due.Before(first)) {
			first = k.due
		}
	}
	return first
}
