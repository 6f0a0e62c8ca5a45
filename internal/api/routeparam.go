package api

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
)

var matches = map[string]store.Match{"all": store.All, "exact": store.Exact, "longest": store.Longest, "more": store.More, "less": store.Less}

// filterParams choose routes, on our endpoints and on upstream's.
var filterParams = []param{
	{name: "originAsn", alias: "filter[originAsn]", kind: "string", about: "AS that originated the route: the last hop of its AS path", set: setASN(func(q *Query, a *inet.ASN) { q.OriginASN = a })},
	{name: "pathAsn", kind: "string", about: "AS that stands anywhere in the AS path, sets included", set: setASN(func(q *Query, a *inet.ASN) { q.PathASN = a })},
	{name: "peerAsn", alias: "filter[peerAsn]", kind: "string", about: "AS of the peer the route came from", set: setASN(func(q *Query, a *inet.ASN) { q.PeerASN = a })},
	{name: "peerAddress", alias: "filter[peerAddress]", kind: "string", about: "address of the peer the route came from", set: func(q *Query, v string) (err error) {
		q.PeerAddress, err = netip.ParseAddr(v)
		return err
	}},
	{name: "ingressId", kind: "integer", about: "id of an ingress, from /api/v1/ingresses", set: setID(func(q *Query, id ingress.ID) { q.Ingress = id })},
	{name: "router", kind: "integer", about: "ingress id of a BMP router or file: the routes of all its peers", set: setID(func(q *Query, id ingress.ID) { q.Router = id })},
	{name: "view", alias: "filter[ribType]", kind: "string", about: "table of the router the route was seen in", enum: []string{"inPre", "inPost", "loc", "outPre", "outPost"}, set: func(q *Query, v string) error {
		q.View, _ = ingress.ParseView(v)
		return nil
	}},
	{name: "community", alias: "filter[community]", kind: "string", about: "standard community that the route carries: 64500:1 or a well-known name", set: func(q *Query, v string) error {
		c, err := bgp.ParseCommunity(v)
		q.Community = &c
		return err
	}},
	{name: "largeCommunity", alias: "filter[largeCommunity]", kind: "string", about: "large community that the route carries: 64500:1:2", set: func(q *Query, v string) error {
		c, err := bgp.ParseLargeCommunity(v)
		q.Large = &c
		return err
	}},
	{name: "otc", alias: "filter[otc]", kind: "string", about: "AS in the Only-To-Customer attribute (RFC 9234)", set: setASN(func(q *Query, a *inet.ASN) { q.OTC = a })},
	{name: "rov", alias: "filter[rovStatus]", kind: "string", about: "outcome of origin validation (RFC 6811)", enum: []string{"notChecked", "notFound", "valid", "invalid"}, set: func(q *Query, v string) error {
		s, ok := rpki.ParseStatus(v)
		if !ok {
			return fmt.Errorf("%q is no outcome", v)
		}
		q.ROV = &s
		return nil
	}},
	{name: "function", alias: "function[roto]", kind: "string", about: "name of a script function on the attributes that accepts the route", set: func(q *Query, v string) error {
		q.Function = v
		return nil
	}},
	{name: "fields", alias: "fields[pathAttributes]", kind: "string", list: true, about: "type codes of the attributes shown, separated by commas; empty shows none", set: setFields},
	{name: "include", kind: "string", list: true, enum: []string{"moreSpecifics", "lessSpecifics"}, about: "what to include beside the exact match", set: func(q *Query, v string) error {
		q.Specifics, q.LessSpecifics = strings.Contains(v, "more"), strings.Contains(v, "less")
		return nil
	}},
	{name: "status", kind: "string", list: true, enum: []string{"active", "stale", "withdrawn", "all"}, about: "status of the route, separated by commas; active,stale where absent", set: setStatus},
}

// routeParams are those of /api/v1/ribs/{rib}/routes and of the command query.
var routeParams = append([]param{
	{name: "prefix", kind: "string", about: "a prefix, or an address; none asks for all", set: setPrefix},
	{name: "match", kind: "string", enum: []string{"all", "exact", "longest", "more", "less"}, about: "how routes relate to prefix; exact for a prefix and longest for an address where absent", set: func(q *Query, v string) error {
		q.Match = matches[v]
		return nil
	}},
	{name: "family", kind: "string", about: `address family, such as "ipv4 unicast"; both unicast families, or that of the prefix, where absent`, set: setFamily},
	{name: "where", kind: "string", about: "further parameters as an expression: KEY=VALUE and KEY=VALUE"},
	{name: "limit", kind: "integer", about: "the most routes answered, from 1; no limit where absent", set: func(q *Query, v string) (err error) {
		if q.Limit, err = strconv.Atoi(v); err != nil || q.Limit < 1 {
			return fmt.Errorf("%q is not a number from 1", v)
		}
		return nil
	}},
	{name: "cursor", kind: "string", about: "where to go on: meta.next of the answer before; empty is the beginning", set: func(q *Query, v string) error {
		if v == "" { // the beginning
			return nil
		}
		c, ok := parseCursor(v)
		if !ok {
			return fmt.Errorf("it is not one that was answered")
		}
		q.After = c
		return nil
	}},
	{name: "format", kind: "string", enum: []string{"json", "jsonl", "mrt"}, about: "one JSON object; JSON lines, one route a line; or an MRT file of TABLE_DUMP_V2 (RFC 6396)", set: func(q *Query, v string) error {
		q.Lines, q.MRT = v == "jsonl", v == "mrt"
		return nil
	}},
}, filterParams...)

func setASN(set func(*Query, *inet.ASN)) func(*Query, string) error {
	return func(q *Query, v string) error {
		a, err := inet.ParseASN(v)
		set(q, &a)
		return err
	}
}

func setID(set func(*Query, ingress.ID)) func(*Query, string) error {
	return func(q *Query, v string) error {
		id, err := strconv.ParseUint(v, 10, 32)
		if err != nil || id == 0 {
			return fmt.Errorf("%q is not an id: a number from 1", v)
		}
		set(q, ingress.ID(id))
		return nil
	}
}

func setFields(q *Query, v string) error {
	q.FieldsSet = true
	if v == "" {
		return nil
	}
	for _, w := range strings.Split(v, ",") {
		code, err := strconv.ParseUint(w, 10, 8)
		if err != nil {
			return fmt.Errorf("%q is not a type code from 0 to 255", w)
		}
		q.Fields = append(q.Fields, bgp.AttrCode(code))
	}
	return nil
}

func setStatus(q *Query, v string) error {
	for _, w := range strings.Split(v, ",") {
		switch w {
		case "active":
			q.Status |= store.StatusSet(store.Active)
		case "stale":
			q.Status |= store.StatusSet(store.Stale)
		case "withdrawn":
			q.Status |= store.StatusSet(store.Withdrawn)
		case "all":
			q.Status |= store.AnyStatus
		}
	}
	return nil
}

// setFamily takes the names of inet.Families, with or without the blank.
func setFamily(q *Query, v string) error {
	var names []string
	for i := range inet.Families {
		f := &inet.Families[i]
		if !store.Kept(f.Family) {
			continue
		}
		if v == f.Name || v == f.Config || v == strings.ReplaceAll(f.Name, " ", "") {
			q.Families = []inet.Family{f.Family}
			return nil
		}
		names = append(names, f.Name)
	}
	return wrong("family", "one of "+strings.Join(names, ", "), "%q is no family that is kept", v)
}
