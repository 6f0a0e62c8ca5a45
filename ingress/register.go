package ingress

import (
	"iter"
	"sync"
	"sync/atomic"
	"time"
)

// Options configures a register.
type Options struct {
	// Now is the clock; nil stands for time.Now.
	Now func() time.Time
	// Max bounds how many ingresses there are; 0 stands for [DefaultMax].
	Max int
}

// DefaultMax is how many ingresses a register has at most: strangers make them, too.
const DefaultMax = 1 << 18

// Register knows all ingresses. Reads take no lock and never wait for writers.
// Use [New].
type Register struct {
	now     func() time.Time
	max     int
	changed chan struct{}
	slots   atomic.Pointer[[]*chunk] // indexed by ID / chunkSize; a nil chunk is empty

	saving sync.Mutex // held by one save at a time, taken before mu

	mu     sync.Mutex // guards what follows, and all writes to slots
	byKey  map[Key]*entry
	next   ID
	closed bool
	made   time.Time       // when room was last made
	files  map[string]bool // paths that this register may overwrite
}

const chunkSize = 256

// chunk holds the entries of neighbouring ids. used is guarded by the
// register's mutex.
type chunk struct {
	entries [chunkSize]atomic.Pointer[entry]
	used    int
}

// entry is one ingress. info and session are read without the lock, holder and
// free only with it.
type entry struct {
	info    atomic.Pointer[Info]
	session atomic.Uint32
	holder  *Lease
	free    chan struct{} // closed when holder lets go; made by the first waiter
}

// New returns an empty register whose first id is 1.
func New(o Options) *Register {
	r := &Register{now: o.Now, max: o.Max, changed: make(chan struct{}, 1), byKey: map[Key]*entry{}, next: 1, files: map[string]bool{}}
	if r.max == 0 {
		r.max = DefaultMax
	}
	if r.now == nil {
		r.now = time.Now
	}
	r.slots.Store(new([]*chunk))
	return r
}

// Info returns what is known about an id, nil if nothing is.
func (r *Register) Info(id ID) *Info {
	if e := r.entry(id); e != nil {
		return e.info.Load()
	}
	return nil
}

// Session returns the number of the latest session of an id, 0 if there was
// none. Events of a session with another number are late.
func (r *Register) Session(id ID) Session {
	if e := r.entry(id); e != nil {
		return Session(e.session.Load())
	}
	return 0
}

// All iterates over the ingresses in the order of their ids. Those made while
// it runs may be missing.
func (r *Register) All() iter.Seq[*Info] {
	return func(yield func(*Info) bool) {
		for _, c := range *r.slots.Load() {
			if c == nil {
				continue
			}
			for i := range c.entries {
				e := c.entries[i].Load()
				if e != nil && !yield(e.info.Load()) {
					return
				}
			}
		}
	}
}

// Find returns the ingress of a key, nil if there is none.
func (r *Register) Find(k Key) *Info {
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.byKey[k]; e != nil {
		return e.info.Load()
	}
	return nil
}

// Len returns the number of ingresses.
func (r *Register) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byKey)
}

// Changed is signalled when ids were made or removed and the register should
// be saved. Several changes may give one signal.
func (r *Register) Changed() <-chan struct{} { return r.changed }

// Expire removes ingresses that nobody holds and that were last held longer
// than age ago, unless another one names them as parent. It returns the ids
// removed, which will not come back.
func (r *Register) Expire(now time.Time, age time.Duration) []ID {
	return r.ExpireFunc(now, age, nil)
}

// ExpireFunc is Expire, but keeps what keep says is still needed: an id that
// routes are stored under.
func (r *Register) ExpireFunc(now time.Time, age time.Duration, keep func(*Info) bool) []ID {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.expire(now, age, keep)
}

// room reports whether another ingress can be made. A full register first forgets BMP
// routers and their peers that are gone, the oldest before others: they leave no routes.
// The caller holds the lock.
func (r *Register) room() bool {
	if len(r.byKey) < r.max {
		return true
	}
	now := r.now()
	if now.Sub(r.made) < time.Second {
		return false
	}
	r.made = now
	keep := func(i *Info) bool { return i.Kind != KindBMP && i.Kind != KindBGPInBMP }
	for _, age := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, 0} {
		if r.expire(now, age, keep); len(r.byKey) <= r.max-r.max/8 {
			break
		}
	}
	return len(r.byKey) < r.max
}

// expire does what ExpireFunc says. The caller holds the lock.
func (r *Register) expire(now time.Time, age time.Duration, keep func(*Info) bool) []ID {
	children := map[ID]int{}
	for k := range r.byKey {
		children[k.Parent]++
	}
	var gone []ID
	for again := true; again; {
		again = false
		for k, e := range r.byKey {
			i := e.info.Load()
			if e.holder != nil || children[i.ID] > 0 || now.Sub(i.Seen) <= age || keep != nil && keep(i) {
				continue
			}
			r.remove(k, i.ID)
			children[k.Parent]--
			again = again || k.Parent != 0
			gone = append(gone, i.ID)
		}
	}
	if len(gone) > 0 {
		r.signal()
	}
	return gone
}

// entry finds an id without a lock.
func (r *Register) entry(id ID) *entry {
	slots := *r.slots.Load()
	i := int(id / chunkSize)
	if i >= len(slots) || slots[i] == nil {
		return nil
	}
	return slots[i].entries[id%chunkSize].Load()
}

// add enters an ingress under its id. The caller holds the lock.
func (r *Register) add(i *Info) *entry {
	e := new(entry)
	e.info.Store(i)
	e.session.Store(uint32(i.Session))
	r.byKey[i.Key] = e
	at := int(i.ID / chunkSize)
	slots := *r.slots.Load()
	if at >= len(slots) || slots[at] == nil {
		grown := make([]*chunk, max(at+1, len(slots)))
		copy(grown, slots)
		grown[at] = new(chunk)
		slots = grown
		r.slots.Store(&slots)
	}
	slots[at].entries[i.ID%chunkSize].Store(e)
	slots[at].used++
	return e
}

// remove forgets an ingress, and the chunk with its last one. The caller holds
// the lock.
func (r *Register) remove(k Key, id ID) {
	delete(r.byKey, k)
	slots := *r.slots.Load()
	c := slots[id/chunkSize]
	c.entries[id%chunkSize].Store(nil)
	c.used--
	if c.used > 0 {
		return
	}
	fewer := append([]*chunk(nil), slots...)
	fewer[id/chunkSize] = nil
	r.slots.Store(&fewer)
}

func (r *Register) signal() {
	select {
	case r.changed <- struct{}{}:
	default:
	}
}
