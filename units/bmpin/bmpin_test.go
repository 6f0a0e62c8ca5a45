package bmpin

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/unit"
)

// running is a station on a loopback port.
type running struct {
	*Station
	env  *fakeEnv
	stop func()
}

func start(t testing.TB, env *fakeEnv) *running {
	t.Helper()
	s, err := New(Config{Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, MaxMessage: bmp.DefaultMax, RouterIDTemplate: "{sys_name}"}, env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	stop := func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
		done <- nil
	}
	t.Cleanup(stop)
	fake.Eventually(t, func() bool { return s.Addr() != "" }, func() any { return "the station does not listen" })
	return &running{s, env, stop}
}

func (r *running) dial(t testing.TB) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", r.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// router is the state of the one router that there is, zero while there is none.
func (r *running) router() RouterState {
	if st := r.State().(State); len(st.Routers) == 1 {
		return st.Routers[0]
	}
	return RouterState{}
}

func write(t testing.TB, c net.Conn, parts ...[]byte) {
	t.Helper()
	for _, p := range parts {
		if _, err := c.Write(p); err != nil {
			t.Fatal(err)
		}
	}
}

// text tells events as lines: what came, for which view of whom.
func text(e *fakeEnv, events []unit.Event) []string {
	var out []string
	for _, ev := range events {
		out = append(out, fake.Describe(ev, func(p unit.Peer) string {
			i := e.Ingress().Info(p.Ingress)
			return fmt.Sprintf("%s %s#%d", i.Addr, i.View, p.Session)
		}))
	}
	return out
}

func count(n int) func([]unit.Event) bool {
	return func(e []unit.Event) bool { return len(e) >= n }
}

func check(t *testing.T, env *fakeEnv, want []string) []unit.Event {
	t.Helper()
	events := env.wait(count(len(want)))
	got := text(env, events)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events -want +got:\n%s\nlog:\n%s", diff, env.Logs.String())
	}
	return events
}

func TestASecondViewNeedsNoSecondPeerUpAndGoesWithThePeer(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	write(t, c, initiation("r1"), peerUp(peerA), monitor(peerA, update("10.0.0.0/8", "10.1.0.0/16")),
		monitor(post, update("10.0.0.0/8")), monitor(peerA, withdrawal("10.1.0.0/16")), monitor(peerA, message(nil, nil, nil)),
		bmp.AppendPeerDown(nil, peerA, bmp.PeerDownMessage{Reason: bmp.DownRemote}))
	events := check(t, env, []string{
		"up 192.0.2.1 inPre#1",
		"announce 192.0.2.1 inPre#1 10.0.0.0/8 10.1.0.0/16",
		"up 192.0.2.1 inPost#1",
		"announce 192.0.2.1 inPost#1 10.0.0.0/8",
		"withdraw 192.0.2.1 inPre#1 10.1.0.0/16",
		"eor 192.0.2.1 inPre#1 ipv4 unicast",
		"down 192.0.2.1 inPre#1: closed by the peer",
		"down 192.0.2.1 inPost#1: closed by the peer",
	})
	r, ok := events[1].(*unit.Routes)
	if !ok || r.Time != peerA.Time {
		t.Errorf("the time of the router is not kept: %+v", events[1])
	}
}

func TestALostConnectionTakesAllPeersDownAndTheNextOneGetsTheSameIDs(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	write(t, c, initiation("r1"), peerUp(peerA), monitor(peerA, update("10.0.0.0/8")))
	env.wait(count(2))
	c.Close()
	first := env.wait(count(3))[0].(*unit.PeerUp).Peer.Ingress
	write(t, s.dial(t), initiation("r1"), peerUp(peerA))
	events := check(t, env, []string{
		"up 192.0.2.1 inPre#1",
		"announce 192.0.2.1 inPre#1 10.0.0.0/8",
		"down 192.0.2.1 inPre#1: the connection is lost",
		"up 192.0.2.1 inPre#2",
	})
	if again := events[3].(*unit.PeerUp).Peer.Ingress; again != first {
		t.Errorf("ingress %d, before the loss %d", again, first)
	}
}

func TestTwoRoutersBehindOneAddressAreTwo(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	for _, name := range []string{"r1", "r2"} {
		write(t, s.dial(t), initiation(name), peerUp(peerA))
	}
	events := env.wait(count(2))
	a, b := events[0].(*unit.PeerUp).Peer.Ingress, events[1].(*unit.PeerUp).Peer.Ingress
	ka, kb := env.Ingress().Info(a), env.Ingress().Info(b)
	if a == b || ka.Parent == kb.Parent {
		t.Fatalf("peers %+v and %+v share a router", ka, kb)
	}
	names := map[string]bool{env.Ingress().Info(ka.Parent).Name: true, env.Ingress().Info(kb.Parent).Name: true}
	if !names["r1"] || !names["r2"] {
		t.Errorf("routers are called %v", names)
	}
}

func TestANewerConnectionOfARouterReplacesTheOld(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	old := s.dial(t)
	write(t, old, initiation("r1"), peerUp(peerA))
	env.wait(count(1))
	write(t, s.dial(t), initiation("r1"), peerUp(peerA))
	events := env.wait(count(3))
	if _, err := old.Read(make([]byte, 1)); err == nil {
		t.Error("the old connection is still open")
	}
	last := unit.Peer{}
	for _, e := range events {
		if up, ok := e.(*unit.PeerUp); ok {
			last = up.Peer
		}
	}
	if last.Session != 2 || env.Ingress().Session(last.Ingress) != 2 {
		t.Errorf("the newer session is %d, the register says %d", last.Session, env.Ingress().Session(last.Ingress))
	}
}

