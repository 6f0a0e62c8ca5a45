package daemon

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"

	"example.com/rotonda/internal/obs"
	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
	"example.com/rotonda/units/all"
)

// start runs a daemon on the configuration text until the test ends.
func start(t testing.TB, text string) *Daemon {
	t.Helper()
	path := filepath.Join(t.TempDir(), "rotonda.conf")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return startFile(t, path)
}

func startFile(t testing.TB, path string) *Daemon {
	t.Helper()
	d, err := Start(Options{Config: path, Quiet: 1}, append(all.Units(), sleeper), obs.Open())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Stop)
	return d
}

// table is what tests ask of a RIB.
type table interface {
	Stats(inet.Family) store.TableStats
	StoreStats() store.Stats
}

func (d *Daemon) rib(name string) table { return d.graph.Find(name).Unit.(table) }

func routes(r table) (n int64) {
	for _, f := range []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4Multicast, inet.IPv6Multicast} {
		n += r.Stats(f).Routes
	}
	return n
}

// until waits for a condition that the daemon's goroutines bring about.
func until(t testing.TB, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("not within %v: %s", limit, what)
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}

const mrtConfig = `
log_level = "error"
[units.mrt]
type = "mrt-file-in"
filename = %q
[units.rib]
type = "rib"
sources = ["mrt"]
`

// BenchmarkIngest measures bytes of a file or socket to stored routes, through
// the whole daemon in process, without a filter. mrt loads
// lab-frr/frr-8.4.4.rib-3peers.mrt.gz; bmp and bgp receive the table of one
// simulated peer over loopback.
func BenchmarkIngest(b *testing.B) {
	b.Run("mrt", func(b *testing.B) {
		file := testkit.Data(b, "lab-frr/frr-8.4.4.rib-3peers.mrt.gz")
		for b.Loop() {
			cpu, began := cpuSeconds(), time.Now()
			d := start(b, fmt.Sprintf(mrtConfig, file))
			until(b, time.Minute, "file read", d.Ready)
			report(b, d, began, cpu)
		}
	})
	b.Run("bmp", func(b *testing.B) {
		ingestSimulated(b, "bmp-tcp-in", func(c *simulate.Config, addr string) { c.BMP, c.Routers, c.Peers = addr, 1, 1 })
	})
	b.Run("bgp", func(b *testing.B) {
		ingestSimulated(b, "bgp-tcp-in", func(c *simulate.Config, addr string) { c.BGP, c.BGPPeers = addr, 1 })
	})
}

func report(b *testing.B, d *Daemon, began time.Time, cpu float64) {
	wall := time.Since(began).Seconds()
	n := routes(d.rib("rib"))
	runtime.GC()
	b.ReportMetric(float64(n)/wall, "routes/s")
	b.ReportMetric(cpuSeconds()-cpu, "cpu-s")
	b.ReportMetric(float64(d.rib("rib").StoreStats().Memory)/float64(n), "B/route")
	b.ReportMetric(float64(n), "routes")
	d.Stop()
}

// simulatedPrefixes is the size of the table that one peer sends.
const simulatedPrefixes = 200_000

func ingestSimulated(b *testing.B, typ string, to func(*simulate.Config, string)) {
	world := simulate.New(1, simulatedPrefixes)
	v4, v6 := world.View(0).Count()
	for b.Loop() {
		d := start(b, speakerConfig)
		var addr string
		for _, v := range d.graph.Units() {
			if l, ok := v.Unit.(unit.Listener); ok && v.Type == typ {
				until(b, 10*time.Second, "listening", func() bool { addr = l.Addr(); return addr != "" && reachable(addr) })
			}
		}
		c := simulate.Config{Seed: 1, Prefixes: simulatedPrefixes, HoldTime: 90 * time.Second, Log: slog.New(slog.DiscardHandler)}
		to(&c, addr)
		cpu, began := cpuSeconds(), time.Now()
		stop := play1(b, c)
		until(b, time.Minute, "table received", func() bool { return routes(d.rib("rib")) >= int64(v4+v6) })
		report(b, d, began, cpu)
		stop()
	}
}

func reachable(addr string) bool {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return false
	}
	conn.Close()
	return true
}

const speakerConfig = `
log_level = "error"
[units.bmp]
type = "bmp-tcp-in"
listen = "127.0.0.1:0"
[units.bgp]
type = "bgp-tcp-in"
listen = "127.0.0.1:0"
my_asn = 64512
my_bgp_id = [127, 0, 0, 1]
[units.bgp.peers."127.0.0.0/8"]
name = "any"
remote_asn = []
protocols = ["Ipv4Unicast", "Ipv6Unicast"]
[units.rib]
type = "rib"
sources = ["bmp", "bgp"]
`
