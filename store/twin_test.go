package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// world is a store and its twin under the same operations.
type world struct {
	t      *testing.T
	rng    *rand.Rand
	store  *Store
	twin   *twin
	tables []Table
	now    int64 // seconds
	shots  []shot
	ops    map[string]int
}

type shot struct {
	snap *Snapshot
	twin *twin
	seqs map[twinLane]uint64
}

var twinFamilies = []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4Multicast}

func (w *world) prefix(f inet.Family) netip.Prefix {
	if w.rng.IntN(40) == 0 {
		return netip.PrefixFrom(w.addr(f), 0).Masked()
	}
	bits := []int{7, 8, 9, 15, 16, 17, 24, 31, 32}[w.rng.IntN(9)]
	if f == inet.IPv6Unicast {
		bits = []int{32, 33, 48, 57, 63, 64, 65, 66, 127, 128}[w.rng.IntN(10)]
	}
	return netip.PrefixFrom(w.addr(f), bits).Masked()
}

// addr is an address out of few, so that prefixes meet and nest.
func (w *world) addr(f inet.Family) netip.Addr {
	if f.AFI() == inet.AFIIPv4 {
		var a [4]byte
		binary.BigEndian.PutUint32(a[:], uint32(10+w.rng.IntN(2))<<24|w.rng.Uint32()&0x00810101)
		return netip.AddrFrom4(a)
	}
	var a [16]byte
	binary.BigEndian.PutUint64(a[:], 0x20010db8<<32|w.rng.Uint64()&0x80000101)
	binary.BigEndian.PutUint64(a[8:], w.rng.Uint64()&0x8000000000000001)
	return netip.AddrFrom16(a)
}

