package bgpspeaker

import (
	"net/netip"
	"slices"
	"sync"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
)

// staticPathID is the path identifier of static routes where the peer takes
// several paths for a prefix (RFC 7911).
const staticPathID = 1

// adjOut is what we announce on a session: the static routes of the
// configuration. It is used by the reader and by reloads.
type adjOut struct {
	mu     sync.Mutex
	want   []Static
	sent   []Static
	w      *writer // nil while the session is not Established
	ctx    bgp.Ctx
	export bgp.Export
	pack   bgp.Packer
}

// begin announces all routes on a session that has just come up, with an
// End-of-RIB for each family. It returns how many routes the peer does not get.
func (o *adjOut) begin(w *writer, ctx bgp.Ctx, export bgp.Export) (skipped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w, o.ctx, o.export = w, ctx, export
	o.sent = nil
	skipped = o.update()
	var out []byte
	for f := range ctx.Families.All() {
		out = bgp.AppendEndOfRIB(out, f)
	}
	w.send(out)
	return skipped
}

// stop forgets the session.
func (o *adjOut) stop() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w, o.sent = nil, nil
}

// change announces and withdraws what differs from the new list.
func (o *adjOut) change(want []Static) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.want = want
	if o.w != nil {
		o.update()
	}
}

// refresh announces the routes of a family again (RFC 2918), with mark between
// BoRR and EoRR (RFC 7313).
func (o *adjOut) refresh(f inet.Family, mark bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.w == nil || !o.ctx.Families.Has(f) {
		return
	}
	if mark {
		o.w.send(bgp.RouteRefresh{Family: f, Subtype: bgp.RefreshBegin}.Append(nil))
	}
	o.sent = slices.DeleteFunc(o.sent, func(s Static) bool { return family(s.Prefix) == f })
	o.update()
	if mark {
		o.w.send(bgp.RouteRefresh{Family: f, Subtype: bgp.RefreshEnd}.Append(nil))
	}
}

// update sends the difference between want and sent, withdrawals first.
func (o *adjOut) update() (skipped int) {
	var now []Static
	for _, s := range o.want {
		f := family(s.Prefix)
		if !o.ctx.Families.Has(f) || o.export.Check(static(s), f, made) != bgp.WithholdNone {
			skipped++
			continue
		}
		now = append(now, s)
	}
	for _, old := range o.sent {
		if !slices.ContainsFunc(now, func(s Static) bool { return s.Prefix == old.Prefix }) {
			o.pack.Add(nil, o.nlri(old.Prefix))
		}
	}
	for _, s := range now {
		if !slices.Contains(o.sent, s) {
			o.pack.Add(o.attrs(s), o.nlri(s.Prefix))
		}
	}
	o.sent = now
	if o.pack.Len() > 0 {
		o.w.send(o.pack.Append(nil, o.ctx))
	}
	return skipped
}

func (o *adjOut) nlri(p netip.Prefix) bgp.NLRI {
	f := family(p)
	paths := o.ctx.AddPath.Has(f)
	return bgp.NLRI{Family: f, AddPath: paths, Bytes: bgp.AppendNLRI(nil, p, staticPathID, paths)}
}

// made is where static routes come from.
var made = bgp.Source{Local: true}

// static are the attributes that the configuration gives a route.
func static(s Static) bgp.Attrs {
	a := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{byte(bgp.OriginIGP)}))
	return bgp.AppendSet(nil, a, bgp.AttrNextHop, s.NextHop.Unmap().AsSlice())
}

// attrs are the attributes of a route as the peer gets them (RFC 4271 §5.1).
func (o *adjOut) attrs(s Static) bgp.Attrs {
	return o.export.AppendAttrs(nil, static(s), family(s.Prefix), made)
}

// exportTo is how routes are told to a peer.
func (s *Speaker) exportTo(p Peer, n *fsm.Negotiated) bgp.Export {
	role, has := p.role()
	return bgp.Export{
		Local: s.cfg.MyASN, IBGP: n.Send.IBGP, KeepNextHop: true, Preference: 100,
		Role: role, HasRole: has && !n.Send.IBGP,
	}
}

func family(p netip.Prefix) inet.Family {
	if p.Addr().Is4() {
		return inet.IPv4Unicast
	}
	return inet.IPv6Unicast
}
