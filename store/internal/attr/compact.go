package attr

import (
	"hash/maphash"
	"sync/atomic"

	"example.com/rotonda/store/internal/slab"
)

// Retired is what a sweep made unreachable: the owner hands it to Reuse once no
// reader is left that could have seen it.
type Retired struct {
	IDs    []uint32
	Chunks []uint32
}

// sweepStep is how many ids are looked at under one hold of the mutex.
const sweepStep = 4096

// StartMarking begins a mark phase: from now on every id that Intern or Find
// returns is marked. The owner then marks all ids it has stored.
func (t *Table) StartMarking() {
	t.marks.Store(slab.NewMarks(t.Limit()))
}

// Mark notes during a mark phase that an id is stored somewhere.
func (t *Table) Mark(id uint32) {
	if m := t.marks.Load(); m != nil {
		m.Mark(id)
	}
}

// StopMarking ends the phase; all writers that were inside Intern at the end of
// Sweep must have left it.
func (t *Table) StopMarking() { t.marks.Store(nil) }

// Sweep takes all sets out of the index that nobody marked.
func (t *Table) Sweep() Retired {
	var r Retired
	m := t.marks.Load()
	if m == nil {
		return r
	}
	idle := t.idle(m.Limit())
	for from := uint32(1); from < m.Limit(); from += sweepStep {
		t.mu.Lock()
		for id := from; id < min(from+sweepStep, m.Limit()); id++ {
			if !idle[id] && m.Kill(id) {
				t.remove(id)
				r.IDs = append(r.IDs, id)
			}
		}
		t.mu.Unlock()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fresh = 0
	if x := t.index.Load(); len(x.slots) > 1<<8 && t.count*8 < len(x.slots) {
		t.rehash(x)
	}
	t.account()
	return r
}

// idle returns which ids below limit are not in use at the start of a sweep.
// An id taken from the free list later is marked by newID.
func (t *Table) idle(limit uint32) []bool {
	idle := make([]bool, limit)
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := uint32(1); id < limit; id++ {
		idle[id] = t.where.Load(id, 0) == 0
	}
	return idle
}

func (t *Table) remove(id uint32) {
	set := t.Bytes(id)
	hash := maphash.Bytes(t.seed, set)
	x := t.index.Load()
	mask := uint64(len(x.slots) - 1)
	for i := hash >> x.shift; x.slots[i] != 0; i = (i + 1) & mask {
		if x.slots[i] != deleted && uint32(x.slots[i]&idMask) == id {
			atomic.StoreUint64(&x.slots[i], deleted)
			break
		}
	}
	t.used[t.where.Load(id, 0)>>(offBits+lenBits)] -= len(set)
	t.count--
	t.live -= int64(len(set))
}

// Move copies the living sets out of chunks that are more than half dead and
// returns the chunks. Their sets stay readable until Reuse.
func (t *Table) Move(dead Retired) Retired {
	t.mu.Lock()
	sparse := make(map[uint32]bool)
	for c, mem := range *t.dir.Load() {
		if mem != nil && uint32(c) != t.current && t.used[c]*2 < len(mem) {
			sparse[uint32(c)] = true
		}
	}
	limit := t.next
	t.mu.Unlock()
	if len(sparse) == 0 {
		return dead
	}
	gone := make([]bool, limit)
	for _, id := range dead.IDs {
		gone[id] = true
	}
	for from := uint32(1); from < limit; from += sweepStep {
		t.mu.Lock()
		for id := from; id < min(from+sweepStep, limit); id++ {
			w := t.where.Load(id, 0)
			if w == 0 || gone[id] || !sparse[uint32(w>>(offBits+lenBits))] {
				continue
			}
			set := t.Bytes(id)
			t.used[w>>(offBits+lenBits)] -= len(set)
			t.where.Store(id, 0, t.put(set))
		}
		t.account()
		t.mu.Unlock()
	}
	for c := range sparse {
		dead.Chunks = append(dead.Chunks, c)
	}
	return dead
}

// Reuse gives retired ids and chunks free.
func (t *Table) Reuse(r Retired) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range r.IDs {
		t.where.Store(id, 0, 0)
		t.free = append(t.free, id)
	}
	t.where.DropFree(t.free)
	dir := append([][]byte(nil), *t.dir.Load()...)
	for _, c := range r.Chunks {
		t.chunks -= int64(len(dir[c]))
		dir[c] = nil
		t.spare = append(t.spare, c)
	}
	t.dir.Store(&dir)
	t.account()
}
