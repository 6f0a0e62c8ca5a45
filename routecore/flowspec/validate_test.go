package flowspec

import (
	"iter"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
)

type fakeTable map[netip.Prefix]Route

func (f fakeTable) Best(p netip.Prefix) (best Route, found bool) {
	bits := -1
	for q, r := range f {
		if q.Bits() > bits && q.Bits() <= p.Bits() && q.Contains(p.Addr()) {
			best, found, bits = r, true, q.Bits()
		}
	}
	return best, found
}

func (f fakeTable) MoreSpecifics(p netip.Prefix) iter.Seq[Route] {
	return func(yield func(Route) bool) {
		for q, r := range f {
			if q.Bits() > p.Bits() && p.Contains(q.Addr()) && !yield(r) {
				return
			}
		}
	}
}

func TestValidation(t *testing.T) {
	a, b := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("198.51.100.2")
	from := func(o netip.Addr, as inet.ASN) Route { return Route{Originator: o, NeighborAS: as, External: true} }
	pfx := netip.MustParsePrefix
	table := fakeTable{pfx("192.0.2.0/24"): from(a, 64500), pfx("192.0.2.128/25"): from(b, 64501),
		pfx("203.0.113.0/24"): from(a, 64500), pfx("203.0.113.0/25"): from(b, 64500)}
	table6 := fakeTable{pfx("2001:db8::/32"): from(a, 64500)}
	inside := Route{Originator: b, Local: true}
	ibgp := Route{Originator: a, NeighborAS: 64999}
	none := Policy{}
	tests := []struct {
		name, rule string
		route      Route
		policy     Policy
		want       Verdict
	}{
		{"same originator, no more specifics from others", "destination 203.0.113.0/24", from(a, 64500), none, Feasible},
		{"a host inside", "destination 203.0.113.200/32", from(a, 64500), none, Feasible},
		{"another originator", "destination 203.0.113.0/24", from(b, 64500), none, WrongOriginator},
		{"more specific of another AS", "destination 192.0.2.0/24", from(a, 64500), none, MoreSpecific},
		{"below the other's more specific", "destination 192.0.2.0/25", from(a, 64500), none, Feasible},
		{"the more specific itself", "destination 192.0.2.128/25", from(b, 64501), none, Feasible},
		{"no unicast route", "destination 198.18.0.0/15", from(a, 64500), none, NoUnicast},
		{"no destination", "source 192.0.2.0/24", from(a, 64500), none, NoDestination},
		{"no destination, allowed", "source 192.0.2.0/24", from(a, 64500), Policy{AllowNoDestination: true}, Feasible},
		{"controller inside the domain", "destination 203.0.113.0/24", inside, none, Feasible},
		{"controller, no unicast route", "destination 198.18.0.0/15", inside, none, Feasible},
		{"controller, more specific of another AS", "destination 192.0.2.0/24", inside, none, MoreSpecific},
		{"controller, RFC 8955 only", "destination 203.0.113.0/24", inside, Policy{OriginatorOnly: true}, WrongOriginator},
		{"controller, RFC 8955 only, no unicast route", "destination 198.18.0.0/15", inside, Policy{OriginatorOnly: true}, NoUnicast},
		{"leftmost AS differs", "destination 203.0.113.0/24", from(a, 64666), none, WrongNeighbor},
		{"leftmost AS differs, from a route server", "destination 203.0.113.0/24", from(a, 64666), Policy{RouteServer: true}, Feasible},
		{"empty path from outside", "destination 203.0.113.0/24", Route{Originator: a, Local: true, External: true}, none, WrongNeighbor},
		{"empty path from outside, another originator", "destination 203.0.113.0/24", Route{Originator: b, Local: true, External: true}, none, WrongOriginator},
		{"empty path from outside, no unicast route", "destination 198.18.0.0/15", Route{Originator: b, Local: true, External: true}, none, NoUnicast},
		{"leftmost AS differs on an internal session", "destination 203.0.113.0/24", ibgp, none, Feasible},
	}
	for _, tt := range tests {
		if got := Validate(mustText(t, inet.IPv4FlowSpec, tt.rule), tt.route, table, tt.policy); got != tt.want {
			t.Errorf("%s: %v (%s), want %v", tt.name, got, got.RFC(), tt.want)
		}
	}
	for rule, want := range map[string]Verdict{"destination 2001:db8:1::/48": Feasible, "destination ::1/128/64": NoDestination} {
		if got := Validate(mustText(t, inet.IPv6FlowSpec, rule), from(a, 64500), table6, none); got != want {
			t.Errorf("%s: %v", rule, got)
		}
	}
}
