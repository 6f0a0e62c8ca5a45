package bgpspeaker

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

func TestCollisionOfTwoConnections(t *testing.T) {
	for name, c := range map[string]struct {
		id        string // of the peer; ours is 192.0.2.254
		first     []byte // sent on the first connection before the second one speaks
		old, late string // what each connection gets at its end
	}{
		"an Established session wins": {"192.0.2.1", hello(64501, "192.0.2.1", 90), "", "NOTIFICATION 6/7"},
		"ours is higher":              {"192.0.2.1", openOnly(64501, "192.0.2.1"), "", "NOTIFICATION 6/7"},
		"theirs is higher":            {"192.0.2.255", openOnly(64501, "192.0.2.255"), "NOTIFICATION 6/7", ""},
		"another identifier":          {"192.0.2.9", hello(64501, "192.0.2.1", 90), "", "NOTIFICATION 6/5"},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
				old := pipe(t, s, "192.0.2.1").send(c.first)
				synctest.Wait()
				late := pipe(t, s, "192.0.2.1").send(hello(64501, c.id, 90))
				time.Sleep(2 * time.Second)
				old.send(bgp.AppendKeepalive(nil))
				time.Sleep(2 * time.Second)
				for which, p := range map[string]*fakePeer{c.old: old, c.late: late} {
					if which == "" {
						if m := p.messages(); slices.Contains(m, "EOF") {
							t.Errorf("the winner was closed: %q", m)
						}
						continue
					}
					if p.last() != which {
						t.Errorf("the loser got %s, want %s", p.last(), which)
					}
				}
				if env.upCount() != 1 || env.Ingress().Len() != 1 {
					t.Errorf("%d sessions up, %d ingresses", env.upCount(), env.Ingress().Len())
				}
			})
		})
	}
}

// openOnly is an OPEN without the KEEPALIVE that would establish the session.
func openOnly(as inet.ASN, id string) []byte {
	b := hello(as, id, 90)
	return b[:len(b)-bgp.HeaderLen]
}

func TestPeerComesBackUnderItsIngress(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		for i := range 5 {
			p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90))
			p.send(announce(64501, "10.0.0.0/8"))
			synctest.Wait()
			if len(env.table()) != 1 || int(env.last[1]) != i+1 {
				t.Fatalf("round %d: session %d, table %v", i, env.last[1], env.table())
			}
			p.conn.Close()
			synctest.Wait()
		}
		if env.Ingress().Len() != 1 {
			t.Errorf("%d ingresses", env.Ingress().Len())
		}
	})
}

