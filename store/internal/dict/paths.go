package dict

import (
	"sync/atomic"

	"example.com/rotonda/store/internal/slab"
)

// Paths gives every pair of a prefix and an ADD-PATH path id (RFC 7911) a dense
// id of its own, shared by all peers, and lists the pairs of a prefix. It
// belongs to a Dict and shares its mutex and its rules.
//
// The index's slots are 38 bits of hash and the id; an element of pairs is the
// prefix id 32 | path id 32 and the next pair of the same prefix.
type Paths struct {
	index atomic.Pointer[index]
	pairs *slab.Words
	heads *slab.Words // by prefix id: its first pair
	marks atomic.Pointer[slab.Marks]
	next  uint32
	free  []uint32
	count int
}

// Paths returns the pairs of the dictionary, nil before the first.
func (d *Dict) Paths() *Paths { return d.paths.Load() }

func pairHash(d *Dict, pair uint64) uint64 {
	h := pair * d.seed
	h ^= h >> 32
	return h * d.seed
}

// FindPath returns the id of a pair that is known, else 0. It marks nothing.
func (d *Dict) FindPath(prefix, path uint32) uint32 {
	p := d.paths.Load()
	if p == nil {
		return 0
	}
	pair := uint64(prefix)<<32 | uint64(path)
	return p.find(p.index.Load(), pair, pairHash(d, pair))
}

func (p *Paths) find(x *index, pair, hash uint64) uint32 {
	mask := uint64(len(x.slots) - 1)
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		s := atomic.LoadUint64(&x.slots[i])
		if s == 0 {
			return 0
		}
		if s>>idBits == hash>>idBits && s != deleted {
			if id := uint32(s & idMask); p.pairs.Load(id, 0) == pair {
				return id
			}
		}
	}
}

// InsertPath returns the id of a pair, adding it where it is new; 0 as Insert.
func (d *Dict) InsertPath(prefix, path uint32, room func(int64) bool) uint32 {
	pair := uint64(prefix)<<32 | uint64(path)
	hash := pairHash(d, pair)
	if p := d.paths.Load(); p != nil {
		if id := p.find(p.index.Load(), pair, hash); id != 0 && p.mark(id) {
			return id
		}
	}
	return d.addPath(pair, hash, room)
}

func (d *Dict) addPath(pair, hash uint64, room func(int64) bool) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.paths.Load()
	if p == nil {
		p = &Paths{pairs: slab.NewWords(2), heads: slab.NewWords(1), next: 1}
		p.index.Store(newIndex(8))
		d.paths.Store(p)
	}
	x := p.index.Load()
	if id := p.find(x, pair, hash); id != 0 {
		p.mark(id)
		return id
	}
	if need := x.need() + p.pairs.Need(p.next) + p.heads.Need(uint32(pair>>32)); need > 0 && !room(need) {
		return 0
	}
	id := p.newPair()
	if id == 0 {
		return 0
	}
	prefix := uint32(pair >> 32)
	p.heads.Grow(prefix)
	p.pairs.Store(id, 0, pair)
	p.pairs.Store(id, 1, p.heads.Load(prefix, 0))
	p.heads.Store(prefix, 0, uint64(id))
	if x.full() {
		x = p.rehash(x)
	}
	x.insert(hash>>idBits<<idBits|uint64(id), hash>>x.shift)
	p.count++
	d.account()
	return id
}

func (p *Paths) rehash(old *index) *index {
	bits := uint(8)
	for uint(p.count+1)*5/3 > 1<<bits {
		bits++
	}
	x := newIndex(bits)
	for _, s := range old.slots {
		if s != 0 && s != deleted {
			x.insert(s, s>>x.shift)
		}
	}
	p.index.Store(x)
	return x
}

func (p *Paths) newPair() uint32 {
	if n := len(p.free); n > 0 {
		id := p.free[n-1]
		p.free = p.free[:n-1]
		p.pairs.Grow(id)
		p.mark(id)
		return id
	}
	if p.next >= MaxID {
		return 0
	}
	id := p.next
	p.next++
	p.pairs.Grow(id)
	return id
}

func (p *Paths) mark(id uint32) bool {
	m := p.marks.Load()
	return m == nil || m.Mark(id)
}

// First returns the first pair of a prefix, 0 where it has none. Pairs are in
// no order.
func (p *Paths) First(prefix uint32) uint32 { return uint32(p.heads.Load(prefix, 0)) }

// Next returns the pair after one, 0 at the end.
func (p *Paths) Next(id uint32) uint32 { return uint32(p.pairs.Load(id, 1)) }

// Pair returns the prefix id and the path id of a pair.
func (p *Paths) Pair(id uint32) (prefix, path uint32) {
	w := p.pairs.Load(id, 0)
	return uint32(w >> 32), uint32(w)
}

func (p *Paths) bytes() int64 {
	return p.pairs.Bytes() + p.heads.Bytes() + int64(len(p.index.Load().slots)*8)
}
