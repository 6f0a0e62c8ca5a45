package ir

import (
	"math"
	"net/netip"

	"example.com/rotonda/roto/internal/check"
)

// isSimple reports whether e lowers to an expression alone.
func (l *lowerer) isSimple(e check.Expr) bool {
	if known, ok := l.simple[e]; ok {
		return known
	}
	s := l.computeSimple(e)
	l.simple[e] = s
	return s
}

func (l *lowerer) computeSimple(e check.Expr) bool {
	switch e := e.(type) {
	case *check.Lit, *check.UnitExpr, *check.LocalRef, *check.ConstRef, *check.ContextRef:
		return true
	case *check.FieldRef:
		return l.isSimple(e.X) && placeLike(e.X)
	case *check.CallExpr:
		return l.allSimple(e.Args)
	case *check.VariantExpr:
		return l.allSimple(e.Args)
	case *check.RecordExpr:
		return l.allSimple(e.Args)
	case *check.ListExpr:
		return l.allSimple(e.Elems)
	case *check.TextExpr:
		for _, p := range e.Parts {
			if !l.isSimple(p.X) {
				return false
			}
		}
		return true
	case *check.BinaryExpr:
		return l.isSimple(e.X) && l.isSimple(e.Y)
	case *check.LogicExpr:
		return l.isSimple(e.X) && l.isSimple(e.Y)
	case *check.NotExpr:
		return l.isSimple(e.X)
	case *check.NegExpr:
		return l.isSimple(e.X)
	case *check.BlockExpr:
		return l.cover == nil && len(e.Stmts) == 0 && e.Tail != nil && l.isSimple(e.Tail)
	case *check.IfExpr:
		return l.cover == nil && e.Else != nil && l.isSimple(e.Cond) && l.isSimple(e.Then) && l.isSimple(e.Else)
	}
	return false
}

func (l *lowerer) allSimple(es []check.Expr) bool {
	for _, e := range es {
		if !l.isSimple(e) {
			return false
		}
	}
	return true
}

// placeLike reports whether a field of e can be read where it is.
func placeLike(e check.Expr) bool {
	switch e := e.(type) {
	case *check.LocalRef, *check.ConstRef:
		return true
	case *check.FieldRef:
		return placeLike(e.X)
	}
	return false
}

// args lowers values that are evaluated left to right. What stands before one
// that needs statements is saved first.
func (l *lowerer) args(es []check.Expr) []Expr {
	last := -1
	for i, e := range es {
		if !l.isSimple(e) {
			last = i
		}
	}
	out := make([]Expr, len(es))
	for i, e := range es {
		out[i] = l.expr(e)
		if _, literal := out[i].(*Const); i >= last || literal {
			continue
		}
		if t := out[i].Type(); t.Slots == 0 { // nothing to save, but it may do something
			l.emit(&Eval{out[i]})
			out[i] = &Const{T: t}
			continue
		}
		t := l.temp(out[i].Type())
		l.emit(&Set{t, 0, out[i]})
		out[i] = &Place{t, 0, t.Type}
	}
	return out
}

