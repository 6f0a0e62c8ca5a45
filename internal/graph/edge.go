package graph

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// edge is the way from one unit to another. A batch passes it in the goroutine
// that sends: filter, then the receiver itself or, before a target, its queue.
//
//	outlet ──► filter ──► receiver.Handle          stage: called directly
//	outlet ──► filter ──► queue ──► (drain) ──► Handle       target
type edge struct {
	from, to *node
	filter   atomic.Pointer[filterRef]
	queue    *queue // nil: the receiver is called directly

	mu     sync.RWMutex // held for reading by a batch that passes, for writing to close
	closed bool

	upMu sync.Mutex
	up   map[ingress.ID]unit.Peer // peers that are up as the receiver sees them
}

type filterRef struct {
	name string
	run  unit.Filter // nil: none
}

// pass takes one batch over the edge. control says that the batch holds a
// PeerUp or PeerDown.
func (e *edge) pass(ctx context.Context, b *unit.Batch, control bool) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.closed {
		return
	}
	if control {
		e.track(b)
	}
	if f := e.filter.Load(); f.run != nil {
		b = f.run.Filter(b)
	}
	if len(b.Events) == 0 {
		return
	}
	if e.queue != nil {
		e.queue.put(ctx, b)
		return
	}
	e.to.handle(ctx, b)
}

func (e *edge) track(b *unit.Batch) {
	e.upMu.Lock()
	defer e.upMu.Unlock()
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerUp:
			e.up[ev.Peer.Ingress] = ev.Peer
		case *unit.PeerDown:
			if e.up[ev.Peer.Ingress].Session == ev.Peer.Session {
				delete(e.up, ev.Peer.Ingress)
			}
		}
	}
}

// close ends the edge. Where the receiver goes on without this source, it is
// told that the peers it had from here are gone.
func (e *edge) close(ctx context.Context, tell bool) {
	if e.queue != nil {
		e.queue.close()
	}
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	if !tell || len(e.up) == 0 {
		return
	}
	b := new(unit.Batch)
	for _, p := range e.up {
		b.Add(&unit.PeerDown{Peer: p, Time: e.from.graph.opt.Now().UnixMicro(), Reason: "source removed from the configuration"})
	}
	e.to.handle(ctx, b)
}

// hasControl reports whether a batch holds a PeerUp or PeerDown.
func hasControl(b *unit.Batch) bool {
	for _, ev := range b.Events {
		switch ev.(type) {
		case *unit.PeerUp, *unit.PeerDown:
			return true
		}
	}
	return false
}
