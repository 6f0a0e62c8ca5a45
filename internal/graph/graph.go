// Package graph turns a configuration into running units and keeps them so:
// it makes units and the edges between them, starts receivers before sources,
// applies a changed configuration as a difference, restarts sources that
// failed, and stops everything in the direction of the flow.
//
// [Graph.Apply] is the only way in which units start, change or stop: boot
// applies a plan to an empty graph, a reload applies the next plan to the
// current one. The package knows what a unit can do only through package unit,
// and no unit by name. Start reading at [Graph.Apply], then at edge.go (what
// happens to a batch between two units) and queue.go (what stands before a
// target).
package graph

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// Filters gives the compiled scripts of the user to edges and units. Both
// follow a reload of the scripts by themselves.
type Filters interface {
	// Edge returns the filter that a receiver's incoming edges run, by the name
	// of the function; empty: rib_in_pre. It may be used by many goroutines.
	Edge(function string) unit.Filter
	// Hook returns the hook of that name for one goroutine.
	Hook(name string) unit.Hook
}

// Options are what the graph is given for all its life.
type Options struct {
	Log      *slog.Logger
	Ingress  *ingress.Register
	Filters  Filters
	Now      func() time.Time
	Shared   map[string]any // values that units share from the start, by key
	StopTime time.Duration  // how long each step of stopping may take; 0: 1.5 s
}

// Graph is the set of running units. Use [New]. Its methods may be called from
// any goroutine.
type Graph struct {
	opt Options

	apply sync.Mutex // held by Apply and Stop: one change at a time
	mu    sync.Mutex // guards nodes and shared
	nodes map[string]*node
	share map[string]*shared
}

type shared struct {
	value any
	users map[*node]bool
}

// New returns an empty graph.
func New(opt Options) *Graph {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.StopTime == 0 {
		opt.StopTime = 1500 * time.Millisecond
	}
	return &Graph{opt: opt, nodes: map[string]*node{}, share: map[string]*shared{}}
}

// Change says what Apply did or, asked for a dry run, would do to one unit.
type Change struct {
	Unit   string
	Action string   // start, stop, restart, reload, edges, keep
	Keys   []string // the settings that differ
}

// Apply makes the plan the running state. Units whose settings did not change
// are not touched; edges are connected before the new units run; sources start
// last. Where a unit cannot be made from its settings nothing is changed and
// the error says why. Edges that are new get a replay.
func (g *Graph) Apply(p *Plan) ([]Change, error) {
	g.apply.Lock()
	defer g.apply.Unlock()

	changes := g.diff(p)
	fresh, err := g.make(p, changes)
	if err != nil {
		return nil, err
	}
	gone := g.leaving(changes)
	g.stop(gone)
	var failed []error
	g.mu.Lock()
	for _, n := range gone {
		delete(g.nodes, n.name)
	}
	for _, n := range fresh {
		g.nodes[n.name] = n
	}
	nodes := g.ordered()
	g.mu.Unlock()

	for _, c := range changes {
		spec := p.Find(c.Unit)
		if c.Action == "reload" {
			n := g.Find(c.Unit).node
			if _, err := n.def.Reload(n.unit, spec.Config); err != nil {
				failed = append(failed, fmt.Errorf("unit %s: reload: %w; it goes on with its old settings", c.Unit, err))
				continue
			}
		}
		if n := g.node(c.Unit); n != nil && spec != nil {
			n.spec.Store(spec)
		}
	}
	g.connect(nodes)
	for _, n := range nodes {
		n.start()
	}
	return changes, errors.Join(failed...)
}

// DryRun says what Apply would change.
func (g *Graph) DryRun(p *Plan) []Change {
	g.apply.Lock()
	defer g.apply.Unlock()
	return g.diff(p)
}

// graphKeys are settings that the graph itself acts on, without the unit.
var graphKeys = map[string]bool{"sources": true, "source": true, "filter_name": true, "queue_full": true}

func (g *Graph) diff(p *Plan) []Change {
	g.mu.Lock()
	defer g.mu.Unlock()
	var changes []Change
	for _, spec := range p.Units {
		old := g.nodes[spec.Name]
		switch {
		case old == nil:
			changes = append(changes, Change{Unit: spec.Name, Action: "start"})
		case old.def.Type != spec.Def.Type:
			changes = append(changes, Change{Unit: spec.Name, Action: "restart", Keys: []string{"type"}})
		default:
			changes = append(changes, g.compare(old, spec))
		}
	}
	for name := range g.nodes {
		if p.Find(name) == nil {
			changes = append(changes, Change{Unit: name, Action: "stop"})
		}
	}
	return changes
}

func (g *Graph) compare(old *node, spec *Spec) Change {
	keys, _ := conf.Diff(old.spec.Load().Config, spec.Config)
	own := 0
	for _, k := range keys {
		if !graphKeys[k] {
			own++
		}
	}
	c := Change{Unit: spec.Name, Keys: keys}
	switch {
	case len(keys) == 0:
		c.Action = "keep"
	case own == 0:
		c.Action = "edges"
	case old.def.Reloads(old.unit):
		c.Action = "reload"
	default:
		c.Action = "restart"
	}
	return c
}

// make builds all units that are new, inert, so that an error leaves the
// running ones alone.
func (g *Graph) make(p *Plan, changes []Change) ([]*node, error) {
	var fresh []*node
	var failed []error
	for _, c := range changes {
		if c.Action != "start" && c.Action != "restart" {
			continue
		}
		n, err := g.newNode(p.Find(c.Unit))
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fresh = append(fresh, n)
	}
	if len(failed) > 0 {
		for _, n := range fresh {
			g.release(n)
		}
		return nil, errors.Join(failed...)
	}
	return fresh, nil
}

func (g *Graph) leaving(changes []Change) []*node {
	var gone []*node
	for _, c := range changes {
		if c.Action == "stop" || c.Action == "restart" {
			gone = append(gone, g.node(c.Unit))
		}
	}
	return gone
}

func (g *Graph) node(name string) *node {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.nodes[name]
}

// acquire returns a shared value, opening it for its first user.
func (g *Graph) acquire(n *node, key string, open func() (any, error)) (any, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if v, ok := g.opt.Shared[key]; ok {
		return v, nil
	}
	if s := g.share[key]; s != nil {
		s.users[n] = true
		return s.value, nil
	}
	v, err := open()
	if err != nil {
		return nil, err
	}
	g.share[key] = &shared{value: v, users: map[*node]bool{n: true}}
	return v, nil
}

// release gives up what a node shared, and closes what has no user left.
func (g *Graph) release(n *node) {
	g.mu.Lock()
	var closing []any
	for key, s := range g.share {
		delete(s.users, n)
		if len(s.users) == 0 {
			delete(g.share, key)
			closing = append(closing, s.value)
		}
	}
	g.mu.Unlock()
	for _, v := range closing {
		if c, ok := v.(io.Closer); ok {
			if err := c.Close(); err != nil {
				g.opt.Log.Error("closing what units shared", "unit", n.name, "error", err)
			}
		}
	}
}

// Stop stops all units in the direction of the flow: sources, stages, targets.
// It returns when all have ended or their time is over.
func (g *Graph) Stop() {
	g.apply.Lock()
	defer g.apply.Unlock()
	g.mu.Lock()
	nodes := g.ordered()
	g.nodes = map[string]*node{}
	g.mu.Unlock()
	g.stop(nodes)
}
