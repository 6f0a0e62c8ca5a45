package rib

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// fakeEnv is a graph with one consumer, which may be attached at any time.
type fakeEnv struct {
	name   string
	shared *sharing

	mu       sync.Mutex
	attached bool
	queue    []*unit.Batch
	clock    time.Time
}

type sharing struct {
	mu     sync.Mutex
	values map[string]any
}

func newEnv(name string, s *sharing) *fakeEnv {
	return &fakeEnv{name: name, shared: s, attached: true, clock: time.Unix(1_700_000_000, 0)}
}

func newSharing() *sharing { return &sharing{values: map[string]any{}} }

func (e *fakeEnv) Name() string                           { return e.name }
func (e *fakeEnv) Log() *slog.Logger                      { return slog.New(slog.DiscardHandler) }
func (e *fakeEnv) Ingress() *ingress.Register             { return nil }
func (e *fakeEnv) Outlet(ctx context.Context) unit.Outlet { return nil }
func (e *fakeEnv) Hook(name string) unit.Hook             { return nil }
func (e *fakeEnv) Raw() bool                              { return false }

func (e *fakeEnv) Now() time.Time {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.clock
}

func (e *fakeEnv) advance(d time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.clock = e.clock.Add(d)
}

func (e *fakeEnv) Shared(key string, open func() (any, error)) (any, error) {
	e.shared.mu.Lock()
	defer e.shared.mu.Unlock()
	if v, ok := e.shared.values[key]; ok {
		return v, nil
	}
	v, err := open()
	e.shared.values[key] = v
	return v, err
}

func (e *fakeEnv) Forward(_ context.Context, b *unit.Batch) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.attached && len(b.Events) > 0 {
		e.queue = append(e.queue, b.Clone())
	}
	return nil
}

func (e *fakeEnv) attach() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.attached, e.queue = true, nil
}

// take returns what was forwarded since the last call.
func (e *fakeEnv) take() []*unit.Batch {
	e.mu.Lock()
	defer e.mu.Unlock()
	q := e.queue
	e.queue = nil
	return q
}

func open(t testing.TB, c Config, env unit.Env) *RIB {
	t.Helper()
	if c.StaleTime == 0 {
		c.StaleTime = time.Hour
	}
	r, err := New(c, env)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// consumer keeps what a target behind the RIB would know, and says where what it
// is told does not fit what it knows.
type consumer struct {
	up     map[ingress.ID]ingress.Session
	cut    map[lane]uint64
	routes map[routeKey]string
	faults []string
}

type lane struct {
	id     ingress.ID
	family inet.Family
}

type routeKey struct {
	lane
	path   uint32
	prefix netip.Prefix
}

func newConsumer() *consumer {
	return &consumer{map[ingress.ID]ingress.Session{}, map[lane]uint64{}, map[routeKey]string{}, nil}
}

// Handle takes a part of a replay.
func (c *consumer) Handle(_ context.Context, b *unit.Batch) error {
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.Routes:
			c.cut[lane{ev.Peer.Ingress, ev.Family}] = ev.Seq
		case *unit.EndOfRIB:
			c.cut[lane{ev.Peer.Ingress, ev.Family}] = ev.Seq
		}
		c.event(ev)
	}
	return nil
}

// live takes a batch that was forwarded, with the rule of the edge: what the
// replay covers is left out.
func (c *consumer) live(b *unit.Batch) {
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerUp:
			if c.up[ev.Peer.Ingress] >= ev.Peer.Session {
				continue
			}
		case *unit.PeerDown:
			if c.up[ev.Peer.Ingress] != ev.Peer.Session {
				continue
			}
		case *unit.Routes:
			if ev.Seq <= c.cut[lane{ev.Peer.Ingress, ev.Family}] {
				continue
			}
		}
		c.event(ev)
	}
}

func (c *consumer) event(ev unit.Event) {
	switch ev := ev.(type) {
	case *unit.PeerUp:
		c.up[ev.Peer.Ingress] = ev.Peer.Session
	case *unit.PeerDown:
		delete(c.up, ev.Peer.Ingress)
		for k := range c.routes {
			if k.id == ev.Peer.Ingress && !ev.Keep {
				delete(c.routes, k)
			}
		}
	case *unit.Routes:
		c.take(ev)
	}
}

func (c *consumer) take(r *unit.Routes) {
	i := 0
	for path, p := range r.Run().Prefixes() {
		k, mark := routeKey{lane{r.Peer.Ingress, r.Family}, path, p}, r.Marks[i]
		i++
		old, held := c.routes[k]
		switch {
		case mark == bgp.ChangeNew && held, mark == bgp.ChangeReplaced && (!held || old == string(r.Attrs)),
			mark == bgp.ChangeWithdrawn && !held, mark == bgp.ChangeSame && old != string(r.Attrs):
			c.faults = append(c.faults, fmt.Sprintf("%v is told as %s, held %q", k, mark, old))
		}
		switch mark {
		case bgp.ChangeNew, bgp.ChangeReplaced:
			c.routes[k] = string(r.Attrs)
		case bgp.ChangeWithdrawn:
			delete(c.routes, k)
		}
	}
	if i != len(r.Marks) {
		c.faults = append(c.faults, fmt.Sprintf("%d NLRI, %d marks", i, len(r.Marks)))
	}
}

// held returns all routes of a RIB that are active or stale.
func held(t testing.TB, r *RIB) map[routeKey]string {
	t.Helper()
	out := map[routeKey]string{}
	for _, f := range []inet.Family{inet.IPv4Unicast, inet.IPv6Unicast} {
		for e, err := range r.Query(context.Background(), store.Query{Family: f}) {
			if err != nil {
				t.Fatal(err)
			}
			out[routeKey{lane{ingress.ID(e.Ingress), f}, e.PathID, e.Prefix}] = string(e.Attrs)
		}
	}
	return out
}
