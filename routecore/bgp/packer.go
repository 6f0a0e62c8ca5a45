package bgp

import "encoding/binary"

// Packer collects routes one by one and writes them as few UPDATEs: those that
// share attributes, next hop and family go into one message as far as it has room.
// Of several things said about one route the last counts, so that the order in which
// messages come out, withdrawals first, makes no difference. The zero value is ready;
// after [Packer.Append] it is empty again and keeps its memory. Not for concurrent use.
type Packer struct {
	groups []packGroup
	index  map[string]int // attributes and kind of run: place in groups
	last   map[string]placed
	key    []byte
	buf    []byte
	routes int
}

type packGroup struct {
	attrs Attrs
	nlri  NLRI
	holes []hole // what something later has replaced
}

// hole is a stretch of a group's NLRI.
type hole struct{ from, to int }

// placed is where a route stands.
type placed struct{ group, from, to int }

// Add announces the routes of n with attributes a, or withdraws them where a is nil.
// It keeps copies. NLRI that cannot be cut end the run; taken says how many octets
// were used.
func (p *Packer) Add(a Attrs, n NLRI) (taken int) {
	if p.index == nil {
		p.index, p.last = map[string]int{}, map[string]placed{}
	}
	if len(n.Bytes) == 0 {
		return 0
	}
	g := p.group(a, n)
	for b := n.Bytes; len(b) > 0; {
		size := nlriSize(n.Family, n.AddPath, b)
		if size <= 0 || size > len(b) {
			break
		}
		p.place(g, n, b[:size])
		b, taken = b[size:], taken+size
	}
	return taken
}

// Len is how many routes wait.
func (p *Packer) Len() int { return p.routes }

// group finds or makes the group of routes like n with attributes a.
func (p *Packer) group(a Attrs, n NLRI) int {
	p.key = binary.BigEndian.AppendUint32(p.key[:0], uint32(n.Family))
	p.key = append(p.key, boolOctet(n.AddPath), boolOctet(n.OneLabel), boolOctet(a != nil))
	p.key = append(p.key, a...)
	if g, ok := p.index[string(p.key)]; ok {
		return g
	}
	g := len(p.groups)
	p.index[string(p.key)] = g
	if g < cap(p.groups) {
		p.groups = p.groups[:g+1]
	} else {
		p.groups = append(p.groups, packGroup{})
	}
	q := &p.groups[g]
	q.nlri, q.holes = n.with(q.nlri.Bytes[:0]), q.holes[:0]
	if a == nil {
		q.attrs = nil
	} else {
		q.attrs = append(q.attrs[:0], a...)
	}
	return g
}

// place appends one NLRI of n to a group and cuts out what was said about it before.
func (p *Packer) place(g int, n NLRI, raw []byte) {
	p.key = binary.BigEndian.AppendUint32(p.key[:0], uint32(n.Family))
	nlri := raw
	if n.AddPath {
		p.key, nlri = append(p.key, raw[:4]...), raw[4:]
	}
	p.key = append(p.key, boolOctet(n.AddPath))
	p.key = n.AppendKey(p.key, nlri)
	if old, ok := p.last[string(p.key)]; ok {
		q := &p.groups[old.group]
		q.holes = append(q.holes, hole{old.from, old.to})
		p.routes--
	}
	q := &p.groups[g]
	from := len(q.nlri.Bytes)
	q.nlri.Bytes = append(q.nlri.Bytes, raw...)
	p.last[string(p.key)] = placed{g, from, len(q.nlri.Bytes)}
	p.routes++
}

// Append appends the messages for a session and empties the packer: withdrawals
// first, then the groups in the order in which they came. It follows
// [AppendUpdates] in all else: no message exceeds ctx.MaxLen, path identifiers
// follow the session, and there is no MP_UNREACH_NLRI without routes, which would
// say End-of-RIB.
func (p *Packer) Append(dst []byte, ctx Ctx) []byte {
	for _, withdraw := range [...]bool{true, false} {
		for i := range p.groups {
			if g := &p.groups[i]; (g.attrs == nil) == withdraw {
				dst = AppendUpdates(dst, ctx, g.attrs, p.whole(g))
			}
		}
	}
	p.groups, p.routes = p.groups[:0], 0
	clear(p.index)
	clear(p.last)
	return dst
}

// whole returns the NLRI of a group without what was replaced.
func (p *Packer) whole(g *packGroup) NLRI {
	if len(g.holes) == 0 {
		return g.nlri
	}
	// The holes came in any order; marking octets is simpler than sorting, and rare.
	dead := make([]bool, len(g.nlri.Bytes))
	for _, h := range g.holes {
		for i := h.from; i < h.to; i++ {
			dead[i] = true
		}
	}
	p.buf = p.buf[:0]
	for i, b := range g.nlri.Bytes {
		if !dead[i] {
			p.buf = append(p.buf, b)
		}
	}
	return g.nlri.with(p.buf)
}

func boolOctet(b bool) byte {
	if b {
		return 1
	}
	return 0
}
