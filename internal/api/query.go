package api

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
)

// Query asks for routes of one RIB. Nil pointers and zero values choose
// everything.
type Query struct {
	Prefix      netip.Prefix // zero: no prefix
	Match       store.Match
	ExcludeSelf bool
	Families    []inet.Family // in the order answered; never empty after ParseQuery
	OriginASN   *inet.ASN
	PathASN     *inet.ASN
	PeerASN     *inet.ASN
	PeerAddress netip.Addr
	Ingress     ingress.ID
	Router      ingress.ID // the BMP router or file that a peer belongs to
	View        ingress.View
	OTC         *inet.ASN
	Community   *bgp.Community
	Large       *bgp.LargeCommunity
	ROV         *rpki.Status
	Status      store.StatusSet
	Function    string
	Fields      []bgp.AttrCode // attributes shown where FieldsSet
	FieldsSet   bool
	Limit       int // 0: no limit
	After       Cursor
	Lines       bool // JSON lines in place of one object
	MRT         bool // an MRT file in place of one object

	// What upstream's endpoints include beside the exact match.
	Specifics     bool
	LessSpecifics bool

	bare bool // Prefix was given as an address
}

// Cursor is a place in an answer, as the parameter cursor gives it back.
type Cursor struct {
	Family inet.Family
	Store  store.Cursor
}

// String is opaque text for a request; empty for the beginning.
func (c Cursor) String() string {
	if !c.Store.Prefix.IsValid() {
		return ""
	}
	path := "-"
	if c.Store.HasPathID {
		path = strconv.FormatUint(uint64(c.Store.PathID), 10)
	}
	text := fmt.Sprintf("%d %s %d %s", c.Family, c.Store.Prefix, c.Store.Ingress, path)
	return base64.RawURLEncoding.EncodeToString([]byte(text))
}

func parseCursor(text string) (Cursor, bool) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	parts := strings.Split(string(b), " ")
	if err != nil || len(parts) != 4 {
		return Cursor{}, false
	}
	family, err1 := strconv.ParseUint(parts[0], 10, 32)
	prefix, err2 := netip.ParsePrefix(parts[1])
	from, err3 := strconv.ParseUint(parts[2], 10, 32)
	c := Cursor{inet.Family(family), store.Cursor{Prefix: prefix, Ingress: uint32(from)}}
	if err1 != nil || err2 != nil || err3 != nil || !fits(prefix, c.Family) {
		return Cursor{}, false
	}
	if parts[3] != "-" {
		path, err := strconv.ParseUint(parts[3], 10, 32)
		if err != nil {
			return Cursor{}, false
		}
		c.Store.HasPathID, c.Store.PathID = true, uint32(path)
	}
	return c, true
}

func fits(p netip.Prefix, f inet.Family) bool {
	return store.Kept(f) && (f.AFI() == inet.AFIIPv4) == p.Addr().Is4()
}

// ParseQuery reads the parameters of a request for routes, those in the
// parameter where included. Errors are *Problem.
func ParseQuery(raw url.Values) (Query, error) {
	q, vals, err := parseQuery(routeParams, raw)
	if err != nil {
		return Query{}, err
	}
	if err := q.checkDump(); err != nil {
		return q, err
	}
	return q, q.complete(vals)
}

// parseQuery reads parameters one by one, without what follows from them
// together.
func parseQuery(params []param, raw url.Values) (Query, values, error) {
	vals, bad := check(params, raw)
	if bad != nil {
		return Query{}, nil, bad
	}
	if text, ok := vals["where"]; ok {
		more, err := ParseWhere(text)
		if err != nil {
			return Query{}, nil, err
		}
		extra, bad := check(params, more)
		if bad != nil {
			return Query{}, nil, bad
		}
		for name, v := range extra {
			if _, twice := vals[name]; twice || name == "where" {
				return Query{}, nil, wrong(name, "give it once", "it stands in where and beside it")
			}
			vals[name] = v
		}
	}
	var q Query
	for i := range params {
		p := &params[i]
		text, ok := vals[p.name]
		if !ok || p.set == nil {
			continue
		}
		if err := p.set(&q, text); err != nil {
			if bad, ok := err.(*Problem); ok {
				bad.Parameter = p.name
				return Query{}, nil, bad
			}
			return Query{}, nil, wrong(p.name, p.about, "%v", err)
		}
	}
	return q, vals, nil
}

// complete fills in what follows from the parameters together.
func (q *Query) complete(vals values) error {
	_, matched := vals["match"]
	switch {
	case (q.Specifics || q.LessSpecifics) && matched, q.Specifics && q.LessSpecifics:
		return wrong("include", "use match=more or match=less", "here it stands for one match, and there are two")
	case q.Specifics && !matched:
		q.Match, matched = store.More, true
	case q.LessSpecifics && !matched:
		q.Match, matched = store.Less, true
	}
	switch {
	case !q.Prefix.IsValid() && matched && q.Match != store.All:
		return wrong("match", "give a prefix with it, or leave it out", "there is no prefix to match")
	case q.Prefix.IsValid() && !matched && q.bare:
		q.Match = store.Longest
	case q.Prefix.IsValid() && !matched:
		q.Match = store.Exact
	}
	if len(q.Families) == 0 {
		q.Families = []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast}
		if q.Prefix.IsValid() && q.Prefix.Addr().Is4() {
			q.Families = q.Families[:1]
		} else if q.Prefix.IsValid() {
			q.Families = q.Families[1:]
		}
	}
	if q.Prefix.IsValid() && !fits(q.Prefix, q.Families[0]) {
		return wrong("family", "leave it out, or choose one of the prefix", "%s is no prefix of %s", q.Prefix, q.Families[0])
	}
	if c := q.After; c.Family != 0 {
		for i, f := range q.Families {
			if f == c.Family {
				q.Families = q.Families[i:]
				return nil
			}
		}
		return wrong("cursor", "use it with the parameters it was answered to", "it is one of another request")
	}
	return nil
}

// setPrefix reads a prefix, or an address, which stands for its host prefix.
func setPrefix(q *Query, text string) error {
	p, bare, bad := parsePrefix(text)
	if bad != nil {
		return bad
	}
	q.Prefix, q.bare = p, bare
	return nil
}

func parsePrefix(text string) (p netip.Prefix, bare bool, bad *Problem) {
	if a, err := netip.ParseAddr(text); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true, nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, false, wrong("prefix", "write it as 192.0.2.0/24, 2001:db8::/32, or an address alone", "%q is neither a prefix nor an address", text)
	}
	if p.Masked() != p {
		return p, false, wrong("prefix", "did you mean "+p.Masked().String()+"?", "%s has host bits set", text)
	}
	return p, false, nil
}

// status503 is the answer to questions about routes before the sources are
// ready.
func notReady() *Problem {
	return problem(http.StatusServiceUnavailable, "the sources have not caught up yet; /api/v1/status says which")
}
