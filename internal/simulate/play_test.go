package simulate

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

// patience is how long a test waits for what should take a moment.
const patience = 20 * time.Second

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// playing starts the simulator; what it returns stops it and gives its error.
func playing(t *testing.T, c Config) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, c) }()
	t.Cleanup(cancel)
	return func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(patience):
			return errors.New("the simulator did not end")
		}
	}
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	l.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { conn.Close() })
	return conn
}

// monitor reads BMP messages until enough says so or the stream ends.
func monitor(t *testing.T, conn net.Conn, station *bmp.Station, enough func(bmp.Action) bool) (ended bool) {
	t.Helper()
	var buf []byte
	var actions []bmp.Action
	chunk := make([]byte, 32<<10)
	for {
		n, err := conn.Read(chunk)
		buf = append(buf, chunk[:n]...)
		for {
			m, size, bad := bmp.ReadMessage(buf, 1<<20)
			if bad != nil {
				t.Fatal(bad)
			}
			if size == 0 {
				break
			}
			actions = station.Step(actions[:0], m)
			for _, a := range actions {
				if enough(a) {
					return false
				}
			}
			buf = buf[size:]
		}
		if errors.Is(err, io.EOF) {
			return true
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestARouterTellsItsTablesChangesAndEnd(t *testing.T) {
	l := listen(t)
	c := Config{Seed: 2, Prefixes: 2000, BMP: l.Addr().String(), Routers: 1, Peers: 2, Rate: 500, HoldTime: 90 * time.Second}
	stop := playing(t, c)
	conn := accept(t, l)
	station := bmp.NewStation()
	routes, ups, ends, changes := 0, 0, 0, 0
	count := func(a bmp.Action) bool {
		switch a.Kind {
		case bmp.ActPeerUp:
			ups++
		case bmp.ActInvalid, bmp.ActNotice:
			t.Errorf("%v: %s %v", a.Kind, a.Text, a.Err)
		case bmp.ActRoutes:
			if a.Update.Verdict.Action != bgp.Accept {
				t.Fatal(a.Update.Verdict.Text())
			}
			reach, _ := a.Update.MPReach()
			if _, end := a.Update.EndOfRIB(); end {
				ends++
			} else if ends < 4 {
				routes += a.Update.Announced().Len() + reach.Len()
			} else {
				changes++
			}
		}
		return changes == 100
	}
	if monitor(t, conn, station, count) {
		t.Fatal("the stream ended by itself")
	}
	want := 0
	world := New(c.Seed, c.Prefixes)
	for i := range c.Peers {
		ipv4, ipv6 := world.View(i).Count()
		want += ipv4 + ipv6
	}
	if routes != want || ups != 2 || station.Phase != bmp.Updating || !strings.HasPrefix(station.Name, "edge1.") {
		t.Errorf("%d routes of %d, %d peers up, %v, name %q", routes, want, ups, station.Phase, station.Name)
	}

	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	said := ""
	ended := monitor(t, conn, station, func(a bmp.Action) bool {
		if a.Kind == bmp.ActTermination {
			said = a.Text
		}
		return false
	})
	if err := <-stopped; err != nil || !ended || said == "" {
		t.Errorf("stopped: %v, stream ended %v, termination %q", err, ended, said)
	}
}

func TestARouterComesBackWithAllItsPeers(t *testing.T) {
	l := listen(t)
	stop := playing(t, Config{Seed: 2, Prefixes: MinPrefixes, BMP: l.Addr().String(), Routers: 1, Peers: 1})
	for range 2 {
		conn := accept(t, l)
		station := bmp.NewStation()
		up := false
		monitor(t, conn, station, func(a bmp.Action) bool {
			up = up || a.Kind == bmp.ActPeerUp
			return up && a.Kind == bmp.ActRoutes
		})
		conn.Close()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestANeighbourIsLostAndComesBack(t *testing.T) {
	l := listen(t)
	playing(t, Config{Seed: 2, Prefixes: MinPrefixes, BMP: l.Addr().String(), Routers: 1, Peers: 1, Flap: 60 * time.Millisecond})
	down, again := false, false
	monitor(t, accept(t, l), bmp.NewStation(), func(a bmp.Action) bool {
		again = down && a.Kind == bmp.ActPeerUp
		down = down || a.Kind == bmp.ActPeerDown
		return again
	})
	if !again {
		t.Error("no Peer Up behind a Peer Down")
	}
}

// collector is the other end of a BGP session.
type collector struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

func (c *collector) next() bgp.Message {
	c.t.Helper()
	m, err := readMessage(c.r)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *collector) say(b []byte) {
	c.t.Helper()
	if _, err := c.conn.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// meet accepts a session up to established and returns the OPEN it was sent.
func meet(t *testing.T, l net.Listener, hold uint16) (*collector, bgp.Open) {
	conn := accept(t, l)
	c := &collector{t: t, conn: conn, r: bufio.NewReader(conn)}
	m := c.next()
	open, err := bgp.ParseOpen(m.Body())
	if err != nil || m.Type != bgp.MsgOpen {
		t.Fatalf("%v %v", m.Type, err)
	}
	if err := open.Validate(); err != nil {
		t.Fatal(err)
	}
	c.say(offer(64500, hold, netip.MustParseAddr("192.0.2.1")).Append(nil))
	c.say(bgp.AppendKeepalive(nil))
	if m := c.next(); m.Type != bgp.MsgKeepalive {
		t.Fatalf("%v where KEEPALIVE was due", m.Type)
	}
	return c, open
}

// table hears UPDATEs up to both End-of-RIBs.
func (c *collector) table(e *ears) {
	c.t.Helper()
	for e.ends = nil; len(e.ends) < 2; {
		if m := c.next(); m.Type == bgp.MsgUpdate {
			e.hear(m.Raw)
		}
	}
}

func TestASpeakerTellsItsTableKeepsAliveAndSaysGoodbye(t *testing.T) {
	l := listen(t)
	c := Config{
		Seed: 3, Prefixes: 2000, BGP: l.Addr().String(), BGPPeers: 1, LocalAddress: netip.MustParseAddr("127.0.0.2"),
		ASN: 64511, HoldTime: 90 * time.Second, Rate: 20,
	}
	stop := playing(t, c)
	peer, open := meet(t, l, 3)
	from := peer.conn.RemoteAddr().(*net.TCPAddr).AddrPort().Addr()
	if open.ASN() != c.ASN || from != c.LocalAddress || open.Families().Len() != 2 || !open.Has(bgp.CapGracefulRestart) {
		t.Errorf("AS%v from %v, families %v", open.ASN(), from, open.Families())
	}
	heard := newEars(t)
	peer.table(heard)
	ipv4, ipv6 := New(c.Seed, c.Prefixes).View(0).Count()
	if len(heard.table) != ipv4+ipv6 {
		t.Errorf("%d routes, want %d", len(heard.table), ipv4+ipv6)
	}

	updates := 0
	for alive := false; !alive || updates < 5; {
		m := peer.next()
		switch m.Type {
		case bgp.MsgKeepalive:
			alive = true
		case bgp.MsgUpdate:
			heard.hear(m.Raw)
			updates++
		default:
			t.Fatalf("%v", m.Type)
		}
	}

	peer.say(bgp.RouteRefresh{Family: inet.IPv4Unicast}.Append(nil))
	peer.table(heard)

	stopped := make(chan error, 1)
	go func() { stopped <- stop() }()
	for {
		if m := peer.next(); m.Type == bgp.MsgNotification {
			n, err := bgp.ParseNotification(m.Body())
			if err != nil || n.Code != 6 || n.Subcode != 2 {
				t.Errorf("%v %v, want Cease/Administrative Shutdown", n, err)
			}
			break
		}
	}
	if err := <-stopped; err != nil {
		t.Error(err)
	}
}

func TestASpeakerComesBackAfterANotification(t *testing.T) {
	l := listen(t)
	stop := playing(t, Config{Seed: 3, Prefixes: MinPrefixes, BGP: l.Addr().String(), BGPPeers: 1, HoldTime: 90 * time.Second})
	for range 2 {
		peer, open := meet(t, l, 90)
		if open.ASN() != firstASN {
			t.Errorf("AS%v", open.ASN())
		}
		peer.table(newEars(t))
		peer.say(bgp.NewShutdown(4, "").Append(nil))
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

func TestWhatCannotBePlayedIsNamed(t *testing.T) {
	good := Defaults()
	good.BMP, good.BGP = "127.0.0.1:1", "127.0.0.1:1"
	for want, spoil := range map[string]func(*Config){
		"nobody":       func(c *Config) { c.BMP, c.BGP = "", "" },
		"999 prefixes": func(c *Config) { c.Prefixes = 999 },
		"0 routers":    func(c *Config) { c.Routers = 0 },
		"0 BGP":        func(c *Config) { c.BGPPeers = 0 },
		"rate -1":      func(c *Config) { c.Rate = -1 },
		"hold time 2s": func(c *Config) { c.HoldTime = 2 * time.Second },
	} {
		c := good
		spoil(&c)
		if err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
