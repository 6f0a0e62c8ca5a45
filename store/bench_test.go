package store

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store/internal/dict"
)

// All benchmarks read lab-frr/frr-8.4.4.rib-3peers.mrt.gz. Further peers repeat
// the largest of its three tables with attribute sets of their own.

var benchData struct {
	sync.Once
	all  []told
	full []told // the peer with most routes
}

func data(b *testing.B) ([]told, []told) {
	benchData.Do(func() {
		all := frr(b)
		byPeer := make(map[int][]told)
		for _, r := range all {
			byPeer[r.peer] = append(byPeer[r.peer], r)
		}
		for _, routes := range byPeer {
			if len(routes) > len(benchData.full) {
				benchData.full = routes
			}
		}
		benchData.all = all
	})
	if benchData.all == nil {
		b.Skip("no test data")
	}
	return benchData.all, benchData.full
}

// feed applies routes one Change a route, or one a run of equal attributes.
type feed struct {
	store *Store
	table Table
	lanes map[LaneKey]*Lane
	c     Change
	attrs bgp.Attrs
}

func (f *feed) lane(peer int, family inet.Family) *Lane {
	k := LaneKey{f.table, uint32(peer), family}
	if f.lanes[k] == nil {
		f.lanes[k] = f.store.Lane(k)
	}
	return f.lanes[k]
}

func newFeed(s *Store) *feed {
	return &feed{store: s, table: s.Table("rib"), lanes: make(map[LaneKey]*Lane)}
}

func (f *feed) each(routes []told, peer int, at int64) {
	for i := range routes {
		r := &routes[i]
		f.attrs = asPeer(append(f.attrs[:0], r.attrs...), peer)
		f.c.NLRI = bgp.NLRI{Family: r.family, Bytes: r.nlri}
		f.c.Attrs, f.c.Time, f.c.Marks = f.attrs, at, f.c.Marks[:0]
		f.lane(peer, r.family).Apply(&f.c)
	}
}

// run is a Change of a session: routes that share an attribute set.
type run struct {
	family inet.Family
	nlri   []byte
	attrs  bgp.Attrs
}

// runs packs routes in session order, at most 256 in one.
func runs(routes []told) []run {
	var out []run
	n := 0
	for _, r := range session(routes) {
		last := len(out) - 1
		if last < 0 || n == 256 || out[last].family != r.family || !bytes.Equal(out[last].attrs, r.attrs) {
			out = append(out, run{r.family, slices.Clone(r.nlri), r.attrs})
			n = 1
			continue
		}
		out[last].nlri = append(out[last].nlri, r.nlri...)
		n++
	}
	return out
}

func (f *feed) runs(rs []run, peer int, at int64) {
	for i := range rs {
		r := &rs[i]
		f.attrs = asPeer(append(f.attrs[:0], r.attrs...), peer)
		f.c.NLRI = bgp.NLRI{Family: r.family, Bytes: r.nlri}
		f.c.Attrs, f.c.Time, f.c.Marks = f.attrs, at, f.c.Marks[:0]
		f.lane(peer, r.family).Apply(&f.c)
	}
}

func (f *feed) load(rs []run, peers int) int64 {
	for p := range peers {
		f.runs(rs, p+1, 1)
	}
	n := int64(0)
	for _, l := range f.lanes {
		n += l.Stats().Routes()
	}
	return n
}

func BenchmarkMemory(b *testing.B) {
	_, full := data(b)
	rs := runs(full)
	for _, peers := range []int{1, 20, 100} {
		b.Run(fmt.Sprint("peers=", peers), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				f := newFeed(New(Options{}))
				routes := f.load(rs, peers)
				b.ReportMetric(float64(heap()-before)/float64(routes), "B/route")
				b.ReportMetric(float64(f.store.Stats().Memory)/float64(routes), "counted-B/route")
			}
		})
	}
}

// BenchmarkLoad is the whole file into a store, an entry a Change.
func BenchmarkLoad(b *testing.B) {
	all, _ := data(b)
	for b.Loop() {
		s := New(Options{})
		f := newFeed(s)
		start := time.Now()
		for i := range all {
			f.each(all[i:i+1], all[i].peer+1, 1)
		}
		b.ReportMetric(float64(time.Since(start).Milliseconds()), "ms")
		b.StopTimer()
		st := s.Stats()
		b.ReportMetric(float64(st.Memory)/1e6, "MB")
		b.Logf("%+v", st)
		b.StartTimer()
	}
}

