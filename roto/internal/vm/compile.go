package vm

import (
	"fmt"
	"reflect"
	"unsafe"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
	"example.com/rotonda/roto/syntax"
)

// Fn is a compiled function. It is immutable once its program is compiled.
type Fn struct {
	Def     *ir.Func
	run     Do    // leaves the result in the first slots of the frame
	word    Word  // the result, when it is a word
	truth   Truth // the result, when it is a bool
	frame   uintptr
	slots   int // of the result
	argsEnd int // in slots: the result and the parameters
	sites   []syntax.Span
	site    int32
	uses    map[string]bool
}

// Compiler compiles one program. Not safe for concurrent use.
type Compiler struct {
	// Freeze makes an index of a constant list, by the name of its element type.
	Freeze map[string]func(*ListData) any

	fns    map[*ir.Func]*Fn
	values map[*ir.Global][]Slot
	sites  []syntax.Span
	err    error
	fault  *Fault // of a constant

	top, max int // temporaries of the function being compiled, in slots
	fn       *Fn
}

// Compile compiles all functions of a program and evaluates its constants. A
// fault in a constant is returned as *Fault.
func (c *Compiler) Compile(p *ir.Program) (map[*ir.Func]*Fn, error) {
	c.fns = map[*ir.Func]*Fn{}
	c.values = map[*ir.Global][]Slot{}
	for _, g := range p.Globals {
		c.value(g)
	}
	for _, f := range p.Funcs {
		c.function(f)
	}
	for _, f := range c.fns {
		f.sites = c.sites
		f.uses = map[string]bool{}
		collectUses(f.Def, f.uses, map[*ir.Func]bool{})
	}
	if c.fault != nil {
		return nil, c.fault
	}
	return c.fns, c.err
}

// collectUses gathers what a function and those it calls take from the host.
func collectUses(f *ir.Func, into map[string]bool, seen map[*ir.Func]bool) {
	if seen[f] {
		return
	}
	seen[f] = true
	for name := range f.Touches {
		into[name] = true
	}
	for _, g := range f.Calls {
		collectUses(g, into, seen)
	}
}

// Uses reports whether the function calls a host function, also through
// others, by its path or one of its tags.
func (f *Fn) Uses(name string) bool { return f.uses[name] }

func (c *Compiler) failf(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format, args...)
	}
}

func (c *Compiler) at(s syntax.Span) int32 {
	c.sites = append(c.sites, s)
	return int32(len(c.sites) - 1)
}

// maxFrame bounds the frame of a function and the value of a constant, in
// slots: records of records grow fast.
const maxFrame = 1 << 16

// value returns the slots of a constant, evaluating it at first use.
func (c *Compiler) value(g *ir.Global) []Slot {
	if v, done := c.values[g]; done {
		return v
	}
	if g.Type.Slots > maxFrame {
		c.failf("constant %s: a value of its type takes too much memory", g.Path)
		return make([]Slot, 1)
	}
	v := make([]Slot, max(g.Type.Slots, 1))
	c.values[g] = v
	if g.Init == nil {
		h, ok := g.Impl.(*HostConst)
		if !ok {
			c.failf("constant %s has no value", g.Path)
			return v
		}
		codec, err := codecOf(h.Type, g.Type)
		if err != nil {
			c.failf("constant %s: %w", g.Path, err)
			return v
		}
		codec.put(&v[0], h.Value)
		return v
	}
	fn := c.function(g.Init)
	if c.err != nil || c.fault != nil {
		return v
	}
	for _, f := range c.fns {
		f.sites = c.sites
	}
	m := NewM(Limits{Fuel: 100_000_000})
	if fault := m.Run(fn, func(f Frame) { copy(v, unsafe.Slice((*Slot)(f), g.Type.Slots)) }); fault != nil {
		c.fault = fault
		return v
	}
	c.freeze(g.Type, &v[0])
	return v
}

// HostConst is a constant of the host: a Go value of the type at an address.
type HostConst struct {
	Type  reflect.Type
	Value unsafe.Pointer
}

// Run calls a function without parameters and hands its frame, whose first
// slots are the result, to use.
func (m *M) Run(fn *Fn, use func(f Frame)) (fault *Fault) {
	defer func() {
		if p := recover(); p != nil {
			fault = m.Caught(p)
		}
	}()
	f := m.Begin(fn)
	fn.run(m, f)
	use(f)
	return nil
}

