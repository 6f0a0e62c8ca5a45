package vm

import (
	"unsafe"

	"example.com/rotonda/roto/internal/ir"
)

// one compiles an expression held in one slot: texts, lists, host values.
func (c *Compiler) one(e ir.Expr) One {
	t := e.Type()
	if t.IsWord() || t.Slots == 0 {
		w := c.word(e)
		return func(m *M, f Frame) Slot { return Slot{W: w(m, f)} }
	}
	switch e := e.(type) {
	case *ir.Const:
		var k Slot
		k.setText(e.Text)
		return func(m *M, f Frame) Slot { return k }
	case *ir.Place:
		off := c.off(e)
		return func(m *M, f Frame) Slot { return *at(f, off) }
	case *ir.GlobalRef:
		k := c.value(e.G)[e.Off]
		return func(m *M, f Frame) Slot { return k }
	case *ir.Context:
		return c.context(e)
	case *ir.HostCall:
		if h := c.host(e); h.one != nil {
			return h.one
		}
		c.failf("%s gives no value of one slot", e.Def.Path)
		return func(m *M, f Frame) Slot { return Slot{} }
	case *ir.Call:
		base := uintptr(c.top) * slotSize
		call := c.callEffect(e)
		return func(m *M, f Frame) Slot {
			call(m, f)
			return *at(f, base)
		}
	case *ir.Join:
		return c.join(e)
	case *ir.MakeList:
		return c.list(e)
	case *ir.Binary:
		return c.plus(e, t)
	case *ir.Cond:
		cond, a, b := c.truth(e.C), c.one(e.A), c.one(e.B)
		return func(m *M, f Frame) Slot {
			if cond(m, f) {
				return a(m, f)
			}
			return b(m, f)
		}
	case *ir.Make:
		return lone(c, e, func(x ir.Expr) func(*M, Frame) Slot { return c.one(x) })
	}
	c.failf("no form of %T in one slot", e)
	return func(m *M, f Frame) Slot { return Slot{} }
}

// plus joins two texts or two lists.
func (c *Compiler) plus(e *ir.Binary, t *ir.Type) One {
	x, y := c.one(e.X), c.one(e.Y)
	site := c.at(e.At)
	if t.Kind == ir.Text {
		return func(m *M, f Frame) (s Slot) {
			a := x(m, f)
			b := y(m, f)
			m.site = site
			m.spend(int(a.W + b.W))
			s.setText(a.text() + b.text())
			return s
		}
	}
	return func(m *M, f Frame) Slot {
		a := x(m, f)
		b := y(m, f)
		m.site = site
		m.spend((listOf(&a).n + listOf(&b).n) * max(1, t.Elem.Slots) * int(slotSize))
		return Slot{P: unsafe.Pointer(concat((*ListData)(a.P), (*ListData)(b.P)))}
	}
}

// maxParts is how many parts of an f-string are joined without a slice on the heap.
const maxParts = 16

func (c *Compiler) join(e *ir.Join) One {
	site := c.at(e.At)
	parts := make([]One, len(e.Parts))
	for i, p := range e.Parts {
		parts[i] = c.one(p)
	}
	return func(m *M, f Frame) (s Slot) {
		var room [maxParts]string
		texts := room[:0]
		n := 0
		for _, p := range parts {
			v := p(m, f)
			texts = append(texts, v.text())
			n += int(v.W)
		}
		m.site = site
		m.spend(n)
		b := make([]byte, 0, n)
		for _, t := range texts {
			b = append(b, t...)
		}
		return Slot{W: uint64(n), P: unsafe.Pointer(unsafe.SliceData(b))}
	}
}