// packed lays what the runs hold behind each other in memory, as it comes from
// a socket.
func packed(rs []run) []run {
	n := 0
	for _, r := range rs {
		n += len(r.nlri) + len(r.attrs)
	}
	buf, out := make([]byte, 0, n), make([]run, len(rs))
	for i, r := range rs {
		at := len(buf)
		buf = append(append(buf, r.nlri...), r.attrs...)
		out[i] = run{r.family, buf[at : at+len(r.nlri)], bgp.Attrs(buf[at+len(r.nlri):])}
	}
	return out
}

// BenchmarkApply loads the table of a further peer: its prefixes are known, its
// attribute sets are new. random: every route has a set of its own, in no order;
// session: one Change for the routes that share a set. cores: peers at once.
func BenchmarkApply(b *testing.B) {
	_, full := data(b)
	known := runs(full)
	for _, order := range []string{"random", "session"} {
		rs := runs(full)
		if order == "random" {
			rs = rs[:0]
			for i, r := range full {
				a := append(bytes.Clone(r.attrs), byte(i), byte(i>>8), byte(i>>16)) // a set of its own each
				rs = append(rs, run{r.family, r.nlri, a})
			}
			rand.New(rand.NewPCG(1, 1)).Shuffle(len(rs), func(i, j int) { rs[i], rs[j] = rs[j], rs[i] })
		}
		rs = packed(rs)
		for cores := 1; cores <= 2; cores++ {
			b.Run(fmt.Sprint(order, "/cores=", cores), func(b *testing.B) {
				total := time.Duration(0)
				for b.Loop() {
					b.StopTimer()
					s := New(Options{})
					newFeed(s).runs(known, 99, 1)
					heap()
					b.StartTimer()
					start := time.Now()
					var wg sync.WaitGroup
					for c := range cores {
						wg.Go(func() { newFeed(s).runs(rs, c+1, 1) })
					}
					wg.Wait()
					total += time.Since(start)
				}
				b.ReportMetric(float64(len(full)*cores*b.N)/total.Seconds(), "routes/s")
			})
		}
	}
}

// BenchmarkReannounce is the steady state: known prefixes, known sets.
func BenchmarkReannounce(b *testing.B) {
	_, full := data(b)
	f := newFeed(New(Options{}))
	f.each(full, 1, 1)
	lane := f.lane(1, inet.IPv4Unicast)
	var v4 []told
	for _, r := range full {
		if r.family == inet.IPv4Unicast {
			v4 = append(v4, r)
		}
	}
	for i := range v4 {
		v4[i].attrs = asPeer(slices.Clone(v4[i].attrs), 1)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		r, o := &v4[i%len(v4)], &v4[(i*31+7)%len(v4)]
		i++
		f.c.NLRI = bgp.NLRI{Family: r.family, Bytes: r.nlri}
		f.c.Attrs, f.c.Time, f.c.Marks = o.attrs, 2, f.c.Marks[:0]
		lane.Apply(&f.c)
	}
}

func full20(b *testing.B) (*feed, []told) {
	_, full := data(b)
	f := newFeed(New(Options{}))
	f.load(runs(full), 20)
	return f, full
}

