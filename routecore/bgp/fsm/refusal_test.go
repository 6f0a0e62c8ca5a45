package fsm

import (
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// attempt takes a dialling session through one connection, up to its OPEN, and
// returns that OPEN.
func attempt(t *testing.T, s *Session, now time.Time, start Kind) bgp.Open {
	t.Helper()
	s.Step(nil, now, Event{Kind: start})
	for _, a := range s.Step(nil, now, Event{Kind: TCPAcked}) {
		if a.Kind == Send {
			o, err := bgp.ParseOpen(a.Bytes[bgp.HeaderLen:])
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
	}
	t.Fatalf("no OPEN was sent in %v", s.State())
	return bgp.Open{}
}

func TestTheNextOpenLeavesOutWhatThePeerRefused(t *testing.T) {
	gr := bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120})
	for name, c := range map[string]struct {
		note bgp.Notification
		want []bgp.CapCode
	}{
		"unsupported capability": {bgp.Notification{Code: bgp.CodeOpen, Subcode: bgp.OpenCapability, Data: bgp.AppendCapabilities(nil, []bgp.Capability{gr})},
			[]bgp.CapCode{bgp.CapASN4, bgp.CapMultiprotocol}},
		"a capability that it misses": {bgp.Notification{Code: bgp.CodeOpen, Subcode: bgp.OpenCapability, Data: bgp.AppendCapabilities(nil, []bgp.Capability{bgp.NewMultiprotocol(inet.IPv4Unicast)})},
			[]bgp.CapCode{bgp.CapASN4, bgp.CapMultiprotocol, bgp.CapGracefulRestart}},
		"unsupported parameter": {bgp.Notification{Code: bgp.CodeOpen, Subcode: bgp.OpenParameter}, nil},
		"another error": {bgp.Notification{Code: bgp.CodeOpen, Subcode: bgp.OpenPeerAS},
			[]bgp.CapCode{bgp.CapASN4, bgp.CapMultiprotocol, bgp.CapGracefulRestart}},
	} {
		cfg := Config{Local: open(64500, "192.0.2.1", 90, bgp.NewMultiprotocol(inet.IPv6Unicast), gr)}
		s := New(cfg)
		now := time.Unix(100, 0)
		if o := attempt(t, s, now, ManualStart); len(o.Caps) != 3 {
			t.Fatalf("%s: the first OPEN has %d capabilities", name, len(o.Caps))
		}
		s.Step(nil, now, received(c.note.Append(nil)))
		o := attempt(t, s, now, AutomaticStart)
		var got []bgp.CapCode
		for _, k := range o.Caps {
			got = append(got, k.Code)
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: the second OPEN has %v, want %v", name, got, c.want)
		}
		s.Step(nil, now, Event{Kind: ManualStop})
		if o := attempt(t, s, now, ManualStart); len(o.Caps) != 3 {
			t.Errorf("%s: a start by hand does not offer everything again", name)
		}
	}
}

func TestAnotherVersionIsTriedAgainWithoutAPenalty(t *testing.T) {
	cfg := config(64500, "192.0.2.1")
	cfg.IdleHold = 2 * time.Second
	s := New(cfg)
	now := time.Unix(100, 0)
	for range 5 {
		attempt(t, s, now, AutomaticStart)
		var why *Reason
		for _, a := range s.Step(nil, now, received(bgp.Notification{Code: bgp.CodeOpen, Subcode: bgp.OpenVersion, Data: []byte{0, 3}}.Append(nil))) {
			why = a.Why
		}
		if v, ok := why.PeerVersion(); !ok || v != 3 {
			t.Errorf("the peer's version is %d %v, want 3", v, ok)
		}
		if got := s.Deadline().Sub(now); s.State() != Idle || got != 2*time.Second || s.Failures() != 0 {
			t.Fatalf("waits %v in %v after %d failures", got, s.State(), s.Failures())
		}
		now = s.Deadline()
		s.Step(nil, now, Event{Kind: Tick})
		if s.State() != Connect {
			t.Fatalf("does not dial again: %v", s.State())
		}
		s.Step(nil, now, Event{Kind: ManualStop})
	}
}

func TestAShutdownForGoodIsAHardReset(t *testing.T) {
	gr := bgp.NewGracefulRestart(bgp.GracefulRestart{Notification: true, Time: 120,
		Families: bgp.NewFamilySet(inet.IPv4Unicast), Forwarding: bgp.NewFamilySet(inet.IPv4Unicast)})
	shutdown := bgp.NewShutdown(bgp.CeaseShutdown, "until tomorrow")
	reset := bgp.NewShutdown(bgp.CeaseReset, "new settings")
	none := bgp.NewGracefulRestart(bgp.GracefulRestart{Notification: true}) // what we announce may be kept all the same
	old := bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: bgp.NewFamilySet(inet.IPv4Unicast)})
	for name, c := range map[string]struct {
		caps []bgp.Capability
		note bgp.Notification
		want uint8
		text string
	}{
		"shutdown, without families":         {[]bgp.Capability{none}, shutdown, bgp.CeaseHardReset, "until tomorrow"},
		"shutdown, without the N bit":        {[]bgp.Capability{old}, shutdown, bgp.CeaseShutdown, "until tomorrow"},
		"shutdown, with graceful restart":    {[]bgp.Capability{gr}, shutdown, bgp.CeaseHardReset, "until tomorrow"},
		"shutdown, without graceful restart": {nil, shutdown, bgp.CeaseShutdown, "until tomorrow"},
		"reset, with graceful restart":       {[]bgp.Capability{gr}, reset, bgp.CeaseReset, "new settings"},
	} {
		cfg := Config{Local: open(64500, "192.0.2.1", 90, c.caps...)}
		s, _ := confirmed(t, cfg, open(64501, "192.0.2.2", 90, c.caps...))
		s.Step(nil, time.Unix(101, 0), received(bgp.AppendKeepalive(nil)))
		for _, a := range s.Step(nil, time.Unix(102, 0), Event{Kind: ManualStop, Note: c.note}) {
			if a.Kind == Send && (a.Bytes[19] != bgp.CodeCease || a.Bytes[20] != c.want) {
				t.Errorf("%s: sent %d/%d, want %d/%d", name, a.Bytes[19], a.Bytes[20], bgp.CodeCease, c.want)
			}
			if a.Kind != Down {
				continue
			}
			if text, ok := a.Why.Shutdown(); !ok || text != c.text {
				t.Errorf("%s: the communication is %q %v", name, text, ok)
			}
		}
		// The other end keeps or drops what we sent accordingly, and can read why.
		note := c.note
		if c.want == bgp.CeaseHardReset {
			note = bgp.Notification{Code: bgp.CodeCease, Subcode: bgp.CeaseHardReset, Data: append([]byte{note.Code, note.Subcode}, note.Data...)}
		}
		p, _ := confirmed(t, cfg, open(64501, "192.0.2.2", 90, c.caps...))
		p.Step(nil, time.Unix(101, 0), received(bgp.AppendKeepalive(nil)))
		for _, a := range p.Step(nil, time.Unix(102, 0), received(note.Append(nil))) {
			if a.Kind == Down {
				if text, ok := a.Why.Shutdown(); !ok || text != c.text || a.Why.Keep != (c.want == bgp.CeaseReset) {
					t.Errorf("%s: received as %q %v, keep %v", name, text, ok, a.Why.Keep)
				}
			}
		}
	}
}
