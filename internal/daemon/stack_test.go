package daemon

import (
	"context"
	"encoding/binary"
	"io"
	"log/slog"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/filter"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
	"example.com/rotonda/units/rib"
)

// tap is a source whose outlet the test drives itself, as the reader goroutine
// of a session would.
type tap struct {
	env    unit.Env
	outlet chan unit.Outlet
}

type tapConfig struct{}

func newTap(_ tapConfig, env unit.Env) (*tap, error) {
	return &tap{env, make(chan unit.Outlet, 1)}, nil
}

func (t *tap) Run(ctx context.Context) error {
	t.outlet <- t.env.Outlet(ctx)
	<-ctx.Done()
	return nil
}

// stack is the data path from a frame to the store, without sockets.
type stack struct {
	graph *graph.Graph
	out   unit.Outlet
	peers []unit.Peer
	batch unit.Batch
	upd   bgp.Update
}

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// newStack builds source → rib_in_pre → RIB with a number of peers that are up.
func newStack(t testing.TB, script string, peers int) *stack {
	t.Helper()
	register := ingress.New(ingress.Options{})
	vrps := new(rpki.Table)
	scripts := filter.New(filter.Options{Ingress: register, RPKI: vrps, Log: discard()})
	if err := scripts.Load(script); err != nil {
		t.Fatal(err)
	}
	s := &stack{graph: graph.New(graph.Options{Log: discard(), Ingress: register, Filters: scripts, Shared: map[string]any{unit.SharedVRPs: vrps}})}
	file, errs := conf.Parse("stack.conf", []byte("[units.tap]\ntype = \"tap\"\n[units.rib]\ntype = \"rib\"\nsources = [\"tap\"]\n"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	plan, errs, _ := graph.ReadPlan(file.Root, []unit.Def{unit.Define("tap", newTap, nil), rib.Unit})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if _, err := s.graph.Apply(plan); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.graph.Stop)
	s.out = <-s.graph.Find("tap").Unit.(*tap).outlet
	for n := range peers {
		addr := netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})
		lease, err := register.Lease(context.Background(), ingress.Key{Unit: "tap", Kind: ingress.KindBGP, Addr: addr, ASN: inet.ASN(64500 + n)}, ingress.Replace)
		if err != nil {
			t.Fatal(err)
		}
		p := unit.Peer{Ingress: lease.ID(), Session: lease.Session()}
		s.peers = append(s.peers, p)
		s.batch.Add(&unit.PeerUp{Peer: p})
	}
	if err := s.out.Send(&s.batch); err != nil {
		t.Fatal(err)
	}
	s.batch.Reset()
	return s
}

// message is a framed UPDATE with the peer it came from.
type message struct {
	peer  int
	frame []byte
	ctx   bgp.Ctx
}

// feed takes one framed UPDATE all the way to the store.
func (s *stack) feed(t testing.TB, m *message, now int64) {
	s.batch.Reset()
	s.add(t, m, now)
	s.send(t)
}

// add puts one framed UPDATE into the batch of a read.
func (s *stack) add(t testing.TB, m *message, now int64) {
	msg, n, err := bgp.ReadMessage(m.frame, 65535)
	if err != nil || n == 0 {
		t.Fatalf("frame: %d, %v", n, err)
	}
	bgp.ParseUpdate(&s.upd, msg.Body(), m.ctx)
	s.batch.AddUpdate(s.peers[m.peer], &s.upd, now)
}

func (s *stack) send(t testing.TB) {
	if err := s.out.Send(&s.batch); err != nil {
		t.Fatal(err)
	}
}

// updates reads the UPDATEs of an MRT file, each as its own frame.
func updates(t testing.TB, name string) (list []message, peers int) {
	t.Helper()
	f, err := os.Open(testkit.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := compress.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	known := map[netip.Addr]int{}
	r := mrt.NewReader(z)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return list, len(known)
		}
		if err != nil {
			t.Fatal(err)
		}
		m, err := mrt.ParseMessage(&rec)
		if err != nil || m.Kind != uint8(bgp.MsgUpdate) {
			continue
		}
		n, ok := known[m.Peer]
		if !ok {
			n = len(known)
			known[m.Peer] = n
		}
		frame := make([]byte, 19, 19+len(m.Body))
		for i := range 16 {
			frame[i] = 0xff
		}
		binary.BigEndian.PutUint16(frame[16:], uint16(19+len(m.Body)))
		frame[18] = 2
		list = append(list, message{n, append(frame, m.Body...), bgp.MonitorCtx(m.AS4)})
	}
}

const exampleScript = "../../examples/filters.roto"

// BenchmarkStack takes framed UPDATEs of mrt/mrtparser/updates.20260222.1530.bz2
// (20 peers) to stored routes, one message a read: frame, verdict, canonical
// attributes, the example filter, the RIB unit, the store.
func BenchmarkStack(b *testing.B) {
	list, peers := updates(b, "mrt/mrtparser/updates.20260222.1530.bz2")
	s := newStack(b, exampleScript, peers)
	for i := range list { // once, so that what is new is known
		s.feed(b, &list[i], int64(i))
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		s.feed(b, &list[i%len(list)], int64(i))
	}
}

// BenchmarkChurn is one NLRI a message, 90 % announced and 10 % withdrawn, on
// 20,000 prefixes of one peer, without a filter.
func BenchmarkChurn(b *testing.B) {
	s := newStack(b, "", 1)
	list := churn(20_000)
	for i := range list {
		s.feed(b, &list[i], 0)
	}
	b.ReportAllocs()
	b.ResetTimer()
	cpu := cpuSeconds()
	for i := range b.N {
		s.feed(b, &list[i%len(list)], int64(i))
	}
	b.ReportMetric(float64(b.N)/max(cpuSeconds()-cpu, 1e-9), "messages/cpu-s")
}

