package format_test

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"net/netip"
	"os"
	"strings"
	"testing"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
	"example.com/rotonda/unit/format"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// body is an UPDATE that withdraws 192.0.2.0/24 and announces
// 198.51.100.0/24 and 203.0.113.128/25 with MED 7.
var body = []byte{
	0, 4, 24, 192, 0, 2,
	0, 27,
	0x40, 1, 1, 0, // ORIGIN IGP
	0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf4, // AS_PATH 64500
	0x40, 3, 4, 192, 0, 2, 1, // NEXT_HOP
	0x80, 4, 4, 0, 0, 0, 7, // MULTI_EXIT_DISC
	24, 198, 51, 100, 25, 203, 0, 113, 128,
}

// at is 2026-01-02T03:04:05.000006Z.
const at = 1767323045000006

var who = unit.Peer{Ingress: 5, Session: 1}

func lookup(id ingress.ID) *ingress.Info {
	if id != 5 {
		return nil
	}
	return &ingress.Info{ID: 5, Key: ingress.Key{Addr: netip.MustParseAddr("198.51.100.1"), ASN: 64500, View: ingress.InPre}}
}

func routes(t testing.TB) (withdrawn, announced *unit.Routes) {
	t.Helper()
	var u bgp.Update
	bgp.ParseUpdate(&u, body, bgp.Ctx{ASN4: true})
	var b unit.Batch
	b.AddUpdate(who, &u, at)
	if len(b.Events) != 2 {
		t.Fatalf("%d events", len(b.Events))
	}
	return b.Events[0].(*unit.Routes), b.Events[1].(*unit.Routes)
}

func ptr[T any](v T) *T { return &v }

// events has one of each kind, and routes in each state.
func events(t testing.TB) []unit.Event {
	withdrawn, announced := routes(t)
	marked := *announced
	marked.Seq, marked.Marks = 9, []bgp.Change{bgp.ChangeReplaced, bgp.ChangeSame}
	gone := *withdrawn
	gone.Seq, gone.Marks = 10, []bgp.Change{bgp.ChangeWithdrawn}
	nothing := *withdrawn
	nothing.Marks = []bgp.Change{bgp.ChangeUnknown}
	hidden := gone
	hidden.Hidden = true
	paths := *announced
	paths.AddPath, paths.NLRI, paths.Marks = true, []byte{0, 0, 0, 3, 8, 10}, []bgp.Change{bgp.ChangeNew}
	multicast := *announced
	multicast.Family, multicast.NLRI, multicast.Peer = inet.IPv6Multicast, []byte{32, 0x20, 1, 0x0d, 0xb8}, unit.Peer{Ingress: 6}
	vpn := *announced
	vpn.Family, vpn.NLRI = inet.IPv4MPLSVPN, bgp.AppendVPNPrefix(nil, bgp.VPNPrefix{Labels: bgp.NewLabelStack(100, 200),
		RD: inet.RD{0, 0, 0xfb, 0xf4, 0, 0, 0, 1}, Prefix: netip.MustParsePrefix("198.51.100.0/24")})
	evpn := *withdrawn
	evpn.Family, evpn.AddPath, evpn.NLRI = inet.L2VPNEVPN, true, []byte{0, 0, 0, 7, 0xf9, 2, 0xaa, 0xbb}
	evpn.NLRI = append(append(evpn.NLRI, 0, 0, 0, 8), bgp.AppendTypedNLRI(nil, inet.L2VPNEVPN, bgp.TypedNLRI{Type: bgp.EVPNInclusiveMulticast,
		RD: inet.RD{0, 0, 0xfb, 0xf4, 0, 0, 0, 1}, Originator: netip.MustParseAddr("192.0.2.1")})...)
	out := func(o unit.Output) *unit.Output {
		o.Peer, o.Time = who, at
		return &o
	}
	entry := unit.LogEntry{Timestamp: at, OriginAS: ptr(uint32(64501)), ASPathHops: ptr(uint64(3)), MPReachAFISAFI: ptr("Ipv6Unicast")}
	text := unit.LogEntry{Timestamp: at, Custom: ptr(`said "hi", then left`)}
	stamped := text
	stamped.CustomIsTimestamped = true
	return []unit.Event{
		&unit.PeerUp{Peer: who, Time: at}, &unit.PeerUp{Peer: who, Time: at + 994, Incomplete: true},
		announced, withdrawn, &marked, &gone, &nothing, &hidden, &paths, &multicast, &vpn, &evpn,
		&unit.EndOfRIB{Peer: who, Family: inet.IPv6Unicast, Time: at},
		&unit.PeerDown{Peer: who, Time: at, Reason: "hold timer \"expired\""}, &unit.PeerDown{Peer: who, Time: at, Keep: true},
		&unit.VRPs{Source: "rtr", Time: at},
		&unit.Message{Peer: who, Kind: unit.RawBMP, Raw: []byte{3, 0xff}, Time: at}, &unit.Message{Raw: []byte{1}},
		out(unit.Output{Topic: "prefix", Route: announced}), out(unit.Output{Topic: "community", Match: "AS64500:1", Route: announced}),
		out(unit.Output{Topic: "asn", Match: "AS64500"}), out(unit.Output{Topic: "peerdown"}), out(unit.Output{Topic: "custom", ID: 4294967295, Value: 2, Route: announced}),
		out(unit.Output{Topic: "log_entry", Entry: &entry}), out(unit.Output{Topic: "log_entry", Entry: &text}), out(unit.Output{Topic: "log_entry", Entry: &stamped}),
	}
}

