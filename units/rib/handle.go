package rib

import (
	"context"
	"sync/atomic"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// counts are the RIB's own figures, monotonic.
type counts struct {
	announced, replaced, same, withdrawn, unknown, refused, masked atomic.Uint64
	late                                                           atomic.Uint64 // events of a session that is not the current one
	unkept                                                         atomic.Uint64 // runs of families that are not kept
	broken                                                         atomic.Uint64 // runs with NLRI that make no sense
}

// scratch lives with each sender's batch: lanes it used, and the change that is
// handed to the store.
type scratch struct {
	lanes  map[laneKey]*slot
	last   *slot
	change store.Change
	gone   store.Gone
	judges *judges // made at first use
}

type laneKey struct {
	ingress ingress.ID
	family  inet.Family
}

type slot struct {
	key  laneKey
	peer *peer
	lane *store.Lane
}

// Handle stores what the batch says and forwards what it changed.
func (r *RIB) Handle(ctx context.Context, b *unit.Batch) error {
	sc := b.Scratch(r.stage, func() any { return &scratch{lanes: map[laneKey]*slot{}} }).(*scratch)
	out := b.Next(r.stage)
	for _, ev := range b.Events {
		switch ev := ev.(type) {
		case *unit.Routes:
			r.routes(sc, out, ev)
		case *unit.PeerUp:
			r.peerUp(out, ev)
		case *unit.PeerDown:
			r.peerDown(out, ev)
		case *unit.EndOfRIB:
			r.endOfRIB(sc, out, ev)
		case *unit.Stale:
			r.stale(sc, out, ev)
		case *unit.VRPs:
			r.vrps(ctx, sc, out, ev)
			out.Add(ev)
		default: // *Output, *Message pass
			out.Add(ev)
		}
	}
	return r.env.Forward(ctx, out)
}

// find returns the lane of a peer and family, from the sender's own cache.
func (r *RIB) find(sc *scratch, id ingress.ID, f inet.Family) *slot {
	k := laneKey{id, f}
	if sc.last != nil && sc.last.key == k {
		return sc.last
	}
	s := sc.lanes[k]
	if s == nil {
		r.mu.Lock()
		p := r.peer(id)
		s = &slot{k, p, r.lane(p, f)}
		r.mu.Unlock()
		sc.lanes[k] = s
	}
	sc.last = s
	return s
}

// peer returns the entry of an ingress, made at first use. The caller holds r.mu.
func (r *RIB) peer(id ingress.ID) *peer {
	p := r.peers[id]
	if p == nil {
		p = &peer{id: id, lanes: map[inet.Family]*store.Lane{}}
		r.peers[id] = p
	}
	return p
}

func (r *RIB) lane(p *peer, f inet.Family) *store.Lane {
	lane := p.lanes[f]
	if lane == nil && store.Kept(f) {
		lane = r.store.Lane(store.LaneKey{Table: r.table, Ingress: uint32(p.id), Family: f})
		p.lanes[f] = lane
	}
	return lane
}

func (r *RIB) routes(sc *scratch, out *unit.Batch, ev *unit.Routes) {
	s := r.find(sc, ev.Peer.Ingress, ev.Family)
	o := out.Detached()
	c := &sc.change
	c.NLRI, c.Attrs, c.Time, c.Marks = ev.Run(), ev.Attrs, ev.Time, o.Marks[:0]
	report, current := s.apply(c, ev.Peer.Session)
	o.Marks = c.Marks[:0] // keeps its capacity whatever becomes of o
	switch {
	case !current:
		r.counts.late.Add(1)
		return
	case s.lane == nil: // not kept: passes without a judgement
		r.counts.unkept.Add(1)
		out.Add(ev)
		return
	}
	r.count(&report)
	if ev.Hidden || report.New+report.Replaced+report.Withdrawn+report.Refreshed == 0 {
		return
	}
	*o = *ev
	o.Marks, o.Seq = c.Marks, report.Seq
	if ev.Attrs != nil && report.Withdrawn > 0 {
		r.lost(out, o)
	}
	if report.New+report.Replaced+report.Refreshed > 0 || ev.Attrs == nil {
		out.Add(o)
	}
}

// apply stores a change of a session, unless another one is current. Both are
// one step for whoever begins or ends a session.
func (s *slot) apply(c *store.Change, session ingress.Session) (store.Report, bool) {
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	if s.peer.session != session || session == 0 {
		return store.Report{}, false
	}
	if s.lane == nil {
		return store.Report{}, true
	}
	return s.lane.Apply(c), true
}

// lost adds the withdrawal of routes that were held but whose replacement was
// refused, and takes them out of the announcement.
func (r *RIB) lost(out *unit.Batch, o *unit.Routes) {
	w := out.NewRoutes()
	marks := w.Marks
	*w = *o
	w.Attrs, w.Raw, w.Marks = nil, nil, marks
	i := 0
	w.NLRI = out.Arena(func(dst []byte) []byte {
		for nlri := range o.Run().All() {
			if o.Marks[i] == bgp.ChangeWithdrawn {
				dst = append(dst, nlri...)
				w.Marks = append(w.Marks, bgp.ChangeWithdrawn)
				o.Marks[i] = bgp.ChangeRefused
			}
			i++
		}
		return dst
	})
}

func (r *RIB) count(p *store.Report) {
	add := func(c *atomic.Uint64, n int) {
		if n > 0 {
			c.Add(uint64(n))
		}
	}
	add(&r.counts.announced, p.New)
	add(&r.counts.replaced, p.Replaced)
	add(&r.counts.same, p.Same)
	add(&r.counts.withdrawn, p.Withdrawn)
	add(&r.counts.unknown, p.Unknown)
	add(&r.counts.masked, p.Masked)
	if p.Refused > 0 && r.counts.refused.Add(uint64(p.Refused)) == uint64(p.Refused) {
		r.env.Log().Error("routes are refused", "error", p.Err)
	} else if p.Refused == 0 && p.Err != nil {
		r.counts.broken.Add(1)
	}
}

// peerUp begins a session. One that is older than the last is late news.
func (r *RIB) peerUp(out *unit.Batch, ev *unit.PeerUp) {
	r.mu.Lock()
	p := r.peer(ev.Peer.Ingress)
	if ev.Peer.Session <= p.last {
		r.mu.Unlock()
		r.counts.late.Add(1)
		return
	}
	p.last, p.since, p.limit = ev.Peer.Session, r.env.Now(), 0
	one := unit.Batch{Events: []unit.Event{ev}}
	p.opened = one.Clone().Events[0].(*unit.PeerUp)
	p.mu.Lock()
	for _, lane := range p.lanes {
		lane.Up(ev.Time)
	}
	p.session = ev.Peer.Session
	p.mu.Unlock()
	r.mu.Unlock()
	out.Add(ev)
}

// peerDown ends a session with all its routes, in every family.
func (r *RIB) peerDown(out *unit.Batch, ev *unit.PeerDown) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.peer(ev.Peer.Ingress)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.session != ev.Peer.Session || p.session == 0 {
		r.counts.late.Add(1)
		return
	}
	p.session = 0
	p.opened, p.since, p.limit = nil, r.env.Now(), ev.Limit
	for _, lane := range p.lanes {
		report := lane.Down(ev.Time, ev.Keep)
		r.counts.withdrawn.Add(uint64(report.Withdrawn))
	}
	out.Add(ev)
}

// endOfRIB withdraws what the session has not refreshed.
func (r *RIB) endOfRIB(sc *scratch, out *unit.Batch, ev *unit.EndOfRIB) {
	s := r.find(sc, ev.Peer.Ingress, ev.Family)
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	if s.peer.session != ev.Peer.Session || s.peer.session == 0 {
		r.counts.late.Add(1)
		return
	}
	if s.lane == nil {
		out.Add(ev)
		return
	}
	marked := *ev
	marked.Seq = r.sweep(out, s.lane, &sc.gone, ev.Peer, ev.Time)
	out.Add(&marked)
}
