package conf_test

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/conf"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestFiles decodes testdata/*.toml and compares what is said about each with
// the file of the same name that ends in .want.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.toml")
	if err != nil || len(files) < 8 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".toml"), func(t *testing.T) {
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			said := load(filepath.Base(path), src).said
			golden(t, strings.TrimSuffix(path, ".toml")+".want", lines(said))
		})
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

func TestUpstreamExampleHasItsValues(t *testing.T) {
	src, err := os.ReadFile("testdata/upstream.toml")
	if err != nil {
		t.Fatal(err)
	}
	l := load("/etc/rotonda/rotonda.conf", src)
	if len(l.said) != 0 {
		t.Fatalf("said %q", l.said)
	}
	bgp := l.units["bgp-in"].(*speaker)
	want := &speaker{
		Listen: netip.MustParseAddrPort("192.0.2.254:179"), ASN: 64512, ID: netip.MustParseAddr("192.0.2.254"),
		ByName: map[string]peer{
			"192.0.2.1":       {Name: "core-1", ASNs: []uint32{64513}, Hold: 180 * time.Second, Protocols: []string{"Ipv4Unicast", "Ipv6Unicast"}},
			"198.51.100.0/24": {Name: "ixp-lan", ASNs: []uint32{}, Hold: 90 * time.Second, Protocols: []string{"Ipv4Unicast", "Ipv4Multicast", "Ipv6Unicast"}},
		}}
	if diff := cmp.Diff(want, bgp, cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("bgp-in (-want +got):\n%s", diff)
	}
	r := l.units["rib"].(*rib)
	if r.Limits.More.V4 != 8 || r.Limits.More.V6 != 19 || len(r.Sources) != 4 {
		t.Errorf("rib %+v", r)
	}
	m := l.units["mrt-in"].(*mrt)
	if m.Files[1] != "/etc/rotonda/updates.20260101.0000.bz2" {
		t.Errorf("relative file became %q", m.Files[1])
	}
	e := l.units["events"].(*target)
	if e.Filename != "/var/lib/rotonda/events.jsonl" || e.Sources[0] != "bmp-in:256" {
		t.Errorf("events %+v", e)
	}
	if l.top.RotoScript != "/etc/rotonda/filters.roto" {
		t.Errorf("script %q", l.top.RotoScript)
	}
}

func TestEveryKindDecodes(t *testing.T) {
	src := `
text = 'C:\tmp'
small = -128
count = 0xff_ff
ratio = 1
yes = false
wait = "2m"
size = "2 MiB"
address = "192.0.2.1"
prefix = "2001:db8::/32"
when = 2026-01-01T00:00:00Z
four = [1, 2, 3, 4]
words = []
grid = [[1], [2, 3]]
secret = "SESAME"
any = {a = [1, 2.5, true, "x"]}
even = 4
pointer = 0
handed_down = "old"
[table]
a.b = 1
`
	f, errs := conf.Parse("x", []byte(strings.Replace(src, "a.b = 1", "a = true", 1)))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	var got everything
	errs, notices := f.Root.Decode(&got)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if len(notices) != 1 || notices[0].Text != "is now called inherited" {
		t.Errorf("notices %v", notices)
	}
	zero := 0
	want := everything{base: base{"old"}, Text: `C:\tmp`, Small: -128, Count: 65535, Ratio: 1, Wait: 2 * time.Minute, Size: 2 << 20,
		Address: netip.MustParseAddr("192.0.2.1"), Prefix: netip.MustParsePrefix("2001:db8::/32"), When: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Four: [4]uint8{1, 2, 3, 4}, Words: []string{}, Grid: [][]int{{1}, {2, 3}}, Secret: "sesame",
		Any: map[string]any{"a": []any{int64(1), 2.5, true, "x"}}, Even: 4, Pointer: &zero, Table: map[string]bool{"a": true}, Low: 1, High: 2}
	if !conf.Equal(&want, &got) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
}

