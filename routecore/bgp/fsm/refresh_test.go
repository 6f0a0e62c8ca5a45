package fsm

import (
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

func TestRefresh(t *testing.T) {
	v4, v6 := inet.IPv4Unicast, inet.IPv6Unicast
	both := []bgp.Capability{bgp.NewFlag(bgp.CapRouteRefresh), bgp.NewFlag(bgp.CapEnhancedRouteRefresh)}
	enhanced := agreed(both, both)
	plain := agreed(both[:1], both[:1])
	msg := func(f inet.Family, sub uint8) bgp.RouteRefresh { return bgp.RouteRefresh{Family: f, Subtype: sub} }
	type step struct {
		at   int
		msg  bgp.RouteRefresh // family 0: Tick, or Sent of sent
		sent inet.Family
		want string
	}
	for name, c := range map[string]struct {
		n     *Negotiated
		limit time.Duration
		steps []step
	}{
		"begin and end": {enhanced, 0, []step{
			{0, msg(v4, bgp.RefreshBegin), 0, "mark stale ipv4 unicast"},
			{1, msg(v6, bgp.RefreshEnd), 0, ""},
			{2, msg(v4, bgp.RefreshEnd), 0, "sweep ipv4 unicast"},
			{3, msg(v4, bgp.RefreshEnd), 0, ""},
		}},
		"begin twice, and the end is missing": {enhanced, time.Minute, []step{
			{0, msg(v4, bgp.RefreshBegin), 0, "mark stale ipv4 unicast"},
			{50, msg(v4, bgp.RefreshBegin), 0, "mark stale ipv4 unicast"},
			{109, bgp.RouteRefresh{}, 0, ""},
			{110, bgp.RouteRefresh{}, 0, "sweep ipv4 unicast"},
			{111, msg(v4, bgp.RefreshEnd), 0, ""},
		}},
		"not negotiated": {plain, 0, []step{
			{0, msg(v4, bgp.RefreshBegin), 0, ""},
			{0, msg(v4, bgp.RefreshEnd), 0, ""},
		}},
		"another family, another subtype": {enhanced, 0, []step{
			{0, msg(inet.L2VPNEVPN, bgp.RefreshBegin), 0, ""},
			{0, msg(inet.L2VPNEVPN, bgp.RefreshRequest), 0, ""},
			{0, msg(v4, 77), 0, ""},
		}},
		"a request waits for the first End-of-RIB": {enhanced, 0, []step{
			{0, msg(v4, bgp.RefreshRequest), 0, ""},
			{1, bgp.RouteRefresh{}, v6, ""},
			{2, bgp.RouteRefresh{}, v4, "resend ipv4 unicast"},
			{3, msg(v4, bgp.RefreshRequest), 0, ""},
			{4, msg(v4, bgp.RefreshRequest), 0, ""},
			{5, bgp.RouteRefresh{}, v4, "resend ipv4 unicast"},
			{6, bgp.RouteRefresh{}, v4, ""},
			{7, msg(v6, bgp.RefreshRequest), 0, "resend ipv6 unicast"},
		}},
	} {
		r := NewRefresh(c.n, c.limit)
		for i, s := range c.steps {
			now := time.Unix(int64(s.at), 0)
			var got []RouteAction
			switch {
			case s.sent != 0:
				got = r.Sent(nil, s.sent)
			case s.msg.Family != 0:
				got = r.Received(nil, now, s.msg)
			default:
				got = r.Tick(nil, now)
			}
			if words(got) != s.want {
				t.Errorf("%s, step %d: %q, want %q", name, i, words(got), s.want)
			}
			for _, a := range got {
				if a.Op == Resend && a.Mark != (c.n == enhanced) {
					t.Errorf("%s, step %d: marked is %v", name, i, a.Mark)
				}
			}
		}
	}
}
