package rib

import (
	"encoding/binary"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/store"
	"example.com/rotonda/unit"
)

// stale does to the stale routes of a family what their source says. The session
// may have ended, but no other may have begun.
func (r *RIB) stale(sc *scratch, out *unit.Batch, ev *unit.Stale) {
	s := r.find(sc, ev.Peer.Ingress, ev.Family)
	r.mu.Lock()
	defer r.mu.Unlock()
	s.peer.mu.Lock()
	defer s.peer.mu.Unlock()
	up := s.peer.session != 0
	if s.peer.last != ev.Peer.Session {
		r.counts.late.Add(1)
		return
	}
	defer out.Add(ev) // another RIB has to do the same, at the same place
	if s.lane == nil {
		return
	}
	switch {
	case ev.Op == unit.StaleMark && up:
		s.lane.Up(ev.Time)
	case ev.Op == unit.StaleSweep:
		r.sweep(out, s.lane, &sc.gone, ev.Peer, ev.Time)
	case ev.Op == unit.StaleLongLived && !up:
		r.longLived(out, s.lane, ev)
	}
}

// longLived goes through the stale routes of a peer that is down. What it writes
// is active for the moment, which Down ends before the lock is given back.
func (r *RIB) longLived(out *unit.Batch, lane *store.Lane, ev *unit.Stale) {
	snap := r.store.Snapshot()
	defer snap.Close()
	for g := range snap.Groups(lane) {
		if g.Status != store.Stale || g.Attrs.HasCommunity(bgp.LLGRStale) {
			continue
		}
		var attrs bgp.Attrs
		if !g.Attrs.HasCommunity(bgp.NoLLGR) {
			attrs = bgp.Attrs(out.Arena(func(dst []byte) []byte { return appendLongLived(dst, g.Attrs) }))
		}
		o := out.Announce(ev.Peer, g.NLRI.Family, g.NLRI.AddPath, out.Copy(g.NLRI.Bytes), attrs, ev.Time)
		c := store.Change{NLRI: o.Run(), Attrs: attrs, Time: ev.Time, Marks: o.Marks}
		report := lane.Apply(&c)
		o.Marks, o.Seq = c.Marks, report.Seq
		r.count(&report)
		if attrs != nil && report.Withdrawn > 0 {
			r.lost(out, o)
		}
	}
	lane.Down(ev.Time, true)
}

// appendLongLived appends attributes with LLGR_STALE among the communities.
func appendLongLived(dst []byte, a bgp.Attrs) []byte {
	old, _ := a.Get(bgp.AttrCommunities)
	value := binary.BigEndian.AppendUint32(append([]byte(nil), old...), uint32(bgp.LLGRStale))
	return bgp.AppendSet(dst, a, bgp.AttrCommunities, value)
}
