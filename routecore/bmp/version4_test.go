package bmp

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/bgp"
)

// four is a message of version 4.
func four(c Content) []byte {
	c.Version = Version4
	return AppendMessage(nil, c)
}

func field(r Revision, f Field, index uint16, value ...byte) IndexedTLV {
	return IndexedTLV{TLV: TLV{r.Code(f), value}, Index: index}
}

func rm4(h PeerHeader, tlvs ...IndexedTLV) []byte {
	return four(Content{Type: RouteMonitoring, Peer: h, Indexed: tlvs})
}

func up4(h PeerHeader, sent, received []byte) []byte {
	return four(Content{Type: PeerUp, Peer: h, Up: PeerUpMessage{Local: netip.MustParseAddr("192.0.2.9"), Sent: sent, Received: received}})
}

var allRevisions = []Revision{Revision19, Revision20, Revision21}

func TestVersion4RoutesComeOutLikeThoseOfVersion3(t *testing.T) {
	o, p := open(64500), open(64501)
	for _, r := range allRevisions {
		s := NewStation()
		s.CodePoints = r
		got := play(t, s, four(Content{Type: Initiation, TLVs: []TLV{{InitSysName, []byte("r1")}}}), up4(v4, o, p),
			rm4(v4, field(r, FieldTable, 0, []byte("red")...), field(r, FieldMessage, 0, update(8, 10)...)),
			// Path identifiers that the OPENs do not have, said by the message itself.
			rm4(v4post, field(r, FieldStateless, 0, 69, 4, 0, 1, 1, 3), field(r, FieldMessage, 0, update(0, 0, 0, 9, 8, 10)...)),
			rm4(v4, field(r, FieldMessage, 0, update(8, 11)...)),
			rm4(v4, field(r, FieldMessage, 0, endOfRIB()...)),
			rm4(v4, field(r, FieldTable, 0, 'x')),
			four(Content{Type: PeerDown, Peer: v4, Down: PeerDownMessage{Reason: DownRemote, Info: AppendTLV(nil, TLV{PeerString, []byte("bye")})}}))
		want := []string{"router r1", "up inPre", "routes inPre 10.0.0.0/8", "up inPost", "routes inPost 10.0.0.0/8(9)", "routes inPre 11.0.0.0/8",
			"eor inPre ipv4 unicast", "invalid bmp: octet 48: route monitoring: no BGP Message TLV with the code points of " + r.String(),
			"down inPre: closed by the peer", "down inPost: closed by the peer"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", r, diff)
		}
		if s.Soft != 0 {
			t.Errorf("%s: guessed", r)
		}
	}
}

