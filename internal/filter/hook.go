package filter

import (
	"example.com/rotonda/ingress"
	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

// hook judges messages for one goroutine.
type hook struct {
	s    *Scripts
	name string
	set  *set
	*worker
}

// Hook returns the hook of that name for one goroutine. It follows reloads: a
// script that has no such function accepts everything.
func (s *Scripts) Hook(name string) unit.Hook { return &hook{s: s, name: name} }

// Idle reports whether the script has no function of the hook's name now.
func (h *hook) Idle() bool {
	cur := h.s.cur.Load()
	return cur == nil || !cur.pkg.Has(h.name)
}

// Judge runs the hook that msg is for: bgp_in on a *bgp.Update, bmp_in on a
// *bmp.Message, vrp_update on a *rpki.VRPUpdate, rib_in_rov_status_update on a
// *rpki.StatusUpdate.
func (h *hook) Judge(b *unit.Batch, peer unit.Peer, msg any, now int64) bool {
	cur := h.s.cur.Load()
	if cur == nil {
		return true
	}
	if h.set != cur {
		h.set, h.worker = cur, h.s.worker(cur)
	}
	h.world.Output.begin(b, peer, now)
	switch msg := msg.(type) {
	case *bgp.Update:
		if cur.bgp == nil {
			return true
		}
		h.bgp.beginUpdate(msg)
		h.from = ingressOf(h.info(peer))
		v, fault := cur.bgp.call(h.worker, &h.bgp, &h.from)
		return h.said(tallyBGP, v, fault)
	case *bmp.Message:
		if cur.bmp == nil {
			return true
		}
		h.bmp.begin(msg)
		h.world.Output.msg = &h.bmp
		h.from = h.bmp.ingress(ingressOf(h.info(peer)).addr)
		v, fault := cur.bmp.call(h.worker, &h.bmp, &h.from)
		return h.said(tallyBMP, v, fault)
	case *rpki.VRPUpdate:
		if cur.vrp == nil {
			return true
		}
		v, fault := cur.vrp.Call1(h.roto, msg)
		return h.said(tallyVRP, v, fault)
	case *rpki.StatusUpdate:
		if cur.status == nil {
			return true
		}
		_, fault := cur.status.Call1(h.roto, msg)
		return h.said(tallyStatus, roto.Accept, fault)
	}
	return true
}

func (h *hook) info(peer unit.Peer) *ingress.Info {
	if h.s.opt.Ingress == nil {
		return nil
	}
	return h.s.opt.Ingress.Info(peer.Ingress)
}

// said counts the verdict. A fault rejects: a filter never fails open.
func (h *hook) said(i int, v roto.Verdict, fault *roto.Fault) bool {
	t := &h.s.tallies[i]
	switch {
	case fault != nil:
		h.s.fault(t, fault)
		return false
	case v == roto.Reject:
		t.rejected.Add(1)
		return false
	}
	t.accepted.Add(1)
	return true
}