// TestStyles compares what each style makes of the events with
// testdata/STYLE.want.
func TestStyles(t *testing.T) {
	for _, style := range []format.Style{format.Events, format.JSON, format.JSONMin, format.CSV} {
		t.Run(style.String(), func(t *testing.T) {
			enc := format.NewEncoder(style, lookup)
			var got []byte
			for _, ev := range events(t) {
				got = enc.Append(got, ev)
			}
			path := "testdata/" + style.String() + ".want"
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if parsed, ok := format.ParseStyle(style.String()); !ok || parsed != style {
				t.Errorf("%s became %s", style, parsed)
			}
		})
	}
	if _, ok := format.ParseStyle("yaml"); ok {
		t.Error("yaml is a style")
	}
}

func TestLinesAreValid(t *testing.T) {
	var lines, table []byte
	objects, records := format.NewEncoder(format.Events, lookup), format.NewEncoder(format.CSV, nil)
	for _, ev := range events(t) {
		lines = objects.Append(lines, ev)
		if o, ok := ev.(*unit.Output); ok && (o.Entry == nil || o.Entry.Custom == nil) {
			table = records.Append(table, ev)
		}
	}
	list := strings.Split(strings.TrimSuffix(string(lines), "\n"), "\n")
	if len(list) < 25 {
		t.Errorf("%d lines", len(list))
	}
	for _, line := range list {
		var o map[string]any
		if err := json.Unmarshal([]byte(line), &o); err != nil || o["event"] == nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	r := csv.NewReader(strings.NewReader(string(table)))
	r.FieldsPerRecord = -1
	if rows, err := r.ReadAll(); err != nil || len(rows) != 8 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

func TestRowOfAQuery(t *testing.T) {
	r := format.Row{Family: inet.IPv6Unicast, Prefix: netip.MustParsePrefix("2001:db8::/32"), Ingress: 5, Info: lookup(5), Received: at, Status: "stale", ROV: "valid"}
	want := `{"prefix":"2001:db8::/32","ingress":5,"peerAsn":64500,"peerAddress":"198.51.100.1","view":"inPre","received":"2026-01-02T03:04:05.000006Z","status":"stale","rov":"valid","attributes":[]}`
	if diff := cmp.Diff(want, string(r.AppendJSON(nil))); diff != "" {
		t.Error(diff)
	}
}

func TestRowOfALabelledRoute(t *testing.T) {
	for one, want := range map[bool]string{
		true:  `{"nlri":{"prefix":"203.0.113.0/24","labels":[100]},`,
		false: `{"nlri":{"prefix":"0.0.0.0/0","labels":[100,831495]},`,
	} {
		r := format.Row{Family: inet.IPv4Labelled, NLRI: []byte{48, 0, 6, 0x40, 203, 0, 113}, OneLabel: one}
		if got := string(r.AppendJSON(nil)); !strings.HasPrefix(got, want) {
			t.Errorf("%v: %s", one, got)
		}
	}
}

func TestKnownAttributesAllocateNothing(t *testing.T) {
	withdrawn, announced := routes(t)
	info := lookup(5)
	enc := format.NewEncoder(format.Events, func(ingress.ID) *ingress.Info { return info })
	buf := enc.Append(nil, announced)
	if n := testing.AllocsPerRun(100, func() {
		buf = enc.Append(buf[:0], announced)
		buf = enc.Append(buf, withdrawn)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkRoutes writes a route with one of 1,000 attribute sets a line.
func BenchmarkRoutes(b *testing.B) {
	_, announced := routes(b)
	info := lookup(5)
	enc := format.NewEncoder(format.Events, func(ingress.ID) *ingress.Info { return info })
	sets := make([]bgp.Attrs, 1000)
	for i := range sets {
		sets[i] = bgp.AppendSet(nil, announced.Attrs, bgp.AttrMED, []byte{0, 0, byte(i >> 8), byte(i)})
	}
	r := *announced
	r.NLRI = r.NLRI[:4]
	var buf []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		r.Attrs = sets[i%len(sets)]
		buf = enc.Append(buf[:0], &r)
	}
	b.SetBytes(int64(len(buf)))
}
