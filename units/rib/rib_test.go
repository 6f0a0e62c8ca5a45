package rib

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

var ctx = context.Background()

func prefixNumber(f inet.Family, n uint32) netip.Prefix {
	if f == inet.IPv6Unicast {
		return netip.PrefixFrom(netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(n >> 8), byte(n)}), 48)
	}
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n)}), 24)
}

// sender makes the events of some peers at random.
type sender struct {
	rng      *rand.Rand
	rib      *RIB
	ids      []ingress.ID
	sessions map[ingress.ID]ingress.Session
	up       map[ingress.ID]bool
	now      int64
	batch    unit.Batch
}

func newSender(seed uint64, r *RIB, ids ...ingress.ID) *sender {
	return &sender{rng: rand.New(rand.NewPCG(seed, 3)), rib: r, ids: ids,
		sessions: map[ingress.ID]ingress.Session{}, up: map[ingress.ID]bool{}, now: 1_700_000_000_000_000}
}

func (s *sender) step(t testing.TB) {
	b := &s.batch
	b.Reset()
	for range 1 + s.rng.IntN(4) {
		s.event(b, s.ids[s.rng.IntN(len(s.ids))])
	}
	if err := s.rib.Handle(ctx, b); err != nil {
		t.Error(err)
	}
}

func (s *sender) event(b *unit.Batch, id ingress.ID) {
	s.now += int64(s.rng.IntN(1_000_000))
	f := []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast}[s.rng.IntN(2)]
	p := unit.Peer{Ingress: id, Session: s.sessions[id]}
	if !s.up[id] {
		p.Session++
		s.sessions[id], s.up[id] = p.Session, true
		b.Add(&unit.PeerUp{Peer: p, Time: s.now})
		return
	}
	switch n := s.rng.IntN(100); {
	case n < 2:
		s.up[id] = false
		b.Add(&unit.PeerDown{Peer: p, Time: s.now, Keep: s.rng.IntN(2) == 0})
	case n < 6:
		b.Add(&unit.EndOfRIB{Peer: p, Family: f, Time: s.now})
	default:
		s.routes(b, p, f, n < 35)
	}
}

func (s *sender) routes(b *unit.Batch, p unit.Peer, f inet.Family, withdraw bool) *unit.Routes {
	var attrs bgp.Attrs
	if !withdraw {
		attrs = bgp.Attrs(fmt.Sprintf("attribute set %d", s.rng.IntN(9)))
	}
	addPath := p.Ingress%2 == 0
	var nlri []byte
	seen := map[uint32]bool{}
	for range 1 + s.rng.IntN(5) {
		if n := s.rng.Uint32N(300); !seen[n] {
			seen[n] = true
			nlri = bgp.AppendNLRI(nlri, prefixNumber(f, n), n%3, addPath)
		}
	}
	return b.Announce(p, f, addPath, nlri, attrs, s.now)
}

func TestReplayHasNoGapAndNoDoubleWhileWritersChurn(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	env := newEnv("rib", newSharing())
	r := open(t, Config{}, env)
	env.attached = false
	senders := []*sender{newSender(seed, r, 1, 2), newSender(seed+1, r, 3), newSender(seed+2, r, 4, 5)}
	covered := 0
	for round := range 20 {
		c := newConsumer()
		var wg sync.WaitGroup
		for _, s := range senders {
			wg.Go(func() {
				for range 300 {
					s.step(t)
				}
			})
		}
		env.attach()
		if err := r.Replay(ctx, c); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		covered += len(c.routes)
		for _, b := range env.take() {
			c.live(b)
		}
		if len(c.faults) > 0 {
			t.Fatalf("round %d: %s", round, strings.Join(c.faults, "\n"))
		}
		if d := cmp.Diff(held(t, r), c.routes, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
			t.Fatalf("round %d: what the consumer knows (-held +known):\n%s", round, d)
		}
		env.attached = false
	}
	if covered == 0 {
		t.Error("no replay held a route")
	}
}

// twin is what the RIB is meant to hold, in maps.
type twin struct {
	session map[ingress.ID]ingress.Session // up
	last    map[ingress.ID]ingress.Session
	fresh   map[routeKey]string
	stale   map[routeKey]string
	late    uint64
}

