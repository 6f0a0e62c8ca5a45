package fsm

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

func TestEachEndDecidesWhichFamiliesItSends(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast, inet.IPv6Unicast), boqConfig(1, inet.IPv4Unicast))
	q.connect()
	q.settle()
	q.want(0, ctl, "sender ipv4 unicast", "sender ipv6 unicast", "receiver ipv4 unicast")
	q.want(1, ctl, "sender ipv4 unicast", "receiver ipv4 unicast", "receiver ipv6 unicast")
	q.update(0, inet.IPv6Unicast)
	q.update(0, inet.IPv6Unicast)
	q.update(1, inet.IPv4Unicast)
	q.settle()
	if a, b := q.ends[0].delivered, q.ends[1].delivered; a[inet.IPv4Unicast] != 1 || b[inet.IPv6Unicast] != 2 || len(a)+len(b) != 2 {
		t.Errorf("delivered %v and %v", a, b)
	}
	// An hour of nothing but KEEPALIVEs.
	q.pass(3 * time.Hour)
	q.want(0, ctl, "sender ipv4 unicast", "sender ipv6 unicast", "receiver ipv4 unicast")
	for _, e := range q.ends {
		for _, l := range e.lanes {
			if n := l.Agreed(); n.Recv.MaxLen != bgp.MaxExtMessage || n.Recv.Families.Len() != 1 {
				t.Errorf("channel agreed on %d octets and %v", n.Recv.MaxLen, n.Recv.Families)
			}
		}
		if n := e.Control().Agreed(); n.Recv.Families != 0 || n.Recv.MaxLen != bgp.MaxMessage {
			t.Errorf("control agreed on %v", n.Recv)
		}
	}
}

func TestAStalledFamilyDoesNotStallControl(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast, inet.IPv6Unicast), boqConfig(1, inet.IPv4Unicast))
	q.connect()
	q.settle()
	id := q.stream(0, inet.IPv6Unicast)
	q.stuck[id] = true
	q.update(0, inet.IPv6Unicast)
	q.do(q.ends[0], PeerEvent{Event: Event{Kind: WriteStalled}, Stream: id})
	q.pass(10 * time.Minute) // many times control's hold time
	q.update(0, inet.IPv4Unicast)
	q.settle()
	q.want(0, ctl, "sender ipv4 unicast", "sender ipv6 unicast", "receiver ipv4 unicast")
	if got := q.ends[1].delivered; got[inet.IPv4Unicast] != 1 || got[inet.IPv6Unicast] != 0 {
		t.Fatalf("delivered %v", got)
	}
	// The send hold timer of that channel (twice its hold time) ends it alone.
	q.pass(3 * time.Hour)
	q.want(0, ctl, "sender ipv4 unicast", "receiver ipv4 unicast")
	if q.ends[0].closed || q.ends[1].closed || !slices.Equal(q.ends[0].downs, []string{"sender ipv6 unicast"}) {
		t.Errorf("closed %v %v, downs %v", q.ends[0].closed, q.ends[1].closed, q.ends[0].downs)
	}
	// Once the family is asked for again it comes back on another stream.
	delete(q.stuck, id)
	q.settle()
	q.do(q.ends[0], PeerEvent{Event: Event{Kind: ManualStart}, Family: inet.IPv6Unicast})
	q.settle()
	q.want(0, ctl, "sender ipv4 unicast", "sender ipv6 unicast", "receiver ipv4 unicast")
}

func TestAnErrorInAnUpdateResetsItsChannelOnly(t *testing.T) {
	a := boqConfig(0, inet.IPv4Unicast, inet.IPv6Unicast)
	a.IdleHold = time.Second
	q := newQUIC(t, a, boqConfig(1))
	q.connect()
	q.settle()
	id := q.stream(0, inet.IPv4Unicast)
	q.do(q.ends[1], PeerEvent{Event: Event{Kind: UpdateMsgErr, Note: bgp.Notification{Code: bgp.CodeUpdate, Subcode: 1}}, Stream: id})
	q.settle()
	q.want(0, ctl, "sender ipv6 unicast")
	q.want(1, ctl, "receiver ipv6 unicast")
	if n := q.ends[1].notes; len(n) != 1 || n[0].Code != bgp.CodeUpdate {
		t.Fatalf("notes %v", n)
	}
	q.pass(2 * time.Second)
	q.want(0, ctl, "sender ipv4 unicast", "sender ipv6 unicast")
	if q.stream(0, inet.IPv4Unicast) == id {
		t.Error("the old stream is used again")
	}
}

