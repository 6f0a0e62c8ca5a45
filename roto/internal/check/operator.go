package check

import (
	"fmt"

	"example.com/rotonda/roto/syntax"
)

func (c *checker) unary(x *syntax.Unary, want Type, s *Scope) Expr {
	if x.Op == "!" {
		return &NotExpr{node{c.prim(Bool), x.Span}, c.expr(x.X, c.prim(Bool), s)}
	}
	inner := x.X
	if lit, ok := inner.(*syntax.Literal); ok && (lit.Token.Kind == syntax.Int || lit.Token.Kind == syntax.Float || lit.Token.Kind == syntax.Hex) {
		e := c.literal(lit.Token, true).(*Lit)
		e.Span = x.Span
		if p := PrimOf(e.T); p.Integer() && !p.Signed() {
			c.report(x.Span, "cannot apply `-` to unsigned integer type", "cannot apply `-` to `"+e.T.String()+"`")
		}
		return e
	}
	e := c.value(inner, s)
	if _, bad := e.(*Bad); bad {
		return e
	}
	switch t := resolve(e.Type()).(type) {
	case *Var:
		if t.kind == intVar {
			t.kind = signedVar
		}
		if t.kind == anyVar || t.kind == recordVar {
			return c.notNumeric(e)
		}
	default:
		p := PrimOf(t)
		if p.Integer() && !p.Signed() {
			c.report(x.Span, "cannot apply `-` to unsigned integer type", "cannot apply `-` to `"+t.String()+"`")
			return c.bad(x.Span)
		}
		if !p.Integer() && !p.Float() && p != Never {
			return c.notNumeric(e)
		}
	}
	return &NegExpr{node{e.Type(), x.Span}, e}
}

func (c *checker) notNumeric(e Expr) Expr {
	c.report(e.At(), "expected a numeric value, found type `"+e.Type().String()+"`", "not a numeric value")
	return c.bad(e.At())
}

// numeric reports whether t is or will be a number.
func numeric(t Type) bool {
	if v, ok := resolve(t).(*Var); ok {
		return v.kind == intVar || v.kind == signedVar || v.kind == floatVar
	}
	p := PrimOf(t)
	return p.Integer() || p.Float() || p == Never
}

// prefixLength refuses a prefix whose length its address cannot have, where both
// are written out; else it is found when the prefix is made.
func (c *checker) prefixLength(addr, length Expr) {
	a, ok := addr.(*Lit)
	n, known := length.(*Lit)
	if !ok || !known || n.Neg || n.Int > 255 || n.Int <= uint64(a.Addr.BitLen()) {
		return
	}
	c.report(n.Span, "prefix length is out of range", fmt.Sprintf("an address like this has %d bits", a.Addr.BitLen()))
}

// ordered reports whether values that are no numbers have an order, which is an
// extension: that of their characters, numbers, or family, address and length.
func ordered(p Prim) bool { return p == Char || p == String || p == ASN || p == IPAddr || p == Prefix }

func (c *checker) binary(x *syntax.Binary, want Type, s *Scope) Expr {
	span := x.At()
	if x.Op == "&&" || x.Op == "||" {
		a := c.expr(x.X, c.prim(Bool), s)
		return &LogicExpr{node{c.prim(Bool), span}, x.Op == "||", a, c.expr(x.Y, c.prim(Bool), s)}
	}
	left := c.value(x.X, s)
	return c.operate(x.Op, left, x.Y, span, s)
}

// operate checks the right side of an operator whose left side is known; the
// left operand decides.
func (c *checker) operate(op string, left Expr, right syntax.Expr, span syntax.Span, s *Scope) Expr {
	if _, bad := left.(*Bad); bad {
		c.value(right, s)
		return left
	}
	t := left.Type()
	p := PrimOf(t)
	switch op {
	case "==", "!=":
		return &BinaryExpr{node{c.prim(Bool), span}, op, left, c.expr(right, t, s)}
	case "<", "<=", ">", ">=":
		if !numeric(t) && !ordered(p) {
			c.value(right, s)
			return c.notNumeric(left)
		}
		return &BinaryExpr{node{c.prim(Bool), span}, op, left, c.expr(right, t, s)}
	case "/":
		if p == IPAddr {
			y := c.expr(right, c.prim(U8), s)
			c.prefixLength(left, y)
			return &BinaryExpr{node{c.prim(Prefix), span}, op, left, y}
		}
	case "+":
		if p == String || p == List {
			return &BinaryExpr{node{t, span}, op, left, c.expr(right, t, s)}
		}
	}
	if !numeric(t) {
		c.value(right, s)
		return c.notNumeric(left)
	}
	if op == "**" && !p.Float() {
		if v, ok := resolve(t).(*Var); !ok || v.kind != floatVar {
			return &BinaryExpr{node{t, span}, op, left, c.expr(right, c.prim(U32), s)}
		}
	}
	if v, ok := resolve(t).(*Var); op == "%" && (p.Float() || ok && v.kind == floatVar) {
		c.value(right, s)
		c.report(left.At(), "expected an integer value, found type `"+t.String()+"`", "not an integer value")
		return c.bad(span)
	}
	return &BinaryExpr{node{t, span}, op, left, c.expr(right, t, s)}
}

