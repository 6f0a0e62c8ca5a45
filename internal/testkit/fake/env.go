// Package fake is a graph for tests of units: it gives a unit what it asks for and
// keeps what it sends. It is no graph (internal/graph has fakes of units for that),
// and not linked into any program. Start reading at [Env].
package fake

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// Env is a [unit.Env] with one consumer, which keeps copies of all events. Tests
// embed it and replace what they need otherwise. Make it with [NewEnv]; its
// methods may be called at any time, the fields set before the unit runs.
type Env struct {
	Judge unit.Hook // every hook
	Drop  bool      // events are counted, not kept
	Logs  Lines     // what the unit logged

	name     string
	register *ingress.Register

	mu     sync.Mutex
	events []unit.Event
	sent   int
}

// NewEnv returns the environment of a unit with a name.
func NewEnv(name string) *Env {
	return &Env{name: name, register: ingress.New(ingress.Options{})}
}

// Name returns the name.
func (e *Env) Name() string { return e.name }

// Log writes to Logs.
func (e *Env) Log() *slog.Logger { return slog.New(slog.NewTextHandler(&e.Logs, nil)) }

// Ingress returns a register of its own.
func (e *Env) Ingress() *ingress.Register { return e.register }

// Outlet returns the way to the consumer.
func (e *Env) Outlet(context.Context) unit.Outlet { return outlet{e} }

// Forward drops what a stage would send on.
func (e *Env) Forward(context.Context, *unit.Batch) error { return nil }

// Hook returns Judge whatever the name.
func (e *Env) Hook(string) unit.Hook { return e.Judge }

// Shared opens a value for each caller.
func (e *Env) Shared(_ string, open func() (any, error)) (any, error) { return open() }

// Now is the clock of the machine.
func (e *Env) Now() time.Time { return time.Now() }

// Raw says that nobody wants the original octets.
func (e *Env) Raw() bool { return false }

// Events returns the events so far.
func (e *Env) Events() []unit.Event {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.events
}

// Sent returns how many events came, kept or not.
func (e *Env) Sent() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.sent
}

// Describe tells an event about routes or a peer as a line, "" for others: what came,
// from whom, which prefixes. who names the peer.
func Describe(ev unit.Event, who func(unit.Peer) string) string {
	switch ev := ev.(type) {
	case *unit.PeerUp:
		if ev.Incomplete {
			return "up " + who(ev.Peer) + " incomplete"
		}
		return "up " + who(ev.Peer)
	case *unit.PeerDown:
		return "down " + who(ev.Peer) + ": " + ev.Reason
	case *unit.EndOfRIB:
		return "eor " + who(ev.Peer) + " " + ev.Family.String()
	case *unit.Routes:
		s := "announce "
		if ev.Withdrawn() {
			s = "withdraw "
		}
		s += who(ev.Peer)
		for id, p := range ev.Run().Prefixes() {
			s += " " + p.String()
			if ev.AddPath {
				s += fmt.Sprintf("(%d)", id)
			}
		}
		return s
	}
	return ""
}

type outlet struct{ env *Env }

func (o outlet) Send(b *unit.Batch) error {
	o.env.mu.Lock()
	defer o.env.mu.Unlock()
	o.env.sent += len(b.Events)
	if !o.env.Drop {
		o.env.events = append(o.env.events, b.Clone().Events...)
	}
	return nil
}

func (o outlet) Close() {}

// Lines is a log to look at, safe for concurrent use.
type Lines struct {
	mu  sync.Mutex
	all []byte
}

// Write appends p.
func (l *Lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, p...)
	return len(p), nil
}

// String returns all that was written.
func (l *Lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.all)
}

// Eventually waits until holds is true, which another goroutine brings about; after
// a minute the test fails with what is the case instead.
func Eventually(t testing.TB, holds func() bool, what func() any) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after a minute: %+v", what())
		}
	}
}