func TestStoppingAFamilyLetsThePeerReadOurLastWords(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast, inet.IPv6Unicast), boqConfig(1))
	q.connect()
	q.settle()
	id := q.stream(0, inet.IPv4Unicast)
	q.do(q.ends[0], PeerEvent{Event: Event{Kind: ManualStop, Note: bgp.NewShutdown(bgp.CeaseShutdown, "no more IPv4")}, Stream: id})
	if got := q.ends[0].State(Sender, inet.IPv4Unicast); got != Terminating {
		t.Fatalf("the sender is %v", got)
	}
	q.settle()
	if got := q.ends[0].State(Sender, inet.IPv4Unicast); got != Idle {
		t.Errorf("the sender is %v after its stream ended", got)
	}
	q.want(1, ctl, "receiver ipv6 unicast")
}

func TestASecondChannelOfAFamilyIsRefused(t *testing.T) {
	a := boqConfig(0, inet.IPv4Unicast)
	a.Send = append(a.Send, a.Send[0])
	q := newQUIC(t, a, boqConfig(1))
	q.connect()
	q.settle()
	q.want(1, ctl, "receiver ipv4 unicast")
	if n := q.ends[1].notes; len(n) != 1 || n[0].Code != DefaultPoints.Notification || n[0].Subcode != BoQConflict {
		t.Errorf("notes %v", n)
	}
}

func TestRoutesOnControlEndTheConnection(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast), boqConfig(1))
	q.connect()
	q.settle()
	q.ends[1].in[ControlStream] = Frame{Payload: emptyUpdate()}.Append(nil)
	q.settle()
	q.want(0)
	q.want(1)
	if n := q.ends[1].notes; len(n) != 1 || n[0].Code != bgp.CodeCease || !q.ends[1].closed {
		t.Errorf("notes %v, closed %v", n, q.ends[1].closed)
	}
}

func TestSilenceOnControlEndsAllChannels(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast), boqConfig(1, inet.IPv6Unicast))
	q.connect()
	q.settle()
	q.stuck[ControlStream] = true
	q.pass(2 * time.Minute)
	q.want(0)
	q.want(1)
	if len(q.ends[0].downs) != 3 {
		t.Errorf("downs %v, want three", q.ends[0].downs)
	}
}

func TestWhoMayNotTalkOverQUIC(t *testing.T) {
	sameSide := boqConfig(1)
	sameSide.Control.Side = Client
	stranger := boqConfig(1)
	stranger.Control.Points = Points{Capability: 240, Notification: 255}
	for name, c := range map[string]struct {
		b    PeerConfig
		want bool
	}{
		"client and server":             {boqConfig(1), true},
		"two clients":                   {sameSide, false},
		"a peer without the capability": {stranger, false},
	} {
		q := newQUIC(t, boqConfig(0), c.b)
		q.connect()
		q.settle()
		if got := q.ends[0].Control().State() == Established; got != c.want {
			t.Errorf("%s: established is %v", name, got)
		}
		if !c.want && (len(q.ends[0].notes) == 0 || q.ends[0].notes[0].Code != 255 || q.ends[0].notes[0].Subcode != BoQMismatch) {
			t.Errorf("%s: %v", name, q.ends[0].notes)
		}
	}
}

func TestTheOpenOfAFunctionChannelIsChecked(t *testing.T) {
	two := functionOpen(config(64500, "192.0.2.1").Local, 90, inet.IPv4Unicast, nil)
	two.Caps = append(two.Caps, bgp.NewMultiprotocol(inet.IPv6Unicast))
	none := config(64500, "192.0.2.1").Local
	other := functionOpen(config(64999, "192.0.2.1").Local, 90, inet.IPv4Unicast, nil)
	for name, o := range map[string]bgp.Open{"two families": two, "no family": none, "another AS": other} {
		q := newQUIC(t, boqConfig(0), boqConfig(1))
		q.connect()
		q.settle()
		q.do(q.ends[1], PeerEvent{Event: Event{Kind: StreamOpened}, Stream: 77})
		q.do(q.ends[1], PeerEvent{Event: Event{Kind: Received}, Stream: 77, Frame: Frame{Payload: o.Append(nil)}})
		if n := q.ends[1].notes; len(n) != 1 || n[0].Subcode != BoQMismatch || n[0].Code != DefaultPoints.Notification {
			t.Errorf("%s: %v", name, n)
		}
		q.want(1, ctl)
	}
}

