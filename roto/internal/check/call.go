package check

import (
	"fmt"
	"slices"

	"example.com/rotonda/roto/syntax"
)

// path gives a dotted run of names its value.
func (c *checker) path(names []syntax.Name, s *Scope) Expr {
	it, rest := c.walk(names, s)
	if it == nil {
		return c.bad(pathSpan(names))
	}
	e := c.itemValue(it, names[:len(names)-len(rest)])
	for _, n := range rest {
		e = c.field(e, n)
	}
	return e
}

func pathSpan(names []syntax.Name) syntax.Span {
	return names[0].Span.To(names[len(names)-1].Span)
}

// walk resolves as much of a path as names modules and types, up to a value.
func (c *checker) walk(names []syntax.Name, s *Scope) (*Item, []syntax.Name) {
	it, rest := c.lookupHead(names, s, c.report)
	for it != nil && len(rest) > 0 && (it.Kind == ModuleItem || it.Kind == TypeItem) {
		next := c.member(it, rest[0].Text)
		c.use(rest[0].Span, next)
		if next == nil {
			c.noMember(it, rest[0], c.report)
		}
		it, rest = next, rest[1:]
	}
	return it, rest
}

// itemValue is the value of an item, if it has one.
func (c *checker) itemValue(it *Item, names []syntax.Name) Expr {
	at := pathSpan(names)
	switch it.Kind {
	case LocalItem:
		return &LocalRef{node{it.Local.Type, at}, it.Local}
	case ConstItem:
		c.fn.refs.Consts = append(c.fn.refs.Consts, it.Const)
		return &ConstRef{node{it.Const.Type, at}, it.Const}
	case ContextItem:
		c.fn.refs.Contexts = append(c.fn.refs.Contexts, it.Ctx)
		return &ContextRef{node{it.Ctx.Type, at}, it.Ctx}
	case VariantItem:
		t := c.instance(it.Type)
		if len(it.Type.Variants[it.Tag].Fields) > 0 {
			c.report(at, "enum variant "+it.Name+" requires arguments", "requires arguments")
			return c.bad(at)
		}
		return &VariantExpr{node{t, at}, it.Tag, nil}
	}
	c.report(names[len(names)-1].Span, fmt.Sprintf("expected a value, but found %s `%s`", it, it.Name), "expected a value")
	return c.bad(at)
}

// call checks a call of whatever stands before the parentheses.
func (c *checker) call(x *syntax.Call, want Type, s *Scope) Expr {
	switch fn := x.Fn.(type) {
	case *syntax.Path:
		return c.callPath(x, fn.Names, want, s)
	case *syntax.Select:
		return c.method(c.value(fn.X, s), fn.Name, x, s)
	}
	c.report(x.Fn.At(), "arbitrary function expressions are not supported yet", "cannot be called")
	return c.badCall(x, s)
}

// badCall still checks the arguments.
func (c *checker) badCall(x *syntax.Call, s *Scope) Expr {
	for _, a := range x.Args {
		c.value(a, s)
	}
	return c.bad(x.Span)
}

func (c *checker) callPath(x *syntax.Call, names []syntax.Name, want Type, s *Scope) Expr {
	it, rest := c.walk(names, s)
	if it == nil {
		return c.badCall(x, s)
	}
	if len(rest) > 0 {
		e := c.itemValue(it, names[:len(names)-len(rest)])
		for _, n := range rest[:len(rest)-1] {
			e = c.field(e, n)
		}
		return c.method(e, rest[len(rest)-1], x, s)
	}
	last := names[len(names)-1]
	switch it.Kind {
	case FuncItem:
		what := "function"
		if it.Func.Method {
			what = "method"
		}
		return c.apply(it.Func, nil, what, last, x, s)
	case VariantItem:
		return c.construct(it, last, x, want, s)
	}
	c.report(last.Span, fmt.Sprintf("expected a function, but found %s `%s`", it, it.Name), "expected a function")
	return c.badCall(x, s)
}

// method calls a method of a value.
func (c *checker) method(recv Expr, name syntax.Name, x *syntax.Call, s *Scope) Expr {
	if _, bad := recv.(*Bad); bad {
		return c.badCall(x, s)
	}
	c.settle(recv.Type())
	n, ok := resolve(recv.Type()).(*Named)
	if ok && n.Def.Prim == Never {
		return c.badCall(x, s)
	}
	var it *Item
	if ok {
		it = n.Def.Members.Own(name.Text)
	}
	if it == nil && ok && c.probed(name.Text, n.Def.Members, n, true) {
		return c.badCall(x, s)
	}
	if it == nil || it.Kind != FuncItem || !it.Func.Method {
		d := c.report(name.Span, "no method `"+name.Text+"` on type `"+recv.Type().String()+"`", "unknown method")
		if it != nil && ok {
			d.Notes = append(d.Notes, fmt.Sprintf("Help: this %s belongs to the type: write `%s.%s`", it, n.Def.Path, name.Text))
		} else if ok {
			suggest(d, name.Text, methodNames(n.Def))
		}
		return c.badCall(x, s)
	}
	c.use(name.Span, it)
	return c.apply(it.Func, recv, "method", name, x, s)
}

func methodNames(d *TypeDef) []string {
	return slices.DeleteFunc(slices.Clone(d.Members.Names()), func(n string) bool {
		it := d.Members.Own(n)
		return it.Kind != FuncItem || !it.Func.Method
	})
}