func (w *world) attrs() string {
	n := w.rng.IntN(8)
	return fmt.Sprintf("attribute set %d %s", n, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"[:n%50])
}

func (w *world) lane() (twinLane, *Lane) {
	k := twinLane{w.rng.IntN(2), uint32(1 + w.rng.IntN(4)), twinFamilies[w.rng.IntN(len(twinFamilies))]}
	return k, w.laneOf(k)
}

func (w *world) laneOf(k twinLane) *Lane {
	return w.store.Lane(LaneKey{w.tables[k.table], k.ingress, k.family})
}

func (w *world) step() {
	if w.rng.IntN(4) == 0 {
		w.now++
	}
	k, l := w.lane()
	s := w.twin.lane(k)
	switch n := w.rng.IntN(100); {
	case n < 70:
		w.apply(k, l, s, n >= 45)
	case n < 73:
		w.ops["up"]++
		l.Up(w.now * 1e6)
		s.up()
	case n < 76:
		keep := w.rng.IntN(2) == 0
		w.ops["down"]++
		l.Down(w.now*1e6, keep)
		s.end(w.now, keep)
	case n < 79:
		w.sweep(l, s)
	case n < 82:
		w.ops["maintain"]++
		if err := w.store.Maintain(context.Background(), w.now*1e6); err != nil {
			w.t.Fatal(err)
		}
		w.twin.maintain(w.now)
	case n < 84:
		w.ops["compact"]++
		if err := w.store.Compact(context.Background()); err != nil {
			w.t.Fatal(err)
		}
	case n < 86:
		w.snapshot()
	case n < 88:
		w.checkSnapshot()
	default:
		w.check(w.twin, w.store.Query)
	}
}

func (w *world) apply(k twinLane, l *Lane, s *twinState, withdraw bool) {
	addPath := k.ingress >= 3 && w.rng.IntN(4) > 0
	c := &Change{NLRI: bgp.NLRI{Family: k.family, AddPath: addPath}, Time: w.now * 1e6}
	attrs := w.attrs()
	if !withdraw {
		c.Attrs = bgp.Attrs(attrs)
	}
	var want []bgp.Change
	for range 1 + w.rng.IntN(6) {
		key := twinKey{prefix: w.prefix(k.family), hasPath: addPath}
		if addPath {
			key.path = w.rng.Uint32N(4)
		}
		c.NLRI.Bytes = bgp.AppendNLRI(c.NLRI.Bytes, key.prefix, key.path, addPath)
		if withdraw {
			want = append(want, s.withdraw(key, w.now))
			continue
		}
		want = append(want, s.announce(key, attrs, w.now))
	}
	before := l.Seq()
	r := l.Apply(c)
	if r.Err != nil {
		w.t.Fatal(r.Err)
	}
	for _, m := range want {
		w.ops[m.String()]++
	}
	if d := diff(want, c.Marks); d != "" {
		w.t.Fatalf("marks of %v (-want +got):\n%s", k, d)
	}
	if r.Seq != before+1 {
		w.t.Fatalf("sequence number %d after %d", r.Seq, before)
	}
}

func (w *world) sweep(l *Lane, s *twinState) {
	w.ops["sweep"]++
	var gone Gone
	r := l.Sweep(w.now*1e6, &gone)
	want := s.sweep(w.now)
	got := make(map[twinKey]bool)
	for _, addPath := range []bool{false, true} {
		b := gone.Plain
		if addPath {
			b = gone.Paths
		}
		run := bgp.NLRI{Family: l.Key().Family, AddPath: addPath, Bytes: b}
		for id, p := range run.Prefixes() {
			got[twinKey{p, addPath, id}] = true
		}
	}
	if !maps.Equal(want, got) || r.Withdrawn != len(want) {
		w.t.Fatalf("sweep withdrew %v (%d), want %v", got, r.Withdrawn, want)
	}
}

func (w *world) snapshot() {
	w.ops["snapshot"]++
	if len(w.shots) > 3 {
		i := w.rng.IntN(len(w.shots))
		w.shots[i].snap.Close()
		w.shots = slices.Delete(w.shots, i, i+1)
	}
	seqs := make(map[twinLane]uint64)
	for k := range w.twin.lanes {
		seqs[k] = w.laneOf(k).Seq()
	}
	w.shots = append(w.shots, shot{w.store.Snapshot(), w.twin.clone(), seqs})
}

func (w *world) checkSnapshot() {
	if len(w.shots) == 0 {
		return
	}
	s := w.shots[w.rng.IntN(len(w.shots))]
	w.ops["snapshot query"]++
	w.check(s.twin, s.snap.Query)
	for k, seq := range s.seqs {
		if got := s.snap.LaneSeq(w.laneOf(k)); got != seq {
			w.t.Fatalf("snapshot: sequence number %d of lane %v, want %d", got, k, seq)
		}
	}
	w.checkGroups(s)
}

func (w *world) checkGroups(s shot) {
	for k := range s.seqs {
		got := make(map[twinKey]twinRoute)
		for g := range s.snap.Groups(w.laneOf(k)) {
			for id, p := range g.NLRI.Prefixes() {
				key := twinKey{p, g.NLRI.AddPath, id}
				if _, twice := got[key]; twice {
					w.t.Fatalf("groups: %v comes twice", key)
				}
				got[key] = twinRoute{attrs: string(g.Attrs), secs: g.Time / 1e6, status: g.Status}
			}
		}
		want := make(map[twinKey]twinRoute)
		for key, r := range s.twin.lanes[k].routes {
			if r.status != Withdrawn {
				r.session = 0
				want[key] = r
			}
		}
		if !maps.Equal(got, want) {
			w.t.Fatalf("groups of %v: got %v, want %v", k, got, want)
		}
	}
}

func (w *world) check(tw *twin, run func(context.Context, Query) iterSeq) {
	table := w.rng.IntN(2)
	f := twinFamilies[w.rng.IntN(len(twinFamilies))]
	q := Query{Table: w.tables[table], Family: f, Match: Match(w.rng.IntN(5)), Prefix: w.prefix(f)}
	q.ExcludeSelf = w.rng.IntN(3) == 0
	q.Status = []StatusSet{0, AnyStatus, StatusSet(Active), StatusSet(Withdrawn)}[w.rng.IntN(4)]
	if w.rng.IntN(3) == 0 {
		odd := w.rng.Uint32N(2)
		q.Ingress = func(id uint32) bool { return id%2 == odd }
	}
	if w.rng.IntN(3) == 0 {
		q.Attrs = func(a bgp.Attrs) bool { return len(a)%3 == 0 }
	}
	want := tw.query(table, q)
	w.ops[fmt.Sprintf("match %d", q.Match)] += len(want)
	got := w.pages(q, run)
	if d := diff(want, got); d != "" {
		w.t.Fatalf("%+v (-want +got):\n%s", q, d)
	}
}

// pages asks at once or, at random, page by page.
func (w *world) pages(q Query, run func(context.Context, Query) iterSeq) []flat {
	if w.rng.IntN(2) == 0 {
		return flatten(w.t, run(context.Background(), q))
	}
	var out []flat
	q.Limit = 1 + w.rng.IntN(5)
	for {
		n := 0
		for e, err := range run(context.Background(), q) {
			if err != nil {
				w.t.Fatal(err)
			}
			n++
			q.After = e.Cursor()
			out = append(out, flat{e.Prefix, e.Ingress, e.HasPathID, e.PathID, string(e.Attrs), e.Time / 1e6, e.Status})
		}
		if n < q.Limit {
			return out
		}
	}
}

func (w *world) checkStats() {
	for i, table := range w.tables {
		for _, f := range twinFamilies {
			var want TableStats
			prefixes := make(map[netip.Prefix]bool)
			for k, s := range w.twin.lanes {
				if k.table != i || k.family != f {
					continue
				}
				peer := false
				for rk, r := range s.routes {
					switch r.status {
					case Active:
						want.Active++
					case Stale:
						want.Stale++
					default:
						want.Withdrawn++
						continue
					}
					peer = true
					prefixes[rk.prefix] = true
				}
				want.Peers += b2i(peer)
			}
			want.Prefixes, want.Routes = int64(len(prefixes)), want.Active+want.Stale
			if got := table.Stats(f); got != want {
				w.t.Fatalf("figures of table %d, %s: %+v, want %+v", i, f, got, want)
			}
		}
	}
}

func TestTwinOfMapsAgreesAfterRandomOperations(t *testing.T) {
	seeds := []uint64{1, 2, 3, uint64(time.Now().UnixNano())}
	steps := 6000
	if testing.Short() {
		steps = 2000
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			t.Parallel()
			w := &world{
				t: t, rng: rand.New(rand.NewPCG(seed, 7)), now: 1_700_000_000,
				store: New(Options{KeepWithdrawn: 40 * time.Second}),
				twin:  &twin{keep: 40, lanes: make(map[twinLane]*twinState)},
				ops:   make(map[string]int),
			}
			w.tables = []Table{w.store.Table("a"), w.store.Table("b")}
			for range steps {
				w.step()
				if w.rng.IntN(50) == 0 {
					w.checkStats()
				}
			}
			w.checkStats()
			t.Log(w.ops)
			for _, op := range []string{"new", "replaced", "same", "withdrawn", "unknown", "sweep", "compact", "match 0", "match 1", "match 2", "match 3", "match 4", "snapshot query"} {
				if w.ops[op] == 0 {
					t.Errorf("the run never came to %q", op)
				}
			}
			w.empty()
		})
	}
}

// empty lets everything go and looks at what is left.
func (w *world) empty() {
	for _, s := range w.shots {
		s.snap.Close()
	}
	for k := range w.twin.lanes {
		w.laneOf(k).Down(w.now*1e6, false)
	}
	ctx := context.Background()
	w.now += 100
	for range 2 {
		if err := w.store.Maintain(ctx, w.now*1e6); err != nil {
			w.t.Fatal(err)
		}
		if err := w.store.Compact(ctx); err != nil {
			w.t.Fatal(err)
		}
	}
	if st := w.store.Stats(); st.Prefixes != 0 || st.AttributeSets != 0 || st.AttributeBytes != 0 || st.Lanes != 0 {
		w.t.Errorf("an empty store still holds %+v", st)
	}
}

type iterSeq = iter.Seq2[Entry, error]

var netipCompare = gocmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

func diff(want, got any) string {
	return gocmp.Diff(want, got, netipCompare, cmpopts.EquateEmpty())
}
