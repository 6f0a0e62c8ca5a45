package fsm

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// wire is two neighbours and the TCP connections between them. It does nothing
// by itself but carry octets: all decisions are those of the neighbours.
type wire struct {
	t     *testing.T
	rng   *rand.Rand
	now   time.Time
	ends  [2]*wireEnd
	trace []string
}

type wireEnd struct {
	*Neighbour
	index   int
	next    Conn
	pipes   map[Conn]*pipe
	dialing bool
	up      map[Conn]bool
	ups     int
}

// pipe is one end of a connection.
type pipe struct {
	in   [][]byte
	eof  bool
	peer *pipe
	end  *wireEnd
	conn Conn
}

func newWire(t *testing.T, seed uint64, passive ...bool) *wire {
	w := &wire{t: t, rng: rand.New(rand.NewPCG(seed, 3)), now: time.Unix(1000, 0)}
	for i := range 2 {
		cfg := config([]uint32{64500, 64501}[i], []string{"192.0.2.1", "192.0.2.2"}[(uint64(i)+seed)%2])
		cfg.IdleHold, cfg.Seed = time.Second, seed*2+uint64(i)+1
		cfg.Passive = i < len(passive) && passive[i]
		if seed%2 == 1 { // where a second connection says that the first one is gone
			cfg.Local.Caps = append(cfg.Local.Caps, bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: bgp.NewFamilySet(inet.IPv4Unicast)}))
		}
		w.ends[i] = &wireEnd{Neighbour: NewNeighbour(cfg), index: i, pipes: map[Conn]*pipe{}, up: map[Conn]bool{}}
	}
	return w
}

func (w *wire) do(e *wireEnd, ev NeighbourEvent) {
	w.t.Helper()
	for _, a := range e.Step(nil, w.now, ev) {
		w.trace = append(w.trace, fmt.Sprintf("%v end %d conn %d: %v %v", w.now.Sub(time.Unix(1000, 0)), e.index, a.Conn, ev.Kind, a.Kind))
		p := e.pipes[a.Conn]
		switch a.Kind {
		case Dial:
			e.dialing = true
		case Send:
			if p != nil && p.peer != nil {
				p.peer.in = append(p.peer.in, append([]byte(nil), a.Bytes...))
			}
		case Up:
			e.up[a.Conn] = true
			e.ups++
			if len(e.up) > 1 {
				w.t.Fatalf("end %d has two Established connections\n%q", e.index, w.trace[max(0, len(w.trace)-30):])
			}
		case Down:
			if !e.up[a.Conn] {
				w.t.Fatal("Down without Up")
			}
			delete(e.up, a.Conn)
		case Refuse, Close:
			if a.Conn == Dialled {
				e.dialing = false
			}
			w.cut(p)
		}
	}
	if best, _ := e.Best(); best != nil && (best.State() == Established) != (len(e.up) == 1) {
		w.t.Fatalf("end %d is %v and has %d up", e.index, best.State(), len(e.up))
	}
}

// cut closes one end of a connection; the other sees it after what is under way.
func (w *wire) cut(p *pipe) {
	if p == nil {
		return
	}
	delete(p.end.pipes, p.conn)
	if p.peer != nil {
		p.peer.eof, p.peer.peer = true, nil
	}
}

// connect lets the dial of an end succeed.
func (w *wire) connect(e *wireEnd) {
	o := w.ends[1-e.index]
	o.next++
	e.dialing = false
	a, b := &pipe{end: e, conn: Dialled}, &pipe{end: o, conn: o.next}
	a.peer, b.peer = b, a
	e.pipes[Dialled], o.pipes[o.next] = a, b
	first, second := w.ends[0], w.ends[1]
	if w.rng.IntN(2) == 0 {
		first, second = second, first
	}
	for _, x := range []*wireEnd{first, second} {
		if x == e && e.pipes[Dialled] == a {
			w.do(e, NeighbourEvent{Event{Kind: TCPAcked}, Dialled})
		} else if x == o {
			w.do(o, NeighbourEvent{Event{Kind: TCPConfirmed}, b.conn})
		}
	}
}

// move does one thing of the many that could happen now.
func (w *wire) move(rough bool) {
	e := w.ends[w.rng.IntN(2)]
	for _, c := range slices.Sorted(maps.Keys(e.pipes)) {
		p := e.pipes[c]
		if w.rng.IntN(3) == 0 {
			continue
		}
		switch {
		case rough && w.rng.IntN(60) == 0:
			w.cut(p)
			w.do(e, NeighbourEvent{Event{Kind: TCPFails}, c})
		case len(p.in) > 0:
			raw := p.in[0]
			p.in = p.in[1:]
			w.do(e, NeighbourEvent{received(raw), c})
		case p.eof:
			delete(e.pipes, c)
			w.do(e, NeighbourEvent{Event{Kind: TCPFails}, c})
		default:
			continue
		}
		return
	}
	if e.dialing && w.rng.IntN(2) == 0 {
		if rough && w.rng.IntN(4) == 0 {
			e.dialing = false
			w.do(e, NeighbourEvent{Event{Kind: TCPFails}, Dialled})
			return
		}
		w.connect(e)
		return
	}
	if w.rng.IntN(4) > 0 {
		return
	}
	var next time.Time
	for _, x := range w.ends {
		for _, p := range x.pipes {
			if len(p.in) > 0 || p.eof {
				return // octets are faster than timers
			}
		}
		if d := x.Deadline(); !d.IsZero() && (next.IsZero() || d.Before(next)) {
			next = d
		}
	}
	if next.After(w.now) {
		w.now = next
	}
	for _, x := range w.ends {
		w.do(x, NeighbourEvent{Event{Kind: Tick}, Dialled})
	}
}

