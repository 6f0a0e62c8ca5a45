package store

import (
	"context"
	"fmt"
	"iter"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store/internal/dict"
)

// Match says which prefixes a query is about, relative to its own.
type Match uint8

// The kinds of match.
const (
	All     Match = iota // every prefix; Query.Prefix is not looked at
	Exact                // the prefix itself
	Longest              // the longest prefix that covers it and has a route that fits the query
	More                 // those it covers, itself included
	Less                 // those that cover it, itself included, the shortest first
)

// Status is what became of a route.
type Status uint8

// The statuses.
const (
	Active    Status = 1 << iota // announced, and the session is up
	Stale                        // announced in an earlier session and not yet again
	Withdrawn                    // withdrawn, or the session ended
)

// String returns the name in lower case, as in JSON.
func (s Status) String() string {
	switch s {
	case Active:
		return "active"
	case Stale:
		return "stale"
	case Withdrawn:
		return "withdrawn"
	}
	return "none"
}

// StatusSet is a set of statuses, joined by |. The zero value stands for Active
// and Stale: the routes that count.
type StatusSet uint8

// AnyStatus is every route that is held.
const AnyStatus = StatusSet(Active | Stale | Withdrawn)

func (s StatusSet) has(st Status) bool {
	if s == 0 {
		s = StatusSet(Active | Stale)
	}
	return s&StatusSet(st) != 0
}

// Query asks for routes of one family of one table.
type Query struct {
	Table  Table
	Family inet.Family
	Match  Match
	// Prefix is what Match is relative to. Host bits are cleared.
	Prefix netip.Prefix
	// ExcludeSelf leaves Prefix itself out of More and Less.
	ExcludeSelf bool
	// Ingress chooses peers; nil takes all. It is called once per lane.
	Ingress func(uint32) bool
	// Attrs chooses attribute sets; nil takes all. Walks call it once per set.
	Attrs  func(bgp.Attrs) bool
	Status StatusSet
	// After resumes behind the entry it was made of; the zero value starts at
	// the beginning.
	After Cursor
	// Limit is the most entries yielded; 0 is no limit.
	Limit int
}

// Entry is a route as a query yields it. Attrs may be kept; it is not changed.
type Entry struct {
	Prefix    netip.Prefix
	PathID    uint32
	HasPathID bool // ADD-PATH
	Ingress   uint32
	Family    inet.Family
	Attrs     bgp.Attrs
	AttrID    uint32 // equal ids are equal sets, while the store holds the routes
	Time      int64  // Unix microseconds, whole seconds: when it became what it is
	Status    Status
}

// Cursor is a place in the order of entries: prefix, ingress, path id. It
// outlives the query, the snapshot and the entry. The zero value is the
// beginning.
type Cursor struct {
	Prefix    netip.Prefix
	Ingress   uint32
	PathID    uint32
	HasPathID bool
}

// Cursor returns the place of the entry, for Query.After.
func (e Entry) Cursor() Cursor { return Cursor{e.Prefix, e.Ingress, e.PathID, e.HasPathID} }

// Query yields live routes in the order of prefix, ingress and path id. It takes
// no lock; what changes meanwhile is seen in either state. For one instant use
// a [Snapshot]. An error is yielded last: that of ctx, or a query that cannot
// be.
func (s *Store) Query(ctx context.Context, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r, err := s.reader(q)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		if r.d == nil {
			return
		}
		r.yield, r.views = yield, r.room[:0]
		for _, l := range q.Table.t.lanesOf(q.Family) {
			if q.Ingress == nil || q.Ingress(l.key.Ingress) {
				r.views = append(r.views, view{lane: l})
			}
		}
		r.live = true
		r.run(ctx)
	}
}

// reader checks a query and prepares to run it. The reader's dictionary is nil
// where the answer is empty.
func (s *Store) reader(q Query) (*reader, error) {
	r := &reader{store: s, q: q}
	if q.Table.t == nil || q.Table.t.store != s {
		return nil, fmt.Errorf("store: query: the table is not one of this store")
	}
	d := s.dict(q.Family)
	if d == nil {
		return r, nil
	}
	if q.Match != All {
		if !q.Prefix.IsValid() || q.Prefix.Addr().Is4() == d.Wide() {
			return nil, fmt.Errorf("store: query: %s is no prefix of family %s", q.Prefix, q.Family)
		}
		r.key = dict.KeyOf(q.Prefix)
	}
	if q.After.Prefix.IsValid() {
		if q.After.Prefix.Addr().Is4() == d.Wide() {
			return nil, fmt.Errorf("store: query: the cursor at %s is not of family %s", q.After.Prefix, q.Family)
		}
		r.after, r.resumed = dict.KeyOf(q.After.Prefix), true
	}
	r.d = d
	return r, nil
}

// LaneStats are figures of a lane, exact at one moment.
type LaneStats struct {
	Active, Stale, Withdrawn int64 // entries
	Seq                      uint64
}

// Routes counts what is announced: active and stale.
func (s LaneStats) Routes() int64 { return s.Active + s.Stale }

// Stats returns the lane's figures, at a cost that does not depend on them.
func (l *Lane) Stats() LaneStats {
	st := LaneStats{Withdrawn: l.withdrawn.Load(), Seq: l.seq.Load()}
	h := l.head.Load()
	for gen := range uint64(4) {
		n := l.held[gen].Load()
		switch headReading(h, gen) {
		case readActive:
			st.Active += n
		case readStale:
			st.Stale += n
		default:
			st.Withdrawn += n
		}
	}
	return st
}
