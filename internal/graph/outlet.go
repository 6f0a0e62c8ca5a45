package graph

import (
	"context"

	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// outlet is the way of one goroutine of a source into the graph.
type outlet struct {
	node  *node
	ctx   context.Context
	known *[]*edge // the edges that have been told of the peers below
	up    map[ingress.ID]*unit.PeerUp
}

func (o *outlet) Send(b *unit.Batch) error {
	edges := o.node.edges.Load()
	if edges != o.known {
		o.introduce(*edges)
		o.known = edges
	}
	control := hasControl(b)
	for _, e := range *edges {
		e.pass(o.ctx, b, control)
	}
	if control {
		o.track(b)
	}
	o.node.sent.Add(uint64(len(b.Events)))
	return o.ctx.Err()
}

// introduce tells edges that were added since the last batch which peers are
// up: the replay of a source, which holds no other state.
func (o *outlet) introduce(edges []*edge) {
	if len(o.up) == 0 || o.known == nil {
		return
	}
	b := new(unit.Batch)
	for _, up := range o.up {
		b.Add(up)
	}
	for _, e := range edges {
		if !contains(*o.known, e) {
			e.pass(o.ctx, b, true)
		}
	}
}

func contains(edges []*edge, e *edge) bool {
	for _, x := range edges {
		if x == e {
			return true
		}
	}
	return false
}

func (o *outlet) track(b *unit.Batch) {
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerUp:
			one := unit.Batch{Events: []unit.Event{ev}}
			o.up[ev.Peer.Ingress] = one.Clone().Events[0].(*unit.PeerUp)
		case *unit.PeerDown:
			if up := o.up[ev.Peer.Ingress]; up != nil && up.Peer.Session == ev.Peer.Session {
				delete(o.up, ev.Peer.Ingress)
			}
		}
	}
}

func (o *outlet) Close() {
	if len(o.up) == 0 {
		return
	}
	b := new(unit.Batch)
	for _, up := range o.up {
		b.Add(&unit.PeerDown{Peer: up.Peer, Time: o.node.graph.opt.Now().UnixMicro(), Reason: "source stopped"})
	}
	o.ctx = context.WithoutCancel(o.ctx)
	_ = o.Send(b) // the context cannot end any more
}
