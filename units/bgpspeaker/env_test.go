package bgpspeaker

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// fakeEnv is a graph with one consumer: a table that follows the events as a
// RIB would, and complains about events that must not come.
type fakeEnv struct {
	*fake.Env
	t    testing.TB
	hold func() // runs in each Send

	mu     sync.Mutex
	events []string
	up     map[ingress.ID]ingress.Session
	last   map[ingress.ID]ingress.Session
	routes map[route]bgp.Attrs
	stale  map[route]bool
	downs  int
	opens  [2][]byte
}

type route struct {
	peer   ingress.ID
	id     uint32
	prefix netip.Prefix
}

func newEnv(t testing.TB) *fakeEnv {
	return &fakeEnv{
		Env: fake.NewEnv("bgp-in"), t: t, up: map[ingress.ID]ingress.Session{},
		last: map[ingress.ID]ingress.Session{}, routes: map[route]bgp.Attrs{}, stale: map[route]bool{},
	}
}

func (e *fakeEnv) Outlet(context.Context) unit.Outlet { return &fakeOutlet{env: e} }

func (e *fakeEnv) logged() string { return e.Logs.String() }

type fakeOutlet struct {
	env *fakeEnv
}

func (o *fakeOutlet) Send(b *unit.Batch) error {
	if o.env.hold != nil {
		o.env.hold()
	}
	c := b.Clone()
	o.env.mu.Lock()
	defer o.env.mu.Unlock()
	for _, ev := range c.Events {
		o.env.apply(ev)
	}
	return nil
}

func (o *fakeOutlet) Close() {}

func (e *fakeEnv) apply(ev unit.Event) {
	switch ev := ev.(type) {
	case *unit.PeerUp:
		if _, is := e.up[ev.Peer.Ingress]; is {
			e.t.Errorf("PeerUp of ingress %d session %d while it is up", ev.Peer.Ingress, ev.Peer.Session)
		}
		if ev.Peer.Session <= e.last[ev.Peer.Ingress] {
			e.t.Errorf("session %d of ingress %d after session %d", ev.Peer.Session, ev.Peer.Ingress, e.last[ev.Peer.Ingress])
		}
		e.up[ev.Peer.Ingress], e.last[ev.Peer.Ingress] = ev.Peer.Session, ev.Peer.Session
		e.opens = [2][]byte{ev.Sent, ev.Received}
		e.mark(ev.Peer.Ingress)
		e.note("up %d", ev.Peer.Ingress)
	case *unit.PeerDown:
		e.live(ev.Peer)
		delete(e.up, ev.Peer.Ingress)
		e.mark(ev.Peer.Ingress)
		if !ev.Keep {
			e.sweep(ev.Peer.Ingress, 0)
		}
		e.downs++
		e.note("down %d %s", ev.Peer.Ingress, ev.Reason)
		if ev.Keep {
			e.note("kept %v", ev.Limit)
		}
	case *unit.Stale:
		if e.last[ev.Peer.Ingress] != ev.Peer.Session {
			e.t.Errorf("stale routes of session %d, the last is %d", ev.Peer.Session, e.last[ev.Peer.Ingress])
		}
		switch ev.Op {
		case unit.StaleMark:
			e.mark(ev.Peer.Ingress)
		case unit.StaleSweep:
			e.sweep(ev.Peer.Ingress, ev.Family)
		}
		e.note("%s %s", [...]string{"mark", "sweep", "long-lived"}[ev.Op], ev.Family)
	case *unit.EndOfRIB:
		e.live(ev.Peer)
		e.sweep(ev.Peer.Ingress, ev.Family)
		e.note("eor %s", ev.Family)
	case *unit.Routes:
		e.live(ev.Peer)
		for id, p := range ev.Run().Prefixes() {
			r := route{ev.Peer.Ingress, id, p}
			if ev.Withdrawn() {
				delete(e.routes, r)
				delete(e.stale, r)
				continue
			}
			e.routes[r] = ev.Attrs
			delete(e.stale, r)
		}
		if ev.Hidden {
			e.note("hidden")
		}
	}
}

func (e *fakeEnv) mark(id ingress.ID) {
	for r := range e.routes {
		if r.peer == id {
			e.stale[r] = true
		}
	}
}

// sweep removes stale routes of a family, 0 for all.
func (e *fakeEnv) sweep(id ingress.ID, f inet.Family) {
	for r := range e.stale {
		if r.peer == id && (f == 0 || f == family(r.prefix)) {
			delete(e.routes, r)
			delete(e.stale, r)
		}
	}
}

func (e *fakeEnv) live(p unit.Peer) {
	if e.up[p.Ingress] != p.Session {
		e.t.Errorf("event of ingress %d session %d, but session %d is up", p.Ingress, p.Session, e.up[p.Ingress])
	}
}

func (e *fakeEnv) note(format string, args ...any) {
	e.events = append(e.events, fmt.Sprintf(format, args...))
}

// table returns the prefixes held, of all peers.
func (e *fakeEnv) table() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	out := map[string]int{}
	for r := range e.routes {
		out[r.prefix.String()]++
	}
	return out
}

func (e *fakeEnv) seen() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]string(nil), e.events...)
}

