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
	prefix   netip.Prefix
	nlri     []byte // this route alone, in wire form
	addPath  bool   // which begins with a path identifier; set for families that are no prefixes
	oneLabel bool   // as in bgp.NLRI; likewise
	family   inet.Family
	attrs    bgp.Attrs // nil: a withdrawal
	rov      rpki.Status
	changed  bool
	scratch  [2][]byte // where changed attributes are built, in turn
	turn     int
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

// Prefix faults for families whose routes have none.
func (r *Route) toPrefix() netip.Prefix {
	if !r.family.IsPrefix() {
		panic(roto.Error("a route of the family " + r.family.String() + " has no prefix; ask for family first"))
	}
	return r.prefix
}

func (r *Route) prefixText() string {
	if !r.family.IsPrefix() {
		return ""
	}
	return r.prefix.String()
}

// text is the NLRI of any family as one line.
func (r *Route) text() string {
	if r.family.IsPrefix() {
		return r.prefix.String()
	}
	nlri := r.nlri
	if r.addPath && len(nlri) >= 4 {
		nlri = nlri[4:]
	}
	return string(bgp.NLRI{Family: r.family, OneLabel: r.oneLabel}.AppendText(nil, nlri))
}

// routeDoc says what a filter is asked about.
const routeDoc = "A route that is announced or withdrawn. A withdrawal has no attributes. " +
	"A filter that neither asks for the prefix nor does anything once a route judges all routes of an UPDATE at once, of every family. " +
	"One that asks for the prefix judges routes to prefixes only (IPv4 and IPv6, unicast and multicast): those of other families, such as EVPN or FlowSpec, pass, " +
	"unless it also asks for family or nlri; then it judges each of them too, and prefix is a fault where there is none."

func bindRoute[C ~uint32](rt *roto.Runtime) {
	nlri, prefix := roto.Touches(tagNLRI), roto.Touches(tagPrefix, tagNLRI)
	t := roto.Type[*Route](rt, "Route", routeDoc).
		Method("prefix", "The prefix. A fault for families that have none; see Route.", roto.Fn1((*Route).toPrefix), prefix, roto.Pure()).
		Method("prefix_matches", "Whether it is a route to exactly this prefix.", roto.Fn2(func(r *Route, p netip.Prefix) bool { return r.prefix == p && r.family.IsPrefix() }), roto.Names("prefix"), prefix, roto.Pure()).
		Method("family", "The address family: \"ipv4 unicast\", \"l2vpn evpn\" and so on (extension).", roto.Fn1(func(r *Route) string { return r.family.String() }), roto.Touches(tagFamily), roto.Pure()).
		Method("nlri", "What is announced or withdrawn, as text, in every family (extension).", roto.Fn1((*Route).text), roto.Touches(tagFamily, tagNLRI), roto.Pure()).
		Method("is_withdrawal", "Whether it is withdrawn rather than announced (extension).", roto.Fn1(func(r *Route) bool { return r.attrs == nil }), roto.Pure()).
		Method("has_attribute", "Whether it has the path attribute of a type code.", roto.Fn2((*Route).has), roto.Names("code"), roto.Pure()).
		Method("rov_status", "The outcome of the last check_rov of this call.", roto.Fn1(func(r *Route) rpki.Status { return r.rov }), roto.Pure()).
		Method("fmt_prefix", "The prefix as text (Rotonda 0.5).", roto.Fn1((*Route).prefixText), prefix, roto.Pure()).
		Method("fmt_rov_status", "not-checked, not-found, valid or invalid (Rotonda 0.5).", roto.Fn1(func(r *Route) string { return r.rov.Dashed() }), roto.Pure()).
		Method("fmt_json", "The attributes as JSON.", roto.Fn1((*Route).json), roto.Pure()).
		Method("fmt_hex", "The attributes in wire form, as hexadecimal digits.", roto.Fn1(func(r *Route) string { return hex.EncodeToString(r.wire()) }), nlri, roto.Pure()).
		Method("fmt_base64", "The attributes in wire form, in base64.", roto.Fn1(func(r *Route) string { return base64.StdEncoding.EncodeToString(r.wire()) }), nlri, roto.Pure()).
		Method("set_med", "Sets MULTI_EXIT_DISC (extension).", roto.Proc2(func(r *Route, n uint32) { r.setNumber(bgp.AttrMED, n) }), roto.Names("med")).
		Method("set_local_pref", "Sets LOCAL_PREF (extension).", roto.Proc2(func(r *Route, n uint32) { r.setNumber(bgp.AttrLocalPref, n) }), roto.Names("preference")).
		Method("add_community", "Adds a community, if it is not there (extension).", roto.Proc2(func(r *Route, c C) { r.addCommunity(bgp.Community(c)) }), roto.Names("community")).
		Method("remove_community", "Takes a community away (extension).", roto.Proc2(func(r *Route, c C) { r.removeCommunity(bgp.Community(c)) }), roto.Names("community")).
		Method("med", "MULTI_EXIT_DISC (extension).", roto.Fn1(func(r *Route) roto.Option[uint32] {
			v, ok := r.attrs.MED()
			return roto.Option[uint32]{Value: v, Some: ok}
		}), roto.Pure()).
		Method("local_pref", "LOCAL_PREF (extension).", roto.Fn1(func(r *Route) roto.Option[uint32] {
			v, ok := r.attrs.LocalPref()
			return roto.Option[uint32]{Value: v, Some: ok}
		}), roto.Pure())
	bindCarrier[*Route, C](t)
}
