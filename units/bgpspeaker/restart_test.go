package bgpspeaker

import (
	"context"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
)

// helping is a peer that may restart, in a bubble whose timers run.
func helping(t *testing.T, p Peer, f func(t *testing.T, env *fakeEnv, s *Speaker)) {
	t.Helper()
	p.Name, p.RemoteASN, p.GracefulRestart = "one", []inet.ASN{64501}, true
	bubble(t, map[string]Peer{"192.0.2.1": p}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		ctx, cancel := context.WithCancel(context.Background())
		go s.keep(ctx, ctx)
		f(t, env, s)
		cancel()
		s.dropKept()
		synctest.Wait()
		if n := len(env.table()); n != 0 && env.upCount() == 0 {
			t.Errorf("%d routes outlive the unit", n)
		}
	})
}

// restarting are the capabilities of a peer that keeps forwarding both families
// for two minutes.
func restarting(notify bool, more ...bgp.Capability) []bgp.Capability {
	set := bgp.NewFamilySet(inet.IPv4Unicast, inet.IPv6Unicast)
	return append(append(both(), bgp.NewGracefulRestart(bgp.GracefulRestart{Notification: notify, Time: 120, Families: set, Forwarding: set})), more...)
}

func talk(t *testing.T, s *Speaker, caps ...bgp.Capability) *fakePeer {
	p := pipe(t, s, "192.0.2.1").send(hello(64501, "192.0.2.1", 90, caps...))
	synctest.Wait()
	return p
}

var (
	four = announce(64501, "10.0.0.0/8")
	six  = update(bgp.Ctx{ASN4: true}, 64501, "2001:db8::1", 0, "2001:db8:1::/48")
	eor4 = bgp.AppendEndOfRIB(nil, inet.IPv4Unicast)
	eor6 = bgp.AppendEndOfRIB(nil, inet.IPv6Unicast)
)

func TestRestartingPeerKeepsItsRoutesUntilEndOfRIB(t *testing.T) {
	helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := talk(t, s, restarting(false)...).send(four, announce(64501, "11.0.0.0/8"), six, eor4, eor6)
		synctest.Wait()
		p.conn.Close()
		synctest.Wait()
		if len(env.table()) != 3 || len(env.stale) != 3 || env.upCount() != 0 {
			t.Fatalf("%v, %d stale", env.table(), len(env.stale))
		}
		n := s.State().(State).Neighbours[0]
		if !slices.Equal(n.Kept, []string{"ipv4 unicast", "ipv6 unicast"}) {
			t.Errorf("state shows kept %v", n.Kept)
		}
		time.Sleep(119 * time.Second)
		if len(env.table()) != 3 {
			t.Fatal("they went before the restart time")
		}
		p = talk(t, s, restarting(false)...).send(four, six)
		synctest.Wait()
		if len(env.table()) != 3 || len(env.stale) != 1 {
			t.Fatalf("back: %v, %d stale", env.table(), len(env.stale))
		}
		p.send(eor6)
		synctest.Wait()
		if len(env.table()) != 3 {
			t.Error("End-of-RIB of IPv6 swept IPv4")
		}
		p.send(eor4)
		synctest.Wait()
		if got := slices.Sorted(maps.Keys(env.table())); !slices.Equal(got, []string{"10.0.0.0/8", "2001:db8:1::/48"}) || s.State().(State).Neighbours[0].Kept != nil {
			t.Errorf("after End-of-RIB: %v", got)
		}
	})
}

func TestRestartTimeEnds(t *testing.T) {
	helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		talk(t, s, restarting(false)...).send(four, six).conn.Close()
		synctest.Wait()
		if !slices.Contains(env.seen(), "kept 3m0s") {
			t.Errorf("the limit is not two minutes and one: %q", env.seen())
		}
		time.Sleep(121 * time.Second)
		if len(env.table()) != 0 {
			t.Errorf("after the restart time: %v", env.table())
		}
	})
}

func TestFamiliesThatWereNotPreservedGo(t *testing.T) {
	only := bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: bgp.NewFamilySet(inet.IPv4Unicast), Forwarding: bgp.NewFamilySet(inet.IPv4Unicast)})
	lost := bgp.NewGracefulRestart(bgp.GracefulRestart{Restarted: true, Time: 120, Families: bgp.NewFamilySet(inet.IPv4Unicast)})
	helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		talk(t, s, append(both(), only)...).send(four, six).conn.Close()
		synctest.Wait()
		if got := env.table(); len(got) != 1 || got["10.0.0.0/8"] != 1 {
			t.Errorf("IPv6 was not listed, IPv4 was: %v", got)
		}
		talk(t, s, append(both(), lost)...)
		if got := env.table(); len(got) != 0 {
			t.Errorf("it is back without the F bit: %v", got)
		}
	})
}

