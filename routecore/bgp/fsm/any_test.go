package fsm

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// anyEvent draws events as a confused driver or a hostile peer might send them.
func anyEvent(t *rapid.T) Event {
	k := Kind(rapid.IntRange(1, int(RouteRefreshMsg)).Draw(t, "kind"))
	switch rapid.IntRange(0, 9).Draw(t, "what") {
	case 0, 1, 2:
		peer := open(64501, "192.0.2.2", uint16(rapid.IntRange(0, 9).Draw(t, "hold")), bgp.Capability{Code: DefaultPoints.Capability, Value: []byte{0}})
		if rapid.Bool().Draw(t, "family") {
			peer = functionOpen(peer, 90, inet.IPv6Unicast, nil)
		}
		return received(rapid.SampledFrom([][]byte{
			peer.Append(nil), bgp.AppendKeepalive(nil), emptyUpdate(), bgp.NewShutdown(2, "x").Append(nil),
			bgp.RouteRefresh{Family: inet.IPv4Unicast}.Append(nil), bgp.Notification{Code: 2, Subcode: 1, Data: []byte{0, 3}}.Append(nil),
		}).Draw(t, "message"))
	case 3:
		raw := append(bgp.AppendKeepalive(nil)[:16:16], rapid.SliceOfN(rapid.Byte(), 13, 60).Draw(t, "octets")...)
		return received(raw)
	case 4, 5, 6:
		return Event{Kind: rapid.SampledFrom([]Kind{Tick, WriteStalled, WriteResumed, heard, TCPAcked, StreamOpened, ManualStart, 0, 99}).Draw(t, "input")}
	}
	return Event{Kind: k, Note: bgp.Notification{Code: byte(rapid.IntRange(0, 9).Draw(t, "code"))}}
}

// TestAnyEventAtAnyTime holds what is true of a session whatever happens: Up and
// Down alternate and agree with the state, only the IdleHoldTimer runs in Idle,
// and nothing is said after a NOTIFICATION.
func TestAnyEventAtAnyTime(t *testing.T) {
	reached := map[State]int{}
	rapid.Check(t, func(t *rapid.T) {
		cfg := config(64500, "192.0.2.1")
		cfg.Channel = rapid.SampledFrom([]Channel{Whole, Control, Sender, Receiver}).Draw(t, "channel")
		cfg.Passive = rapid.Bool().Draw(t, "passive")
		cfg.NotifyWithoutOpen = rapid.Bool().Draw(t, "notify without OPEN")
		cfg.DelayOpen = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "delay open")
		cfg.IdleHold = rapid.SampledFrom([]time.Duration{0, time.Second}).Draw(t, "idle hold")
		if cfg.Channel >= Sender {
			cfg = withFamily(cfg)
		}
		s, now, up := New(cfg), time.Unix(1000, 0), false
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			ev := anyEvent(t)
			if rapid.IntRange(0, 3).Draw(t, "on the way") == 0 {
				ev = onTheWay(s)
			}
			now = now.Add(time.Duration(rapid.IntRange(0, 3000).Draw(t, "wait")) * time.Millisecond)
			noted := false
			for _, a := range s.Step(nil, now, ev) {
				if noted && a.Kind != Down && a.Kind != Close {
					t.Fatalf("%v after a NOTIFICATION", a.Kind)
				}
				switch a.Kind {
				case Send:
					if _, n, err := bgp.ReadMessage(a.Bytes, bgp.MaxExtMessage); err != nil || n != len(a.Bytes) {
						t.Fatalf("sends % x: %v", a.Bytes, err)
					}
					noted = bgp.MsgType(a.Bytes[18]) == bgp.MsgNotification
				case Up, Down:
					if up != (a.Kind == Down) {
						t.Fatalf("%v while up is %v", a.Kind, up)
					}
					up = !up
				case Deliver:
					if !up {
						t.Fatal("delivers without being up")
					}
				}
			}
			reached[s.State()]++
			if up != (s.State() == Established) {
				t.Fatalf("up is %v in %v", up, s.State())
			}
			for i, at := range s.due {
				if s.State() == Idle && timer(i) != idleHold && !at.IsZero() {
					t.Fatalf("timer of %v runs in Idle", timerEvents[i])
				}
			}
		}
	})
	for st := Idle; st <= Terminating; st++ {
		if reached[st] == 0 {
			t.Errorf("%v was never reached", st)
		}
	}
}

