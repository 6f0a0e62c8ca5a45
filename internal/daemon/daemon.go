// Package daemon wires the parts of Rotonda together and keeps them so: it
// reads the configuration, compiles the scripts, starts the graph of units and
// the HTTP server, obeys signals, and ends with an exit code.
//
// What units do is theirs, how they are connected is internal/graph's, what
// HTTP answers is internal/api's. Start reading at [Start], then at reload.go.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/filter"
	"example.com/rotonda/internal/graph"
	"example.com/rotonda/internal/obs"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

var version = "devel" // set by the linker

// Version is the version of this build.
func Version() string { return version }

// Daemon is a running Rotonda. Use [Start].
type Daemon struct {
	options Options
	catalog []unit.Def
	logs    *obs.Log
	log     *slog.Logger
	started time.Time

	register *ingress.Register
	vrps     *rpki.Table
	filters  *filter.Scripts
	graph    *graph.Graph
	http     *listeners
	pressure *pressure

	mu     sync.Mutex // held by a reload, a start and a stop
	confMu sync.Mutex // guards config
	config *Config
	play   *play
	saver  sync.WaitGroup
	cancel context.CancelFunc
}

// Start reads the configuration and starts everything. On an error nothing is
// left running.
func Start(options Options, catalog []unit.Def, logs *obs.Log) (*Daemon, error) {
	log := slog.New(logs.Handler())
	config, notices, err := ReadConfig(options.Config, catalog)
	if err != nil {
		return nil, err
	}
	lc, err := config.logging(options)
	if err != nil {
		return nil, err
	}
	if err := logs.Apply(lc); err != nil {
		return nil, err
	}
	notify(log, notices)

	d := &Daemon{
		options: options, catalog: catalog, logs: logs, log: log, started: time.Now(),
		register: ingress.New(ingress.Options{}), vrps: new(rpki.Table),
	}
	d.loadRegister(config)
	d.filters = filter.New(filter.Options{Ingress: d.register, RPKI: d.vrps, Log: log})
	d.filters.AllowCommands(config.RotoCommands)
	if err := d.filters.Load(config.RotoScript); err != nil {
		return nil, fmt.Errorf("roto_script: %w", err)
	}
	d.graph = graph.New(graph.Options{Log: log, Ingress: d.register, Filters: d.filters,
		Shared: map[string]any{unit.SharedVRPs: d.vrps},
	})
	d.pressure = newPressure(d.graph, log)
	d.http = newListeners(d)

	ctx, cancel := context.WithCancel(context.Background())
	d.cancel = cancel
	d.saver.Go(func() { d.keepRegister(ctx) })
	d.saver.Go(func() { d.pressure.watch(ctx) })
	if err := d.apply(config); err != nil {
		d.Stop()
		return nil, err
	}
	log.Info("All components are running.", "version", version)
	return d, nil
}

// apply makes a configuration the running one.
func (d *Daemon) apply(config *Config) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	changes, err := d.graph.Apply(config.Plan)
	if err != nil && changes == nil {
		return err
	}
	if err != nil {
		d.log.Error("not all changes took effect", "error", err)
	}
	for _, c := range changes {
		if c.Action != "keep" {
			d.log.Debug("unit", "name", c.Unit, "action", c.Action, "keys", c.Keys)
		}
	}
	d.limitMemory(config.MemoryLimit)
	d.http.listen(config.listenAddrs(d.options))
	d.play = d.play.change(d, config.Simulate)
	d.confMu.Lock()
	d.config = config
	d.confMu.Unlock()
	return nil
}

func (d *Daemon) limitMemory(limit int64) {
	d.pressure.limit.Store(limit)
	if limit > 0 {
		debug.SetMemoryLimit(heapShare(limit))
	} else {
		debug.SetMemoryLimit(math.MaxInt64)
	}
}

func notify(log *slog.Logger, notices []conf.Notice) {
	for _, n := range notices {
		log.Warn(n.String())
	}
}

// registerFile is the name of the register in the state directory.
const registerFile = "ingress.json"

func (d *Daemon) loadRegister(c *Config) {
	if c.StateDirectory == "" {
		return
	}
	if err := d.register.Load(filepath.Join(c.StateDirectory, registerFile)); err != nil {
		d.log.Error("ingress ids start anew", "error", err)
	}
}

// Stop ends everything: units in the direction of the flow, which closes
// sessions with a Cease and flushes files, then HTTP.
func (d *Daemon) Stop() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.play.stop()
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	d.graph.Stop()
	d.http.close(ctx)
	d.cancel()
	d.saver.Wait()
}

// Ready reports whether all sources have caught up or wait for their network.
func (d *Daemon) Ready() bool { return d.graph.Ready() }

// Graph returns the running units.
func (d *Daemon) Graph() *graph.Graph { return d.graph }

var errNoConfig = errors.New("the embedded default has no file that could have changed; start with -c FILE")
