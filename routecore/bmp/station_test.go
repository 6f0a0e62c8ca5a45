package bmp

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

var (
	v4     = headers["ipv4"]
	v4post = with(v4, FlagPostPolicy)
	v4out  = with(v4, FlagOut)
	gr     = bgp.Capability{Code: bgp.CapGracefulRestart, Value: []byte{0, 120}}
	mp     = bgp.Capability{Code: 1, Value: []byte{0, 1, 0, 1}}
)

func with(h PeerHeader, flags uint8) PeerHeader {
	h.Flags |= flags
	return h
}

func addPath(mode byte) bgp.Capability {
	return bgp.Capability{Code: 69, Value: []byte{0, 1, 1, mode}}
}

func open(asn inet.ASN, caps ...bgp.Capability) []byte {
	return bgp.NewOpen(asn, 90, netip.MustParseAddr("192.0.2.9"), caps...).Append(nil)
}

func up(h PeerHeader, sent, received []byte, info ...TLV) []byte {
	return AppendPeerUp(nil, h, PeerUpMessage{Local: netip.MustParseAddr("192.0.2.9"), Sent: sent, Received: received, Info: appendTLVs(nil, info)})
}

// upFrom is a Peer Up of a session from a port of the peer.
func upFrom(h PeerHeader, port uint16) []byte {
	return AppendPeerUp(nil, h, PeerUpMessage{Local: netip.MustParseAddr("192.0.2.9"), LocalPort: 179, RemotePort: port, Sent: open(64500), Received: open(64501)})
}

// update is a message with the attributes of a path of one AS number of 4 octets
// and then nlri.
func update(nlri ...byte) []byte {
	return raw(append([]byte{0, 0, 0, 20, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1}, nlri...))
}

// update2 is the same with AS numbers of 2 octets.
func update2(nlri ...byte) []byte {
	return raw(append([]byte{0, 0, 0, 18, 0x40, 1, 1, 0, 0x40, 2, 4, 2, 1, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1}, nlri...))
}

func raw(body []byte) []byte {
	n := 19 + len(body)
	return append(append(bytes.Repeat([]byte{0xff}, 16), byte(n>>8), byte(n), 2), body...)
}

func endOfRIB() []byte { return raw([]byte{0, 0, 0, 0}) }

// play takes messages through a station and tells its actions as lines.
func play(t *testing.T, s *Station, messages ...[]byte) []string {
	t.Helper()
	var out []string
	for _, b := range messages {
		for _, a := range s.Step(nil, one(t, b)) {
			out = append(out, line(s, a))
		}
	}
	return out
}

func line(s *Station, a Action) string {
	view := ""
	if a.View != nil {
		view = a.View.View.String()
	}
	switch a.Kind {
	case ActRouter:
		return "router " + s.Name
	case ActPeerUp:
		if a.Peer.Incomplete {
			view += " incomplete"
		}
		return "up " + view
	case ActPeerDown:
		return "down " + view + ": " + a.Text
	case ActTermination:
		return "termination: " + a.Text
	case ActNotice:
		return "notice " + a.Text[:min(len(a.Text), 24)]
	case ActInvalid:
		return "invalid " + a.Err.Error()
	}
	if f, ok := a.Update.EndOfRIB(); ok {
		return "eor " + view + " " + f.String()
	}
	out := "routes " + view
	n := a.Update.Announced()
	for id, p := range n.Prefixes() {
		out += " " + p.String()
		if n.AddPath {
			out += fmt.Sprintf("(%d)", id)
		}
	}
	if a.Update.Verdict.Action != bgp.Accept {
		out += " " + a.Update.Verdict.Action.String()
	}
	return out
}