func (w *twin) event(ev unit.Event) {
	var p unit.Peer
	switch ev := ev.(type) {
	case *unit.PeerUp:
		if ev.Peer.Session <= w.last[ev.Peer.Ingress] {
			w.late++
			return
		}
		w.last[ev.Peer.Ingress], w.session[ev.Peer.Ingress] = ev.Peer.Session, ev.Peer.Session
		w.age(ev.Peer.Ingress)
		return
	case *unit.PeerDown:
		p = ev.Peer
	case *unit.Routes:
		p = ev.Peer
	case *unit.EndOfRIB:
		p = ev.Peer
	case *unit.Stale:
		w.aging(ev)
		return
	}
	if p.Session != w.session[p.Ingress] || p.Session == 0 {
		w.late++
		return
	}
	switch ev := ev.(type) {
	case *unit.PeerDown:
		delete(w.session, p.Ingress)
		w.age(p.Ingress)
		if !ev.Keep {
			maps.DeleteFunc(w.stale, func(k routeKey, _ string) bool { return k.id == p.Ingress })
		}
	case *unit.EndOfRIB:
		maps.DeleteFunc(w.stale, func(k routeKey, _ string) bool { return k.id == p.Ingress && k.family == ev.Family })
	case *unit.Routes:
		for path, prefix := range ev.Run().Prefixes() {
			k := routeKey{lane{p.Ingress, ev.Family}, path, prefix}
			delete(w.stale, k)
			delete(w.fresh, k)
			if ev.Attrs != nil {
				w.fresh[k] = string(ev.Attrs)
			}
		}
	}
}

// aging: a session that has ended may still say what is to be swept.
func (w *twin) aging(ev *unit.Stale) {
	id := ev.Peer.Ingress
	switch {
	case ev.Peer.Session != w.last[id]:
		w.late++
	case ev.Op == unit.StaleSweep:
		maps.DeleteFunc(w.stale, func(k routeKey, _ string) bool { return k.id == id && k.family == ev.Family })
	case ev.Op == unit.StaleMark && w.session[id] != 0:
		w.age(id) // the test has one family
	}
}

func (w *twin) age(id ingress.ID) {
	for k, a := range w.fresh {
		if k.id == id {
			w.stale[k] = a
			delete(w.fresh, k)
		}
	}
}

func TestTwinAgreesAfterFlapsAndSessionCollisions(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	env := newEnv("rib", newSharing())
	r := open(t, Config{}, env)
	s := newSender(seed, r, 1, 2, 3)
	w := &twin{map[ingress.ID]ingress.Session{}, map[ingress.ID]ingress.Session{}, map[routeKey]string{}, map[routeKey]string{}, 0}
	c := newConsumer()
	flaps := 0
	for flaps < 1000 {
		b := new(unit.Batch)
		for range 1 + s.rng.IntN(4) {
			id := s.ids[s.rng.IntN(len(s.ids))]
			p := unit.Peer{Ingress: id, Session: max(1, s.sessions[id]-ingress.Session(s.rng.IntN(2)))} // sometimes the one before
			switch n := s.rng.IntN(14); {
			case n == 0: // one more session, whether the last has ended or not
				s.sessions[id]++
				b.Add(&unit.PeerUp{Peer: unit.Peer{Ingress: id, Session: s.sessions[id]}, Time: s.now})
			case n == 1: // late news of one that is over
				b.Add(&unit.PeerUp{Peer: p, Time: s.now})
			case n == 2:
				b.Add(&unit.PeerDown{Peer: p, Time: s.now, Keep: s.rng.IntN(2) == 0})
			case n == 3:
				b.Add(&unit.EndOfRIB{Peer: p, Family: inet.IPv4Unicast, Time: s.now})
			case n == 12 || n == 13:
				b.Add(&unit.Stale{Peer: p, Family: inet.IPv4Unicast, Op: unit.StaleOp(n - 12), Time: s.now})
			default:
				s.routes(b, p, inet.IPv4Unicast, n < 6)
			}
		}
		for _, ev := range b.Events {
			if _, up := ev.(*unit.PeerUp); up {
				flaps++
			}
			w.event(ev)
		}
		if err := r.Handle(ctx, b); err != nil {
			t.Fatal(err)
		}
		for _, out := range env.take() {
			c.live(out)
		}
		want := maps.Clone(w.fresh)
		maps.Copy(want, w.stale)
		if got := held(t, r); !maps.Equal(want, got) {
			t.Fatalf("after %d flaps: %s", flaps, cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })))
		}
		if !maps.Equal(want, c.routes) || len(c.faults) > 0 {
			t.Fatalf("after %d flaps the consumer knows %v, want %v; %v", flaps, c.routes, want, c.faults)
		}
		if got := r.counts.late.Load(); got != w.late {
			t.Fatalf("%d late events, want %d", got, w.late)
		}
	}
	if w.late == 0 || len(w.fresh)+len(w.stale) == 0 {
		t.Error("the run came to no late event or no route")
	}
}

