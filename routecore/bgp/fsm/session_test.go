package fsm

import (
	"net/netip"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// config is one end with hold time 90 that offers what a modern speaker does.
func config(as uint32, id string) Config {
	return Config{Local: open(as, id, 90)}
}

func open(as uint32, id string, hold uint16, more ...bgp.Capability) bgp.Open {
	return bgp.NewOpen(inet.ASN(as), hold, netip.MustParseAddr(id), more...)
}

func confirmed(t *testing.T, cfg Config, peer bgp.Open) (*Session, []Action) {
	t.Helper()
	s := New(cfg)
	now := time.Unix(100, 0)
	s.Step(nil, now, Event{Kind: ManualStartPassive})
	s.Step(nil, now, Event{Kind: TCPConfirmed})
	return s, s.Step(nil, now, received(peer.Append(nil)))
}

func TestOpenIsRefusedWithTheRightSubcode(t *testing.T) {
	version := open(64501, "192.0.2.2", 90)
	version.Version = 3
	for name, c := range map[string]struct {
		peer   bgp.Open
		peerAS []inet.ASN
		want   string
	}{
		"any AS":               {open(64501, "192.0.2.2", 90), nil, "k"},
		"AS in the list":       {open(64501, "192.0.2.2", 90), []inet.ASN{1, 64501}, "k"},
		"4-octet AS":           {open(4200000000, "192.0.2.2", 90), []inet.ASN{4200000000}, "k"},
		"AS not in the list":   {open(64502, "192.0.2.2", 90), []inet.ASN{1, 64501}, "n2/2,x"},
		"AS 0":                 {open(0, "192.0.2.2", 90), nil, "n2/2,x"},
		"identifier 0.0.0.0":   {open(64501, "0.0.0.0", 90), nil, "n2/3,x"},
		"our identifier, ibgp": {open(64500, "192.0.2.1", 90), nil, "n2/3,x"},
		"our identifier, ebgp": {open(64501, "192.0.2.1", 90), nil, "k"},
		"hold time 0":          {open(64501, "192.0.2.2", 0), nil, "k"},
		"hold time 1":          {open(64501, "192.0.2.2", 1), nil, "n2/6,x"},
		"hold time 2":          {open(64501, "192.0.2.2", 2), nil, "n2/6,x"},
		"hold time 3":          {open(64501, "192.0.2.2", 3), nil, "k"},
		"version 3":            {version, nil, "n2/1,x"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(64500, "192.0.2.1")
			cfg.PeerAS = c.peerAS
			if _, actions := confirmed(t, cfg, c.peer); render(actions) != c.want {
				t.Errorf("got %s, want %s", render(actions), c.want)
			}
		})
	}
}

func TestHoldTimeIsTheLesserOfBoth(t *testing.T) {
	for _, c := range []struct {
		ours, theirs uint16
		hold, beat   time.Duration
	}{
		{90, 9, 9 * time.Second, 3 * time.Second},
		{30, 90, 30 * time.Second, 10 * time.Second},
		{90, 0, 0, 0},
		{0, 90, 0, 0},
	} {
		cfg := config(64500, "192.0.2.1")
		cfg.Local.HoldTime = c.ours
		s, _ := confirmed(t, cfg, open(64501, "192.0.2.2", c.theirs))
		now := time.Unix(100, 0)
		s.Step(nil, now, received(bgp.AppendKeepalive(nil)))
		n := s.Agreed()
		if s.State() != Established || n.Hold != c.hold || n.Keepalive != c.beat {
			t.Errorf("%d and %d: %v, hold %v, keepalive %v", c.ours, c.theirs, s.State(), n.Hold, n.Keepalive)
		}
		if c.hold == 0 {
			if !s.Deadline().IsZero() {
				t.Errorf("hold time 0 leaves a timer running")
			}
			continue
		}
		if got := s.Deadline().Sub(now); got != c.beat {
			t.Errorf("first timer after %v, want %v", got, c.beat)
		}
		// A KEEPALIVE goes out a third of the hold time later; without one from
		// the peer the session ends when the hold time is over.
		var sent string
		for at := now; s.State() == Established; at = s.Deadline() {
			sent += render(s.Step(nil, at, Event{Kind: Tick})) + " "
		}
		if want := " k k n4/0,d,x "; sent != want && sent != " k k k,n4/0,d,x " {
			t.Errorf("ticks gave %q, want %q", sent, want)
		}
	}
}

