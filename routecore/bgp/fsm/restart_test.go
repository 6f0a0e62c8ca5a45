package fsm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"pgregory.net/rapid"
)

// agreed is what two ends agree on whose OPENs have these capabilities and IPv4
// and IPv6 unicast.
func agreed(local, remote []bgp.Capability) *Negotiated {
	both := []bgp.Capability{bgp.NewMultiprotocol(inet.IPv4Unicast), bgp.NewMultiprotocol(inet.IPv6Unicast)}
	n := &Negotiated{
		Local:  open(64500, "192.0.2.1", 90, append(both, local...)...),
		Remote: open(64501, "192.0.2.2", 90, append(both, remote...)...),
	}
	n.Recv, n.Send = bgp.Negotiate(n.Local, n.Remote)
	return n
}

func graceful(seconds uint16, forwarding ...inet.Family) bgp.Capability {
	return bgp.NewGracefulRestart(bgp.GracefulRestart{Time: seconds, Notification: true,
		Families: bgp.NewFamilySet(inet.IPv4Unicast, inet.IPv6Unicast), Forwarding: bgp.NewFamilySet(forwarding...)})
}

func lived(seconds uint32, forwarding bool, families ...inet.Family) bgp.Capability {
	var entries []bgp.LLGR
	for _, f := range families {
		entries = append(entries, bgp.LLGR{Family: f, Time: seconds, Forwarding: forwarding})
	}
	return bgp.NewLLGR(entries...)
}

func words(actions []RouteAction) string {
	var out []string
	for _, a := range actions {
		out = append(out, fmt.Sprintf("%v %v", a.Op, a.Family))
	}
	return strings.Join(out, "; ")
}

// script plays lines of "time event" against a Restart and compares what it says.
type script struct {
	at   int // seconds
	do   string
	want string
}

func TestRestart(t *testing.T) {
	v4, v6 := inet.IPv4Unicast, inet.IPv6Unicast
	us := []bgp.Capability{graceful(120), lived(1, false, v4, v6)}
	gr := agreed(us, []bgp.Capability{graceful(100, v4, v6)})
	both := agreed(us, []bgp.Capability{graceful(100, v4, v6), lived(3600, true, v4)})
	notPreserved := agreed(us, []bgp.Capability{graceful(100, v4), lived(3600, false, v4)})
	zero := agreed(us, []bgp.Capability{graceful(0, v4, v6), lived(3600, true, v4)})
	onlyTheirs := agreed([]bgp.Capability{graceful(120)}, []bgp.Capability{graceful(100, v4, v6), lived(3600, true, v4)})
	plain := agreed(nil, nil)
	for name, c := range map[string]struct {
		r     Restart
		n     *Negotiated // of all sessions but the ones named otherwise
		steps []script
	}{
		"all comes back": {n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{50, "up", ""},
			{60, "eor v4", "sweep ipv4 unicast"},
			{61, "eor v4", ""},
			{70, "eor v6", "sweep ipv6 unicast"},
			{9999, "tick", ""},
		}},
		"it does not come back": {n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{99, "tick", ""},
			{100, "tick", "sweep ipv4 unicast; sweep ipv6 unicast"},
			{101, "up", ""},
		}},
		"the session was ended on purpose": {n: gr, steps: []script{
			{0, "kill", "drop all ipv4 unicast; drop all ipv6 unicast"},
			{9999, "tick", ""},
		}},
		"our bound is lower": {r: Restart{MaxRestart: 10 * time.Second}, n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{10, "tick", "sweep ipv4 unicast; sweep ipv6 unicast"},
		}},
		"End-of-RIB never comes": {n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{50, "up", ""},
			{60, "eor v6", "sweep ipv6 unicast"},
			{409, "tick", ""},
			{410, "tick", "sweep ipv4 unicast"},
		}},
		"it goes away again before End-of-RIB": {n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{50, "up", ""},
			{55, "eor v6", "sweep ipv6 unicast"},
			{60, "down", "sweep ipv4 unicast; mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{159, "tick", ""},
			{160, "tick", "sweep ipv4 unicast; sweep ipv6 unicast"},
		}},
		"a family was not preserved": {n: notPreserved, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{50, "up", "sweep ipv6 unicast"},
			{60, "eor v4", "sweep ipv4 unicast"},
		}},
		"it comes back without the capability": {n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{50, "up plain", "sweep ipv4 unicast; sweep ipv6 unicast"},
		}},
		"long-lived": {n: both, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{100, "tick", "mark long-lived stale ipv4 unicast; sweep ipv6 unicast"},
			{3699, "tick", ""},
			{3700, "tick", "sweep ipv4 unicast"},
		}},
		"long-lived, and it comes back": {n: both, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{100, "tick", "mark long-lived stale ipv4 unicast; sweep ipv6 unicast"},
			{500, "up", ""},
			{510, "eor v4", "sweep ipv4 unicast"},
		}},
		"long-lived goes on while it flaps": {n: both, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{100, "tick", "mark long-lived stale ipv4 unicast; sweep ipv6 unicast"},
			{3500, "up", ""},
			{3550, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{3650, "tick", "mark long-lived stale ipv4 unicast; sweep ipv6 unicast"},
			{3700, "tick", "sweep ipv4 unicast"},
		}},
		"long-lived, but not preserved": {n: both, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{100, "tick", "mark long-lived stale ipv4 unicast; sweep ipv6 unicast"},
			{500, "up lost", "sweep ipv4 unicast"},
		}},
		"restart time 0 is long-lived at once": {n: zero, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast; mark long-lived stale ipv4 unicast; sweep ipv6 unicast"},
			{3600, "tick", "sweep ipv4 unicast"},
		}},
		"we did not announce long-lived": {n: onlyTheirs, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{100, "tick", "sweep ipv4 unicast; sweep ipv6 unicast"},
		}},
		"the peer is taken out of the configuration": {n: both, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{10, "stop", "drop all ipv4 unicast; drop all ipv6 unicast"},
			{9999, "tick", ""},
		}},
		"killed while stale": {n: gr, steps: []script{
			{0, "down", "mark stale ipv4 unicast; mark stale ipv6 unicast"},
			{10, "up", ""},
			{20, "kill", "drop all ipv4 unicast; drop all ipv6 unicast"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r, start := c.r, time.Unix(1000, 0)
			for _, s := range c.steps {
				now := start.Add(time.Duration(s.at) * time.Second)
				var got []RouteAction
				switch s.do {
				case "down":
					got = r.Down(nil, now, c.n, true)
				case "kill":
					got = r.Down(nil, now, c.n, false)
				case "up":
					got = r.Up(nil, now, c.n)
				case "up plain":
					got = r.Up(nil, now, plain)
				case "up lost":
					got = r.Up(nil, now, notPreserved)
				case "eor v4":
					got = r.EndOfRIB(nil, v4)
				case "eor v6":
					got = r.EndOfRIB(nil, v6)
				case "stop":
					got = r.Stop(nil)
				case "tick":
					got = r.Tick(nil, now)
				default:
					t.Fatal(s.do)
				}
				if words(got) != s.want {
					t.Fatalf("%d s, %s: %q, want %q", s.at, s.do, words(got), s.want)
				}
			}
			if !r.Deadline().IsZero() || r.Kept() != 0 {
				t.Errorf("in the end %v is still kept until %v", r.Kept(), r.Deadline())
			}
		})
	}
}