func TestStreamsThatStartLateKeepTheirRoutes(t *testing.T) {
	env := newEnv(t)
	s := start(t, env)
	c := s.dial(t)
	write(t, c, monitor(peerA, update("10.0.0.0/8")), peerUp(peerA))
	check(t, env, []string{
		"up 192.0.2.1 inPre#1 incomplete",
		"announce 192.0.2.1 inPre#1 10.0.0.0/8",
		"up 192.0.2.1 inPre#1",
	})
	if n := strings.Count(env.Logs.String(), "marked incomplete"); n != 1 {
		t.Errorf("said %d times:\n%s", n, env.Logs.String())
	}
}

func TestBadStreamsAreRefusedWithAPlace(t *testing.T) {
	for name, test := range map[string]struct {
		bytes []byte
		log   string
	}{
		"another protocol": {[]byte("GET / HTTP/1.1\r\n"), "version 71"},
		"huge length":      {[]byte{3, 0xff, 0xff, 0xff, 0xff, 4}, "over the limit"},
		"length zero":      {[]byte{3, 0, 0, 0, 0, 4}, "shorter than the header"},
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnv(t)
			s := start(t, env)
			c := s.dial(t)
			write(t, c, initiation("r1"), peerUp(peerA), test.bytes)
			if _, err := c.Read(make([]byte, 1)); err == nil {
				t.Error("the connection is still open")
			}
			env.wait(count(2)) // up, down
			fake.Eventually(t, func() bool { return strings.Contains(env.Logs.String(), test.log) }, func() any {
				return fmt.Sprintf("log does not say %q:\n%s", test.log, env.Logs.String())
			})
			st := s.State().(State)
			if len(st.Routers) != 1 || len(st.Routers[0].Errors) != 1 || st.Routers[0].Errors[0].Recoverable {
				t.Errorf("state: %+v", st.Routers)
			}
		})
	}
}

// rejectAll rejects route monitoring.
type rejectAll struct{}

func (rejectAll) Judge(b *unit.Batch, p unit.Peer, msg any, now int64) bool {
	m, ok := msg.(*bmp.Message)
	return ok && m.Type != bmp.RouteMonitoring
}

func TestRejectedAnnouncementsWithdrawWhatThePeerHeld(t *testing.T) {
	env := newEnv(t)
	env.Judge = rejectAll{}
	s := start(t, env)
	write(t, s.dial(t), initiation("r1"), peerUp(peerA), monitor(peerA, update("10.0.0.0/8")))
	check(t, env, []string{"up 192.0.2.1 inPre#1", "withdraw 192.0.2.1 inPre#1 10.0.0.0/8"})
}

// version4Routes are the announcements in recorded streams of version 4.
var version4Routes = map[string]uint64{"ipv4_unicast_path_marking": 3, "ipv4_unicast_all": 15}

func TestEveryRecordedStreamReplaysToItsEnd(t *testing.T) {
	dir := testkit.Data(t)
	files, err := filepath.Glob(filepath.Join(dir, "bmp_raw", "*.bmp"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d streams, %v", len(files), err)
	}
	for _, name := range files {
		t.Run(filepath.Base(name), func(t *testing.T) {
			raw, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			// The captures may end inside a message.
			whole := 0
			messages := uint64(0)
			for {
				_, n, err := bmp.ReadMessage(raw[whole:], 0)
				if err != nil {
					t.Fatal(err)
				}
				if n == 0 {
					break
				}
				whole += n
				messages++
			}
			env := newEnv(t)
			s := start(t, env)
			c := s.dial(t)
			write(t, c, raw[:whole])
			var r RouterState
			fake.Eventually(t, func() bool {
				r = s.router()
				seen := r.unknown
				for _, n := range r.Messages {
					seen += n
				}
				return seen == messages
			}, func() any { return fmt.Sprintf("not all of %d messages arrived: %+v", messages, r) })
			if !r.Connected {
				t.Error("the connection is gone")
			}
			for part, n := range version4Routes {
				if strings.Contains(name, part) && r.Announcements != n {
					t.Errorf("%d announcements, want %d", r.Announcements, n)
				}
			}
		})
	}
}

func TestRouteMonitoringAllocatesNothing(t *testing.T) {
	env := newEnv(t)
	env.Drop = true
	s, err := New(Config{MaxMessage: bmp.DefaultMax}, env)
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	defer a.Close()
	defer b.Close()
	r := newRouter(s, a, netip.MustParseAddrPort("192.0.2.77:1"))
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	r.ctx, r.out = ctx, env.Outlet(ctx)
	feed := func(raw []byte) {
		m, n, err := bmp.ReadMessage(raw, 0)
		if err != nil || n == 0 {
			t.Fatal(err)
		}
		if err := r.message(ctx, cancel, m, 1); err != nil {
			t.Fatal(err)
		}
	}
	feed(initiation("r1"))
	feed(peerUp(peerA))
	announce, withdraw := monitor(peerA, update("10.0.0.0/8", "10.1.0.0/16")), monitor(post, withdrawal("10.1.0.0/16"))
	feed(withdraw)
	n := testing.AllocsPerRun(200, func() {
		for range 8 {
			feed(announce)
			feed(withdraw)
		}
		if err := r.send(); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%.1f allocations for 16 messages, want 0", n)
	}
	if r.announcements.Load() == 0 || r.withdrawals.Load() == 0 {
		t.Error("no routes came out")
	}
}
