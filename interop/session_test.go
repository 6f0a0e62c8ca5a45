//go:build interop

package interop

import (
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// connecting is what a peer needs for us to dial BIRD at a port.
func connecting(port string) string {
	return fmt.Sprintf("connect = true\nport = %s\nsource_address = \"127.0.0.1\"", port)
}

func TestWeConnectToBIRD(t *testing.T) {
	statics, _ := table(50)
	port := freePort(t, "127.0.0.2")
	d := startDaemon(t, false, config(connecting(port), ""))
	startBIRD(t, birdConfig{port: d.port, listen: port, hold: 30, statics: statics, session: "passive yes;"})
	eventually(t, 40*time.Second, "all routes are there", func() bool { return d.count() == 100 })
}

// slowly listens at 127.0.0.2 and passes connections on to BIRD's port, from
// 127.0.0.1. Their first octets take two seconds, so that BIRD has connected to the
// daemon before either gets the other's OPEN there: a collision.
func slowly(t *testing.T, port string) (at string) {
	ln, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	dial := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)}, Timeout: time.Second}
	pass := func(ours net.Conn) {
		defer ours.Close()
		theirs, err := dial.Dial("tcp", "127.0.0.2:"+port)
		for i := 0; err != nil && i < 1000; i++ { // BIRD may not be there yet
			time.Sleep(10 * time.Millisecond)
			theirs, err = dial.Dial("tcp", "127.0.0.2:"+port)
		}
		if err != nil {
			return
		}
		defer theirs.Close()
		time.Sleep(2 * time.Second)
		go func() {
			io.Copy(theirs, ours)
			theirs.Close()
		}()
		io.Copy(ours, theirs)
	}
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go pass(conn)
		}
	}()
	_, at, _ = net.SplitHostPort(ln.Addr().String())
	return at
}

func TestBIRDAndWeConnectAtOnce(t *testing.T) {
	statics, _ := table(50)
	port := freePort(t, "127.0.0.2")
	d := startDaemon(t, false, config(connecting(slowly(t, port))+"\n"+announced, ""))
	b := startBIRD(t, birdConfig{port: d.port, listen: port, hold: 30, statics: statics})
	for round := range 3 {
		eventually(t, 60*time.Second, "all routes are there, on both sides", func() bool {
			return d.count() == 100 && b.learned("master4") == 1 && b.established()
		})
		time.Sleep(4 * time.Second) // the connection that was slow has met the other by now
		if n := len(d.routes()); n != 100 || !b.established() {
			t.Fatalf("round %d: %d routes, established %v", round, n, b.established())
		}
		b.ask("restart rotonda")
		eventually(t, 10*time.Second, "the session goes down", func() bool {
			return strings.Count(d.logged(), "reason=\"received Cease") > round
		})
	}
	n := strings.Count(d.logged(), "Collision")
	if t.Logf("%d collisions", n); n == 0 {
		t.Error("there was no collision")
	}
}

func TestBIRDRestartsGracefully(t *testing.T) {
	statics, _ := table(50)
	d := startDaemon(t, false, config("", ""))
	c := birdConfig{port: d.port, hold: 30, statics: statics, session: "graceful restart yes; graceful restart time 60;"}
	b := startBIRD(t, c)
	eventually(t, 30*time.Second, "the routes are there", func() bool { return d.count() == 100 })
	stale := func() (n int) {
		for _, r := range d.routes() {
			if r.Status == "stale" {
				n++
			}
		}
		return n
	}
	if n := stale(); n != 0 {
		t.Fatalf("%d routes are stale to begin with", n)
	}
	b.cmd.Process.Kill()
	b.cmd.Wait()
	eventually(t, 10*time.Second, "the session is lost", func() bool { return strings.Contains(d.logged(), "session ended") })
	eventually(t, 10*time.Second, "all are stale", func() bool { return stale() == 100 })
	time.Sleep(2 * time.Second)
	if n := d.count(); n != 100 {
		t.Fatalf("%d routes while BIRD is away", n)
	}
	c.statics, _ = table(40)
	b.start(c, "-R")
	eventually(t, 40*time.Second, "what BIRD has no more is swept, the rest is fresh", func() bool { return d.count() == 80 && stale() == 0 })
	if strings.Count(d.logged(), "session established") != 2 {
		t.Error("the session did not come back once")
	}
	b.cmd.Process.Kill()
	b.cmd.Wait()
	b.start(birdConfig{port: d.port, hold: 30, statics: c.statics, session: c.session}) // without -R: it preserved nothing
	eventually(t, 40*time.Second, "it has sent all again", func() bool {
		return strings.Count(d.logged(), "session established") == 3 && d.count() == 80 && stale() == 0
	})
}

