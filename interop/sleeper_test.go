//go:build interop

package interop

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"sync"
	"time"

	"example.com/rotonda/unit"
)

// sleeper is a target that sleeps over its first route and from then on keeps
// the set of prefixes that it was told. It writes what it saw into a file.
var sleeper = unit.Define("test-sleeper", newSleeper, nil)

type sleeperConfig struct {
	Sources unit.Sources  `conf:"sources" required:"true" oneormany:"true"`
	Sleep   time.Duration `conf:"sleep" unit:"s"`
	File    string        `conf:"file"`
}

func (c sleeperConfig) SourceList() unit.Sources { return c.Sources }
func (c sleeperConfig) QueuePolicy() unit.Policy { return unit.Resync }

type sleeping struct {
	cfg sleeperConfig

	mu    sync.Mutex
	slept bool
	downs int
	held  map[netip.Prefix]struct{}
}

func newSleeper(c sleeperConfig, _ unit.Env) (*sleeping, error) {
	return &sleeping{cfg: c, held: map[netip.Prefix]struct{}{}}, nil
}

// Run writes the figures until it is told to end.
func (s *sleeping) Run(ctx context.Context) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if !s.mu.TryLock() {
			continue // asleep
		}
		text := fmt.Sprintf("slept=%v held=%d downs=%d", s.slept, len(s.held), s.downs)
		s.mu.Unlock()
		if err := os.WriteFile(s.cfg.File+".new", []byte(text), 0o600); err != nil {
			return err
		}
		if err := os.Rename(s.cfg.File+".new", s.cfg.File); err != nil {
			return err
		}
	}
}

// Handle sleeps once, then keeps count.
func (s *sleeping) Handle(ctx context.Context, b *unit.Batch) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerDown:
			s.downs++
		case *unit.Routes:
			if !s.slept {
				select {
				case <-time.After(s.cfg.Sleep):
				case <-ctx.Done():
				}
				s.slept = true
			}
			for _, p := range ev.Run().Prefixes() {
				if ev.Withdrawn() {
					delete(s.held, p)
				} else {
					s.held[p] = struct{}{}
				}
			}
		}
	}
	return nil
}
