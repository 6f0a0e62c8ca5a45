package filter

import (
	"example.com/rotonda/roto"
)

// world is the context of scripts: its fields are their global variables. Each
// worker has its own.
type world struct {
	Output      *Log         `roto:"output" doc:"Where a script writes: messages for targets, lines for the operator."`
	RPKI        *RPKI        `roto:"rpki" doc:"Validated ROA payloads, for origin validation."`
	ASNLists    *ASNLists    `roto:"asn_lists" doc:"Named lists of AS numbers, filled with add, best in compile_lists."`
	PrefixLists *PrefixLists `roto:"prefix_lists" doc:"Named lists of prefixes, filled with add, best in compile_lists."`
	Metrics     *Metrics     `roto:"metrics" doc:"Counters and gauges of the user, shown as roto_user_defined_NAME."`
}

// Hook is an entry point: a function of a script that the daemon calls.
type Hook struct {
	Name      string
	Signature string // as a script declares it
	Doc       string
}

// Hooks lists every entry point. It is data, never modified.
var Hooks = [...]Hook{
	{"compile_lists", "fn compile_lists()", "Called once after the script was loaded, to fill asn_lists and prefix_lists."},
	{"bgp_in", "filter bgp_in(msg: BgpMsg, ingress: IngressInfo)", "Judges each UPDATE of a BGP session before its routes go anywhere; reject drops it."},
	{"bmp_in", "filter bmp_in(msg: BmpMsg, ingress: IngressInfo)", "Judges each BMP message; reject drops its routes."},
	{"rib_in_pre", "filter rib_in_pre(route: Route, ingress: IngressInfo)", "Judges each route on its way into a RIB, and may change it; reject withdraws what the peer had there."},
	{"vrp_update", "filter vrp_update(update: VrpUpdate)", "Called for each VRP that changes after the first synchronisation; reject leaves stored routes as they are."},
	{"rib_in_rov_status_update", "fn rib_in_rov_status_update(update: RovStatusUpdate)", "Called for each stored route that was validated again, changed or not."},
}

// tagNLRI marks functions whose answer depends on the prefix of the route, or
// whose effect has to happen once a route: a filter that uses none of them runs
// once per attribute set.
const tagNLRI = "nlri"

// Runtime returns the types, functions and context variables that scripts of
// the daemon see. The same serve the command-line tool.
func Runtime() (*roto.Runtime, error) {
	rt := roto.New()
	bindAttributes(rt)
	bindPaths(rt)
	bindRoute(rt)
	bindMessages(rt)
	bindOrigin(rt)
	bindOutput(rt)
	bindLists(rt)
	bindMetrics(rt)
	bindCommand(rt)
	roto.Context[world](rt)
	return rt, rt.Err()
}

// The types of the hooks in Go.
type (
	bgpHook    = roto.Func2[*BGPMsg, *Ingress, roto.Verdict]
	bmpHook    = roto.Func2[*BMPMsg, *Ingress, roto.Verdict]
	routeHook  = roto.Func2[*Route, *Ingress, roto.Verdict]
	vrpHook    = roto.Func1[*VRPUpdate, roto.Verdict]
	statusHook = roto.Func1[*StatusUpdate, roto.Unit]
)