// TestChannelsUnderRandomSchedules does anything at any time and then lets all
// of it come back.
func TestChannelsUnderRandomSchedules(t *testing.T) {
	families := []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.L2VPNEVPN}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 7))
		a, b := boqConfig(0, families...), boqConfig(1, families[:2]...)
		a.IdleHold, b.IdleHold = time.Second, time.Second
		q := newQUIC(t, a, b)
		q.connect()
		for range 150 {
			e := q.ends[rng.IntN(2)]
			switch rng.IntN(8) {
			case 0:
				q.pass(time.Duration(rng.IntN(3000)) * time.Millisecond)
			case 1:
				if len(e.lanes) > 0 {
					l := e.lanes[rng.IntN(len(e.lanes))]
					if l.opened && l.State() > Idle { // a stop of an Idle one is meant to last
						kinds := []Kind{UpdateMsgErr, AutomaticStop, HoldTimerExpires, WriteStalled, WriteResumed, HeaderErr}
						q.do(e, PeerEvent{Event: Event{Kind: kinds[rng.IntN(len(kinds))], Note: bgp.Notification{Code: 3, Subcode: 1}}, Stream: l.stream})
					}
				}
			case 2:
				q.stuck[q.next+uint64(rng.IntN(2))] = rng.IntN(2) == 0
			default:
				q.settle()
			}
		}
		clear(q.stuck)
		q.settle()
		q.pass(5 * time.Minute)
		if q.ends[0].closed || q.ends[1].closed {
			t.Fatalf("seed %d: a fault of one channel closed the connection\n%q", seed, q.trace[len(q.trace)-30:])
		}
		q.want(0, ctl, "sender ipv4 unicast", "sender ipv6 unicast", "sender l2vpn evpn", "receiver ipv4 unicast", "receiver ipv6 unicast")
		q.want(1, ctl, "receiver ipv4 unicast", "receiver ipv6 unicast", "receiver l2vpn evpn", "sender ipv4 unicast", "sender ipv6 unicast")
	}
}

func TestAFamilyThatWeDoNotTakeIsRefused(t *testing.T) {
	b := boqConfig(1)
	b.Accept = bgp.NewFamilySet(inet.IPv6Unicast)
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast, inet.IPv6Unicast), b)
	q.connect()
	q.settle()
	q.want(0, ctl, "sender ipv6 unicast")
	q.want(1, ctl, "receiver ipv6 unicast")
	if n := q.ends[1].notes; len(n) != 1 || n[0].Code != DefaultPoints.Notification || n[0].Subcode != BoQMismatch {
		t.Errorf("notes %v", n)
	}
}

// TestAnAnswerOnControlShowsThatThePeerIsAlive: KEEPALIVEs of function channels
// restart the hold timer of the control channel.
func TestAnAnswerOnControlShowsThatThePeerIsAlive(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast), boqConfig(1))
	q.connect()
	q.settle()
	e, id := q.ends[0], q.stream(0, inet.IPv4Unicast)
	before := e.Control().due[hold]
	q.now = q.now.Add(time.Minute)
	q.do(e, PeerEvent{Event: Event{Kind: Received}, Frame: Frame{Addressed: true, Stream: id, Payload: bgp.AppendKeepalive(nil)}})
	if got := e.Control().due[hold].Sub(before); got != time.Minute {
		t.Errorf("the hold timer moved by %v, want a minute", got)
	}
	q.do(e, PeerEvent{Event: Event{Kind: Received}, Stream: id, Frame: Frame{Payload: bgp.AppendKeepalive(nil)}})
	if got := e.State(Sender, inet.IPv4Unicast); got == Established {
		t.Error("data on a stream that only we may write to was taken")
	}
}

