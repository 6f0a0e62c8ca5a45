package mrtin

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/unit"
)

// readAll reads files to their end and returns the unit's state.
func readAll(t testing.TB, env *fake.Env, files ...string) State {
	t.Helper()
	r, err := New(Config{Filename: files}, env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	fake.Eventually(t, r.Ready, func() any { return "not read to the end; log:\n" + env.Logs.String() })
	st := r.State().(State)
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	return st
}

// text tells events as lines.
func text(e *fake.Env) []string {
	var out []string
	who := func(p unit.Peer) string {
		i := e.Ingress().Info(p.Ingress)
		return fmt.Sprintf("%s AS%d#%d", i.Addr, uint32(i.ASN), p.Session)
	}
	for _, ev := range e.Events() {
		line := fake.Describe(ev, who)
		if r, ok := ev.(*unit.Routes); ok {
			line += fmt.Sprintf(" @%d", r.Time/1e6)
		}
		out = append(out, line)
	}
	return out
}

var (
	local = netip.MustParseAddr("192.0.2.9")
	peerA = mrt.Peer{ID: netip.MustParseAddr("192.0.2.1"), Addr: netip.MustParseAddr("192.0.2.1"), ASN: 64501}
	peerB = mrt.Peer{ID: netip.MustParseAddr("192.0.2.2"), Addr: netip.MustParseAddr("2001:db8::2"), ASN: 64502}
	attrs = []byte{0x40, 1, 1, 0, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1}
	other = []byte{0x40, 1, 1, 2, 0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf5, 0x40, 3, 4, 192, 0, 2, 1}
)

// table writes a RIB: of peer A two prefixes that share a path and one with
// another, of peer B one, and of peer C, which has no entries, none.
func table(t testing.TB) []byte {
	var b bytes.Buffer
	w := mrt.NewWriter(&b)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.PeerIndex(100e6, mrt.PeerIndex{Collector: local, Peers: []mrt.Peer{peerA, {Addr: netip.MustParseAddr("192.0.2.3"), ASN: 64503}, peerB}}))
	rib := func(prefix string, entries ...mrt.RIBEntry) {
		must(w.RIB(100e6, mrt.RIB{Family: inet.IPv4Unicast, NLRI: inet.AppendPrefix(nil, netip.MustParsePrefix(prefix))}, entries))
	}
	rib("10.0.0.0/8", mrt.RIBEntry{Peer: 0, Originated: 50e6, Attrs: attrs}, mrt.RIBEntry{Peer: 2, Originated: 60e6, Attrs: attrs})
	rib("10.1.0.0/16", mrt.RIBEntry{Peer: 0, Originated: 50e6, Attrs: other})
	rib("10.2.0.0/16", mrt.RIBEntry{Peer: 0, Originated: 50e6, Attrs: attrs})
	return b.Bytes()
}

// changes writes a log of peer A that goes on after table.
func changes(t testing.TB) []byte {
	var b bytes.Buffer
	w := mrt.NewWriter(&b)
	s := mrt.Session{PeerAS: peerA.ASN, LocalAS: 64500, Peer: peerA.Addr, Local: local}
	canonical := func() bgp.Attrs {
		var u bgp.Update
		bgp.ParseAttributes(&u, attrs, bgp.MonitorCtx(true), inet.IPv4Unicast, bgp.FormTableDumpV2)
		return bgp.Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
	}
	put := func(at int64, a bgp.Attrs, prefix string) {
		n := bgp.NLRI{Family: inet.IPv4Unicast, Bytes: inet.AppendPrefix(nil, netip.MustParsePrefix(prefix))}
		raw := bgp.AppendUpdates(nil, bgp.MonitorCtx(true), a, n)
		if err := w.Message(at, mrt.Message{Session: s, AS4: true, Raw: raw}); err != nil {
			t.Fatal(err)
		}
	}
	put(200e6, nil, "10.1.0.0/16")
	put(201e6+5, canonical(), "10.3.0.0/16")
	if err := w.StateChange(202e6, mrt.StateChange{Session: s, Old: mrt.Established, New: mrt.Idle}); err != nil {
		t.Fatal(err)
	}
	put(203e6, canonical(), "10.4.0.0/16")
	return b.Bytes()
}

