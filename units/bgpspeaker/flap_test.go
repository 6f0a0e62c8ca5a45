package bgpspeaker

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

const (
	flappers     = 4
	flapRounds   = 250
	lowID        = "192.0.2.1"
	highID       = "192.0.2.255" // ours is 192.0.2.254
	settle       = time.Second   // longer than any consumer here sleeps
	goneForGood  = 3 * time.Second
	flapPrefixes = 40
)

// flapper is a peer that misbehaves, and the slow twin of what the speaker must
// make of it: which connection is up, and the prefixes announced on it.
type flapper struct {
	t     *testing.T
	env   *fakeEnv
	s     *Speaker
	rng   *rand.Rand
	addr  string
	id    string
	conn  *fakePeer
	table map[string]bool
	seed  uint64

	flaps, collisions int
}

// TestTwinThousandFlapsAndCollisions lets four peers come and go at random, over
// each other and in every bad way, against a model of one map a peer.
func TestTwinThousandFlapsAndCollisions(t *testing.T) {
	start := time.Now()
	flaps, collisions := 0, 0
	synctest.Test(t, func(t *testing.T) {
		env := newEnv(t)
		var n atomic.Uint64
		env.hold = func() { time.Sleep(time.Duration(n.Add(1)%7) * time.Millisecond) }
		s := speaker(t, env, map[string]Peer{
			"192.0.2.1": {Name: "exact", RemoteASN: []inet.ASN{64501}},
			"192.0.2.2": {Name: "exact too", RemoteASN: []inet.ASN{64501}, MaxPrefix: flapPrefixes},
			"0.0.0.0/0": {Name: "any", RemoteASN: []inet.ASN{}},
		})
		var wg sync.WaitGroup
		all := make([]*flapper, flappers)
		for i := range all {
			f := &flapper{t: t, env: env, s: s, addr: fmt.Sprintf("192.0.2.%d", i+1), seed: uint64(i), rng: rand.New(rand.NewPCG(uint64(i), 7))}
			all[i] = f
			wg.Go(f.play)
		}
		wg.Wait()
		s.stopAll()
		time.Sleep(goneForGood)
		synctest.Wait()
		for _, f := range all {
			flaps += f.flaps
			collisions += f.collisions
		}
		if len(env.up) != 0 || len(env.routes) != 0 || len(s.sessions) != 0 || len(s.owners)+len(s.pending) != 0 {
			t.Errorf("left over: %d up, %d routes, %d sessions, %d owners", len(env.up), len(env.routes), len(s.sessions), len(s.owners))
		}
		if env.Ingress().Len() != flappers {
			t.Errorf("%d ingresses for %d peers", env.Ingress().Len(), flappers)
		}
		if s.count.panics.Load() != 0 {
			t.Errorf("%d faults:\n%s", s.count.panics.Load(), env.logged())
		}
		if int(s.count.collisions.Load()) < collisions {
			t.Errorf("%d collisions resolved, want at least %d", s.count.collisions.Load(), collisions)
		}
	})
	t.Logf("%d flaps and %d collisions in %v", flaps, collisions, time.Since(start).Round(time.Millisecond))
	if flaps < 1000 || collisions < 100 {
		t.Errorf("only %d flaps and %d collisions", flaps, collisions)
	}
}

func (f *flapper) play() {
	for round := range flapRounds {
		f.connect()
		for range f.rng.IntN(4) {
			f.talk()
		}
		if f.rng.IntN(3) == 0 {
			f.collide()
		}
		f.compare(round, "while up")
		f.leave()
		f.compare(round, "after the end")
		if f.t.Failed() {
			f.t.Logf("seed %d, round %d, peer %s", f.seed, round, f.addr)
			return
		}
	}
}

