package bmp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

var plain = cmpopts.EquateComparable(netip.Addr{})

var headers = map[string]PeerHeader{
	"ipv4":        {Addr: netip.MustParseAddr("192.0.2.1"), ASN: 4200000000, ID: netip.MustParseAddr("192.0.2.7"), Time: 5_000_007},
	"ipv6 post":   {Flags: FlagIPv6 | FlagPostPolicy, Addr: netip.MustParseAddr("2001:db8::1"), ASN: 1, ID: netip.MustParseAddr("0.0.0.1")},
	"rd out post": {Type: RDPeer, Flags: FlagOut | FlagPostPolicy | FlagAS2, RD: inet.RD{0, 1, 2, 3, 4, 5, 6, 7}, Addr: netip.MustParseAddr("192.0.2.1"), ID: netip.MustParseAddr("0.0.0.1")},
	"loc-rib":     {Type: LocRIBPeer, Flags: FlagFiltered, Addr: netip.MustParseAddr("0.0.0.0"), ASN: 64500, ID: netip.MustParseAddr("192.0.2.9")},
}

// one frames exactly one message.
func one(t testing.TB, b []byte) Message {
	t.Helper()
	m, n, err := ReadMessage(b, 0)
	if err != nil || n != len(b) {
		t.Fatalf("%d of %d octets, %v", n, len(b), err)
	}
	return m
}

func TestPeerHeaderRoundTrip(t *testing.T) {
	for name, h := range headers {
		t.Run(name, func(t *testing.T) {
			m := one(t, AppendRouteMonitoring(nil, h, []byte("update")))
			got, rest, err := ParsePeerHeader(m.Body())
			if err != nil || string(rest) != "update" || !cmp.Equal(got, h, plain) {
				t.Errorf("%v, %q\n%s", err, rest, cmp.Diff(h, got, plain))
			}
			if keyOf(m.Body()) != h.Key() {
				t.Error("keys differ")
			}
			for n := range PeerHeaderLen {
				if _, _, err := ParsePeerHeader(m.Body()[:n]); err == nil {
					t.Errorf("cut at %d is no error", n)
				}
			}
		})
	}
}

func TestFlagsNameTheViewAndNotTheSession(t *testing.T) {
	h := headers["ipv4"]
	views := map[uint8]View{0: InPre, FlagPostPolicy: InPost, FlagOut: OutPre, FlagOut | FlagPostPolicy: OutPost}
	for flags, want := range views {
		g := h
		g.Flags |= flags
		if g.View() != want || g.Key() != h.Key() {
			t.Errorf("flags %#x: %v", flags, g.View())
		}
	}
	loc := headers["loc-rib"]
	loc.Flags = 0xff
	if loc.View() != Loc || loc.IPv6() || !loc.AS4() {
		t.Errorf("the flags of a Loc-RIB mean nothing of that: %+v", loc)
	}
	if a2 := headers["rd out post"]; a2.AS4() {
		t.Error("A means 2-octet AS numbers")
	}
}

