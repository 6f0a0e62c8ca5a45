package flowspec

import (
	"iter"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// Route is what validation has to know about a rule's route or a unicast route.
type Route struct {
	// Originator is ORIGINATOR_ID where the route has one, else the address of the
	// peer that it came from (RFC 8955 §6).
	Originator netip.Addr
	// NeighborAS is the leftmost AS of AS_PATH, confederation segments left out; 0
	// where there is none.
	NeighborAS inet.ASN
	// Local says that AS_PATH is empty, or has only AS_CONFED_SEQUENCE segments.
	Local bool
	// External says that it came over an external session, from outside our
	// confederation where we have one.
	External bool
}

// Unicast is the table of unicast routes of the same address family and, for SAFI
// 134, of the VPN into which the rule is imported.
type Unicast interface {
	// Best returns the best route of the longest prefix that covers p, p itself
	// included.
	Best(p netip.Prefix) (Route, bool)
	// MoreSpecifics yields the best routes of the prefixes inside p, without p.
	MoreSpecifics(p netip.Prefix) iter.Seq[Route]
}

// Policy is the part of validation that an operator decides. The zero value is
// what the RFCs ask for.
type Policy struct {
	// AllowNoDestination accepts rules without a destination prefix. The rest of the
	// procedure does not apply to them (RFC 8955 §6).
	AllowNoDestination bool
	// OriginatorOnly takes back RFC 9117: also what starts inside the own domain
	// needs the originator of the unicast route.
	OriginatorOnly bool
	// RouteServer says that the rule came from a route server, which leaves its AS
	// out of the path (RFC 9117 §4.2).
	RouteServer bool
}

// Verdict is the outcome of validation. Stored beside a rule it must be renewed
// when unicast routes around the rule's destination change.
type Verdict uint8

// The verdicts; only the first is feasible.
const (
	Feasible        Verdict = iota
	NoDestination           // no destination prefix, or one with an offset (rule a)
	NoUnicast               // no unicast route covers the destination (rule b)
	WrongOriginator         // another originator than that of the unicast route (rule b)
	WrongNeighbor           // another neighbouring AS than that of the unicast route (RFC 9117 §4.2)
	MoreSpecific            // a more specific route from another neighbouring AS (rule c)
)

var verdicts = [...]struct{ name, rfc string }{
	Feasible:        {"feasible", "RFC 8955 §6"},
	NoDestination:   {"no destination prefix", "RFC 8955 §6 a"},
	NoUnicast:       {"no unicast route covers the destination", "RFC 9117 §4.1 b"},
	WrongOriginator: {"originator is not that of the unicast route", "RFC 9117 §4.1 b"},
	WrongNeighbor:   {"neighbouring AS is not that of the unicast route", "RFC 9117 §4.2"},
	MoreSpecific:    {"a more specific unicast route comes from another neighbouring AS", "RFC 8955 §6 c"},
}

// String says what the verdict means.
func (v Verdict) String() string {
	if int(v) >= len(verdicts) {
		return "unknown"
	}
	return verdicts[v].name
}

// RFC names the rule that decided.
func (v Verdict) RFC() string {
	if int(v) >= len(verdicts) {
		return ""
	}
	return verdicts[v].rfc
}

// Validate judges whether a rule that came by route may be used (RFC 8955 §6 as
// changed by RFC 9117 §4; RFC 8956 §5 for IPv6). An empty path over an external
// session does not count as one from inside: its missing first AS is nobody's, so
// that RFC 9117 §4.2 refuses it.
func Validate(r Rule, route Route, table Unicast, policy Policy) Verdict {
	destination, ok := r.Component(Destination)
	if !ok && policy.AllowNoDestination {
		return Feasible
	}
	if !ok || destination.Prefix.Offset != 0 {
		return NoDestination
	}
	p := destination.Prefix.Prefix
	best, found := table.Best(p)
	inside := route.Local && !route.External && !policy.OriginatorOnly
	switch {
	case !found && !inside:
		return NoUnicast
	case !inside && best.Originator != route.Originator:
		return WrongOriginator
	case !found:
		return Feasible // from inside the domain, and nothing to conflict with
	case route.External && !policy.RouteServer && best.NeighborAS != route.NeighborAS:
		return WrongNeighbor
	}
	for more := range table.MoreSpecifics(p) {
		if more.NeighborAS != best.NeighborAS {
			return MoreSpecific
		}
	}
	return Feasible
}
