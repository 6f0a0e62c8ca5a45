package api

import (
	"context"
	"encoding/binary"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// noon is when everything in these tests happens.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fakeGraph is a list of units.
type fakeGraph struct {
	units   []graph.View
	waiting bool
}

func (g *fakeGraph) Units() []graph.View { return g.units }
func (g *fakeGraph) Ready() bool         { return !g.waiting }

// fakeRIB is a table of a real store.
type fakeRIB struct {
	store *store.Store
	table store.Table
}

func newRIB() *fakeRIB {
	s := store.New(store.Options{KeepWithdrawn: time.Hour})
	return &fakeRIB{s, s.Table("rib")}
}

func (r *fakeRIB) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (r *fakeRIB) Table() store.Table            { return r.table }

// StoreStats hides the memory, which no golden file can know.
func (r *fakeRIB) StoreStats() store.Stats {
	st := r.store.Stats()
	st.Memory = min(st.Memory, 4096)
	return st
}

func (r *fakeRIB) Query(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	q.Table = r.table
	return r.store.Query(ctx, q)
}

func (r *fakeRIB) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		yield(unit.Metric{Name: "rib_routes", Help: "routes", Kind: unit.Gauge, Value: 2, Labels: []string{"family", "ipv4 unicast"}})
	}
}

// fakeSource has a metric with a name from the network.
type fakeSource struct{ router string }

func (fakeSource) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (fakeSource) Addr() string                  { return "127.0.0.1:11019" }
func (s fakeSource) State() any {
	return map[string]string{"router": s.router}
}

func (s fakeSource) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		m := unit.Metric{Name: "bmp_in_num_messages_total", Help: "messages", Value: 7, Labels: []string{"router", s.router}}
		for range 2 { // the same series twice is one
			if !yield(m) {
				return
			}
		}
	}
}

// path makes the value of an AS_PATH.
func path(hops ...uint32) []byte {
	v := []byte{byte(bgp.ASSequence), byte(len(hops))}
	for _, h := range hops {
		v = binary.BigEndian.AppendUint32(v, h)
	}
	return v
}

// attrs makes a set with an AS path, a next hop and standard communities.
func attrs(nextHop string, communities []uint32, hops ...uint32) bgp.Attrs {
	a := bgp.Attrs(bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0}))
	a = bgp.AppendSet(nil, a, bgp.AttrASPath, path(hops...))
	a = bgp.AppendSet(nil, a, bgp.AttrNextHop, netip.MustParseAddr(nextHop).AsSlice())
	var v []byte
	for _, c := range communities {
		v = binary.BigEndian.AppendUint32(v, c)
	}
	if v != nil {
		a = bgp.AppendSet(nil, a, bgp.AttrCommunities, v)
	}
	return a
}

func (r *fakeRIB) announce(id ingress.ID, a bgp.Attrs, path uint32, prefixes ...string) {
	for _, text := range prefixes {
		p := netip.MustParsePrefix(text)
		f := inet.IPv4Unicast
		if !p.Addr().Is4() {
			f = inet.IPv6Unicast
		}
		l := r.store.Lane(store.LaneKey{Table: r.table, Ingress: uint32(id), Family: f})
		l.Apply(&store.Change{
			NLRI:  bgp.NLRI{Family: f, AddPath: path > 0, Bytes: bgp.AppendNLRI(nil, p, path, path > 0)},
			Attrs: a, Time: noon.UnixMicro(),
		})
	}
}

// world is a small daemon: a router with two peers, a BGP session, a RIB.
type world struct {
	graph    *fakeGraph
	register *ingress.Register
	rib      *fakeRIB
	router   ingress.ID
	peer     [3]ingress.ID
	vrps     rpki.Table
	options  Options
}

func lease(t testing.TB, r *ingress.Register, k ingress.Key, f func(*ingress.Info)) ingress.ID {
	t.Helper()
	l, err := r.Lease(context.Background(), k, ingress.Refuse)
	if err != nil {
		t.Fatal(err)
	}
	l.Update(f)
	return l.ID()
}

// hostile is a sysName that tries everything.
const hostile = "</td><script>alert(1)</script>\"'{}\n\x1b[31m\u2028\\"

func newWorld(t testing.TB) *world {
	w := &world{rib: newRIB(), register: ingress.New(ingress.Options{Now: func() time.Time { return noon }})}
	at := noon
	w.graph = &fakeGraph{units: []graph.View{
		{Name: "bmp-in", Type: "bmp-tcp-in", State: graph.Running, Sent: 12, Unit: fakeSource{hostile}},
		{Name: "broken", Type: "file-out", Target: true, State: graph.Failed, Error: "no room on disk", ErrAt: &at,
			Queues: []graph.Queue{{From: "rib", Policy: unit.Drop, Depth: 8, Batches: 3, Bytes: 99, Dropped: 1}}, Unit: fakeSource{"x"}},
		{Name: "rib", Type: "rib", State: graph.Running, Unit: w.rib},
	}}
	w.router = lease(t, w.register, ingress.Key{Unit: "bmp-in", Kind: ingress.KindBMP, Addr: netip.MustParseAddr("192.0.2.1"), Name: hostile},
		func(i *ingress.Info) { i.Desc = "<b>a router</b>" })
	for n, view := range []ingress.View{ingress.InPre, ingress.InPost} {
		w.peer[n] = lease(t, w.register, ingress.Key{Unit: "bmp-in", Kind: ingress.KindBGPInBMP, Parent: w.router, View: view,
			Addr: netip.MustParseAddr("198.51.100.1"), ASN: 64500}, func(*ingress.Info) {})
	}
	w.peer[2] = lease(t, w.register, ingress.Key{Unit: "bgp-in", Kind: ingress.KindBGP, Addr: netip.MustParseAddr("2001:db8::1"), ASN: 64999},
		func(i *ingress.Info) { i.Desc = "transit" })
	near := attrs("198.51.100.1", []uint32{64500<<16 | 7, 0xffffff01}, 64500, 64501)
	far := attrs("198.51.100.9", nil, 64999, 64502, 64503)
	six := attrs("2001:db8::1", nil, 64999, 64501)
	w.rib.announce(w.peer[0], near, 0, "192.0.2.0/24", "192.0.0.0/16", "0.0.0.0/0")
	w.rib.announce(w.peer[1], near, 0, "192.0.2.0/24")
	w.rib.announce(w.peer[2], far, 1, "192.0.2.0/24", "192.0.2.128/25", "203.0.113.0/24")
	w.rib.announce(w.peer[2], far, 2, "192.0.2.0/24")
	w.rib.announce(w.peer[2], six, 0, "2001:db8::/32", "2001:db8:1::/48")
	w.rib.announce(w.peer[0], near, 0, "198.18.0.0/15")
	w.rib.announce(w.peer[0], nil, 0, "198.18.0.0/15")
	w.vrps.Replace("cache", []rpki.VRP{{Prefix: netip.MustParsePrefix("192.0.2.0/24"), MaxLen: 24, ASN: 64501}})
	w.options = Options{
		Graph: w.graph, Ingress: w.register, RPKI: &w.vrps, Version: "1.2.3", Started: noon.Add(-time.Hour),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	return w
}

func (w *world) get(t testing.TB, url string) *httptest.ResponseRecorder {
	t.Helper()
	rec := httptest.NewRecorder()
	New(w.options).ServeHTTP(rec, httptest.NewRequest(http.MethodGet, url, nil))
	return rec
}