func BenchmarkMatch(b *testing.B) {
	f, full := full20(b)
	defer heap()
	rng := rand.New(rand.NewPCG(1, 1))
	prefixes := make([]netip.Prefix, 1<<16)
	for i := range prefixes {
		for {
			r := full[rng.IntN(len(full))]
			if _, p, _ := bgp.NextPrefix(r.nlri, false, false); r.family == inet.IPv4Unicast {
				prefixes[i] = p
				break
			}
		}
	}
	cases := []struct {
		name  string
		match Match
		n     int
		one   bool
	}{{"exact", Exact, 16, true}, {"longest", Longest, 16, true}, {"cold", Longest, len(prefixes), false}}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			q := Query{Table: f.table, Family: inet.IPv4Unicast, Match: c.match}
			if c.one { // one peer: what the look-up itself takes
				q.Ingress = func(id uint32) bool { return id == 1 }
			}
			i, rows := 0, 0
			for b.Loop() {
				q.Prefix = prefixes[i%c.n]
				if c.match == Longest {
					q.Prefix = netip.PrefixFrom(q.Prefix.Addr(), 32)
				}
				i++
				for range f.store.Query(context.Background(), q) {
					rows++
				}
			}
			b.ReportMetric(float64(rows)/float64(b.N), "rows/op")
		})
	}
	b.Run("key", func(b *testing.B) { // the dictionary alone
		b.ReportAllocs()
		d := f.store.dict(inet.IPv4Unicast)
		i := 0
		for b.Loop() {
			if d.Find(dict.KeyOf(prefixes[i%len(prefixes)])) == 0 {
				b.Fatal("not found")
			}
			i++
		}
	})
}

func BenchmarkSnapshot(b *testing.B) {
	f, _ := full20(b)
	total := time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		for _, l := range f.lanes { // none is as the last snapshot left it
			l.Sweep(1, nil)
		}
		b.StartTimer()
		start := time.Now()
		f.store.Snapshot().Close()
		total += time.Since(start)
	}
	b.ReportMetric(float64(total.Microseconds())/1000/float64(b.N), "ms")
}

// BenchmarkPeerDown ends a session of a full table among 20 while another peer
// sends: until no query sees its routes, and the longest Apply of the other.
func BenchmarkPeerDown(b *testing.B) {
	f, full := full20(b)
	lane, other := f.lane(1, inet.IPv4Unicast), newFeed(f.store)
	q := Query{Table: f.table, Family: inet.IPv4Unicast, Match: Longest, Ingress: func(id uint32) bool { return id == 1 }}
	_, p, _ := bgp.NextPrefix(full[0].nlri, false, false)
	q.Prefix = p
	seen := func() (n int) {
		for range f.store.Query(context.Background(), q) {
			n++
		}
		return n
	}
	invisible, stall := time.Duration(0), time.Duration(0)
	for b.Loop() {
		lane.Up(1)
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				start := time.Now()
				other.each(full[i%len(full):i%len(full)+1], 2, int64(i))
				stall = max(stall, time.Since(start))
			}
		}()
		start := time.Now()
		lane.Down(2, false)
		if seen() > 0 {
			b.Fatal("routes are still seen")
		}
		invisible += time.Since(start)
		close(stop)
		<-done
	}
	b.ReportMetric(float64(invisible.Microseconds())/1000/float64(b.N), "ms")
	b.ReportMetric(float64(stall.Microseconds())/1000, "stall-ms")
}

// BenchmarkQuery answers over 20 full tables while a peer sends.
func BenchmarkQuery(b *testing.B) {
	f, full := full20(b)
	ctx := context.Background()
	b.Run("origin", func(b *testing.B) {
		stop, done := make(chan struct{}), make(chan struct{})
		other := newFeed(f.store)
		go func() {
			defer close(done)
			for i := 0; ; i = (i + 100) % (len(full) - 100) {
				select {
				case <-stop:
					return
				default:
				}
				other.each(full[i:i+100], 3, int64(i))
			}
		}()
		var times []time.Duration
		i := 0
		for b.Loop() {
			origin := full[(i*7919)%len(full)].attrs[4:8]
			i++
			start, rows := time.Now(), 0
			q := Query{Table: f.table, Family: inet.IPv4Unicast, Limit: 100, Attrs: func(a bgp.Attrs) bool { return bytes.Equal(a[4:8], origin) }}
			for range f.store.Query(ctx, q) {
				rows++
			}
			times = append(times, time.Since(start))
		}
		close(stop)
		<-done
		slices.Sort(times)
		b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
	})
	b.Run("scan", func(b *testing.B) {
		rows := 0
		for b.Loop() {
			rows = 0
			for range f.store.Query(ctx, Query{Table: f.table, Family: inet.IPv4Unicast, Attrs: func(a bgp.Attrs) bool { return a[7] == 1 }}) {
				rows++
			}
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
		b.ReportMetric(float64(rows), "rows")
	})
}
