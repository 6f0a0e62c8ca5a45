package store

import (
	"context"
	"iter"

	"example.com/rotonda/store/internal/slab"
)

// Snapshot is the store at one instant: each Apply, Down or Sweep of any lane
// is in it as a whole or not at all. Making one costs about a microsecond for
// each 100,000 routes; while it is open, the first write to a page copies it,
// and ids are not reused. Close it.
type Snapshot struct {
	store    *Store
	epoch    uint64
	versions map[*Lane]*version
	pin      slab.Pin
}

// Snapshot returns the store as it is now. It waits for changes under way, no
// longer than each takes; nobody waits for it.
func (s *Store) Snapshot() *Snapshot {
	s.snapMu.Lock()
	defer s.snapMu.Unlock()
	sn := &Snapshot{store: s, epoch: s.epoch.Load() + 1, versions: make(map[*Lane]*version), pin: s.pins.Enter()}
	s.opened.Store(sn.epoch) // before the epoch: whoever sees that one keeps its pages
	s.epoch.Store(sn.epoch)
	s.allLanes(func(l *Lane) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.epoch < sn.epoch {
			l.capture(sn.epoch)
		}
		if l.captured != nil {
			sn.versions[l] = l.captured
		}
	})
	s.snapshots[sn] = struct{}{}
	return sn
}

// Close gives the snapshot up. Its entries stay valid.
func (sn *Snapshot) Close() {
	s := sn.store
	s.snapMu.Lock()
	defer s.snapMu.Unlock()
	if _, open := s.snapshots[sn]; !open {
		return
	}
	delete(s.snapshots, sn)
	newest := uint64(0)
	for other := range s.snapshots {
		newest = max(newest, other.epoch)
	}
	s.opened.Store(newest)
	s.pins.Leave(sn.pin)
}

// Query is [Store.Query] over the snapshot.
func (sn *Snapshot) Query(ctx context.Context, q Query) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		r, err := sn.store.reader(q)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		if r.d == nil {
			return
		}
		r.yield, r.views = yield, r.room[:0]
		for _, l := range q.Table.t.lanesOf(q.Family) {
			if v := sn.versions[l]; v != nil && (q.Ingress == nil || q.Ingress(l.key.Ingress)) {
				r.views = append(r.views, view{l, v})
			}
		}
		r.run(ctx)
	}
}

// LaneSeq is the number of the last change of a lane that is in the snapshot; 0
// for a lane that was not there. Later changes have greater ones.
func (sn *Snapshot) LaneSeq(l *Lane) uint64 {
	if v := sn.versions[l]; v != nil {
		return v.seq
	}
	return 0
}

// LaneStats are the lane's figures in the snapshot.
func (sn *Snapshot) LaneStats(l *Lane) LaneStats {
	if v := sn.versions[l]; v != nil {
		return v.stats
	}
	return LaneStats{}
}