func TestReadMessageJudgesBeforeItWaits(t *testing.T) {
	good := AppendInitiation(nil, TLV{InitSysName, []byte("r1")})
	for n := range good {
		if m, k, err := ReadMessage(good[:n], 0); k != 0 || err != nil {
			t.Errorf("%d octets: %+v, %d, %v", n, m, k, err)
		}
	}
	for name, test := range map[string]struct {
		b    []byte
		max  int
		text string
	}{
		"version at the first octet":   {[]byte("G"), 0, "version 71"},
		"length at the fifth":          {[]byte{3, 0xff, 0xff, 0xff, 0xff}, 0, "over the limit"},
		"length of less than a header": {[]byte{3, 0, 0, 0, 5}, 0, "shorter than the header"},
		"own limit":                    {[]byte{3, 0, 0, 1, 0}, 255, "over the limit of 255"},
	} {
		if _, _, err := ReadMessage(test.b, test.max); err == nil || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if Wanted(good) != len(good) || Wanted(good[:4]) != 0 {
		t.Error("Wanted")
	}
}

func fakeOpen(n int) []byte {
	b := append(bytes.Repeat([]byte{0xff}, 16), 0, byte(29+n), 1)
	return append(b, make([]byte, 10+n)...)
}

func TestPeerUpRoundTrip(t *testing.T) {
	for name, h := range headers {
		t.Run(name, func(t *testing.T) {
			local := netip.MustParseAddr("192.0.2.9")
			if h.IPv6() {
				local = netip.MustParseAddr("2001:db8::9")
			}
			want := PeerUpMessage{Local: local, LocalPort: 179, RemotePort: 4000, Sent: fakeOpen(0), Received: fakeOpen(3), Info: AppendTLV(nil, TLV{PeerTableName, []byte("vrf")})}
			m := one(t, AppendPeerUp(nil, h, want))
			_, rest, _ := ParsePeerHeader(m.Body())
			got, err := ParsePeerUp(h, rest)
			if err != nil || !cmp.Equal(got, want, plain) {
				t.Errorf("%v\n%s", err, cmp.Diff(want, got, plain))
			}
			if v, ok := got.Info.Find(PeerTableName); !ok || string(v) != "vrf" {
				t.Errorf("table name %q", v)
			}
			for n := range len(rest) - len(want.Info) {
				if _, err := ParsePeerUp(h, rest[:n]); err == nil {
					t.Errorf("cut at %d is no error", n)
				}
			}
			if got.Info[:3].Err() == nil || got.Info.Err() != nil {
				t.Error("a cut TLV")
			}
		})
	}
}

func TestPeerDownRoundTrip(t *testing.T) {
	notification := append(bytes.Repeat([]byte{0xff}, 16), 0, 21, 3, 6, 2)
	for _, test := range []struct {
		down PeerDownMessage
		text string
	}{
		{PeerDownMessage{Reason: DownLocalNotification, Data: notification, Info: TLVs{}}, "closed by the router with a NOTIFICATION 6/2"},
		{PeerDownMessage{Reason: DownLocalEvent, Event: 18, Data: []byte{0, 18}, Info: TLVs{}}, "closed by the router, FSM event 18"},
		{PeerDownMessage{Reason: DownRemoteNotification, Data: notification, Info: TLVs{}}, "closed by the peer with a NOTIFICATION 6/2"},
		{PeerDownMessage{Reason: DownRemote, Data: []byte{}, Info: TLVs{}}, "closed by the peer"},
		{PeerDownMessage{Reason: DownDeconfigured, Data: []byte{}, Info: TLVs{}}, "no longer monitored"},
		{PeerDownMessage{Reason: DownLocRIB, Data: []byte{}, Info: AppendTLV(nil, TLV{PeerTableName, []byte("x")})}, "Loc-RIB closed"},
		{PeerDownMessage{Reason: 99, Data: []byte{}, Info: TLVs{}}, "reason 99"},
	} {
		m := one(t, AppendPeerDown(nil, headers["ipv4"], test.down))
		_, rest, _ := ParsePeerHeader(m.Body())
		got, err := ParsePeerDown(rest)
		if err != nil || !cmp.Equal(got, test.down) || got.String() != test.text {
			t.Errorf("%q, %v\n%s", got, err, cmp.Diff(test.down, got))
		}
		if test.down.Reason > DownLocRIB {
			continue // nobody knows where its data would end
		}
		// In version 4 TLVs follow all reasons.
		info := AppendTLV(nil, TLV{PeerString, []byte("why")})
		if got, err = ParsePeerDown4(append(rest[:len(rest):len(rest)], info...)); err != nil || !bytes.HasSuffix(got.Info, info) || !bytes.Equal(got.Data, test.down.Data) {
			t.Errorf("version 4: %+v, %v", got, err)
		}
	}
	if _, err := ParsePeerDown(nil); err == nil {
		t.Error("no reason is no error")
	}
}

func TestStatsGoByTheirLength(t *testing.T) {
	want := []Stat{{Type: 0, Value: 7}, {Type: 7, Value: 1 << 40}, {Type: 9, Family: inet.IPv6Unicast, Value: 9}, {Type: 999, Value: 3}}
	m := one(t, AppendStats(nil, headers["ipv4"], want...))
	_, rest, _ := ParsePeerHeader(m.Body())
	var got []Stat
	for s := range ParseStats(rest) {
		got = append(got, s)
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Stat{}, "Raw")); diff != "" {
		t.Error(diff)
	}
	if got[2].Name() != "adjRibInRoutesPerFamily" || got[3].Name() != "type 999" {
		t.Error(got[2].Name(), got[3].Name())
	}
	odd := append([]byte{0, 0, 0, 9}, AppendTLV(nil, TLV{7, []byte{1, 2, 3}})...)
	for s := range ParseStats(odd) {
		if s.Value != 0 || len(s.Raw) != 3 {
			t.Errorf("%+v", s)
		}
	}
}