func TestRevisionsAreFoundOut(t *testing.T) {
	msg := update(8, 10)
	for name, test := range map[string]struct {
		tlvs []IndexedTLV
		want Revision
		ok   bool
	}{
		"20 by the number of the message":     {[]IndexedTLV{field(Revision20, FieldStateless, 0, 65, 4, 0, 0, 0, 1), field(Revision20, FieldMessage, 0, msg...)}, Revision20, true},
		"19 by a group":                       {[]IndexedTLV{field(Revision19, FieldGroup, GroupBit|1, 0, 1, 0, 2), field(Revision19, FieldMessage, 0, msg...)}, Revision19, true},
		"19 by a capability":                  {[]IndexedTLV{field(Revision19, FieldStateless, 0, 69, 4, 0, 1, 1, 3), field(Revision19, FieldMessage, 0, msg...)}, Revision19, true},
		"19 by a name":                        {[]IndexedTLV{field(Revision19, FieldTable, 0, []byte("global")...), field(Revision19, FieldMessage, 0, msg...)}, Revision19, true},
		"19 by a path marking":                {[]IndexedTLV{field(Revision19, FieldMessage, 0, msg...), field(Revision19, FieldMarking, 1, 0, 0, 0, 2)}, Revision19, true},
		"21 by a group":                       {[]IndexedTLV{field(Revision21, FieldGroup, GroupBit|1, 0, 1, 0, 2), field(Revision21, FieldMessage, 0, msg...)}, Revision21, true},
		"21 by a capability":                  {[]IndexedTLV{field(Revision21, FieldStateless, 0, 69, 4, 0, 1, 1, 3), field(Revision21, FieldMessage, 0, msg...)}, Revision21, true},
		"21 by a name":                        {[]IndexedTLV{field(Revision21, FieldTable, 0, []byte("global")...), field(Revision21, FieldMessage, 0, msg...)}, Revision21, true},
		"21 by a sequence number":             {[]IndexedTLV{field(Revision21, FieldMessage, 0, msg...), field(Revision21, FieldSequence, 0, 0, 0, 0, 0, 0, 0, 0, 9)}, Revision21, true},
		"either":                              {[]IndexedTLV{field(Revision19, FieldMessage, 0, msg...)}, RevisionAuto, true},
		"no message":                          {[]IndexedTLV{field(Revision19, FieldTable, 0, 'x')}, RevisionAuto, false},
		"a message whose length is not its":   {[]IndexedTLV{field(Revision19, FieldMessage, 0, append(bytes.Clone(msg), 0)...)}, RevisionAuto, false},
		"a message that is of one NLRI alone": {[]IndexedTLV{field(Revision19, FieldMessage, 1, msg...)}, RevisionAuto, false},
	} {
		b := rm4(v4, test.tlvs...)
		r, ok := DetectRevision(IndexedTLVs(b[HeaderLen+PeerHeaderLen:]))
		if r != test.want || ok != test.ok {
			t.Errorf("%s: %s, %v", name, r, ok)
		}
	}
	for _, r := range []Revision{RevisionAuto, Revision19, Revision20, Revision21} {
		if got, err := ParseRevision(r.String()); err != nil || got != r {
			t.Errorf("%s: %v, %v", r, got, err)
		}
	}
	if _, err := ParseRevision("tlv22"); err == nil {
		t.Error("tlv22")
	}
}

