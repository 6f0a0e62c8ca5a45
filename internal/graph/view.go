package graph

import (
	"slices"
	"strings"
	"time"

	"example.com/rotonda/unit"
)

// View is a unit as others see it.
type View struct {
	Name    string     `json:"name"`
	Type    string     `json:"type"`
	Target  bool       `json:"target,omitempty"`
	State   State      `json:"state"`
	Error   string     `json:"error,omitempty"` // the last one
	ErrAt   *time.Time `json:"errorAt,omitempty"`
	Sent    uint64     `json:"sent"` // events sent on
	Refused uint64     `json:"refused,omitempty"`
	Queues  []Queue    `json:"queues,omitempty"`
	Unit    unit.Unit  `json:"-"`

	node *node
}

// Queue is what waits before a target from one of its sources.
type Queue struct {
	From      string      `json:"from"`
	Policy    unit.Policy `json:"policy"`
	Depth     int         `json:"depth"` // bound, in batches
	Batches   int         `json:"batches"`
	Bytes     int         `json:"bytes"`
	Dropped   uint64      `json:"dropped"`   // events
	Abandoned uint64      `json:"abandoned"` // batches given up for a replay
	Replays   uint64      `json:"replays"`
}

// Units returns all units, sorted by name.
func (g *Graph) Units() []View {
	g.mu.Lock()
	defer g.mu.Unlock()
	views := make([]View, 0, len(g.nodes))
	for _, n := range g.nodes {
		views = append(views, n.view())
	}
	slices.SortFunc(views, func(a, b View) int { return strings.Compare(a.Name, b.Name) })
	return views
}

// Find returns the unit of that name; its Unit is nil where there is none.
func (g *Graph) Find(name string) View {
	if n := g.node(name); n != nil {
		return n.view()
	}
	return View{}
}

// Ready reports whether every source has worked off what it found at start or
// waits for its network.
func (g *Graph) Ready() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range g.nodes {
		if c, ok := n.unit.(unit.CaughtUp); ok && !c.Ready() {
			return false
		}
	}
	return true
}

func (n *node) view() View {
	n.mu.Lock()
	defer n.mu.Unlock()
	v := View{
		Name: n.name, Type: n.def.Type, Target: n.isTarget(), State: n.state, Error: n.err,
		Sent: n.sent.Load(), Refused: n.broken.Load(), Unit: n.unit, node: n,
	}
	if !n.errAt.IsZero() {
		at := n.errAt
		v.ErrAt = &at
	}
	for _, e := range n.incoming {
		if q := e.queue; q != nil {
			batches, bytes := q.length()
			v.Queues = append(v.Queues, Queue{
				From: e.from.name, Policy: q.policy, Depth: q.depth, Batches: batches, Bytes: bytes,
				Dropped: q.dropped.Load(), Abandoned: q.abandoned.Load(), Replays: q.replays.Load(),
			})
		}
	}
	return v
}
