package daemon

import (
	"context"
	"log/slog"
	"os"
	"runtime/metrics"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"example.com/rotonda/internal/graph"
)

// pressure watches the memory of the process against memory_limit. Near the
// limit units that hold routes are told to refuse new ones; well below it they
// are told to take them again.
type pressure struct {
	graph *graph.Graph
	log   *slog.Logger
	limit atomic.Int64 // bytes; 0 is none
	full  bool
}

// The bounds between which refusal holds on, in percent of the limit.
const (
	refuseAt = 90
	acceptAt = 80
)

// memoryHolder is a unit that can refuse new routes.
type memoryHolder interface{ SetMemoryFull(full bool, limit int64) }

func newPressure(g *graph.Graph, log *slog.Logger) *pressure { return &pressure{graph: g, log: log} }

func (p *pressure) watch(ctx context.Context) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.look()
		}
	}
}

func (p *pressure) look() {
	limit := p.limit.Load()
	full := false
	if limit > 0 {
		percent := int64(float64(heldBytes()) / float64(heapShare(limit)) * 100)
		full = percent >= refuseAt || p.full && percent > acceptAt
	}
	if full != p.full {
		if full {
			p.log.Error("memory_limit is near: new routes are refused, withdrawals go on", "limit", limit)
		} else {
			p.log.Info("memory is below memory_limit again: new routes are taken")
		}
	}
	p.full = full
	for _, v := range p.graph.Units() {
		if h, ok := v.Unit.(memoryHolder); ok {
			h.SetMemoryFull(full, limit)
		}
	}
}

// heapShare is what of a limit for the process is left for the Go runtime: the
// resident pages of the program file count too, but the runtime does not see them.
func heapShare(limit int64) int64 {
	return max(limit-filePages(), limit/2)
}

// filePages returns the resident bytes that are backed by files, 0 where the
// system does not tell.
func filePages() int64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 3 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[2], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// heldBytes is what the Go runtime holds from the system, without what it gave
// back: the figure that debug.SetMemoryLimit bounds. Garbage not yet collected
// does not count as held.
func heldBytes() uint64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"}, {Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/gc/heap/live:bytes"},
	}
	metrics.Read(s)
	overhead := s[0].Value.Uint64() - s[1].Value.Uint64() - s[2].Value.Uint64() - s[3].Value.Uint64() - s[4].Value.Uint64()
	return s[5].Value.Uint64() + overhead
}
