package vm

import (
	"reflect"
	"unsafe"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
)

// ContextVar is where a context variable lies in the context struct.
type ContextVar struct {
	Name   string
	Type   reflect.Type
	Offset uintptr
}

// enter compiles the arguments of a call into the callee's frame, which starts
// at the caller's first free slot, and returns what runs them and the check
// of limits.
func (c *Compiler) arguments(e *ir.Call) (fn *Fn, base uintptr, args []Do) {
	fn = c.function(e.Fn)
	base = c.scratch(e.Fn.Result.Slots)
	for i, p := range e.Fn.Params {
		off := c.scratch(p.Type.Slots)
		if d := c.into(e.Args[i], off); d != nil {
			args = append(args, d)
		}
	}
	return fn, base, args
}

// callWord compiles a call whose result is a word.
func (c *Compiler) callWord(e *ir.Call) Word {
	top := c.top
	defer func() { c.top = top }()
	if w := c.call1(e); w != nil {
		return w
	}
	fn, base, args := c.arguments(e)
	site := c.at(e.At)
	return func(m *M, f Frame) uint64 {
		for _, a := range args {
			a(m, f)
		}
		nf := unsafe.Add(f, base)
		if m.fuel--; m.fuel < 0 {
			m.outOfFuel(site)
		}
		if uintptr(nf)+fn.frame > m.end {
			m.site = site
			m.deep(fn, nf)
			return at(nf, 0).W
		}
		return fn.word(m, nf)
	}
}

// call1 is the form for one parameter that is a word.
func (c *Compiler) call1(e *ir.Call) Word {
	if len(e.Args) != 1 || !e.Args[0].Type().IsWord() || e.Args[0].Type().Slots == 0 {
		return nil
	}
	fn := c.function(e.Fn)
	base := c.scratch(1)
	off := c.scratch(1)
	site := c.at(e.At)
	if from, k, ok := c.stepOf(e.Args[0]); ok {
		return func(m *M, f Frame) uint64 {
			at(f, off).W = uint64(uint32(at(f, from).W) + k)
			nf := unsafe.Add(f, base)
			if m.fuel--; m.fuel < 0 {
				m.outOfFuel(site)
			}
			if uintptr(nf)+fn.frame > m.end {
				m.site = site
				m.deep(fn, nf)
				return at(nf, 0).W
			}
			return fn.word(m, nf)
		}
	}
	arg := c.word(e.Args[0])
	return func(m *M, f Frame) uint64 {
		at(f, off).W = arg(m, f)
		nf := unsafe.Add(f, base)
		if m.fuel--; m.fuel < 0 {
			m.outOfFuel(site)
		}
		if uintptr(nf)+fn.frame > m.end {
			m.site = site
			m.deep(fn, nf)
			return at(nf, 0).W
		}
		return fn.word(m, nf)
	}
}

// stepOf recognises a u32 variable plus or minus a constant, the argument of
// most recursions.
func (c *Compiler) stepOf(e ir.Expr) (from uintptr, k uint32, ok bool) {
	b, ok := e.(*ir.Binary)
	if !ok || b.T.Prim != check.U32 || b.Op != "+" && b.Op != "-" {
		return 0, 0, false
	}
	p, ok := b.X.(*ir.Place)
	w, known := c.constant(b.Y)
	if !ok || !known {
		return 0, 0, false
	}
	if k = uint32(w); b.Op == "-" {
		k = -k
	}
	return c.off(p), k, true
}

// callEffect compiles a call whose result stays in the callee's frame.
func (c *Compiler) callEffect(e *ir.Call) Do {
	top := c.top
	fn, base, args := c.arguments(e)
	c.top = top
	site := c.at(e.At)
	return func(m *M, f Frame) {
		for _, a := range args {
			a(m, f)
		}
		nf := unsafe.Add(f, base)
		if m.fuel--; m.fuel < 0 {
			m.outOfFuel(site)
		}
		if uintptr(nf)+fn.frame > m.end {
			m.site = site
			m.deep(fn, nf)
			return
		}
		fn.run(m, nf)
	}
}

func (c *Compiler) callInto(e *ir.Call, off uintptr) Do {
	base := uintptr(c.top) * slotSize
	call, n := c.callEffect(e), e.Fn.Result.Slots
	return func(m *M, f Frame) {
		call(m, f)
		copySlots(at(f, off), at(f, base), n)
	}
}

// host compiles a call of the host.
func (c *Compiler) host(e *ir.HostCall) code {
	top := c.top
	defer func() { c.top = top }()
	switch impl := e.Def.Impl.(type) {
	case *Binding:
		b := &binder{c: c, call: e, site: c.at(e.At)}
		out, err := impl.emit(b)
		if err != nil {
			c.failf("%s: %w", e.Def.Path, err)
		}
		return out
	case Raw:
		return c.raw(impl, e)
	}
	c.failf("%s has no implementation", e.Def.Path)
	return code{do: func(*M, Frame) {}}
}

func (c *Compiler) hostWord(e *ir.HostCall) Word {
	h := c.host(e)
	switch {
	case h.word != nil:
		return h.word
	case h.truth != nil:
		truth := h.truth
		return func(m *M, f Frame) uint64 {
			if truth(m, f) {
				return 1
			}
			return 0
		}
	}
	c.failf("%s gives no word", e.Def.Path)
	return func(m *M, f Frame) uint64 { return 0 }
}

// Raw is a function of the standard library over slots, for types that Go
// cannot name. The result goes to the first slots at base, the arguments
// follow it in order.
type Raw func(m *M, call *RawCall, base *Slot)

// RawCall is what a Raw function knows of its call.
type RawCall struct {
	Result *ir.Type
	Args   []*ir.Type
	offs   []int
	equals func(a, b *Slot) bool // of the first type argument
}

// Arg returns the slots of argument i.
func (r *RawCall) Arg(base *Slot, i int) *Slot { return slotAt(base, r.offs[i]) }

func (c *Compiler) raw(fn Raw, e *ir.HostCall) code {
	call := &RawCall{Result: e.T}
	base := c.scratch(max(e.T.Slots, 1))
	off := max(e.T.Slots, 1)
	var args []Do
	for _, a := range e.Args {
		t := a.Type()
		call.Args = append(call.Args, t)
		call.offs = append(call.offs, off)
		if d := c.into(a, c.scratch(t.Slots)); d != nil {
			args = append(args, d)
		}
		off += t.Slots
	}
	if len(e.TypeArgs) > 0 {
		call.equals = equal(e.TypeArgs[0])
	}
	site, n, result := c.at(e.At), e.T.Slots, e.T
	do := func(m *M, f Frame) {
		for _, a := range args {
			a(m, f)
		}
		m.site = site
		fn(m, call, at(f, base))
		if result.Elem != nil {
			m.spend(listOf(at(f, base)).n * max(1, result.Elem.Slots) * int(slotSize))
		}
	}
	switch {
	case n == 0:
		return code{do: do}
	case e.T.IsWord():
		return code{word: func(m *M, f Frame) uint64 { do(m, f); return at(f, base).W }}
	case n == 1:
		return code{one: func(m *M, f Frame) Slot { do(m, f); return *at(f, base) }}
	}
	return code{into: func(off uintptr) Do {
		return func(m *M, f Frame) {
			do(m, f)
			copySlots(at(f, off), at(f, base), n)
		}
	}}
}