func TestWhatEndsASessionDecidesWhetherRoutesStay(t *testing.T) {
	cease := func(sub uint8) []byte { return bgp.Notification{Code: bgp.CodeCease, Subcode: sub}.Append(nil) }
	for name, c := range map[string]struct {
		notify bool // the peer's N bit
		end    func(p *fakePeer)
		kept   bool
	}{
		"connection lost":                 {false, func(p *fakePeer) { p.conn.Close() }, true},
		"NOTIFICATION":                    {false, func(p *fakePeer) { p.send(cease(bgp.CeaseConfigChange)) }, false},
		"NOTIFICATION with the N bit":     {true, func(p *fakePeer) { p.send(cease(bgp.CeaseConfigChange)) }, true},
		"Hard Reset":                      {true, func(p *fakePeer) { p.send(cease(bgp.CeaseHardReset)) }, false},
		"hold timer":                      {false, func(p *fakePeer) { time.Sleep(91 * time.Second) }, false},
		"hold timer with the N bit":       {true, func(p *fakePeer) { time.Sleep(91 * time.Second) }, true},
		"an error of ours with the N bit": {true, func(p *fakePeer) { p.send(make([]byte, 19)) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
				p := talk(t, s, restarting(c.notify)...).send(four)
				synctest.Wait()
				c.end(p)
				time.Sleep(time.Second)
				if env.upCount() != 0 || len(env.table()) == 1 != c.kept {
					t.Errorf("%d up, table %v", env.upCount(), env.table())
				}
			})
		})
	}
}

func TestLongLivedRoutesAreMarkedAndBounded(t *testing.T) {
	set := []bgp.LLGR{{Family: inet.IPv4Unicast, Forwarding: true, Time: 7200}}
	helping(t, Peer{LongLivedStaleTime: time.Hour}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		talk(t, s, restarting(false, bgp.NewLLGR(set...))...).send(four, six).conn.Close()
		synctest.Wait()
		time.Sleep(121 * time.Second)
		synctest.Wait()
		if got := env.seen(); !slices.Contains(got, "long-lived ipv4 unicast") || !slices.Contains(got, "sweep ipv6 unicast") || len(env.table()) != 1 {
			t.Errorf("after the restart time: %q, %v", got, env.table())
		}
		time.Sleep(59 * time.Minute)
		if len(env.table()) != 1 {
			t.Error("they went before our bound")
		}
		time.Sleep(2 * time.Minute)
		if len(env.table()) != 0 {
			t.Error("the peer's two hours counted, not our bound of one")
		}
	})
	helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) { // it is off
		talk(t, s, restarting(false, bgp.NewLLGR(set...))...).send(four).conn.Close()
		time.Sleep(121 * time.Second)
		if strings.Contains(strings.Join(env.seen(), " "), "long-lived") || len(env.table()) != 0 {
			t.Errorf("not configured: %q", env.seen())
		}
	})
}

func TestRemovedPeersAreNotKept(t *testing.T) {
	helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		talk(t, s, restarting(false)...).send(four).conn.Close()
		synctest.Wait()
		if len(env.table()) != 1 {
			t.Fatal("nothing was kept")
		}
		if err := s.Reload(settings(nil)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(env.table()) != 0 {
			t.Errorf("its peer is gone: %v", env.table())
		}
	})
}

func TestPeerThatRestartsBeforeWeNotice(t *testing.T) {
	helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
		talk(t, s, restarting(false)...).send(four, announce(64501, "11.0.0.0/8"))
		synctest.Wait()
		talk(t, s, restarting(false)...).send(four, eor4) // the old connection is silent
		time.Sleep(2 * time.Second)
		if got := env.table(); len(got) != 1 || got["10.0.0.0/8"] != 1 || env.upCount() != 1 {
			t.Errorf("%v, %d up, %q", got, env.upCount(), env.seen())
		}
		if !slices.Contains(env.seen(), "kept 3m0s") {
			t.Errorf("the routes were gone in between: %q", env.seen())
		}
	})
}

func TestOnlyThePeersConnectionReplacesAnEstablishedOne(t *testing.T) {
	for name, c := range map[string]struct {
		caps         []bgp.Capability
		first, fresh bool // dialled by us
		kept         bool // the fresh one takes over, with the routes of the first
	}{
		"it restarts":                     {restarting(false), false, false, true},
		"it restarts after our call":      {restarting(false), true, false, true},
		"our call crosses with its own":   {restarting(false), false, true, false},
		"it only helps others to restart": {append(both(), bgp.NewGracefulRestart(bgp.GracefulRestart{})), false, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			helping(t, Peer{}, func(t *testing.T, env *fakeEnv, s *Speaker) {
				connect := func(dialled bool) *fakePeer {
					if !dialled {
						return talk(t, s, c.caps...)
					}
					ours, theirs := net.Pipe()
					key, peer, _ := s.peers.find(netip.MustParseAddr("192.0.2.1"))
					d := &dialler{s: s, key: key, peer: peer, addr: key.Prefix.Addr(), kick: make(chan struct{}, 1), quit: func() {}, fsm: s.machine(key, peer, true)}
					s.diallers[d.addr] = d
					d.step(s.env.Now(), fsm.Event{Kind: fsm.ManualStart})
					go s.serveDialled(context.Background(), ours, d)
					p := newFakePeer(t, theirs).send(hello(64501, "192.0.2.1", 90, c.caps...))
					synctest.Wait()
					return p
				}
				first := connect(c.first).send(four)
				synctest.Wait()
				fresh := connect(c.fresh)
				time.Sleep(2 * time.Second)
				if len(env.table()) != 1 || env.upCount() != 1 || env.downCount() == 1 != c.kept {
					t.Errorf("table %v, %d up, %d down", env.table(), env.upCount(), env.downCount())
				}
				winner, loser := fresh, first
				if !c.kept {
					winner, loser = first, fresh
				}
				if slices.Contains(winner.messages(), "EOF") || !slices.Contains(loser.messages(), "EOF") {
					t.Errorf("first got %q, fresh %q", first.messages(), fresh.messages())
				}
			})
		})
	}
}
