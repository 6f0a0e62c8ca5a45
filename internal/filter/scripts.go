package filter

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"math/bits"
	"os"
	"sync"
	"sync/atomic"

	"example.com/rotonda/ingress"
	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

// Options are what scripts may use.
type Options struct {
	Ingress *ingress.Register
	RPKI    *rpki.Table
	Log     *slog.Logger
	// Print is where output.print writes; nil: standard error.
	Print io.Writer
	// Limits bound each call of a script. The zero value has defaults.
	Limits roto.Limits
}

// Scripts are the compiled scripts of the daemon, swapped whole by Load. Its
// methods may be called from any goroutine.
type Scripts struct {
	opt     Options
	metrics Metrics
	host    *host
	cur     atomic.Pointer[set]
	load    sync.Mutex // one Load at a time
	tallies [len(Hooks) + 1]tally
}

// tally counts what a hook said; the last one is that of query filters.
type tally struct{ accepted, rejected, faults atomic.Uint64 }

// The places of hooks in tallies: that of Hooks.
const (
	tallyBGP    = 1
	tallyBMP    = 2
	tallyRoute  = 3
	tallyVRP    = 4
	tallyStatus = 5
	tallyQuery  = 6
)

// set is one compiled script with its hooks and lists. It is immutable.
type set struct {
	sum      string // of the text
	pkg      *roto.Package
	bgp      *bgpHook
	bmp      *bmpHook
	vrp      *vrpHook
	status   *statusHook
	asns     *ASNLists
	prefixes *PrefixLists
	mu       sync.Mutex
	edges    map[string]*routeHook // by function; nil values: the script has none
}

// New returns no scripts: everything is accepted.
func New(o Options) *Scripts {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Print == nil {
		o.Print = os.Stderr
	}
	return &Scripts{opt: o, host: newHost(o.Log)}
}

// Load compiles the file or folder and swaps it in; on an error the old stays.
// An empty path removes all filters. A hook of the wrong type is an error that
// shows the right one.
func (s *Scripts) Load(path string) error {
	s.load.Lock()
	defer s.load.Unlock()
	if path == "" {
		s.cur.Store(nil)
		return nil
	}
	return s.compile(fingerprint(path), dialectAt(path), roto.Script(path)...)
}

// Keep remembers the scripts in use and the programs they may run; the function
// it returns brings them back.
func (s *Scripts) Keep() (restore func()) {
	cur, allowed := s.cur.Load(), s.host.allowed.Load()
	return func() {
		s.load.Lock()
		defer s.load.Unlock()
		s.cur.Store(cur)
		s.host.allowed.Store(allowed)
	}
}

// LoadText is Load for a script held in memory.
func (s *Scripts) LoadText(name, text string) error {
	s.load.Lock()
	defer s.load.Unlock()
	return s.compile(text, dialectOf(text), roto.Text(name, text))
}

func (s *Scripts) compile(sum string, d dialect, src ...roto.Source) error {
	next, err := newSet(s.opt.Log, s.host, d, src...)
	if err != nil {
		return err
	}
	w := s.worker(next)
	if fault := next.compileLists(w); fault != nil {
		return fmt.Errorf("compile_lists: %w", fault)
	}
	next.sum = sum
	s.cur.Store(next)
	return nil
}

// Check compiles a script and checks its hooks, keeping nothing. An empty path
// is no script and fine.
func Check(path string) error {
	if path == "" {
		return nil
	}
	_, err := newSet(slog.New(slog.DiscardHandler), nil, dialectAt(path), roto.Script(path)...)
	return err
}

// newSet compiles a script and takes its hooks out.
func newSet(log *slog.Logger, c *host, d dialect, src ...roto.Source) (*set, error) {
	rt, err := d.runtime(c)
	if err != nil {
		return nil, err
	}
	pkg, err := rt.Compile(src...)
	if err != nil {
		return nil, err
	}
	for _, d := range pkg.Warnings {
		log.Warn(d.Render(false))
	}
	out := &set{pkg: pkg, asns: &ASNLists{}, prefixes: &PrefixLists{}, edges: map[string]*routeHook{}}
	out.asns.log, out.prefixes.log = log, log
	var route *routeHook
	var lists *roto.Func0[roto.Unit]
	err = errors.Join(
		take(&out.bgp, pkg, "bgp_in", newJudge[*BGPMsg]),
		take(&out.bmp, pkg, "bmp_in", newJudge[*BMPMsg]),
		take(&route, pkg, "rib_in_pre", newJudge[*Route]),
		take(&out.vrp, pkg, "vrp_update", roto.Get1[func(*rpki.VRPUpdate) roto.Verdict]),
		take(&out.status, pkg, "rib_in_rov_status_update", roto.Get1[func(*rpki.StatusUpdate) roto.Unit]),
		take(&lists, pkg, "compile_lists", roto.Get0[func() roto.Unit]),
	)
	out.edges["rib_in_pre"] = route
	return out, err
}

// take fills a hook; one that the script does not have stays nil.
func take[F any](to *F, pkg *roto.Package, name string, get func(*roto.Package, string) (F, error)) error {
	if !pkg.Has(name) {
		return nil
	}
	f, err := get(pkg, name)
	if err != nil {
		return fmt.Errorf("%w\nthe hook is declared: %s", err, signature(name))
	}
	*to = f
	return nil
}

