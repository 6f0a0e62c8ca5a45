//go:build interop

package interop

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const announced = `announce = [{prefix = "198.51.100.0/24", next_hop = "192.0.2.1"}, {prefix = "2001:db8:ff::/48", next_hop = "2001:db8::1"}]`

// config is the daemon's: one speaker, one RIB, and what a test adds to the peer
// and behind it.
func config(peer, more string) string {
	return `
[units.bgp-in]
type = "bgp-tcp-in"
listen = "127.0.0.1:PORT"
my_asn = 64500
my_bgp_id = [192, 0, 2, 1]

[units.bgp-in.peers."127.0.0.2"]
name = "bird"
remote_asn = 64501
protocols = ["Ipv4Unicast", "Ipv6Unicast"]
` + peer + `

[units.rib]
type = "rib"
sources = ["bgp-in"]

[targets.null]
type = "null-out"
sources = ["rib"]
` + more
}

// table makes n routes a family for BIRD, of all lengths and with attributes
// that differ, and what the API has to show of them.
func table(n int) (statics string, want []string) {
	var v4, v6 strings.Builder
	for i := range n {
		bits := 12 + i%17
		four := fmt.Sprintf("%d.%d.%d.0/24", 20+i/250, i%250, 1)
		if bits < 24 {
			four = fmt.Sprintf("%d.%d.0.0/16", 100+i/250, i%250)
		}
		six := fmt.Sprintf("2001:db8:%x::/48", 0x1000+i)
		attrs, path, med, communities := "", "64501", "null", "null"
		if i%2 == 0 {
			attrs += fmt.Sprintf("bgp_med = %d; ", i+1)
			med = fmt.Sprint(i + 1)
		}
		if i%3 == 0 {
			attrs += fmt.Sprintf("bgp_community.add((64501,%d)); ", i)
			communities = fmt.Sprintf("AS64501:%d", i)
		}
		if i%5 == 0 {
			attrs += "bgp_path.prepend(4200000001); "
			path = "64501 4200000001"
		}
		fmt.Fprintf(&v4, "route %s blackhole { %s};\n", four, attrs)
		fmt.Fprintf(&v6, "route %s blackhole { %s};\n", six, attrs)
		for _, p := range []string{four, six} {
			want = append(want, fmt.Sprintf("%s path %s med %s communities %s", p, path, med, communities))
		}
	}
	slices.Sort(want)
	return "protocol static s4 { ipv4;\n" + v4.String() + "}\nprotocol static s6 { ipv6;\n" + v6.String() + "}\n", want
}

// shown turns rows of the API into the form of table.
func shown(rows []row) []string {
	var out []string
	for _, r := range rows {
		path := strings.NewReplacer("AS", "", "[", "", "]", "", `"`, "", ",", " ", "  ", " ").Replace(r.attr("asPath"))
		med := r.attr("multiExitDisc")
		if med == "" {
			med = "null"
		}
		communities := strings.NewReplacer("[", "", "]", "", `"`, "").Replace(r.attr("standardCommunities"))
		if communities == "" {
			communities = "null"
		}
		out = append(out, fmt.Sprintf("%s path %s med %s communities %s", r.Prefix, path, med, communities))
	}
	slices.Sort(out)
	return out
}

func TestBIRDPeersWithTheSameRoutesOnBothSides(t *testing.T) {
	const n = 300
	statics, want := table(n)
	d := startDaemon(t, false, config(announced, ""))
	b := startBIRD(t, birdConfig{port: d.port, hold: 30, statics: statics})
	eventually(t, 30*time.Second, "the session is Established", b.established)
	eventually(t, 30*time.Second, "all routes are there", func() bool { return d.count() == 2*n })

	got := shown(d.routes())
	for i, line := range got {
		if i < len(want) && line != want[i] {
			t.Fatalf("route %d: we have\n%s, BIRD sent\n%s", i, line, want[i])
		}
	}
	if len(got) != len(want) {
		t.Fatalf("we have %d routes, BIRD sent %d", len(got), len(want))
	}

	for tab, prefix := range map[string]string{"master4": "198.51.100.0/24", "master6": "2001:db8:ff::/48"} {
		eventually(t, 10*time.Second, "BIRD has "+prefix, func() bool { return b.learned(tab) == 1 })
		route := b.ask("show route table " + tab + " protocol rotonda all")
		for _, part := range []string{prefix, "BGP.origin: IGP", "BGP.as_path: 64500"} {
			if !strings.Contains(route, part) {
				t.Errorf("BIRD shows no %q in\n%s", part, route)
			}
		}
	}

	b.ask("disable s4")
	eventually(t, 10*time.Second, "the withdrawals act", func() bool { return d.count() == n })
	b.ask("enable s4")
	eventually(t, 10*time.Second, "the routes are back", func() bool { return d.count() == 2*n })

	d.reload(config("", ""))
	eventually(t, 10*time.Second, "the reload withdraws the static routes", func() bool { return b.learned("master4") == 0 && b.learned("master6") == 0 })
	if n := strings.Count(d.logged(), "session established"); n != 1 || !b.established() {
		t.Errorf("the session was established %d times", n)
	}
	if d.count() != 2*n {
		t.Errorf("after the reload %d routes", d.count())
	}

	took, err := d.stop()
	if err != nil || took > 5*time.Second {
		t.Errorf("the daemon ended with %v after %v", err, took)
	}
	eventually(t, 10*time.Second, "BIRD was told", func() bool {
		return strings.Contains(b.ask("show protocols all rotonda"), "Received: Administrative shutdown")
	})
}

