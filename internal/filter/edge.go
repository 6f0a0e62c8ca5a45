package filter

import (
	"net/netip"

	"example.com/rotonda/ingress"
	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/unit"
)

// edge runs a filter of routes on the batches that pass it.
type edge struct {
	s        *Scripts
	function string
	stage    unit.Stage
}

// defaultEdge is the hook of every edge to a RIB that names no other.
const defaultEdge = "rib_in_pre"

// Edge returns the filter that a receiver's incoming edges run, by the name of
// the function; empty: rib_in_pre. It follows reloads and may be used by many
// goroutines.
func (s *Scripts) Edge(function string) unit.Filter {
	if function == "" {
		function = defaultEdge
	}
	return &edge{s: s, function: function, stage: unit.Stage{Name: "filter " + function}}
}

// pass is what an edge keeps with a sender's batch.
type pass struct {
	set  *set
	hook *routeHook // nil: the script has no such function
	nlri bool       // the function looks at each NLRI
	asks bool       // it asks who the routes come from
	only bool       // it is about prefixes and has nothing to say about other families
	*worker
	who  ingress.ID // of worker.from
	info *ingress.Info

	stage *unit.Stage
	in    *unit.Batch
	at    int         // the event of in under judgement
	out   *unit.Batch // nil as long as nothing is different from in

	accepted, rejected uint64 // of this batch: counters shared by all are touched once
}

// next returns the outgoing batch, begun at first use with what was passed on
// unchanged so far.
func (p *pass) next() *unit.Batch {
	if p.out == nil {
		p.out = p.in.Next(p.stage)
		p.out.Events = append(p.out.Events, p.in.Events[:p.at]...)
	}
	return p.out
}

// start makes the pass ready for a script.
func (e *edge) start(p *pass, cur *set) {
	*p = pass{set: cur, stage: &e.stage, hook: cur.edge(e.function, e.s.opt.Log)}
	if p.hook != nil {
		p.nlri, p.asks = p.hook.uses(tagNLRI), p.hook.uses(tagIngress)
		p.only = p.hook.uses(tagPrefix) && !p.hook.uses(tagFamily)
		p.worker = e.s.worker(cur)
		p.world.Output.next = p.next
	}
}

// Filter judges the routes of a batch.
func (e *edge) Filter(b *unit.Batch) *unit.Batch {
	cur := e.s.cur.Load()
	if cur == nil {
		return b
	}
	p := b.Scratch(&e.stage, func() any { return new(pass) }).(*pass)
	if p.set != cur {
		e.start(p, cur)
	}
	if p.hook == nil {
		return b
	}
	p.in, p.out = b, nil
	for i, ev := range b.Events {
		p.at = i
		r, ok := ev.(*unit.Routes)
		if ok && !e.judge(p, r) {
			continue
		}
		if p.out != nil {
			p.out.Add(ev)
		}
	}
	e.count(p)
	if p.out == nil {
		return b
	}
	return p.out
}

func (e *edge) count(p *pass) {
	t := &e.s.tallies[tallyRoute]
	if p.accepted > 0 {
		t.accepted.Add(p.accepted)
	}
	if p.rejected > 0 {
		t.rejected.Add(p.rejected)
	}
	p.accepted, p.rejected = 0, 0
}

// span is a group of NLRI of a run: octets and, for the marks, numbers.
type span struct{ start, end, first, next int }

// verdict is what became of a route.
type verdict uint8

const (
	kept verdict = iota
	altered
	refused
)

// judge reports whether a run of routes is passed on as it is; else what became
// of it stands in the outgoing batch.
func (e *edge) judge(p *pass, r *unit.Routes) bool {
	if p.asks {
		p.ingress(e.s, r.Peer)
	}
	log := p.world.Output
	log.begin(nil, r.Peer, r.Time)
	log.route, log.whole = &p.route, r
	switch {
	case !p.nlri:
		p.route.begin(r.Family, r.Attrs)
		p.route.nlri = r.NLRI
		v := e.call(p)
		if v != kept {
			e.put(p, r, span{0, len(r.NLRI), 0, len(r.Marks)}, v, p.route.attrs)
		}
		return v == kept
	case !r.Family.IsPrefix():
		return p.only || e.judgeOthers(p, r)
	}
	return e.judgeEach(p, r)
}

