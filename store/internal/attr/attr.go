// Package attr keeps each distinct attribute set once and gives it an id of 28
// bits (hash-consing).
//
// Looking up a set that is known takes no lock and allocates nothing; a new one
// takes the table's mutex. There are no reference counts: what is no longer used
// is found by marking (see [Table.StartMarking]), its id is reused and its bytes
// are given back by moving what lives out of chunks that are mostly dead. The
// package does not know what the bytes mean. Start reading at [Table.Intern].
package attr

import (
	"bytes"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"example.com/rotonda/store/internal/slab"
)

// MaxID is the greatest id; 0 is no set.
const MaxID = 1<<28 - 1

// MaxLen is the length of the longest set, in bytes.
const MaxLen = 1<<lenBits - 1

// Where a set lies: chunk 26 bits, offset 19, length 19.
const (
	lenBits    = 19
	offBits    = 19
	chunkBytes = 256 << 10
)

// A slot of the index is the upper 36 bits of the hash and the id.
const (
	idBits  = 28
	idMask  = 1<<idBits - 1
	deleted = uint64(idMask) // tag 0, id MaxID: a tombstone
)

// Table is the set of sets. [New] makes one. All methods may be used by any
// number of goroutines, but for those of Compact, which want one.
type Table struct {
	seed  maphash.Seed
	index atomic.Pointer[index]
	where *slab.Words // id to chunk, offset, length
	dir   atomic.Pointer[[][]byte]
	marks atomic.Pointer[slab.Marks]

	mu      sync.Mutex
	next    uint32   // lowest id never given out
	free    []uint32 // ids to be given out again
	fill    int      // used bytes of the last chunk
	used    []int    // by chunk: bytes of sets that live in it
	spare   []uint32 // chunk numbers without memory
	current uint32
	count   int
	live    int64 // bytes of sets
	chunks  int64 // bytes of chunks
	fresh   int64 // bytes interned since the last compaction
	memory  atomic.Int64
}

type index struct {
	slots []uint64
	shift uint
	taken int // slots that are not empty, under the table's mutex
}

// New returns an empty table.
func New() *Table {
	t := &Table{seed: maphash.MakeSeed(), where: slab.NewWords(1), next: 1}
	t.index.Store(newIndex(8))
	t.dir.Store(new([][]byte))
	t.newChunk(4 << 10)
	t.account()
	return t
}

func newIndex(bits uint) *index {
	return &index{slots: make([]uint64, 1<<bits), shift: 64 - bits}
}

// Find returns the id of a set that is known, else 0.
func (t *Table) Find(set []byte) uint32 {
	hash := maphash.Bytes(t.seed, set)
	id := t.find(t.index.Load(), hash, set)
	if id != 0 && !t.mark(id) {
		return 0
	}
	return id
}

func (t *Table) find(x *index, hash uint64, set []byte) uint32 {
	mask := uint64(len(x.slots) - 1)
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		s := atomic.LoadUint64(&x.slots[i])
		if s == 0 {
			return 0
		}
		if s != deleted && s>>idBits == hash>>idBits {
			if id := uint32(s & idMask); bytes.Equal(t.Bytes(id), set) {
				return id
			}
		}
	}
}

// Intern returns the id of a set, which it copies where it is new. The id is 0
// where room (asked for the memory to grow by, in bytes) says no, the set is longer
// than MaxLen, or all ids are taken.
func (t *Table) Intern(set []byte, room func(int64) bool) uint32 {
	hash := maphash.Bytes(t.seed, set)
	if id := t.find(t.index.Load(), hash, set); id != 0 && t.mark(id) {
		return id
	}
	return t.add(hash, set, room)
}

func (t *Table) add(hash uint64, set []byte, room func(int64) bool) uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	x := t.index.Load()
	if id := t.find(x, hash, set); id != 0 {
		t.mark(id)
		return id
	}
	if need := t.need(x, len(set)); len(set) > MaxLen || need > 0 && !room(need) {
		return 0
	}
	id := t.newID()
	if id == 0 {
		return 0
	}
	t.where.Store(id, 0, t.put(set))
	if x.full() {
		x = t.rehash(x)
	}
	x.insert(hash>>idBits<<idBits | uint64(id))
	t.count++
	t.live += int64(len(set))
	t.fresh += int64(len(set))
	t.account()
	return id
}

