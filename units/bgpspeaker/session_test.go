package bgpspeaker

import (
	"bytes"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

var onePeer = map[string]Peer{"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}}}

// bubble runs f with a fake clock and ends what is still up.
func bubble(t *testing.T, peers map[string]Peer, f func(t *testing.T, env *fakeEnv, s *Speaker)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		s := speaker(t, env, peers)
		f(t, env, s)
		s.stopAll()
		time.Sleep(time.Minute) // of the fake clock
		synctest.Wait()
		if env.upCount() != 0 {
			t.Errorf("still up: %v", env.up)
		}
		if s.sessionCount() != 0 || len(s.owners)+len(s.pending) != 0 {
			t.Errorf("%d sessions, %d owners and %d addresses that wait are left", s.sessionCount(), len(s.owners), len(s.pending))
		}
	})
}

func TestRoutesOfASession(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1")
		p.send(hello(64501, "192.0.2.1", 90, both()...))
		p.send(announce(64501, "10.0.0.0/8", "10.1.0.0/16"), withdraw("10.1.0.0/16"))
		p.send(update(bgp.Ctx{ASN4: true}, 64501, "2001:db8::1", 0, "2001:db8:1::/48"))
		p.send(bgp.AppendEndOfRIB(nil, inet.IPv4Unicast), bgp.AppendEndOfRIB(nil, inet.IPv6Unicast), bgp.AppendEndOfRIB(nil, inet.IPv4Multicast))
		synctest.Wait()
		if got := env.table(); len(got) != 2 || got["10.0.0.0/8"] != 1 || got["2001:db8:1::/48"] != 1 {
			t.Errorf("table is %v", got)
		}
		if got, want := env.seen(), []string{"up 1", "eor ipv4 unicast", "eor ipv6 unicast"}; !slices.Equal(got, want) {
			t.Errorf("events %q, want %q", got, want)
		}
		for i, body := range env.opens {
			if o, err := bgp.ParseOpen(body); err != nil || o.ASN() != []inet.ASN{64500, 64501}[i] {
				t.Errorf("OPEN %d of PeerUp: %v %v", i, o.ASN(), err)
			}
		}
		if got, want := p.messages(), []string{"OPEN", "KEEPALIVE", "UPDATE", "UPDATE"}; !slices.Equal(got, want) {
			t.Errorf("the peer got %q, want %q", got, want)
		}
		info := env.Ingress().Info(1)
		if info == nil || info.Addr.String() != "192.0.2.1" || info.ASN != 64501 || info.Desc != "one" || info.LocalASN != 64500 || len(info.RemoteCaps) == 0 {
			t.Errorf("register holds %+v", info)
		}
		p.conn.Close()
		synctest.Wait()
		if got := env.seen(); got[len(got)-1] != "down 1 connection lost in Established" || len(env.table()) != 0 {
			t.Errorf("after the end: %q, table %v", got, env.table())
		}
	})
}

