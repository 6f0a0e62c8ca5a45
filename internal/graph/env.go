package graph

import (
	"context"
	"log/slog"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// env is a node as its unit sees it.
type env struct{ node *node }

func (e *env) Name() string               { return e.node.name }
func (e *env) Log() *slog.Logger          { return e.node.log }
func (e *env) Ingress() *ingress.Register { return e.node.graph.opt.Ingress }
func (e *env) Now() time.Time             { return e.node.graph.opt.Now() }

func (e *env) Outlet(ctx context.Context) unit.Outlet {
	return &outlet{node: e.node, ctx: ctx, known: e.node.edges.Load(), up: map[ingress.ID]*unit.PeerUp{}}
}

func (e *env) Forward(ctx context.Context, b *unit.Batch) error {
	if len(b.Events) == 0 {
		return nil
	}
	control := hasControl(b)
	for _, edge := range *e.node.edges.Load() {
		edge.pass(ctx, b, control)
	}
	e.node.sent.Add(uint64(len(b.Events)))
	return ctx.Err()
}

func (e *env) Hook(name string) unit.Hook {
	if f := e.node.graph.opt.Filters; f != nil {
		return f.Hook(name)
	}
	return nil
}

func (e *env) Shared(key string, open func() (any, error)) (any, error) {
	return e.node.graph.acquire(e.node, key, open)
}

func (e *env) Raw() bool {
	for _, edge := range *e.node.edges.Load() {
		if r, ok := edge.to.unit.(unit.RawNeeder); ok && r.NeedsRaw() {
			return true
		}
	}
	return false
}
