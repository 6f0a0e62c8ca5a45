package dict

import (
	"math/bits"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"example.com/rotonda/store/internal/slab"
)

// MaxID is the greatest id of a prefix; 0 is none.
const MaxID = 1<<idBits - 1

// A slot of the hash is 38 bits of key or hash, and the id. An IPv4 prefix fits
// into the 38 bits, so that a hit reads nothing but the slot.
const (
	idBits  = 26
	idMask  = 1<<idBits - 1
	deleted = uint64(idMask)
)

// Dict is the dictionary of one address family. [New] makes one. All methods
// may be used by any number of goroutines, but for those of compact.go, which
// want one.
type Dict struct {
	wide  bool
	seed  uint64
	index atomic.Pointer[index]
	nodes [2]*slab.Words // prefixes, by id; glue
	root  atomic.Uint32
	marks atomic.Pointer[slab.Marks]
	paths atomic.Pointer[Paths]

	mu     sync.Mutex
	next   [2]uint32 // lowest number never given out, by kind of node
	free   [2][]uint32
	gone   []uint32 // glue that was replaced, not yet retired
	count  int
	memory atomic.Int64
}

type index struct {
	slots []uint64
	shift uint
	taken int
}

func newIndex(bits uint) *index {
	return &index{slots: make([]uint64, 1<<bits), shift: 64 - bits}
}

// New returns an empty dictionary for keys of 32 or, where wide, 128 bits.
func New(wide bool) *Dict {
	d := &Dict{wide: wide, seed: rand.Uint64() | 1, next: [2]uint32{1, 1}}
	words := 2
	if wide {
		words = 4
	}
	d.nodes = [2]*slab.Words{slab.NewWords(words), slab.NewWords(words)}
	d.index.Store(newIndex(8))
	d.account()
	return d
}

// Wide reports whether keys have 128 bits.
func (d *Dict) Wide() bool { return d.wide }

// hash spreads a key over 64 bits with a multiplier nobody outside knows.
func (d *Dict) hash(k Key) uint64 {
	h := (k.Hi ^ uint64(k.Len)*0x9e3779b97f4a7c15) * d.seed
	if d.wide {
		h = (h ^ h>>32 ^ k.Lo) * d.seed
	}
	h ^= h >> 29
	return h * d.seed
}

// tag is the part of a slot above the id.
func (d *Dict) tag(k Key, hash uint64) uint64 {
	if d.wide {
		return hash >> idBits
	}
	return k.Hi>>32<<6 | uint64(k.Len)
}

// home is where the search for a slot begins.
func (d *Dict) home(x *index, slot uint64) uint64 {
	if d.wide {
		return slot >> x.shift
	}
	t := slot >> idBits
	return d.hash(Key{Hi: t >> 6 << 32, Len: uint8(t & 63)}) >> x.shift
}

// Find returns the id of a prefix that is known, else 0. It marks nothing.
func (d *Dict) Find(k Key) uint32 { return d.find(d.index.Load(), k, d.hash(k)) }

// Warm brings the place of a key into the cache. Its answer has no meaning.
func (d *Dict) Warm(k Key) uint64 {
	x := d.index.Load()
	return atomic.LoadUint64(&x.slots[d.hash(k)>>x.shift])
}

func (d *Dict) find(x *index, k Key, hash uint64) uint32 {
	mask := uint64(len(x.slots) - 1)
	tag := d.tag(k, hash)
	for i := hash >> x.shift; ; i = (i + 1) & mask {
		s := atomic.LoadUint64(&x.slots[i])
		if s == 0 {
			return 0
		}
		if s>>idBits == tag && s != deleted {
			if id := uint32(s & idMask); !d.wide || d.Key(id) == k {
				return id
			}
		}
	}
}

// Insert returns the id of a prefix, adding it where it is new. The id is 0
// where room (asked for bytes) says no or all ids are taken.
func (d *Dict) Insert(k Key, room func(int64) bool) uint32 {
	hash := d.hash(k)
	if id := d.find(d.index.Load(), k, hash); id != 0 && d.mark(id) {
		return id
	}
	return d.add(k, hash, room)
}

func (d *Dict) add(k Key, hash uint64, room func(int64) bool) uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	x := d.index.Load()
	if id := d.find(x, k, hash); id != 0 {
		d.mark(id)
		return id
	}
	if need := d.need(x); need > 0 && !room(need) {
		return 0
	}
	id := d.newNode(prefixNode, k)
	if id == 0 {
		return 0
	}
	d.link(id, k)
	if x.full() {
		x = d.rehash(x)
	}
	x.insert(d.tag(k, hash)<<idBits|uint64(id), hash>>x.shift)
	d.count++
	d.account()
	return id
}

// need is the memory that one more prefix takes, in bytes: none, but where a
// chunk of nodes or the index has to grow.
func (d *Dict) need(x *index) int64 {
	n := x.need()
	for kind := range d.nodes {
		if len(d.free[kind]) == 0 {
			n += d.nodes[kind].Need(d.next[kind])
		}
	}
	return n
}

func (x *index) full() bool { return (x.taken+1)*4 > len(x.slots)*3 }

func (x *index) need() int64 {
	if x.full() {
		return int64(len(x.slots) * 8)
	}
	return 0
}

func (x *index) insert(s, home uint64) {
	mask := uint64(len(x.slots) - 1)
	for i := home; ; i = (i + 1) & mask {
		if x.slots[i] == 0 {
			atomic.StoreUint64(&x.slots[i], s)
			x.taken++
			return
		}
	}
}

// rehash makes an index of the right size. Readers of the old one may miss new
// prefixes, and writers then take the mutex.
func (d *Dict) rehash(old *index) *index {
	n := max(8, bits.Len(uint(d.count+1)*5/3))
	x := newIndex(uint(n))
	for _, s := range old.slots {
		if s != 0 && s != deleted {
			x.insert(s, d.home(x, s))
		}
	}
	d.index.Store(x)
	return x
}

func (d *Dict) mark(id uint32) bool {
	m := d.marks.Load()
	return m == nil || m.Mark(id)
}

// Limit is one more than the greatest id ever given out.
func (d *Dict) Limit() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next[prefixNode]
}

// account recomputes the memory, under the mutex.
func (d *Dict) account() {
	n := d.nodes[0].Bytes() + d.nodes[1].Bytes() + int64(len(d.index.Load().slots)*8)
	if p := d.paths.Load(); p != nil {
		n += p.bytes()
	}
	d.memory.Store(n)
}

// Memory is what the dictionary holds, in bytes.
func (d *Dict) Memory() int64 { return d.memory.Load() }

// Len is how many prefixes are known.
func (d *Dict) Len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count
}
