package bmpin

import (
	"fmt"
	"testing"

	"example.com/rotonda/internal/testkit/fake"
	"example.com/rotonda/unit"
)

// fakeEnv is a graph that keeps all events.
type fakeEnv struct {
	*fake.Env
	t testing.TB
}

func newEnv(t testing.TB) *fakeEnv { return &fakeEnv{fake.NewEnv("bmp-in"), t} }

// wait returns the events so far as soon as enough holds for them.
func (e *fakeEnv) wait(enough func([]unit.Event) bool) []unit.Event {
	e.t.Helper()
	var events []unit.Event
	fake.Eventually(e.t, func() bool { events = e.Events(); return enough(events) }, func() any {
		return fmt.Sprintf("%d events, log:\n%s", len(events), e.Logs.String())
	})
	return events
}