func TestMaxPrefix(t *testing.T) {
	peers := map[string]Peer{
		"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}, MaxPrefix: 3, MaxPrefixRestart: time.Minute},
		"192.0.2.2": {Name: "two", RemoteASN: []inet.ASN{64501}, MaxPrefix: 3},
	}
	bubble(t, peers, func(t *testing.T, env *fakeEnv, s *Speaker) {
		three := announce(64501, "10.0.0.0/8", "11.0.0.0/8", "12.0.0.0/8")
		for _, addr := range []string{"192.0.2.1", "192.0.2.2"} {
			p := pipe(t, s, addr).send(hello(64501, addr, 90, both()...))
			// Repeating, replacing and withdrawing do not count; another family counts for itself.
			p.send(three, three, withdraw("10.0.0.0/8"), announce(64501, "13.0.0.0/8"),
				update(bgp.Ctx{ASN4: true}, 64501, "2001:db8::1", 0, "2001:db8:1::/48"))
			synctest.Wait()
			if env.upCount() != 1 {
				t.Fatalf("%s is down with three prefixes: %q", addr, p.messages())
			}
			p.send(announce(64501, "14.0.0.0/8"))
			time.Sleep(2 * time.Second)
			if p.last() != "NOTIFICATION 6/1" || env.upCount() != 0 {
				t.Errorf("%s got %s, %d up", addr, p.last(), env.upCount())
			}
			again := pipe(t, s, addr).send(hello(64501, addr, 90))
			synctest.Wait()
			if !slices.Equal(again.messages(), []string{"EOF"}) {
				t.Errorf("%s is accepted at once: %q", addr, again.messages())
			}
		}
		if !strings.Contains(env.logged(), "max_prefix=3") {
			t.Errorf("the log does not say why:\n%s", env.logged())
		}
		time.Sleep(time.Minute)
		pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 0))
		pipe(t, s, "192.0.2.2").send(hello(64501, "192.0.2.2", 0))
		synctest.Wait()
		if env.upCount() != 1 {
			t.Errorf("%d up after a minute, want the one with a restart time", env.upCount())
		}
		st := s.State().(State)
		if n := st.Neighbours[1]; !n.Blocked || n.State != "Active" || !strings.Contains(n.LastError, "Maximum Number of Prefixes") {
			t.Errorf("state shows %+v", n)
		}
		// A higher limit lets it in again, and is a limit from then on.
		cfg := settings(peers)
		for key, p := range cfg.Peers {
			p.MaxPrefix = 4
			cfg.Peers[key] = p
		}
		if err := s.Reload(cfg); err != nil {
			t.Fatal(err)
		}
		pipe(t, s, "192.0.2.2").send(hello(64501, "192.0.2.2", 0), three, announce(64501, "14.0.0.0/8"))
		synctest.Wait()
		if env.upCount() != 2 {
			t.Errorf("%d up after the reload", env.upCount())
		}
	})
}

func TestMaxPrefixSetOnALiveSession(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90, bgp.NewFlag(bgp.CapRouteRefresh)))
		two := announce(64501, "10.0.0.0/8", "11.0.0.0/8")
		p.send(two)
		synctest.Wait()
		cfg := settings(map[string]Peer{"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}, MaxPrefix: 1}})
		if err := s.Reload(cfg); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if m := p.messages(); m[len(m)-1] != "ROUTE-REFRESH" {
			t.Fatalf("the peer is not asked for its routes: %q", m)
		}
		p.send(two)
		time.Sleep(2 * time.Second)
		if p.last() != "NOTIFICATION 6/1" {
			t.Errorf("got %s", p.last())
		}
	})
}

// updates returns what the peer was told as text, End-of-RIB left out.
func (p *fakePeer) updates(ctx bgp.Ctx) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var u bgp.Update
	for _, m := range p.got {
		if m.Type != bgp.MsgUpdate {
			continue
		}
		bgp.ParseUpdate(&u, m.Body(), ctx)
		if _, end := u.EndOfRIB(); end {
			continue
		}
		if u.Verdict.Action != bgp.Accept {
			out = append(out, "bad: "+u.Verdict.Text())
		}
		reach, _ := u.MPReach()
		unreach, _ := u.MPUnreach()
		for _, n := range []bgp.NLRI{u.Announced(), reach} {
			for id, prefix := range n.Prefixes() {
				a := bgp.Attrs(u.AppendAttrs(nil, n.Family))
				out = append(out, fmt.Sprintf("+%d:%s via %s path %s", id, prefix, a.NextHop(), a.ASPath()))
			}
		}
		for _, n := range []bgp.NLRI{u.Withdrawn(), unreach} {
			for id, prefix := range n.Prefixes() {
				out = append(out, fmt.Sprintf("-%d:%s", id, prefix))
			}
		}
	}
	return out
}

