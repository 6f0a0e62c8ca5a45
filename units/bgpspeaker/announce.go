package bgpspeaker

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"sync"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// staticPathID is the path identifier of static routes where the peer takes
// several paths for a prefix (RFC 7911).
const staticPathID = 1

// adjOut is what we announce on a session: the static routes of the
// configuration. It is used by the reader and by reloads.
type adjOut struct {
	mu   sync.Mutex
	want []Static
	sent []Static
	w    *writer // nil while the session is not Established
	ctx  bgp.Ctx
	from inet.ASN // our AS

}

// begin announces all routes on a session that has just come up, with an
// End-of-RIB for each family. It returns how many routes the peer cannot take.
func (o *adjOut) begin(w *writer, ctx bgp.Ctx, from inet.ASN) (skipped int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w, o.ctx, o.from = w, ctx, from
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

// refresh announces the routes of a family again (RFC 2918).
func (o *adjOut) refresh(f inet.Family) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.w == nil || !o.ctx.Families.Has(f) {
		return
	}
	o.sent = slices.DeleteFunc(o.sent, func(s Static) bool { return family(s.Prefix) == f })
	o.update()
}

// update sends the difference between want and sent, withdrawals first.
func (o *adjOut) update() (skipped int) {
	var out []byte
	var now []Static
	for _, s := range o.want {
		if !o.ctx.Families.Has(family(s.Prefix)) {
			skipped++
			continue
		}
		now = append(now, s)
	}
	for _, old := range o.sent {
		if !slices.ContainsFunc(now, func(s Static) bool { return s.Prefix == old.Prefix }) {
			out = bgp.AppendUpdates(out, o.ctx, nil, o.nlri(old.Prefix))
		}
	}
	for _, s := range now {
		if !slices.Contains(o.sent, s) {
			out = bgp.AppendUpdates(out, o.ctx, o.attrs(s), o.nlri(s.Prefix))
		}
	}
	o.sent = now
	if len(out) > 0 {
		o.w.send(out)
	}
	return skipped
}

func (o *adjOut) nlri(p netip.Prefix) bgp.NLRI {
	f := family(p)
	paths := o.ctx.AddPath.Has(f)
	return bgp.NLRI{Family: f, AddPath: paths, Bytes: bgp.AppendNLRI(nil, p, staticPathID, paths)}
}

// attrs are the attributes of a route that begins here (RFC 4271 §5.1).
func (o *adjOut) attrs(s Static) bgp.Attrs {
	set := func(a bgp.Attrs, code bgp.AttrCode, value ...byte) bgp.Attrs {
		return bgp.AppendSet(nil, a, code, value)
	}
	a := set(nil, bgp.AttrOrigin, byte(bgp.OriginIGP))
	if o.ctx.IBGP {
		a = set(a, bgp.AttrASPath)
		a = set(a, bgp.AttrLocalPref, 0, 0, 0, 100)
	} else {
		a = set(a, bgp.AttrASPath, binary.BigEndian.AppendUint32([]byte{byte(bgp.ASSequence), 1}, uint32(o.from))...)
	}
	return set(a, bgp.AttrNextHop, s.NextHop.Unmap().AsSlice()...)
}

func family(p netip.Prefix) inet.Family {
	if p.Addr().Is4() {
		return inet.IPv4Unicast
	}
	return inet.IPv6Unicast
}