func (c *Compiler) list(e *ir.MakeList) One {
	elem, n := e.T.Elem, len(e.Elems)
	site := c.at(e.At)
	top := c.top
	base := c.scratch(n * elem.Slots)
	var stores []Do
	for i, x := range e.Elems {
		if d := c.into(x, base+uintptr(i*elem.Slots)*slotSize); d != nil {
			stores = append(stores, d)
		}
	}
	c.top = top
	return func(m *M, f Frame) Slot {
		for _, d := range stores {
			d(m, f)
		}
		m.site = site
		m.spend(n * elem.Slots * int(slotSize))
		l := &ListData{elem: elem, n: n}
		if n*elem.Slots > 0 {
			l.slots = append([]Slot(nil), unsafe.Slice(at(f, base), n*elem.Slots)...)
		}
		return Slot{P: unsafe.Pointer(l)}
	}
}

// context reads a context variable from the worker's struct.
func (c *Compiler) context(e *ir.Context) One {
	v, ok := e.Impl.(*ContextVar)
	if !ok {
		c.failf("a context variable has no description")
		return func(m *M, f Frame) Slot { return Slot{} }
	}
	codec, err := codecOf(v.Type, e.T)
	if err != nil {
		c.failf("context variable %s: %w", v.Name, err)
		return func(m *M, f Frame) Slot { return Slot{} }
	}
	off := v.Offset
	if e.T.Kind == ir.Ref {
		return func(m *M, f Frame) Slot { return Slot{P: *(*unsafe.Pointer)(contextField(m, off))} }
	}
	return func(m *M, f Frame) (s Slot) {
		codec.put((*Slot)(noescape(unsafe.Pointer(&s))), contextField(m, off))
		return s
	}
}

func contextField(m *M, off uintptr) unsafe.Pointer {
	if m.ctx == nil {
		m.fault(ValueFault, "the worker has no context")
	}
	return unsafe.Add(m.ctx, off)
}

// into compiles the evaluation of an expression of any layout into the frame
// at an offset; nil does nothing.
func (c *Compiler) into(e ir.Expr, off uintptr) Do {
	t := e.Type()
	switch {
	case t.Slots == 0:
		return c.effect(e)
	case t.IsWord():
		w := c.word(e)
		return func(m *M, f Frame) { at(f, off).W = w(m, f) }
	case t.Slots == 1:
		o := c.one(e)
		return func(m *M, f Frame) { *at(f, off) = o(m, f) }
	}
	n := t.Slots
	switch e := e.(type) {
	case *ir.Place:
		from := c.off(e)
		return func(m *M, f Frame) { copySlots(at(f, off), at(f, from), n) }
	case *ir.Const:
		k := constSlots(e)
		return func(m *M, f Frame) { copySlots(at(f, off), &k[0], n) }
	case *ir.GlobalRef:
		k := c.value(e.G)[e.Off : e.Off+n]
		return func(m *M, f Frame) { copySlots(at(f, off), &k[0], n) }
	case *ir.Context:
		v, ok := e.Impl.(*ContextVar)
		if !ok {
			break
		}
		codec, err := codecOf(v.Type, e.T)
		if err != nil {
			c.failf("context variable %s: %w", v.Name, err)
			break
		}
		from := v.Offset
		return func(m *M, f Frame) { codec.put(at(f, off), contextField(m, from)) }
	case *ir.Call:
		return c.callInto(e, off)
	case *ir.HostCall:
		if h := c.host(e); h.into != nil {
			return h.into(off)
		}
	case *ir.Make:
		return c.make(e, off)
	case *ir.Binary:
		return c.prefix(e, off)
	case *ir.Cond:
		return c.condInto(e, off)
	}
	c.failf("no form of %T with several slots", e)
	return func(m *M, f Frame) {}
}

func (c *Compiler) condInto(e *ir.Cond, off uintptr) Do {
	cond, a, b := c.truth(e.C), c.into(e.A, off), c.into(e.B, off)
	return func(m *M, f Frame) {
		if cond(m, f) {
			run(a, m, f)
			return
		}
		run(b, m, f)
	}
}

func constSlots(e *ir.Const) []Slot {
	out := make([]Slot, len(e.Words))
	for i, w := range e.Words {
		out[i].W = w
	}
	return out
}

