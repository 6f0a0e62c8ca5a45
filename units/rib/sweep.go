package rib

import (
	"context"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// sweep withdraws what is stale in a lane and adds it to out. It returns the
// number of the change.
func (r *RIB) sweep(out *unit.Batch, lane *store.Lane, gone *store.Gone, p unit.Peer, now int64) uint64 {
	gone.Plain, gone.Paths = gone.Plain[:0], gone.Paths[:0]
	report := lane.Sweep(now, gone)
	r.counts.withdrawn.Add(uint64(report.Withdrawn))
	for _, run := range []bgp.NLRI{
		{Family: lane.Key().Family, Bytes: gone.Plain},
		{Family: lane.Key().Family, AddPath: true, Bytes: gone.Paths},
	} {
		if len(run.Bytes) == 0 {
			continue
		}
		o := out.Announce(p, run.Family, run.AddPath, out.Copy(run.Bytes), nil, now)
		o.Seq = report.Seq
		for range run.Len() {
			o.Marks = append(o.Marks, bgp.ChangeWithdrawn)
		}
	}
	return report.Seq
}

// sweepOverdue withdraws stale routes whose time is over: their peer is back
// without an End-of-RIB, or has not come back at all.
func (r *RIB) sweepOverdue(ctx context.Context) {
	now := r.env.Now()
	out := new(unit.Batch)
	gone := new(store.Gone)
	r.mu.Lock()
	for _, p := range r.peers {
		limit := p.limit
		if limit == 0 {
			limit = r.cfg.Load().StaleTime
		}
		if now.Sub(p.since) < limit {
			continue
		}
		for _, lane := range p.lanes {
			if lane.Stats().Stale > 0 {
				r.sweep(out, lane, gone, unit.Peer{Ingress: p.id, Session: p.last}, now.UnixMicro())
			}
		}
	}
	r.mu.Unlock()
	if err := r.env.Forward(ctx, out); err != nil && ctx.Err() == nil {
		r.env.Log().Error("forwarding what became too old", "error", err)
	}
}

// replayBatch is about how many NLRI one batch of a replay holds.
const replayBatch = 4096

// Replay sends the whole state of one instant: peers that are up, their routes,
// and an EndOfRIB for each peer and family.
func (r *RIB) Replay(ctx context.Context, to unit.Receiver) error {
	b := new(unit.Batch)
	sessions := map[ingress.ID]unit.Peer{}
	r.mu.Lock() // no session begins or ends between the list of peers and the snapshot
	for id, p := range r.peers {
		sessions[id] = unit.Peer{Ingress: id, Session: p.last}
		if p.opened != nil {
			b.Add(p.opened)
		}
	}
	snap := r.store.Snapshot()
	r.mu.Unlock()
	defer snap.Close()
	if err := to.Handle(ctx, b); err != nil {
		return err
	}
	for lane := range snap.Lanes(r.table) {
		p := sessions[ingress.ID(lane.Key().Ingress)]
		if err := r.replayLane(ctx, to, snap, lane, p); err != nil {
			return err
		}
	}
	return nil
}

func (r *RIB) replayLane(ctx context.Context, to unit.Receiver, snap *store.Snapshot, lane *store.Lane, p unit.Peer) error {
	b, size, seq := new(unit.Batch), 0, snap.LaneSeq(lane)
	for g := range snap.Groups(lane) {
		o := b.Announce(p, g.NLRI.Family, g.NLRI.AddPath, b.Copy(g.NLRI.Bytes), bgp.Attrs(b.Copy(g.Attrs)), g.Time)
		o.Seq = seq
		n := g.NLRI.Len()
		for range n {
			o.Marks = append(o.Marks, bgp.ChangeNew)
		}
		if size += n; size >= replayBatch {
			if err := to.Handle(ctx, b); err != nil {
				return err
			}
			b.Reset()
			size = 0
		}
	}
	b.Add(&unit.EndOfRIB{Peer: p, Family: lane.Key().Family, Time: r.env.Now().UnixMicro(), Seq: seq})
	return to.Handle(ctx, b)
}
