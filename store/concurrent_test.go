package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Writers stamp prefix number, peer and a round into the attributes, so that a
// reader sees an id that was reused too early.
func stamp(prefix, peer, round uint32) bgp.Attrs {
	a := make([]byte, 12, 40)
	binary.BigEndian.PutUint32(a, prefix)
	binary.BigEndian.PutUint32(a[4:], peer)
	binary.BigEndian.PutUint32(a[8:], round)
	return append(a, make([]byte, prefix%28)...)
}

func numbered(n uint32) netip.Prefix {
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(n >> 8), byte(n), 0}), 24)
}

func TestReadersSeeWholeRoutesWhileAllElseGoesOn(t *testing.T) {
	const peers, prefixes = 3, 400
	rounds := 400
	if testing.Short() {
		rounds = 60
	}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	s := New(Options{})
	table := s.Table("rib")
	ctx := context.Background()
	var done atomic.Bool
	var writers, others sync.WaitGroup
	for p := range uint32(peers) {
		writers.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(p)))
			lane := s.Lane(LaneKey{table, p, inet.IPv4Unicast})
			c := &Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast}}
			for round := range uint32(rounds) {
				for range prefixes / 4 {
					n := rng.Uint32N(prefixes)
					c.NLRI.AddPath = p == 2
					c.NLRI.Bytes = bgp.AppendNLRI(c.NLRI.Bytes[:0], numbered(n), n%5, c.NLRI.AddPath)
					c.Attrs, c.Time, c.Marks = stamp(n, p, round), int64(round)*1e6, c.Marks[:0]
					if rng.IntN(3) == 0 {
						c.Attrs = nil
					}
					if rep := lane.Apply(c); rep.Err != nil {
						t.Error(rep.Err)
					}
				}
				switch rng.IntN(8) {
				case 0:
					lane.Down(int64(round)*1e6, rng.IntN(2) == 0)
				case 1:
					lane.Up(int64(round) * 1e6)
				case 2:
					lane.Sweep(int64(round)*1e6, new(Gone))
				}
			}
		})
	}
	look := func(e Entry, err error) {
		if err != nil {
			t.Error(err)
			return
		}
		n, p := binary.BigEndian.Uint32(e.Attrs), binary.BigEndian.Uint32(e.Attrs[4:])
		if numbered(n) != e.Prefix || p != e.Ingress || len(e.Attrs) != 12+int(n%28) || e.HasPathID != (p == 2) || e.HasPathID && e.PathID != n%5 {
			t.Errorf("a route that nobody announced: %+v", e)
		}
	}
	rows := atomic.Int64{}
	for i := range 2 {
		others.Go(func() {
			rng := rand.New(rand.NewPCG(seed, uint64(100+i)))
			for !done.Load() {
				q := Query{Table: table, Family: inet.IPv4Unicast, Match: Match(rng.IntN(5)), Status: AnyStatus, Prefix: numbered(rng.Uint32N(prefixes))}
				if q.Match == More {
					q.Prefix = netip.PrefixFrom(q.Prefix.Addr(), 16)
				}
				var last Cursor
				for e, err := range s.Query(ctx, q) {
					look(e, err)
					rows.Add(1)
					if e.Cursor() == last {
						t.Errorf("%v comes twice", last)
					}
					last = e.Cursor()
				}
			}
		})
	}
	others.Go(func() {
		for now := int64(0); !done.Load(); now++ {
			if err := s.Maintain(ctx, now*1e6); err != nil {
				t.Error(err)
			}
			if err := s.Compact(ctx); err != nil {
				t.Error(err)
			}
			table.Stats(inet.IPv4Unicast)
		}
	})
	others.Go(func() {
		for !done.Load() {
			sn := s.Snapshot()
			first := snapshotOf(sn, table, look)
			if again := snapshotOf(sn, table, look); first != again {
				t.Errorf("a snapshot changed from %s to %s", first, again)
			}
			sn.Close()
		}
	})
	writers.Wait()
	done.Store(true)
	others.Wait()
	if rows.Load() == 0 {
		t.Error("the readers saw nothing")
	}
}