func TestUnreadOctetsKeepTheSession(t *testing.T) {
	cfg := config(64500, "192.0.2.1")
	cfg.Paced = true
	s, actions := confirmed(t, cfg, open(64501, "192.0.2.2", 9))
	if render(actions) != "k,p" || actions[1].Every != 3*time.Second {
		t.Fatalf("got %s %v, want a KEEPALIVE and the pace of 3 s", render(actions), actions[1].Every)
	}
	s.Step(nil, time.Unix(101, 0), received(bgp.AppendKeepalive(nil)))
	// The reader was away for a minute; it reads first, then asks for timers.
	late := time.Unix(161, 0)
	s.Step(nil, late, received(bgp.AppendKeepalive(nil)))
	if got := render(s.Step(nil, late, Event{Kind: Tick})); got != "" || s.State() != Established {
		t.Errorf("late tick gives %q in %v", got, s.State())
	}
}

func TestSendHoldTimer(t *testing.T) {
	s, _ := confirmed(t, config(64500, "192.0.2.1"), open(64501, "192.0.2.2", 90))
	now := time.Unix(100, 0)
	s.Step(nil, now, received(bgp.AppendKeepalive(nil)))
	if got := s.Agreed().SendHold; got != 8*time.Minute {
		t.Fatalf("send hold time %v, want 8 minutes", got)
	}
	s.Step(nil, now, Event{Kind: WriteStalled})
	s.Step(nil, now.Add(time.Minute), Event{Kind: WriteStalled})
	keep := func(until time.Duration) (out string) {
		for at := time.Duration(0); at <= until && s.State() == Established; at += 10 * time.Second {
			s.Step(nil, now.Add(at), received(bgp.AppendKeepalive(nil)))
			out = render(s.Step(nil, now.Add(at), Event{Kind: Tick}))
		}
		return out
	}
	if got := keep(7 * time.Minute); s.State() != Established {
		t.Fatalf("ended too early with %s", got)
	}
	s.Step(nil, now.Add(7*time.Minute), Event{Kind: WriteResumed})
	keep(9 * time.Minute)
	if s.State() != Established {
		t.Fatal("ended although octets went out again")
	}
	s.Step(nil, now.Add(9*time.Minute), Event{Kind: WriteStalled})
	if got := keep(18 * time.Minute); got != "d,x" && got != "k,d,x" {
		t.Errorf("got %q, want Down and Close without a NOTIFICATION", got)
	}
	why := Reason{State: Established, Event: SendHoldExpires}
	if got, want := why.String(), "SendHoldTimer_Expires in Established: Send Hold Timer Expired"; got != want {
		t.Errorf("it is logged as %q, want %q", got, want)
	}
}

func TestGracefulRestartDecidesWhatIsKept(t *testing.T) {
	gr := func(n bool) bgp.Capability {
		return bgp.NewGracefulRestart(bgp.GracefulRestart{Notification: n, Time: 120,
			Families: bgp.NewFamilySet(inet.IPv4Unicast), Forwarding: bgp.NewFamilySet(inet.IPv4Unicast)})
	}
	hard := bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseHardReset}
	soft := bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseReset}
	notify := func(n bgp.Notification) Event {
		return received(n.Append(nil))
	}
	for name, c := range map[string]struct {
		ours, theirs []bgp.Capability
		ev           Event
		keep         bool
	}{
		"no capability, connection lost": {nil, nil, Event{Kind: TCPFails}, false},
		"only theirs, connection lost":   {nil, []bgp.Capability{gr(true)}, Event{Kind: TCPFails}, false},
		"both, connection lost":          {[]bgp.Capability{gr(false)}, []bgp.Capability{gr(false)}, Event{Kind: TCPFails}, true},
		"both, NOTIFICATION without N":   {[]bgp.Capability{gr(true)}, []bgp.Capability{gr(false)}, notify(soft), false},
		"both, NOTIFICATION with N":      {[]bgp.Capability{gr(true)}, []bgp.Capability{gr(true)}, notify(soft), true},
		"both, hard reset with N":        {[]bgp.Capability{gr(true)}, []bgp.Capability{gr(true)}, notify(hard), false},
		"both, hold timer with N":        {[]bgp.Capability{gr(true)}, []bgp.Capability{gr(true)}, Event{Kind: HoldTimerExpires}, true},
		"both, hold timer without N":     {[]bgp.Capability{gr(false)}, []bgp.Capability{gr(false)}, Event{Kind: HoldTimerExpires}, false},
		"both, we stop":                  {[]bgp.Capability{gr(true)}, []bgp.Capability{gr(true)}, Event{Kind: ManualStop}, false},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(64500, "192.0.2.1")
			cfg.Local = open(64500, "192.0.2.1", 90, c.ours...)
			s, _ := confirmed(t, cfg, open(64501, "192.0.2.2", 90, c.theirs...))
			s.Step(nil, time.Unix(101, 0), received(bgp.AppendKeepalive(nil)))
			for _, a := range s.Step(nil, time.Unix(102, 0), c.ev) {
				if a.Kind == Down && a.Why.Keep != c.keep {
					t.Errorf("keep is %v, want %v (%v)", a.Why.Keep, c.keep, a.Why)
				}
			}
			if s.State() != Idle {
				t.Errorf("still in %v", s.State())
			}
		})
	}
}

