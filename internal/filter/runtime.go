package filter

import (
	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/rpki"
)

// world is the context of scripts: its fields are their global variables. Each
// worker has its own.
type world struct {
	Output      *Log         `roto:"output" doc:"Where a script writes: messages for targets, lines for the operator."`
	RPKI        *RPKI        `roto:"rpki" doc:"Validated ROA payloads, for origin validation."`
	ASNLists    *ASNLists    `roto:"asn_lists" doc:"Named lists of AS numbers, filled with add, best in compile_lists (Rotonda 0.5)."`
	PrefixLists *PrefixLists `roto:"prefix_lists" doc:"Named lists of prefixes, filled with add, best in compile_lists (Rotonda 0.5)."`
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

// The tags of functions. A filter that uses none of them runs once per attribute
// set.
const (
	// tagNLRI: the answer depends on the NLRI of the route, or the effect has to
	// happen once a route.
	tagNLRI = "nlri"
	// tagPrefix: there is no answer but for routes to prefixes. A filter that uses
	// these judges other families only if it uses tagFamily too.
	tagPrefix = "prefix"
	// tagFamily: who asks for it knows that there are other families.
	tagFamily = "family"
	// tagIngress: somebody asks who the routes come from.
	tagIngress = "ingress"
)

// Runtime returns the types, functions and context variables that scripts of
// the daemon see. The same serve the command-line tool.
func Runtime() (*roto.Runtime, error) { return dialect{}.runtime(nil) }

// runtime binds everything as scripts of the dialect know it. Programs are run
// by c; nil runs none.
func (d dialect) runtime(c *host) (*roto.Runtime, error) {
	rt := roto.New()
	bindAttributes(rt, c)
	if d.numbers {
		bindNumbers(rt, c)
		bindCarriers[uint32](rt, d)
	} else {
		bindCommunities(rt, c)
		bindCarriers[bgp.Community](rt, d)
	}
	bindOrigin(rt)
	bindLists(rt)
	bindMetrics(rt)
	bindCommand(rt, c)
	roto.Context[world](rt)
	return rt, rt.Err()
}

// bindCarriers binds what has to do with communities, whose type differs: routes,
// messages, attributes and the log.
func bindCarriers[C ~uint32](rt *roto.Runtime, d dialect) {
	bindPaths[C](rt)
	bindRoute[C](rt)
	bindMessages[C](rt, d)
	bindOutput[C](rt)
}

// The types of the hooks in Go.
type (
	bgpHook    = judge[*BGPMsg]
	bmpHook    = judge[*BMPMsg]
	routeHook  = judge[*Route]
	vrpHook    = roto.Func1[*rpki.VRPUpdate, roto.Verdict]
	statusHook = roto.Func1[*rpki.StatusUpdate, roto.Unit]
)
