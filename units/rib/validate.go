package rib

import (
	"cmp"
	"context"
	"net/netip"
	"slices"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// judges are the hooks of a sender about VRPs.
type judges struct{ vrp, status unit.Hook }

// vrps asks the script about each VRP that changed, and tells it of the stored
// routes that those it accepts cover.
func (r *RIB) vrps(ctx context.Context, sc *scratch, out *unit.Batch, ev *unit.VRPs) {
	if len(ev.Changes) == 0 {
		return
	}
	if sc.judges == nil {
		sc.judges = &judges{r.env.Hook("vrp_update"), r.env.Hook("rib_in_rov_status_update")}
	}
	h := sc.judges
	var about []netip.Prefix
	for i := range ev.Changes {
		u := ev.Changes[i] // a script may keep it
		if h.vrp == nil || h.vrp.Judge(out, unit.Peer{}, &u, ev.Time) {
			about = append(about, u.VRP.Prefix)
		}
	}
	if idle(h.status) {
		return
	}
	for _, p := range outermost(about) {
		r.validate(ctx, h.status, out, ev, p)
	}
}

func idle(h unit.Hook) bool {
	if h == nil {
		return true
	}
	i, ok := h.(unit.Idler)
	return ok && i.Idle()
}

// outermost leaves out prefixes that are inside another, so that each route is
// looked at once.
func outermost(list []netip.Prefix) []netip.Prefix {
	slices.SortFunc(list, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	out := list[:0]
	for _, p := range list {
		if n := len(out); n == 0 || !out[n-1].Overlaps(p) {
			out = append(out, p)
		}
	}
	return out
}

// validate tells the script the status of each unicast route at and inside p,
// before the change and now. Routes without an origin AS have none (RFC 6811 §2).
func (r *RIB) validate(ctx context.Context, h unit.Hook, out *unit.Batch, ev *unit.VRPs, p netip.Prefix) {
	family := inet.IPv4Unicast
	if p.Addr().Is6() {
		family = inet.IPv6Unicast
	}
	for e, err := range r.Query(ctx, store.Query{Family: family, Match: store.More, Prefix: p}) {
		if err != nil {
			return // ctx ended
		}
		origin, ok := e.Attrs.OriginAS()
		if !ok {
			continue
		}
		id := ingress.ID(e.Ingress)
		h.Judge(out, unit.Peer{Ingress: id}, &rpki.StatusUpdate{
			Prefix: e.Prefix, Origin: origin, PeerASN: r.asn(id),
			Previous: ev.Before.Validate(e.Prefix, origin, true), Status: ev.After.Validate(e.Prefix, origin, true),
		}, ev.Time)
	}
}

// asn is the AS of a peer, 0 when it is not known.
func (r *RIB) asn(id ingress.ID) inet.ASN {
	if reg := r.env.Ingress(); reg != nil {
		if info := reg.Info(id); info != nil {
			return info.ASN
		}
	}
	return 0
}