func TestFailedSessionWaitsLongerEachTime(t *testing.T) {
	cfg := config(64500, "192.0.2.1")
	cfg.IdleHold = 2 * time.Second
	s := New(cfg)
	now := time.Unix(100, 0)
	s.Step(nil, now, Event{Kind: AutomaticStartDamped})
	for i, want := range []time.Duration{2, 4, 8, 16, 32, 64, 64} {
		s.Step(nil, now, Event{Kind: TCPFails})
		if got := s.Deadline().Sub(now); s.State() != Idle || got != want*time.Second {
			t.Fatalf("failure %d: waits %v in %v, want %v s", i+1, got, s.State(), want)
		}
		if got := s.Step(nil, now, Event{Kind: AutomaticStartDamped}); len(got) != 0 {
			t.Fatalf("starts while damped: %s", render(got))
		}
		now = s.Deadline()
		if got := render(s.Step(nil, now, Event{Kind: Tick})); got != "D" {
			t.Fatalf("IdleHoldTimer gives %q, want a dial", got)
		}
	}
}

func TestJitterStaysWithinAQuarter(t *testing.T) {
	cfg := config(64500, "192.0.2.1")
	cfg.Seed = 7
	s := New(cfg)
	low, high := time.Hour, time.Duration(0)
	for range 1000 {
		d := s.jitter(100 * time.Second)
		low, high = min(low, d), max(high, d)
	}
	if low < 75*time.Second || high > 100*time.Second || high-low < 20*time.Second {
		t.Errorf("jitter from %v to %v", low, high)
	}
}

// TestKeepalivesAreASecondApart: jitter must not take the shortest interval,
// that of a hold time of three seconds, below it (RFC 4271 §4.4).
func TestKeepalivesAreASecondApart(t *testing.T) {
	for seed := range uint64(50) {
		cfg := config(64500, "192.0.2.1")
		cfg.Seed = seed + 1
		s, _ := confirmed(t, cfg, open(64501, "192.0.2.2", 3))
		if got := s.Deadline().Sub(time.Unix(100, 0)); got != time.Second {
			t.Fatalf("seed %d: the second KEEPALIVE goes after %v", seed+1, got)
		}
	}
}

func TestSendHoldTimeIsLongerThanTheHoldTime(t *testing.T) {
	for _, c := range []struct {
		hold             uint16
		configured, want time.Duration
	}{
		{90, 0, 8 * time.Minute},
		{300, 0, 10 * time.Minute},
		{90, 91 * time.Second, 91 * time.Second},
		{90, 90 * time.Second, 8 * time.Minute},
		{0, 0, 0},
		{0, time.Minute, 0},
	} {
		cfg := config(64500, "192.0.2.1")
		cfg.Local.HoldTime, cfg.SendHold = c.hold, c.configured
		s, _ := confirmed(t, cfg, open(64501, "192.0.2.2", 300))
		now := time.Unix(100, 0)
		s.Step(nil, now, received(bgp.AppendKeepalive(nil)))
		if got := s.Agreed().SendHold; got != c.want {
			t.Errorf("hold time %d, configured %v: %v, want %v", c.hold, c.configured, got, c.want)
		}
		if s.Step(nil, now, Event{Kind: WriteStalled}); c.want == 0 && !s.Deadline().IsZero() {
			t.Errorf("hold time 0: a timer runs")
		}
	}
}