// make evaluates the parts of a record or enum into place.
func (c *Compiler) make(e *ir.Make, off uintptr) Do {
	var stores []Do
	for i, a := range e.Args {
		if d := c.into(a, off+uintptr(e.Offs[i])*slotSize); d != nil {
			stores = append(stores, d)
		}
	}
	tag := uint64(e.Tag)
	if e.Tag < 0 {
		return func(m *M, f Frame) {
			for _, d := range stores {
				d(m, f)
			}
		}
	}
	if len(stores) == 0 {
		return func(m *M, f Frame) { at(f, off).W = tag }
	}
	if len(stores) == 1 {
		d := stores[0]
		return func(m *M, f Frame) {
			d(m, f)
			at(f, off).W = tag
		}
	}
	return func(m *M, f Frame) {
		for _, d := range stores {
			d(m, f)
		}
		at(f, off).W = tag
	}
}

// prefix compiles IpAddr / u8.
func (c *Compiler) prefix(e *ir.Binary, off uintptr) Do {
	top := c.top
	x, y, site := c.addr(e.X), c.word(e.Y), c.at(e.At)
	c.top = top
	return func(m *M, f Frame) {
		a := x(m, f)
		high, low, family := a.W, slotAt(a, 1).W, slotAt(a, 2).W
		n := y(m, f)
		bits := n
		if family == 4 {
			bits += 96
		}
		if bits > 128 {
			m.faultAt(site, ValueFault, "prefix length is out of range")
		}
		high, low = ir.Mask(high, low, bits)
		d := at(f, off)
		d.W, slotAt(d, 1).W, slotAt(d, 2).W = high, low, family<<8|n
	}
}

// addr compiles an expression to the place of its value: where it is, or a
// temporary that lives until the caller resets c.top.
func (c *Compiler) addr(e ir.Expr) func(m *M, f Frame) *Slot {
	switch e := e.(type) {
	case *ir.Place:
		off := c.off(e)
		return func(m *M, f Frame) *Slot { return at(f, off) }
	case *ir.GlobalRef:
		k := &c.value(e.G)[e.Off]
		return func(m *M, f Frame) *Slot { return k }
	case *ir.Const:
		if e.T.Kind == ir.Addr || e.T.Kind == ir.Prefix {
			k := constSlots(e)
			return func(m *M, f Frame) *Slot { return &k[0] }
		}
	}
	off := c.scratch(max(e.Type().Slots, 1))
	d := c.into(e, off)
	return func(m *M, f Frame) *Slot {
		run(d, m, f)
		return at(f, off)
	}
}

// effect compiles an expression whose value is dropped; nil does nothing.
func (c *Compiler) effect(e ir.Expr) Do {
	switch e := e.(type) {
	case *ir.Const, *ir.Place, *ir.GlobalRef, *ir.Context:
		return nil
	case *ir.Call:
		return c.callEffect(e)
	case *ir.HostCall:
		if h := c.host(e); h.do != nil {
			return h.do
		} else if h.word != nil {
			return func(m *M, f Frame) { h.word(m, f) }
		} else if h.truth != nil {
			return func(m *M, f Frame) { h.truth(m, f) }
		} else if h.one != nil {
			return func(m *M, f Frame) { h.one(m, f) }
		} else if h.into != nil {
			top := c.top
			off := c.scratch(e.T.Slots)
			c.top = top
			return h.into(off)
		}
		return nil
	case *ir.Make:
		if e.T.Slots == 0 {
			return c.make(e, 0)
		}
	case *ir.Cond:
		cond, a, b := c.truth(e.C), c.effect(e.A), c.effect(e.B)
		return func(m *M, f Frame) {
			if cond(m, f) {
				run(a, m, f)
			} else {
				run(b, m, f)
			}
		}
	}
	if e.Type().Slots == 0 {
		return nil
	}
	top := c.top
	d := c.into(e, c.scratch(e.Type().Slots))
	c.top = top
	return d
}