// expr lowers e to an expression, emitting statements before it where it has
// control flow.
func (l *lowerer) expr(e check.Expr) Expr {
	t := l.of(e.Type())
	switch e := e.(type) {
	case *check.Lit:
		return l.lit(e, t)
	case *check.UnitExpr:
		return l.unit()
	case *check.LocalRef:
		return l.places[e.Local]
	case *check.ConstRef:
		return l.constRef(e, t)
	case *check.ContextRef:
		return &Context{t, e.Ctx.Impl}
	case *check.FieldRef:
		return l.field(e, t)
	case *check.CallExpr:
		return l.call(e, t)
	case *check.VariantExpr:
		m := &Make{T: t, Tag: e.Tag, Args: l.args(e.Args)}
		for _, f := range t.Variants[e.Tag] {
			m.Offs = append(m.Offs, f.Off)
		}
		return m
	case *check.RecordExpr:
		m := &Make{T: t, Tag: -1, Args: l.args(e.Args)}
		for _, n := range e.Names {
			m.Offs = append(m.Offs, t.Field(n).Off)
		}
		return m
	case *check.ListExpr:
		return &MakeList{t, l.args(e.Elems), e.Span}
	case *check.TextExpr:
		return l.text(e, t)
	case *check.BinaryExpr:
		a := l.args([]check.Expr{e.X, e.Y})
		if c := prefixConst(t, e.Op, a[0], a[1]); c != nil {
			return c
		}
		return &Binary{t, e.Op, a[0], a[1], e.Span}
	case *check.LogicExpr:
		return l.logic(e, t)
	case *check.NotExpr:
		return &Not{l.expr(e.X)}
	case *check.NegExpr:
		return &Neg{l.expr(e.X)}
	case *check.QuestionExpr:
		return l.question(e)
	}
	if l.isSimple(e) {
		switch e := e.(type) {
		case *check.BlockExpr:
			return l.expr(e.Tail)
		case *check.IfExpr:
			return &Cond{l.expr(e.Cond), l.expr(e.Then), l.expr(e.Else)}
		}
	}
	v := l.temp(t)
	l.to(e, dest{v: v})
	return &Place{v, 0, t}
}

func (l *lowerer) lit(e *check.Lit, t *Type) Expr {
	c := &Const{T: t}
	switch p := t.Prim; {
	case p == check.String:
		c.Text = e.Text
	case p == check.F64:
		c.Words = []uint64{math.Float64bits(e.Float)}
	case p == check.F32:
		c.Words = []uint64{uint64(math.Float32bits(float32(e.Float)))}
	case p == check.IPAddr:
		c.Words = AddrWords(e.Addr)
	default:
		c.Words = []uint64{e.Int}
	}
	return c
}

// AddrWords returns an address as it lies in slots.
func AddrWords(a netip.Addr) []uint64 {
	b := a.As16()
	var high, low uint64
	for i := range 8 {
		high = high<<8 | uint64(b[i])
		low = low<<8 | uint64(b[8+i])
	}
	family := uint64(6)
	if a.Is4() {
		family = 4
	}
	return []uint64{high, low, family}
}

func (l *lowerer) constRef(e *check.ConstRef, t *Type) Expr {
	g := l.globals[e.Const]
	if g == nil { // of the host
		g = &Global{Path: e.Const.Path, Type: t, Impl: e.Const.Impl}
		l.globals[e.Const] = g
	}
	l.fn.Globals = append(l.fn.Globals, g)
	return &GlobalRef{g, 0, t}
}

func (l *lowerer) field(e *check.FieldRef, t *Type) Expr {
	x := l.expr(e.X)
	f := l.of(e.X.Type()).Field(e.Name)
	switch x := x.(type) {
	case *Place:
		return &Place{x.V, x.Off + f.Off, t}
	case *GlobalRef:
		return &GlobalRef{x.G, x.Off + f.Off, t}
	}
	v := l.temp(x.Type())
	l.emit(&Set{v, 0, x})
	return &Place{v, f.Off, t}
}

func (l *lowerer) call(e *check.CallExpr, t *Type) Expr {
	args := l.args(e.Args)
	fn := l.funcs[e.Fn]
	if e.Fn.Generic > 0 && e.Fn.Decl != nil {
		fn = l.instance(e.Fn, e.TypeArgs)
	}
	if fn != nil {
		l.fn.Calls = append(l.fn.Calls, fn)
		return &Call{fn, args, e.Span}
	}
	return l.hostCall(e.Fn, t, e.TypeArgs, args, e)
}