func TestStation(t *testing.T) {
	rm := func(h PeerHeader, u []byte) []byte { return AppendRouteMonitoring(nil, h, u) }
	ini := AppendInitiation(nil, TLV{InitSysName, []byte("r1")}, TLV{InitSysName, []byte("x")}, TLV{InitSysDescr, []byte("d")})
	o, p := open(64500), open(64501)
	for name, test := range map[string]struct {
		in    [][]byte
		want  []string
		phase Phase
	}{
		"two views of one peer go together": {
			[][]byte{ini, up(v4, o, p), rm(v4, update(8, 10)), rm(v4post, update(8, 10)), rm(v4out, update(8, 11)), AppendPeerDown(nil, v4, PeerDownMessage{Reason: DownDeconfigured})},
			[]string{"router r1|x", "up inPre", "routes inPre 10.0.0.0/8", "up inPost", "routes inPost 10.0.0.0/8", "up outPre", "routes outPre 11.0.0.0/8",
				"down inPre: no longer monitored", "down inPost: no longer monitored", "down outPre: no longer monitored"}, Dumping,
		},
		"a Peer Up for each view": {
			[][]byte{ini, up(v4, o, p), up(v4post, o, p), up(v4, o, p)},
			[]string{"router r1|x", "up inPre", "up inPost"}, Dumping,
		},
		"a session set up anew without a Peer Down": {
			[][]byte{ini, up(v4, o, p), rm(v4post, update(8, 10)), up(v4, o, open(64501, gr))},
			[]string{"router r1|x", "up inPre", "up inPost", "routes inPost 10.0.0.0/8", "down inPre: the session was set up anew", "down inPost: the session was set up anew", "up inPre"}, Dumping,
		},
		"End-of-RIB for each view": {
			[][]byte{ini, up(v4, o, open(64501, gr)), rm(v4, update(8, 10)), rm(v4post, update(8, 10)), rm(v4, endOfRIB()), rm(v4post, endOfRIB())},
			[]string{"router r1|x", "up inPre", "routes inPre 10.0.0.0/8", "up inPost", "routes inPost 10.0.0.0/8", "eor inPre ipv4 unicast", "eor inPost ipv4 unicast"}, Updating,
		},
		"still dumping with one to come": {
			[][]byte{ini, up(v4, o, open(64501, gr)), rm(v4, update(8, 10)), rm(v4post, update(8, 10)), rm(v4, endOfRIB())},
			[]string{"router r1|x", "up inPre", "routes inPre 10.0.0.0/8", "up inPost", "routes inPost 10.0.0.0/8", "eor inPre ipv4 unicast"}, Dumping,
		},
		"joined late": {
			[][]byte{rm(v4, update(8, 10)), rm(headers["rd out post"], update2(8, 10)), up(v4, o, p)},
			[]string{"notice the stream starts withou", "notice routes of peers without ", "up inPre incomplete", "routes inPre 10.0.0.0/8", "up outPost incomplete", "routes outPost 10.0.0.0/8", "up inPre"}, Dumping,
		},
		"termination takes all down, and nothing comes after": {
			[][]byte{ini, up(v4, o, p), AppendTermination(nil, TLV{TermReason, []byte{0, 3}}, TLV{TermString, []byte("bye")}), rm(v4, update(8, 10))},
			[]string{"router r1|x", "up inPre", "down inPre: the router ended the session", "termination: redundant connection; bye", "invalid bmp: octet 5: RouteMonitoring after the Termination"}, Terminated,
		},
		"path identifiers that the router receives": {
			[][]byte{ini, up(v4, open(64500, mp, addPath(1)), open(64501, mp, addPath(2))), rm(v4, update(0, 0, 0, 9, 8, 10)), rm(v4out, update(8, 10))},
			[]string{"router r1|x", "up inPre", "routes inPre 10.0.0.0/8(9)", "up outPre", "routes outPre 10.0.0.0/8"}, Dumping,
		},
		"path identifiers that it sends": {
			[][]byte{ini, up(v4, open(64500, mp, addPath(2)), open(64501, mp, addPath(1))), rm(v4, update(8, 10)), rm(v4out, update(0, 0, 0, 9, 8, 10))},
			[]string{"router r1|x", "up inPre", "routes inPre 10.0.0.0/8", "up outPre", "routes outPre 10.0.0.0/8(9)"}, Dumping,
		},
		"path identifiers of a Loc-RIB": {
			[][]byte{ini, up(headers["loc-rib"], open(64500, mp, addPath(2)), open(64500, mp), TLV{PeerTableName, []byte("global")}), rm(headers["loc-rib"], update(0, 0, 0, 9, 8, 10))},
			[]string{"router r1|x", "up loc", "routes loc 10.0.0.0/8(9)"}, Dumping,
		},
		"path identifiers where the OPENs have none": {
			[][]byte{ini, up(v4, o, p), rm(v4, update(0, 0, 0, 99, 32, 10, 0, 0, 1)), rm(v4, update(8, 10))},
			[]string{"router r1|x", "up inPre", "notice path identifiers are not", "routes inPre 10.0.0.1/32(99)", "routes inPre 10.0.0.0/8"}, Dumping,
		},
		"no path identifiers where the OPENs have them": {
			[][]byte{ini, up(v4, open(64500, mp, addPath(1)), open(64501, mp, addPath(2))), rm(v4, update(32, 10, 0, 0, 1)), rm(v4post, update(32, 10, 0, 0, 2))},
			[]string{"router r1|x", "up inPre", "notice path identifiers are not", "routes inPre 10.0.0.1/32", "up inPost", "routes inPost 10.0.0.2/32"}, Dumping,
		},
		"a path identifier that looks like default routes": {
			[][]byte{ini, up(v4, o, p), rm(v4, update(0, 0, 0, 1, 24, 10, 0, 0)), rm(v4post, update(0, 0, 0, 2, 24, 10, 0, 1))},
			[]string{"router r1|x", "up inPre", "notice path identifiers are not", "routes inPre 10.0.0.0/24(1)", "up inPost", "routes inPost 10.0.1.0/24(2)"}, Dumping,
		},
		"the default route is no path identifier": {
			[][]byte{ini, up(v4, o, p), rm(v4, update(0)), rm(v4, update(0, 8, 10))},
			[]string{"router r1|x", "up inPre", "routes inPre 0.0.0.0/0", "routes inPre 0.0.0.0/0 10.0.0.0/8"}, Dumping,
		},
		"a guess outlives a repeated Peer Up and not a new session": {
			[][]byte{ini, up(v4, o, p), rm(v4, update(0, 0, 0, 99, 32, 10, 0, 0, 1)), up(v4, o, p), rm(v4, update(0, 0, 0, 99, 32, 10, 0, 0, 2)), up(v4, o, open(64501, gr)), rm(v4, update(8, 10))},
			[]string{"router r1|x", "up inPre", "notice path identifiers are not", "routes inPre 10.0.0.1/32(99)", "routes inPre 10.0.0.2/32(99)",
				"down inPre: the session was set up anew", "up inPre", "routes inPre 10.0.0.0/8"}, Dumping,
		},
		"a Peer Up again from another port is another session": {
			[][]byte{ini, upFrom(v4, 4000), upFrom(v4post, 4000), upFrom(v4, 4000), upFrom(v4, 4001)},
			[]string{"router r1|x", "up inPre", "up inPost", "down inPre: the session was set up anew", "down inPost: the session was set up anew", "up inPre"}, Dumping,
		},
		"a Peer Down without its event takes the peer down": {
			[][]byte{ini, up(v4, o, p), AppendPeerDown(nil, v4, PeerDownMessage{Reason: DownLocalEvent})},
			[]string{"router r1|x", "up inPre", "invalid bmp: octet 49: peer down: no FSM event in 0 octets", "down inPre: closed by the router, FSM event 0"}, Dumping,
		},
		"the A flag against the OPENs": {
			[][]byte{ini, up(v4, o, p), rm(with(v4, FlagAS2), update2(8, 10)), rm(with(v4, FlagAS2), update2(8, 11)), rm(v4, update(8, 10))},
			[]string{"router r1|x", "up inPre", "notice the A flag and the OPENs", "routes inPre 10.0.0.0/8", "routes inPre 11.0.0.0/8", "routes inPre 10.0.0.0/8"}, Dumping,
		},
		"the A flag against the path": {
			[][]byte{ini, up(v4, o, p), rm(v4, update2(8, 10))},
			[]string{"router r1|x", "up inPre", "routes inPre 10.0.0.0/8"}, Dumping,
		},
		"bad messages leave the rest alone": {
			[][]byte{ini, AppendPeerDown(nil, v4, PeerDownMessage{Reason: DownRemote}), begun(PeerUp), up(v4, o, p), rm(v4, []byte("short")), rm(v4, append(endOfRIB(), 1, 2)), rm(v4, bgp.AppendKeepalive(nil)), rm(v4, update(33, 10)), rm(v4, update(8, 10))},
			[]string{"router r1|x", "invalid bmp: octet 6: peer down for 192.0.2.1, which was not up", "invalid bmp: octet 6: peer header: short by 42 octets", "up inPre",
				"invalid bmp: octet 48: route monitoring: no whole BGP message in 5 octets", "invalid bmp: octet 71: route monitoring: 2 octets behind the UPDATE", "eor inPre ipv4 unicast",
				"invalid bmp: octet 48: route monitoring with a KEEPALIVE message", "routes inPre reset", "routes inPre 10.0.0.0/8"}, Updating,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewStation()
			got := play(t, s, test.in...)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if s.Phase != test.phase {
				t.Errorf("phase %s, want %s", s.Phase, test.phase)
			}
		})
	}
}

