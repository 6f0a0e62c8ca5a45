package daemon

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/routecore/inet"
)

// Two RIBs with different filters on one store hold different tables.
func TestTwoRIBsWithDifferentFiltersShareAStore(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "f.roto"), `
filter rib_in_pre(route: Route, ingress: IngressInfo) { accept }
filter short_only(route: Route, ingress: IngressInfo) { if route.prefix().len() > 20 { reject } accept }
`)
	path := filepath.Join(dir, "rotonda.conf")
	write(t, path, "roto_script = \"f.roto\"\n"+speakerConfig+"[units.short]\ntype = \"rib\"\nsources = [\"bgp\"]\nfilter_name = \"short_only\"\n")
	d := startFile(t, path)
	stop := play1(t, simulate.Config{Seed: 3, Prefixes: 5000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 1, HoldTime: 90 * time.Second})
	defer stop()
	v4, v6 := simulate.New(3, 5000).View(0).Count()
	until(t, 20*time.Second, "the whole table is in the first RIB", func() bool { return routes(d.rib("rib")) == int64(v4+v6) })
	all, short := d.rib("rib").Stats(inet.IPv4Unicast).Routes, d.rib("short").Stats(inet.IPv4Unicast).Routes
	if short == 0 || short > all/2 {
		t.Errorf("%d routes with the filter, %d without", short, all)
	}
	if d.rib("rib").StoreStats() != d.rib("short").StoreStats() {
		t.Error("the RIBs do not share a store")
	}
}

// A reload swaps scripts in the running daemon; one that does not compile is
// named with its place, and the old one stays.
func TestAReloadSwapsScripts(t *testing.T) {
	dir := t.TempDir()
	script, path := filepath.Join(dir, "f.roto"), filepath.Join(dir, "rotonda.conf")
	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) { reject }\n")
	write(t, path, "roto_script = \"f.roto\"\n"+speakerConfig)
	d := startFile(t, path)
	c := simulate.Config{Seed: 3, Prefixes: 2000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 1, LocalAddress: netip.MustParseAddr("127.0.0.2"), HoldTime: 90 * time.Second, Rate: 200}
	stop := play1(t, c)
	defer stop()
	until(t, 10*time.Second, "the peer is up", func() bool { return firstBGP(d) != 0 })
	id := firstBGP(d)
	time.Sleep(300 * time.Millisecond)
	if n := routes(d.rib("rib")); n != 0 {
		t.Errorf("%d routes in spite of a filter that rejects", n)
	}

	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) {\n    let x: u8 = route.prefix();\n    accept\n}\n")
	if err := d.Reload(); err == nil || !strings.Contains(err.Error(), "f.roto") || !strings.Contains(err.Error(), "2") {
		t.Errorf("a script with a type error: %v", err)
	}
	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) { accept }\n")
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "changes are accepted", func() bool { return routes(d.rib("rib")) > 0 })
	if d.register.Session(id) != 1 {
		t.Error("the session was lost")
	}
}

func TestAScriptWithThreeTypeErrorsNamesAllOfThem(t *testing.T) {
	err := filter.Check("testdata/three-errors.roto")
	if err == nil {
		t.Fatal("accepted")
	}
	want, ferr := os.ReadFile("testdata/three-errors.want")
	if ferr != nil {
		t.Fatal(ferr)
	}
	if got := strings.TrimRight(err.Error(), "\n"); got != strings.TrimRight(string(want), "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// A reload whose settings cannot be applied keeps the old scripts too.
func TestAReloadThatFailsKeepsTheScripts(t *testing.T) {
	dir := t.TempDir()
	script, path := filepath.Join(dir, "f.roto"), filepath.Join(dir, "rotonda.conf")
	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) { accept }\n")
	write(t, path, "roto_script = \"f.roto\"\n"+speakerConfig)
	d := startFile(t, path)

	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) { reject }\n")
	text := strings.Replace(speakerConfig, `sources = ["bmp", "bgp"]`, `sources = ["bmp", "bgp", "rtr"]`, 1)
	write(t, path, "roto_script = \"f.roto\"\n"+text+"[units.rtr]\ntype = \"rtr-tcp-in\"\nremote = \"no port\"\n")
	if err := d.Reload(); err == nil || !strings.Contains(err.Error(), "no port") {
		t.Fatalf("reload: %v", err)
	}
	stop := play1(t, simulate.Config{Seed: 3, Prefixes: 1000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 1, HoldTime: 90 * time.Second})
	defer stop()
	until(t, 10*time.Second, "the old script still accepts", func() bool { return routes(d.rib("rib")) > 900 })
}

