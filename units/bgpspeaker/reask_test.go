package bgpspeaker

import (
	"slices"
	"testing"
	"testing/synctest"

	"example.com/rotonda/routecore/bgp"
)

func TestRefreshAsksThosePeersThatCan(t *testing.T) {
	for name, c := range map[string]struct {
		caps          []bgp.Capability
		asked, unable int
		want          []string
	}{
		"able":   {append(both(), bgp.NewFlag(bgp.CapRouteRefresh)), 1, 0, []string{"ipv4 unicast 0", "ipv6 unicast 0"}},
		"unable": {both(), 0, 1, nil},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, onePeer, func(t *testing.T, env *fakeEnv, s *Speaker) {
				if a, u := s.Refresh(); a+u != 0 {
					t.Errorf("asked %d, unable %d, with nobody there", a, u)
				}
				p := talk(t, s, c.caps...)
				n := len(p.messages())
				a, u := s.Refresh()
				if a != c.asked || u != c.unable {
					t.Errorf("asked %d, unable %d", a, u)
				}
				synctest.Wait()
				got := p.words(n)
				slices.Sort(got)
				if !slices.Equal(got, c.want) {
					t.Errorf("sent %q", got)
				}
			})
		})
	}
}