// begun is a message with no body.
func begun(t Type) []byte { return finish(begin(nil, t), 0) }

func TestStationCountsMessagesItDoesNotKnow(t *testing.T) {
	s := NewStation()
	got := play(t, s, begun(100), begun(Snapshot), finish(beginAs(nil, Version4, 99), 0), AppendInitiation(nil))
	if len(got) != 1 || got[0] != "router " || s.Unknown != 3 {
		t.Errorf("%q, %d unknown", got, s.Unknown)
	}
}

func TestStationKeepsWhatAPeerUpSays(t *testing.T) {
	s := NewStation()
	h := headers["loc-rib"]
	play(t, s, AppendInitiation(nil, TLV{InitString, []byte("hello")}), up(h, open(64500), open(64500, gr), TLV{PeerTableName, []byte("red")}, TLV{PeerAdminLabel, []byte("lbl")}))
	p := s.Peers()
	if len(p) != 1 || p[0].Table != "red" || p[0].AdminLabel != "lbl" || !p[0].EoRCapable || len(p[0].Views()) != 1 || s.Info[0] != "hello" {
		t.Errorf("%+v", p)
	}
	sent, received := p[0].Opens()
	if sent.ASN() != 64500 || !received.Has(bgp.CapGracefulRestart) {
		t.Errorf("%+v %+v", sent, received)
	}
	if v := s.ViewOf(one(t, AppendRouteMonitoring(nil, h, nil))); v == nil || v.View != Loc {
		t.Errorf("%+v", v)
	}
}

