package fsm

import (
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

func TestCollision(t *testing.T) {
	low, high := uint32(10), uint32(20)
	contender := func(st State, local uint32, dialled bool) Contender {
		remote := low
		if local == low {
			remote = high
		}
		return Contender{State: st, LocalID: local, RemoteID: remote, LocalAS: 64500, RemoteAS: 64501, Dialled: dialled}
	}
	equal := func(dialled bool, localAS, remoteAS uint32) Contender {
		c := contender(OpenConfirm, low, dialled)
		c.RemoteID = low
		c.LocalAS, c.RemoteAS = 64500, 64501
		if localAS > remoteAS {
			c.LocalAS, c.RemoteAS = 64501, 64500
		}
		return c
	}
	restarting := func(c Contender) Contender { c.Restarts = true; return c }
	yielding := func(c Contender) Contender { c.Yields = true; return c }
	stranger := contender(OpenConfirm, low, false)
	stranger.RemoteID = 99
	for name, c := range map[string]struct {
		old, fresh Contender
		want       Outcome
	}{
		"ours is higher, we dialled the fresh one":         {contender(OpenConfirm, high, false), contender(OpenConfirm, high, true), CloseOld},
		"ours is higher, we dialled the old one":           {contender(OpenConfirm, high, true), contender(OpenConfirm, high, false), CloseFresh},
		"theirs is higher, they dialled the fresh one":     {contender(OpenConfirm, low, true), contender(OpenConfirm, low, false), CloseOld},
		"theirs is higher, they dialled the old one":       {contender(OpenConfirm, low, false), contender(OpenConfirm, low, true), CloseFresh},
		"they dialled both, theirs is higher":              {contender(OpenConfirm, low, false), contender(OpenConfirm, low, false), CloseOld},
		"they dialled both, ours is higher":                {contender(OpenConfirm, high, false), contender(OpenConfirm, high, false), CloseFresh},
		"equal identifiers, our AS is higher, we dialled":  {equal(false, 2, 1), equal(true, 2, 1), CloseOld},
		"equal identifiers, our AS is lower, we dialled":   {equal(false, 1, 2), equal(true, 1, 2), CloseFresh},
		"the old one is Established":                       {contender(Established, low, true), contender(OpenConfirm, low, false), CloseFresh},
		"Established, only the fresh one restarts":         {contender(Established, low, true), restarting(contender(OpenConfirm, low, false)), CloseFresh},
		"Established, and the peer restarted":              {restarting(contender(Established, low, true)), restarting(contender(OpenConfirm, low, false)), ReplaceOld},
		"Established by the peer, and it restarted":        {restarting(contender(Established, high, false)), restarting(contender(OpenConfirm, high, false)), ReplaceOld},
		"Established, it restarted without the capability": {restarting(contender(Established, low, true)), contender(OpenConfirm, low, false), ReplaceOld},
		"Established, and our call crosses with its own":   {restarting(contender(Established, low, false)), restarting(contender(OpenConfirm, low, true)), CloseFresh},
		"the peer restarts, but none is Established":       {restarting(contender(OpenConfirm, high, true)), restarting(contender(OpenConfirm, high, false)), CloseFresh},
		"Established, may yield and has to":                {yielding(contender(Established, low, true)), contender(OpenConfirm, low, false), CloseOld},
		"Established, may yield and need not":              {yielding(contender(Established, low, false)), contender(OpenConfirm, low, true), CloseFresh},
		"the old one has no OPEN yet":                      {contender(OpenSent, low, true), contender(OpenConfirm, low, false), KeepBoth},
		"another peer behind the address":                  {stranger, contender(OpenConfirm, low, false), KeepBoth},
	} {
		if got := Collide(c.old, c.fresh); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestOnlyFamiliesMakeARestart: a peer that lists none helps others to restart,
// and does not restart itself (RFC 4724 §3).
func TestOnlyFamiliesMakeARestart(t *testing.T) {
	some := bgp.NewFamilySet(inet.IPv4Unicast)
	for name, c := range map[string]struct {
		caps []bgp.Capability
		want bool
	}{
		"no capability": {nil, false},
		"no family":     {[]bgp.Capability{bgp.NewGracefulRestart(bgp.GracefulRestart{Notification: true, Time: 120})}, false},
		"a family":      {[]bgp.Capability{bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: some})}, true},
	} {
		s, _ := confirmed(t, config(64500, "192.0.2.1"), open(64501, "192.0.2.2", 90, c.caps...))
		if got := s.Contender(true); got.Restarts != c.want || !got.Dialled || got.State != OpenConfirm {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// TestBothEndsAgreeOnTheCollision: each end sees the two connections in its own
// order; they must keep the same one.
func TestBothEndsAgreeOnTheCollision(t *testing.T) {
	for _, ids := range [][2]uint32{{1, 2}, {2, 1}, {3, 3}} {
		a := func(dialled bool) Contender {
			return Contender{State: OpenConfirm, LocalID: ids[0], RemoteID: ids[1], LocalAS: 1, RemoteAS: 2, Dialled: dialled}
		}
		b := func(dialled bool) Contender {
			return Contender{State: OpenConfirm, LocalID: ids[1], RemoteID: ids[0], LocalAS: 2, RemoteAS: 1, Dialled: dialled}
		}
		// Connection x was dialled by a, y by b.
		for _, order := range [][2]bool{{true, true}, {true, false}, {false, true}, {false, false}} {
			xWinsAtA := Collide(a(order[0]), a(!order[0])) == CloseFresh == order[0]
			xWinsAtB := Collide(b(order[1]), b(!order[1])) == CloseOld == order[1]
			if xWinsAtA != xWinsAtB {
				t.Errorf("identifiers %v, order %v: the ends keep different connections", ids, order)
			}
		}
	}
}
