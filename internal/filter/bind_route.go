package filter

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"net/netip"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
)

// Route is one route under judgement, as scripts see it. It is a view that is
// valid during one call; changes are taken over when the filter accepts.
type Route struct {
	prefix  netip.Prefix
	nlri    []byte // this route alone, in wire form
	family  inet.Family
	attrs   bgp.Attrs // nil: a withdrawal
	rov     rpki.Status
	changed bool
	scratch [2][]byte // where changed attributes are built, in turn
	turn    int
}

func (r *Route) attributes() bgp.Attrs { return r.attrs }

// begin makes the route ready for the next judgement.
func (r *Route) begin(f inet.Family, a bgp.Attrs) {
	r.family, r.attrs, r.rov, r.changed = f, a, rpki.NotChecked, false
}

// has also finds MP_REACH_NLRI, which the canonical form does not hold.
func (r *Route) has(code uint8) bool {
	if bgp.AttrCode(code) == bgp.AttrMPReach {
		return r.attrs != nil && r.family != inet.IPv4Unicast
	}
	return r.attrs.Has(bgp.AttrCode(code))
}

// set gives an attribute a new value. Withdrawals have none to change.
func (r *Route) set(code bgp.AttrCode, value []byte) {
	if r.attrs == nil {
		return
	}
	r.turn ^= 1
	to := &r.scratch[r.turn]
	*to = bgp.AppendSet((*to)[:0], r.attrs, code, value)
	r.attrs, r.changed = bgp.Attrs(*to), true
}

func (r *Route) unset(code bgp.AttrCode) {
	if r.attrs == nil || !r.attrs.Has(code) {
		return
	}
	r.turn ^= 1
	to := &r.scratch[r.turn]
	*to = bgp.AppendUnset((*to)[:0], r.attrs, code)
	r.attrs, r.changed = bgp.Attrs(*to), true
}

func (r *Route) setNumber(code bgp.AttrCode, n uint32) {
	var b [4]byte
	binary.BigEndian.PutUint32(b[:], n)
	r.set(code, b[:])
}

func (r *Route) addCommunity(c bgp.Community) {
	if r.attrs == nil || r.attrs.HasCommunity(c) {
		return
	}
	old, _ := r.attrs.Get(bgp.AttrCommunities)
	var room [256]byte
	r.set(bgp.AttrCommunities, binary.BigEndian.AppendUint32(append(room[:0], old...), uint32(c)))
}

func (r *Route) removeCommunity(c bgp.Community) {
	if !r.attrs.HasCommunity(c) {
		return
	}
	var room [256]byte
	keep := room[:0]
	for have := range r.attrs.Communities() {
		if have != c {
			keep = binary.BigEndian.AppendUint32(keep, uint32(have))
		}
	}
	if len(keep) == 0 {
		r.unset(bgp.AttrCommunities)
		return
	}
	r.set(bgp.AttrCommunities, keep)
}

func (r *Route) json() string { return string(r.attrs.AppendJSON(nil, r.family)) }

// wire is the attributes as an UPDATE with 4-octet AS numbers would hold them.
func (r *Route) wire() []byte {
	return r.attrs.AppendWire(nil, r.family, bgp.Ctx{ASN4: true}, bgp.FormUpdate, r.nlri)
}

func bindRoute(rt *roto.Runtime) {
	nlri := roto.Touches(tagNLRI)
	t := roto.Type[*Route](rt, "Route", "A route that is announced or withdrawn. A withdrawal has no attributes.").
		Method("prefix", "The prefix.", roto.Fn1(func(r *Route) netip.Prefix { return r.prefix }), nlri).
		Method("prefix_matches", "Whether it is a route to exactly this prefix.", roto.Fn2(func(r *Route, p netip.Prefix) bool { return r.prefix == p }), roto.Names("prefix"), nlri).
		Method("is_withdrawal", "Whether it is withdrawn rather than announced (extension).", roto.Fn1(func(r *Route) bool { return r.attrs == nil })).
		Method("has_attribute", "Whether it has the path attribute of a type code.", roto.Fn2((*Route).has), roto.Names("code")).
		Method("rov_status", "The outcome of the last check_rov of this call.", roto.Fn1(func(r *Route) rpki.Status { return r.rov })).
		Method("fmt_prefix", "The prefix as text (Rotonda 0.5).", roto.Fn1(func(r *Route) string { return r.prefix.String() }), nlri).
		Method("fmt_rov_status", "not-checked, not-found, valid or invalid (Rotonda 0.5).", roto.Fn1(func(r *Route) string { return r.rov.Dashed() })).
		Method("fmt_json", "The attributes as JSON.", roto.Fn1((*Route).json)).
		Method("fmt_hex", "The attributes in wire form, as hexadecimal digits.", roto.Fn1(func(r *Route) string { return hex.EncodeToString(r.wire()) }), nlri).
		Method("fmt_base64", "The attributes in wire form, in base64.", roto.Fn1(func(r *Route) string { return base64.StdEncoding.EncodeToString(r.wire()) }), nlri).
		Method("set_med", "Sets MULTI_EXIT_DISC (extension).", roto.Proc2(func(r *Route, n uint32) { r.setNumber(bgp.AttrMED, n) }), roto.Names("med")).
		Method("set_local_pref", "Sets LOCAL_PREF (extension).", roto.Proc2(func(r *Route, n uint32) { r.setNumber(bgp.AttrLocalPref, n) }), roto.Names("preference")).
		Method("add_community", "Adds a community, if it is not there (extension).", roto.Proc2((*Route).addCommunity), roto.Names("community")).
		Method("remove_community", "Takes a community away (extension).", roto.Proc2((*Route).removeCommunity), roto.Names("community")).
		Method("med", "MULTI_EXIT_DISC (extension).", roto.Fn1(func(r *Route) roto.Option[uint32] {
			v, ok := r.attrs.MED()
			return roto.Option[uint32]{Value: v, Some: ok}
		})).
		Method("local_pref", "LOCAL_PREF (extension).", roto.Fn1(func(r *Route) roto.Option[uint32] {
			v, ok := r.attrs.LocalPref()
			return roto.Option[uint32]{Value: v, Some: ok}
		}))
	bindCarrier[*Route](t)
}
