// Package nullout is the target null-out: it takes everything and keeps
// nothing. A unit needs a consumer to be of use; this is one for who asks the
// API only. Start reading at [Unit].
package nullout

import (
	"context"
	_ "embed"
	"iter"
	"sync/atomic"

	"example.com/rotonda/unit"
)

//go:embed config.go
var source []byte

// Unit is the target null-out, as listed in units/all.
var Unit = unit.Define("null-out", New, source)

// Target counts what it discards. Use [New].
type Target struct{ events atomic.Uint64 }

// New makes an inert target.
func New(Config, unit.Env) (*Target, error) { return new(Target), nil }

// Run waits for the end.
func (t *Target) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

// Handle discards a batch.
func (t *Target) Handle(_ context.Context, b *unit.Batch) error {
	t.events.Add(uint64(len(b.Events)))
	return nil
}

// Metrics yields how much was discarded.
func (t *Target) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		yield(unit.Metric{Name: "null_out_events_total", Help: "Events discarded.", Kind: unit.Counter, Value: float64(t.events.Load())})
	}
}