func churn(n int) []message {
	ctx := bgp.Ctx{ASN4: true, MaxLen: 4096, Families: bgp.NewFamilySet(inet.IPv4Unicast)}
	list := make([]message, 0, n)
	for i := range n {
		var path []byte
		path = append(path, 2, 4)
		for _, as := range []uint32{64500, 3356, 174, 65000 + uint32(i%100)} {
			path = binary.BigEndian.AppendUint32(path, as)
		}
		a := bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0})
		a = bgp.AppendSet(nil, a, bgp.AttrASPath, path)
		a = bgp.AppendSet(nil, a, bgp.AttrNextHop, []byte{192, 0, 2, 1})
		if i%10 == 9 {
			a = nil
		}
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{20, byte(i >> 8), byte(i), 0}), 24)
		nlri := bgp.NLRI{Family: inet.IPv4Unicast, Bytes: inet.AppendPrefix(nil, prefix)}
		list = append(list, message{0, bgp.AppendUpdates(nil, ctx, a, nlri), ctx})
	}
	return list
}

// smallFilter compares the prefix and looks for an AS on the path.
const smallFilter = `
filter rib_in_pre(route: Route, ingress: IngressInfo) {
    if route.prefix_matches(192.0.2.0/24) || route.aspath_contains(AS64496) { reject }
    accept
}
`

// aRead is how many messages a session under load sends on at once: what one read
// of its socket brought. A message of this churn has 70 octets.
const aRead = 16

// BenchmarkHook is what the small filter adds to a route: the same churn, one route
// a message and sixteen messages a read, through a stack with it and through one
// without, in turn. The metric alone-ns/route is that of reads of one message.
func BenchmarkHook(b *testing.B) {
	path := filepath.Join(b.TempDir(), "small.roto")
	if err := os.WriteFile(path, []byte(smallFilter), 0o644); err != nil {
		b.Fatal(err)
	}
	list := churn(20_000)
	with, without := newStack(b, path, 1), newStack(b, "", 1)
	run := func(s *stack, from, to, read int) time.Duration {
		began := time.Now()
		for i := from; i < to; {
			s.batch.Reset()
			for last := min(i+read, to); i < last; i++ {
				s.add(b, &list[i%len(list)], int64(i))
			}
			s.send(b)
		}
		return time.Since(began)
	}
	run(with, 0, len(list), 1)
	run(without, 0, len(list), 1)
	b.ReportAllocs()
	b.ResetTimer()
	for _, c := range []struct {
		read   int
		metric string
	}{{aRead, "ns/route"}, {1, "alone-ns/route"}} {
		var filtered, plain time.Duration
		for from := 0; from < b.N; from += len(list) {
			to := min(from+len(list), b.N)
			filtered += run(with, from, to, c.read)
			plain += run(without, from, to, c.read)
		}
		b.ReportMetric(float64(filtered-plain)/float64(b.N), c.metric)
	}
}

// From a framed message through the example filter and the RIB unit to the
// store nothing is allocated once prefixes and attribute sets are known.
func TestTheStackAllocatesNothing(t *testing.T) {
	if testkit.Race {
		t.Skip("the race detector allocates")
	}
	list, peers := updates(t, "mrt/mrtparser/updates.20260222.1530.bz2")
	s := newStack(t, exampleScript, peers)
	for range 2 {
		for i := range list {
			s.feed(t, &list[i], 0)
		}
	}
	i := 0
	allocs := testing.AllocsPerRun(5000, func() {
		s.feed(t, &list[i%len(list)], 0)
		i++
	})
	if allocs != 0 {
		t.Errorf("%v allocations a message, want 0", allocs)
	}
}

// A filter sets MED on one of two prefixes of an UPDATE: both attribute sets
// are in the RIB.
func TestAFilterThatChangesHalfOfAnUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "half.roto")
	if err := os.WriteFile(path, []byte(`
filter rib_in_pre(route: Route, ingress: IngressInfo) {
    if route.prefix().len() == 24 { route.set_med(77); }
    accept
}
`), 0o644); err != nil {
		t.Fatal(err)
	}
	s := newStack(t, path, 1)
	ctx := bgp.Ctx{ASN4: true, MaxLen: 4096, Families: bgp.NewFamilySet(inet.IPv4Unicast)}
	a := bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0})
	a = bgp.AppendSet(nil, a, bgp.AttrASPath, []byte{2, 1, 0, 0, 0xfb, 0xf4})
	a = bgp.AppendSet(nil, a, bgp.AttrNextHop, []byte{192, 0, 2, 1})
	var nlri []byte
	for _, p := range []string{"20.0.0.0/24", "20.0.0.0/16"} {
		nlri = inet.AppendPrefix(nlri, netip.MustParsePrefix(p))
	}
	s.feed(t, &message{0, bgp.AppendUpdates(nil, ctx, a, bgp.NLRI{Family: inet.IPv4Unicast, Bytes: nlri}), ctx}, 0)

	got := map[string]uint32{}
	for e, err := range s.graph.Find("rib").Unit.(*rib.RIB).Query(context.Background(), store.Query{Family: inet.IPv4Unicast}) {
		if err != nil {
			t.Fatal(err)
		}
		med, _ := e.Attrs.MED()
		got[e.Prefix.String()] = med
	}
	if want := map[string]uint32{"20.0.0.0/24": 77, "20.0.0.0/16": 0}; !maps.Equal(got, want) {
		t.Errorf("MED by prefix %v, want %v", got, want)
	}
}
