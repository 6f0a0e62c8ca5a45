package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/internal/testkit"
)

// ran runs a hook over a file and returns what was counted.
func ran(t *testing.T, hook, script, file string) hookResult {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run([]string{"run", "--runtime", "rotonda", "--hook", hook, script, file, "--json"}, &stdout, &stderr); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr.String())
	}
	var r hookResult
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		t.Fatalf("%v: %s", err, stdout.String())
	}
	return r
}

const byLength = `
filter rib_in_pre(route: Route, ingress: IngressInfo) {
    if route.prefix().len() == 24 { output.log_prefix(route.prefix()); reject }
    if route.prefix().len() == 32 { let z = 0; if 1 / z == 1 { accept } }
    accept
}
filter by_peer(route: Route, ingress: IngressInfo) { if ingress.peer_asn() == AS1 { accept } reject }
filter bgp_in(msg: BgpMsg, ingress: IngressInfo) { if msg.announcements_count() > 1 { output.log_custom(1, 2); accept } reject }
`

// TestHookOverATable: routes are counted one by one, whether or not the filter
// reads the prefix, and nothing of the table is lost.
func TestHookOverATable(t *testing.T) {
	w := simulate.New(1, 2_000)
	var table bytes.Buffer
	if err := simulate.WriteMRT(&table, w, 2); err != nil {
		t.Fatal(err)
	}
	total := uint64(0)
	for i := range 2 {
		ipv4, ipv6 := w.View(i).Count()
		total += uint64(ipv4 + ipv6)
	}
	file := filepath.Join(t.TempDir(), "rib.mrt")
	if err := os.WriteFile(file, table.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	s := script(t, byLength)
	r := ran(t, "rib_in_pre", s, file)
	if r.Accepted+r.Rejected+r.Faults != total || r.Rejected == 0 || r.Accepted == 0 || r.Outputs != r.Rejected {
		t.Errorf("%+v of %d routes", r, total)
	}
	if r := ran(t, "by_peer", s, file); r.Rejected != total {
		t.Errorf("by_peer: %+v of %d routes", r, total)
	}
	var stdout, stderr bytes.Buffer
	if code := run([]string{"run", "--runtime", "rotonda", "--hook", "rib_in_pre", s, file}, &stdout, &stderr); code != 0 ||
		!strings.Contains(stdout.String(), "rib_in_pre: ") || uint64(strings.Count(stdout.String(), "\n")) != r.Outputs+1 {
		t.Errorf("exit %d, %d lines, want %d; %s", code, strings.Count(stdout.String(), "\n"), r.Outputs+1, stderr.String())
	}
}

// TestHookOverRealFiles: the numbers of routes are those of TRUTH.tsv.
func TestHookOverRealFiles(t *testing.T) {
	s := script(t, byLength)
	if r := ran(t, "rib_in_pre", s, testkit.Data(t, "lab-frr/frr-8.4.4.rib-3peers.mrt.gz")); r.Accepted+r.Rejected+r.Faults != 1_219_633 || r.Faults == 0 {
		t.Errorf("%+v", r)
	}
	if r := ran(t, "bgp_in", s, testkit.Data(t, "mrt/mrtparser/updates.20260222.1530.bz2")); r.Accepted == 0 || r.Outputs != r.Accepted || r.Rejected == 0 {
		t.Errorf("%+v", r)
	}
}

func TestHookSaysWhatIsWrong(t *testing.T) {
	s := script(t, byLength)
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"run --hook rib_in_pre " + s + " x.mrt", 2, "--runtime rotonda"},
		{"run --runtime rotonda --hook rib_in_pre " + s, 2, "wants MRT files"},
		{"run --runtime rotonda --hook rib_in_pre " + s + " missing.mrt", 1, "missing.mrt"},
		{"run --runtime rotonda --hook nothing " + s + " x.mrt", 1, "nothing"},
		{"run --runtime rotonda --hook vrp_update " + s + " x.mrt", 2, "does not run on what an MRT file holds"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(strings.Fields(c.args), &stdout, &stderr); code != c.code || !strings.Contains(stderr.String(), c.want) {
			t.Errorf("roto %s: exit %d: %s", c.args, code, stderr.String())
		}
	}
}