func TestRefusedPeersAreTold(t *testing.T) {
	good := hello(64501, "192.0.2.1", 90)
	for name, c := range map[string]struct {
		from string
		send []byte
		want string
	}{
		"wrong AS":              {"192.0.2.1", hello(64502, "192.0.2.1", 90), "NOTIFICATION 2/2"},
		"wrong AS, prefix":      {"192.0.2.77", hello(64502, "192.0.2.1", 90), "NOTIFICATION 2/2"},
		"hold time 2":           {"192.0.2.1", hello(64501, "192.0.2.1", 2), "NOTIFICATION 2/6"},
		"garbage":               {"192.0.2.1", []byte("GET / HTTP/1.1\r\nHost: rotonda\r\n\r\n"), "NOTIFICATION 1/1"},
		"length below a header": {"192.0.2.1", append(bytes.Repeat([]byte{0xff}, 16), 0, 18, 4), "NOTIFICATION 1/2"},
		"unknown type":          {"192.0.2.1", append(bytes.Repeat([]byte{0xff}, 16), 0, 19, 9), "NOTIFICATION 1/3"},
		"KEEPALIVE before OPEN": {"192.0.2.1", bgp.AppendKeepalive(nil), "NOTIFICATION 5/1"},
		"second OPEN":           {"192.0.2.1", append(slices.Clone(good), good...), "NOTIFICATION 5/3"},
		"too long an UPDATE":    {"192.0.2.1", append(slices.Clone(good), append(bytes.Repeat([]byte{0xff}, 16), 0x10, 0x01, 2)...), "NOTIFICATION 1/2"},
	} {
		t.Run(name, func(t *testing.T) {
			peers := map[string]Peer{"192.0.2.1": onePeer["192.0.2.1"], "192.0.2.0/24": {Name: "lan", RemoteASN: []inet.ASN{64501, 64503}}}
			bubble(t, peers, func(t *testing.T, env *fakeEnv, s *Speaker) {
				p := pipe(t, s, c.from).send(c.send)
				time.Sleep(2 * time.Second)
				if got := p.last(); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		})
	}
}

func TestStrangersGetNothing(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		for range 100 {
			p := pipe(t, s, "198.51.100.1").send(hello(64501, "198.51.100.1", 90))
			synctest.Wait()
			if got := p.messages(); !slices.Equal(got, []string{"EOF"}) {
				t.Fatalf("a stranger got %q", got)
			}
		}
		if n := s.count.strangers.Load(); n != 100 || env.Ingress().Len() != 0 {
			t.Errorf("%d strangers counted, %d ingresses", n, env.Ingress().Len())
		}
		if n := strings.Count(env.logged(), "connection dropped"); n != 1 {
			t.Errorf("%d lines logged in no time", n)
		}
	})
}

func TestConnectionsWithoutOpenAreBounded(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		for range 3 * maxPending {
			pipe(t, s, "192.0.2.1")
			synctest.Wait()
		}
		if n := s.count.refused.Load(); n != 2*maxPending || s.sessionCount() != maxPending {
			t.Errorf("%d refused, %d sessions", n, s.sessionCount())
		}
		time.Sleep(5 * time.Minute)
		if s.sessionCount() != 0 {
			t.Errorf("%d sessions wait for an OPEN for ever", s.sessionCount())
		}
	})
}

func TestSilentPeerIsDroppedAfterTheNegotiatedHoldTime(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		start := time.Now()
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 9))
		synctest.Wait()
		for env.upCount() > 0 {
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
		}
		if d := time.Since(start); d < 9*time.Second || d > 9200*time.Millisecond {
			t.Errorf("down after %v, want 9 s", d)
		}
		time.Sleep(2 * time.Second)
		beats := len(p.messages())
		if p.last() != "NOTIFICATION 4/0" || beats < 6 {
			t.Errorf("the peer got %q", p.messages())
		}
	})
}

func TestHoldTimeZeroNeverEnds(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 0))
		time.Sleep(24 * time.Hour)
		if n := len(p.messages()); env.upCount() != 1 || n != 3 {
			t.Errorf("%d up, the peer got %q", env.upCount(), p.messages())
		}
	})
}

// TestSlowConsumerKeepsTheSession: a consumer sleeps 30 s while the hold time is
// 9. The peer goes on talking; we go on sending KEEPALIVEs.
func TestSlowConsumerKeepsTheSession(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 9))
		synctest.Wait()
		env.hold = func() { time.Sleep(30 * time.Second) }
		p.send(announce(64501, "10.0.0.0/8"))
		go func() {
			for range 25 {
				p.conn.SetWriteDeadline(time.Time{})
				p.conn.Write(bgp.AppendKeepalive(nil)) // blocks while nobody reads
				time.Sleep(3 * time.Second)
			}
		}()
		before := len(p.messages())
		time.Sleep(29 * time.Second)
		if n := len(p.messages()) - before; n < 9 {
			t.Errorf("%d KEEPALIVEs in 29 s of a held up reader, want 9 or more", n)
		}
		time.Sleep(20 * time.Second)
		if env.upCount() != 1 || env.table()["10.0.0.0/8"] != 1 || env.downCount() != 0 {
			t.Errorf("%d up, %d times down, table %v", env.upCount(), env.downCount(), env.table())
		}
		time.Sleep(time.Minute)
	})
}

