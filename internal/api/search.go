package api

import (
	"cmp"
	"context"
	"iter"
	"net/http"
	"strings"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
)

// defaultRIB is the word that stands for the default RIB in a path where no RIB
// has that name.
const defaultRIB = "default"

// namedRIB is a RIB with its unit.
type namedRIB struct {
	graph.View
	rib RIB
}

func (a *API) ribUnits() []namedRIB {
	var list []namedRIB
	for _, v := range a.opt.Graph.Units() {
		if r, ok := v.Unit.(RIB); ok {
			list = append(list, namedRIB{v, r})
		}
	}
	return list
}

// findRIB finds a RIB by name. The default one is called rib, else it is the
// first by name.
func (a *API) findRIB(name string) (namedRIB, *Problem) {
	list := a.ribUnits()
	var names []string
	for _, r := range list {
		if r.Name == name {
			return r, nil
		}
		names = append(names, r.Name)
	}
	if len(list) == 0 {
		return namedRIB{}, problem(http.StatusServiceUnavailable, "no RIB is running; the configuration has no unit of type rib")
	}
	if name == defaultRIB {
		for _, r := range list {
			if r.Name == "rib" {
				return r, nil
			}
		}
		return list[0], nil
	}
	p := problem(http.StatusNotFound, "there is no RIB %q", name)
	p.Parameter, p.Right = "rib", "the RIBs are "+strings.Join(names, ", ")
	return namedRIB{}, p
}

// search is a query being answered.
type search struct {
	api    *API
	rib    RIB
	q      Query
	vrps   *rpki.Snapshot // nil: not checked
	accept func(bgp.Attrs) bool
}

// search prepares a query. What can be wrong with it is found here.
func (a *API) search(rib RIB, q Query) (*search, error) {
	s := &search{api: a, rib: rib, q: q}
	if a.opt.RPKI != nil {
		if snap := a.opt.RPKI.Snapshot(); snap.Len() > 0 {
			s.vrps = snap
		}
	}
	if q.Function != "" {
		if a.opt.Function == nil {
			return nil, wrong("function", "load a script that has it", "no roto function '%s' defined", q.Function)
		}
		f, err := a.opt.Function(q.Function)
		if err != nil {
			return nil, wrong("function", "name a filter of the script that takes PathAttributes", "%v", err)
		}
		s.accept = f
	}
	return s, nil
}

// entries yields the routes behind a place, in order.
func (s *search) entries(ctx context.Context, after Cursor) iter.Seq2[store.Entry, error] {
	return func(yield func(store.Entry, error) bool) {
		passed := after.Family == 0
		for _, f := range s.q.Families {
			passed = passed || f == after.Family
			if !passed {
				continue
			}
			q := store.Query{
				Family: f, Match: s.q.Match, Prefix: s.q.Prefix, ExcludeSelf: s.q.ExcludeSelf,
				Ingress: s.ingress(), Attrs: s.attrs(), Status: s.q.Status,
			}
			if f == after.Family {
				q.After = after.Store
			}
			if q.Match == store.Longest && s.q.ROV != nil && !s.longest(ctx, &q) {
				continue
			}
			for e, err := range s.rib.Query(ctx, q) {
				if err == nil && s.q.ROV != nil && s.rov(e) != *s.q.ROV {
					continue
				}
				if !yield(e, err) {
					return
				}
			}
		}
	}
}

// longest turns a longest match with a condition on origin validation, which
// the store knows nothing of, into an exact match. False: there is none.
func (s *search) longest(ctx context.Context, q *store.Query) bool {
	less := *q
	less.Match, less.After = store.Less, store.Cursor{}
	found := false
	for e, err := range s.rib.Query(ctx, less) {
		if err == nil && s.rov(e) == *s.q.ROV {
			q.Prefix, found = e.Prefix, true
		}
	}
	q.Match = store.Exact
	return found
}

