package unit

import (
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Batch is what one goroutine decoded from one read of its input, in order.
// It owns an arena for attribute sets and storage for its Routes, both reused
// by Reset, so that a source in steady state allocates nothing.
//
// A batch belongs to one goroutine at a time. The zero value is ready.
type Batch struct {
	Events []Event

	routes []*Routes // storage of NewRoutes; routes[:used] are in use
	used   int
	arena  []byte
	next   []stageBatch
	keep   []stageScratch
}

// Stage is the identity of a place on the data path that keeps scratch with
// the batches that pass it: a RIB, an edge with a filter. Compared by address.
type Stage struct{ Name string }

type stageBatch struct {
	stage *Stage
	batch *Batch
}

type stageScratch struct {
	stage *Stage
	value any
}

// arenaRetained bounds what Reset keeps of a large arena, in bytes.
const arenaRetained = 4 << 20

// Reset empties the batch and keeps its storage.
func (b *Batch) Reset() {
	clear(b.Events)
	b.Events = b.Events[:0]
	b.used = 0
	if cap(b.arena) > arenaRetained {
		b.arena = nil
	}
	b.arena = b.arena[:0]
}

// NewRoutes appends an empty Routes to the batch and returns it.
func (b *Batch) NewRoutes() *Routes {
	r := b.Detached()
	b.Events = append(b.Events, r)
	return r
}

// Detached returns an empty Routes that lives as long as the batch's content,
// without appending it: for a value that an event points to.
func (b *Batch) Detached() *Routes {
	if b.used == len(b.routes) {
		more := make([]Routes, max(16, len(b.routes)))
		for i := range more {
			b.routes = append(b.routes, &more[i])
		}
	}
	r := b.routes[b.used]
	b.used++
	*r = Routes{Marks: r.Marks[:0]}
	return r
}

// Add appends an event that the caller made.
func (b *Batch) Add(e Event) { b.Events = append(b.Events, e) }

// Arena appends to the batch's arena with f, which returns its argument
// extended, and returns what was added. Earlier results stay valid.
func (b *Batch) Arena(f func(dst []byte) []byte) []byte {
	start := len(b.arena)
	b.arena = f(b.arena)
	return b.arena[start:len(b.arena):len(b.arena)]
}

// Copy puts a copy of p into the batch's arena.
func (b *Batch) Copy(p []byte) []byte {
	start := len(b.arena)
	b.arena = append(b.arena, p...)
	return b.arena[start:len(b.arena):len(b.arena)]
}

// AddUpdate appends what an UPDATE says: up to four Routes, or an EndOfRIB.
// Attribute sets go into the arena in canonical form; NLRI point into the
// message. The verdict acts: an UPDATE to be treated as withdrawn becomes
// withdrawals (RFC 7606 §2), one that resets the session adds nothing.
func (b *Batch) AddUpdate(peer Peer, u *bgp.Update, now int64) {
	if u.Verdict.Action == bgp.Reset {
		return
	}
	if f, ok := u.EndOfRIB(); ok {
		b.Add(&EndOfRIB{Peer: peer, Family: f, Time: now})
		return
	}
	b.addNLRI(peer, u.Withdrawn(), nil, now)
	if n, ok := u.MPUnreach(); ok {
		b.addNLRI(peer, n, nil, now)
	}
	withdraw := u.Verdict.Action == bgp.TreatAsWithdraw
	if n, ok := u.MPReach(); ok {
		b.addNLRI(peer, n, b.attrs(u, n, withdraw), now)
	}
	if n := u.Announced(); len(n.Bytes) > 0 {
		b.addNLRI(peer, n, b.attrs(u, n, withdraw), now)
	}
}

func (b *Batch) attrs(u *bgp.Update, n bgp.NLRI, withdraw bool) bgp.Attrs {
	if withdraw || len(n.Bytes) == 0 {
		return nil
	}
	start := len(b.arena)
	b.arena = u.AppendAttrs(b.arena, n.Family)
	return bgp.Attrs(b.arena[start:len(b.arena):len(b.arena)])
}

func (b *Batch) addNLRI(peer Peer, n bgp.NLRI, attrs bgp.Attrs, now int64) {
	if len(n.Bytes) == 0 {
		return
	}
	r := b.NewRoutes()
	r.Peer, r.Time, r.Attrs = peer, now, attrs
	r.Family, r.AddPath, r.OneLabel, r.NLRI = n.Family, n.AddPath, n.OneLabel, n.Bytes
}

// Announce appends one attribute set with its NLRI: what readers of tables
// make. The bytes are not copied.
func (b *Batch) Announce(peer Peer, f inet.Family, addPath bool, nlri []byte, attrs bgp.Attrs, at int64) *Routes {
	r := b.NewRoutes()
	r.Peer, r.Time, r.Attrs = peer, at, attrs
	r.Family, r.AddPath, r.NLRI = f, addPath, nlri
	return r
}

// Next returns the outgoing batch of a stage, empty: scratch that lives with
// the incoming one, and so with the goroutine that sends, which is why a stage
// called by many goroutines needs no pool and no lock.
func (b *Batch) Next(s *Stage) *Batch {
	for i := range b.next {
		if b.next[i].stage == s {
			b.next[i].batch.Reset()
			return b.next[i].batch
		}
	}
	n := new(Batch)
	b.next = append(b.next, stageBatch{s, n})
	return n
}

// Scratch returns what the stage keeps with the batch's owner, such as cached
// lanes, made by create at first use.
func (b *Batch) Scratch(s *Stage, create func() any) any {
	for i := range b.keep {
		if b.keep[i].stage == s {
			return b.keep[i].value
		}
	}
	v := create()
	b.keep = append(b.keep, stageScratch{s, v})
	return v
}
