package daemon

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/obs"
	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/units/all"
)

func (d *Daemon) addr(name string) string {
	return d.graph.Find(name).Unit.(interface{ Addr() string }).Addr()
}

func (d *Daemon) awaitAddr(t testing.TB, name string) string {
	t.Helper()
	until(t, 10*time.Second, name+" listens", func() bool { return d.addr(name) != "" && reachable(d.addr(name)) })
	return d.addr(name)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// A target sleeps for 30 s while peers with a hold time of 9 s send a table: no
// session is lost and what waits is bounded.
func TestATargetThatSleepsCostsNoSession(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 30 s: the target sleeps for longer than three hold times")
	}
	t.Parallel()
	d := start(t, speakerConfig+"[targets.slow]\ntype = \"test-sleeper\"\nsources = [\"rib:64\"]\nsleep = \"30s\"\n")
	addr := d.awaitAddr(t, "bgp")
	began := time.Now()
	stop := play1(t, simulate.Config{Seed: 1, Prefixes: 200_000, BGP: addr, BGPPeers: 2, LocalAddress: netip.MustParseAddr("127.0.0.2"), HoldTime: 9 * time.Second, Rate: 50})
	defer stop()
	world := simulate.New(1, 200_000)
	want := 0
	for n := range 2 {
		v4, v6 := world.View(n).Count()
		want += v4 + v6
	}
	until(t, 20*time.Second, "both tables are in the RIB while the target sleeps", func() bool { return routes(d.rib("rib")) >= int64(want*99/100) })
	slow := d.graph.Find("slow").Unit.(*sleepyTarget)
	if slow.routes.Load() != 0 {
		t.Fatal("the target did not sleep")
	}
	q := d.graph.Find("slow").Queues[0]
	if q.Dropped == 0 || q.Bytes > 64<<20 {
		t.Errorf("queue %+v: want a bounded one that dropped", q)
	}
	until(t, 60*time.Second, "the target wakes up", func() bool { return slow.routes.Load() > 0 })
	if took := time.Since(began); took < 27*time.Second {
		t.Errorf("awake after %v: shorter than three hold times", took)
	}
	for i := range d.register.All() {
		if i.Kind == ingress.KindBGP && (i.State != ingress.Connected || d.register.Session(i.ID) != 1) {
			t.Errorf("session of %v was lost: state %v, session %d", i.Addr, i.State, d.register.Session(i.ID))
		}
	}
}

func TestATargetAddedByAReloadGetsTheTableThenTheChanges(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "rotonda.conf")
	write(t, path, speakerConfig)
	d := startFile(t, path)
	stop := play1(t, simulate.Config{Seed: 7, Prefixes: 5000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 2, LocalAddress: netip.MustParseAddr("127.0.0.2"), HoldTime: 90 * time.Second, Rate: 400})
	defer stop()
	until(t, 20*time.Second, "the table arrives", func() bool { return routes(d.rib("rib")) > 9000 })
	id := firstBGP(d)

	write(t, path, speakerConfig+"[targets.out]\ntype = \"file-out\"\nformat = \"events\"\nfilename = \"out.jsonl\"\nsources = \"rib\"\n")
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond) // some churn after the replay
	stop()
	until(t, 10*time.Second, "the peers are gone", func() bool { return routes(d.rib("rib")) == 0 })
	if firstBGP(d) != id || d.register.Session(id) != 1 {
		t.Error("the reload touched a session")
	}
	d.Stop()
	checkEvents(t, filepath.Join(dir, "out.jsonl"))
}

func firstBGP(d *Daemon) ingress.ID {
	for i := range d.register.All() {
		if i.Kind == ingress.KindBGP {
			return i.ID
		}
	}
	return 0
}

// checkEvents plays the events of a file into a table: every announcement is
// new or a change, every withdrawal takes something away, and the end is empty.
func checkEvents(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	table := map[string]string{}
	announced, withdrawn := 0, 0
	for n, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
		var e struct {
			Event, Prefix string
			Ingress       int
			PathID        *uint32 `json:"pathId"`
			Attributes    json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("line %d: %v in %.200s", n+1, err, line)
		}
		k := fmt.Sprint(e.Ingress, " ", e.Prefix)
		switch e.Event {
		case "announced", "changed":
			announced++
			if table[k] == string(e.Attributes) {
				t.Errorf("line %d: %s came twice", n+1, k)
			}
			table[k] = string(e.Attributes)
		case "withdrawn":
			withdrawn++
			if _, ok := table[k]; !ok {
				t.Errorf("line %d: %s is withdrawn but was never there", n+1, k)
			}
			delete(table, k)
		case "peerDown":
			for k := range table {
				if strings.HasPrefix(k, fmt.Sprint(e.Ingress, " ")) {
					delete(table, k)
				}
			}
		}
	}
	if announced < 9000 || withdrawn == 0 {
		t.Errorf("%d announced, %d withdrawn: the table or the churn is missing", announced, withdrawn)
	}
	if len(table) != 0 {
		t.Errorf("%d routes are left after the peers went down", len(table))
	}
}

func TestIngressIDsAreTheSameAfterARestart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rotonda.conf")
	write(t, path, speakerConfig)
	seen := func() map[ingress.Key]ingress.ID {
		d := startFile(t, path)
		stop := play1(t, simulate.Config{Seed: 3, Prefixes: 1000, BMP: d.awaitAddr(t, "bmp"), Routers: 2, Peers: 2, HoldTime: 90 * time.Second})
		until(t, 10*time.Second, "the tables arrive", func() bool { return routes(d.rib("rib")) > 3500 })
		ids := map[ingress.Key]ingress.ID{}
		for i := range d.register.All() {
			ids[i.Key] = i.ID
		}
		stop()
		d.Stop()
		return ids
	}
	first, second := seen(), seen()
	if len(first) != 2+4 || fmt.Sprint(first) != fmt.Sprint(second) {
		t.Errorf("ids before the restart %v, after it %v", first, second)
	}
}

func TestAReloadWithAnErrorChangesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rotonda.conf")
	write(t, path, speakerConfig)
	d := startFile(t, path)
	rib := d.graph.Find("rib").Unit
	write(t, path, strings.Replace(speakerConfig, `sources = ["bmp", "bgp"]`, `sources = ["bpm"]`, 1))
	err := d.Reload()
	if err == nil || !strings.Contains(err.Error(), "did you mean bmp?") || !strings.Contains(err.Error(), "rotonda.conf:17:") {
		t.Errorf("reload: %v", err)
	}
	if d.graph.Find("rib").Unit != rib || d.graph.Find("rib").State != "running" {
		t.Error("the RIB was touched")
	}
}

// Upstream's complete example (rotonda.md 1.9), as it is but for the files it
// names: every key acts or is named in a notice.
func TestUpstreamsExampleIsAccepted(t *testing.T) {
	c, notices, err := ReadConfig("testdata/upstream.conf", all.Units())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bmp-in", "bgp-in", "mrt-in", "rtr", "rib", "null", "events"} {
		if c.Plan.Find(name) == nil {
			t.Errorf("unit %s is missing", name)
		}
	}
	text := fmt.Sprint(notices)
	if !strings.Contains(text, "mqtt-out is not part of this version") || !strings.Contains(text, "file-out") {
		t.Errorf("notices do not name what stands in for mqtt-out: %s", text)
	}
}

func TestAConfigurationWithFiveErrorsNamesAllOfThem(t *testing.T) {
	_, _, err := ReadConfig("testdata/five-errors.conf", all.Units())
	if err == nil {
		t.Fatal("accepted")
	}
	got := err.Error()
	want, ferr := os.ReadFile("testdata/five-errors.want")
	if ferr != nil {
		t.Fatal(ferr)
	}
	if got != strings.TrimRight(string(want), "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := strings.Count(got, "\n") + 1; n != 5 {
		t.Errorf("%d errors, want 5", n)
	}
}

func TestAPortInUseIsNamedAndTheDaemonGoesOn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	log := filepath.Join(t.TempDir(), "log")
	text := strings.Replace(speakerConfig, `log_level = "error"`, fmt.Sprintf("log_target = \"file\"\nlog_file = %q\nhttp_listen = [%q]", log, ln.Addr()), 1)
	text = strings.Replace(text, `listen = "127.0.0.1:0"`, fmt.Sprintf("listen = %q", ln.Addr()), 1)
	path := filepath.Join(t.TempDir(), "rotonda.conf")
	write(t, path, text)
	d, err := Start(Options{Config: path}, all.Units(), obs.Open())
	if err != nil {
		t.Fatal(err)
	}
	defer d.Stop()
	d.awaitAddr(t, "bgp")
	until(t, 5*time.Second, "both are named in the log", func() bool {
		said, _ := os.ReadFile(log)
		return strings.Count(string(said), ln.Addr().String()) >= 2 && strings.Contains(string(said), "address already in use")
	})
}

func TestMemoryLimitRefusesRoutesAndKeepsSessions(t *testing.T) {
	d := start(t, "memory_limit = \"1MB\"\n"+speakerConfig)
	t.Cleanup(func() { d.limitMemory(0) })
	until(t, 5*time.Second, "the limit is noticed", func() bool { d.pressure.look(); return d.pressure.full })
	stop := play1(t, simulate.Config{Seed: 3, Prefixes: 5000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 1, HoldTime: 90 * time.Second, Rate: 100})
	defer stop()
	until(t, 20*time.Second, "routes are refused", func() bool { return refused(d) > 1000 })
	if n := d.rib("rib").Stats(inet.IPv4Unicast).Routes; n != 0 {
		t.Errorf("%d routes were taken above the limit", n)
	}
	if id := firstBGP(d); d.register.Info(id).State != ingress.Connected {
		t.Error("the session was lost")
	}
}

func refused(d *Daemon) uint64 {
	text, err := json.Marshal(d.graph.Find("rib").Unit.(interface{ State() any }).State())
	if err != nil {
		return 0
	}
	var s struct{ Refused uint64 }
	if json.Unmarshal(text, &s) != nil {
		return 0
	}
	return s.Refused
}

func TestHTTPAnswersThroughTheDaemon(t *testing.T) {
	d := start(t, speakerConfig)
	stop := play1(t, simulate.Config{Seed: 3, Prefixes: 2000, BMP: d.awaitAddr(t, "bmp"), Routers: 1, Peers: 1, HoldTime: 90 * time.Second})
	defer stop()
	until(t, 10*time.Second, "the table arrives", func() bool { return routes(d.rib("rib")) > 1800 })
	srv := httptest.NewServer(d.handler())
	defer srv.Close()
	for path, want := range map[string]string{
		"/": "<html", "/api/v1/status": `"ready":true`, "/api/v1/ribs": `"ipv4 unicast"`, "/api/v1/ingresses": `"bgpViaBmp"`,
		"/api/v1/ribs/rib/routes?limit=1": `"prefix"`, "/metrics": "rotonda_rib_routes{", "/healthz": "", "/readyz": "", "/openapi.json": `"openapi"`,
	} {
		res, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s: %s, %v, want %q in %.300s", path, res.Status, err, want, body)
		}
	}
}