// store writes a file of the test.
func store(t testing.TB, name string, content []byte) string {
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestALogGoesOnWhereTheTableEnded(t *testing.T) {
	env := fake.NewEnv("mrt-in")
	readAll(t, env, store(t, "rib", table(t)), store(t, "updates", changes(t)))
	// What is collected when another peer comes up is sent before that, so that the
	// first path comes in two runs here.
	want := []string{
		"up 192.0.2.1 AS64501#1",
		"announce 192.0.2.1 AS64501#1 10.0.0.0/8 @50",
		"up 2001:db8::2 AS64502#1",
		"announce 2001:db8::2 AS64502#1 10.0.0.0/8 @60",
		"announce 192.0.2.1 AS64501#1 10.1.0.0/16 @50",
		"announce 192.0.2.1 AS64501#1 10.2.0.0/16 @50",
		"eor 192.0.2.1 AS64501#1 ipv4 unicast",
		"eor 2001:db8::2 AS64502#1 ipv4 unicast",
		"withdraw 192.0.2.1 AS64501#1 10.1.0.0/16 @200",
		"announce 192.0.2.1 AS64501#1 10.3.0.0/16 @201",
		"down 192.0.2.1 AS64501#1: the log says Idle",
		"up 192.0.2.1 AS64501#2",
		"announce 192.0.2.1 AS64501#2 10.4.0.0/16 @203",
	}
	if diff := cmp.Diff(want, text(env)); diff != "" {
		t.Errorf("-want +got:\n%s\n%s", diff, env.Logs.String())
	}
}

func TestEntriesWithOnePathShareARun(t *testing.T) {
	env := fake.NewEnv("mrt-in")
	var b bytes.Buffer
	w := mrt.NewWriter(&b)
	if err := w.PeerIndex(0, mrt.PeerIndex{Peers: []mrt.Peer{peerA}}); err != nil {
		t.Fatal(err)
	}
	for i := range 3000 {
		nlri := inet.AppendPrefix(nil, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 0}), 24))
		path := attrs
		if i%3 == 0 {
			path = other
		}
		if err := w.RIB(0, mrt.RIB{Family: inet.IPv4Unicast, AddPath: i >= 2000, NLRI: nlri}, []mrt.RIBEntry{{PathID: uint32(i), Originated: 1e6, Attrs: path}}); err != nil {
			t.Fatal(err)
		}
	}
	st := readAll(t, env, store(t, "rib", b.Bytes()))
	seen := map[netip.Prefix]bool{}
	runs := 0
	for _, e := range env.Events() {
		r, ok := e.(*unit.Routes)
		if !ok {
			continue
		}
		runs++
		origin, _ := r.Attrs.Origin()
		for id, p := range r.Run().Prefixes() {
			a := p.Addr().As4()
			i := int(a[1])<<8 | int(a[2])
			if seen[p] {
				t.Fatalf("%s came twice", p)
			}
			seen[p] = true
			if (i%3 == 0) != (origin == 2) || r.AddPath != (i >= 2000) || r.AddPath && id != uint32(i) {
				t.Fatalf("%s has origin %v, path id %d (%v)", p, origin, id, r.AddPath)
			}
		}
	}
	if len(seen) != 3000 || runs > 20 || st.Files[0].RIBEntries != 3000 {
		t.Errorf("%d prefixes in %d runs, %+v", len(seen), runs, st)
	}
}