func (l *lowerer) hostCall(f *check.FuncDef, t *Type, targs []check.Type, args []Expr, at check.Expr) Expr {
	h := &HostCall{T: t, Def: f, Args: args, At: at.At()}
	for _, a := range targs {
		h.TypeArgs = append(h.TypeArgs, l.of(a))
	}
	l.fn.Touches[f.Path] = true
	for _, tag := range f.Touches {
		l.fn.Touches[tag] = true
	}
	return h
}

func (l *lowerer) text(e *check.TextExpr, t *Type) Expr {
	xs := make([]check.Expr, len(e.Parts))
	for i, p := range e.Parts {
		xs[i] = p.X
	}
	j := &Join{T: t, At: e.Span}
	for i, x := range l.args(xs) {
		if conv := e.Parts[i].Conv; conv != nil {
			if fn := l.funcs[conv]; fn != nil {
				l.fn.Calls = append(l.fn.Calls, fn)
				x = &Call{fn, []Expr{x}, xs[i].At()}
			} else {
				x = l.hostCall(conv, t, nil, []Expr{x}, xs[i])
			}
		}
		j.Parts = append(j.Parts, x)
	}
	return j
}

// logic flattens chains of one operator. Where the right side needs
// statements, they run only when it is reached.
func (l *lowerer) logic(e *check.LogicExpr, t *Type) Expr {
	if l.isSimple(e.Y) {
		out := &Logic{T: t, Or: e.Or}
		for _, x := range []Expr{l.expr(e.X), l.expr(e.Y)} {
			if inner, ok := x.(*Logic); ok && inner.Or == e.Or {
				out.Terms = append(out.Terms, inner.Terms...)
			} else {
				out.Terms = append(out.Terms, x)
			}
		}
		return out
	}
	v := l.temp(t)
	l.to(e.X, dest{v: v})
	right := l.block(func() { l.to(e.Y, dest{v: v}) })
	s := &If{C: &Place{v, 0, t}, Then: right}
	if e.Or {
		s.Then, s.Else = nil, right
	}
	l.emit(s)
	return &Place{v, 0, t}
}

// question saves the value, leaves the function on None or Err, and reads the
// payload. Both have tag 1.
func (l *lowerer) question(e *check.QuestionExpr) Expr {
	v := l.temp(l.of(e.X.Type()))
	l.to(e.X, dest{v: v})
	result := l.fn.Result
	leave := &Make{T: result, Tag: 1}
	if fail := v.Type.Variants[1]; len(fail) > 0 {
		leave.Args = []Expr{&Place{v, fail[0].Off, fail[0].Type}}
		leave.Offs = []int{result.Variants[1][0].Off}
	}
	tag := l.of(l.u.Prim(check.U8))
	is := &Binary{l.of(l.u.Prim(check.Bool)), "!=", &Place{v, 0, tag}, &Const{T: tag, Words: []uint64{0}}, e.Span}
	l.emit(&If{C: is, Then: []Stmt{&Return{leave}}})
	ok := v.Type.Variants[0][0]
	return &Place{v, ok.Off, ok.Type}
}

// prefixConst folds address / length. A length out of range is left to fault
// where it stands.
func prefixConst(t *Type, op string, x, y Expr) Expr {
	a, ok := x.(*Const)
	n, ok2 := y.(*Const)
	if op != "/" || t.Kind != Prefix || !ok || !ok2 {
		return nil
	}
	high, low, family, bits := a.Words[0], a.Words[1], a.Words[2], n.Words[0]
	if family == 4 {
		bits += 96
	}
	if bits > 128 {
		return nil
	}
	high, low = Mask(high, low, bits)
	return &Const{T: t, Words: []uint64{high, low, family<<8 | n.Words[0]}}
}

// Mask clears all but the first bits of a 128-bit address.
func Mask(high, low, bits uint64) (uint64, uint64) {
	if bits < 64 {
		return high &^ (^uint64(0) >> bits), 0
	}
	return high, low &^ (^uint64(0) >> (bits - 64))
}
