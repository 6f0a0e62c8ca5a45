package bgpspeaker

import (
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bgp/fsm"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// receive deals with a message of an Established session. It returns an event
// for the state machine if the message ends the session.
func (c *session) receive(m bgp.Message) fsm.Event {
	if m.Type == bgp.MsgRouteRefresh {
		return c.routeRefresh(m)
	}
	c.tally.updates.Add(1)
	bgp.ParseUpdate(&c.upd, m.Body(), c.recv)
	if ev := c.judge(); ev.Kind != 0 {
		return ev
	}
	if f, end := c.upd.EndOfRIB(); end {
		if !c.negotiated(f) {
			c.s.count.unnegotiated.Add(1)
			return fsm.Event{}
		}
		c.keeper.endOfRIB(f)
	}
	accepted := true
	now := c.now.UnixMicro()
	if c.hook != nil {
		if _, end := c.upd.EndOfRIB(); !end {
			accepted = c.hook.Judge(&c.batch, c.ident, &c.upd, now)
		}
	}
	first := len(c.batch.Events)
	c.batch.AddUpdate(c.ident, &c.upd, now)
	return c.admit(first, m.Raw, accepted)
}

// judge acts on the verdict of RFC 7606.
func (c *session) judge() fsm.Event {
	v := &c.upd.Verdict
	if v.Action == bgp.Accept {
		return fsm.Event{}
	}
	count := &c.s.count
	switch v.Action {
	case bgp.DiscardAttribute:
		count.discarded.Add(1)
	case bgp.TreatAsWithdraw:
		count.treatedAsWithdraw.Add(1)
	case bgp.Reset:
		count.resets.Add(1)
	}
	c.tally.malformed.Add(1)
	if n, ok := c.s.broken.pass(c.now); ok {
		c.s.env.Log().Warn("malformed UPDATE", "peer", c.remote, "action", v.Action.String(), "fault", v.Text(),
			"rfc", v.RFC(), "offset", v.Offset, "suppressed", n)
	}
	if v.Action != bgp.Reset {
		return fsm.Event{}
	}
	return fsm.Event{Kind: fsm.UpdateMsgErr, Note: c.upd.Notification()}
}

// admit goes through what an UPDATE gave, from the event numbered first on:
// families that were not negotiated are left out (RFC 4760 §6), what the script
// rejected becomes withdrawn, and prefixes are counted.
func (c *session) admit(first int, raw []byte, accepted bool) fsm.Event {
	var over inet.Family
	wantRaw := c.s.env.Raw()
	kept := c.batch.Events[:first]
	for _, ev := range c.batch.Events[first:] {
		r, ok := ev.(*unit.Routes)
		if !ok {
			kept = append(kept, ev)
			continue
		}
		if !c.negotiated(r.Family) {
			c.s.count.unnegotiated.Add(1)
			continue
		}
		withdrawn := r.Withdrawn()
		if withdrawn {
			c.tally.withdrawn.Add(uint64(r.Run().Len()))
		} else {
			c.tally.announced.Add(uint64(r.Run().Len()))
		}
		if f := c.limit.count(r, withdrawn); f != 0 {
			over = f
		}
		if !accepted {
			c.s.count.rejected.Add(1)
			r.Attrs, r.Hidden = nil, withdrawn
		}
		if r.Attrs != nil {
			c.checkRoutes(r)
		}
		if wantRaw {
			r.Raw = raw
		}
		kept = append(kept, ev)
	}
	clear(c.batch.Events[len(kept):])
	c.batch.Events = kept
	if c.limit.max.Load() > 0 {
		c.tally.prefixes.Store(uint64(c.limit.total()))
	}
	if over != 0 {
		return c.overflow(over)
	}
	return fsm.Event{}
}

func (c *session) negotiated(f inet.Family) bool { return c.recv.Families.Has(f) }

// overflow ends a session that has more prefixes than it may, and keeps the
// peer away for a while.
func (c *session) overflow(f inet.Family) fsm.Event {
	s, max := c.s, c.limit.max.Load()
	s.count.maxPrefix.Add(1)
	c.mu.Lock()
	peer := c.peer
	c.mu.Unlock()
	b := block{peer: peer}
	again := "when its settings change"
	if peer.MaxPrefixRestart > 0 {
		b.until = c.now.Add(peer.MaxPrefixRestart)
		again = "at " + b.until.UTC().Format(time.RFC3339)
	}
	s.mu.Lock()
	s.blocked[c.remote] = b
	s.mu.Unlock()
	s.env.Log().Error("the peer sent more prefixes than max_prefix allows", "peer", c.remote, "name", peer.Name,
		"family", f.String(), "max_prefix", max, "accepted_again", again)
	return fsm.Event{Kind: fsm.AutomaticStop, Note: exceeded(f, max)}
}