func TestABadFileNeverStopsTheNext(t *testing.T) {
	good := table(t)
	for name, bad := range map[string][]byte{
		"cut":      good[:len(good)-7],
		"garbage":  []byte("this is no archive of routes, and long enough to be taken for one"),
		"empty":    nil,
		"xz":       []byte("\xfd7zXZ\x00\x00\x04"),
		"gzip cut": []byte("\x1f\x8b\x08\x00\x00"),
	} {
		t.Run(name, func(t *testing.T) {
			env := fake.NewEnv("mrt-in")
			st := readAll(t, env, store(t, "bad", bad), filepath.Join(t.TempDir(), "missing"), store(t, "good", good))
			if st.Files[2].State != "done" || st.Files[2].RIBEntries != 4 || st.Files[1].State != "failed" {
				t.Errorf("%+v\n%s", st.Files, env.Logs.String())
			}
			if name == "cut" && st.Files[0].RIBEntries != 3 {
				t.Errorf("of the cut file: %+v", st.Files[0])
			}
			if name != "empty" && (st.Files[0].State != "failed" || st.Files[0].LastError == "") {
				t.Errorf("the bad file is %+v", st.Files[0])
			}
			if !strings.Contains(env.Logs.String(), "mrt-in: done processing") {
				t.Errorf("log:\n%s", env.Logs.String())
			}
		})
	}
}

// TestReadingGoesOnBehindDamage: what follows a torn record is read, and the
// damage is counted with its place.
func TestReadingGoesOnBehindDamage(t *testing.T) {
	good := table(t)
	torn := append([]byte(nil), good...)
	torn = append(torn, bytes.Repeat([]byte{0xff}, 100)...)
	torn = append(torn, good...)
	env := fake.NewEnv("mrt-in")
	st := readAll(t, env, store(t, "torn", torn))
	if f := st.Files[0]; f.State != "done" || f.RIBEntries != 8 || f.Bad != 1 || !strings.Contains(f.LastError, fmt.Sprintf("offset %d: ", len(good))) || !strings.Contains(f.LastError, "went on 100 bytes further") {
		t.Errorf("%+v\n%s", f, env.Logs.String())
	}
}

func TestRecordedFilesGiveTheirCounts(t *testing.T) {
	for name, want := range map[string]FileState{
		"mrt/bgpdump/bview.20020722.2337.gz":         {Records: 115521, RIBEntries: 115521},
		"mrt/bgpdump/bview.ipv4_unicast_add_path.gz": {Records: 32, RIBEntries: 62},
		"mrt/bgpdump/updates.20070211.0141.gz":       {Records: 23394, Announcements: 51329, Withdrawals: 2328},
		"mrt/mrtparse/bird-mrtdump_rib":              {Records: 14, RIBEntries: 18},
		"mrt/mrtparse/bird_bgp":                      {Records: 29, Announcements: 14},
		"mrt/bgpkit-parser/updates.19990903.1041.gz": {Records: 24242, Announcements: 65286, Withdrawals: 25},
		"mrt/mrtparser/updates.20260222.1530.bz2":    {Records: 49220, Announcements: 111057, Withdrawals: 7606},
		"lab-frr/frr-8.4.4.rib-3peers.mrt.gz":        {Records: 690338, RIBEntries: 1219633},
	} {
		t.Run(name, func(t *testing.T) {
			env := fake.NewEnv("mrt-in")
			env.Drop = true
			st := readAll(t, env, filepath.Join(testkit.Data(t), name)).Files[0]
			st.File, want.State = "", "done"
			if diff := cmp.Diff(want, st); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, env.Logs.String())
			}
		})
	}
}

// BenchmarkRead reads the lab RIB of 1,219,633 entries into nothing: what the
// source costs of a load.
func BenchmarkRead(b *testing.B) {
	env := fake.NewEnv("mrt-in")
	env.Drop = true
	name := filepath.Join(testkit.Data(b), "lab-frr/frr-8.4.4.rib-3peers.mrt.gz")
	entries := uint64(0)
	for b.Loop() {
		entries += readAll(b, env, name).Files[0].RIBEntries
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "routes/s")
	b.ReportMetric(float64(env.Sent())/float64(b.N), "runs")
}
