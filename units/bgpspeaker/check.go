package bgpspeaker

import (
	"encoding/binary"
	"sync/atomic"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/unit"
)

// rejects counts routes by why they may not be used.
type rejects [bgp.RejectNextHop + 1]atomic.Uint64

// byReason returns what was counted, nil where that is nothing.
func (r *rejects) byReason() map[string]uint64 {
	var out map[string]uint64
	for why := range r {
		if n := r[why].Load(); n > 0 {
			if out == nil {
				out = map[string]uint64{}
			}
			out[bgp.Reject(why).String()] = n
		}
	}
	return out
}

// ingressOf is what the routes of a session are checked for.
func (s *Speaker) ingressOf(c *session, peer Peer, n *fsm.Negotiated) bgp.Ingress {
	role, has := peer.role()
	id := binary.BigEndian.Uint32(s.cfg.MyBGPID.Unmap().AsSlice())
	return bgp.Ingress{
		Local: s.cfg.MyASN, Peer: n.Remote.ASN(), IBGP: n.Recv.IBGP, Addr: c.local(),
		RouteServer: peer.RouteServer || !peer.FirstAS || has && role == bgp.RoleRSClient,
		OwnAS:       peer.AllowOwnAS, ID: id, Cluster: id, Role: role, HasRole: has && !n.Recv.IBGP,
	}
}

// check judges announced routes. Those that may not be used become withdrawn; to
// the others Only to Customer is added where our role wants it.
func (c *session) checkRoutes(r *unit.Routes) {
	if why := c.check.Check(r.Attrs, r.Family); why != bgp.RejectNone {
		n := uint64(r.Run().Len())
		c.tally.refused[why].Add(n)
		c.s.count.refusedRoutes[why].Add(n)
		if dropped, ok := c.s.unfit.pass(c.now); ok {
			c.s.env.Log().Warn("routes treated as withdrawn", "peer", c.remote, "reason", why.String(), "rfc", why.RFC(),
				"family", r.Family.String(), "path", r.Attrs.ASPath().String(), "suppressed", dropped)
		}
		r.Attrs = nil
		return
	}
	if c.check.HasRole && c.check.Role.OTCIngress(c.check.Peer, r.Family, r.Attrs) == bgp.OTCAdd {
		r.Attrs = c.batch.Arena(func(dst []byte) []byte { return c.check.AppendAttrs(dst, r.Attrs, r.Family) })
	}
}
