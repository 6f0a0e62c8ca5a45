package mrtin

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// fakeEnv gives a unit a graph that keeps copies of all events.
type fakeEnv struct {
	t        testing.TB
	register *ingress.Register
	hook     unit.Hook

	mu     sync.Mutex
	events []unit.Event
	keep   bool
	runs   int
	logs   lines
}

func newEnv(t testing.TB) *fakeEnv {
	return &fakeEnv{t: t, register: ingress.New(ingress.Options{}), keep: true}
}

func (e *fakeEnv) Name() string                                             { return "mrt-in" }
func (e *fakeEnv) Log() *slog.Logger                                        { return slog.New(slog.NewTextHandler(&e.logs, nil)) }
func (e *fakeEnv) Ingress() *ingress.Register                               { return e.register }
func (e *fakeEnv) Outlet(ctx context.Context) unit.Outlet                   { return fakeOutlet{e} }
func (e *fakeEnv) Forward(ctx context.Context, b *unit.Batch) error         { return nil }
func (e *fakeEnv) Hook(name string) unit.Hook                               { return e.hook }
func (e *fakeEnv) Shared(key string, open func() (any, error)) (any, error) { return open() }
func (e *fakeEnv) Now() time.Time                                           { return time.Now() }
func (e *fakeEnv) Raw() bool                                                { return false }

type fakeOutlet struct{ env *fakeEnv }

func (o fakeOutlet) Send(b *unit.Batch) error {
	if !o.env.keep {
		o.env.runs += len(b.Events)
		return nil
	}
	c := b.Clone()
	o.env.mu.Lock()
	o.env.events = append(o.env.events, c.Events...)
	o.env.mu.Unlock()
	return nil
}

func (o fakeOutlet) Close() {}

// until waits for a condition that a batch or the end of a file makes true.
func (e *fakeEnv) until(holds func() bool) {
	e.t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			e.t.Fatalf("not within a minute; log:\n%s", e.logs.String())
		}
	}
}

// lines is a log to look at.
type lines struct {
	mu  sync.Mutex
	all []byte
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, p...)
	return len(p), nil
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.all)
}