// assign checks a store into a variable or a field of one.
func (c *checker) assign(x *syntax.Assign, s *Scope) Expr {
	names := x.Target.Names
	it, rest := c.lookupHead(names, s, c.report)
	if it == nil {
		c.value(x.Y, s)
		return c.bad(x.Target.At())
	}
	if it.Kind != LocalItem {
		d := c.report(x.Target.At(), "cannot assign to this expression", "cannot assign to this")
		d.Notes = append(d.Notes, "Note: you can only assign to a variable or fields of a variable")
		c.value(x.Y, s)
		return c.bad(x.Target.At())
	}
	var target Expr = &LocalRef{node{it.Local.Type, names[0].Span}, it.Local}
	for _, n := range rest {
		target = c.field(target, n)
		if _, getter := target.(*CallExpr); getter {
			c.report(n.Span, "cannot assign to this expression", "a field of a host's schema can only be read")
			c.value(x.Y, s)
			return c.bad(x.Target.At())
		}
	}
	out := &AssignExpr{node: node{c.prim(Unit), x.At()}, Target: target}
	if x.Op == "" {
		out.X = c.expr(x.Y, target.Type(), s)
		return out
	}
	out.X = c.operate(x.Op, target, x.Y, x.At(), s)
	c.expect(target.Type(), out.X)
	return out
}

// field selects a field of a record.
func (c *checker) field(x Expr, name syntax.Name) Expr {
	if _, bad := x.(*Bad); bad {
		return x
	}
	fields, ok := FieldsOf(x.Type())
	i := fieldIndex(fields, name.Text)
	if ok && i >= 0 {
		c.useField(name.Span, x.Type(), fields[i].Type, name.Text)
		return &FieldRef{node{fields[i].Type, x.At().To(name.Span)}, x, name.Text}
	}
	if n, ok := resolve(x.Type()).(*Named); ok && n.Def.Dynamic {
		if m := n.Def.Members.Own(name.Text); m != nil && m.Kind == FuncItem && m.Func.Field {
			c.use(name.Span, m)
			return &CallExpr{node: node{m.Func.Result, x.At().To(name.Span)}, Fn: m.Func, Args: []Expr{x}}
		}
		for _, known := range n.Def.Members.Names() {
			fields = append(fields, Field{Name: known})
		}
	}
	c.settle(x.Type())
	var members *Scope
	if n, ok := resolve(x.Type()).(*Named); ok {
		members = n.Def.Members
	}
	if c.probed(name.Text, members, x.Type(), true) {
		return c.bad(x.At().To(name.Span))
	}
	d := c.report(name.Span, "no field `"+name.Text+"` on type `"+x.Type().String()+"`", "unknown field")
	var known []string
	for _, f := range fields {
		known = append(known, f.Name)
	}
	suggest(d, name.Text, known)
	if n, ok := resolve(x.Type()).(*Named); ok {
		if m := n.Def.Members.Own(name.Text); m != nil && m.Kind == FuncItem {
			d.Notes = append(d.Notes, "Help: `"+name.Text+"` is a method: call it with `"+name.Text+"()`")
		}
	}
	return c.bad(x.At().To(name.Span))
}

// settle fixes an open number where its type is needed at once.
func (c *checker) settle(t Type) {
	if v, ok := resolve(t).(*Var); ok {
		switch v.kind {
		case intVar, signedVar:
			v.link = c.prim(I32)
		case floatVar:
			v.link = c.prim(F64)
		}
	}
}
