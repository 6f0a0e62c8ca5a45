package bgpspeaker

import (
	"encoding/binary"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// told is an UPDATE for 10.0.0.0/8 with a path and attributes.
func told(ibgp bool, hop string, path []inet.ASN, more ...bgp.Attr) []byte {
	ctx := bgp.Ctx{ASN4: true, IBGP: ibgp}
	var p []byte
	if len(path) > 0 {
		p = []byte{byte(bgp.ASSequence), byte(len(path))}
		for _, as := range path {
			p = binary.BigEndian.AppendUint32(p, uint32(as))
		}
	}
	a := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0}))
	a = bgp.AppendSet(nil, a, bgp.AttrASPath, p)
	a = bgp.AppendSet(nil, a, bgp.AttrNextHop, netip.MustParseAddr(hop).AsSlice())
	if ibgp {
		a = bgp.AppendSet(nil, a, bgp.AttrLocalPref, []byte{0, 0, 0, 100})
	}
	for _, m := range more {
		a = bgp.AppendSet(nil, a, m.Code, m.Value)
	}
	return bgp.AppendUpdates(nil, ctx, a, run(ctx, 0, "10.0.0.0/8"))
}

func TestRoutesThatMayNotBeUsedAreWithdrawn(t *testing.T) {
	path := func(as ...inet.ASN) []inet.ASN { return as }
	otc := func(as uint32) bgp.Attr {
		return bgp.Attr{Code: bgp.AttrOTC, Value: binary.BigEndian.AppendUint32(nil, as)}
	}
	ours := []byte{192, 0, 2, 254}
	const inside, outside = inet.ASN(64500), inet.ASN(64501)
	for name, c := range map[string]struct {
		peer Peer
		as   inet.ASN
		bad  []byte
		want bgp.Reject
	}{
		"first AS":               {Peer{FirstAS: true}, outside, told(false, "192.0.2.1", path(64999, outside)), bgp.RejectFirstAS},
		"first AS, not enforced": {Peer{}, outside, told(false, "192.0.2.1", path(64999)), bgp.RejectNone},
		"of a route server":      {Peer{FirstAS: true, RouteServer: true}, outside, told(false, "192.0.2.1", path(64999)), bgp.RejectNone},
		"by role":                {Peer{FirstAS: true, Role: "rs-client"}, outside, told(false, "192.0.2.1", path(64999)), bgp.RejectNone},
		"our AS":                 {Peer{}, outside, told(false, "192.0.2.1", path(outside, inside)), bgp.RejectASLoop},
		"our AS, allowed":        {Peer{AllowOwnAS: 1}, outside, told(false, "192.0.2.1", path(outside, inside)), bgp.RejectNone},
		"our AS, too often":      {Peer{AllowOwnAS: 1}, outside, told(false, "192.0.2.1", path(outside, inside, inside)), bgp.RejectASLoop},
		"originator": {Peer{}, inside, told(true, "192.0.2.1", nil, bgp.Attr{Code: bgp.AttrOriginatorID, Value: ours},
			bgp.Attr{Code: bgp.AttrClusterList, Value: []byte{9, 9, 9, 9}}), bgp.RejectOriginator},
		"cluster": {Peer{}, inside, told(true, "192.0.2.1", nil, bgp.Attr{Code: bgp.AttrOriginatorID, Value: []byte{9, 9, 9, 9}},
			bgp.Attr{Code: bgp.AttrClusterList, Value: ours}), bgp.RejectCluster},
		"leak of a customer":  {Peer{Role: "provider"}, outside, told(false, "192.0.2.1", path(outside), otc(64999)), bgp.RejectLeak},
		"leak of a peer":      {Peer{Role: "peer"}, outside, told(false, "192.0.2.1", path(outside), otc(64999)), bgp.RejectLeak},
		"no leak of a peer":   {Peer{Role: "peer"}, outside, told(false, "192.0.2.1", path(outside), otc(64501)), bgp.RejectNone},
		"from the provider":   {Peer{Role: "customer"}, outside, told(false, "192.0.2.1", path(outside), otc(64999)), bgp.RejectNone},
		"roles inside one AS": {Peer{Role: "provider"}, inside, told(true, "192.0.2.1", nil, otc(64999)), bgp.RejectNone},
	} {
		t.Run(name, func(t *testing.T) {
			c.peer.Name, c.peer.RemoteASN = "one", []inet.ASN{c.as}
			bubble(t, map[string]Peer{"192.0.2.1": c.peer}, func(t *testing.T, env *fakeEnv, s *Speaker) {
				p := pipe(t, s, "192.0.2.1").send(hello(c.as, "192.0.2.1", 90, both()...))
				first := path(c.as)
				if c.as == inside {
					first = nil
				}
				p.send(told(c.as == inside, "192.0.2.1", first))
				synctest.Wait()
				if len(env.table()) != 1 {
					t.Fatalf("the good route is not there: %v\n%s", env.table(), env.logged())
				}
				p.send(c.bad)
				synctest.Wait()
				if n := len(env.table()); n == 1 != (c.want == bgp.RejectNone) || env.upCount() != 1 {
					t.Errorf("%d routes, %d up", n, env.upCount())
				}
				refused := s.State().(State).Neighbours[0].Refused
				if n := refused[c.want.String()]; len(refused) > 1 || c.want != bgp.RejectNone && (n != 1 || s.count.refusedRoutes[c.want].Load() != 1) {
					t.Errorf("counted %v", refused)
				}
			})
		})
	}
}

