package bmpin

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
	more   chan struct{}
	logs   lines
}

func newEnv(t testing.TB) *fakeEnv {
	return &fakeEnv{t: t, register: ingress.New(ingress.Options{}), keep: true, more: make(chan struct{}, 1)}
}

func (e *fakeEnv) Name() string                                             { return "bmp-in" }
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
		return nil
	}
	c := b.Clone()
	o.env.mu.Lock()
	o.env.events = append(o.env.events, c.Events...)
	o.env.mu.Unlock()
	select {
	case o.env.more <- struct{}{}:
	default:
	}
	return nil
}

func (o fakeOutlet) Close() {}

// wait returns the events so far as soon as enough holds for them.
func (e *fakeEnv) wait(enough func([]unit.Event) bool) []unit.Event {
	e.t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		e.mu.Lock()
		events := e.events
		e.mu.Unlock()
		if enough(events) {
			return events
		}
		select {
		case <-e.more:
		case <-deadline:
			e.t.Fatalf("after 10 s: %d events, log:\n%s", len(events), e.logs.String())
		}
	}
}

// eventually waits for what another goroutine brings about; what says what is the
// case instead.
func eventually(t testing.TB, holds func() bool, what func() any) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after 5 s: %+v", what())
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