// snapshotOf sums a snapshot up, by query and by groups.
func snapshotOf(sn *Snapshot, table Table, look func(Entry, error)) string {
	sum, n, grouped, routes := uint64(0), 0, 0, int64(0)
	for e, err := range sn.Query(context.Background(), Query{Table: table, Family: inet.IPv4Unicast}) {
		look(e, err)
		n++
		sum = sum*31 + uint64(binary.BigEndian.Uint32(e.Attrs)) + uint64(binary.BigEndian.Uint32(e.Attrs[8:]))
	}
	for l := range sn.Lanes(table) {
		routes += sn.LaneStats(l).Routes()
		for g := range sn.Groups(l) {
			grouped += g.NLRI.Len()
		}
	}
	if n != grouped || int64(n) != routes {
		return fmt.Sprintf("%d routes by query, %d by groups, %d counted", n, grouped, routes)
	}
	return fmt.Sprintf("%d routes, sum %d", n, sum)
}

func TestApplyAllocatesNothingInSteadyState(t *testing.T) {
	r := newRig(t, Options{})
	lane := r.lane(1, inet.IPv4Unicast)
	c := &Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast, Bytes: []byte{24, 10, 0, 1, 16, 10, 2}}}
	sets := []bgp.Attrs{bgp.Attrs("one"), bgp.Attrs("two"), nil}
	i := 0
	step := func() {
		c.Attrs, c.Marks = sets[i%3], c.Marks[:0]
		i++
		lane.Apply(c)
	}
	for range 3 {
		step()
	}
	if n := testing.AllocsPerRun(3000, step); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestMemoryIsGivenBackAfterAPeerIsGone(t *testing.T) {
	r := newRig(t, Options{})
	lane := r.lane(1, inet.IPv4Unicast)
	r.announce(2, "stays", "172.16.0.0/12")
	before := heap()
	c := &Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast}}
	for i := range uint32(100_000) {
		c.NLRI.Bytes = append(c.NLRI.Bytes[:0], 32, byte(i>>24), byte(i>>16), byte(i>>8), byte(i))
		c.Attrs, c.Marks = append(c.Attrs[:0], fmt.Sprintf("a set of its own for route %d", i)...), c.Marks[:0]
		lane.Apply(c)
	}
	full := heap() - before
	lane.Down(2e6, false)
	for range 2 {
		if err := r.store.Maintain(context.Background(), 3e6); err != nil {
			t.Fatal(err)
		}
	}
	left := heap() - before
	t.Logf("%d bytes for 100,000 routes, %d when they are gone", full, left)
	if full < 5e6 || left > full/6 {
		t.Errorf("%d of %d bytes are left", left, full)
	}
	if st := r.store.Stats(); st.Prefixes != 1 || st.AttributeSets != 1 || st.Memory > full/4 {
		t.Errorf("%+v", st)
	}
	r.want("the other peer", r.ask(All, "0.0.0.0/0"), "172.16.0.0/12 2 stays active")
}

// TestTheRealTableFitsItsBudget loads the file of 1.22 million entries: exact
// counts, memory, and the rate at which look-ups are answered.
func TestTheRealTableFitsItsBudget(t *testing.T) {
	all := frr(t)
	before := heap()
	f := newFeed(New(Options{}))
	for i := range all {
		f.each(all[i:i+1], all[i].peer+1, 1)
	}
	used := heap() - before
	runtime.KeepAlive(all)
	routes, prefixes := int64(0), int64(0)
	for _, family := range []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast} {
		st := f.table.Stats(family)
		routes, prefixes = routes+st.Routes, prefixes+st.Prefixes
	}
	if routes != 1_219_633 || prefixes != 690_337 {
		t.Errorf("%d routes, %d prefixes", routes, prefixes)
	}
	t.Logf("%d routes in %d bytes, %.1f each; counted %d", routes, used, float64(used)/float64(routes), f.store.Stats().Memory)
	if limit := int64(72 << 20); used > limit {
		t.Errorf("%d bytes, the budget is %d", used, limit)
	}
	if counted := f.store.Stats().Memory; counted < used*9/10 || counted > used*11/10 {
		t.Errorf("the store counts %d bytes, the heap grew by %d", counted, used)
	}
}