// TestPeerThatDoesNotReadIsDropped: the send hold time ends a session whose peer
// talks and does not listen; with a hold time of 0 there is none (RFC 9687 §4.3).
func TestPeerThatDoesNotReadIsDropped(t *testing.T) {
	for _, hold := range []uint16{90, 0} {
		doesNotRead(t, hold, hold > 0)
	}
}

func doesNotRead(t *testing.T, hold uint16, dropped bool) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", hold))
		synctest.Wait()
		go func() {
			for range 18 {
				p.conn.SetWriteDeadline(time.Time{})
				p.conn.Write(bgp.AppendKeepalive(nil))
				time.Sleep(30 * time.Second)
			}
		}()
		hear := make(chan struct{})
		p.deaf.Store(&hear)
		key := Neighbour{netip.MustParsePrefix("192.0.2.1/32"), true}
		cfg := s.cfg
		cfg.Peers = map[Neighbour]Peer{key: cfg.Peers[key]}
		peer := cfg.Peers[key]
		for i := range 4 {
			peer.Announce = []Static{{netip.MustParsePrefix([]string{"10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16"}[i]), netip.MustParseAddr("192.0.2.254")}}
			cfg.Peers[key] = peer
			if err := s.Reload(cfg); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Second)
		}
		time.Sleep(8*time.Minute + 30*time.Second)
		close(hear)
		synctest.Wait()
		if env.upCount() == 0 != dropped {
			t.Errorf("hold time %d: %d up after the send hold time; the log: %s", hold, env.upCount(), env.logged())
		}
		if strings.Contains(env.logged(), "SendHoldTimer_Expires") != dropped {
			t.Errorf("hold time %d: does the log name the timer?\n%s", hold, env.logged())
		}
	})
}

func TestMalformedUpdates(t *testing.T) {
	// ORIGIN 9, then an AS_PATH of our peer and a next hop.
	bad := []byte{0, 0, 0, 20, 0x40, 1, 1, 9, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1, 8, 10}
	withdrawn := message(bad)
	// An ATOMIC_AGGREGATE that is not empty is discarded.
	atomic := message([]byte{0, 0, 0, 24, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1, 0x40, 6, 1, 0, 8, 11})
	broken := message([]byte{0, 9, 0, 0})
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90, both()...))
		p.send(announce(64501, "10.0.0.0/8"), withdrawn, atomic)
		synctest.Wait()
		if got := env.table(); len(got) != 1 || got["11.0.0.0/8"] != 1 {
			t.Errorf("table %v, want 11.0.0.0/8 only", got)
		}
		if s.count.treatedAsWithdraw.Load() != 1 || s.count.discarded.Load() != 1 || env.upCount() != 1 {
			t.Errorf("%d treated as withdrawn, %d discarded, %d up", s.count.treatedAsWithdraw.Load(), s.count.discarded.Load(), env.upCount())
		}
		if !strings.Contains(env.logged(), "RFC 7606") || !strings.Contains(env.logged(), "peer=192.0.2.1") {
			t.Errorf("the log names neither rule nor peer:\n%s", env.logged())
		}
		p.send(broken)
		time.Sleep(2 * time.Second)
		if p.last() != "NOTIFICATION 3/1" || env.upCount() != 0 {
			t.Errorf("the peer got %s, %d up", p.last(), env.upCount())
		}
	})
}

func message(body []byte) []byte {
	m := append(bgp.AppendKeepalive(nil), body...)
	m[16], m[17], m[18] = byte(len(m)>>8), byte(len(m)), byte(bgp.MsgUpdate)
	return m
}