func TestStaticRoutesFollowTheConfiguration(t *testing.T) {
	static := func(p, hop string) Static { return Static{netip.MustParsePrefix(p), netip.MustParseAddr(hop)} }
	with := func(s ...Static) map[string]Peer {
		return map[string]Peer{"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}, Announce: s, AddPath: []string{"Ipv6Unicast"}}}
	}
	a, b := static("198.51.100.0/24", "192.0.2.254"), static("2001:db8:2::/48", "2001:db8::fe")
	bubble(t, with(a, b), func(t *testing.T, env *fakeEnv, s *Speaker) {
		six := bgp.NewFamilySet(inet.IPv6Unicast)
		ctx := bgp.Ctx{ASN4: true, AddPath: six}
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90, append(both(), bgp.NewAddPath(bgp.AddPathSets{Receive: six}))...))
		expect := func(want ...string) {
			t.Helper()
			synctest.Wait()
			if got := p.updates(ctx); !slices.Equal(got, want) {
				t.Errorf("the peer was told\n%q, want\n%q", got, want)
			}
			p.mu.Lock()
			p.got = nil
			p.mu.Unlock()
		}
		reload := func(peers map[string]Peer) {
			t.Helper()
			if err := s.Reload(settings(peers)); err != nil {
				t.Fatal(err)
			}
		}
		expect("+0:198.51.100.0/24 via 192.0.2.254 path 64500", "+1:2001:db8:2::/48 via 2001:db8::fe path 64500")
		reload(with(a, b))
		expect()
		reload(with(static("198.51.100.0/24", "192.0.2.253"), static("203.0.113.0/24", "192.0.2.254")))
		expect("-1:2001:db8:2::/48", "+0:198.51.100.0/24 via 192.0.2.253 path 64500", "+0:203.0.113.0/24 via 192.0.2.254 path 64500")
		p.send(bgp.RouteRefresh{Family: inet.IPv4Unicast}.Append(nil))
		expect("+0:198.51.100.0/24 via 192.0.2.253 path 64500", "+0:203.0.113.0/24 via 192.0.2.254 path 64500")
		reload(with())
		expect("-0:198.51.100.0/24", "-0:203.0.113.0/24")
		if env.downCount() != 0 {
			t.Errorf("%d times down", env.downCount())
		}
	})
}

func TestInternalPeersGetLocalPrefAndAnEmptyPath(t *testing.T) {
	o := adjOut{ctx: bgp.Ctx{ASN4: true, IBGP: true}, export: bgp.Export{Local: 64500, IBGP: true, KeepNextHop: true, Preference: 100}}
	a := o.attrs(Static{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParseAddr("192.0.2.254")})
	if pref, ok := a.LocalPref(); !ok || pref != 100 || a.ASPath().Len() != 0 {
		t.Errorf("LOCAL_PREF %d %v, path %s", pref, ok, a.ASPath())
	}
}