func TestStepAllocatesNothingForRoutes(t *testing.T) {
	s := NewStation()
	play(t, s, AppendInitiation(nil), up(v4, open(64500), open(64501)), AppendRouteMonitoring(nil, v4post, update(8, 10)))
	a, b := one(t, AppendRouteMonitoring(nil, v4, update(8, 10, 8, 11))), one(t, AppendRouteMonitoring(nil, v4post, update(8, 10)))
	actions := make([]Action, 0, 4)
	n := testing.AllocsPerRun(100, func() {
		actions = s.Step(actions[:0], a)
		actions = s.Step(actions[:0], b)
	})
	if n != 0 || len(actions) != 1 || actions[0].Kind != ActRoutes {
		t.Errorf("%.1f allocations, %+v", n, actions)
	}
}

// BenchmarkStep reads a Route Monitoring message of one prefix.
func BenchmarkStep(b *testing.B) {
	s := NewStation()
	m := one(b, AppendRouteMonitoring(nil, v4, update(8, 10)))
	var actions []Action
	b.ReportAllocs()
	for b.Loop() {
		actions = s.Step(actions[:0], m)
	}
}

func TestTheFilteredFlagIsKept(t *testing.T) {
	s := NewStation()
	h := headers["loc-rib"]
	play(t, s, AppendInitiation(nil), up(h, open(64500), open(64500)))
	v := s.Peers()[0].Views()[0]
	if !v.Filtered || !h.Filtered() || v4.Filtered() {
		t.Error("F is not seen")
	}
	h.Flags = 0
	play(t, s, AppendRouteMonitoring(nil, h, update(8, 10)))
	if v.Filtered {
		t.Error("F stays when it is gone")
	}
}

// TestMessageUpdateReadsAsTheStationDoes compares what a message says of its own
// UPDATE with how the station reads it.
func TestMessageUpdateReadsAsTheStationDoes(t *testing.T) {
	s := NewStation()
	play(t, s, AppendInitiation(nil), up(v4, open(64500, mp, addPath(1)), open(64501, mp, addPath(2))))
	for _, m := range []Message{
		one(t, AppendRouteMonitoring(nil, v4, update(0, 0, 0, 9, 8, 10))),
		one(t, rm4(v4, field(Revision20, FieldMessage, 0, update(0, 0, 0, 9, 8, 10)...))),
		one(t, rm4(v4out, field(Revision20, FieldStateless, 0, 69, 4, 0, 1, 1, 2), field(Revision20, FieldMessage, 0, update(0, 0, 0, 9, 8, 10)...))),
	} {
		for _, m.Station = range []*Station{s, nil} {
			raw, ctx, ok := m.Update()
			var u bgp.Update
			bgp.ParseUpdate(&u, raw[bgpHeaderLen:], ctx)
			if n := u.Announced(); !ok || !n.AddPath || n.Len() != 1 {
				t.Errorf("version %d: %+v, %v", m.Version, n, ok)
			}
		}
	}
	if _, _, ok := one(t, AppendInitiation(nil)).Update(); ok {
		t.Error("an UPDATE in Initiation")
	}
}