func TestOnlyToCustomerIsAddedOnTheWayInAndOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		statics := []Static{{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParseAddr("192.0.2.1")}}
		a, b, envA, envB := connected(t, 0, Peer{Connect: true, Role: "provider", Announce: statics}, Peer{Role: "customer"})
		stopA, stopB := running(t, a), running(t, b)
		time.Sleep(time.Second)
		synctest.Wait()
		if envA.upCount() != 1 || len(envB.routes) != 1 {
			t.Fatalf("%d up, %d routes", envA.upCount(), len(envB.routes))
		}
		for r, attrs := range envB.routes {
			if as, ok := attrs.OTC(); !ok || as != 64501 {
				t.Errorf("%v has Only to Customer %v %v", r, as, ok)
			}
		}
		stopA()
		stopB()
	})
	bubble(t, map[string]Peer{"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}, Role: "customer"}}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		talk(t, s, both()...).send(four) // it knows no roles
		synctest.Wait()
		for r, attrs := range env.routes {
			if as, ok := attrs.OTC(); !ok || as != 64501 {
				t.Errorf("%v has Only to Customer %v %v", r, as, ok)
			}
		}
		if len(env.routes) != 1 {
			t.Errorf("%d routes", len(env.routes))
		}
	})
}

func TestRolesHaveToFit(t *testing.T) {
	for name, c := range map[string]struct {
		one, two string
		strict   bool
		up       bool
	}{
		"a provider and its customer": {"provider", "customer", true, true},
		"peers":                       {"peer", "peer", true, true},
		"a route server":              {"rs", "rs-client", true, true},
		"two providers":               {"provider", "provider", false, false},
		"one has none":                {"provider", "", false, true},
		"one has none, strictly":      {"provider", "", true, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a, b, envA, envB := connected(t, 0, Peer{Connect: true, Role: c.one, RoleStrict: c.strict}, Peer{Role: c.two})
				stopA, stopB := running(t, a), running(t, b)
				time.Sleep(time.Minute)
				if up := envA.upCount() == 1 && envB.upCount() == 1; up != c.up {
					t.Errorf("up %v", up)
				}
				if n := a.State().(State).Neighbours[0]; !c.up && n.LastError == "" {
					t.Errorf("no reason: %+v", n)
				}
				stopA()
				stopB()
			})
		})
	}
}
