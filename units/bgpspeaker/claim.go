package bgpspeaker

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/unit"
)

// claim makes the session the only one of its peer, now that the OPEN said who
// it is: a collision is resolved (RFC 4271 §6.8), then the ingress is leased.
// It returns the event that ends this session if it may not go on.
func (c *session) claim() fsm.Event {
	agreed := c.fsm.Agreed()
	key := owner{c.remote, agreed.Remote.ASN()}
	if ev := c.contest(key); ev.Kind != 0 {
		return ev
	}
	lease, err := c.waitLease(ingress.Key{
		Unit: c.s.env.Name(), Kind: ingress.KindBGP, Addr: c.remote, ASN: key.asn, View: ingress.OutPost,
	})
	if err != nil {
		c.s.env.Log().Warn("the peer's last session does not end", "peer", c.remote, "error", err)
		return fsm.Event{Kind: fsm.AutomaticStop, Note: bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseOutOfResource}}
	}
	c.lease = lease
	c.ident = unit.Peer{Ingress: lease.ID(), Session: lease.Session()}
	c.outlet = c.s.env.Outlet(c.work)
	lease.Update(func(i *ingress.Info) {
		i.Desc = c.name()
		i.LocalASN = c.s.cfg.MyASN
		i.LocalCaps = bgp.AppendCapabilities(nil, agreed.Local.Caps)
		i.RemoteCaps = bgp.AppendCapabilities(nil, agreed.Remote.Caps)
		i.Port = c.port()
		i.LocalAddr = c.local()
	})
	context.AfterFunc(lease.Context(), func() {
		if context.Cause(lease.Context()) == ingress.ErrReplaced {
			c.end(fsm.Event{Kind: fsm.CollisionDump})
		}
	})
	return fsm.Event{}
}

// contest settles who of the sessions of a peer goes on.
func (c *session) contest(key owner) fsm.Event {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c.contender = c.fsm.Contender(c.dialled)
	if old := s.owners[key]; old != nil && old.order.Load() == nil {
		switch fsm.Collide(old.contender, c.contender) {
		case fsm.CloseFresh:
			return fsm.Event{Kind: fsm.CollisionDump}
		case fsm.KeepBoth:
			// The same address and AS with another identifier. There is one
			// ingress for it, and the session that has it goes on.
			return fsm.Event{Kind: fsm.AutomaticStop, Note: bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseRejected}}
		case fsm.CloseOld:
			old.end(fsm.Event{Kind: fsm.CollisionDump})
		case fsm.ReplaceOld:
			old.end(fsm.Event{Kind: fsm.TCPFails})
		}
	}
	if !c.claimed {
		s.wait(c.remote, -1)
	}
	c.claimed, c.owns = true, key
	s.owners[key] = c
	return fsm.Event{}
}

// waitLease leases the key once its holder has let go, for as long as the unit
// works.
func (c *session) waitLease(key ingress.Key) (*ingress.Lease, error) {
	ctx, cancel := context.WithCancelCause(c.work)
	timer := time.AfterFunc(leaseWait, func() { cancel(errLeaseWait) })
	lease, err := c.s.env.Ingress().Lease(ctx, key, ingress.Wait)
	if err == nil && !timer.Stop() {
		lease.Release()
		err = errLeaseWait
	}
	if err != nil {
		cancel(nil)
		return nil, err
	}
	c.unlease = func() { cancel(nil) }
	return lease, nil
}

var errLeaseWait = errors.New("waited too long")

// disown forgets the session as the owner of its peer.
func (c *session) disown() {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.s.owners[c.owns] == c {
		delete(c.s.owners, c.owns)
	}
	if d := c.s.diallers[c.remote]; d != nil {
		d.wake()
	}
}

// port and local describe the connection where it is one of TCP.
func (c *session) port() uint16 {
	at, _ := netip.ParseAddrPort(c.conn.RemoteAddr().String())
	return at.Port()
}

func (c *session) local() netip.Addr {
	at, _ := netip.ParseAddrPort(c.conn.LocalAddr().String())
	return at.Addr().Unmap()
}