func TestAStationFollowsTheRevisionThatItFound(t *testing.T) {
	s := NewStation()
	got := play(t, s, AppendInitiation(nil), up4(v4, open(64500), open(64501)),
		rm4(v4, field(Revision19, FieldMessage, 0, update(8, 10)...)),
		rm4(v4, field(Revision21, FieldTable, 0, []byte("red")...), field(Revision21, FieldMessage, 0, update(8, 11)...)),
		rm4(v4, field(Revision20, FieldMessage, 0, update(8, 12)...)),
		rm4(v4, field(Revision20, FieldMessage, 0, update(8, 13)...)))
	want := []string{"router ", "up inPre", "routes inPre 10.0.0.0/8", "notice TLVs of BMP version 4 ar", "routes inPre 11.0.0.0/8",
		"notice TLVs of BMP version 4 ar", "routes inPre 12.0.0.0/8", "routes inPre 13.0.0.0/8"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// extras plays one Route Monitoring message and returns what it says beside.
func extras(t *testing.T, r Revision, tlvs ...IndexedTLV) *Extras {
	t.Helper()
	s := NewStation()
	s.CodePoints = r
	s.Step(nil, one(t, up4(v4, open(64500), open(64501))))
	actions := s.Step(nil, one(t, rm4(v4, tlvs...)))
	if len(actions) == 0 || actions[len(actions)-1].Kind != ActRoutes {
		t.Fatalf("%+v", actions)
	}
	return actions[len(actions)-1].Extras
}

func TestExtras(t *testing.T) {
	best, backup := PathMarking{Status: PathBest}, PathMarking{PathBackup, 8, true}
	for _, r := range []Revision{Revision19, Revision20} {
		e := extras(t, r,
			field(r, FieldMarking, 0, AppendPathMarking(nil, PathMarking{Status: PathStale})...),
			field(r, FieldMarking, GroupBit|5, AppendPathMarking(nil, backup)...),
			field(r, FieldTable, 0, []byte("blue")...), // as long as a marking, and of the same type in 20
			field(r, FieldMessage, 0, update(8, 10, 8, 11, 8, 12, 8, 13)...),
			field(r, FieldMarking, 2, AppendPathMarking(nil, best)...),
			field(r, FieldGroup, GroupBit|5, 0, 2, 0, 3),
			IndexedTLV{TLV: TLV{SnapshotTLV, []byte("0123456789abcdef")}, Bare: true})
		want := map[int]PathMarking{1: {Status: PathStale}, 2: best, 3: backup, 4: {Status: PathStale}}
		for i, m := range want {
			if got, ok := e.Marking(i); !ok || got != m {
				t.Errorf("%s: NLRI %d is %+v, %v", r, i, got, ok)
			}
		}
		if e.Table() != "blue" || string(e.Snapshot()) != "0123456789abcdef" {
			t.Errorf("%s: table %q, snapshot %q", r, e.Table(), e.Snapshot())
		}
		if _, ok := e.Marking(0); ok {
			t.Error("NLRI count from 1")
		}
	}
	broken := extras(t, Revision19, field(Revision19, FieldMessage, 0, update(33, 10)...), field(Revision19, FieldMarking, 1, 0, 0, 0, 2))
	if _, ok := broken.Marking(1); ok {
		t.Error("an index is matched after the NLRI failed")
	}
	r := Revision20
	at := Timestamp{Kind: 1, Time: 1_700_000_000_000_005, Fine: true}
	e := extras(t, r, field(r, FieldMessage, 0, update(8, 10)...), field(r, FieldSequence, 0, 0, 0, 0, 0, 0, 0, 1, 2), field(r, FieldTimestamp, 0, AppendTimestamp(nil, at)...))
	if n, ok := e.Sequence(); !ok || n != 258 {
		t.Errorf("sequence %d, %v", n, ok)
	}
	if got, ok := e.Timestamp(); !ok || got != at {
		t.Errorf("%+v, %v", got, ok)
	}
	if _, ok := (*Extras)(nil).Marking(1); ok || (*Extras)(nil).Table() != "" {
		t.Error("nil says something")
	}
	if s := (PathBest | PathAddPath).String(); s != "best|addPath" {
		t.Error(s)
	}
}

func TestIndexesCountThroughTheMessage(t *testing.T) {
	// Withdrawn 9/8, MP_REACH_NLRI with two of IPv6, MP_UNREACH_NLRI with one, announced 10/8 and 11/8.
	body := []byte{0, 2, 8, 9, 0, 64, 0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1}
	body = append(append(body, 0x80, 14, 26, 0, 2, 1, 16), append(make([]byte, 17), 8, 0x20, 16, 0x20, 1)...)
	body = append(body, 0x80, 15, 6, 0, 2, 1, 16, 0x30, 1)
	body = append(body, 8, 10, 8, 11)
	body[5] = byte(len(body) - 4 - 6)
	var u bgp.Update
	bgp.ParseUpdate(&u, body, bgp.MonitorCtx(true))
	var got []string
	for i, n := range Numbered(&u) {
		got = append(got, fmt.Sprintf("%d %s %d", i, n.Family, n.Len()))
	}
	want := []string{"1 ipv4 unicast 1", "2 ipv6 unicast 2", "4 ipv6 unicast 1", "5 ipv4 unicast 2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%v\n%s", u.Verdict, diff)
	}
}

func TestGroupsFollowTheRules(t *testing.T) {
	for _, test := range []struct {
		value []byte
		ok    bool
	}{
		{[]byte{0, 1, 0, 2}, true}, {[]byte{0, 1}, false}, {[]byte{0, 1, 0, 0}, false}, {[]byte{0, 1, 0x80, 2}, false}, {[]byte{0, 1, 0, 2, 0}, false},
	} {
		if _, ok := Group(test.value); ok != test.ok {
			t.Errorf("%x: %v", test.value, ok)
		}
	}
}

func TestStatisticsAndMirroringAreDelivered(t *testing.T) {
	stats := []Stat{{Type: 7, Value: 5}, statOf(Version4, EnterpriseTLV(9999, 7, []byte{0, 0, 0, 3}))}
	lost := []TLV{{MirrorInformation, []byte{0, 0}}, {MirrorMessage, []byte("broken")}, {MirrorInformation, []byte{0, 1}}}
	for _, version := range []uint8{Version, Version4} {
		s := NewStation()
		s.Step(nil, one(t, up(v4, open(64500), open(64501))))
		got := s.Step(nil, one(t, AppendMessage(nil, Content{Version: version, Type: StatsReport, Peer: v4, Stats: stats})))
		if len(got) != 1 || got[0].Kind != ActStats || len(got[0].Stats) != 2 || got[0].View == nil || got[0].View.View != InPre || got[0].Stats[0].Value != 5 {
			t.Fatalf("version %d: %+v", version, got)
		}
		// What an enterprise number is in version 4 is a part of the value in version 3.
		if e := got[0].Stats[1]; (e.Enterprise == 9999 && e.Value == 3) != (version == Version4) {
			t.Errorf("version %d: %+v", version, e)
		}
		got = s.Step(nil, one(t, AppendMessage(nil, Content{Version: version, Type: RouteMirroring, Peer: v4post, TLVs: lost})))
		if len(got) != 1 || got[0].Kind != ActMirror || string(got[0].Raw) != "broken" || got[0].Text != "erroredPDU; messagesLost" || got[0].Peer == nil || got[0].View != nil {
			t.Errorf("version %d: %+v", version, got)
		}
		// Statistics of a peer that is not up are no fault.
		got = s.Step(nil, one(t, AppendMessage(nil, Content{Version: version, Type: StatsReport, Peer: headers["loc-rib"]})))
		if len(got) != 1 || got[0].Kind != ActStats || got[0].Peer != nil || s.Invalid != 0 {
			t.Errorf("version %d: %+v", version, got)
		}
	}
	// Without the container, as in version 3.
	s := NewStation()
	bare := AppendStats(nil, v4, Stat{Type: 7, Value: 5})
	bare[0] = Version4
	got := s.Step(nil, one(t, bare))
	if a := got[len(got)-1]; a.Kind != ActStats || len(a.Stats) != 1 || s.Invalid != 0 {
		t.Errorf("%+v", got)
	}
	// A count that lies is said, and what is there delivered.
	binary.BigEndian.PutUint32(bare[HeaderLen+PeerHeaderLen:], 3)
	got = s.Step(nil, one(t, bare))
	if len(got) != 2 || got[0].Kind != ActInvalid || len(got[1].Stats) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestSnapshotsAreSeen(t *testing.T) {
	id := []byte("0123456789abcdef")
	for _, bare := range []bool{false, true} {
		s := NewStation()
		got := s.Step(nil, one(t, four(Content{Type: Snapshot, Indexed: []IndexedTLV{
			{TLV: TLV{SnapshotTLV, id}, Bare: bare}, {TLV: TLV{9, []byte("made by")}, Bare: bare}}})))
		if len(got) != 1 || got[0].Kind != ActSnapshot || string(got[0].Raw) != string(id) || s.Snapshots != 1 {
			t.Errorf("bare %v: %+v", bare, got)
		}
	}
}

func TestStepAllocatesNothingForRoutesOfVersion4(t *testing.T) {
	s := NewStation()
	play(t, s, AppendInitiation(nil), up4(v4, open(64500), open(64501)))
	r := Revision19
	m := one(t, rm4(v4, field(r, FieldTable, 0, []byte("global")...), field(r, FieldStateless, 0, 69, 4, 0, 1, 1, 3),
		field(r, FieldMessage, 0, update(0, 0, 0, 1, 8, 10)...), field(r, FieldMarking, 1, 0, 0, 0, 2)))
	actions := s.Step(make([]Action, 0, 4), m)
	n := testing.AllocsPerRun(100, func() { actions = s.Step(actions[:0], m) })
	if n != 0 || len(actions) != 1 || actions[0].Update.Announced().Len() != 1 {
		t.Errorf("%.1f allocations, %+v", n, actions)
	}
}

func TestUpgradeAndDowngradeAreInverse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := genContent.Draw(t, "content")
		if c.Version != Version {
			return
		}
		c.Peer.Flags &^= FlagExtended
		for i := range c.Stats {
			c.Stats[i].Type &^= EnterpriseBit
		}
		raw := AppendMessage(nil, c)
		m, _, _ := ReadMessage(raw, 0)
		r := rapid.SampledFrom(allRevisions).Draw(t, "revision")
		higher, err := Upgrade(nil, m, r, "")
		if err != nil {
			t.Fatal(err)
		}
		if c.Type >= typeCount {
			if !bytes.Equal(higher, raw) {
				t.Fatal("a message without a number is changed")
			}
			return
		}
		m4, n, err := ReadMessage(higher, 0)
		if err != nil || n != len(higher) || m4.Version != Version4 {
			t.Fatal(n, err)
		}
		lower, ok, err := Downgrade(nil, m4, r)
		if err != nil || !ok || !bytes.Equal(lower, raw) {
			t.Fatalf("%v, %v\n got %x\nwant %x\n via %x", ok, err, lower, raw, higher)
		}
	})
}