// function compiles a function at first use. While it is being compiled, a
// call of itself finds the unfinished Fn, which is complete when first run.
func (c *Compiler) function(def *ir.Func) *Fn {
	if fn := c.fns[def]; fn != nil {
		return fn
	}
	fn := &Fn{Def: def, slots: def.Result.Slots, site: c.at(def.At)}
	c.fns[def] = fn
	oldTop, oldMax, oldFn := c.top, c.max, c.fn
	c.fn, c.top = fn, def.Result.Slots
	for _, v := range def.Params {
		c.place(v)
	}
	fn.argsEnd = c.top
	for _, v := range def.Vars {
		c.place(v)
	}
	c.max = c.top
	c.body(fn)
	if c.max > maxFrame {
		c.failf("function %s: its variables take too much memory", def.Path)
	}
	fn.frame = uintptr(max(c.max, 4)) * slotSize // never empty, so that endless recursion ends
	c.top, c.max, c.fn = oldTop, oldMax, oldFn
	return fn
}

func (c *Compiler) place(v *ir.Var) {
	v.Off = c.top
	c.top += v.Type.Slots
}

// off returns the byte offset of a place.
func (c *Compiler) off(p *ir.Place) uintptr { return uintptr(p.V.Off+p.Off) * slotSize }

// scratch reserves slots until the caller resets c.top.
func (c *Compiler) scratch(slots int) uintptr {
	off := c.top
	c.top += slots
	c.max = max(c.max, c.top)
	return uintptr(off) * slotSize
}

func (c *Compiler) body(fn *Fn) {
	def := fn.Def
	fn.truth = func(m *M, f Frame) bool { return fn.word(m, f) != 0 }
	if x := soleReturn(def); x != nil {
		if def.Result.Prim == check.Bool {
			truth := c.truth(x)
			fn.truth = truth
			fn.word = func(m *M, f Frame) uint64 { return wordOf(truth(m, f)) }
		} else {
			fn.word = c.word(x)
		}
		w := fn.word
		fn.run = func(m *M, f Frame) { at(f, 0).W = w(m, f) }
		return
	}
	if def.Result.IsWord() && def.Result.Slots > 0 && tails(def.Body) {
		w := c.tail(def.Body)
		fn.word = w
		fn.run = func(m *M, f Frame) { at(f, 0).W = w(m, f) }
		return
	}
	s := c.steps(def.Body)
	fn.run = func(m *M, f Frame) { s(m, f) }
	if def.Result.IsWord() {
		fn.word = func(m *M, f Frame) uint64 {
			s(m, f)
			return at(f, 0).W
		}
	}
}

// soleReturn returns the expression of a function that is nothing else, and
// gives a word.
func soleReturn(def *ir.Func) ir.Expr {
	if len(def.Body) != 1 || !def.Result.IsWord() {
		return nil
	}
	r, ok := def.Body[0].(*ir.Return)
	if !ok || r.X == nil || r.X.Type().Slots == 0 {
		return nil
	}
	return r.X
}