// ingress returns the condition on who a route came from, nil if there is none.
func (s *search) ingress() func(uint32) bool {
	q := &s.q
	if q.PeerASN == nil && !q.PeerAddress.IsValid() && q.Ingress == 0 && q.Router == 0 && q.View == ingress.ViewNone {
		return nil
	}
	return func(id uint32) bool {
		if q.Ingress != 0 && q.Ingress != ingress.ID(id) {
			return false
		}
		i := s.api.opt.Ingress.Info(ingress.ID(id))
		if i == nil {
			return q.PeerASN == nil && !q.PeerAddress.IsValid() && q.Router == 0 && q.View == ingress.ViewNone
		}
		return (q.PeerASN == nil || i.ASN == *q.PeerASN) &&
			(!q.PeerAddress.IsValid() || i.Addr == q.PeerAddress) &&
			(q.Router == 0 || i.Parent == q.Router || i.ID == q.Router) &&
			(q.View == ingress.ViewNone || i.View == q.View)
	}
}

// attrs returns the condition on attributes, nil if there is none.
func (s *search) attrs() func(bgp.Attrs) bool {
	q := &s.q
	if q.OriginASN == nil && q.PathASN == nil && q.OTC == nil && q.Community == nil && q.Large == nil && s.accept == nil {
		return nil
	}
	return func(a bgp.Attrs) bool {
		if q.OriginASN != nil {
			if origin, ok := a.OriginAS(); !ok || origin != *q.OriginASN {
				return false
			}
		}
		if q.OTC != nil {
			if otc, ok := a.OTC(); !ok || otc != *q.OTC {
				return false
			}
		}
		return (q.Community == nil || a.HasCommunity(*q.Community)) &&
			(q.Large == nil || a.HasLargeCommunity(*q.Large)) &&
			(q.PathASN == nil || a.ASPath().Mentions(*q.PathASN)) &&
			(s.accept == nil || s.accept(a))
	}
}

func (s *search) rov(e store.Entry) rpki.Status {
	if s.vrps == nil {
		return rpki.NotChecked
	}
	origin, ok := e.Attrs.OriginAS()
	if !ok && e.Attrs.ASPath().Len() == 0 {
		origin, ok = s.own(e.Ingress)
	}
	return s.vrps.Validate(e.Prefix, origin, ok)
}

// own is the AS of the speaker that received a route, which is the origin of one
// whose path is empty or of confederation segments alone (RFC 6811 §2). Where
// the register does not know it, the peer's is taken: such a route came from
// within the AS.
func (s *search) own(id uint32) (inet.ASN, bool) {
	if s.api.opt.Ingress == nil {
		return 0, false
	}
	i := s.api.opt.Ingress.Info(ingress.ID(id))
	if i == nil {
		return 0, false
	}
	asn := cmp.Or(i.LocalASN, i.ASN)
	return asn, asn != 0
}

// shown returns the attributes that the query wants to see.
func (s *search) shown(a bgp.Attrs) bgp.Attrs {
	if !s.q.FieldsSet {
		return a
	}
	out := a
	for attr := range a.All() {
		if !s.fieldWanted(attr.Code) {
			out = bgp.AppendUnset(nil, out, attr.Code)
		}
	}
	return out
}

// fieldWanted takes MP_REACH_NLRI for the next hop too, since it prints as such.
func (s *search) fieldWanted(code bgp.AttrCode) bool {
	for _, f := range s.q.Fields {
		if f == code || f == bgp.AttrMPReach && code == bgp.AttrNextHop {
			return true
		}
	}
	return false
}

// Route is a route as the page shows it.
type Route struct {
	store.Entry
	Peer   *ingress.Info // nil where the ingress is forgotten
	Router *ingress.Info // of a peer seen through BMP; else nil
	ROV    rpki.Status
}

// Routes answers a query with at most max routes, and reports whether there are
// more. Errors are *Problem, or that of ctx.
func (a *API) Routes(ctx context.Context, rib string, q Query, max int) (routes []Route, more bool, err error) {
	r, bad := a.findRIB(rib)
	if bad != nil {
		return nil, false, bad
	}
	s, err := a.search(r.rib, q)
	if err != nil {
		return nil, false, err
	}
	for e, err := range s.entries(ctx, q.After) {
		if err != nil {
			return routes, false, err
		}
		if len(routes) == max {
			return routes, true, nil
		}
		route := Route{Entry: e, Peer: a.opt.Ingress.Info(ingress.ID(e.Ingress)), ROV: s.rov(e)}
		if route.Peer != nil && route.Peer.Parent != 0 {
			route.Router = a.opt.Ingress.Info(route.Peer.Parent)
		}
		routes = append(routes, route)
	}
	return routes, false, nil
}
