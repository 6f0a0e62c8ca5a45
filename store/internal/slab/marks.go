package slab

import "sync/atomic"

// Marks is the bitmap of a mark-sweep over ids while writers go on: two bits an
// id, in use and dead. Whoever stores an id marks it first; the sweep kills what
// nobody marked. Both change one word atomically, so that an id is either kept
// or refused to the writer, who then asks again under the owner's mutex.
type Marks struct {
	limit uint32
	words []uint64
}

const (
	markLive = 1
	markDead = 2
)

// NewMarks covers the ids below limit; greater ones count as marked.
func NewMarks(limit uint32) *Marks {
	return &Marks{limit, make([]uint64, limit>>5+1)}
}

// Mark notes that id is in use. It is false where the sweep was faster.
func (m *Marks) Mark(id uint32) bool {
	if id >= m.limit {
		return true
	}
	w, shift := &m.words[id>>5], id&31*2
	if v := atomic.LoadUint64(w) >> shift & 3; v != 0 {
		return v&markDead == 0
	}
	return atomic.OrUint64(w, markLive<<shift)>>shift&markDead == 0
}

// Kill makes an id dead unless somebody marked it.
func (m *Marks) Kill(id uint32) bool {
	w, shift := &m.words[id>>5], id&31*2
	for {
		v := atomic.LoadUint64(w)
		if v>>shift&3 != 0 {
			return false
		}
		if atomic.CompareAndSwapUint64(w, v, v|markDead<<shift) {
			return true
		}
	}
}

// Limit is one more than the greatest id covered.
func (m *Marks) Limit() uint32 { return m.limit }
