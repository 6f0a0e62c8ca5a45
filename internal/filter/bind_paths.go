package filter

import (
	"iter"
	"strings"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// bindPaths binds AS paths and what a query filter is given.
func bindPaths[C ~uint32](rt *roto.Runtime) {
	roto.Type[bgp.ASPath](rt, "AsPath", "The path of AS numbers a route has taken.").
		Method("origin", "The AS that originated the route: the last one, if it is not in a set.", roto.Fn1(func(p bgp.ASPath) roto.Option[inet.ASN] {
			a, ok := p.Origin()
			return roto.Option[inet.ASN]{Value: a, Some: ok}
		}), roto.Pure()).
		Method("contains", "Whether an AS is a hop of the path; members of sets do not count.", roto.Fn2(bgp.ASPath.Contains), roto.Names("asn"), roto.Pure()).
		Method("to_string", "As text: the numbers with blanks between.", roto.Fn1(bgp.ASPath.String), roto.Pure())
	rt.Alias("aspath", "AsPath") // in Rotonda 0.5
	roto.Type[bgp.Attrs](rt, "PathAttributes", "The path attributes of a stored route.").
		Method("otc", "Only to Customer (RFC 9234).", roto.Fn1(func(a bgp.Attrs) roto.Option[inet.ASN] {
			v, ok := a.OTC()
			return roto.Option[inet.ASN]{Value: v, Some: ok}
		}), roto.Pure()).
		Method("aspath", "The AS path.", roto.Fn1(pathOf), roto.Pure()).
		Method("communities", "The standard communities.", roto.Fn1(communitiesOf[C]), roto.Pure()).
		Method("large_communities", "The large communities.", roto.Fn1(largeOf), roto.Pure()).
		Method("contains_community", "Whether it carries a community (Rotonda 0.5).", roto.Fn2(func(a bgp.Attrs, c C) bool { return a.HasCommunity(bgp.Community(c)) }), roto.Names("community"), roto.Pure()).
		Method("contains_large_community", "Whether it carries a large community (Rotonda 0.5).", roto.Fn2(bgp.Attrs.HasLargeCommunity), roto.Names("community"), roto.Pure())
}

func pathOf(a bgp.Attrs) (p roto.Option[bgp.ASPath]) {
	if a.Has(bgp.AttrASPath) {
		return roto.Some(a.ASPath())
	}
	return p
}

func communitiesOf[C ~uint32](a bgp.Attrs) (l roto.Option[[]C]) {
	if !a.Has(bgp.AttrCommunities) {
		return l
	}
	var out []C
	for c := range a.Communities() {
		out = append(out, C(c))
	}
	return roto.Some(out)
}

func largeOf(a bgp.Attrs) (l roto.Option[[]bgp.LargeCommunity]) {
	if a.Has(bgp.AttrLargeCommunities) {
		return roto.Some(collect(a.LargeCommunities()))
	}
	return l
}

func collect[T any](seq iter.Seq[T]) (out []T) {
	for v := range seq {
		out = append(out, v)
	}
	return out
}

// matchOrigin reports whether the path ends in an AS that is no set.
func matchOrigin(a bgp.Attrs, asn inet.ASN) bool {
	o, ok := a.OriginAS()
	return ok && o == asn
}

func originText(a bgp.Attrs) string {
	if o, ok := a.OriginAS(); ok {
		return o.String()
	}
	return ""
}

// communityList is the text of all communities, as 0.5 shows them.
func communityList(a bgp.Attrs) string {
	var parts []string
	for c := range a.Communities() {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}

func largeList(a bgp.Attrs) string {
	var parts []string
	for c := range a.LargeCommunities() {
		parts = append(parts, c.String())
	}
	return strings.Join(parts, ", ")
}

// carrier is what has path attributes: a route or a message.
type carrier interface{ attributes() bgp.Attrs }

// bindCarrier binds the members that routes and messages share.
func bindCarrier[T carrier, C ~uint32](t *roto.TypeBuilder) {
	t.Method("aspath", "The AS path.", roto.Fn1(func(c T) roto.Option[bgp.ASPath] { return pathOf(c.attributes()) }), roto.Pure()).
		Method("communities", "The standard communities.", roto.Fn1(func(c T) roto.Option[[]C] { return communitiesOf[C](c.attributes()) }), roto.Pure()).
		Method("large_communities", "The large communities.", roto.Fn1(func(c T) roto.Option[[]bgp.LargeCommunity] { return largeOf(c.attributes()) }), roto.Pure()).
		Method("aspath_contains", "Whether an AS is a hop of the path (Rotonda 0.5).", roto.Fn2(func(c T, a inet.ASN) bool { return c.attributes().ASPath().Contains(a) }), roto.Names("asn"), roto.Pure()).
		Method("match_aspath_origin", "Whether an AS originated the route (Rotonda 0.5).", roto.Fn2(func(c T, a inet.ASN) bool { return matchOrigin(c.attributes(), a) }), roto.Names("asn"), roto.Pure()).
		Method("contains_community", "Whether it carries a community (Rotonda 0.5).", roto.Fn2(func(c T, v C) bool { return c.attributes().HasCommunity(bgp.Community(v)) }), roto.Names("community"), roto.Pure()).
		Method("contains_large_community", "Whether it carries a large community (Rotonda 0.5).", roto.Fn2(func(c T, v bgp.LargeCommunity) bool { return c.attributes().HasLargeCommunity(v) }), roto.Names("community"), roto.Pure()).
		Method("fmt_aspath", "The AS path as text; empty without one (Rotonda 0.5).", roto.Fn1(func(c T) string { return c.attributes().ASPath().String() }), roto.Pure()).
		Method("fmt_aspath_origin", "The origin AS as text; empty without one (Rotonda 0.5).", roto.Fn1(func(c T) string { return originText(c.attributes()) }), roto.Pure()).
		Method("fmt_communities", "The communities as text (Rotonda 0.5).", roto.Fn1(func(c T) string { return communityList(c.attributes()) }), roto.Pure()).
		Method("fmt_large_communities", "The large communities as text (Rotonda 0.5).", roto.Fn1(func(c T) string { return largeList(c.attributes()) }), roto.Pure())
}
