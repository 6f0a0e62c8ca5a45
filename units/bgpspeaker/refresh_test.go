package bgpspeaker

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

func refresh(sub uint8) []byte {
	return bgp.RouteRefresh{Family: inet.IPv4Unicast, Subtype: sub}.Append(nil)
}

func enhanced() []bgp.Capability {
	return append(both(), bgp.NewFlag(bgp.CapRouteRefresh), bgp.NewFlag(bgp.CapEnhancedRouteRefresh))
}

// words returns what the speaker sent from message i on, with the subtypes of
// ROUTE-REFRESH and the prefixes of UPDATEs.
func (p *fakePeer) words(from int) (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.got[from:] {
		switch m.Type {
		case bgp.MsgRouteRefresh:
			r, _ := bgp.ParseRouteRefresh(m.Body())
			out = append(out, fmt.Sprintf("%s %d", r.Family, r.Subtype))
		case bgp.MsgUpdate:
			var u bgp.Update
			bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true, MaxLen: bgp.MaxMessage})
			for _, prefix := range u.Announced().Prefixes() {
				out = append(out, prefix.String())
			}
		default:
			out = append(out, m.Type.String())
		}
	}
	return out
}

func TestWeAnswerARefreshBetweenMarks(t *testing.T) {
	one := onePeer["192.0.2.1"]
	one.Announce = []Static{{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParseAddr("192.0.2.254")}}
	for name, c := range map[string]struct {
		caps []bgp.Capability
		want []string
	}{
		"enhanced": {enhanced(), []string{"ipv4 unicast 1", "198.51.100.0/24", "ipv4 unicast 2"}},
		"plain":    {append(both(), bgp.NewFlag(bgp.CapRouteRefresh)), []string{"198.51.100.0/24"}},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, map[string]Peer{"192.0.2.1": one}, func(t *testing.T, env *fakeEnv, s *Speaker) {
				p := talk(t, s, c.caps...)
				n := len(p.messages())
				p.send(refresh(bgp.RefreshRequest))
				p.send(bgp.RouteRefresh{Family: inet.L2VPNEVPN}.Append(nil)) // not negotiated
				synctest.Wait()
				if got := p.words(n); !slices.Equal(got, c.want) {
					t.Errorf("answered %q, want %q", got, c.want)
				}
			})
		})
	}
}

func TestRefreshedRoutesAreSwept(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := talk(t, s, enhanced()...).send(announce(64501, "10.0.0.0/8", "11.0.0.0/8"), six)
		p.send(refresh(bgp.RefreshBegin), announce(64501, "10.0.0.0/8"))
		synctest.Wait()
		if len(env.table()) != 3 || len(env.stale) < 1 {
			t.Errorf("before EoRR: %v, %d stale", env.table(), len(env.stale))
		}
		p.send(refresh(bgp.RefreshEnd))
		synctest.Wait()
		if got := env.table(); len(got) != 2 || got["11.0.0.0/8"] != 0 {
			t.Errorf("after EoRR: %v", got)
		}

		p.send(refresh(bgp.RefreshBegin)) // and then forgets about it
		for range 20 {
			time.Sleep(29 * time.Second)
			p.send(bgp.AppendKeepalive(nil))
		}
		synctest.Wait()
		if got := env.table(); len(got) != 1 || env.downCount() != 0 {
			t.Errorf("EoRR never came: %v, %d down", got, env.downCount())
		}
	})
}

func TestMarksWithoutTheCapabilityAreIgnored(t *testing.T) {
	bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
		p := talk(t, s, both()...).send(four, refresh(bgp.RefreshBegin), refresh(bgp.RefreshEnd))
		synctest.Wait()
		if len(env.table()) != 1 || env.upCount() != 1 {
			t.Errorf("%v, %d up", env.table(), env.upCount())
		}
		long := append(refresh(bgp.RefreshBegin), 0)
		long[17]++
		p.send(long)
		time.Sleep(2 * time.Second)
		if p.last() != "NOTIFICATION 7/1" {
			t.Errorf("a mark of a wrong length: %s", p.last())
		}
	})
}