func TestBIRDIsAwayForLong(t *testing.T) {
	statics, _ := table(50)
	d := startDaemon(t, false, config("long_lived_stale_time = 8", ""))
	b := startBIRD(t, birdConfig{port: d.port, hold: 30, statics: statics,
		session: "graceful restart yes; graceful restart time 2; long lived graceful restart yes; long lived stale time 3600;"})
	eventually(t, 30*time.Second, "the routes are there", func() bool { return d.count() == 100 })
	b.cmd.Process.Kill()
	b.cmd.Wait()
	eventually(t, 10*time.Second, "all are long-lived stale", func() bool {
		n := 0
		for _, r := range d.routes() {
			if r.Status == "stale" && strings.Contains(r.attr("standardCommunities"), "LLGR_STALE") {
				n++
			}
		}
		return n == 100
	})
	eventually(t, 15*time.Second, "our bound ends it", func() bool { return d.count() == 0 })
}

func TestBIRDRefreshesItsRoutes(t *testing.T) {
	statics, _ := table(50)
	d := startDaemon(t, false, config(announced, ""))
	b := startBIRD(t, birdConfig{port: d.port, hold: 30, statics: statics})
	eventually(t, 30*time.Second, "the routes are there", func() bool { return d.count() == 100 && b.learned("master4") == 1 })
	b.ask("reload out rotonda")
	b.ask("reload in rotonda")
	time.Sleep(2 * time.Second)
	fresh := 0
	for _, r := range d.routes() {
		if r.Status != "stale" {
			fresh++
		}
	}
	if fresh != 100 || !b.established() || b.learned("master4") != 1 || b.learned("master6") != 1 {
		t.Errorf("%d fresh routes, BIRD has %d and %d", fresh, b.learned("master4"), b.learned("master6"))
	}
}

func TestBIRDWithPasswordAndHops(t *testing.T) {
	statics, _ := table(50)
	for name, c := range map[string]struct {
		ours, session, hops string
		up                  bool
	}{
		"the same password": {`md5_password = "secret"`, `password "secret";`, "", true},
		"another password":  {`md5_password = "secret"`, `password "Secret";`, "", false},
		"only BIRD's":       {"", `password "secret";`, "", false},
		"ttl security":      {"ttl_security = 2", "ttl security yes;", "multihop 2;", true},
		"no ttl security":   {"ttl_security = 2", "", "multihop 2;", false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, dials := range []bool{false, true} {
				ours, session, port := c.ours, c.session, freePort(t, "127.0.0.2")
				if dials {
					ours, session = ours+"\n"+connecting(port), session+" passive yes;"
				}
				d := startDaemon(t, false, config(ours, ""))
				b := startBIRD(t, birdConfig{port: d.port, listen: port, hold: 30, statics: statics, session: session, hops: c.hops})
				if c.up {
					eventually(t, 30*time.Second, "the routes are there", func() bool { return d.count() == 100 })
					continue
				}
				time.Sleep(6 * time.Second)
				if d.count() != 0 || b.established() {
					t.Errorf("dials %v: %d routes, established %v", dials, d.count(), b.established())
				}
			}
		})
	}
}

func TestBIRDHasARole(t *testing.T) {
	statics, _ := table(50)
	for name, c := range map[string]struct {
		ours, theirs string
		want         int // Only to Customer of all routes; 0: no session
	}{
		"our provider":  {"customer", "provider", 64501},
		"our customer":  {"provider", "customer", -1},
		"two providers": {"provider", "provider", 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := startDaemon(t, false, config(fmt.Sprintf("role = %q\nrole_strict = true\n%s", c.ours, announced), ""))
			b := startBIRD(t, birdConfig{port: d.port, hold: 30, statics: statics, session: "local role " + c.theirs + "; require roles yes;"})
			if c.want == 0 {
				eventually(t, 20*time.Second, "BIRD is told, or tells", func() bool {
					return strings.Contains(d.logged(), "Role Mismatch")
				})
				if d.count() != 0 || b.established() {
					t.Errorf("%d routes, established %v", d.count(), b.established())
				}
				return
			}
			eventually(t, 30*time.Second, "the routes are there", func() bool { return d.count() == 100 && b.learned("master4") == 1 })
			r := d.routes()[0]
			if otc := r.attr("otc"); c.want > 0 && !strings.Contains(otc, "64501") || c.want < 0 && otc != "" {
				t.Errorf("Only to Customer %q in %+v", otc, r.Attributes)
			}
			route := b.ask("show route table master4 protocol rotonda all")
			if strings.Contains(route, "otc: 64500") != (c.ours == "provider") {
				t.Errorf("BIRD has\n%s", route)
			}
		})
	}
}
