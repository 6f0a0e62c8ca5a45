// Package store keeps routes: which peer announced which prefix with which
// attributes, since when, and whether that still holds. It is the RIB without
// sessions, policy, clocks, goroutines or I/O.
//
// A [Store] holds each attribute set and each prefix once. A [Table] is a named
// set of lanes; a [Lane] is what one ingress says about one family, a column of
// 64-bit entries indexed by prefix. Several tables can share one store, so that
// a route that two RIBs hold costs 8 bytes more.
//
//	prefix ──hash──▶ id ──┬─▶ lane of peer A: page[id/128].word[id%128]
//	   └────trie─────┘    └─▶ lane of peer B: …      word = attribute id 28
//	                                                    | seconds 32
//	attributes ──hash──▶ attribute id                   | generation 2 | status 2
//
// One goroutine at a time writes a lane; writers of different lanes share
// nothing but the dictionaries, which they lock only for what is new. Readers
// take no lock and never block a writer.
//
// The families are IPv4 and IPv6 unicast and multicast, with or without ADD-PATH
// (RFC 7911). Others are refused and counted: their NLRI need a canonical key of
// their own each.
//
// Start reading at [Lane.Apply], then [Store.Query] and [Store.Snapshot]; how a
// session's end and return act on routes stands in generation.go.
package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store/internal/attr"
	"example.com/rotonda/store/internal/dict"
	"example.com/rotonda/store/internal/slab"
)

// Options configures a store. The zero value has no memory limit and forgets
// withdrawn routes at the next [Store.Maintain].
type Options struct {
	// MemoryLimit bounds what the store holds, in bytes; 0 is no limit. At the
	// limit new routes are refused; withdrawals always work.
	MemoryLimit int64
	// KeepWithdrawn is how long withdrawn routes stay to be asked for, with
	// their last attributes.
	KeepWithdrawn time.Duration
}

// ErrMemoryLimit is wrapped by Report.Err where routes were refused because the
// limit of memory is reached; the text names the limit.
var ErrMemoryLimit = errors.New("memory limit reached")

// ErrFamily is wrapped where routes of a family are not kept.
var ErrFamily = errors.New("routes of this family are not kept")

// Store is a set of tables that share prefixes and attribute sets. [New] makes
// one. It is for use by any number of goroutines and is not copied.
type Store struct {
	options Options
	attrs   *attr.Table
	dicts   [len(families)]*dict.Dict
	pins    slab.Pins
	tables  atomic.Pointer[[]*table]
	room    func(int64) bool
	pages   atomic.Int64 // bytes of pages and their directories
	limit   atomic.Int64
	full    atomic.Int64 // limit of somebody else that is reached, 0 for none

	epoch  atomic.Uint64 // of the newest snapshot, open or not
	opened atomic.Uint64 // epoch of the newest open snapshot, 0 for none

	mu        sync.Mutex // makes tables and lanes
	snapMu    sync.Mutex // opens and closes snapshots
	snapshots map[*Snapshot]struct{}

	maintenance maintenance
}

// families are those that the store keeps, in the order of Store.dicts.
var families = [...]inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4Multicast, inet.IPv6Multicast}

// New returns an empty store.
func New(o Options) *Store {
	s := &Store{options: o, attrs: attr.New(), snapshots: make(map[*Snapshot]struct{})}
	for i, f := range families {
		s.dicts[i] = dict.New(f.AFI() == inet.AFIIPv6)
	}
	s.tables.Store(new([]*table))
	s.limit.Store(o.MemoryLimit)
	s.room = func(n int64) bool {
		limit := s.limit.Load()
		return s.full.Load() == 0 && (limit <= 0 || s.memory()+n <= limit)
	}
	return s
}

// SetMemoryLimit changes the limit, in bytes; 0 is none. What is held stays.
func (s *Store) SetMemoryLimit(bytes int64) { s.limit.Store(bytes) }

// SetFull makes the store refuse new routes because a limit of the whole process
// is reached, in bytes, or take them again.
func (s *Store) SetFull(full bool, limit int64) {
	if full {
		s.full.Store(max(limit, 1))
		return
	}
	s.full.Store(0)
}

