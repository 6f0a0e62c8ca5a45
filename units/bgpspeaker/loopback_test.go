package bgpspeaker

import (
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/routecore/inet"
)

// end is one of two speakers on loopback.
type end struct {
	*Speaker
	env *fakeEnv
}

// loopback runs two speakers with sockets: 64501 at 127.0.0.1, which dials, and
// 64502 at 127.0.0.2 under the key, which waits.
func loopback(t *testing.T, key string, dials, waits Peer) (a, b end) {
	t.Helper()
	return loopbackAt(t, "127.0.0.1", "127.0.0.2", "127.0.0.2", key, dials, waits)
}

// loopbackAt does so where the second waits at an address of the first's choice.
func loopbackAt(t *testing.T, from, listen, to, key string, dials, waits Peer) (a, b end) {
	t.Helper()
	start := func(as inet.ASN, id, listen, key string, p Peer) end {
		env := newEnv(t)
		cfg := settings(map[string]Peer{key: p})
		cfg.MyASN, cfg.MyBGPID, cfg.Listen = as, netip.MustParseAddr(id), []netip.AddrPort{netip.MustParseAddrPort(listen)}
		s, err := New(cfg, env)
		if err != nil {
			t.Fatal(err)
		}
		stop := running(t, s)
		t.Cleanup(func() {
			stop()
			if t.Failed() {
				t.Log(env.logged())
			}
		})
		until(t, "listening", func() bool { return s.Addr() != "" })
		return end{s, env}
	}
	waits.Name, waits.RemoteASN = "dialler", []inet.ASN{64501}
	b = start(64502, "192.0.2.2", net.JoinHostPort(listen, "0"), key, waits)
	_, port, _ := net.SplitHostPort(b.Addr())
	dials.Name, dials.RemoteASN, dials.Connect = "waiter", []inet.ASN{64502}, true
	dials.Port = netip.MustParseAddrPort("127.0.0.2:" + port).Port()
	a = start(64501, "192.0.2.1", net.JoinHostPort(from, "0"), to, dials)
	return a, b
}

func (e end) up() bool { return e.env.upCount() == 1 }

// needsMD5 skips where the kernel has no TCP-MD5.
func needsMD5(t *testing.T) {
	t.Helper()
	lc := net.Dialer{Control: control(netip.MustParseAddr("127.0.0.9"), Peer{MD5Password: "x"}), Timeout: time.Second}
	conn, err := lc.Dial("tcp", "127.0.0.9:1")
	if err == nil {
		conn.Close()
	}
	if err != nil && strings.Contains(err.Error(), "TCP-MD5") {
		t.Skip("the kernel has no TCP-MD5 for us:", err)
	}
}

func TestLoopbackWithPasswords(t *testing.T) {
	needsMD5(t)
	for name, c := range map[string]struct {
		key, dials, waits string
		up                bool
	}{
		"both the same":        {"127.0.0.1", "secret", "secret", true},
		"the same, by prefix":  {"127.0.0.0/24", "secret", "secret", true},
		"none":                 {"127.0.0.1", "", "", true},
		"another one":          {"127.0.0.1", "secret", "Secret", false},
		"another, by prefix":   {"127.0.0.0/24", "secret", "Secret", false},
		"only the dialler has": {"127.0.0.1", "secret", "", false},
		"only the waiter has":  {"127.0.0.1", "", "secret", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := loopback(t, c.key, Peer{MD5Password: c.dials}, Peer{MD5Password: c.waits})
			if c.up {
				until(t, "the session", func() bool { return a.up() && b.up() })
				return
			}
			time.Sleep(time.Second)
			if a.up() || b.up() || b.count.accepted.Load() != 0 {
				t.Errorf("up %v %v, %d accepted", a.up(), b.up(), b.count.accepted.Load())
			}
		})
	}
}

