package graph

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// The catalogue of the tests: a source that sends what it is told to, a stage
// that keeps a table, and a target that records what it saw.

type sourceConfig struct {
	Fail int `conf:"fail" default:"0"`
}

type fakeSource struct {
	env  unit.Env
	send chan func(*unit.Batch)
	fail int
	runs int
}

func newSource(c sourceConfig, env unit.Env) (*fakeSource, error) {
	return &fakeSource{env: env, send: make(chan func(*unit.Batch)), fail: c.Fail}, nil
}

func (s *fakeSource) Run(ctx context.Context) error {
	s.runs++
	if s.runs <= s.fail {
		return fmt.Errorf("failure %d", s.runs)
	}
	out := s.env.Outlet(ctx)
	defer out.Close()
	b := new(unit.Batch)
	for {
		select {
		case <-ctx.Done():
			return nil
		case fill := <-s.send:
			b.Reset()
			fill(b)
			_ = out.Send(b)
		}
	}
}

type stageConfig struct {
	Sources unit.Sources `conf:"sources" required:"true"`
}

func (c stageConfig) SourceList() unit.Sources { return c.Sources }

type key struct {
	peer   ingress.ID
	prefix string
}

// fakeStage keeps a table of routes, with a sequence number for each change.
type fakeStage struct {
	env   unit.Env
	stage unit.Stage

	mu    sync.Mutex
	seq   uint64
	up    map[ingress.ID]unit.Peer
	table map[key]int64 // to the Time of the route
}

func newStage(_ stageConfig, env unit.Env) (*fakeStage, error) {
	return &fakeStage{env: env, up: map[ingress.ID]unit.Peer{}, table: map[key]int64{}}, nil
}

func (s *fakeStage) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (s *fakeStage) Handle(ctx context.Context, b *unit.Batch) error {
	out := b.Next(&s.stage)
	s.mu.Lock()
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerUp:
			s.up[ev.Peer.Ingress] = ev.Peer
			out.Add(ev)
		case *unit.PeerDown:
			delete(s.up, ev.Peer.Ingress)
			for k := range s.table {
				if k.peer == ev.Peer.Ingress {
					delete(s.table, k)
				}
			}
			out.Add(ev)
		case *unit.Routes:
			s.seq++
			k := key{ev.Peer.Ingress, string(ev.NLRI)}
			if ev.Withdrawn() {
				delete(s.table, k)
			} else {
				s.table[k] = ev.Time
			}
			r := out.NewRoutes()
			*r = *ev
			r.Seq = s.seq
		}
	}
	s.mu.Unlock()
	return s.env.Forward(ctx, out)
}

func (s *fakeStage) Replay(ctx context.Context, to unit.Receiver) error {
	b := new(unit.Batch)
	s.mu.Lock()
	for _, p := range s.up {
		b.Add(&unit.PeerUp{Peer: p})
	}
	for k, at := range s.table {
		r := b.Announce(s.up[k.peer], inet.IPv4Unicast, false, []byte(k.prefix), attrs, at)
		r.Seq = s.seq
	}
	for _, p := range s.up {
		b.Add(&unit.EndOfRIB{Peer: p, Family: inet.IPv4Unicast, Seq: s.seq})
	}
	s.mu.Unlock()
	return to.Handle(ctx, b)
}

type targetConfig struct {
	Sources unit.Sources `conf:"sources" required:"true"`
	Full    unit.Policy  `conf:"queue_full" default:"drop"`
}

func (c targetConfig) SourceList() unit.Sources { return c.Sources }
func (c targetConfig) QueuePolicy() unit.Policy { return c.Full }

// fakeTarget rebuilds the table from what it is told, and notes doubles.
type fakeTarget struct {
	mu      sync.Mutex
	block   chan struct{} // while open, Handle waits
	handled int
	up      map[ingress.ID]unit.Peer
	table   map[key]int64
	doubles int
	downs   []unit.Peer
}

func newTarget(targetConfig, unit.Env) (*fakeTarget, error) {
	return &fakeTarget{up: map[ingress.ID]unit.Peer{}, table: map[key]int64{}}, nil
}

func (t *fakeTarget) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (t *fakeTarget) Handle(ctx context.Context, b *unit.Batch) error {
	t.mu.Lock()
	block := t.block
	t.mu.Unlock()
	if block != nil {
		select {
		case <-block:
		case <-ctx.Done():
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.handled++
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerUp:
			t.up[ev.Peer.Ingress] = ev.Peer
		case *unit.PeerDown:
			t.downs = append(t.downs, ev.Peer)
			delete(t.up, ev.Peer.Ingress)
			for k := range t.table {
				if k.peer == ev.Peer.Ingress {
					delete(t.table, k)
				}
			}
		case *unit.Routes:
			k := key{ev.Peer.Ingress, string(ev.NLRI)}
			if ev.Withdrawn() {
				delete(t.table, k)
				continue
			}
			if at, ok := t.table[k]; ok && at >= ev.Time {
				t.doubles++ // every announcement of the tests has a time of its own
			}
			t.table[k] = ev.Time
		}
	}
	return nil
}

func discard() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

var attrs = bgp.Attrs("any attribute set")

var catalog = []unit.Def{
	unit.Define("source", newSource, nil), unit.Define("stage", newStage, nil), unit.Define("target", newTarget, nil),
}

func readPlan(t *testing.T, text string) *Plan {
	t.Helper()
	f, errs := conf.Parse("test.toml", []byte(text))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	p, errs, _ := ReadPlan(f.Root, catalog)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return p
}

func newGraph(t *testing.T) *Graph {
	t.Helper()
	g := New(Options{Log: discard(), Ingress: ingress.New(ingress.Options{})})
	t.Cleanup(g.Stop)
	return g
}

func apply(t *testing.T, g *Graph, text string) []Change {
	t.Helper()
	changes, err := g.Apply(readPlan(t, text))
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

func (s *fakeSource) peerUp(p unit.Peer) {
	s.send <- func(b *unit.Batch) { b.Add(&unit.PeerUp{Peer: p}) }
}

func (s *fakeSource) route(p unit.Peer, prefix string, at int64, withdraw bool) {
	s.send <- func(b *unit.Batch) {
		a := attrs
		if withdraw {
			a = nil
		}
		b.Announce(p, inet.IPv4Unicast, false, []byte(prefix), a, at)
	}
}

// eventually waits for a condition that goroutines bring about.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if cond() {
			return
		}
	}
	t.Fatalf("not within 10 s: %s", what)
}

const pipeline = `
[units.in]
type = "source"
[units.rib]
type = "stage"
sources = ["in"]
`

func withTarget(name, more string) string {
	return strings.Replace(pipeline+"[targets.NAME]\ntype = \"target\"\nsources = [\"rib:8\"]\n"+more+"\n", "NAME", name, 1)
}
