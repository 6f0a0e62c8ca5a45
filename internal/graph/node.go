package graph

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/unit"
)

// State is how a unit is doing.
type State string

// The states of a unit.
const (
	Starting State = "starting"
	Running  State = "running"
	Failed   State = "failed" // it will be started again
	Ended    State = "ended"  // Run returned: nothing left to do
)

// The bounds of the waiting time before a failed unit is started again.
const (
	backoffFirst = time.Second
	backoffMost  = time.Minute
)

// node is a unit in the graph with what runs for it.
type node struct {
	graph *Graph
	name  string
	def   unit.Def
	unit  unit.Unit
	log   *slog.Logger
	spec  atomic.Pointer[Spec]
	edges atomic.Pointer[[]*edge] // outgoing; replaced whole

	cancel context.CancelFunc // nil until started
	wg     sync.WaitGroup     // Run and the drains of incoming queues
	ctx    context.Context

	mu       sync.Mutex
	state    State
	err      string    // the last error
	errAt    time.Time // when
	sent     atomic.Uint64
	broken   atomic.Uint64 // batches that Handle refused
	incoming []*edge       // owned by connect
}

func (g *Graph) newNode(spec *Spec) (*node, error) {
	n := &node{graph: g, name: spec.Name, def: spec.Def, state: Starting, log: g.opt.Log.With("unit", spec.Name)}
	n.spec.Store(spec)
	n.edges.Store(&[]*edge{})
	n.ctx, n.cancel = context.WithCancel(context.Background())
	u, err := spec.Def.New(spec.Config, &env{n})
	if err != nil {
		n.cancel()
		g.release(n)
		return nil, fmt.Errorf("unit %s (%s): %w", spec.Name, spec.Def.Type, err)
	}
	n.unit = u
	return n, nil
}

// start runs the unit, once.
func (n *node) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state != Starting {
		return
	}
	n.state = Running
	kind := "unit"
	if n.spec.Load().Target {
		kind = "target"
	}
	n.log.Info(fmt.Sprintf("Starting %s '%s'", kind, n.name))
	n.wg.Go(n.run)
}

// run keeps the unit running until its context ends.
func (n *node) run() {
	wait := backoffFirst
	for {
		began := n.graph.opt.Now()
		err := n.guarded()
		if n.ctx.Err() != nil {
			return
		}
		if err == nil {
			n.set(Ended, nil)
			return
		}
		n.set(Failed, err)
		if n.graph.opt.Now().Sub(began) > backoffMost {
			wait = backoffFirst
		}
		n.log.Error("unit failed and is started again after a pause", "error", err, "pause", wait)
		select {
		case <-n.ctx.Done():
			return
		case <-time.After(wait):
		}
		wait = min(2*wait, backoffMost)
		n.set(Running, nil)
	}
}

// guarded turns a panic of the unit into an error: one broken unit does not end
// the daemon.
func (n *node) guarded() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return n.unit.Run(n.ctx)
}

func (n *node) set(s State, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.state = s
	if err != nil {
		n.err, n.errAt = err.Error(), n.graph.opt.Now()
	}
}

// handle gives a batch to the unit. A refusal is counted and shown.
func (n *node) handle(ctx context.Context, b *unit.Batch) {
	r, ok := n.unit.(unit.Receiver)
	if !ok {
		return
	}
	if err := r.Handle(ctx, b); err != nil && ctx.Err() == nil {
		if n.broken.Add(1) == 1 {
			n.log.Error("unit refuses batches", "error", err)
		}
		n.mu.Lock()
		n.err, n.errAt = err.Error(), n.graph.opt.Now()
		n.mu.Unlock()
	}
}

// isTarget reports whether batches reach the unit through a queue.
func (n *node) isTarget() bool { return n.spec.Load().Target }

func (n *node) policy() unit.Policy {
	if q, ok := n.spec.Load().Config.(unit.Queued); ok && q.QueuePolicy() != "" {
		return q.QueuePolicy()
	}
	return unit.Drop
}

func (n *node) filterFunction() string {
	if f, ok := n.spec.Load().Config.(unit.Filtered); ok {
		return f.FilterFunction()
	}
	return ""
}