// roto_commands says what command runs; a reload that fails does not change it.
func TestCommandsAreListedInTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	script, path, program, ran := filepath.Join(dir, "f.roto"), filepath.Join(dir, "rotonda.conf"), filepath.Join(dir, "program"), filepath.Join(dir, "ran")
	if err := os.WriteFile(program, []byte("#!/bin/sh\necho $1 >> "+ran+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(what string) string {
		return fmt.Sprintf("fn compile_lists() { command(%q, [%q]); }\n", program, what)
	}
	config := func(commands string) string { return "roto_script = \"f.roto\"\n" + commands + speakerConfig }
	write(t, script, run("one"))
	write(t, path, config(""))
	d := startFile(t, path)

	write(t, script, run("two"))
	write(t, path, config(fmt.Sprintf("roto_commands = [%q]\n", program)))
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	write(t, script, "fn compile_lists() {")
	write(t, path, config(""))
	if err := d.Reload(); err == nil {
		t.Error("a broken script was loaded")
	}
	write(t, path, config("roto_commands = \"program\"\n"))
	if err := d.Reload(); err == nil || !strings.Contains(err.Error(), "not an absolute path") {
		t.Error(err)
	}
	if got, err := os.ReadFile(ran); err != nil || string(got) != "two\n" {
		t.Errorf("ran %q, %v", got, err)
	}
}

// A change of the script reaches the routes that peers have sent: they are asked
// for them again, and no session is lost. Nothing is asked for without a change.
func TestAReloadJudgesRoutesAgain(t *testing.T) {
	dir := t.TempDir()
	script, path := filepath.Join(dir, "f.roto"), filepath.Join(dir, "rotonda.conf")
	const accept = "filter rib_in_pre(route: Route, ingress: IngressInfo) { accept }\n"
	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) { reject }\n")
	write(t, path, "roto_script = \"f.roto\"\n"+speakerConfig)
	d := startFile(t, path)
	stop := play1(t, simulate.Config{Seed: 3, Prefixes: 2000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 1, HoldTime: 90 * time.Second})
	defer stop()
	judged := func() uint64 { a, r, _ := d.filters.Count("rib_in_pre"); return a + r }
	settled := func() {
		t.Helper()
		last := uint64(0)
		until(t, 10*time.Second, "the table was sent", func() bool {
			now := judged()
			same := now == last && now > 0
			last = now
			time.Sleep(100 * time.Millisecond)
			return same
		})
	}
	settled()
	id := firstBGP(d)
	v4, v6 := simulate.New(3, 2000).View(0).Count()
	if n := routes(d.rib("rib")); n != 0 {
		t.Fatalf("%d routes in spite of a filter that rejects", n)
	}
	write(t, script, accept)
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "the table is accepted", func() bool { return routes(d.rib("rib")) == int64(v4+v6) })
	settled()
	calls := judged()
	write(t, path, "log_level = \"warn\"\nroto_script = \"f.roto\"\n"+strings.Replace(speakerConfig, "log_level = \"error\"\n", "", 1))
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	if n := judged(); n != calls {
		t.Errorf("%d routes came again though the script is the same", n-calls)
	}
	write(t, script, "filter rib_in_pre(route: Route, ingress: IngressInfo) { if route.prefix().is_ipv6() { reject } accept }\n")
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	until(t, 10*time.Second, "IPv6 is rejected", func() bool { return d.rib("rib").Stats(inet.IPv6Unicast).Routes == 0 })
	settled()
	if n := routes(d.rib("rib")); n != int64(v4) {
		t.Errorf("%d routes are left, want the %d of IPv4", n, v4)
	}
	if d.register.Session(id) != 1 {
		t.Error("the session was lost")
	}
}
