package filter

import (
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"time"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// Log is where a script writes during one call. What it emits goes into the
// batch of the call as outputs.
type Log struct {
	out   *unit.Batch
	next  func() *unit.Batch // gives out at first use, on an edge
	peer  unit.Peer
	now   int64
	route *Route       // under judgement, or nil
	whole *unit.Routes // the run it is part of
	msg   *BMPMsg      // under judgement, or nil
	entry *LogEntry
	print io.Writer
	log   *slog.Logger
}

// begin directs what follows into a batch.
func (l *Log) begin(out *unit.Batch, peer unit.Peer, now int64) {
	l.out, l.peer, l.now = out, peer, now
	l.route, l.whole, l.msg = nil, nil, nil
}

func (l *Log) emit(topic, match string) *unit.Output {
	o := &unit.Output{Peer: l.peer, Time: l.now, Topic: topic, Match: match}
	if l.out == nil && l.next != nil {
		l.out = l.next()
	}
	if l.out == nil { // compile_lists has no batch
		return o
	}
	if l.route != nil {
		r := l.out.Detached()
		r.Peer, r.Time, r.Family, r.AddPath = l.peer, l.now, l.route.family, l.whole.AddPath
		r.NLRI, r.OneLabel = l.route.nlri, l.whole.OneLabel
		if r.Attrs = l.route.attrs; l.route.changed {
			r.Attrs = bgp.Attrs(l.out.Copy(l.route.attrs))
		}
		o.Route = r
	}
	l.out.Add(o)
	return o
}

func (l *Log) peerDown() {
	if l.msg == nil || !l.msg.is(bmp.PeerDown) {
		l.log.Warn("log_peer_down outside of a Peer Down message does nothing")
		return
	}
	l.emit("peerdown", "")
}

func (l *Log) custom(id, value uint32) {
	o := l.emit("custom", "")
	o.ID, o.Value = id, value
}

func (l *Log) line(text string) { fmt.Fprintln(l.print, text) }

func (l *Log) stamp(text string) string {
	return fmt.Sprintf("[%s] %s", time.UnixMicro(l.now).UTC().Format("2006-01-02T15:04:05Z"), text)
}

func (l *Log) current() *LogEntry {
	if l.entry == nil {
		l.entry = &LogEntry{log: l}
	}
	return l.entry
}

func (l *Log) write() {
	e := l.current()
	l.entry = nil
	if e.rec.Timestamp == 0 {
		e.rec.Timestamp = l.now
	}
	l.emit("log_entry", "").Entry = &e.rec
}

// LogEntry is the record a script is filling.
type LogEntry struct {
	rec unit.LogEntry
	log *Log
}

func (e *LogEntry) originAS(m *BMPMsg) *LogEntry {
	if a, ok := m.origin().asn(); ok {
		n := uint32(a)
		e.rec.OriginAS = &n
	}
	return e
}

func (e *LogEntry) peerAS(m *BMPMsg) *LogEntry {
	if m.update != nil {
		n := uint32(m.header.ASN)
		e.rec.PeerAS = &n
	}
	return e
}

func (e *LogEntry) hops(m *BMPMsg) *LogEntry {
	if m.update != nil && m.attributes().Has(bgp.AttrASPath) {
		n := uint64(m.attributes().ASPath().Len())
		e.rec.ASPathHops = &n
	}
	return e
}

func (e *LogEntry) reach(m *BMPMsg) *LogEntry {
	if m.update != nil {
		n := uint64(m.update.Announced().Len())
		e.rec.ConventionalReach = &n
	}
	return e
}

func (e *LogEntry) unreach(m *BMPMsg) *LogEntry {
	if m.update != nil {
		n := uint64(m.update.Withdrawn().Len())
		e.rec.ConventionalUnreach = &n
	}
	return e
}

func count(n bgp.NLRI, ok bool) (*uint64, *string) {
	if !ok {
		return nil, nil
	}
	c, family := uint64(n.Len()), n.Family.String()
	return &c, &family
}

func (e *LogEntry) mpReach(m *BMPMsg) *LogEntry {
	if m.update != nil {
		e.rec.MPReach, e.rec.MPReachAFISAFI = count(m.update.MPReach())
	}
	return e
}

func (e *LogEntry) mpUnreach(m *BMPMsg) *LogEntry {
	if m.update != nil {
		e.rec.MPUnreach, e.rec.MPUnreachAFISAFI = count(m.update.MPUnreach())
	}
	return e
}

func (e *LogEntry) all(m *BMPMsg) *LogEntry {
	return e.originAS(m).peerAS(m).hops(m).reach(m).unreach(m).mpReach(m).mpUnreach(m)
}

func bindOutput[C ~uint32](rt *roto.Runtime) {
	nlri := roto.Touches(tagNLRI)
	roto.Type[*Log](rt, "Log", "Messages for targets and lines for the operator.").
		Method("log_prefix", "A message of topic prefix.", roto.Proc2(func(l *Log, p netip.Prefix) { l.emit("prefix", p.String()) }), roto.Names("prefix"), nlri).
		Method("log_matched_asn", "A message of topic asn.", roto.Proc2(func(l *Log, a inet.ASN) { l.emit("asn", a.String()) }), roto.Names("asn"), nlri).
		Method("log_matched_origin", "A message of topic origin.", roto.Proc2(func(l *Log, a inet.ASN) { l.emit("origin", a.String()) }), roto.Names("asn"), nlri).
		Method("log_matched_community", "A message of topic community.", roto.Proc2(func(l *Log, c C) { l.emit("community", bgp.Community(c).String()) }), roto.Names("community"), nlri).
		Method("log_peer_down", "A message of topic peerdown; only for a Peer Down message.", roto.Proc1((*Log).peerDown)).
		Method("log_custom", "A message of topic custom with two numbers.", roto.Proc3((*Log).custom), roto.Names("id", "value"), nlri).
		Method("print", "A line on standard error.", roto.Proc2((*Log).line), roto.Names("text"), nlri).
		Method("timestamped_print", "A line on standard error, with the time before it.", roto.Proc2(func(l *Log, s string) { l.line(l.stamp(s)) }), roto.Names("text"), nlri).
		Method("entry", "The record being filled.", roto.Fn1((*Log).current)).
		Method("write_entry", "Sends the record and starts a new one.", roto.Proc1((*Log).write), nlri)
	field := func(fill func(*LogEntry, *BMPMsg) *LogEntry) *roto.Binding {
		return roto.Fn2(func(e *LogEntry, m *BMPMsg) *LogEntry { m.open(); return fill(e, m) })
	}
	msg := roto.Names("msg")
	roto.Type[*LogEntry](rt, "LogEntry", "A record of topic log_entry.").
		Method("origin_as", "Sets the origin AS.", field((*LogEntry).originAS), msg).
		Method("peer_as", "Sets the AS of the peer.", field((*LogEntry).peerAS), msg).
		Method("as_path_hops", "Sets the length of the AS path.", field((*LogEntry).hops), msg).
		Method("conventional_reach", "Sets the number of IPv4 routes announced.", field((*LogEntry).reach), msg).
		Method("conventional_unreach", "Sets the number of IPv4 routes withdrawn.", field((*LogEntry).unreach), msg).
		Method("mp_reach", "Sets the number and family of routes in MP_REACH_NLRI.", field((*LogEntry).mpReach), msg).
		Method("mp_unreach", "Sets the number and family of routes in MP_UNREACH_NLRI.", field((*LogEntry).mpUnreach), msg).
		Method("log_all", "Sets all of them.", field((*LogEntry).all), msg).
		Method("custom", "Replaces the record by a text.", roto.Proc2(func(e *LogEntry, s string) { e.rec.Custom = &s }), roto.Names("text")).
		Method("timestamped_custom", "Replaces the record by a text with the time before it.", roto.Proc2(func(e *LogEntry, s string) {
			e.rec.Timestamp, e.rec.CustomIsTimestamped, e.rec.Custom = e.log.now, true, &s
		}), roto.Names("text"))
}
