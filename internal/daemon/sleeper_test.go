package daemon

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/unit"
)

// sleeper is a target that sleeps in its first Handle and counts afterwards.
var sleeper = unit.Define("test-sleeper", newSleeper, nil)

type sleeperConfig struct {
	Sources unit.Sources  `conf:"sources" required:"true"`
	Sleep   time.Duration `conf:"sleep" default:"0s"`
	Full    unit.Policy   `conf:"queue_full" default:"drop"`
}

func (c sleeperConfig) SourceList() unit.Sources { return c.Sources }
func (c sleeperConfig) QueuePolicy() unit.Policy { return c.Full }

type sleepyTarget struct {
	cfg    sleeperConfig
	slept  atomic.Bool
	routes atomic.Int64
	downs  atomic.Int64
}

func newSleeper(c sleeperConfig, _ unit.Env) (*sleepyTarget, error) {
	return &sleepyTarget{cfg: c}, nil
}

func (s *sleepyTarget) Run(ctx context.Context) error { <-ctx.Done(); return nil }

func (s *sleepyTarget) Handle(ctx context.Context, b *unit.Batch) error {
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.Routes:
			if s.cfg.Sleep > 0 && !s.slept.Swap(true) {
				select {
				case <-time.After(s.cfg.Sleep):
				case <-ctx.Done():
				}
			}
			s.routes.Add(int64(ev.Run().Len()))
		case *unit.PeerDown:
			s.downs.Add(1)
		}
	}
	return nil
}

// play1 plays a simulated Internet until the returned function is called.
func play1(t testing.TB, c simulate.Config) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- simulate.Run(ctx, c) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