func (s *Store) memory() int64 {
	n := s.attrs.Memory() + s.pages.Load()
	for _, d := range s.dicts {
		n += d.Memory()
	}
	return n
}

func (s *Store) limitError() error {
	if limit := s.full.Load(); limit != 0 {
		return fmt.Errorf("store: %w: the process is near its limit of %d bytes", ErrMemoryLimit, limit)
	}
	return fmt.Errorf("store: %w: %d of %d bytes", ErrMemoryLimit, s.memory(), s.limit.Load())
}

// dict returns the dictionary of a family, nil where it is not kept.
func (s *Store) dict(f inet.Family) *dict.Dict {
	for i := range families {
		if families[i] == f {
			return s.dicts[i]
		}
	}
	return nil
}

// Kept reports whether routes of a family are kept.
func Kept(f inet.Family) bool { return slices.Contains(families[:], f) }

// Table names a set of lanes: a RIB. It is a small value, compared by what it
// names. The zero value is no table.
type Table struct{ t *table }

type table struct {
	store *Store
	name  string
	lanes [len(families) + 1]atomic.Pointer[[]*Lane] // by family, sorted by ingress; last: families not kept
}

// Table returns the table of a name, which is made at its first use.
func (s *Store) Table(name string) Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	tables := *s.tables.Load()
	for _, t := range tables {
		if t.name == name {
			return Table{t}
		}
	}
	t := &table{store: s, name: name}
	for i := range t.lanes {
		t.lanes[i].Store(new([]*Lane))
	}
	grown := append(slices.Clone(tables), t)
	s.tables.Store(&grown)
	return Table{t}
}

// Name is what the table was made with; empty for the zero Table.
func (t Table) Name() string {
	if t.t == nil {
		return ""
	}
	return t.t.name
}

// LaneKey names a lane. The ingress id stands for peer, view and VRF.
type LaneKey struct {
	Table   Table
	Ingress uint32
	Family  inet.Family
}

func familyIndex(f inet.Family) int {
	for i := range families {
		if families[i] == f {
			return i
		}
	}
	return len(families)
}

// Lane returns the lane of a key, which is made at its first use. The pointer is
// stable, so that callers keep it. The table has to be one of this store.
func (s *Store) Lane(k LaneKey) *Lane {
	t := k.Table.t
	at := &t.lanes[familyIndex(k.Family)]
	if l := findLane(*at.Load(), k); l != nil {
		return l
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	lanes := *at.Load()
	if l := findLane(lanes, k); l != nil {
		return l
	}
	l := newLane(s, k)
	i, _ := slices.BinarySearchFunc(lanes, k, compareLane)
	grown := slices.Insert(slices.Clone(lanes), i, l)
	at.Store(&grown)
	return l
}

func compareLane(l *Lane, k LaneKey) int {
	switch {
	case l.key.Ingress != k.Ingress:
		return order(l.key.Ingress < k.Ingress)
	case l.key.Family != k.Family:
		return order(l.key.Family < k.Family)
	}
	return 0
}

func order(less bool) int {
	if less {
		return -1
	}
	return 1
}

func findLane(lanes []*Lane, k LaneKey) *Lane {
	if i, ok := slices.BinarySearchFunc(lanes, k, compareLane); ok {
		return lanes[i]
	}
	return nil
}

// lanesOf returns the lanes of a table and family, sorted by ingress.
func (t *table) lanesOf(f inet.Family) []*Lane {
	if i := familyIndex(f); i < len(families) {
		return *t.lanes[i].Load()
	}
	return nil
}

// allLanes calls f for every lane of the store.
func (s *Store) allLanes(f func(*Lane)) {
	for _, t := range *s.tables.Load() {
		for i := range t.lanes {
			for _, l := range *t.lanes[i].Load() {
				f(l)
			}
		}
	}
}

// quiesce returns when every Apply that was running has ended.
func (s *Store) quiesce() {
	s.allLanes(func(l *Lane) {
		l.mu.Lock()
		defer l.mu.Unlock() // nothing to do: waiting is the point
	})
}