// TestEndOfRIBIsOfAFamilyAndAView follows two families in two views.
func TestEndOfRIBIsOfAFamilyAndAView(t *testing.T) {
	s := NewStation()
	// MP_REACH_NLRI of 2001:db8::/32 with ORIGIN and AS_PATH, and the End-of-RIB of IPv6.
	v6 := raw(append([]byte{0, 0, 0, 43, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x80, 14, 27, 0, 2, 1, 16},
		append(make([]byte, 17), 40, 0x20, 1, 0x0d, 0xb8, 0)...))
	end6 := raw([]byte{0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1})
	state := func() (out string) {
		for _, p := range s.Peers() {
			for _, v := range p.Views() {
				out += fmt.Sprintf("%s pending %d ended %d; ", v.View, v.Pending().Len(), v.Ended().Len())
			}
		}
		return out + s.Phase.String()
	}
	rm := func(h PeerHeader, u []byte) []byte { return AppendRouteMonitoring(nil, h, u) }
	for i, step := range []struct {
		in   []byte
		want string
	}{
		{up(v4, open(64500), open(64501, gr)), "inPre pending 0 ended 0; dumping"},
		{rm(v4, update(8, 10)), "inPre pending 1 ended 0; dumping"},
		{rm(v4, v6), "inPre pending 2 ended 0; dumping"},
		{rm(v4post, v6), "inPre pending 2 ended 0; inPost pending 1 ended 0; dumping"},
		{rm(v4, endOfRIB()), "inPre pending 1 ended 1; inPost pending 1 ended 0; dumping"},
		{rm(v4post, end6), "inPre pending 1 ended 1; inPost pending 0 ended 1; dumping"},
		{rm(v4, end6), "inPre pending 0 ended 2; inPost pending 0 ended 1; updating"},
		{rm(v4, v6), "inPre pending 0 ended 2; inPost pending 0 ended 1; updating"},
		{AppendPeerDown(nil, v4, PeerDownMessage{Reason: DownRemote}), "updating"},
	} {
		s.Step(nil, one(t, step.in))
		if got := state(); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
	}
}

// others is a header of one of many peers.
func others(n int) PeerHeader {
	h := v4
	h.Addr = netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)})
	return h
}

func TestStationFollowsNoMorePeersThanItMay(t *testing.T) {
	s := NewStation()
	s.MaxPeers = 2
	monitor := func(n int) []byte { return AppendRouteMonitoring(nil, others(n), update(8, 10)) }
	got := play(t, s, upFrom(others(1), 1), monitor(2), upFrom(others(3), 1), monitor(4), monitor(1),
		AppendPeerDown(nil, others(1), PeerDownMessage{Reason: DownRemote}), upFrom(others(3), 1))
	if len(s.Peers()) != 2 || s.Invalid != 2 || s.peers[others(3).Key()] == nil {
		t.Errorf("%d peers, %d invalid messages:\n%s", len(s.Peers()), s.Invalid, got)
	}
}

// Peers that come and go cost no look at all others, or so many would take minutes.
func TestManyPeersComeAndGoInOrder(t *testing.T) {
	const n = DefaultMaxPeers
	s := NewStation()
	eor := func(i int) []byte { return AppendRouteMonitoring(nil, others(i), endOfRIB()) }
	step := func(m []byte) {
		whole, _, err := ReadMessage(m, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.Step(nil, whole)
	}
	for i := range n {
		step(AppendRouteMonitoring(nil, others(i), update(8, 10)))
	}
	for i := 0; i < n; i++ {
		step(eor(i))
		if i%3 != 0 {
			step(AppendPeerDown(nil, others(i), PeerDownMessage{Reason: DownRemote}))
		}
	}
	peers := s.Peers()
	if len(peers) != (n+2)/3 || s.Invalid != 0 || s.Phase != Updating {
		t.Fatalf("%d peers, %d invalid messages, %v", len(peers), s.Invalid, s.Phase)
	}
	for i, p := range peers {
		if p.Header.Addr != others(3*i).Addr {
			t.Fatalf("peer %d is %v", i, p.Header.Addr)
		}
	}
	if got := len(s.Close(nil, "")); got != len(peers) || s.pending != 0 || s.ended != 0 {
		t.Errorf("%d views go down, %d and %d are counted after it", got, s.pending, s.ended)
	}
}