func TestUpdateInEstablishedAllocatesNothing(t *testing.T) {
	s, _ := confirmed(t, config(64500, "192.0.2.1"), open(64501, "192.0.2.2", 90))
	now := time.Unix(100, 0)
	s.Step(nil, now, received(bgp.AppendKeepalive(nil)))
	ev := received(emptyUpdate())
	dst := make([]Action, 0, 4)
	if n := testing.AllocsPerRun(100, func() { dst = s.Step(dst[:0], now, ev) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if render(dst) != "m" {
		t.Errorf("got %s", render(dst))
	}
}

func BenchmarkStepUpdate(b *testing.B) {
	cfg := config(64500, "192.0.2.1")
	s := New(cfg)
	now := time.Unix(100, 0)
	for _, ev := range []Event{{Kind: ManualStartPassive}, {Kind: TCPConfirmed}, received(open(64501, "192.0.2.2", 90).Append(nil)), received(bgp.AppendKeepalive(nil))} {
		s.Step(nil, now, ev)
	}
	ev := received(emptyUpdate())
	dst := make([]Action, 0, 4)
	b.ReportAllocs()
	for b.Loop() {
		dst = s.Step(dst[:0], now, ev)
	}
}

// emptyUpdate is an End-of-RIB, the shortest UPDATE.
func emptyUpdate() []byte {
	m := append(bgp.AppendKeepalive(nil), 0, 0, 0, 0)
	m[17], m[18] = 23, byte(bgp.MsgUpdate)
	return m
}

func TestRolesMustGoTogether(t *testing.T) {
	with := func(as uint32, id string, roles ...bgp.Role) bgp.Open {
		o := open(as, id, 90)
		for _, r := range roles {
			o.Caps = append(o.Caps, bgp.NewRole(r))
		}
		return o
	}
	for name, c := range map[string]struct {
		ours, theirs []bgp.Role
		strict, ibgp bool
		want         string
	}{
		"provider and customer":     {[]bgp.Role{bgp.RoleProvider}, []bgp.Role{bgp.RoleCustomer}, false, false, "k"},
		"customer and provider":     {[]bgp.Role{bgp.RoleCustomer}, []bgp.Role{bgp.RoleProvider}, false, false, "k"},
		"route server and client":   {[]bgp.Role{bgp.RoleRS}, []bgp.Role{bgp.RoleRSClient}, false, false, "k"},
		"two peers":                 {[]bgp.Role{bgp.RolePeer}, []bgp.Role{bgp.RolePeer}, false, false, "k"},
		"two providers":             {[]bgp.Role{bgp.RoleProvider}, []bgp.Role{bgp.RoleProvider}, false, false, "n2/11,x"},
		"peer and customer":         {[]bgp.Role{bgp.RolePeer}, []bgp.Role{bgp.RoleCustomer}, false, false, "n2/11,x"},
		"a role that nobody knows":  {[]bgp.Role{bgp.RolePeer}, []bgp.Role{77}, false, false, "n2/11,x"},
		"two that differ":           {nil, []bgp.Role{bgp.RolePeer, bgp.RoleCustomer}, false, false, "n2/11,x"},
		"the peer has none":         {[]bgp.Role{bgp.RolePeer}, nil, false, false, "k"},
		"the peer has none, strict": {[]bgp.Role{bgp.RolePeer}, nil, true, false, "n2/11,x"},
		"we have none, strict":      {nil, []bgp.Role{bgp.RolePeer}, true, false, "k"},
		"inside one AS":             {[]bgp.Role{bgp.RolePeer}, []bgp.Role{bgp.RoleCustomer}, true, true, "k"},
	} {
		as := uint32(64501)
		if c.ibgp {
			as = 64500
		}
		cfg := Config{Local: with(64500, "192.0.2.1", c.ours...), StrictRole: c.strict}
		if _, actions := confirmed(t, cfg, with(as, "192.0.2.2", c.theirs...)); render(actions) != c.want {
			t.Errorf("%s: %s, want %s", name, render(actions), c.want)
		}
	}
}
