package graph

import (
	"context"
	"sync"
	"sync/atomic"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// maxQueueBytes bounds what a queue holds whatever its depth in batches.
const maxQueueBytes = 64 << 20

// queue stands before a target: bounded, filled by the goroutines that send and
// drained by one of its own.
//
//	put ──► [ batch | batch | … ] ──► drain ──► join ──► target.Handle
//
// A new queue before a consumer of a stage that holds state starts with a
// replay: live batches are held while the replay runs in the drain, and those
// that the replay covered already are left out by their sequence number (join).
type queue struct {
	to     func(ctx context.Context, b *unit.Batch)
	source func() unit.Unit // what a replay asks
	now    func() int64
	depth  int
	policy unit.Policy

	mu     sync.Mutex
	items  []*unit.Batch
	bytes  int
	resync bool // the state has to be sent anew
	closed bool
	wake   chan struct{} // capacity 1: something to do for the drain
	space  chan struct{} // closed and replaced when room was made

	dropped   atomic.Uint64 // events
	replays   atomic.Uint64
	abandoned atomic.Uint64 // live batches given up for a replay

	join join
}

func newQueue(depth int, policy unit.Policy) *queue {
	if depth == 0 {
		depth = unit.DefaultDepth
	}
	return &queue{
		depth: depth, policy: policy, resync: true,
		wake: make(chan struct{}, 1), space: make(chan struct{}),
		join: join{cut: map[lane]uint64{}, up: map[ingress.ID]ingress.Session{}},
	}
}

// put queues a copy of the batch, or does what the policy says where the queue
// is full. It blocks under the policy pause only.
func (q *queue) put(ctx context.Context, b *unit.Batch) {
	size := b.Size()
	q.mu.Lock()
	for q.full(size) && !q.closed {
		if q.policy != unit.Pause {
			q.overflow(b)
			q.mu.Unlock()
			q.signal()
			return
		}
		space := q.space
		q.mu.Unlock()
		select {
		case <-space:
		case <-ctx.Done():
			return
		}
		q.mu.Lock()
	}
	if !q.closed {
		q.items = append(q.items, b.Clone())
		q.bytes += size
	}
	q.mu.Unlock()
	q.signal()
}

func (q *queue) full(size int) bool {
	return len(q.items) >= q.depth || len(q.items) > 0 && q.bytes+size > maxQueueBytes
}

// overflow loses the batch. Under resync all that waits is given up with it,
// since the replay will send the state; under drop the control events stay.
func (q *queue) overflow(b *unit.Batch) {
	if _, replays := q.source().(unit.Replayer); q.policy == unit.Resync && replays {
		q.abandoned.Add(uint64(len(q.items)) + 1)
		q.items, q.bytes, q.resync = nil, 0, true
		return
	}
	kept := new(unit.Batch)
	for _, ev := range b.Events {
		switch ev.(type) {
		case *unit.PeerUp, *unit.PeerDown, *unit.EndOfRIB, *unit.Stale, *unit.VRPs:
			kept.Add(ev)
		default:
			q.dropped.Add(1)
		}
	}
	if len(kept.Events) > 0 {
		q.items = append(q.items, kept.Clone())
		q.bytes += kept.Size()
	}
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// close lets the drain end once what waits was delivered.
func (q *queue) close() {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.space)
	}
	q.mu.Unlock()
	q.signal()
}

// length is what waits now, in batches and bytes.
func (q *queue) length() (batches, bytes int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items), q.bytes
}

// drain delivers until the queue is closed and empty, or ctx ends.
func (q *queue) drain(ctx context.Context) {
	for ctx.Err() == nil {
		b, resync, closed := q.take()
		switch {
		case resync:
			q.replay(ctx)
		case b != nil:
			if q.join.live(b); len(b.Events) > 0 {
				q.to(ctx, b)
			}
		case closed:
			return
		default:
			select {
			case <-q.wake:
			case <-ctx.Done():
			}
		}
	}
}

func (q *queue) take() (b *unit.Batch, resync, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.resync {
		q.resync = false
		return nil, !q.closed, q.closed
	}
	if len(q.items) == 0 {
		return nil, false, q.closed
	}
	b = q.items[0]
	q.items[0] = nil
	q.items = q.items[1:]
	q.bytes -= b.Size()
	if q.policy == unit.Pause && !q.closed {
		close(q.space)
		q.space = make(chan struct{})
	}
	return b, false, false
}

// replay makes the target forget what it was told and sends it the state.
func (q *queue) replay(ctx context.Context) {
	r, ok := q.source().(unit.Replayer)
	if !ok {
		return
	}
	if len(q.join.up) > 0 {
		forget := new(unit.Batch)
		for id, session := range q.join.up {
			forget.Add(&unit.PeerDown{Peer: unit.Peer{Ingress: id, Session: session}, Time: q.now(), Reason: "resync"})
		}
		q.to(ctx, forget)
	}
	q.replays.Add(1)
	q.join.reset()
	_ = r.Replay(ctx, replayed{q}) // it fails only with ctx, which ends the drain
}

// replayed receives the replay: it notes how far the state goes and hands on.
type replayed struct{ q *queue }

func (r replayed) Handle(ctx context.Context, b *unit.Batch) error {
	r.q.join.state(b)
	r.q.to(ctx, b)
	return ctx.Err()
}

// lane is what sequence numbers count in.
type lane struct {
	ingress ingress.ID
	family  inet.Family
}

// join keeps, for one consumer, which sessions are up and how far the replayed
// state of each lane goes. It belongs to the drain.
type join struct {
	cut map[lane]uint64
	up  map[ingress.ID]ingress.Session
}

func (j *join) reset() {
	clear(j.cut)
	clear(j.up)
}

func (j *join) state(b *unit.Batch) {
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.PeerUp:
			j.up[ev.Peer.Ingress] = ev.Peer.Session
		case *unit.Routes:
			j.advance(ev.Peer, ev.Family, ev.Seq)
		case *unit.EndOfRIB:
			j.advance(ev.Peer, ev.Family, ev.Seq)
		}
	}
}

func (j *join) advance(p unit.Peer, f inet.Family, seq uint64) {
	l := lane{p.Ingress, f}
	j.cut[l] = max(j.cut[l], seq)
}

// live removes from a batch, which is the queue's own, what the state that was
// replayed covers already.
func (j *join) live(b *unit.Batch) {
	kept := b.Events[:0]
	for _, ev := range b.Events {
		if j.news(ev) {
			kept = append(kept, ev)
		}
	}
	clear(b.Events[len(kept):])
	b.Events = kept
}

func (j *join) news(ev unit.Event) bool {
	switch ev := ev.(type) {
	case *unit.PeerUp:
		if j.up[ev.Peer.Ingress] >= ev.Peer.Session {
			return false
		}
		j.up[ev.Peer.Ingress] = ev.Peer.Session
	case *unit.PeerDown:
		if j.up[ev.Peer.Ingress] != ev.Peer.Session {
			return false
		}
		delete(j.up, ev.Peer.Ingress)
	case *unit.Routes:
		return ev.Seq == 0 || ev.Seq > j.cut[lane{ev.Peer.Ingress, ev.Family}]
	case *unit.EndOfRIB:
		return ev.Seq == 0 || ev.Seq > j.cut[lane{ev.Peer.Ingress, ev.Family}]
	}
	return true
}