func TestBIRDWithAddPath(t *testing.T) {
	two := `protocol static a { ipv4 { preference 100; }; route 20.0.0.0/24 blackhole { bgp_med = 1; }; }
protocol static b { ipv4 { preference 90; }; route 20.0.0.0/24 blackhole { bgp_med = 2; }; }
`
	d := startDaemon(t, false, config(`addpath = ["Ipv4Unicast"]`, ""))
	b := startBIRD(t, birdConfig{port: d.port, hold: 30, statics: two, v4: "add paths on;"})
	eventually(t, 30*time.Second, "both paths are there", func() bool { return d.count() == 2 })
	ids := map[uint32]bool{}
	for _, r := range d.routes() {
		if r.PathID == nil {
			t.Fatalf("no path identifier: %+v", r)
		}
		ids[*r.PathID] = true
	}
	if len(ids) != 2 {
		t.Errorf("path identifiers %v", ids)
	}
	b.ask("disable a")
	eventually(t, 10*time.Second, "one path is withdrawn", func() bool { return d.count() == 1 })
	if rows := d.routes(); rows[0].attr("multiExitDisc") != "2" {
		t.Errorf("the wrong path is left: %+v", rows)
	}
}

func TestBIRDThatSendsTooMuch(t *testing.T) {
	statics, _ := table(50)
	d := startDaemon(t, false, config("max_prefix = 49", ""))
	b := startBIRD(t, birdConfig{port: d.port, hold: 30, statics: statics})
	eventually(t, 30*time.Second, "BIRD was told", func() bool {
		return strings.Contains(b.ask("show protocols all rotonda"), "Maximum number of prefixes reached") || strings.Contains(d.logged(), "max_prefix=49")
	})
	eventually(t, 10*time.Second, "nothing is left", func() bool { return d.count() == 0 })
	d.reload(config("max_prefix = 50", ""))
	eventually(t, 60*time.Second, "a higher limit lets it in", func() bool { return d.count() == 100 })
}

func TestBIRDThatFreezesAndComesBack(t *testing.T) {
	statics, _ := table(50)
	d := startDaemon(t, false, config("", ""))
	b := startBIRD(t, birdConfig{port: d.port, hold: 6, statics: statics})
	eventually(t, 30*time.Second, "the routes are there", func() bool { return d.count() == 100 })
	was := d.routes()[0].Ingress
	b.cmd.Process.Signal(syscall.SIGSTOP)
	eventually(t, 15*time.Second, "the hold timer expires", func() bool { return d.count() == 0 })
	if !strings.Contains(d.logged(), "Hold Timer Expired") {
		t.Error("the log does not say why")
	}
	b.cmd.Process.Signal(syscall.SIGCONT)
	eventually(t, 60*time.Second, "it is back", func() bool { return d.count() == 100 })
	if now := d.routes()[0].Ingress; now != was {
		t.Errorf("its ingress was %d and is %d", was, now)
	}
}

// TestSleepingTargetLosesNoSession: a target sleeps 30 s while BIRD, with a hold
// time of 9 s, sends 200,000 routes.
func TestSleepingTargetLosesNoSession(t *testing.T) {
	const n, limit = 200_000, 400 << 20
	var routes strings.Builder
	routes.WriteString("protocol static s4 { ipv4;\n")
	for i := range n {
		fmt.Fprintf(&routes, "route %d.%d.%d.0/24 blackhole { bgp_community.add((64501,%d)); };\n", 20+i>>16, i>>8&255, i&255, i%5000)
	}
	routes.WriteString("}\n")
	file := filepath.Join(t.TempDir(), "sleeper")
	d := startDaemon(t, true, config(`hold_time = 9`, fmt.Sprintf("[targets.sleeper]\ntype = \"test-sleeper\"\nsources = [\"rib\"]\nsleep = 30\nfile = %q\n", file)))
	b := startBIRD(t, birdConfig{port: d.port, hold: 9, statics: routes.String()})
	eventually(t, 30*time.Second, "the session is Established", b.established)
	start := time.Now()
	eventually(t, 25*time.Second, "all routes are in the RIB while the target sleeps", func() bool { return d.count() == n })
	t.Logf("%d routes after %v", n, time.Since(start).Round(10*time.Millisecond))
	want := fmt.Sprintf("slept=true held=%d downs=0", n)
	seen := ""
	eventually(t, 90*time.Second, "the target has them all: "+want, func() bool {
		text, _ := os.ReadFile(file)
		seen = string(text)
		return seen == want
	})
	if took := time.Since(start); took < 28*time.Second {
		t.Errorf("the target had all after %v, so it did not sleep", took)
	}
	if ups := strings.Count(d.logged(), "session established"); ups != 1 || strings.Contains(d.logged(), "session ended") || !b.established() {
		t.Errorf("the session was established %d times", ups)
	}
	t.Logf("peak memory %d MB, %s", d.peak()>>20, seen)
	if d.peak() > limit {
		t.Errorf("peak memory %d MB, want at most %d", d.peak()>>20, limit>>20)
	}
}
