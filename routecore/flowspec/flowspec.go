// Package flowspec holds flow specifications: rules that travel in BGP as NLRI
// and say which packets an action applies to.
//
// A rule is a conjunction of components (destination prefix, protocol, ports and
// so on), each at most once, in ascending order of their types. The package
// parses and builds the NLRI, checks it without allocating, puts rules in the
// order in which they are applied, reads and prints them as text and JSON, tells
// whether a packet matches, and judges whether a rule may be accepted.
//
// It is not the actions, which are extended communities (routecore/bgp), nor a
// firewall: nothing here is installed anywhere. A component of an unknown type
// has an unknown length, so that it and all behind it are kept as they came; such
// a rule travels on and prints, but matches no packet.
//
// Start reading at [Rule], then [Parse], [Compare] and [Validate]. The table of
// components is in component.go, the grammar of the text at [ParseText].
//
// Sources: RFC 8955 (IPv4, VPN), RFC 8956 (IPv6), RFC 9117 (validation).
package flowspec

import (
	"slices"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Rule is a flow specification. The zero value has no components, which is not a
// rule that can be sent. Copies share Components and Raw; neither is modified by
// this package.
type Rule struct {
	// Family is one of the FlowSpec families: its AFI chooses between RFC 8955 and
	// RFC 8956, its SAFI tells whether RD stands in front.
	Family inet.Family
	// RD is the route distinguisher of SAFI 134 (RFC 8955 §8), else zero.
	RD inet.RD
	// Components are those that are understood, in ascending order of type.
	Components []Component
	// Raw is the first component of an unknown type and all that follows it, as it
	// stood on the wire; nil in a rule that is wholly understood.
	Raw []byte
}

// Component is one condition of a rule. Types 1 and 2 use Prefix, all others Terms.
type Component struct {
	Type   Type
	Prefix Prefix
	Terms  []Term
}

// Usable reports whether every component is understood. A rule that is not can
// be passed on, but filters nothing.
func (r Rule) Usable() bool { return len(r.Raw) == 0 && len(r.Components) > 0 }

// Component returns the component of a type.
func (r Rule) Component(t Type) (Component, bool) {
	i := slices.IndexFunc(r.Components, func(c Component) bool { return c.Type == t })
	if i < 0 {
		return Component{}, false
	}
	return r.Components[i], true
}

// Error says what is wrong with a rule and where. Its offset counts from the
// first octet that the failing function was given.
type Error struct {
	Offset int
	Type   Type   // the component at fault, 0 for the container
	Text   string // what is wrong
	RFC    string // the rule, such as "RFC 8955 §4.2"
}

// Error names the place, the fault and the rule.
func (e *Error) Error() string {
	where := "offset " + strconv.Itoa(e.Offset) + ": "
	if e.Type != 0 {
		where += "component " + strconv.Itoa(int(e.Type)) + ": "
	}
	return "flowspec: " + where + e.Text + " (" + e.RFC + ")"
}

const (
	rfcContainer  = "RFC 8955 §4.1"
	rfcComponents = "RFC 8955 §4.2"
	rfcVPN        = "RFC 8955 §8"
	rfcIPv6       = "RFC 8956 §3.1"
)

func ipv6(f inet.Family) bool { return f.AFI() == inet.AFIIPv6 }
func vpn(f inet.Family) bool  { return f.SAFI() == inet.SAFIFlowSpecVPN }
