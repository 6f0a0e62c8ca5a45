// Package api answers HTTP: routes, RIBs, routers and peers, the state of the
// units, metrics, health, and a description of itself. Paths and answers are
// those of upstream where it has them (compat.go), and our own beside them.
//
// It owns no state and starts no goroutines: it reads the graph, the ingress
// register and the RIBs at each request. RIBs are units that have the methods
// of [RIB], found by assertion. Answers with routes are streamed in parts; each
// part is a query of its own that resumes behind the last route, so that a slow
// client holds nothing and the memory used does not depend on the table.
//
// One table (endpoints.go) holds all endpoints with their parameters; it checks
// requests and makes /openapi.json. Start reading there, then at [ParseQuery]
// and [API.Routes]. Errors are problem details (RFC 9457).
package api

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/rpki"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// Graph is the running units; *graph.Graph is one.
type Graph interface {
	Units() []graph.View
	Ready() bool
}

// RIB is a unit whose routes can be asked for. The table of the query is set by
// the unit.
type RIB interface {
	Query(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error]
}

// Tabler is a RIB that can be counted.
type Tabler interface {
	Table() store.Table
}

// Sizer is a RIB that knows the memory of the store it is in. RIBs may share
// one.
type Sizer interface {
	StoreStats() store.Stats
}

// Options are what the API reads. Graph, Ingress and Log are required.
type Options struct {
	Graph   Graph
	Ingress *ingress.Register
	// RPKI validates the origin of routes when they are asked for; nil or empty
	// leaves them not checked.
	RPKI    *rpki.Table
	Version string
	Started time.Time
	Log     *slog.Logger
	// Ready is a further condition beside that of the graph; nil is none.
	Ready func() bool
	// Reload reads the configuration again; nil offers no such endpoint.
	Reload func() error
	// DaemonMetrics yields those of the daemon beside its units, such as of
	// hooks; names get the prefix rotonda_. Nil: there are none.
	DaemonMetrics func() iter.Seq[unit.Metric]
	// UserMetrics yields those of scripts; names are exported as they are.
	UserMetrics func() iter.Seq[unit.Metric]
	// Function returns a script function on attributes for one goroutine, or an
	// error that says which there are. Nil: there are none.
	Function func(name string) (func(bgp.Attrs) bool, error)
	// Metrics makes the handler of /metrics, package prom has it; nil is none.
	Metrics func(*API) http.Handler
	// UI makes the page at /; nil is no page.
	UI func(*API) http.Handler
	// Now is the clock; nil is that of the system.
	Now func() time.Time
}

// API is the handler of all requests. Its methods give the same answers as
// values. It is for use by any number of goroutines.
type API struct {
	opt     Options
	list    []endpoint
	stall   time.Duration // how long a client may not read
	handler http.Handler
}

// New returns the handler. It starts nothing.
func New(opt Options) *API {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	a := &API{opt: opt, stall: stallTime}
	a.handler = a.mux()
	return a
}

// ServeHTTP answers a request. The deadline for writing is set anew for each,
// since that of the request before still holds for its connection.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.deadline(http.NewResponseController(w))
	a.handler.ServeHTTP(w, r)
}

// deadline gives the client the time to read the next part of an answer.
func (a *API) deadline(rc *http.ResponseController) {
	_ = rc.SetWriteDeadline(time.Now().Add(a.stall)) // test recorders have none
}

// Ready reports whether all sources have caught up or wait for their network.
func (a *API) Ready() bool {
	return a.opt.Graph.Ready() && (a.opt.Ready == nil || a.opt.Ready())
}

// readHeaderTimeout bounds how long a client may take for the head of a request.
const readHeaderTimeout = 5 * time.Second

// Server returns an HTTP server for h with bounds on what clients may hold.
// Handlers bound the writing themselves.
func Server(h http.Handler) *http.Server {
	return &http.Server{Handler: h, ReadHeaderTimeout: readHeaderTimeout, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
}