// apply checks the arguments of a function; recv is the receiver written
// before the dot.
func (c *checker) apply(f *FuncDef, recv Expr, what string, name syntax.Name, x *syntax.Call, s *Scope) Expr {
	c.fn.refs.Funcs = append(c.fn.refs.Funcs, f)
	out := &CallExpr{node: node{Span: x.Span}, Fn: f}
	for range f.Generic {
		out.TypeArgs = append(out.TypeArgs, c.newVar(anyVar))
	}
	params := f.Params
	if f.Generic > 0 {
		params = substAll(params, out.TypeArgs)
	}
	out.T = f.Result
	if f.Generic > 0 {
		out.T = subst(f.Result, out.TypeArgs)
	}
	if k, constant := recv.(*ConstRef); constant && c.changesList(f) {
		d := c.report(x.Span, "cannot change the constant `"+k.Const.Name+"`", "a constant is shared by all calls")
		if PrimOf(k.Const.Type) == List {
			d.Notes = append(d.Notes, "Help: `let list = [] + "+k.Const.Name+";` makes a copy that can be changed")
		}
	}
	if recv != nil {
		if !c.unify(params[0], recv.Type()) {
			c.report(name.Span, "no method `"+name.Text+"` on type `"+recv.Type().String()+"`", "needs `"+params[0].String()+"`")
			return c.badCall(x, s)
		}
		out.Args = append(out.Args, recv)
		params = params[1:]
	}
	if len(params) != len(x.Args) {
		c.arity(what, name, len(params), len(x.Args), x.Span)
		c.badCall(x, s)
		return &Bad{node{out.T, x.Span}}
	}
	for i, a := range x.Args {
		out.Args = append(out.Args, c.expr(a, params[i], s))
	}
	return out
}

// changesList reports whether f is a method of lists or maps that changes them.
func (c *checker) changesList(f *FuncDef) bool {
	return f.Impl != nil && !f.Pure && f.Method && len(f.Params) > 0 && (PrimOf(f.Params[0]) == List || PrimOf(f.Params[0]) == Map) && f.Name != "concat"
}

func (c *checker) arity(what string, name syntax.Name, want, got int, at syntax.Span) {
	takes := fmt.Sprintf("takes %d argument%s but %d argument%s given", want, plural(want), got, were(got))
	c.report(at, what+" `"+name.Text+"` "+takes, takes)
}

func were(n int) string {
	if n == 1 {
		return " was"
	}
	return "s were"
}

// construct makes an enum value.
func (c *checker) construct(it *Item, name syntax.Name, x *syntax.Call, want Type, s *Scope) Expr {
	t := c.instance(it.Type)
	if n, ok := resolve(want).(*Named); ok && n.Def == it.Type {
		t = n // the place's arguments guide the checking of the payload
	}
	fields := VariantFields(t, it.Tag)
	if len(fields) != len(x.Args) {
		c.arity("enum constructor", name, len(fields), len(x.Args), x.Span)
		return c.badCall(x, s)
	}
	out := &VariantExpr{node{t, x.Span}, it.Tag, nil}
	for i, a := range x.Args {
		out.Args = append(out.Args, c.expr(a, fields[i], s))
	}
	return out
}

// question checks X?, which leaves the function with None or the Err.
func (c *checker) question(x *syntax.Question, s *Scope) Expr {
	e := c.value(x.X, s)
	if _, bad := e.(*Bad); bad {
		return e
	}
	result, _ := resolve(orNever(c, c.fn.result)).(*Named)
	plain := c.fn.def != nil && c.fn.kind == syntax.PlainFunc && result != nil
	isResult := false
	if n, ok := resolve(e.Type()).(*Named); ok {
		isResult = n.Def == c.u.Result
	}
	switch {
	case plain && isResult && result.Def == c.u.Result:
		t := c.newVar(anyVar)
		c.expect(&Named{c.u.Result, []Type{t, result.Args[1]}}, e)
		return &QuestionExpr{node{t, x.Span}, e, c.fn.def}
	case plain && !isResult && result.Def == c.u.Option:
		t := c.newVar(anyVar)
		c.expect(c.u.OptionOf(t), e)
		return &QuestionExpr{node{t, x.Span}, e, c.fn.def}
	}
	at := syntax.Span{File: x.Span.File, Start: x.Span.End - 1, End: x.Span.End}
	c.report(at, "can only use `?` in function returning an optional value", "cannot use `?` here")
	return c.bad(x.Span)
}

func orNever(c *checker, t Type) Type {
	if t == nil {
		return c.prim(Never)
	}
	return t
}

// exit checks accept, reject and return.
func (c *checker) exit(x *syntax.Exit, s *Scope) Expr {
	out := &ExitExpr{node: node{c.prim(Never), x.Span}}
	if c.fn.def == nil {
		c.report(x.Span, "cannot `"+x.Kind+"` here", "not allowed")
		if x.X != nil {
			c.value(x.X, s)
		}
		return out
	}
	if x.Kind == "return" {
		if x.X != nil {
			out.X = c.expr(x.X, c.fn.result, s)
			return out
		}
		unit := &UnitExpr{node{c.prim(Unit), x.Span}}
		c.expect(c.fn.result, unit)
		out.X = unit
		return out
	}
	a, r := c.newVar(anyVar), c.newVar(anyVar)
	verdict := c.u.VerdictOf(a, r)
	made := &VariantExpr{node: node{verdict, x.Span}}
	c.expect(c.fn.result, made)
	payload := Type(a)
	if x.Kind == "reject" {
		made.Tag, payload = 1, r
	}
	if x.X != nil {
		made.Args = []Expr{c.expr(x.X, payload, s)}
	} else {
		unit := &UnitExpr{node{c.prim(Unit), x.Span}}
		c.expect(payload, unit)
		made.Args = []Expr{unit}
	}
	out.X = made
	return out
}
