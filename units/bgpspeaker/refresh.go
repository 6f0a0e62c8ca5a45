package bgpspeaker

import (
	"errors"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/unit"
)

// refreshLimit is how long a peer may take from BoRR to EoRR (RFC 7313 §4).
const refreshLimit = 6 * time.Minute

// routeRefresh deals with a ROUTE-REFRESH: a request, or the marks around the
// answer to one of ours.
func (c *session) routeRefresh(m bgp.Message) fsm.Event {
	r, err := bgp.ParseRouteRefresh(m.Body())
	if err != nil {
		var fault *bgp.Error
		errors.As(err, &fault)
		return fsm.Problem(fsm.UpdateMsgErr, fault)
	}
	c.routeActions(c.refresh.Received(nil, c.now, r))
	return fsm.Event{}
}

// routeActions does what a refresh asks for, and what follows from that.
func (c *session) routeActions(acts []fsm.RouteAction) {
	for len(acts) > 0 {
		a := acts[0]
		acts = acts[1:]
		switch a.Op {
		case fsm.Resend:
			c.out.refresh(a.Family, a.Mark)
			acts = c.refresh.Sent(acts, a.Family)
		case fsm.MarkStale, fsm.Sweep:
			op := unit.StaleMark
			if a.Op == fsm.Sweep {
				op = unit.StaleSweep
			}
			c.batch.Add(&unit.Stale{Peer: c.ident, Family: a.Family, Op: op, Time: c.now.UnixMicro()})
		}
	}
}

// tickRefresh sweeps where an EoRR is overdue.
func (c *session) tickRefresh() {
	if c.refresh != nil && c.open {
		c.routeActions(c.refresh.Tick(nil, c.now))
	}
}

// deadline is the earliest timer of the session.
func (c *session) deadline() time.Time {
	due := c.fsm.Deadline()
	if c.refresh != nil {
		if d := c.refresh.Deadline(); !d.IsZero() && (due.IsZero() || d.Before(due)) {
			due = d
		}
	}
	return due
}
