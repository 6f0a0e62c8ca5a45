package store

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/rotonda/store/internal/attr"
	"example.com/rotonda/store/internal/dict"
)

// maintenance is the state of what goes on beside reading and writing.
type maintenance struct {
	mu      sync.Mutex
	cleared atomic.Int64 // entries emptied since the last compaction
	limbo   *limbo
}

// limbo holds what a compaction made unreachable, until nobody can see it.
type limbo struct {
	era   uint64
	attrs attr.Retired
	dicts [len(families)]dict.Retired
}

// compactAfter is how much has to be in vain before Maintain compacts: bytes of
// attribute sets interned, entries emptied. Both also against what is held.
const (
	compactAfterBytes   = 4 << 20
	compactAfterEntries = 1 << 16
)

// Maintain forgets withdrawn routes whose time is over and, where enough has
// become garbage, compacts. It is to be called every few seconds by one
// goroutine; readers and writers go on. now is in Unix microseconds. The error
// is that of ctx.
func (s *Store) Maintain(ctx context.Context, now int64) error {
	s.allLanes(func(l *Lane) {
		if ctx.Err() == nil {
			s.maintenance.cleared.Add(l.expire(seconds(now - s.options.KeepWithdrawn.Microseconds())))
		}
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	a := s.attrs.Stats()
	if a.Fresh > max(compactAfterBytes, a.Live/2) || s.maintenance.cleared.Load() > compactAfterEntries {
		return s.Compact(ctx)
	}
	s.maintenance.mu.Lock()
	defer s.maintenance.mu.Unlock()
	s.drain()
	return nil
}

// expirePages is how many pages are looked at under one hold of a lane's mutex.
const expirePages = 256

// expire empties entries that were withdrawn before a time, and returns how many.
func (l *Lane) expire(before uint32) (cleared int64) {
	if l.Stats().Withdrawn == 0 {
		return 0
	}
	for _, c := range []*column{&l.plain, &l.paths} {
		for from := 0; ; from += expirePages {
			n, more := l.expireSome(c, from, before)
			cleared += n
			if !more {
				break
			}
		}
	}
	return cleared
}

func (l *Lane) expireSome(c *column, from int, before uint32) (cleared int64, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.enter()
	dir := c.dir.Load()
	if dir == nil || from >= len(*dir) {
		l.giveBack(c)
		return 0, false
	}
	h := l.head.Load()
	f := func(w uint64) uint64 {
		if readStatus(h, w) != Withdrawn {
			return w
		}
		held := w&statusMask == statusHeld
		at := wordSeconds(w)
		if held {
			at = l.since[wordGen(w)].Load()
		}
		if at > before {
			return w
		}
		cleared++
		if held {
			l.held[wordGen(w)].Add(-1)
		} else {
			l.withdrawn.Add(-1)
		}
		return 0
	}
	for n := from; n < min(from+expirePages, len(*dir)); n++ {
		l.eachOf(c, n, (*dir)[n].page.Load(), f)
	}
	return cleared, true
}

// giveBack frees a column's directory when nothing is left in it.
func (l *Lane) giveBack(c *column) {
	dir := c.dir.Load()
	if dir == nil {
		return
	}
	for i := range *dir {
		if (*dir)[i].page.Load() != nil {
			return
		}
	}
	l.store.pages.Add(-c.free())
}

// Compact finds the attribute sets and prefixes that no lane and no open
// snapshot refers to, and gives their memory back: to the garbage collector
// where whole chunks are free, else for new ones. Readers and writers go on;
// what an open snapshot or a running query might still see is freed by a later
// call. The error is that of ctx.
func (s *Store) Compact(ctx context.Context) error {
	m := &s.maintenance
	m.mu.Lock()
	defer m.mu.Unlock()
	if !s.drain() {
		return ctx.Err()
	}
	m.cleared.Store(0)
	s.attrs.StartMarking()
	for _, d := range s.dicts {
		d.StartMarking()
	}
	s.quiesce() // from here on all writers mark what they store
	err := s.markAll(ctx)
	gone := new(limbo)
	if err == nil {
		gone.attrs = s.attrs.Sweep()
		for i, d := range s.dicts {
			gone.dicts[i] = d.Sweep()
		}
		s.quiesce() // no writer is left that found a swept id
	}
	s.attrs.StopMarking()
	for _, d := range s.dicts {
		d.StopMarking()
	}
	if err != nil {
		return err
	}
	gone.attrs = s.attrs.Move(gone.attrs)
	gone.era = s.pins.Retire()
	m.limbo = gone
	s.drain()
	return nil
}

// drain reuses what is in limbo; false where somebody may still see it.
func (s *Store) drain() bool {
	l := s.maintenance.limbo
	if l == nil {
		return true
	}
	if !s.pins.Passed(l.era) {
		return false
	}
	s.quiesce()
	s.attrs.Reuse(l.attrs)
	for i, d := range s.dicts {
		d.Reuse(l.dicts[i])
	}
	s.maintenance.limbo = nil
	return true
}

// markAll marks every id that lanes and snapshots hold. Lanes come first: a
// snapshot opened meanwhile holds nothing that was not in a lane then.
func (s *Store) markAll(ctx context.Context) error {
	s.allLanes(func(l *Lane) {
		if l.dict == nil || ctx.Err() != nil {
			return
		}
		l.plain.each(func(id uint32, w uint64) { l.mark(false, id, w) })
		l.paths.each(func(id uint32, w uint64) { l.mark(true, id, w) })
	})
	s.snapMu.Lock()
	open := make([]*Snapshot, 0, len(s.snapshots))
	for sn := range s.snapshots {
		open = append(open, sn)
	}
	s.snapMu.Unlock()
	for _, sn := range open {
		for l, v := range sn.versions {
			if ctx.Err() != nil {
				break
			}
			v.mark(l)
		}
	}
	return ctx.Err()
}

func (l *Lane) mark(path bool, id uint32, w uint64) {
	l.store.attrs.Mark(wordAttr(w))
	if path {
		l.dict.MarkPath(id)
		return
	}
	l.dict.Mark(id)
}

func (v *version) mark(l *Lane) {
	for i, pages := range [][]*page{v.plain, v.paths} {
		for n, p := range pages {
			if p == nil {
				continue
			}
			for j := range p {
				if w := atomic.LoadUint64(&p[j]); w != 0 { // closed, it may be written again
					l.mark(i == 1, uint32(n<<pageBits|j), w)
				}
			}
		}
	}
}