func TestAnUpgradedMessageNeedsNoPeerUp(t *testing.T) {
	s := NewStation()
	play(t, s, AppendInitiation(nil), up(v4, open(64500, mp, addPath(1)), open(64501, mp, addPath(2))))
	m := one(t, AppendRouteMonitoring(nil, v4, update(0, 0, 0, 9, 24, 10, 0, 0)))
	m.Station = s
	for _, r := range allRevisions {
		b, err := Upgrade(nil, m, r, "red")
		if err != nil {
			t.Fatal(err)
		}
		later := NewStation()
		later.CodePoints = r
		got := play(t, later, AppendInitiation(nil), b)
		if want := "routes inPre 10.0.0.0/24(9)"; got[len(got)-1] != want || later.Peers()[0].Table != "red" {
			t.Errorf("%s: %q, table %q", r, got, later.Peers()[0].Table)
		}
	}
}

func TestDowngradeDropsWhatVersion3HasNoPlaceFor(t *testing.T) {
	h := v4
	h.Flags |= FlagExtended
	b := four(Content{Type: PeerDown, Peer: h, Down: PeerDownMessage{Reason: DownRemote, Info: AppendTLV(nil, TLV{0, []byte("x")})}})
	got, ok, err := Downgrade(nil, one(t, b), RevisionAuto)
	if want := AppendPeerDown(nil, v4, PeerDownMessage{Reason: DownRemote}); err != nil || !ok || !bytes.Equal(got, want) {
		t.Errorf("%x, %v, %v", got, ok, err)
	}
	b = rm4(v4, field(Revision20, FieldTable, 0, 'x'), field(Revision20, FieldMessage, 0, update(8, 10)...))
	got, ok, err = Downgrade(nil, one(t, b), RevisionAuto)
	if want := AppendRouteMonitoring(nil, v4, update(8, 10)); err != nil || !ok || !bytes.Equal(got, want) {
		t.Errorf("%x, %v, %v", got, ok, err)
	}
	if _, ok, _ := Downgrade(nil, one(t, samples()[14]), RevisionAuto); ok {
		t.Error("a snapshot has no counterpart")
	}
}

