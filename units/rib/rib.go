// Package rib is the unit rib: it keeps routes in a store, marks what each of
// them changed, and forwards the changes. Sessions begin and end here as they
// do for its sources: leftovers of an earlier session are stale until they are
// refreshed, and go at End-of-RIB.
//
// Storage is package store, filters run on the edges (internal/graph), queries
// over HTTP are internal/api's. Start reading at [RIB.Handle].
package rib

import (
	"context"
	_ "embed"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

//go:embed config.go
var source []byte

// Unit is the RIB, as listed in units/all.
var Unit = unit.Define("rib", New, source)

// RIB keeps routes. Use [New]. Handle, Replay and Query may be called by many
// goroutines at once.
type RIB struct {
	env   unit.Env
	stage *unit.Stage
	home  *home
	store *store.Store
	table store.Table
	cfg   atomic.Pointer[Config]

	mu    sync.Mutex // guards peers; held while a session begins or ends
	peers map[ingress.ID]*peer

	counts counts
}

// home is a store with what its users share.
type home struct {
	store *store.Store
	chore sync.Mutex // one of the users maintains it at a time
}

// peer is what the RIB knows of an ingress. Lock order: RIB.mu, then peer.mu.
type peer struct {
	id ingress.ID

	mu      sync.Mutex      // held while one of its events is stored
	session ingress.Session // that is up, 0 when down; under both locks when written

	// Under RIB.mu.
	last   ingress.Session
	since  time.Time
	limit  time.Duration // how long stale routes stay after since; 0: stale_time
	opened *unit.PeerUp  // a copy of the event, for replays
	lanes  map[inet.Family]*store.Lane
}

// New makes a RIB, empty.
func New(c Config, env unit.Env) (*RIB, error) {
	key := "store:" + c.Directory
	shared, err := env.Shared(key, func() (any, error) {
		return &home{store: store.New(store.Options{MemoryLimit: c.MemoryLimit, KeepWithdrawn: c.KeepWithdrawn})}, nil
	})
	if err != nil {
		return nil, err
	}
	h, ok := shared.(*home)
	if !ok {
		return nil, fmt.Errorf("the shared store is a %T", shared)
	}
	r := &RIB{env: env, stage: &unit.Stage{Name: env.Name()}, home: h, store: h.store, peers: map[ingress.ID]*peer{}}
	r.table = r.store.Table(env.Name())
	r.cfg.Store(&c)
	return r, nil
}

// maintainEvery is the pause between two looks at what can be forgotten.
const maintainEvery = 5 * time.Second

// Run maintains the store until ctx ends.
func (r *RIB) Run(ctx context.Context) error {
	tick := time.NewTicker(maintainEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			r.leave()
			return nil
		case <-tick.C:
			r.sweepOverdue(ctx)
			r.maintain(ctx)
		}
	}
}

func (r *RIB) maintain(ctx context.Context) {
	if !r.home.chore.TryLock() {
		return // another RIB on this store is at it
	}
	defer r.home.chore.Unlock()
	if err := r.store.Maintain(ctx, r.env.Now().UnixMicro()); err != nil && ctx.Err() == nil {
		r.env.Log().Error("store maintenance", "error", err)
	}
}

// leave empties the table when the RIB ends, since others may go on using the
// store.
func (r *RIB) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for lane := range r.table.Lanes() {
		lane.Down(r.env.Now().UnixMicro(), false)
	}
}

// Reload takes new limits.
func (r *RIB) Reload(c Config) error {
	old := r.cfg.Load()
	if c.Directory != old.Directory || c.KeepWithdrawn != old.KeepWithdrawn || c.Storage != old.Storage {
		return fmt.Errorf("directory, storage and keep_withdrawn take a restart of the daemon")
	}
	r.store.SetMemoryLimit(c.MemoryLimit)
	r.cfg.Store(&c)
	return nil
}

// SetMemoryFull makes the RIB refuse new routes, or take them again: the
// process is near its memory_limit, which is told in bytes.
func (r *RIB) SetMemoryFull(full bool, limit int64) { r.store.SetFull(full, limit) }

// Query yields live routes of this RIB; see [store.Store.Query].
func (r *RIB) Query(ctx context.Context, q store.Query) iter.Seq2[store.Entry, error] {
	q.Table = r.table
	return r.store.Query(ctx, q)
}

// Table returns the RIB's lanes in the store.
func (r *RIB) Table() store.Table { return r.table }

// StoreStats returns the memory of the store, which other RIBs may share.
func (r *RIB) StoreStats() store.Stats { return r.store.Stats() }

// Stats returns the figures of a family.
func (r *RIB) Stats(f inet.Family) store.TableStats { return r.table.Stats(f) }

// Families returns the families that have a lane.
func (r *RIB) Families() []inet.Family {
	var list []inet.Family
	for lane := range r.table.Lanes() {
		if f := lane.Key().Family; len(list) == 0 || list[len(list)-1] != f {
			list = append(list, f)
		}
	}
	return list
}

// PeerStats returns the routes of a peer by family.
func (r *RIB) PeerStats(id ingress.ID) map[inet.Family]store.LaneStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.peers[id]
	if p == nil {
		return nil
	}
	stats := make(map[inet.Family]store.LaneStats, len(p.lanes))
	for f, lane := range p.lanes {
		stats[f] = lane.Stats()
	}
	return stats
}
