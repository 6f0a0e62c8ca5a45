// Package unit is the contract between the parts of a pipeline: what a unit
// is, what flows between units, and what the graph gives to each of them.
//
// A unit is a value with a Run method. What else it can do is found by
// assertion, never declared: a [Receiver] takes batches, a [Replayer] keeps
// state that a new consumer gets first, a [Flusher] makes what it accepted
// durable, a [Stater] shows its state, a [Measurer] its metrics. A source is a
// unit that asks its [Env] for an [Outlet]; a stage is a receiver that forwards.
//
// The package starts nothing, opens nothing and knows no unit by name: units
// live in units/*, the graph that runs them in internal/graph. Start reading
// at [Unit], then [Batch] and [Routes].
package unit

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"example.com/rotonda/ingress"
)

// Unit is a running part of the pipeline. A constructor makes it inert: it
// opens and starts nothing. Run owns everything that it starts, and returns
// with none of it left, when ctx ends or when the unit cannot go on.
type Unit interface {
	Run(ctx context.Context) error
}

// Receiver takes batches: a stage or a target. Handle may be called by many
// goroutines at once. The batch and all bytes it points to belong to the
// caller and are valid until Handle returns; a receiver never modifies them,
// and keeps them longer only through [Batch.Clone]. An error means that the
// receiver is broken: it is counted and the unit is shown unhealthy.
type Receiver interface {
	Handle(ctx context.Context, b *Batch) error
}

// Replayer is a receiver that holds state. Replay sends all of it to a new
// consumer: a PeerUp for every peer that is up, the routes, and an EndOfRIB for
// every peer and family. Routes and EndOfRIB carry the sequence number of the
// state they belong to ([Routes].Seq), so that the edge can join the live
// events, which go on meanwhile, without a gap or a double.
type Replayer interface {
	Replay(ctx context.Context, to Receiver) error
}

// Flusher is a target or stage whose accepted events can be made durable.
// Flush returns when all that was accepted before the call is durable.
type Flusher interface {
	Flush(ctx context.Context) error
}

// Stater shows the state of a unit as a struct with json tags. The value is a
// copy: the caller may keep it.
type Stater interface {
	State() any
}

// Measurer yields a unit's metrics when they are asked for. Names come without
// the prefix rotonda_; the label component is added by the caller.
type Measurer interface {
	Metrics() iter.Seq[Metric]
}

// RawNeeder is a receiver that wants the original message bytes beside the
// routes ([Routes].Raw).
type RawNeeder interface {
	NeedsRaw() bool
}

// Listener is a source that can say where it listens, once it does.
type Listener interface {
	Addr() string
}

// CaughtUp is a source that has a backlog at start, such as a list of files.
// Ready reports whether it was worked off or the source waits for its network.
type CaughtUp interface {
	Ready() bool
}

// Refresher is a source whose peers can be asked to send all their routes again,
// as after a change of the filters. It returns how many were asked, and how many
// cannot be.
type Refresher interface {
	Refresh() (asked, unable int)
}

// MetricKind tells a counter from a gauge.
type MetricKind uint8

// The kinds of metrics.
const (
	Counter MetricKind = iota
	Gauge
)

// Metric is one sample of one series.
type Metric struct {
	Name   string // without "rotonda_": "bgp_tcp_in_connection_accepted_count_total"
	Help   string
	Kind   MetricKind
	Value  float64
	Labels []string // pairs: name, value, name, value
}

// Outlet is the way of one goroutine into the graph. It is not for concurrent
// use: a source takes one for each session, connection or file.
type Outlet interface {
	// Send hands the batch to every consumer and returns when all have handled
	// or queued it. The batch is the caller's again after that. It blocks only
	// where a consumer's policy is to pause the source. The error is that of
	// the outlet's context; broken receivers are the graph's affair.
	Send(b *Batch) error
	// Close sends PeerDown for every peer still up that came through this
	// outlet, so that a source that stopped or crashed leaves no live routes.
	Close()
}

// Hook judges a message where it lives, inside a unit, with a function of the
// user's script. It is for one goroutine at a time.
type Hook interface {
	// Judge runs the hook on msg, a *bgp.Update, a *bmp.Message, a
	// *rpki.VRPUpdate or a *rpki.StatusUpdate, and reports whether it was
	// accepted. What the script emitted is added to b. A script
	// fault rejects and is counted.
	Judge(b *Batch, peer Peer, msg any, now int64) bool
}

// Idler is a hook that can say that it has nothing to do at the moment, because
// there is no script or it has no such function.
type Idler interface {
	Idle() bool
}

// Filter runs on an edge, in the goroutine that sends; many may use it at once.
type Filter interface {
	// Filter returns the batch to pass on: b itself where nothing changed, or
	// one that lives with b.
	Filter(b *Batch) *Batch
}

// Env is what the graph gives to a unit. Its methods may be called from any
// goroutine.
type Env interface {
	// Name is the unit's name in the configuration.
	Name() string
	// Log writes with the unit's name attached.
	Log() *slog.Logger
	// Ingress is the register of who routes come from.
	Ingress() *ingress.Register
	// Outlet opens a way into the graph that ends with ctx.
	Outlet(ctx context.Context) Outlet
	// Forward sends on what a stage made of a batch. It may be called by many
	// goroutines at once, each with a batch of its own: scratch lives with b.
	Forward(ctx context.Context, b *Batch) error
	// Hook returns the named hook for one goroutine, or nil where the script
	// has none now and cannot get one without a restart of the unit. A hook
	// follows a reload of the scripts by itself.
	Hook(name string) Hook
	// Shared returns the value that was opened under key by any unit, or opens
	// it. Close of an io.Closer is called when the last user stopped.
	Shared(key string, open func() (any, error)) (any, error)
	// Now is the clock.
	Now() time.Time
	// Raw reports whether any consumer wants the original message bytes.
	Raw() bool
}

// SharedVRPs is the key under which all units share one *rpki.Table.
const SharedVRPs = "rpki.vrps"