// fakePeer is the other end of a session, as bare as can be: a goroutine
// collects what the speaker sends.
type fakePeer struct {
	t    testing.TB
	conn net.Conn

	mu  sync.Mutex
	got []bgp.Message
	eof bool

	deaf atomic.Pointer[chan struct{}] // if set, nothing is read until it is closed
}

// pipe connects a peer at addr to the speaker.
func pipe(t testing.TB, s *Speaker, addr string) *fakePeer {
	ours, theirs := net.Pipe()
	go s.serve(context.Background(), ours, netip.MustParseAddr(addr))
	return newFakePeer(t, theirs)
}

func newFakePeer(t testing.TB, conn net.Conn) *fakePeer {
	p := &fakePeer{t: t, conn: conn}
	go p.collect()
	return p
}

func (p *fakePeer) collect() {
	var buf []byte
	chunk := make([]byte, 4096)
	for {
		if wait := p.deaf.Load(); wait != nil {
			<-*wait
		}
		n, err := p.conn.Read(chunk)
		buf = append(buf, chunk[:n]...)
		p.mu.Lock()
		for {
			m, size, _ := bgp.ReadMessage(buf, bgp.MaxExtMessage)
			if size == 0 {
				break
			}
			p.got = append(p.got, bgp.Message{Type: m.Type, Raw: bytes.Clone(m.Raw)})
			buf = buf[size:]
		}
		p.eof = p.eof || err != nil
		p.mu.Unlock()
		if err != nil {
			return
		}
	}
}

// messages returns what the speaker sent so far, in short.
func (p *fakePeer) messages() (out []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.got {
		switch m.Type {
		case bgp.MsgNotification:
			n, _ := bgp.ParseNotification(m.Body())
			out = append(out, fmt.Sprintf("NOTIFICATION %d/%d", n.Code, n.Subcode))
		default:
			out = append(out, m.Type.String())
		}
	}
	if p.eof {
		out = append(out, "EOF")
	}
	return out
}

// last is the last thing that the speaker sent before it closed.
func (p *fakePeer) last() string {
	m := p.messages()
	if len(m) < 2 || m[len(m)-1] != "EOF" {
		return fmt.Sprint("still open: ", m)
	}
	return m[len(m)-2]
}

// send writes octets. The speaker may have closed by now: that is what many
// tests are about.
func (p *fakePeer) send(b ...[]byte) *fakePeer {
	p.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	for _, m := range b {
		if _, err := p.conn.Write(m); err != nil {
			break
		}
	}
	return p
}

// hello is an OPEN and the KEEPALIVE that confirms the speaker's.
func hello(as inet.ASN, id string, hold uint16, caps ...bgp.Capability) []byte {
	o := bgp.NewOpen(as, hold, netip.MustParseAddr(id), caps...)
	return bgp.AppendKeepalive(o.Append(nil))
}

func both() []bgp.Capability {
	return []bgp.Capability{bgp.NewMultiprotocol(inet.IPv4Unicast), bgp.NewMultiprotocol(inet.IPv6Unicast)}
}

// announce is an UPDATE for IPv4 prefixes with AS path as.
func announce(as inet.ASN, prefixes ...string) []byte {
	return update(bgp.Ctx{ASN4: true}, as, "192.0.2.1", 0, prefixes...)
}

func update(ctx bgp.Ctx, as inet.ASN, hop string, id uint32, prefixes ...string) []byte {
	o := adjOut{ctx: ctx, export: bgp.Export{Local: as, IBGP: ctx.IBGP, KeepNextHop: true, Preference: 100}}
	a := o.attrs(Static{NextHop: netip.MustParseAddr(hop)})
	return bgp.AppendUpdates(nil, ctx, a, run(ctx, id, prefixes...))
}

func run(ctx bgp.Ctx, id uint32, prefixes ...string) bgp.NLRI {
	var n bgp.NLRI
	for _, text := range prefixes {
		p := netip.MustParsePrefix(text)
		n.Family = family(p)
		n.AddPath = ctx.AddPath.Has(n.Family)
		n.Bytes = bgp.AppendNLRI(n.Bytes, p, id, n.AddPath)
	}
	return n
}

func withdraw(prefixes ...string) []byte {
	ctx := bgp.Ctx{ASN4: true}
	return bgp.AppendUpdates(nil, ctx, nil, run(ctx, 0, prefixes...))
}

func settings(peers map[string]Peer) Config {
	cfg := Config{MyASN: 64500, MyBGPID: netip.MustParseAddr("192.0.2.254"), Peers: map[Neighbour]Peer{}}
	for key, p := range peers {
		var n Neighbour
		if err := n.UnmarshalText([]byte(key)); err != nil {
			panic(err)
		}
		if p.HoldTime == 0 {
			p.HoldTime = 90 * time.Second
		}
		if p.Protocols == nil {
			p.Protocols = []string{"Ipv4Unicast", "Ipv6Unicast"}
		}
		cfg.Peers[n] = p
	}
	return cfg
}

func speaker(t testing.TB, env *fakeEnv, peers map[string]Peer) *Speaker {
	t.Helper()
	s, err := New(settings(peers), env)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (e *fakeEnv) upCount() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.up)
}

func (e *fakeEnv) downCount() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.downs
}

func (s *Speaker) sessionCount() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sessions)
}