func TestDefaults(t *testing.T) {
	var got everything
	if err := conf.Defaults(&got); err != nil {
		t.Fatal(err)
	}
	want := everything{base: base{"yes"}, Count: 7, Ratio: 0.5, Yes: true, Wait: 90 * time.Second, Size: 1 << 20,
		Address: netip.IPv6Loopback(), Words: []string{"a", "b"}, Even: 2, Low: 1, High: 2}
	if changed, _ := conf.Diff(want, got); len(changed) > 0 {
		t.Errorf("differ in %v: %+v", changed, got)
	}
	var wrong struct {
		N int `conf:"n" default:"many"`
		R int `conf:"r" default:"3" range:"1..x"`
	}
	err := conf.Defaults(&wrong)
	if err == nil || strings.Count(err.Error(), "default is wrong") != 2 {
		t.Errorf("wrong tags gave %v", err)
	}
	if conf.Defaults(3) == nil {
		t.Error("a number has no defaults")
	}
}

func TestDurations(t *testing.T) {
	for text, want := range map[string]time.Duration{"90": 90 * time.Second, `"90"`: 90 * time.Second, `"5m"`: 5 * time.Minute, "1.5": 1500 * time.Millisecond,
		`"1h30m"`: 90 * time.Minute, `"20ms"`: 20 * time.Millisecond, `"-1s"`: -1, `"x"`: -1, "true": -1, "-3": -1} {
		var c struct {
			Wait time.Duration `conf:"wait" unit:"s"`
		}
		f, errs := conf.Parse("x", []byte("wait = "+text))
		more, _ := f.Root.Decode(&c)
		if errs = append(errs, more...); (len(errs) > 0) != (want < 0) || want >= 0 && c.Wait != want {
			t.Errorf("%s became %v, %v", text, c.Wait, errs)
		}
	}
}

func TestDiff(t *testing.T) {
	a := speaker{ASN: 1, ByName: map[string]peer{"192.0.2.1": {Name: "a", Hold: 90}, "192.0.2.2": {}}}
	for _, tc := range []struct {
		name   string
		change func(*speaker)
		want   []string
		live   bool
	}{
		{"nothing", func(*speaker) {}, nil, true},
		{"a live field", func(s *speaker) { s.ByName["192.0.2.1"] = peer{Name: "b", Hold: 90} }, []string{`peers."192.0.2.1".name`}, true},
		{"a plain field", func(s *speaker) { s.ASN = 2 }, []string{"my_asn"}, false},
		{"both", func(s *speaker) {
			s.ASN = 2
			s.ByName["192.0.2.1"] = peer{Name: "a", Hold: 30}
		}, []string{"my_asn", `peers."192.0.2.1".hold_time`}, false},
		{"an entry more", func(s *speaker) { s.ByName["192.0.2.3"] = peer{} }, []string{`peers."192.0.2.3"`}, false},
		{"an entry less", func(s *speaker) { delete(s.ByName, "192.0.2.2") }, []string{`peers."192.0.2.2"`}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := a
			b.ByName = map[string]peer{}
			for k, v := range a.ByName {
				b.ByName[k] = v
			}
			tc.change(&b)
			changed, live := conf.Diff(&a, &b)
			if diff := cmp.Diff(tc.want, changed); diff != "" || live != tc.live {
				t.Errorf("live %v, want %v; %s", live, tc.live, diff)
			}
		})
	}
	if conf.Equal(a, rib{}) {
		t.Error("two types are not equal")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"listen", "sources", "filename", "format"}
	for word, want := range map[string]string{"listne": "listen", "Sources": "sources", "file_name": "filename", "frmt": "format", "zebra": ""} {
		if got, _ := conf.Nearest(word, known); got != want {
			t.Errorf("%s: got %q, want %q", word, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("a = 1\n[b]\nc.d = [1, {e = 'x'}]\n[[f]]\n[f.g]\n"))
	f.Add([]byte("a = \na = 2\n[a]\n[[a]]\nb = \"\"\""))
	f.Add([]byte("\xef\xbb\xbfunits.a.type = 'rib'\r\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		file, errs := conf.Parse("f", src)
		if file == nil || file.Root == nil {
			t.Fatal("no file")
		}
		for _, e := range errs {
			if e.Line < 1 || e.Col < 1 || e.What == "" {
				t.Fatalf("%+v", e)
			}
		}
		var top daemon
		file.Root.Decode(&top)
		var all everything
		file.Root.Decode(&all)
	})
}
