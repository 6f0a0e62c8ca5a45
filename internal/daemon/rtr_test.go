package daemon

import (
	"context"
	"fmt"
	"iter"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/rtr"
	"example.com/rotonda/store"
)

// rtrCache serves a cache on loopback.
type rtrCache struct {
	mu      sync.Mutex // guards what follows
	cache   rtr.Cache
	servers map[net.Conn]*rtr.Server
}

func serveRTR(t *testing.T) (c *rtrCache, addr string) {
	t.Helper()
	c = &rtrCache{cache: rtr.Cache{Session: 7, Keep: 10}, servers: map[net.Conn]*rtr.Server{}}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			go c.serve(conn)
		}
	}()
	return c, ln.Addr().String()
}

func (c *rtrCache) serve(conn net.Conn) {
	defer conn.Close()
	c.mu.Lock()
	s := rtr.NewServer(&c.cache, 1)
	c.servers[conn] = s
	c.mu.Unlock()
	buf, have := make([]byte, 4096), 0
	for {
		n, err := conn.Read(buf[have:])
		if err != nil {
			return
		}
		have += n
		for {
			p, size, err := rtr.ReadPDU(buf[:have])
			if err != nil {
				return
			}
			if size == 0 {
				break
			}
			c.mu.Lock()
			reply, _ := s.Handle(nil, p)
			_, err = conn.Write(reply)
			c.mu.Unlock()
			if err != nil {
				return
			}
			have = copy(buf, buf[size:have])
		}
	}
}

// set changes the data and notifies the routers.
func (c *rtrCache) set(vrps ...rtr.VRP) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cache.Set(1, rtr.Records{VRPs: vrps})
	for conn, s := range c.servers {
		_, _ = conn.Write(s.Notify(nil))
	}
}

// The script is asked about each VRP that a cache changes after the first
// synchronisation, and told of the routes it covers, unless it rejects the VRP.
func TestAChangeOfVRPsReachesTheScript(t *testing.T) {
	cache, addr := serveRTR(t)
	v := func(prefix string, asn inet.ASN) rtr.VRP {
		p := netip.MustParsePrefix(prefix)
		return rtr.VRP{Prefix: p, MaxLen: uint8(p.Bits()), ASN: asn, Announce: true}
	}
	first := v("192.0.2.0/24", 64511)
	cache.set(first)

	dir := t.TempDir()
	path := filepath.Join(dir, "rotonda.conf")
	write(t, filepath.Join(dir, "f.roto"), `
filter vrp_update(u: VrpUpdate) {
    metrics.increase_counter(f"vrp{{text=\"{u}\"}}", 1);
    if u.asn() == AS65535 { reject }
    accept
}
fn rib_in_rov_status_update(u: RovStatusUpdate) {
    metrics.increase_counter(f"status{{text=\"{u}\"}}", 1);
}
`)
	config := strings.Replace(speakerConfig, `sources = ["bmp", "bgp"]`, `sources = ["bmp", "bgp", "rtr"]`, 1)
	write(t, path, "roto_script = \"f.roto\"\n"+config+fmt.Sprintf("[units.rtr]\ntype = \"rtr-tcp-in\"\nremote = %q\ninitial_version = 1\n", addr))
	d := startFile(t, path)
	stop := play1(t, simulate.Config{Seed: 3, Prefixes: 1000, BGP: d.awaitAddr(t, "bgp"), BGPPeers: 1, HoldTime: 90 * time.Second})
	defer stop()
	until(t, 20*time.Second, "routes and VRPs", func() bool { return routes(d.rib("rib")) > 900 && d.vrps.Snapshot().Len() == 1 })

	route, origin, peer := someRoute(t, d)
	said := func() (list []string) {
		for m := range d.filters.UserMetrics() {
			list = append(list, fmt.Sprint(m.Labels[1], " x", m.Value))
		}
		return list
	}
	if got := said(); got != nil {
		t.Fatalf("hooks were called for the first synchronisation: %q", got)
	}
	wrong := v(route.String(), 64512)
	cache.set(first, wrong)
	text := func(from, to string) string {
		return fmt.Sprintf("[%s] -> [%s] %s originated by %s, learned from %s x1", from, to, route, origin, peer)
	}
	vrp := func(verb string, v rtr.VRP) string {
		return fmt.Sprintf("%s VRP %s-%d from %s x1", verb, v.Prefix, v.MaxLen, v.ASN)
	}
	want := []string{text("NotFound", "Invalid"), vrp("announce", wrong)}
	await := func() {
		t.Helper()
		until(t, 10*time.Second, fmt.Sprintf("%d lines", len(want)), func() bool { return len(said()) >= len(want) })
		for _, w := range want {
			if !strings.Contains(strings.Join(said(), "\n"), w) {
				t.Errorf("no %q in %q", w, said())
			}
		}
		if len(said()) != len(want) {
			t.Errorf("%q, want %q", said(), want)
		}
	}
	await()
	right := v(route.String(), origin)
	cache.set(first, wrong, right)
	want = append(want, text("Invalid", "Valid"), vrp("announce", right))
	await()
	cache.set(first, wrong, right, v(route.String(), 65535)) // which the script rejects
	want = append(want, vrp("announce", v(route.String(), 65535)))
	await()
	cache.set(first)
	want = append(want, text("Valid", "NotFound"), vrp("withdraw", wrong), vrp("withdraw", right), vrp("withdraw", v(route.String(), 65535)))
	await()
}

// someRoute returns a route of the RIB that no other is inside of, and who sent it.
func someRoute(t *testing.T, d *Daemon) (prefix netip.Prefix, origin, peer inet.ASN) {
	t.Helper()
	r := d.graph.Find("rib").Unit.(interface {
		Query(context.Context, store.Query) iter.Seq2[store.Entry, error]
	})
	for e, err := range r.Query(t.Context(), store.Query{Family: inet.IPv4Unicast}) {
		if err != nil {
			t.Fatal(err)
		}
		if as, ok := e.Attrs.OriginAS(); ok && e.Prefix.Bits() == 24 {
			return e.Prefix, as, d.register.Info(ingress.ID(e.Ingress)).ASN
		}
	}
	t.Fatal("no route to a /24")
	return
}