func TestARefreshGoesToTheSenderOfTheFamily(t *testing.T) {
	q := newQUIC(t, boqConfig(0, inet.IPv4Unicast), boqConfig(1))
	q.connect()
	q.settle()
	id := q.stream(0, inet.IPv4Unicast)
	q.ends[0].in[ControlStream] = Frame{Addressed: true, Stream: id, Payload: bgp.RouteRefresh{Family: inet.IPv4Unicast}.Append(nil)}.Append(nil)
	q.ends[1].in[id] = Frame{Payload: bgp.RouteRefresh{Family: inet.IPv4Unicast, Subtype: bgp.RefreshBegin}.Append(nil)}.Append(nil)
	q.settle()
	if q.ends[0].delivered[inet.IPv4Unicast] != 1 || q.ends[1].delivered[inet.IPv4Unicast] != 1 {
		t.Errorf("delivered %v and %v, want the request at the sender and BoRR at the receiver", q.ends[0].delivered, q.ends[1].delivered)
	}
}

// TestRoutesAreKeptByWhatEitherOpenSays: graceful restart may stand in the OPEN of
// the control channel or of a family's own.
func TestRoutesAreKeptByWhatEitherOpenSays(t *testing.T) {
	gr := bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: bgp.NewFamilySet(inet.IPv4Unicast)})
	for name, c := range map[string]struct {
		control, function []bgp.Capability
		want              int
	}{
		"nowhere": {nil, nil, 0}, "on control": {[]bgp.Capability{gr}, nil, 2}, "on the family's channel": {nil, []bgp.Capability{gr}, 1},
	} {
		var cfg [2]PeerConfig
		for i := range cfg {
			cfg[i] = boqConfig(i)
			cfg[i].Control.Local.Caps = append(cfg[i].Control.Local.Caps, c.control...)
			cfg[i].Answer = append(cfg[i].Answer, c.function...)
		}
		cfg[0].Send = []Offer{{Family: inet.IPv4Unicast, Caps: c.function}}
		q := newQUIC(t, cfg[0], cfg[1])
		q.connect()
		q.settle()
		q.want(1, ctl, "receiver ipv4 unicast")
		q.do(q.ends[1], PeerEvent{Event: Event{Kind: TCPFails}})
		if got := q.ends[1].kept; len(got) != c.want {
			t.Errorf("%s: kept %v, want %d", name, got, c.want)
		}
	}
}

// TestTwoQUICConnectionsToEachOther: both ends are willing to be either side, and
// both connect at once. RFC 4271 §6.8 leaves the connection of the one with the
// higher identifier, with all its channels.
func TestTwoQUICConnectionsToEachOther(t *testing.T) {
	var a, b PeerConfig
	a, b = boqConfig(0, inet.IPv4Unicast), boqConfig(1, inet.IPv4Unicast)
	a.Control.Side, b.Control.Side = Any, Any
	a.Control.Passive, b.Control.Passive = false, false
	mine, theirs := newQUIC(t, a, b), newQUIC(t, b, a) // dialled by a, and by b
	for _, q := range []*quic{mine, theirs} {
		q.connect()
		for _, e := range q.ends { // the OPENs arrive, nothing else yet
			f, n, err := ReadFrame(e.in[ControlStream])
			if err != nil || n == 0 {
				t.Fatal(err)
			}
			e.in[ControlStream] = e.in[ControlStream][n:]
			q.do(e, PeerEvent{Event: Event{Kind: Received}, Frame: f})
			if e.Control().State() != OpenConfirm {
				t.Fatalf("control is %v", e.Control().State())
			}
		}
	}
	collide := func(dialled, accepted *boqEnd, dialledAt, acceptedAt *quic) {
		switch Collide(dialled.Control().Contender(true), accepted.Control().Contender(false)) {
		case CloseOld:
			dialledAt.do(dialled, PeerEvent{Event: Event{Kind: CollisionDump}})
		case CloseFresh:
			acceptedAt.do(accepted, PeerEvent{Event: Event{Kind: CollisionDump}})
		default:
			t.Fatal("no collision was seen")
		}
	}
	collide(mine.ends[0], theirs.ends[1], mine, theirs)
	collide(theirs.ends[0], mine.ends[1], theirs, mine)
	mine.settle()
	theirs.settle()
	mine.want(0)
	mine.want(1)
	theirs.want(0, ctl, "sender ipv4 unicast", "receiver ipv4 unicast")
	theirs.want(1, ctl, "sender ipv4 unicast", "receiver ipv4 unicast")
	if n := mine.ends[0].notes; len(n) != 1 || n[0].Subcode != bgp.CeaseCollision {
		t.Errorf("notes %v", n)
	}
}