func TestReloadResetsOnlyWhoIsAffected(t *testing.T) {
	peers := map[string]Peer{}
	for i, name := range []string{"renamed", "other-as-list", "hold", "protocols", "removed", "added-announce"} {
		peers[fmt.Sprintf("192.0.2.%d", i+1)] = Peer{Name: name, RemoteASN: []inet.ASN{64501}}
	}
	bubble(t, peers, func(t *testing.T, env *fakeEnv, s *Speaker) {
		var conns []*fakePeer
		for i := range 6 {
			addr := fmt.Sprintf("192.0.2.%d", i+1)
			conns = append(conns, pipe(t, s, addr).send(hello(64501, addr, 90)))
		}
		synctest.Wait()
		change := func(i int, f func(*Peer)) {
			p := peers[fmt.Sprintf("192.0.2.%d", i)]
			f(&p)
			peers[fmt.Sprintf("192.0.2.%d", i)] = p
		}
		change(1, func(p *Peer) { p.Name = "new name" })
		change(2, func(p *Peer) { p.RemoteASN = []inet.ASN{64499, 64501} })
		change(3, func(p *Peer) { p.HoldTime = 30 * time.Second })
		change(4, func(p *Peer) { p.Protocols = []string{"Ipv4Unicast"} })
		change(6, func(p *Peer) {
			p.Announce = []Static{{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParseAddr("192.0.2.254")}}
		})
		delete(peers, "192.0.2.5")
		if err := s.Reload(settings(peers)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		for i, want := range []string{"", "", "NOTIFICATION 6/6", "NOTIFICATION 6/6", "NOTIFICATION 6/3", ""} {
			got := conns[i].messages()
			if want == "" && slices.Contains(got, "EOF") || want != "" && conns[i].last() != want {
				t.Errorf("peer %d got %q, want %q", i+1, got, want)
			}
		}
		if env.upCount() != 3 {
			t.Errorf("%d up", env.upCount())
		}
		if n := s.State().(State).Neighbours; len(n) != 5 || n[0].Name != "new name" || n[0].State != "Established" || n[2].State != "Active" {
			t.Errorf("state shows %+v", n)
		}
		bad := settings(peers)
		bad.MyASN++
		if s.Reload(bad) == nil {
			t.Error("another AS number is taken while running")
		}
	})
}

func TestStopSaysGoodbyeInTime(t *testing.T) {
	env := newEnv(t)
	cfg := settings(map[string]Peer{"127.0.0.1": {Name: "local", RemoteASN: []inet.ASN{64501}}})
	cfg.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0"), netip.MustParseAddrPort("[::1]:0")}
	s, err := New(cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	stop := running(t, s)
	until(t, "listening", func() bool { return s.Addr() != "" })
	conn, err := net.Dial("tcp", s.listeners[0].addr())
	if err != nil {
		t.Fatal(err)
	}
	p := newFakePeer(t, conn).send(hello(64501, "192.0.2.1", 90), announce(64501, "10.0.0.0/8"))
	until(t, "the route", func() bool { return len(env.table()) == 1 })
	start := time.Now()
	stop()
	if d := time.Since(start); d > 2500*time.Millisecond {
		t.Errorf("stopping took %v", d)
	}
	until(t, "the end", func() bool { m := p.messages(); return m[len(m)-1] == "EOF" })
	if p.last() != "NOTIFICATION 6/2" || env.upCount() != 0 || len(env.table()) != 0 {
		t.Errorf("the peer got %s; %d up", p.last(), env.upCount())
	}
	if _, err := net.Dial("tcp", s.listeners[0].at.String()); err == nil {
		t.Error("still listening")
	}
}

func (l *listener) addr() string { bound, _ := l.get(); return bound }

// until waits for something that other goroutines do with real sockets.
func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for start := time.Now(); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

func TestPortInUseIsSaidAndTriedAgain(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	env := newEnv(t)
	cfg := settings(onePeer)
	cfg.Listen = []netip.AddrPort{netip.MustParseAddrPort(taken.Addr().String())}
	s, err := New(cfg, env)
	if err != nil {
		t.Fatal(err)
	}
	stop := running(t, s)
	until(t, "the complaint", func() bool { return strings.Contains(env.logged(), "address already in use") })
	if !strings.Contains(env.logged(), taken.Addr().String()) || s.Addr() != "" {
		t.Errorf("the log does not name the address:\n%s", env.logged())
	}
	if st := s.State().(State); !strings.Contains(st.Listen[0].Error, "in use") {
		t.Errorf("state shows %+v", st.Listen)
	}
	taken.Close()
	until(t, "the address", func() bool { return s.Addr() == cfg.Listen[0].String() })
	stop()
}

func TestMetricsNameEveryPeerOnce(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90), announce(64501, "10.0.0.0/8"))
		pipe(t, s, "192.0.2.1")
		synctest.Wait()
		seen := map[string]float64{}
		for m := range s.Metrics() {
			key := m.Name + fmt.Sprint(m.Labels)
			if _, twice := seen[key]; twice {
				t.Errorf("%s appears twice", key)
			}
			seen[key] = m.Value
		}
		for key, want := range map[string]float64{
			"bgp_tcp_in_connection_accepted_count_total[]":                   2,
			"bgp_peer_established_state[peer 192.0.2.1 name one]":            1,
			"bgp_peer_announcements_received_total[peer 192.0.2.1 name one]": 1,
		} {
			if got, ok := seen[key]; !ok || got != want {
				t.Errorf("%s is %v (%v), want %v", key, got, ok, want)
			}
		}
	})
}
