package filter

import (
	"net/netip"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Ingress is who a message or route comes from, as scripts see it.
type Ingress struct {
	asn  inet.ASN
	addr netip.Addr
}

// bindAttributes binds AS numbers, communities and who routes come from.
func bindAttributes(rt *roto.Runtime, c *host) {
	roto.Type[*Ingress](rt, "IngressInfo", "The session or router a message or route comes from. Before Rotonda 0.5 it was called Provenance.").
		Method("peer_asn", "The AS number of the peer.", roto.Fn1(func(i *Ingress) inet.ASN { return i.asn }), roto.Touches(tagIngress), roto.Pure()).
		Method("peer_address", "The address of the peer.", roto.Fn1(func(i *Ingress) netip.Addr { return i.addr }), roto.Touches(tagIngress), roto.Pure())
	rt.Alias("Provenance", "IngressInfo")   // before Rotonda 0.5
	rt.Alias("RouteContext", "IngressInfo") // in Rotonda 0.2
	roto.Type[asnRange](rt, "AsnRange", "A range of AS numbers, both ends included.").
		Func("new", "The range from one AS number to another.", roto.Fn2(newRange), roto.Names("first", "last"), roto.Pure()).
		Func("single", "The range of one AS number.", roto.Fn1(func(a inet.ASN) asnRange { return newRange(a, a) }), roto.Names("asn"), roto.Pure())
	roto.Freeze(rt, newRanges)
	roto.Extend[inet.ASN](rt).
		Func("from_u32", "The AS number of an integer.", roto.Fn1(func(n uint32) inet.ASN { return inet.ASN(n) }), roto.Names("number"), roto.Pure()).
		Method("appears_on", "Whether it lies in a range of the list. As costly for a million as for ten, when the list is a constant.", roto.Fn2(appearsOn), roto.Names("list"), roto.Pure()).
		Method("fmt", "As text (Rotonda 0.5).", roto.Fn1(inet.ASN.String), roto.Pure())
	roto.Extend[uint32](rt).Method("fmt", "As text (Rotonda 0.5).", roto.Fn1(func(n uint32) string { return inet.ASN(n).String()[2:] }), roto.Pure())
	roto.Type[bgp.LargeCommunity](rt, "LargeCommunity", "A large community (RFC 8092).").
		Func("from", "Reads \"211321:1:2\" or \"AS211321:1:2\"; 0:0:0 when it is neither.", roto.Fn1(c.largeFrom), roto.Names("text"), roto.Pure()).
		Method("to_string", "As text: \"211321:1:2\".", roto.Fn1(bgp.LargeCommunity.String), roto.Pure())
}

func (c *host) largeFrom(s string) bgp.LargeCommunity {
	v, err := bgp.ParseLargeCommunity(s)
	if err != nil {
		c.misread("LargeCommunity.from", s)
		return bgp.LargeCommunity{}
	}
	return v
}

// communityFrom is 0 for what cannot be read, as in the original, which did not
// say so.
func (c *host) communityFrom(s string) bgp.Community {
	v, err := bgp.ParseCommunity(s)
	if err != nil {
		c.misread("Community.from", s)
		return 0
	}
	return v
}

// wellKnown are the communities that scripts know by name.
var wellKnown = [...]struct {
	name  string
	value bgp.Community
}{
	{"NO_EXPORT", bgp.NoExport}, {"NO_ADVERTISE", bgp.NoAdvertise}, {"NO_EXPORT_SUBCONFED", bgp.NoExportSubconfed},
	{"NO_PEER", bgp.NoPeer}, {"BLACKHOLE", bgp.Blackhole},
}

// bindNumbers is bindCommunities for Rotonda 0.2 and 0.3, whose communities are
// numbers.
func bindNumbers(rt *roto.Runtime, c *host) {
	rt.Alias("Community", "u32")
	roto.Extend[uint32](rt).
		Func("from", "Reads a community.", roto.Fn1(func(s string) uint32 { return uint32(c.communityFrom(s)) }), roto.Names("text"), roto.Pure()).
		Func("new", "The community of an integer.", roto.Fn1(func(n uint32) uint32 { return n }), roto.Names("raw"), roto.Pure())
	for _, k := range wellKnown[:4] {
		rt.Const(k.name, "A well-known community.", uint32(k.value))
	}
	rt.Func("community", "The community of an integer.", roto.Fn1(func(n uint32) uint32 { return n }), roto.Names("raw"), roto.Pure())
}

func bindCommunities(rt *roto.Runtime, from *host) {
	number := roto.Fn1(func(n uint32) bgp.Community { return bgp.Community(n) })
	c := roto.Type[bgp.Community](rt, "Community", "A standard community (RFC 1997).").
		Func("from", "Reads a well-known name, \"65000:1\", \"AS65000:1\" or \"0xFFFFFF01\"; 0 when it is none of these.", roto.Fn1(from.communityFrom), roto.Names("text"), roto.Pure()).
		Func("new", "The community of an integer, as in Rotonda 0.5 and before.", number, roto.Names("raw"), roto.Pure()).
		Method("to_string", "As text: a well-known name, or \"AS65000:1\".", roto.Fn1(bgp.Community.String), roto.Pure())
	for _, k := range wellKnown {
		c.Const(k.name, "A well-known community.", k.value)
		if k.value != bgp.Blackhole { // scripts of 0.5 declare that one themselves
			rt.Const(k.name, "A well-known community (Rotonda 0.5).", k.value)
		}
	}
	rt.Func("community", "The community of an integer, as in Rotonda 0.5 and before.", number, roto.Names("raw"), roto.Pure())
}