// onTheWay is the event that brings a session closer to Established.
func onTheWay(s *Session) Event {
	peer := open(64501, "192.0.2.2", 90, bgp.Capability{Code: DefaultPoints.Capability, Value: []byte{0}})
	if s.cfg.Channel >= Sender {
		peer = functionOpen(peer, 90, inet.IPv6Unicast, nil)
	}
	switch s.State() {
	case Idle:
		if s.cfg.Channel == Receiver {
			return Event{Kind: StreamOpened}
		}
		return Event{Kind: ManualStart}
	case Connect, Active:
		if s.cfg.Channel == Sender {
			return Event{Kind: StreamOpened}
		}
		if s.linked {
			return received(peer.Append(nil))
		}
		return Event{Kind: TCPConfirmed}
	case OpenSent:
		return received(peer.Append(nil))
	}
	return received(bgp.AppendKeepalive(nil))
}

// TestAnyFrameAtAnyTime sends a peer anything on any stream.
func TestAnyFrameAtAnyTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := boqConfig(0, inet.IPv4Unicast, inet.IPv6Unicast)
		cfg.IdleHold = time.Second
		p, now := NewPeer(cfg), time.Unix(1000, 0)
		peer := open(64501, "192.0.2.2", 90, bgp.Capability{Code: DefaultPoints.Capability, Value: []byte{2}})
		up := map[Channel]map[inet.Family]int{Control: {}, Sender: {}, Receiver: {}}
		step := func(ev PeerEvent) {
			for _, a := range p.Step(nil, now, ev) {
				switch a.Kind {
				case Send:
					if _, n, err := ReadFrame(a.Bytes); err != nil || n != len(a.Bytes) {
						t.Fatalf("writes % x: %v", a.Bytes, err)
					}
				case Up:
					up[a.Channel][a.Family]++
				case Down:
					up[a.Channel][a.Family]--
				}
			}
			for ch, families := range up {
				for f, n := range families {
					if n < 0 || n > 1 {
						t.Fatalf("%v %v is up %d times", ch, f, n)
					}
				}
			}
			if up[Control][0] == 0 && len(p.lanes) > 0 && p.control.State() != OpenConfirm {
				t.Fatalf("%d channels without control, which is %v", len(p.lanes), p.control.State())
			}
		}
		step(PeerEvent{Event: Event{Kind: ManualStart}})
		step(PeerEvent{Event: Event{Kind: TCPAcked}})
		step(PeerEvent{Event: Event{Kind: Received}, Frame: Frame{Payload: peer.Append(nil)}})
		if rapid.IntRange(0, 4).Draw(t, "established") > 0 {
			step(PeerEvent{Event: Event{Kind: Received}, Frame: Frame{Payload: bgp.AppendKeepalive(nil)}})
		}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "wait")) * time.Millisecond)
			ev := PeerEvent{Event: anyEvent(t), Stream: uint64(rapid.IntRange(0, 6).Draw(t, "stream"))}
			if ev.Kind == StreamOpened && rapid.Bool().Draw(t, "ours") {
				ev.Family = rapid.SampledFrom([]inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.L2VPNEVPN}).Draw(t, "family")
			}
			if ev.Kind == Received {
				ev.Frame = Frame{Payload: ev.Message.Raw, Addressed: rapid.Bool().Draw(t, "addressed"), Stream: uint64(rapid.IntRange(0, 6).Draw(t, "address"))}
				if rapid.IntRange(0, 2).Draw(t, "family's OPEN") == 0 {
					ev.Frame.Payload = functionOpen(peer, 90, rapid.SampledFrom([]inet.Family{inet.IPv4Unicast, inet.IPv6Unicast}).Draw(t, "for"), nil).Append(nil)
				}
			}
			step(ev)
		}
		step(PeerEvent{Event: Event{Kind: TCPFails}})
		for ch, families := range up {
			for f, n := range families {
				if n != 0 {
					t.Fatalf("%v %v is up without a connection", ch, f)
				}
			}
		}
	})
}