// judgeOthers judges NLRI that are no prefixes one by one. There are few, so that
// each that is not kept gets an event of its own.
func (e *edge) judgeOthers(p *pass, r *unit.Routes) bool {
	g, whole := span{}, true
	for nlri := range r.Run().All() {
		g.end, g.next = g.start+len(nlri), g.first+1
		p.route.begin(r.Family, r.Attrs)
		p.route.nlri, p.route.addPath, p.route.oneLabel = nlri, r.AddPath, r.OneLabel
		if v := e.call(p); v != kept || !whole {
			if whole && g.start > 0 {
				e.put(p, r, span{0, g.start, 0, g.first}, kept, nil)
			}
			whole = false
			var attrs bgp.Attrs
			if v == altered {
				attrs = bgp.Attrs(p.next().Copy(p.route.attrs))
			}
			e.put(p, r, g, v, attrs)
		}
		g.start, g.first = g.end, g.next
	}
	if !whole && g.start < len(r.NLRI) { // what cannot be cut
		e.put(p, r, span{g.start, len(r.NLRI), g.first, len(r.Marks)}, kept, nil)
	}
	return whole
}

// judgeEach judges NLRI one by one; neighbours with one outcome stay together.
func (e *edge) judgeEach(p *pass, r *unit.Routes) bool {
	v6 := r.Family.MaxBits() == 128
	g, last := span{}, kept
	var attrs bgp.Attrs // of the open group, when altered
	for g.end < len(r.NLRI) {
		_, prefix, size := bgp.NextPrefix(r.NLRI[g.end:], v6, r.AddPath)
		if size <= 0 {
			break
		}
		p.route.begin(r.Family, r.Attrs)
		p.route.prefix, p.route.nlri = prefix, r.NLRI[g.end:g.end+size:g.end+size]
		v := e.call(p)
		if g.end > g.start && (v != last || v == altered && string(attrs) != string(p.route.attrs)) {
			e.put(p, r, g, last, attrs)
			g.start, g.first = g.end, g.next
		}
		if v == altered && g.start == g.end {
			attrs = bgp.Attrs(p.next().Copy(p.route.attrs))
		}
		last = v
		g.end += size
		g.next++
	}
	if g.start == 0 && last == kept {
		return true
	}
	g.end, g.next = len(r.NLRI), len(r.Marks)
	e.put(p, r, g, last, attrs)
	return false
}

// call runs the function on the route of the pass. A fault refuses an
// announcement; a withdrawal is passed on, since state follows it.
func (e *edge) call(p *pass) verdict {
	var v roto.Verdict
	var fault *roto.Fault
	if f := p.hook.fn; f != nil { // spares the most frequent call one more
		v, fault = f.Call2(p.roto, &p.route, &p.from)
	} else {
		v, fault = p.hook.call(p.worker, &p.route, &p.from)
	}
	if fault != nil {
		e.s.fault(&e.s.tallies[tallyRoute], fault)
		if p.route.attrs == nil {
			return kept
		}
		return refused
	}
	if v == roto.Reject {
		p.rejected++
		return refused
	}
	p.accepted++
	if p.route.changed {
		return altered
	}
	return kept
}

// put appends a group of NLRI with its outcome.
func (e *edge) put(p *pass, r *unit.Routes, g span, v verdict, attrs bgp.Attrs) {
	out := p.next()
	n := out.NewRoutes()
	n.Peer, n.Family, n.AddPath, n.OneLabel, n.Hidden = r.Peer, r.Family, r.AddPath, r.OneLabel, r.Hidden
	n.NLRI, n.Attrs, n.Time, n.Seq, n.Raw = r.NLRI[g.start:g.end], r.Attrs, r.Time, r.Seq, r.Raw
	if g.first < g.next && g.next <= len(r.Marks) {
		n.Marks = append(n.Marks, r.Marks[g.first:g.next]...)
	}
	switch v {
	case altered:
		if p.nlri {
			n.Attrs = attrs // in the arena already
		} else {
			n.Attrs = bgp.Attrs(out.Copy(attrs))
		}
	case refused:
		if r.Attrs == nil {
			n.Hidden = true
		}
		n.Attrs = nil
	}
}

// ingress fills who the routes come from, when it is another than before.
func (p *pass) ingress(s *Scripts, peer unit.Peer) {
	var info *ingress.Info
	if s.opt.Ingress != nil {
		info = s.opt.Ingress.Info(peer.Ingress)
	}
	if info == p.info && p.who == peer.Ingress && p.info != nil {
		return
	}
	p.who, p.info = peer.Ingress, info
	p.from = ingressOf(info)
}

// ingressOf is AS 4294967295 and :: for somebody unknown.
func ingressOf(info *ingress.Info) Ingress {
	if info == nil {
		return Ingress{4294967295, netip.IPv6Unspecified()}
	}
	addr := info.Addr
	if !addr.IsValid() {
		addr = netip.IPv6Unspecified()
	}
	return Ingress{info.ASN, addr.WithZone("")}
}
