package rib

import (
	"encoding/binary"
	"maps"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

func handle(r *RIB, events ...unit.Event) { _ = r.Handle(ctx, &unit.Batch{Events: events}) }

func about(p unit.Peer, op unit.StaleOp) *unit.Stale {
	return &unit.Stale{Peer: p, Family: inet.IPv4Unicast, Op: op, Time: 2}
}

func TestRefreshSweepsWhatDidNotComeAgain(t *testing.T) {
	r := open(t, Config{}, newEnv("rib", newSharing()))
	p := up(r, 1, 1)
	announce(r, p, "attribute set", 1, 2)
	handle(r, about(p, unit.StaleMark))
	if n := len(held(t, r)); n != 2 || r.PeerStats(1)[inet.IPv4Unicast].Stale != 2 {
		t.Fatalf("marked: %d held, %+v", n, r.PeerStats(1))
	}
	announce(r, p, "attribute set", 2, 3)
	handle(r, about(p, unit.StaleSweep))
	if st := r.PeerStats(1)[inet.IPv4Unicast]; st.Active != 2 || st.Stale != 0 {
		t.Errorf("swept: %+v", st)
	}
}

func TestSourceSaysWhenAKeptFamilyGoes(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{StaleTime: time.Minute}, env)
	p := up(r, 1, 1)
	announce(r, p, "attribute set", 1, 2)
	handle(r, &unit.PeerDown{Peer: p, Time: 2, Keep: true, Limit: time.Hour})
	env.advance(30 * time.Minute)
	r.sweepOverdue(ctx)
	if n := len(held(t, r)); n != 2 {
		t.Fatalf("%d routes after half of the limit", n)
	}
	handle(r, about(unit.Peer{Ingress: 1, Session: 7}, unit.StaleSweep), about(p, unit.StaleMark))
	if n := len(held(t, r)); n != 2 || r.counts.late.Load() != 1 {
		t.Fatalf("a session that is not known: %d routes, %d late", n, r.counts.late.Load())
	}
	handle(r, about(p, unit.StaleSweep))
	if n := len(held(t, r)); n != 0 {
		t.Errorf("%d routes after the sweep", n)
	}

	announce(r, up(r, 1, 2), "attribute set", 1)
	handle(r, &unit.PeerDown{Peer: unit.Peer{Ingress: 1, Session: 2}, Time: 2, Keep: true, Limit: time.Hour})
	env.advance(time.Hour)
	r.sweepOverdue(ctx)
	if n := len(held(t, r)); n != 0 {
		t.Errorf("%d routes after the limit", n)
	}
}

func communities(list ...bgp.Community) string {
	var value []byte
	for _, c := range list {
		value = binary.BigEndian.AppendUint32(value, uint32(c))
	}
	a := bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0})
	if len(list) > 0 {
		a = bgp.AppendSet(nil, a, bgp.AttrCommunities, value)
	}
	return string(a)
}

func TestLongLivedStaleRoutes(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{}, env)
	p := up(r, 1, 1)
	announce(r, p, communities(), 1)
	announce(r, p, communities(7), 2)
	announce(r, p, communities(bgp.NoLLGR), 3)
	handle(r, about(p, unit.StaleLongLived)) // it is not down
	if st := r.PeerStats(1)[inet.IPv4Unicast]; st.Active != 3 {
		t.Fatalf("an established session lost routes: %+v", st)
	}
	handle(r, &unit.PeerDown{Peer: p, Time: 2, Keep: true}, about(p, unit.StaleLongLived))
	key := func(n uint32) routeKey {
		return routeKey{lane{1, inet.IPv4Unicast}, 0, prefixNumber(inet.IPv4Unicast, n)}
	}
	want := map[routeKey]string{key(1): communities(bgp.LLGRStale), key(2): communities(7, bgp.LLGRStale)}
	if got := held(t, r); !maps.Equal(got, want) {
		t.Errorf("held %v, want %v", got, want)
	}
	if st := r.PeerStats(1)[inet.IPv4Unicast]; st.Stale != 2 || st.Active != 0 {
		t.Errorf("they are not stale: %+v", st)
	}
	c := newConsumer()
	for _, b := range env.take() {
		c.live(b)
	}
	if !maps.Equal(c.routes, want) || len(c.faults) > 0 {
		t.Errorf("the consumer knows %v, %v", c.routes, c.faults)
	}
	q := up(r, 1, 2)
	announce(r, q, communities(7), 2)
	handle(r, &unit.EndOfRIB{Peer: q, Family: inet.IPv4Unicast, Time: 3})
	if got := held(t, r); !maps.Equal(got, map[routeKey]string{key(2): communities(7)}) {
		t.Errorf("back again: %v", got)
	}
}

func TestRIBBehindARIBFollows(t *testing.T) {
	s := newSharing()
	first := newEnv("first", s)
	a, b := open(t, Config{}, first), open(t, Config{Directory: "elsewhere"}, newEnv("second", s))
	step := func(what string, want int, events ...unit.Event) {
		t.Helper()
		handle(a, events...)
		for _, batch := range first.take() {
			_ = b.Handle(ctx, batch)
		}
		if x, y := held(t, a), held(t, b); len(x) != want || !maps.Equal(x, y) {
			t.Errorf("%s: %d routes, behind it %d, want %d", what, len(x), len(y), want)
		}
	}
	tell := func(p unit.Peer, attrs string, numbers ...uint32) unit.Event {
		var nlri []byte
		for _, n := range numbers {
			nlri = bgp.AppendNLRI(nlri, prefixNumber(inet.IPv4Unicast, n), 0, false)
		}
		return &unit.Routes{Peer: p, Family: inet.IPv4Unicast, NLRI: nlri, Attrs: bgp.Attrs(attrs), Time: 2}
	}
	one, two, three := unit.Peer{Ingress: 1, Session: 1}, unit.Peer{Ingress: 1, Session: 2}, unit.Peer{Ingress: 1, Session: 3}
	set := communities()
	step("up", 3, &unit.PeerUp{Peer: one}, tell(one, set, 1, 2, 3))
	step("kept", 3, &unit.PeerDown{Peer: one, Keep: true})
	step("back with the same", 3, &unit.PeerUp{Peer: two}, tell(two, set, 1, 2))
	step("End-of-RIB", 2, &unit.EndOfRIB{Peer: two, Family: inet.IPv4Unicast})
	step("a refresh begins", 2, about(two, unit.StaleMark), tell(two, set, 2))
	step("and ends", 1, about(two, unit.StaleSweep))
	step("kept again", 1, &unit.PeerDown{Peer: two, Keep: true})
	step("long-lived", 1, about(two, unit.StaleLongLived))
	step("swept while it is away", 0, about(two, unit.StaleSweep))
	step("back", 1, &unit.PeerUp{Peer: three}, tell(three, set, 1))
}