// connect establishes a session, in one go, in pieces, or over a collision in
// which the identifiers decide.
func (f *flapper) connect() {
	f.flaps++
	f.table = map[string]bool{}
	f.id = []string{lowID, highID}[f.rng.IntN(2)]
	open := openOnly(64501, f.id)
	open[22], open[23] = 0, 0 // no hold time: who is silent here is so for a reason
	switch f.rng.IntN(4) {
	case 0: // octet by octet
		f.conn = pipe(f.t, f.s, f.addr)
		for _, b := range bgp.AppendKeepalive(bytes.Clone(open)) {
			f.conn.send([]byte{b})
		}
	case 1: // two connections that both have their OPEN
		first := pipe(f.t, f.s, f.addr).send(open)
		time.Sleep(settle)
		second := pipe(f.t, f.s, f.addr).send(open)
		time.Sleep(settle)
		f.conn = first // ours is higher: the fresh one goes
		loser := second
		if f.id == highID {
			f.conn, loser = second, first
		}
		f.conn.send(bgp.AppendKeepalive(nil))
		time.Sleep(settle)
		f.lost(loser, "NOTIFICATION 6/7")
	default:
		f.conn = pipe(f.t, f.s, f.addr).send(bgp.AppendKeepalive(bytes.Clone(open)))
	}
	time.Sleep(settle)
}

// lost checks that a connection was told why it had to go.
func (f *flapper) lost(p *fakePeer, want string) {
	f.collisions++
	time.Sleep(goneForGood)
	if got := p.last(); got != want {
		f.t.Errorf("the loser got %s, want %s", got, want)
	}
}

// talk announces and withdraws.
func (f *flapper) talk() {
	var some []string
	for range 1 + f.rng.IntN(5) {
		some = append(some, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(f.rng.IntN(flapPrefixes)), 0, 0}), 16).String())
	}
	slices.Sort(some)
	some = slices.Compact(some)
	if f.rng.IntN(3) == 0 {
		f.conn.send(withdraw(some...))
		for _, p := range some {
			delete(f.table, p)
		}
		return
	}
	f.conn.send(announce(64501, some...))
	for _, p := range some {
		f.table[p] = true
	}
}

// collide connects a second time while a session is Established.
func (f *flapper) collide() {
	p := pipe(f.t, f.s, f.addr).send(hello(64501, f.id, 0))
	f.lost(p, "NOTIFICATION 6/7")
}

// leave ends the session in one of many ways.
func (f *flapper) leave() {
	// What is under way at the end counts for nothing.
	if f.rng.IntN(2) == 0 {
		f.conn.send(announce(64501, "203.0.113.0/24"))
	}
	switch f.rng.IntN(6) {
	case 0:
		f.conn.send(bgp.NewShutdown(bgp.CeaseShutdown, "maintenance").Append(nil))
	case 1:
		f.conn.send([]byte("this is not BGP, and long enough to be a header"))
	case 2:
		f.conn.send(openOnly(64501, f.id))
	case 3:
		f.conn.send(message([]byte{0, 9, 0, 0}))
	case 4: // in the middle of a message
		m := announce(64501, "10.0.0.0/16")
		f.conn.send(m[:1+f.rng.IntN(len(m)-1)])
		f.conn.conn.Close()
	case 5:
		f.conn.conn.Close()
	}
	// Most come back at once, while the last session still hangs up.
	if f.rng.IntN(4) == 0 {
		time.Sleep(goneForGood)
	}
	time.Sleep(settle)
	f.conn.conn.Close()
	f.conn, f.table = nil, nil
	f.s.mu.Lock()
	until := f.s.penalties[netip.MustParseAddr(f.addr)].until // of who errs again and again
	f.s.mu.Unlock()
	time.Sleep(time.Until(until))
}

// compare holds the table of the graph against the twin's.
func (f *flapper) compare(round int, when string) {
	time.Sleep(settle)
	f.env.mu.Lock()
	defer f.env.mu.Unlock()
	got := map[string]bool{}
	for r := range f.env.routes {
		if info := f.env.Ingress().Info(r.peer); info != nil && info.Addr.String() == f.addr {
			got[r.prefix.String()] = true
		}
	}
	if f.table == nil && len(got) == 0 {
		return
	}
	if !maps.Equal(got, f.table) {
		f.t.Errorf("seed %d, round %d, %s %s: the graph has %v, the twin %v", f.seed, round, f.addr, when, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(f.table)))
	}
}