func signature(name string) string {
	for _, h := range Hooks {
		if h.Name == name {
			return h.Signature
		}
	}
	return ""
}

func (s *set) compileLists(w *worker) *roto.Fault {
	if !s.pkg.Has("compile_lists") {
		return nil
	}
	f, err := roto.Get0[func() roto.Unit](s.pkg, "compile_lists")
	if err != nil {
		return nil // newSet has refused it
	}
	_, fault := f.Call0(w.roto)
	return fault
}

// Require returns an error unless the script has the hook, or another filter of
// routes by that name; it shows both types where the script has another.
func (s *Scripts) Require(name string) error {
	cur := s.cur.Load()
	if cur == nil {
		return errors.New("no script is loaded")
	}
	for _, h := range Hooks {
		if h.Name == name && cur.pkg.Has(name) {
			return nil // newSet has checked its type
		}
	}
	_, err := newJudge[*Route](cur.pkg, name)
	return err
}

// edge returns the filter function of an edge, or nil.
func (s *set) edge(name string, log *slog.Logger) *routeHook {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, known := s.edges[name]
	if known {
		return f
	}
	f, err := newJudge[*Route](s.pkg, name)
	switch {
	case err == nil:
	case name == defaultEdge:
		log.Info("the script has no rib_in_pre: routes pass unfiltered")
	default: // upstream ignores filter_name, so that files name functions that are not there
		log.Error("filter_name: the script has no such filter of routes, rib_in_pre judges instead", "function", name, "error", err)
		f, _ = newJudge[*Route](s.pkg, defaultEdge)
	}
	s.edges[name] = f
	return f
}

// worker is what one caller needs to run functions of a set.
type worker struct {
	roto  *roto.Worker
	world world
	route Route
	bgp   BGPMsg
	bmp   BMPMsg
	from  Ingress
}

func (s *Scripts) worker(of *set) *worker {
	w := &worker{roto: of.pkg.Worker(s.opt.Limits)}
	w.world = world{
		Output: &Log{print: s.opt.Print, log: s.opt.Log}, RPKI: &RPKI{s.opt.RPKI},
		ASNLists: of.asns, PrefixLists: of.prefixes, Metrics: &s.metrics,
	}
	if err := roto.SetContext(w.roto, &w.world); err != nil {
		s.opt.Log.Error("script context", "error", err)
	}
	return w
}

// fault counts a fault and logs the first, second, fourth … of a hook.
func (s *Scripts) fault(t *tally, f *roto.Fault) {
	if n := t.faults.Add(1); bits.OnesCount64(n) == 1 {
		s.opt.Log.Error("a Roto script failed", "error", f, "faults", n)
	}
}

// Query returns the filter NAME(PathAttributes) of the script for a query, for
// one goroutine. A fault leaves the route out.
func (s *Scripts) Query(name string) (func(bgp.Attrs) bool, error) {
	cur := s.cur.Load()
	if cur == nil || !cur.pkg.Has(name) {
		return nil, fmt.Errorf("no roto function '%s' defined", name)
	}
	f, err := roto.Get1[func(bgp.Attrs) roto.Verdict](cur.pkg, name)
	if err != nil {
		return nil, err
	}
	if f.Uses(commandPath) {
		return nil, fmt.Errorf("roto function '%s' runs programs with command, which queries must not", name)
	}
	w := s.worker(cur)
	t := &s.tallies[tallyQuery]
	return func(a bgp.Attrs) bool {
		v, fault := f.Call1(w.roto, a)
		if fault != nil {
			s.fault(t, fault)
			return false
		}
		return v == roto.Accept
	}, nil
}

// Metrics yields what hooks said, and the series that scripts made. The names
// of the latter begin with roto_user_defined_ and take no further prefix.
func (s *Scripts) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		for i, h := range Hooks {
			t := &s.tallies[i]
			for _, m := range []unit.Metric{
				{Name: "roto_accepted_total", Help: "Calls of a hook that accepted.", Value: float64(t.accepted.Load())},
				{Name: "roto_rejected_total", Help: "Calls of a hook that rejected.", Value: float64(t.rejected.Load())},
				{Name: "roto_faults_total", Help: "Calls of a hook that failed; they reject.", Value: float64(t.faults.Load())},
			} {
				m.Labels = []string{"hook", h.Name}
				if !yield(m) {
					return
				}
			}
		}
	}
}

// UserMetrics yields the series that scripts made, sorted by name. Their names
// are complete: roto_user_defined_NAME.
func (s *Scripts) UserMetrics() iter.Seq[unit.Metric] { return s.metrics.All() }

// Count returns what a hook of [Hooks] said so far: calls that accepted and
// rejected, and calls that failed, which reject. Filters of routes by another
// name count as rib_in_pre.
func (s *Scripts) Count(hook string) (accepted, rejected, faults uint64) {
	for i, h := range Hooks {
		if h.Name == hook {
			t := &s.tallies[i]
			return t.accepted.Load(), t.rejected.Load(), t.faults.Load()
		}
	}
	return 0, 0, 0
}
