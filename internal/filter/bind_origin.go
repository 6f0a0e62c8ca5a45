package filter

import (
	"net/netip"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
)

// RPKI is the table of VRPs as scripts see it.
type RPKI struct{ table *rpki.Table }

// check validates a route and stores the outcome in it. As in the original,
// multicast routes and those without an origin AS are not checked.
func (t *RPKI) check(r *Route) rpki.Status {
	if r.family.SAFI() != inet.SAFIUnicast {
		return rpki.NotChecked
	}
	r.rov = rpki.NotChecked
	if origin, ok := r.attrs.OriginAS(); ok && t.table != nil {
		r.rov = t.table.Snapshot().Validate(r.prefix, origin, true)
	}
	return r.rov
}

func bindOrigin(rt *roto.Runtime) {
	is := func(want rpki.Status) *roto.Binding { return roto.Fn1(func(s rpki.Status) bool { return s == want }) }
	roto.Type[rpki.Status](rt, "RovStatus", "The outcome of validating an origin (RFC 6811).").
		Method("is_valid", "Whether a VRP authorises the route.", is(rpki.Valid), roto.Pure()).
		Method("is_invalid", "Whether VRPs cover the prefix and none authorises the route.", is(rpki.Invalid), roto.Pure()).
		Method("is_not_found", "Whether no VRP covers the prefix.", is(rpki.NotFound), roto.Pure()).
		Method("to_string", "As text: not-checked, not-found, valid or invalid.", roto.Fn1(rpki.Status.Dashed), roto.Pure())
	roto.Type[*RPKI](rt, "Rpki", "The validated ROA payloads the daemon has.").
		Method("check_rov", "Validates the origin of a route and stores the outcome in it.", roto.Fn2((*RPKI).check), roto.Names("route"), roto.Touches(tagNLRI))
	roto.Type[*rpki.VRPUpdate](rt, "VrpUpdate", "A VRP that was announced or withdrawn.").
		Method("asn", "The AS it authorises.", roto.Fn1(func(u *rpki.VRPUpdate) inet.ASN { return u.VRP.ASN }), roto.Pure()).
		Method("prefix", "The prefix it covers.", roto.Fn1(func(u *rpki.VRPUpdate) netip.Prefix { return u.VRP.Prefix }), roto.Pure()).
		Method("to_string", "As a line of text.", roto.Fn1((*rpki.VRPUpdate).String), roto.Pure()).
		Method("fmt", "As a line of text (Rotonda 0.5).", roto.Fn1((*rpki.VRPUpdate).String), roto.Pure())
	roto.Type[*rpki.StatusUpdate](rt, "RovStatusUpdate", "A stored route that was validated again.").
		Method("prefix", "The prefix of the route.", roto.Fn1(func(u *rpki.StatusUpdate) netip.Prefix { return u.Prefix }), roto.Pure()).
		Method("origin", "The origin AS of the route.", roto.Fn1(func(u *rpki.StatusUpdate) inet.ASN { return u.Origin }), roto.Pure()).
		Method("peer_asn", "The AS the route was learned from.", roto.Fn1(func(u *rpki.StatusUpdate) inet.ASN { return u.PeerASN }), roto.Pure()).
		Method("has_changed", "Whether the status is another than before.", roto.Fn1(func(u *rpki.StatusUpdate) bool { return u.Previous != u.Status }), roto.Pure()).
		Method("previous_status", "The status before.", roto.Fn1(func(u *rpki.StatusUpdate) rpki.Status { return u.Previous }), roto.Pure()).
		Method("current_status", "The status now.", roto.Fn1(func(u *rpki.StatusUpdate) rpki.Status { return u.Status }), roto.Pure()).
		Method("to_string", "As a line of text.", roto.Fn1((*rpki.StatusUpdate).String), roto.Pure()).
		Method("fmt", "As a line of text (Rotonda 0.5).", roto.Fn1((*rpki.StatusUpdate).String), roto.Pure())
}