func up(r *RIB, id ingress.ID, session ingress.Session) unit.Peer {
	p := unit.Peer{Ingress: id, Session: session}
	b := new(unit.Batch)
	b.Add(&unit.PeerUp{Peer: p, Time: 1})
	_ = r.Handle(ctx, b)
	return p
}

func announce(r *RIB, p unit.Peer, attrs string, numbers ...uint32) {
	b := new(unit.Batch)
	var nlri []byte
	for _, n := range numbers {
		nlri = bgp.AppendNLRI(nlri, prefixNumber(inet.IPv4Unicast, n), 0, false)
	}
	b.Announce(p, inet.IPv4Unicast, false, nlri, bgp.Attrs(attrs), 1)
	_ = r.Handle(ctx, b)
}

func TestTwoRIBsShareAStoreAndHoldDifferentRoutes(t *testing.T) {
	s := newSharing()
	a, b := open(t, Config{}, newEnv("a", s)), open(t, Config{}, newEnv("b", s))
	other := open(t, Config{Directory: "elsewhere"}, newEnv("c", s))
	if a.store != b.store || a.store == other.store {
		t.Fatal("RIBs share a store exactly where they name one directory")
	}
	announce(a, up(a, 1, 1), "attribute set one", 1, 2, 3)
	announce(b, up(b, 1, 1), "attribute set one", 2)
	if got := []int{len(held(t, a)), len(held(t, b)), len(held(t, other))}; !cmp.Equal(got, []int{3, 1, 0}) {
		t.Errorf("routes of a, b and c: %v", got)
	}
	if st := a.StoreStats(); st.AttributeSets != 1 || st.Prefixes != 3 {
		t.Errorf("%d attribute sets and %d prefixes, want 1 and 3", st.AttributeSets, st.Prefixes)
	}
	down := new(unit.Batch)
	down.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: 1, Session: 1}, Time: 2})
	_ = b.Handle(ctx, down)
	if len(held(t, a)) != 3 || len(held(t, b)) != 0 {
		t.Error("a session that ended in one RIB ended in both")
	}
}

func TestPeerDownIsForwardedAndLateOnesAreNot(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{}, env)
	announce(r, up(r, 1, 1), "attribute set", 1)
	announce(r, up(r, 1, 2), "attribute set", 2)
	env.take()
	b := new(unit.Batch)
	b.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: 1, Session: 1}, Time: 2})
	b.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: 1, Session: 2}, Time: 3, Reason: "hold timer"})
	_ = r.Handle(ctx, b)
	out := env.take()
	if len(out) != 1 || len(out[0].Events) != 1 {
		t.Fatalf("forwarded %v", out)
	}
	if d, ok := out[0].Events[0].(*unit.PeerDown); !ok || d.Peer.Session != 2 || d.Reason != "hold timer" {
		t.Errorf("forwarded %+v", out[0].Events[0])
	}
	if n := len(held(t, r)); n != 0 {
		t.Errorf("%d routes are left", n)
	}
}

