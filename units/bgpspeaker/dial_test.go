package bgpspeaker

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
)

// running runs a speaker until stop is called.
func running(t *testing.T, s *Speaker) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

var dialled = map[string]Peer{"192.0.2.1": {Name: "one", RemoteASN: []inet.ASN{64501}, Connect: true}}

func TestAttemptsToConnectBackOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := speaker(t, newEnv(t), dialled)
		var at []time.Time
		s.dial = func(context.Context, netip.Addr, Peer) (net.Conn, error) {
			at = append(at, time.Now())
			return nil, errors.New("refused by the test")
		}
		stop := running(t, s)
		time.Sleep(time.Hour)
		n := s.State().(State).Neighbours[0]
		if n.State != fsm.Idle.String() || n.NextAttempt == nil || n.LastError != "cannot connect: refused by the test" {
			t.Errorf("state %+v", n)
		}
		stop()
		if len(at) < 20 || len(at) > 40 {
			t.Errorf("%d attempts in an hour", len(at))
		}
		for i := range len(at) - 1 {
			pause, want := at[i+1].Sub(at[i]), idleHold<<min(i, 5)
			if pause < want*3/4 || pause > want+time.Second {
				t.Errorf("pause %d was %v, want about %v", i, pause, want)
			}
		}
		if n := s.count.dialFailed.Load(); int(n) != len(at) {
			t.Errorf("%d failures counted", n)
		}
	})
}

func TestSilentHostIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := speaker(t, newEnv(t), dialled)
		var took []time.Duration
		s.dial = func(ctx context.Context, _ netip.Addr, _ Peer) (net.Conn, error) {
			start := time.Now()
			<-ctx.Done()
			took = append(took, time.Since(start))
			return nil, ctx.Err()
		}
		stop := running(t, s)
		time.Sleep(5 * time.Minute)
		stop()
		if len(took) < 2 || took[0] > fsm.DefaultConnectRetry {
			t.Errorf("attempts took %v", took)
		}
	})
}

// connected makes two speakers, 64501 at 192.0.2.1 and 64502 at 192.0.2.2, that
// reach each other through pipes. lag is the time to connect.
func connected(t *testing.T, lag time.Duration, one, two Peer) (a, b *Speaker, envA, envB *fakeEnv) {
	make := func(as inet.ASN, id, peer string, p Peer) (*Speaker, *fakeEnv) {
		env := newEnv(t)
		cfg := settings(map[string]Peer{peer: p})
		cfg.MyASN, cfg.MyBGPID = as, netip.MustParseAddr(id)
		s, err := New(cfg, env)
		if err != nil {
			t.Fatal(err)
		}
		return s, env
	}
	one.Name, one.RemoteASN = "two", []inet.ASN{64502}
	two.Name, two.RemoteASN = "one", []inet.ASN{64501}
	a, envA = make(64501, "192.0.2.1", "192.0.2.2", one)
	b, envB = make(64502, "192.0.2.2", "192.0.2.1", two)
	to := func(s *Speaker, from string) func(context.Context, netip.Addr, Peer) (net.Conn, error) {
		return func(ctx context.Context, _ netip.Addr, _ Peer) (net.Conn, error) {
			time.Sleep(lag)
			ours, theirs := net.Pipe()
			go s.serve(context.Background(), theirs, netip.MustParseAddr(from))
			return ours, nil
		}
	}
	a.dial, b.dial = to(b, "192.0.2.1"), to(a, "192.0.2.2")
	return a, b, envA, envB
}

func TestSpeakersThatConnectToEachOther(t *testing.T) {
	for name, c := range map[string]struct{ a, b bool }{"one dials": {true, false}, "the other dials": {false, true}, "both dial": {true, true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				route := []Static{{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParseAddr("192.0.2.1")}}
				a, b, envA, envB := connected(t, time.Second, Peer{Connect: c.a, Announce: route}, Peer{Connect: c.b})
				stopA, stopB := running(t, a), running(t, b)
				time.Sleep(time.Minute)
				// Where both dial, an end may have taken the connection that the other
				// closes for Established: then it goes down once and comes up again. The
				// next calls may cross as well; jitter makes a third time rare.
				downs := envA.downCount() + envB.downCount()
				if envA.upCount() != 1 || envB.upCount() != 1 || downs > 4 || downs > 0 && !(c.a && c.b) {
					t.Errorf("up %d and %d, down %d and %d\n%s", envA.upCount(), envB.upCount(), envA.downCount(), envB.downCount(), envA.logged())
				}
				if a.sessionCount() != 1 || b.sessionCount() != 1 {
					t.Errorf("%d and %d sessions", a.sessionCount(), b.sessionCount())
				}
				if n := a.count.collisions.Load() + b.count.collisions.Load(); n > 0 && !(c.a && c.b) {
					t.Errorf("%d collisions", n)
				}
				if got := envB.table(); len(got) != 1 || got["198.51.100.0/24"] != 1 {
					t.Errorf("the route is not there: %v", got)
				}
				n, m := a.State().(State).Neighbours[0], b.State().(State).Neighbours[0]
				if n.State != "Established" || n.Dialled == m.Dialled || n.Dialled && !c.a || m.Dialled && !c.b {
					t.Errorf("%+v and %+v", n, m)
				}
				tries := a.count.dialled.Load() + b.count.dialled.Load()
				time.Sleep(time.Hour)
				if n := a.count.dialled.Load() + b.count.dialled.Load(); n != tries || envA.downCount()+envB.downCount() != downs {
					t.Errorf("%d more connections next to the session, %d times down", n-tries, envA.downCount()+envB.downCount())
				}
				stopB()
				time.Sleep(time.Second)
				if envA.upCount() != 0 || len(envB.table()) != 0 {
					t.Errorf("after the stop %d up, %v", envA.upCount(), envB.table())
				}
				stopA()
			})
		})
	}
}

func TestSessionsThatEndAreDialledAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		s := speaker(t, env, dialled)
		var peers []*fakePeer
		var mu sync.Mutex
		s.dial = func(context.Context, netip.Addr, Peer) (net.Conn, error) {
			ours, theirs := net.Pipe()
			mu.Lock()
			defer mu.Unlock()
			peers = append(peers, newFakePeer(t, theirs))
			return ours, nil
		}
		peer := func(i int) *fakePeer {
			mu.Lock()
			defer mu.Unlock()
			if len(peers) != i+1 {
				t.Fatalf("%d connections, want %d", len(peers), i+1)
			}
			return peers[i]
		}
		stop := running(t, s)
		synctest.Wait()
		peer(0).send(hello(64501, "192.0.2.1", 90), announce(64501, "10.0.0.0/8"))
		synctest.Wait()
		if env.upCount() != 1 || !slices.Equal(peer(0).messages()[:2], []string{"OPEN", "KEEPALIVE"}) {
			t.Fatalf("%d up, %q", env.upCount(), peer(0).messages())
		}
		peer(0).conn.Close()
		time.Sleep(idleHold + time.Second)
		peer(1).send(hello(64501, "192.0.2.1", 90))
		synctest.Wait()
		if env.upCount() != 1 || env.Ingress().Len() != 1 {
			t.Errorf("%d up, %d ingresses", env.upCount(), env.Ingress().Len())
		}

		cfg := settings(dialled)
		for key, p := range cfg.Peers {
			p.HoldTime = 30 * time.Second
			cfg.Peers[key] = p
		}
		if err := s.Reload(cfg); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		if peer(2); peers[1].last() != "NOTIFICATION 6/6" {
			t.Errorf("changed settings: %s", peers[1].last())
		}
		delete(cfg.Peers, Neighbour{netip.MustParsePrefix("192.0.2.1/32"), true})
		if err := s.Reload(cfg); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		peer(2)
		if env.upCount() != 0 {
			t.Error("a peer that was removed is up")
		}
		stop()
	})
}

func TestMaxPrefixKeepsUsFromConnecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := dialled["192.0.2.1"]
		p.MaxPrefix, p.MaxPrefixRestart = 1, 10*time.Minute
		s := speaker(t, newEnv(t), map[string]Peer{"192.0.2.1": p})
		var at []time.Time
		s.dial = func(context.Context, netip.Addr, Peer) (net.Conn, error) {
			at = append(at, time.Now())
			ours, theirs := net.Pipe()
			go func() {
				newFakePeer(t, theirs).send(hello(64501, "192.0.2.1", 90), announce(64501, "10.0.0.0/8", "11.0.0.0/8"))
			}()
			return ours, nil
		}
		stop := running(t, s)
		time.Sleep(25 * time.Minute)
		stop()
		if len(at) != 3 || at[1].Sub(at[0]) < 10*time.Minute || s.count.maxPrefix.Load() != 3 {
			t.Errorf("connected at %v, %d times too much", at, s.count.maxPrefix.Load())
		}
	})
}

// TestACallThatComesTooLateIsGivenUp: while it was made the peer's own connection
// was Established. Nothing is said on ours.
func TestACallThatComesTooLateIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b, envA, envB := connected(t, time.Second, Peer{Connect: true}, Peer{Connect: true})
		slow := a.dial
		a.dial = func(ctx context.Context, to netip.Addr, p Peer) (net.Conn, error) {
			time.Sleep(10 * time.Second)
			return slow(ctx, to, p)
		}
		stopA, stopB := running(t, a), running(t, b)
		time.Sleep(5 * time.Minute)
		if envA.upCount() != 1 || envB.upCount() != 1 || envA.downCount()+envB.downCount() != 0 {
			t.Errorf("%d and %d up, %d and %d down", envA.upCount(), envB.upCount(), envA.downCount(), envB.downCount())
		}
		if a.count.dialled.Load() != 0 || b.count.collisions.Load() != 0 {
			t.Errorf("%d calls went on, %d collisions", a.count.dialled.Load(), b.count.collisions.Load())
		}
		stopB()
		time.Sleep(time.Minute)
		if a.count.dialled.Load() == 0 {
			t.Error("it does not call again once the peer is gone")
		}
		stopA()
	})
}
