package bmpin

import (
	"context"
	"net/netip"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// act does what the state asks for. An error ends the connection.
func (r *router) act(ctx context.Context, cancel context.CancelCauseFunc, a *bmp.Action, now int64, accepted bool) error {
	switch a.Kind {
	case bmp.ActRoutes:
		r.routes(a, now, accepted)
	case bmp.ActPeerUp:
		return r.up(ctx, cancel, a, now)
	case bmp.ActPeerDown:
		r.down(a, now)
	case bmp.ActRouter:
		return r.named(ctx, cancel)
	case bmp.ActTermination:
		r.env.Log().Info("BMP router says goodbye", "router", r.remote, "sys_name", r.state.Name, "reason", plain(a.Text))
	case bmp.ActStats:
		r.stats(a)
	case bmp.ActNotice:
		if r.notices++; r.notices <= keptNotices {
			r.env.Log().Warn("BMP: "+a.Text, r.about(a)...)
		}
	case bmp.ActInvalid:
		r.note(a.Err, r.msg.Raw, true)
		if r.state.Invalid <= keptErrors {
			r.env.Log().Warn("BMP message cannot be used", "router", r.remote, "sys_name", r.state.Name, "error", a.Err)
		}
	}
	return nil
}

func (r *router) about(a *bmp.Action) []any {
	out := []any{"router", r.remote, "sys_name", r.state.Name}
	if a.Peer != nil {
		out = append(out, "peer", a.Peer.Header.Addr, "peer_asn", a.Peer.Header.ASN)
	}
	return out
}

// routes adds an UPDATE. One that the script rejected withdraws what the peer held
// under its prefixes; withdrawals stand.
func (r *router) routes(a *bmp.Action, now int64, accepted bool) {
	v, ok := a.View.Owner.(*view)
	if !ok {
		return
	}
	u := a.Update
	if !accepted && u.Verdict.Action < bgp.TreatAsWithdraw {
		u.Verdict.Action = bgp.TreatAsWithdraw
	}
	if a.Time != 0 {
		now = a.Time
	}
	before := len(r.batch.Events)
	r.batch.AddUpdate(v.id, u, now)
	var announced, withdrawn uint64
	for _, e := range r.batch.Events[before:] {
		routes, ok := e.(*unit.Routes)
		if !ok {
			continue
		}
		if r.raw {
			routes.Raw = a.Raw
		}
		if routes.Withdrawn() {
			withdrawn += uint64(routes.Run().Len())
		} else {
			announced += uint64(routes.Run().Len())
		}
	}
	r.announcements.Add(announced)
	r.withdrawals.Add(withdrawn)
	if accepted && u.Verdict.Action >= bgp.TreatAsWithdraw {
		r.note(&updateError{a.Peer.Header.Addr, a.Peer.Header.ASN, u.Verdict}, r.msg.Raw, true)
	}
}

// keptStats bounds the statistics of a view: there are some forty, a few of them by
// family.
const keptStats = 1024

// stats keeps what the router counted about a view, for the state.
func (r *router) stats(a *bmp.Action) {
	if a.View == nil {
		return
	}
	v, ok := a.View.Owner.(*view)
	if !ok {
		return
	}
	v.stats = map[string]uint64{}
	for _, s := range a.Stats {
		if !s.Plain() || len(v.stats) == keptStats {
			continue
		}
		name := s.Name()
		if s.Family != 0 {
			name += " " + s.Family.String()
		}
		v.stats[name] = s.Value
	}
}

// updateError is a bad UPDATE inside a Route Monitoring message.
type updateError struct {
	peer    netip.Addr
	asn     inet.ASN
	verdict bgp.Verdict
}

func (e *updateError) Error() string {
	return "UPDATE of " + e.peer.String() + " (" + e.asn.String() + "): " + e.verdict.Action.String() + ": " + e.verdict.Text() + " (" + e.verdict.RFC() + ")"
}

// named makes or describes the router's ingress, once its name is known or its
// first peer is.
func (r *router) named(ctx context.Context, cancel context.CancelCauseFunc) error {
	r.state.Name, r.state.Descr = plain(r.state.Name), plain(r.state.Descr)
	for i := range r.state.Info {
		r.state.Info[i] = plain(r.state.Info[i])
	}
	if r.lease == nil {
		key := ingress.Key{Unit: r.env.Name(), Kind: ingress.KindBMP, Addr: r.remote.Addr(), Name: r.state.Name}
		claim := ingress.Replace
		if key.Name == "" {
			// Streams without a name may be of several routers behind one address.
			claim = ingress.Refuse
		}
		lease, err := r.env.Ingress().Lease(r.ctx, key, claim)
		if err == ingress.ErrHeld {
			key.Name = r.remote.String()
			lease, err = r.env.Ingress().Lease(r.ctx, key, ingress.Replace)
		}
		if err != nil {
			return err
		}
		r.lease = lease
		r.stop = context.AfterFunc(lease.Context(), func() { cancel(context.Cause(lease.Context())) })
	}
	r.lease.Update(func(i *ingress.Info) {
		i.Desc = r.state.Descr
		i.Port = r.remote.Port()
	})
	return ctx.Err()
}

// up leases the ingress of a view and says that it is there.
func (r *router) up(ctx context.Context, cancel context.CancelCauseFunc, a *bmp.Action, now int64) error {
	if r.lease == nil {
		if err := r.named(ctx, cancel); err != nil {
			return err
		}
	}
	// The end of an earlier session must have arrived before the next one begins.
	if err := r.send(); err != nil {
		return err
	}
	p := a.Peer
	p.Table, p.AdminLabel = plain(p.Table), plain(p.AdminLabel)
	v, known := a.View.Owner.(*view)
	if !known {
		h := &p.Header
		key := ingress.Key{
			Unit: r.env.Name(), Kind: ingress.KindBGPInBMP, Parent: r.lease.ID(), Addr: h.Addr, ASN: h.ASN,
			RD: h.RD, VRF: p.Table, View: ingress.View(a.View.View), PeerType: uint8(h.Type),
		}
		if r.keys[key] != nil {
			key.Name = h.ID.String() // two sessions that differ in the BGP identifier alone
		}
		v = &view{key: key}
		if err := r.take(v); err != nil {
			return err
		}
		r.keys[key] = v
		a.View.Owner = v
	}
	r.describe(v, p)
	up := &unit.PeerUp{Peer: v.id, Time: now, Incomplete: p.Incomplete}
	if a.Time != 0 {
		up.Time = a.Time
	}
	if !p.Incomplete {
		up.Sent, up.Received = p.Up.Sent[bgp.HeaderLen:], p.Up.Received[bgp.HeaderLen:]
	}
	r.batch.Add(up)
	return nil
}

func (r *router) take(v *view) error {
	lease, err := r.env.Ingress().Lease(r.ctx, v.key, ingress.Replace)
	if err != nil {
		return err
	}
	v.lease = lease
	v.id = unit.Peer{Ingress: lease.ID(), Session: lease.Session()}
	return nil
}

// describe puts what the Peer Up says into the register.
func (r *router) describe(v *view, p *bmp.Peer) {
	v.lease.Update(func(i *ingress.Info) {
		i.LocalAddr, i.Port = p.Up.Local, p.Up.RemotePort
		if p.Incomplete {
			i.Desc = "incomplete: the stream has no Peer Up"
			return
		}
		i.Desc = p.AdminLabel
		sent, received := p.Opens()
		i.LocalASN = sent.ASN()
		i.LocalCaps, i.RemoteCaps = bgp.AppendCapabilities(nil, sent.Caps), bgp.AppendCapabilities(nil, received.Caps)
	})
}

// down says that a view is gone.
func (r *router) down(a *bmp.Action, now int64) {
	v, ok := a.View.Owner.(*view)
	if !ok {
		return
	}
	if a.Time != 0 {
		now = a.Time
	}
	r.batch.Add(&unit.PeerDown{Peer: v.id, Time: now, Reason: a.Text})
	v.lease.Release()
	delete(r.keys, v.key)
	a.View.Owner = nil
}

// peerOf returns who a message is about, for the hook: the view, or the router.
func (r *router) peerOf(m bmp.Message) unit.Peer {
	if w := r.state.ViewOf(m); w != nil {
		if v, ok := w.Owner.(*view); ok {
			return v.id
		}
	}
	if r.lease != nil {
		return unit.Peer{Ingress: r.lease.ID(), Session: r.lease.Session()}
	}
	return unit.Peer{}
}