// TestEveryKindOfSocketIsProtected: an IPv6 socket that takes IPv4 too has the
// passwords and lowest TTLs of both.
func TestEveryKindOfSocketIsProtected(t *testing.T) {
	needsMD5(t)
	for name, c := range map[string]struct{ from, listen, to, key string }{
		"IPv4 on a socket for both":            {"127.0.0.1", "::", "127.0.0.2", "127.0.0.1"},
		"IPv4 on a socket for both, by prefix": {"127.0.0.1", "::", "127.0.0.2", "127.0.0.0/8"},
		"any IPv4":                             {"127.0.0.1", "0.0.0.0", "127.0.0.2", "127.0.0.1"},
		"IPv6":                                 {"::1", "::1", "::1", "::1"},
		"IPv6, by prefix":                      {"::1", "::", "::1", "::/64"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			good := Peer{MD5Password: "secret", TTLSecurity: 3}
			a, b := loopbackAt(t, c.from, c.listen, c.to, c.key, good, good)
			until(t, "the session", func() bool { return a.up() && b.up() })
			a, b = loopbackAt(t, c.from, c.listen, c.to, c.key, Peer{MD5Password: "Secret", TTLSecurity: 3}, good)
			x, y := loopbackAt(t, c.from, c.listen, c.to, c.key, Peer{MD5Password: "secret", TTL: 64}, good)
			time.Sleep(time.Second)
			if a.up() || b.up() || x.up() || y.up() {
				t.Errorf("up with another password %v %v, from afar %v %v", a.up(), b.up(), x.up(), y.up())
			}
		})
	}
}

func TestPasswordFollowsAReload(t *testing.T) {
	needsMD5(t)
	a, b := loopback(t, "127.0.0.1", Peer{MD5Password: "secret"}, Peer{MD5Password: "secret"})
	until(t, "the session", func() bool { return a.up() && b.up() })
	for _, password := range []string{"another", ""} {
		downs := map[*fakeEnv]int{a.env: a.env.downCount(), b.env: b.env.downCount()}
		for _, e := range []end{b, a} { // who waits first, so that the first attempt succeeds
			e.mu.Lock()
			cfg := e.cfg
			cfg.Peers = map[Neighbour]Peer{}
			for _, n := range e.peers {
				n.peer.MD5Password = password
				cfg.Peers[n.key] = n.peer
			}
			e.mu.Unlock()
			if err := e.Reload(cfg); err != nil {
				t.Fatal(err)
			}
			until(t, "the old session to end", func() bool { return e.env.downCount() > downs[e.env] })
		}
		until(t, "the session with password "+password, func() bool { return a.up() && b.up() })
	}
}

func TestLoopbackWithHops(t *testing.T) {
	for name, c := range map[string]struct {
		dials, waits Peer
		up           bool
	}{
		"both secure":          {Peer{TTLSecurity: 1}, Peer{TTLSecurity: 1}, true},
		"a low TTL":            {Peer{TTL: 1}, Peer{TTL: 1}, true},
		"the waiter is secure": {Peer{TTL: 64}, Peer{TTLSecurity: 1}, false},
		"the dialler is":       {Peer{TTLSecurity: 1}, Peer{TTL: 64}, false},
		"far enough allowed":   {Peer{TTL: 64}, Peer{TTLSecurity: 250}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := loopback(t, "127.0.0.1", c.dials, c.waits)
			if c.up {
				until(t, "the session", func() bool { return a.up() && b.up() })
				return
			}
			time.Sleep(time.Second)
			if a.up() || b.up() {
				t.Errorf("up %v %v: segments from too far away were taken", a.up(), b.up())
			}
		})
	}
}

func TestSourceAddress(t *testing.T) {
	a, b := loopback(t, "127.0.0.7", Peer{SourceAddress: netip.MustParseAddr("127.0.0.7")}, Peer{})
	until(t, "the session", func() bool { return a.up() && b.up() })
	if n := b.State().(State).Neighbours[0]; n.Address != "127.0.0.7" {
		t.Errorf("it came from %s", n.Address)
	}
}

func TestBothEndsDialOverLoopback(t *testing.T) {
	a, b := loopback(t, "127.0.0.1", Peer{}, Peer{})
	until(t, "the session", func() bool { return a.up() && b.up() })
	cfg := b.cfg
	cfg.Peers = map[Neighbour]Peer{}
	_, port, _ := net.SplitHostPort(a.Addr())
	for _, n := range b.peers {
		n.peer.Connect, n.peer.Port = true, netip.MustParseAddrPort("127.0.0.1:"+port).Port()
		n.peer.SourceAddress = netip.MustParseAddr("127.0.0.2")
		cfg.Peers[n.key] = n.peer
	}
	if err := b.Reload(cfg); err != nil { // it resets the session, and both dial
		t.Fatal(err)
	}
	until(t, "the session again", func() bool {
		return a.up() && b.up() && a.env.downCount() > 0 && a.sessionCount() == 1 && b.sessionCount() == 1
	})
}