// rewrite parses a message and appends it again.
func rewrite(m Message) ([]byte, error) {
	c, err := ParseMessage(m)
	return AppendMessage(nil, c), err
}

func TestMessagesOfOthersSurviveARoundTrip(t *testing.T) {
	dir := testkit.Data(t)
	count, failed := map[Type]int{}, 0
	try := func(t *testing.T, name string, raw []byte) {
		m, n, err := ReadMessage(raw, 0)
		if err != nil || n == 0 || m.Type >= typeCount {
			return
		}
		got, err := rewrite(m)
		if err != nil {
			if name == "bio-rd.tsv:202" { // a Peer Up with six octets for OPENs, meant to fail
				failed++
				return
			}
			t.Errorf("%s: %v: %x", name, err, raw)
			return
		}
		count[m.Type]++
		if !bytes.Equal(got, m.Raw) {
			t.Errorf("%s: %s\n got %x\nwant %x", name, m.Type, got, m.Raw)
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "bmp", "vectors", "*.tsv"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(filepath.Base(name), "scapy") {
			continue // other protocols that look alike
		}
		for _, line := range strings.Split(string(text), "\n")[1:] {
			c := strings.Split(line, "\t")
			if len(c) < 5 {
				continue
			}
			raw, err := hex.DecodeString(c[4])
			if err != nil {
				t.Fatal(err)
			}
			if fmt.Sprint(raw[5]) != c[3] {
				t.Errorf("%s: type %d, want %s", name, raw[5], c[3])
			}
			try(t, filepath.Base(name)+":"+c[2], raw)
		}
	}
	files, err = filepath.Glob(filepath.Join(dir, "bmp_raw", "*.bmp"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for {
			_, n, err := ReadMessage(raw, 0)
			if err != nil || n == 0 {
				break
			}
			try(t, filepath.Base(name), raw[:n])
			raw = raw[n:]
		}
	}
	t.Logf("%v", count)
	if len(count) < 6 || count[RouteMonitoring] < 1000 || failed != 1 {
		t.Errorf("only %v were tried", count)
	}
}

func FuzzStation(f *testing.F) {
	h := headers["ipv4"]
	f.Add(AppendRouteMonitoring(AppendPeerUp(AppendInitiation(nil), h, PeerUpMessage{Sent: fakeOpen(0), Received: fakeOpen(0)}), h, append(bytes.Repeat([]byte{0xff}, 16), 0, 23, 2, 0, 0, 0, 0)))
	f.Add(bytes.Join(samples(), nil))
	f.Add(AppendTermination(AppendMirroring(AppendStats(nil, h), h), TLV{TermReason, []byte{0, 1}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := NewStation()
		up := map[*PeerView]bool{}
		var actions []Action
		check := func() {
			for _, a := range actions {
				switch a.Kind {
				case ActPeerUp:
					up[a.View] = true
				case ActPeerDown:
					if !up[a.View] {
						t.Fatal("a view went down that was not up")
					}
					delete(up, a.View)
				case ActRoutes:
					if !up[a.View] {
						t.Fatal("routes of a view that is not up")
					}
				}
			}
		}
		for {
			m, n, err := ReadMessage(b, 0)
			if err != nil || n == 0 {
				break
			}
			b = b[n:]
			actions = s.Step(actions[:0], m)
			check()
		}
		actions = s.Close(actions[:0], "end")
		check()
		if len(up) != 0 {
			t.Fatalf("%d views left up", len(up))
		}
	})
}