func TestStaleRoutesGoWhenTheirTimeIsOver(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{StaleTime: time.Minute}, env)
	announce(r, up(r, 1, 1), "attribute set", 1, 2)
	b := new(unit.Batch)
	b.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: 1, Session: 1}, Time: 2, Keep: true})
	_ = r.Handle(ctx, b)
	c := newConsumer()
	env.advance(59 * time.Second)
	r.sweepOverdue(ctx)
	if n := len(held(t, r)); n != 2 {
		t.Fatalf("%d routes after 59 s", n)
	}
	env.advance(time.Second)
	r.sweepOverdue(ctx)
	for _, b := range env.take() {
		c.live(b)
	}
	if n := len(held(t, r)); n != 0 || len(c.routes) != 0 || len(c.faults) > 0 {
		t.Errorf("%d routes held, the consumer knows %v, %v", n, c.routes, c.faults)
	}
}

func TestARefusedReplacementWithdrawsWhatWasHeld(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{MemoryLimit: 400_000}, env)
	p := up(r, 1, 1)
	announce(r, p, "attribute set", 1, 2)
	announce(r, p, strings.Repeat("x", 390_000), 2, 3)
	c := newConsumer()
	for _, b := range env.take() {
		c.live(b)
	}
	if want := held(t, r); len(want) != 1 || !maps.Equal(want, c.routes) || len(c.faults) > 0 {
		t.Errorf("held %v, the consumer knows %v, %v", want, c.routes, c.faults)
	}
	if n := r.counts.refused.Load(); n != 2 {
		t.Errorf("%d refused, want 2", n)
	}
	r.SetMemoryFull(true, 1<<30)
	announce(r, p, "attribute set", 4)
	r.SetMemoryFull(false, 1<<30)
	announce(r, p, "attribute set", 5)
	if n := len(held(t, r)); n != 2 {
		t.Errorf("%d routes, want 2: one was refused while the process was full", n)
	}
}

func TestFamiliesThatAreNotKeptPass(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{}, env)
	p := up(r, 1, 1)
	env.take()
	b := new(unit.Batch)
	b.Announce(p, inet.L2VPNEVPN, false, []byte{1, 2, 3, 4}, bgp.Attrs("attribute set"), 1)
	_ = r.Handle(ctx, b)
	out := env.take()
	if len(out) != 1 || len(out[0].Events[0].(*unit.Routes).Marks) != 0 || r.counts.unkept.Load() != 1 {
		t.Errorf("forwarded %v, %d counted", out, r.counts.unkept.Load())
	}
}

func TestHandleAllocatesNothingInSteadyState(t *testing.T) {
	env := newEnv("rib", newSharing())
	r := open(t, Config{}, env)
	env.attached = false
	p := up(r, 1, 1)
	sets := []bgp.Attrs{bgp.Attrs("attribute set one"), bgp.Attrs("attribute set two")}
	nlri := bgp.AppendNLRI(nil, prefixNumber(inet.IPv4Unicast, 7), 0, false)
	b, i := new(unit.Batch), 0
	send := func() {
		b.Reset()
		for range 10 {
			b.Announce(p, inet.IPv4Unicast, false, nlri, sets[i%2], 1)
			i++
		}
		if err := r.Handle(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	send()
	if n := testing.AllocsPerRun(1000, send); n != 0 {
		t.Errorf("%v allocations for 10 messages", n)
	}
	if n := r.counts.replaced.Load(); n < 10_000 {
		t.Errorf("%d replaced", n)
	}
}

func BenchmarkHandle(b *testing.B) {
	env := newEnv("rib", newSharing())
	r := open(b, Config{}, env)
	env.attached = false
	p := up(r, 1, 1)
	sets := []bgp.Attrs{bgp.Attrs("attribute set one"), bgp.Attrs("attribute set two")}
	var nlri [][]byte
	for n := range uint32(1 << 14) {
		nlri = append(nlri, bgp.AppendNLRI(nil, prefixNumber(inet.IPv4Unicast, n), 0, false))
	}
	batch, i := new(unit.Batch), 0
	b.ReportAllocs()
	for b.Loop() {
		batch.Reset()
		batch.Announce(p, inet.IPv4Unicast, false, nlri[i%len(nlri)], sets[i/len(nlri)%2], 1)
		i++
		_ = r.Handle(ctx, batch)
	}
}