func (w *wire) start() {
	for _, e := range w.ends {
		w.do(e, NeighbourEvent{Event{Kind: ManualStart}, Dialled})
	}
}

func TestNeighboursFindEachOther(t *testing.T) {
	for seed := range uint64(200) {
		w := newWire(t, seed, seed%3 == 1, seed%3 == 2)
		w.start()
		for range 300 {
			w.move(true)
		}
		together := func() bool {
			for _, e := range w.ends {
				if len(e.up) != 1 || len(e.pipes) != 1 {
					return false
				}
				for _, p := range e.pipes {
					if p.peer == nil || p.eof {
						return false
					}
				}
			}
			return true
		}
		for n := 0; !together(); n++ {
			if n > 30000 {
				t.Fatalf("seed %d: they never get together\n%q", seed, w.trace[len(w.trace)-30:])
			}
			w.move(false)
		}
		ups := w.ends[0].ups
		for range 500 {
			w.move(false)
		}
		if !together() || w.ends[0].ups != ups {
			t.Fatalf("seed %d: what was together comes apart\n%q", seed, w.trace[len(w.trace)-30:])
		}
		// Nobody dials while they are together.
		for _, e := range w.ends {
			if e.dialing {
				t.Fatalf("seed %d: end %d dials although it has a connection", seed, e.index)
			}
		}
		w.do(w.ends[0], NeighbourEvent{Event{Kind: ManualStop, Note: bgp.NewShutdown(bgp.CeaseShutdown, "")}, Dialled})
		if len(w.ends[0].up) != 0 {
			t.Fatal("a stop leaves something up")
		}
		if !w.ends[0].Deadline().IsZero() {
			t.Fatal("a timer runs after a stop")
		}
	}
}

func TestANeighbourThatIsNotStartedTurnsConnectionsAway(t *testing.T) {
	n := NewNeighbour(config(64500, "192.0.2.1"))
	now := time.Unix(1000, 0)
	refused := func(c Conn) bool {
		a := n.Step(nil, now, NeighbourEvent{Event{Kind: TCPConfirmed}, c})
		return len(a) == 1 && a[0].Kind == Refuse && a[0].Conn == c
	}
	if !refused(1) {
		t.Error("a connection was taken before the start")
	}
	n.Step(nil, now, NeighbourEvent{Event{Kind: ManualStart}, Dialled})
	for c := Conn(2); c < 2+maxOffers; c++ {
		if refused(c) {
			t.Errorf("connection %d was refused", c)
		}
	}
	if !refused(99) {
		t.Error("any number of connections is taken")
	}
	n.Step(nil, now, NeighbourEvent{Event{Kind: ManualStop}, Dialled})
	if !refused(100) || !n.Deadline().IsZero() {
		t.Error("a connection was taken after the stop, or a timer runs")
	}
}

// TestAnotherIdentityBehindTheAddressIsRejected: two connections whose OPENs
// name different identifiers are no collision, but only one can be Established.
func TestAnotherIdentityBehindTheAddressIsRejected(t *testing.T) {
	cfg := config(64500, "192.0.2.1")
	cfg.Passive = true
	n := NewNeighbour(cfg)
	now := time.Unix(1000, 0)
	n.Step(nil, now, NeighbourEvent{Event{Kind: ManualStart}, Dialled})
	var notes []bgp.Notification
	step := func(c Conn, ev Event) {
		for _, a := range n.Step(nil, now, NeighbourEvent{ev, c}) {
			if a.Kind == Close && a.Why.Sent != nil {
				notes = append(notes, *a.Why.Sent)
			}
		}
	}
	for c, id := range []string{"192.0.2.2", "192.0.2.3", "192.0.2.4"} {
		step(Conn(c+1), Event{Kind: TCPConfirmed})
		if c < 2 {
			step(Conn(c+1), received(open(64501, id, 90).Append(nil)))
		}
	}
	step(1, received(bgp.AppendKeepalive(nil)))
	step(3, received(open(64501, "192.0.2.4", 90).Append(nil)))
	best, conn := n.Best()
	if best.State() != Established || conn != 1 || len(notes) != 2 || notes[0].Subcode != bgp.CeaseRejected || notes[1].Subcode != bgp.CeaseRejected {
		t.Errorf("%v on connection %d, notes %v", best.State(), conn, notes)
	}
}

// TestAPeerThatRestartedReplacesItsConnection: a new connection of a peer with
// graceful restart means that the old one is dead. Nothing is sent on it, and
// its routes are kept.
func TestAPeerThatRestartedReplacesItsConnection(t *testing.T) {
	gr := bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: bgp.NewFamilySet(inet.IPv4Unicast)})
	n := NewNeighbour(Config{Local: open(64500, "192.0.2.1", 90, gr), Passive: true})
	now := time.Unix(1000, 0)
	n.Step(nil, now, NeighbourEvent{Event{Kind: ManualStart}, Dialled})
	var got string
	step := func(c Conn, ev Event) {
		for _, a := range n.Step(nil, now, NeighbourEvent{ev, c}) {
			if a.Conn == 1 && ev.Kind == Received && c == 2 {
				got += a.Kind.String() + " "
				if a.Kind == Down && !a.Why.Keep {
					t.Error("the routes are not kept")
				}
			}
		}
	}
	for c := Conn(1); c <= 2; c++ {
		step(c, Event{Kind: TCPConfirmed})
		step(c, received(open(64501, "192.0.2.2", 90, gr).Append(nil)))
		step(c, received(bgp.AppendKeepalive(nil)))
	}
	if best, conn := n.Best(); best.State() != Established || conn != 2 || got != "Down Close " {
		t.Errorf("%v on connection %d; the old one did %q", best.State(), conn, got)
	}
}