func TestFamiliesThatWereNotNegotiatedAreIgnored(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90)) // no capability: IPv4 only
		p.send(update(bgp.Ctx{ASN4: true}, 64501, "2001:db8::1", 0, "2001:db8:1::/48"), announce(64501, "10.0.0.0/8"))
		synctest.Wait()
		if got := env.table(); len(got) != 1 || s.count.unnegotiated.Load() != 1 {
			t.Errorf("table %v, %d ignored", got, s.count.unnegotiated.Load())
		}
	})
}

func TestAddPathKeepsBothPaths(t *testing.T) {
	peers := map[string]Peer{"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}, AddPath: []string{"Ipv4Unicast"}}}
	bubble(t, peers, func(t *testing.T, env *fakeEnv, s *Speaker) {
		four := bgp.NewFamilySet(inet.IPv4Unicast)
		ctx := bgp.Ctx{ASN4: true, AddPath: four}
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90, append(both(), bgp.NewAddPath(bgp.AddPathSets{Send: four}))...))
		p.send(update(ctx, 64501, "192.0.2.1", 1, "10.0.0.0/8"), update(ctx, 64501, "192.0.2.1", 2, "10.0.0.0/8"))
		synctest.Wait()
		if got := env.table(); got["10.0.0.0/8"] != 2 {
			t.Errorf("table %v, want two paths", got)
		}
		p.send(bgp.AppendUpdates(nil, ctx, nil, run(ctx, 1, "10.0.0.0/8")))
		synctest.Wait()
		if got := env.table(); got["10.0.0.0/8"] != 1 {
			t.Errorf("table %v, want one path", got)
		}
	})
}

// hookOn rejects UPDATEs that announce or withdraw anything below 10.0.0.0/8.
type hookOn struct{}

func (hookOn) Judge(b *unit.Batch, peer unit.Peer, msg any, now int64) bool {
	u := msg.(*bgp.Update)
	for _, n := range []bgp.NLRI{u.Announced(), u.Withdrawn()} {
		for _, p := range n.Prefixes() {
			if netip.MustParsePrefix("10.0.0.0/8").Contains(p.Addr()) {
				return false
			}
		}
	}
	return true
}

func TestRejectedUpdatesWithdraw(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90))
		p.send(announce(64501, "11.0.0.0/8"))
		synctest.Wait()
		s.sessionOf(t).hook = hookOn{}
		p.send(announce(64501, "10.0.0.0/8"), withdraw("10.0.0.0/8"))
		synctest.Wait()
		if got := env.table(); len(got) != 1 || got["11.0.0.0/8"] != 1 || s.count.rejected.Load() != 2 {
			t.Errorf("table %v, %d rejected", got, s.count.rejected.Load())
		}
		if got := env.seen(); got[len(got)-1] != "hidden" {
			t.Errorf("the rejected withdrawal is not hidden: %q", got)
		}
	})
}

func (s *Speaker) sessionOf(t *testing.T) *session {
	t.Helper()
	for c := range s.sessions {
		return c
	}
	t.Fatal("no session")
	return nil
}

func TestReceivingAllocatesNothing(t *testing.T) {
	env := newEnv(t)
	s := speaker(t, env, onePeer)
	c := newSession(s, nil, netip.MustParseAddr("192.0.2.1"), Neighbour{}, onePeer["192.0.2.1"], s.machine(Neighbour{}, Peer{}, false))
	c.recv = bgp.Ctx{ASN4: true, Families: bgp.NewFamilySet(inet.IPv4Unicast), MaxLen: bgp.MaxMessage}
	c.check = bgp.Ingress{Local: 64500, Peer: 64501, ID: 1, Cluster: 1, Role: bgp.RoleCustomer, HasRole: true}
	m := bgp.Message{Type: bgp.MsgUpdate, Raw: announce(64501, "10.0.0.0/8")}
	n := testing.AllocsPerRun(1000, func() {
		c.receive(m)
		c.batch.Reset()
	})
	if n != 0 {
		t.Errorf("%v allocations an UPDATE", n)
	}
	if c.tally.announced.Load() < 1000 {
		t.Errorf("%d routes announced", c.tally.announced.Load())
	}
}