func wordOf(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// steps compiles a list of statements into one.
func (c *Compiler) steps(list []ir.Stmt) step {
	var out []step
	for _, s := range list {
		if st := c.step(s); st != nil {
			out = append(out, st)
		}
	}
	switch len(out) {
	case 0:
		return func(m *M, f Frame) bool { return false }
	case 1:
		return out[0]
	case 2:
		a, b := out[0], out[1]
		return func(m *M, f Frame) bool { return a(m, f) || b(m, f) }
	case 3:
		a, b, d := out[0], out[1], out[2]
		return func(m *M, f Frame) bool { return a(m, f) || b(m, f) || d(m, f) }
	}
	return func(m *M, f Frame) bool {
		for _, s := range out {
			if s(m, f) {
				return true
			}
		}
		return false
	}
}

// step compiles a statement; nil does nothing.
func (c *Compiler) step(s ir.Stmt) step {
	top := c.top
	defer func() { c.top = top }()
	switch s := s.(type) {
	case *ir.Set:
		return c.store(s.X, uintptr(s.V.Off+s.Off)*slotSize)
	case *ir.Eval:
		if d := c.effect(s.X); d != nil {
			return func(m *M, f Frame) bool { d(m, f); return false }
		}
		return nil
	case *ir.Mark:
		id := s.ID
		return func(m *M, f Frame) bool {
			if id >= len(m.Hits) {
				m.Hits = append(m.Hits, make([]uint64, id+1-len(m.Hits))...)
			}
			m.Hits[id]++
			return false
		}
	case *ir.Return:
		return c.returns(s)
	case *ir.If:
		return c.branch(s)
	case *ir.While:
		return c.while(s)
	case *ir.For:
		return c.forLoop(s)
	case *ir.Match:
		return c.match(s)
	}
	c.failf("unknown statement %T", s)
	return nil
}

// store compiles the assignment of a value to a place in the frame.
func (c *Compiler) store(x ir.Expr, off uintptr) step {
	t := x.Type()
	switch {
	case t.Slots == 0:
		d := c.effect(x)
		if d == nil {
			return nil
		}
		return func(m *M, f Frame) bool { d(m, f); return false }
	case t.IsWord():
		w := c.word(x)
		return func(m *M, f Frame) bool { at(f, off).W = w(m, f); return false }
	case t.Slots == 1 && t.Kind != ir.Record:
		o := c.one(x)
		return func(m *M, f Frame) bool { *at(f, off) = o(m, f); return false }
	}
	d := c.into(x, off)
	return func(m *M, f Frame) bool { d(m, f); return false }
}

func (c *Compiler) returns(s *ir.Return) step {
	if s.X == nil {
		return func(m *M, f Frame) bool { return true }
	}
	if tag, ok := c.tag(s.X); ok {
		return func(m *M, f Frame) bool { at(f, 0).W = tag; return true }
	}
	if s.X.Type().IsWord() && s.X.Type().Slots > 0 {
		w := c.word(s.X)
		return func(m *M, f Frame) bool { at(f, 0).W = w(m, f); return true }
	}
	d := c.into(s.X, 0)
	return func(m *M, f Frame) bool { d(m, f); return true }
}

// allVoid reports whether all values are literally ().
func (c *Compiler) allVoid(xs []ir.Expr) bool {
	for _, x := range xs {
		if _, ok := x.(*ir.Const); !ok || x.Type().Slots > 0 {
			return false
		}
	}
	return true
}

func (c *Compiler) branch(s *ir.If) step {
	cond := c.truth(s.C)
	then, other := c.steps(s.Then), c.steps(s.Else)
	if len(s.Else) == 0 || silent(s.Else) {
		return func(m *M, f Frame) bool { return cond(m, f) && then(m, f) }
	}
	return func(m *M, f Frame) bool {
		if cond(m, f) {
			return then(m, f)
		}
		return other(m, f)
	}
}

// silent reports whether statements do nothing.
func silent(list []ir.Stmt) bool {
	for _, s := range list {
		e, ok := s.(*ir.Eval)
		if !ok {
			return false
		}
		if _, constant := e.X.(*ir.Const); !constant {
			return false
		}
	}
	return true
}

func (c *Compiler) while(s *ir.While) step {
	pre, cond, body, site := c.steps(s.Pre), c.truth(s.C), c.steps(s.Body), c.at(s.At)
	if len(s.Pre) == 0 {
		pre = nil
	}
	return func(m *M, f Frame) bool {
		for {
			if pre != nil && pre(m, f) {
				return true
			}
			if !cond(m, f) {
				return false
			}
			if m.fuel--; m.fuel < 0 {
				m.outOfFuel(site)
			}
			if body(m, f) {
				return true
			}
		}
	}
}

func (c *Compiler) forLoop(s *ir.For) step {
	list, index, elem := uintptr(s.List.Off)*slotSize, uintptr(s.Index.Off)*slotSize, uintptr(s.Elem.Off)*slotSize
	n, body, site := s.Elem.Type.Slots, c.steps(s.Body), c.at(s.At)
	return func(m *M, f Frame) bool {
		for i := 0; ; i++ {
			l := (*ListData)(at(f, list).P)
			if i >= l.n {
				return false
			}
			if m.fuel--; m.fuel < 0 {
				m.outOfFuel(site)
			}
			at(f, index).W = uint64(i)
			if n > 0 {
				copySlots(at(f, elem), l.At(i), n)
			}
			if body(m, f) {
				return true
			}
		}
	}
}

// arm is a compiled case of a match.
type arm struct {
	tag   uint64
	any   bool
	pre   step
	guard Truth
	body  step
}

func (c *Compiler) match(s *ir.Match) step {
	off := uintptr(s.X.Off) * slotSize
	arms := make([]arm, len(s.Arms))
	plain := true
	for i, a := range s.Arms {
		arms[i] = arm{tag: uint64(a.Tag), any: a.Tag < 0, body: c.steps(a.Body)}
		if len(a.Pre) > 0 {
			arms[i].pre = c.steps(a.Pre)
		}
		if a.Guard != nil {
			arms[i].guard = c.truth(a.Guard)
			plain = false
		}
	}
	if s.X.Type.Slots == 0 {
		return nil // the scrutinee never comes to be
	}
	if plain {
		return c.jumpTable(s, arms, off)
	}
	return func(m *M, f Frame) bool {
		tag := at(f, off).W
		for i := range arms {
			a := &arms[i]
			if !a.any && a.tag != tag {
				continue
			}
			if a.pre != nil && a.pre(m, f) {
				return true
			}
			if a.guard == nil || a.guard(m, f) {
				return a.body(m, f)
			}
		}
		return false
	}
}

// jumpTable compiles a match without guards.
func (c *Compiler) jumpTable(s *ir.Match, arms []arm, off uintptr) step {
	table := make([]step, len(s.X.Type.Variants))
	for tag := range table {
		table[tag] = func(m *M, f Frame) bool { return false }
		for _, a := range arms {
			if a.any || a.tag == uint64(tag) {
				table[tag] = a.body
				break
			}
		}
	}
	return func(m *M, f Frame) bool { return table[at(f, off).W](m, f) }
}