// need is the memory that a new set of n bytes takes: none, but where a chunk
// or the index has to grow.
func (t *Table) need(x *index, n int) int64 {
	need := int64(0)
	if last := len((*t.dir.Load())[t.current]); t.fill+n > last {
		need += int64(max(n+1, min(chunkBytes, 2*last)))
	}
	if len(t.free) == 0 {
		need += t.where.Need(t.next)
	}
	if x.full() {
		need += int64(len(x.slots) * 8)
	}
	return need
}

func (x *index) full() bool { return (x.taken+1)*4 > len(x.slots)*3 }

// insert puts a slot into a table that has room for it.
func (x *index) insert(s uint64) {
	mask := uint64(len(x.slots) - 1)
	for i := s >> x.shift; ; i = (i + 1) & mask {
		if x.slots[i] == 0 {
			atomic.StoreUint64(&x.slots[i], s)
			x.taken++
			return
		}
	}
}

// rehash makes an index with room for more, or a smaller one after many
// deletions. Readers of the old one may miss new sets, and then take the mutex.
func (t *Table) rehash(old *index) *index {
	bits := uint(8)
	for (t.count+1)*2 > 1<<bits {
		bits++
	}
	x := newIndex(bits)
	for i := range old.slots {
		if s := old.slots[i]; s != 0 && s != deleted {
			x.insert(s)
		}
	}
	t.index.Store(x)
	return x
}

func (t *Table) newID() uint32 {
	if n := len(t.free); n > 0 {
		id := t.free[n-1]
		t.free = t.free[:n-1]
		t.where.Grow(id)
		t.mark(id)
		return id
	}
	if t.next >= MaxID {
		return 0
	}
	id := t.next
	t.next++
	t.where.Grow(id)
	return id
}

// put copies a set into the current chunk and says where.
func (t *Table) put(set []byte) uint64 {
	dir := *t.dir.Load()
	if t.fill+len(set) > len(dir[t.current]) {
		t.newChunk(max(len(set)+1, min(chunkBytes, 2*len(dir[t.current]))))
		dir = *t.dir.Load()
	}
	copy(dir[t.current][t.fill:], set)
	w := uint64(t.current)<<(offBits+lenBits) | uint64(t.fill)<<lenBits | uint64(len(set))
	t.fill += len(set)
	t.used[t.current] += len(set)
	return w
}

func (t *Table) newChunk(size int) {
	dir := *t.dir.Load()
	grown := append([][]byte(nil), dir...)
	if n := len(t.spare); n > 0 {
		t.current = t.spare[n-1]
		t.spare = t.spare[:n-1]
	} else {
		t.current = uint32(len(grown))
		grown = append(grown, nil)
		t.used = append(t.used, 0)
	}
	grown[t.current] = make([]byte, size)
	t.chunks += int64(size)
	t.fill = 1 // no set lies at 0, so that its place is never the zero word
	t.used[t.current] = 0
	t.dir.Store(&grown)
}

// Bytes returns the set of an id. The bytes stay valid and unchanged for as
// long as the caller holds them; the caller does not change them.
func (t *Table) Bytes(id uint32) []byte {
	w := t.where.Load(id, 0)
	n := int(w & MaxLen)
	off := int(w >> lenBits & (1<<offBits - 1))
	dir := *t.dir.Load()
	return dir[w>>(offBits+lenBits)][off : off+n : off+n]
}

// Has reports whether an id stands for a set, or did when a reader that is still
// inside entered.
func (t *Table) Has(id uint32) bool { return t.where.Load(id, 0) != 0 }

// Limit is one more than the greatest id ever given out.
func (t *Table) Limit() uint32 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.next
}

// mark notes that an id is in use while marking goes on. It is false where the
// id is about to be reused.
func (t *Table) mark(id uint32) bool {
	m := t.marks.Load()
	return m == nil || m.Mark(id)
}

// account recomputes the memory, under the mutex.
func (t *Table) account() {
	t.memory.Store(t.chunks + t.where.Bytes() + int64(len(t.index.Load().slots)*8))
}

// Stats says how many sets there are, their bytes and the memory of the table.
type Stats struct {
	Sets   int
	Live   int64 // bytes of the sets themselves
	Memory int64 // bytes of all that the table holds
	Fresh  int64 // bytes interned since the last compaction
}

// Stats returns exact figures.
func (t *Table) Stats() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	return Stats{t.count, t.live, t.memory.Load(), t.fresh}
}

// Memory is Stats().Memory without the mutex.
func (t *Table) Memory() int64 { return t.memory.Load() }
