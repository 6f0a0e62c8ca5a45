package graph

import (
	"context"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// ordered returns the nodes so that receivers come before what feeds them:
// the order to start in. Where units form a cycle, its members stand together.
// The caller holds g.mu.
func (g *Graph) ordered() []*node {
	var order []*node
	seen := map[*node]bool{}
	feeds := map[string][]*node{}
	for _, n := range g.nodes {
		for _, src := range n.spec.Load().sources() {
			feeds[src.Name] = append(feeds[src.Name], n)
		}
	}
	var visit func(n *node)
	visit = func(n *node) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, to := range feeds[n.name] {
			visit(to)
		}
		order = append(order, n)
	}
	for _, n := range g.nodes {
		visit(n)
	}
	return order
}

// connect makes the edges what the units' settings say: new ones are added,
// those no longer named are closed, filters are refreshed.
func (g *Graph) connect(nodes []*node) {
	outgoing := map[*node][]*edge{}
	var added []*edge
	for _, to := range nodes {
		var incoming []*edge
		for _, src := range to.spec.Load().sources() {
			from := g.node(src.Name)
			if from == nil {
				continue // unused sources were left out of the plan
			}
			e := to.edgeFrom(from)
			if e == nil {
				e = g.newEdge(from, to, src.Depth)
				added = append(added, e)
			}
			e.setFilter(g, to)
			incoming = append(incoming, e)
			outgoing[from] = append(outgoing[from], e)
		}
		old := to.incoming
		to.incoming = incoming
		for _, e := range old {
			if !contains(incoming, e) {
				defer e.close(context.Background(), true) // once no sender finds it any more
			}
		}
	}
	for _, from := range nodes {
		edges := outgoing[from]
		if !same(*from.edges.Load(), edges) {
			from.edges.Store(&edges)
		}
	}
	// A replay takes its snapshot once the edge collects live batches already:
	// what is applied later finds the edge, what was applied before is in it.
	for _, e := range added {
		if e.queue != nil {
			e.to.wg.Go(func() { e.queue.drain(e.to.ctx) })
		}
	}
}

func same(a, b []*edge) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func (n *node) edgeFrom(from *node) *edge {
	for _, e := range n.incoming {
		if e.from == from {
			return e
		}
	}
	return nil
}

// newEdge makes an edge; before a target, or behind a stage whose state has to
// be replayed, with a queue, whose drain the caller starts.
func (g *Graph) newEdge(from, to *node, depth int) *edge {
	e := &edge{from: from, to: to, up: map[ingress.ID]unit.Peer{}}
	_, replays := from.unit.(unit.Replayer)
	if !to.isTarget() && !replays {
		return e
	}
	policy := to.policy()
	if !to.isTarget() {
		policy = unit.Resync
	}
	e.queue = newQueue(depth, policy)
	e.queue.to = to.handle
	e.queue.source = func() unit.Unit { return from.unit }
	e.queue.now = func() int64 { return g.opt.Now().UnixMicro() }
	return e
}

func (e *edge) setFilter(g *Graph, to *node) {
	ref := &filterRef{name: to.filterFunction()}
	if !to.isTarget() && g.opt.Filters != nil {
		ref.run = g.opt.Filters.Edge(ref.name)
	}
	e.filter.Store(ref)
}

// stop ends nodes in the direction of the flow: sources first, so that what
// they still send reaches those behind them. Each step has its time; queues of
// targets are drained within it.
func (g *Graph) stop(nodes []*node) {
	if len(nodes) == 0 {
		return
	}
	var sources, stages, targets []*node
	for _, n := range nodes {
		_, receives := n.unit.(unit.Receiver)
		switch {
		case n.isTarget():
			targets = append(targets, n)
		case receives:
			stages = append(stages, n)
		default:
			sources = append(sources, n)
		}
	}
	for _, step := range [][]*node{sources, stages, targets} {
		g.stopStep(step)
	}
	for _, n := range nodes {
		g.release(n)
	}
}

func (g *Graph) stopStep(nodes []*node) {
	done := make(chan struct{})
	for _, n := range nodes {
		for _, from := range g.senders(n) {
			edges := without(*from.edges.Load(), n)
			from.edges.Store(&edges)
		}
		for _, e := range n.incoming {
			e.close(context.Background(), false)
		}
	}
	deadline := time.Now().Add(g.opt.StopTime)
	for _, n := range nodes {
		if n.isTarget() {
			n.drained(deadline)
		}
		n.cancel()
	}
	go func() {
		for _, n := range nodes {
			n.wg.Wait()
		}
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(time.Until(deadline) + 100*time.Millisecond):
		for _, n := range nodes {
			n.log.Warn("unit did not stop in its time", "limit", g.opt.StopTime)
		}
	}
}

func (g *Graph) senders(n *node) []*node {
	var from []*node
	for _, e := range n.incoming {
		from = append(from, e.from)
	}
	return from
}

func without(edges []*edge, to *node) []*edge {
	var kept []*edge
	for _, e := range edges {
		if e.to != to {
			kept = append(kept, e)
		}
	}
	return kept
}

// drained waits until the queues before the target are empty, then flushes it.
func (n *node) drained(deadline time.Time) {
	for time.Now().Before(deadline) {
		waiting := 0
		for _, e := range n.incoming {
			if e.queue != nil {
				batches, _ := e.queue.length()
				waiting += batches
			}
		}
		if waiting == 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if f, ok := n.unit.(unit.Flusher); ok {
		ctx, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		if err := f.Flush(ctx); err != nil {
			n.log.Error("flush at stop; what was not written is lost", "error", err)
		}
	}
}