// TestStaleRoutesAlwaysGo plays anything and holds that what was marked stale is
// swept once all timers are over.
func TestStaleRoutesAlwaysGo(t *testing.T) {
	v4, v6 := inet.IPv4Unicast, inet.IPv6Unicast
	us := []bgp.Capability{graceful(120), lived(1, false, v4, v6)}
	kinds := []*Negotiated{
		agreed(us, []bgp.Capability{graceful(100, v4, v6)}), agreed(us, []bgp.Capability{graceful(30, v4), lived(600, true, v4, v6)}),
		agreed(us, []bgp.Capability{graceful(0, v4), lived(600, true, v4)}), agreed(us, nil),
	}
	rapid.Check(t, func(t *rapid.T) {
		var r Restart
		now, up := time.Unix(0, 0), true
		n := kinds[0]
		stale := map[inet.Family]bool{}
		take := func(actions []RouteAction) {
			for _, a := range actions {
				switch a.Op {
				case MarkStale:
					stale[a.Family] = true
				case MarkLongLived:
					if !stale[a.Family] {
						t.Fatalf("%v is long-lived stale without being stale", a.Family)
					}
				case Sweep, DropAll:
					delete(stale, a.Family)
				}
			}
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "wait")) * time.Second)
			take(r.Tick(nil, now))
			switch {
			case up && rapid.Bool().Draw(t, "down"):
				take(r.Down(nil, now, n, rapid.IntRange(0, 3).Draw(t, "keep") > 0))
				up = false
			case up:
				take(r.EndOfRIB(nil, rapid.SampledFrom([]inet.Family{v4, v6}).Draw(t, "family")))
			default:
				n = rapid.SampledFrom(kinds).Draw(t, "capabilities")
				take(r.Up(nil, now, n))
				up = true
			}
			if len(stale) != r.Kept().Len() {
				t.Fatalf("%v is stale, but %v is kept", stale, r.Kept())
			}
			if d := r.Deadline(); len(stale) > 0 && !d.After(now) {
				t.Fatalf("a deadline that is over: %v, now %v", d, now)
			}
		}
		for range 10 {
			if d := r.Deadline(); !d.IsZero() {
				take(r.Tick(nil, d))
			}
		}
		if len(stale) > 0 {
			t.Fatalf("%v stays stale for ever", stale)
		}
	})
}
