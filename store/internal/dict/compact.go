package dict

import (
	"sync/atomic"

	"example.com/rotonda/store/internal/slab"
)

// Retired is what a sweep made unreachable: the owner hands it to Reuse once no
// reader is left that could have seen it.
type Retired struct {
	prefixes, glue, pairs []uint32
}

// Len is how many ids are retired.
func (r Retired) Len() int { return len(r.prefixes) + len(r.glue) + len(r.pairs) }

// sweepStep is how many ids are looked at under one hold of the mutex.
const sweepStep = 1024

// StartMarking begins a mark phase: from now on every id that Insert or
// InsertPath returns is marked. The owner then marks all it has stored.
func (d *Dict) StartMarking() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.marks.Store(slab.NewMarks(d.next[prefixNode]))
	if p := d.paths.Load(); p != nil {
		p.marks.Store(slab.NewMarks(p.next))
	}
}

// Mark notes during a mark phase that a prefix id is stored somewhere.
func (d *Dict) Mark(id uint32) { d.mark(id) }

// MarkPath notes the same of a pair, and of its prefix.
func (d *Dict) MarkPath(id uint32) {
	p := d.paths.Load()
	p.mark(id)
	prefix, _ := p.Pair(id)
	d.mark(prefix)
}

// StopMarking ends the phase; all writers that were inside Insert at the end of
// Sweep must have left it.
func (d *Dict) StopMarking() {
	d.marks.Store(nil)
	if p := d.paths.Load(); p != nil {
		p.marks.Store(nil)
	}
}

// Sweep removes all prefixes and pairs that nobody marked.
func (d *Dict) Sweep() Retired {
	var r Retired
	if p := d.paths.Load(); p != nil && p.marks.Load() != nil {
		r.pairs = d.sweepPairs(p, p.marks.Load())
	}
	m := d.marks.Load()
	if m == nil {
		return r
	}
	d.mu.Lock()
	idle := idleSet(m.Limit(), d.free[prefixNode])
	d.mu.Unlock()
	for from := uint32(1); from < m.Limit(); from += sweepStep {
		d.mu.Lock()
		for id := from; id < min(from+sweepStep, m.Limit()); id++ {
			if !idle[id] && m.Kill(id) {
				d.remove(id)
				r.prefixes = append(r.prefixes, id)
			}
		}
		d.mu.Unlock()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	r.glue, d.gone = d.gone, nil
	if x := d.index.Load(); len(x.slots) > 1<<8 && d.count*8 < len(x.slots) {
		d.rehash(x)
	}
	d.account()
	return r
}

func idleSet(limit uint32, free []uint32) []bool {
	idle := make([]bool, limit)
	for _, id := range free {
		if id < limit {
			idle[id] = true
		}
	}
	return idle
}

func (d *Dict) remove(id uint32) {
	k := d.Key(id)
	d.unlink(id, k)
	d.index.Load().remove(d.hash(k), id)
	d.count--
}

// remove leaves a tombstone where the id stands.
func (x *index) remove(hash uint64, id uint32) {
	mask := uint64(len(x.slots) - 1)
	for i := hash >> x.shift; x.slots[i] != 0; i = (i + 1) & mask {
		if x.slots[i] != deleted && uint32(x.slots[i]&idMask) == id {
			atomic.StoreUint64(&x.slots[i], deleted)
			return
		}
	}
}

// sweepPairs removes the pairs nobody marked from the index and the lists.
func (d *Dict) sweepPairs(p *Paths, m *slab.Marks) []uint32 {
	var dead []uint32
	d.mu.Lock()
	defer d.mu.Unlock()
	idle := idleSet(m.Limit(), p.free)
	touched := make(map[uint32]bool) // prefixes
	isDead := make([]bool, p.next)
	for id := uint32(1); id < m.Limit(); id++ {
		if idle[id] || !m.Kill(id) {
			continue
		}
		prefix, path := p.Pair(id)
		pair := uint64(prefix)<<32 | uint64(path)
		p.index.Load().remove(pairHash(d, pair), id)
		p.count--
		touched[prefix], isDead[id] = true, true
		dead = append(dead, id)
	}
	for prefix := range touched {
		p.relist(prefix, isDead)
	}
	if x := p.index.Load(); len(x.slots) > 1<<8 && p.count*8 < len(x.slots) {
		p.rehash(x)
	}
	return dead
}

// relist takes dead pairs out of a prefix's list. A dead pair keeps its link, so
// that a reader standing on it goes on.
func (p *Paths) relist(prefix uint32, dead []bool) {
	last := uint32(0)
	for id := p.First(prefix); ; id = p.Next(id) {
		if id != 0 && dead[id] {
			continue
		}
		if last == 0 {
			p.heads.Store(prefix, 0, uint64(id))
		} else {
			p.pairs.Store(last, 1, uint64(id))
		}
		if id == 0 {
			return
		}
		last = id
	}
}

// Reuse gives retired ids free. Chunks of nodes that hold none but free ids go
// back to the garbage collector.
func (d *Dict) Reuse(r Retired) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free[glueNode] = append(d.free[glueNode], r.glue...)
	d.free[prefixNode] = append(d.free[prefixNode], r.prefixes...)
	for kind := range d.nodes {
		d.nodes[kind].DropFree(d.free[kind])
	}
	if p := d.paths.Load(); p != nil {
		p.free = append(p.free, r.pairs...)
		p.pairs.DropFree(p.free)
	}
	d.account()
}
