package store

import (
	"encoding/binary"
	"sync"
	"sync/atomic"

	"example.com/rotonda/store/internal/dict"
)

// Lane is what one ingress says about one family in one table. One goroutine at
// a time writes it; its mutex, free but while a snapshot or maintenance passes,
// holds that rule up. Readers use atomics only.
type Lane struct {
	key   LaneKey
	store *Store
	dict  *dict.Dict // nil where the family is not kept

	head      atomic.Uint64
	since     [4]atomic.Uint32 // by generation: when it was withdrawn, Unix seconds
	held      [4]atomic.Int64  // by generation: entries with statusHeld
	withdrawn atomic.Int64     // entries with statusWithdrawn
	seq       atomic.Uint64
	plain     column // by prefix id
	paths     column // by id of a pair of prefix and path id

	mu       sync.Mutex
	epoch    uint64   // of the newest snapshot the writer knows
	shared   uint64   // pages older than this are shared with a snapshot
	captured *version // of epoch, where a snapshot asked for it
	dirty    bool     // changed since captured
}

// version is a lane as a snapshot sees it. It never changes.
type version struct {
	lane         *Lane
	seq          uint64
	head         uint64
	since        [4]uint32
	stats        LaneStats
	plain, paths []*page
}

func newLane(s *Store, k LaneKey) *Lane {
	return &Lane{key: k, store: s, dict: s.dict(k.Family), epoch: s.epoch.Load(), dirty: true}
}

// Key is what the lane was made with.
func (l *Lane) Key() LaneKey { return l.key }

// Seq is the number of the last change.
func (l *Lane) Seq() uint64 { return l.seq.Load() }

// enter is called with the mutex before any change. Where a snapshot was opened
// since the last one, the lane as it is now is kept for it.
func (l *Lane) enter() {
	if e := l.store.epoch.Load(); e != l.epoch {
		l.capture(e)
	}
	if l.shared = l.store.opened.Load(); l.shared == 0 && l.dirty {
		l.captured = nil
	}
}

// tick numbers a change.
func (l *Lane) tick() uint64 {
	l.dirty = true
	return l.seq.Add(1)
}

func (l *Lane) capture(epoch uint64) {
	l.epoch = epoch
	if l.store.opened.Load() < epoch {
		return // closed again
	}
	if l.captured != nil && !l.dirty {
		return
	}
	v := &version{lane: l, seq: l.seq.Load(), head: l.head.Load(), stats: l.Stats(), plain: l.plain.pages(), paths: l.paths.pages()}
	for i := range v.since {
		v.since[i] = l.since[i].Load()
	}
	l.captured, l.dirty = v, false
}

// set writes an entry. The caller has seen to the counters.
func (l *Lane) set(c *column, id uint32, w uint64) {
	p, took := c.writable(id, l.epoch, l.shared)
	atomic.StoreUint64(p, w)
	if took != 0 {
		l.store.pages.Add(took)
	}
}

// each replaces every entry that is not empty by what f makes of it, and drops
// pages that end up empty.
func (l *Lane) each(f func(w uint64) uint64) {
	for _, c := range []*column{&l.plain, &l.paths} {
		dir := c.dir.Load()
		if dir == nil {
			continue
		}
		for n := range *dir {
			l.eachOf(c, n, (*dir)[n].page.Load(), f)
		}
	}
}

func (l *Lane) eachOf(c *column, n int, p *page, f func(w uint64) uint64) {
	if p == nil {
		return
	}
	left := false
	for i := range p {
		w := p[i]
		if w == 0 {
			continue
		}
		fresh := f(w)
		if fresh != w {
			l.dirty = true
			l.set(c, uint32(n<<pageBits|i), fresh)
		}
		left = left || fresh != 0
	}
	if !left {
		l.dirty = true
		l.store.pages.Add(-c.drop(n))
	}
}

// each calls f for every entry that is not empty.
func (c *column) each(f func(id uint32, w uint64)) {
	dir := c.dir.Load()
	if dir == nil {
		return
	}
	for n := range *dir {
		p := (*dir)[n].page.Load()
		if p == nil {
			continue
		}
		for i := range p {
			if w := atomic.LoadUint64(&p[i]); w != 0 {
				f(uint32(n<<pageBits|i), w)
			}
		}
	}
}

func (l *Lane) appendPath(dst []byte, pair uint32) []byte {
	prefix, path := l.dict.Paths().Pair(pair)
	dst = binary.BigEndian.AppendUint32(dst, path)
	return l.dict.Key(prefix).Append(dst)
}

// count sums the routes of all generations with one reading.
func (l *Lane) count(reading uint64) int64 {
	h, n := l.head.Load(), int64(0)
	for gen := range uint64(4) {
		if headReading(h, gen) == reading {
			n += l.held[gen].Load()
		}
	}
	return n
}
