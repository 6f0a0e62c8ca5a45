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

// Edge returns the filter that a receiver's incoming edges run, by the name of
// the function; empty: rib_in_pre. It follows reloads and may be used by many
// goroutines.
func (s *Scripts) Edge(function string) unit.Filter {
	if function == "" {
		function = "rib_in_pre"
	}
	return &edge{s: s, function: function, stage: unit.Stage{Name: "filter " + function}}
}

// pass is what an edge keeps with a sender's batch.
type pass struct {
	set  *set
	hook *routeHook // nil: the script has no such function
	nlri bool       // the function reads the prefix
	*worker
	who  ingress.ID // of worker.from
	info *ingress.Info

	accepted, rejected uint64 // of this batch: counters shared by all are touched once
}

// Filter judges the routes of a batch.
func (e *edge) Filter(b *unit.Batch) *unit.Batch {
	cur := e.s.cur.Load()
	if cur == nil {
		return b
	}
	p := b.Scratch(&e.stage, func() any { return new(pass) }).(*pass)
	if p.set != cur {
		*p = pass{set: cur, hook: cur.edge(e.function, e.s.opt.Log)}
		if p.hook != nil {
			p.nlri = p.hook.Uses(tagNLRI)
			p.worker = e.s.worker(cur)
		}
	}
	if p.hook == nil {
		return b
	}
	out := b.Next(&e.stage)
	same := true
	for _, ev := range b.Events {
		r, ok := ev.(*unit.Routes)
		if !ok {
			out.Add(ev)
			continue
		}
		if !e.judge(p, out, r) {
			same = false
		}
	}
	t := &e.s.tallies[tallyRoute]
	t.accepted.Add(p.accepted)
	t.rejected.Add(p.rejected)
	p.accepted, p.rejected = 0, 0
	if same {
		return b
	}
	return out
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

// judge puts what becomes of a run of routes into out; true: it is unchanged
// and nothing was emitted.
func (e *edge) judge(p *pass, out *unit.Batch, r *unit.Routes) bool {
	p.ingress(e.s, r.Peer)
	log := p.world.Output
	log.begin(out, r.Peer, r.Time)
	log.route, log.whole = &p.route, r
	before := len(out.Events)
	if !p.nlri {
		p.route.begin(r.Family, r.Attrs)
		p.route.nlri = r.NLRI
		v := e.call(p)
		if v == kept && len(out.Events) == before {
			out.Add(r)
			return true
		}
		e.put(p, out, r, span{0, len(r.NLRI), 0, len(r.Marks)}, v, p.route.attrs)
		return false
	}
	if !r.Family.IsPrefix() { // a filter about prefixes has nothing to say about others
		out.Add(r)
		return true
	}
	return e.judgeEach(p, out, r, before)
}

// judgeEach judges NLRI one by one; neighbours with one outcome stay together.
func (e *edge) judgeEach(p *pass, out *unit.Batch, r *unit.Routes, before int) bool {
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
			e.put(p, out, r, g, last, attrs)
			g.start, g.first = g.end, g.next
		}
		if v == altered && g.start == g.end {
			attrs = bgp.Attrs(out.Copy(p.route.attrs))
		}
		last = v
		g.end += size
		g.next++
	}
	if g.start == 0 && last == kept && len(out.Events) == before {
		out.Add(r)
		return true
	}
	g.end, g.next = len(r.NLRI), len(r.Marks)
	e.put(p, out, r, g, last, attrs)
	return false
}

// call runs the function on the route of the pass. A fault refuses an
// announcement; a withdrawal is passed on, since state follows it.
func (e *edge) call(p *pass) verdict {
	v, fault := p.hook.Call2(p.roto, &p.route, &p.from)
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
func (e *edge) put(p *pass, out *unit.Batch, r *unit.Routes, g span, v verdict, attrs bgp.Attrs) {
	n := out.NewRoutes()
	n.Peer, n.Family, n.AddPath, n.Hidden = r.Peer, r.Family, r.AddPath, r.Hidden
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
