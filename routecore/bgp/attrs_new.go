package bgp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// NewAttrs returns the canonical form of a list of attributes, for those who make
// routes rather than pass them on:
//
//	NewAttrs(WithOrigin(OriginIGP), WithASPath(64496, 64511), WithNextHop(addr))
//
// An attribute without a constructor here is an [Attr] of its code and its value in
// canonical form, see AppendSet; the flags are those of the table, whatever the Attr
// says. Of several with one code the last counts.
func NewAttrs(list ...Attr) Attrs { return Attrs(nil).With(list...) }

// With returns a copy of a in which the attributes of the list are set: replaced
// where they were, added where they were not.
func (a Attrs) With(list ...Attr) Attrs {
	out := AppendUnset(nil, a, 0) // a copy, also where the list is empty
	for _, t := range list {
		out = AppendSet(nil, out, t.Code, t.Value)
	}
	return out
}

// WithOrigin returns ORIGIN (RFC 4271 §5.1.1).
func WithOrigin(o Origin) Attr { return newAttr(AttrOrigin, []byte{byte(o)}) }

// WithASPath returns an AS_PATH of sequences, nearest AS first; without any the path
// of a route from our own AS (RFC 4271 §5.1.2). Whole attributes of other segments
// are set by their value, see [ASPath].
func WithASPath(hops ...inet.ASN) Attr { return newAttr(AttrASPath, AppendASPath(nil, hops...)) }

// AppendASPath appends the value of an AS_PATH with the AS numbers as sequences,
// nearest first. A segment takes 255 of them (RFC 4271 §4.3).
func AppendASPath(dst []byte, hops ...inet.ASN) []byte {
	for len(hops) > 0 {
		n := min(len(hops), 255)
		dst = append(dst, byte(ASSequence), byte(n))
		for _, asn := range hops[:n] {
			dst = binary.BigEndian.AppendUint32(dst, uint32(asn))
		}
		hops = hops[n:]
	}
	return dst
}

// WithNextHop returns the next hop of a route, whatever attribute it stands in on the
// wire; an IPv6 one may have a link-local address behind it (RFC 2545 §3).
func WithNextHop(addr netip.Addr, linkLocal ...netip.Addr) Attr {
	v := addr.AsSlice()
	if len(linkLocal) > 0 {
		v = append(v, linkLocal[0].AsSlice()...)
	}
	return newAttr(AttrNextHop, v)
}

// WithMED returns MULTI_EXIT_DISC (RFC 4271 §5.1.4).
func WithMED(metric uint32) Attr {
	return newAttr(AttrMED, binary.BigEndian.AppendUint32(nil, metric))
}

// WithLocalPref returns LOCAL_PREF (RFC 4271 §5.1.5).
func WithLocalPref(preference uint32) Attr {
	return newAttr(AttrLocalPref, binary.BigEndian.AppendUint32(nil, preference))
}

// WithCommunities returns COMMUNITIES (RFC 1997).
func WithCommunities(list ...Community) Attr {
	var v []byte
	for _, c := range list {
		v = c.Append(v)
	}
	return newAttr(AttrCommunities, v)
}

// WithExtCommunities returns EXTENDED COMMUNITIES (RFC 4360).
func WithExtCommunities(list ...ExtCommunity) Attr {
	var v []byte
	for _, e := range list {
		v = append(v, e[:]...)
	}
	return newAttr(AttrExtCommunities, v)
}

// WithLargeCommunities returns LARGE_COMMUNITY (RFC 8092).
func WithLargeCommunities(list ...LargeCommunity) Attr {
	var v []byte
	for _, l := range list {
		v = l.Append(v)
	}
	return newAttr(AttrLargeCommunities, v)
}

func newAttr(code AttrCode, value []byte) Attr {
	return Attr{Code: code, Flags: code.canonicalFlags(), Value: value}
}