func TestOpenBMP(t *testing.T) {
	payload := AppendInitiation(nil, TLV{InitSysName, []byte("r1")})
	for _, router := range []string{"192.0.2.1", "2001:db8::1"} {
		want := OpenBMP{Flags: 0x80, Time: 1_700_000_000_000_007, Collector: [16]byte{1, 2}, AdminID: "collector", RouterHash: [16]byte{3}, Router: netip.MustParseAddr(router), Group: "edge", Rows: 1}
		b := AppendOpenBMP(nil, want, payload)
		got, rest, n, err := ParseOpenBMP(append(b, "next"...))
		if err != nil || n != len(b) || !bytes.Equal(rest, payload) || !IsOpenBMP(b) {
			t.Fatalf("%d, %x, %v", n, rest, err)
		}
		got.Flags &^= openBMPIPv6
		if diff := cmp.Diff(want, got, plain); diff != "" {
			t.Error(diff)
		}
		for n := range b {
			if _, _, _, err := ParseOpenBMP(b[:n:n]); err == nil {
				t.Errorf("cut at %d is no error", n)
			}
		}
	}
	if IsOpenBMP(payload) {
		t.Error("BMP without an envelope")
	}
}

func FuzzOpenBMP(f *testing.F) {
	f.Add(AppendOpenBMP(nil, OpenBMP{AdminID: "a", Group: "g"}, AppendInitiation(nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, payload, n, err := ParseOpenBMP(b); err == nil && (n > len(b) || len(payload) > n) {
			t.Fatalf("%d of %d octets", n, len(b))
		}
	})
}
