package bench

import (
	"net/netip"
	"slices"
	"testing"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// Route is a real route as every engine's host sees it.
type Route struct {
	prefix      netip.Prefix
	path        []inet.ASN
	communities []bgp.Community
}

// The host functions, the same Go code for every engine.
func (r *Route) Prefix() netip.Prefix     { return r.prefix }
func (r *Route) Len() int                 { return r.prefix.Bits() }
func (r *Route) Origin() inet.ASN         { return r.path[len(r.path)-1] }
func (r *Route) Passes(a inet.ASN) bool   { return slices.Contains(r.path, a) }
func (r *Route) Has(c bgp.Community) bool { return slices.Contains(r.communities, c) }
func (r *Route) OriginNumber() int        { return int(r.Origin()) }
func (r *Route) PassesNumber(a int) bool  { return r.Passes(inet.ASN(a)) }
func (r *Route) HasNumber(c int) bool     { return r.Has(bgp.Community(c)) }
func (r *Route) Is(p netip.Prefix) bool   { return r.prefix == p }
func (r *Route) CoveredBy(list *[]netip.Prefix) bool {
	for _, p := range *list {
		if p.Bits() <= r.prefix.Bits() && p.Contains(r.prefix.Addr()) {
			return true
		}
	}
	return false
}

// realRoute is the first route of the corpus of 2026 with four ASes and three
// communities that no rule of [filterRoto] rejects.
func realRoute(tb testing.TB) *Route {
	for _, m := range updates(tb, corpora[1].file) {
		var u bgp.Update
		bgp.ParseUpdate(&u, m.raw[bgp.HeaderLen:], bgp.Ctx{ASN4: m.asn4, Monitor: true})
		if u.Verdict.Action != bgp.Accept {
			continue
		}
		a := bgp.Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
		for _, p := range u.Announced().Prefixes() {
			r := &Route{prefix: p, path: slices.Collect(a.ASPath().Hops()), communities: slices.Collect(a.Communities())}
			if len(r.path) >= 4 && len(r.communities) >= 3 && filterNative(r) {
				return r
			}
		}
	}
	tb.Fatal("no such route")
	return nil
}

var bogons = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
}

// rotoRuntime binds the route for Roto.
func rotoRuntime(tb testing.TB) *roto.Runtime {
	rt := roto.New()
	roto.Type[bgp.Community](rt, "Community", "").Func("from", "", roto.Fn1(func(n uint32) bgp.Community { return bgp.Community(n) }))
	roto.Type[*Route](rt, "Route", "").
		Method("prefix", "", roto.Fn1((*Route).Prefix)).
		Method("origin", "", roto.Fn1((*Route).Origin)).
		Method("passes", "", roto.Fn2((*Route).Passes)).
		Method("has", "", roto.Fn2((*Route).Has))
	if err := rt.Err(); err != nil {
		tb.Fatal(err)
	}
	return rt
}

// celRoute makes a route a value of CEL.
type celRoute struct {
	ref.Val
	r *Route
}

func (v celRoute) Type() ref.Type { return celRouteType }
func (v celRoute) Value() any     { return v.r }

var celRouteType = cel.ObjectType("Route")

// celOptions binds the route for CEL.
func celOptions() []cel.EnvOption {
	zero := func(name string, t *cel.Type, f func(*Route) ref.Val) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("route_"+name, []*cel.Type{celRouteType}, t,
			cel.UnaryBinding(func(v ref.Val) ref.Val { return f(v.(celRoute).r) })))
	}
	one := func(name string, f func(*Route, int) bool) cel.EnvOption {
		return cel.Function(name, cel.MemberOverload("route_"+name, []*cel.Type{celRouteType, cel.IntType}, cel.BoolType,
			cel.BinaryBinding(func(v, a ref.Val) ref.Val { return types.Bool(f(v.(celRoute).r, int(a.(types.Int)))) })))
	}
	return []cel.EnvOption{
		cel.Variable("r", celRouteType),
		zero("origin", cel.IntType, func(r *Route) ref.Val { return types.Int(r.Origin()) }),
		zero("len", cel.IntType, func(r *Route) ref.Val { return types.Int(r.Len()) }),
		one("passes", (*Route).PassesNumber),
		one("has", (*Route).HasNumber),
		zero("bogon", cel.BoolType, func(r *Route) ref.Val { return types.Bool(r.CoveredBy(&bogons)) }),
		one("is", func(r *Route, i int) bool { return r.Is(special[i]) }),
	}
}

// special are prefixes that a rule names one by one.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
}
