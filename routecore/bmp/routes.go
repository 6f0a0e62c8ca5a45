package bmp

import (
	"encoding/binary"
	"errors"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// stepRoutes reads a Route Monitoring message: a per-peer header and an UPDATE,
// in version 4 inside TLVs. Nothing here allocates once the view is there.
func (s *Station) stepRoutes(dst []Action, version uint8, body []byte) []Action {
	typ, flags := PeerType(body[0]), body[1]
	rest, extras, time := body[PeerHeaderLen:], (*Extras)(nil), timeOf(body)
	if version == Version4 {
		extras = &s.extras
		if dst, rest = s.unwrap(dst, rest); rest == nil {
			return dst
		}
		if t, ok := extras.Timestamp(); ok && time == 0 {
			time = t.Time
		}
	}
	p := s.find(body)
	if p == nil {
		if s.full() {
			return s.invalid(dst, fault(HeaderLen, "route monitoring without a Peer Up: %d peers are up, which is the limit", len(s.peers)))
		}
		dst, p = s.late(dst, body)
		p.Table = extras.Table()
	}
	view := viewOf(typ, flags)
	v := p.views[view]
	if v == nil {
		// Many routers send one Peer Up and then monitor several views.
		v = p.open(view)
		dst = append(dst, Action{Kind: ActPeerUp, Peer: p, View: v, Time: time})
	}
	v.Filtered = view == Loc && flags&FlagFiltered != 0
	m, n, err := bgp.ReadMessage(rest, bgp.MaxExtMessage)
	switch {
	case err != nil:
		return s.invalid(dst, unframed(err))
	case n == 0:
		return s.invalid(dst, fault(HeaderLen+PeerHeaderLen, "route monitoring: no whole BGP message in %d octets", len(rest)))
	case m.Type != bgp.MsgUpdate:
		return s.invalid(dst, fault(HeaderLen+PeerHeaderLen, "route monitoring with a %s message", m.Type))
	case n < len(rest):
		dst = s.invalid(dst, odd(HeaderLen+PeerHeaderLen+n, "route monitoring: %d octets behind the UPDATE", len(rest)-n))
	}
	as4 := typ == LocRIBPeer || flags&FlagAS2 == 0
	dst = s.parse(dst, v, m.Body(), as4, extras)
	dst = append(dst, Action{Kind: ActRoutes, Peer: p, View: v, Update: &s.update, Extras: extras, Raw: m.Raw, Time: time})
	s.track(v)
	return dst
}

// unframed says where a Route Monitoring message stops being one, and as what.
func unframed(err error) error {
	var e *bgp.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault(HeaderLen+PeerHeaderLen+e.Offset, "route monitoring: %s", e.Text)
}

// late makes a peer of which the stream has no Peer Up.
func (s *Station) late(dst []Action, body []byte) ([]Action, *Peer) {
	h, _, _ := ParsePeerHeader(body)
	p := s.add(h)
	p.Incomplete = true
	if !s.saidLate {
		s.saidLate = true
		dst = append(dst, Action{Kind: ActNotice, Peer: p, Text: "routes of peers without a Peer Up are kept under peers marked incomplete; their session's capabilities are guessed"})
	}
	return dst, p
}

func timeOf(body []byte) int64 {
	seconds := int64(binary.BigEndian.Uint32(body[34:]))
	if seconds == 0 {
		return 0
	}
	return seconds*1e6 + int64(binary.BigEndian.Uint32(body[38:]))%1e6
}

// parse reads an UPDATE in the view's context. The width of AS numbers is what
// the A flag says, because routers rewrite paths; where that differs from the OPENs it
// is said once. NLRI that make no sense are read again with a guess about path
// identifiers, and if that succeeds the peer goes on guessing in that direction.
func (s *Station) parse(dst []Action, v *PeerView, body []byte, as4 bool, extras *Extras) []Action {
	ctx := v.Ctx
	if !v.Peer.Incomplete && ctx.ASN4 != as4 && !v.Peer.widthSaid {
		v.Peer.widthSaid = true
		s.Soft++
		dst = append(dst, Action{Kind: ActNotice, Peer: v.Peer, View: v, Text: "the A flag and the OPENs disagree about the width of AS numbers; going by the flag"})
	}
	ctx.ASN4 = as4
	said := extras != nil && extras.apply(&ctx, v.View)
	bgp.ParseUpdate(&s.update, body, ctx)
	if ctx.AddPathUnknown || !s.doubtful() {
		if extras != nil {
			extras.judge(&s.update)
		}
		return dst
	}
	first := ctx
	ctx.AddPath, ctx.AddPathUnknown = 0, true
	bgp.ParseUpdate(&s.update, body, ctx)
	if s.doubtful() {
		bgp.ParseUpdate(&s.update, body, first)
		extras.judge(&s.update)
		return dst
	}
	extras.judge(&s.update)
	s.Soft++
	if said {
		return dst // this message was wrong about itself; the next may be right
	}
	v.Peer.guess(v)
	return append(dst, Action{Kind: ActNotice, Peer: v.Peer, View: v, Text: "path identifiers are not where the OPENs say; guessing from here on"})
}

// doubtful reports whether the NLRI of the update make no sense: they are broken, or
// name the default route twice, which is what a path identifier looks like to
// someone who does not expect one.
func (s *Station) doubtful() bool {
	u := &s.update
	if f := u.Verdict.Fault; f == bgp.FaultNLRI || f == bgp.FaultMPNLRI {
		return true
	}
	if n, ok := u.MPReach(); ok && twiceDefault(n) {
		return true
	}
	return twiceDefault(u.Announced()) || twiceDefault(u.Withdrawn())
}

func twiceDefault(n bgp.NLRI) bool {
	b := n.Bytes
	return len(b) > 1 && b[0] == 0 && b[1] == 0 && !n.AddPath && n.Family.SAFI() == inet.SAFIUnicast
}

// track follows End-of-RIBs, which come for every view and family on its own
// (RFC 7854 §5). Only a peer that announced graceful restart is sure to send them.
func (s *Station) track(v *PeerView) {
	if f, ok := s.update.EndOfRIB(); ok {
		s.count(v, -1)
		v.pending = v.pending.Without(f)
		v.ended = v.ended.With(f)
		s.count(v, 1)
		s.settle()
		return
	}
	if s.Phase != Dumping || !v.Peer.EoRCapable {
		return
	}
	s.count(v, -1)
	if n, ok := s.update.MPReach(); ok && !v.ended.Has(n.Family) {
		v.pending = v.pending.With(n.Family)
	}
	if n := s.update.Announced(); len(n.Bytes) > 0 && !v.ended.Has(n.Family) {
		v.pending = v.pending.With(n.Family)
	}
	s.count(v, 1)
}

// unwrap finds the UPDATE among the TLVs of a Route Monitoring message of version
// 4 and keeps the others in s.extras. Without an UPDATE rest is nil.
func (s *Station) unwrap(dst []Action, b []byte) (out []Action, rest []byte) {
	run := IndexedTLVs(b)
	if err := run.Err(); err != nil {
		dst = s.invalid(dst, err) // what is whole is read
	}
	s.extras = Extras{tlvs: run}
	dst = s.number(dst, run)
	v, ok := s.extras.Find(FieldMessage)
	if !ok {
		return s.invalid(dst, fault(HeaderLen+PeerHeaderLen, "route monitoring: no BGP Message TLV with the code points of %s", s.extras.Revision)), nil
	}
	return dst, v.Value
}

// number settles by which revision the TLVs are numbered: as configured, or as
// found before, or as the message shows.
func (s *Station) number(dst []Action, run IndexedTLVs) []Action {
	s.extras.Revision = s.CodePoints
	if s.CodePoints != RevisionAuto {
		return dst
	}
	s.extras.Revision = s.found
	if s.found != RevisionAuto {
		if v, ok := s.extras.Find(FieldMessage); ok && isMessage(v.Value) {
			return dst
		}
	}
	r, ok := DetectRevision(run)
	if !ok {
		return dst
	}
	s.extras.Revision = r
	if r != RevisionAuto && r != s.found {
		s.found = r
		dst = append(dst, Action{Kind: ActNotice, Text: "TLVs of BMP version 4 are numbered as in " + r.String()})
	}
	return dst
}
