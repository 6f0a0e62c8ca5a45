package ir

import (
	"fmt"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/syntax"
)

// lowerer turns typed trees into statements and plain expressions.
type lowerer struct {
	types   *Types
	u       *check.Universe
	funcs   map[*check.FuncDef]*Func
	globals map[*check.ConstDef]*Global
	fn      *Func
	out     *[]Stmt
	places  map[*check.Local]*Place
	simple  map[check.Expr]bool
	cover   *Program // where marks are noted; nil: no coverage

	targs     []check.Type     // of the generic function being lowered
	instances map[string]*Func // of generic functions, by path and arguments
	wanted    []instance       // whose bodies are still to be lowered
	tooMany   *check.FuncDef   // a generic function without end of instances
}

// instance is a generic function with its type arguments.
type instance struct {
	fn   *Func
	args []check.Type
}

// maxInstances bounds how many instances of generic functions a program has:
// one that calls itself with ever larger types would have no end of them.
const maxInstances = 2000

// of lays out a type, with the arguments of the function it stands in.
func (l *lowerer) of(t check.Type) *Type { return l.types.Of(check.Subst(t, l.targs)) }

// instance returns the function for type arguments, made at first use.
func (l *lowerer) instance(f *check.FuncDef, args []check.Type) *Func {
	own := make([]check.Type, len(args))
	name := f.Path + "["
	for i, a := range args {
		own[i] = check.Subst(a, l.targs)
		name += key(own[i]) + ","
	}
	if fn := l.instances[name]; fn != nil {
		return fn
	}
	fn := &Func{Path: f.Path, Def: f, At: f.Decl.Name.Span, Result: l.types.Of(check.Subst(f.Result, own))}
	if len(l.instances) >= maxInstances || len(name) > 4096 {
		l.tooMany = f
		return fn
	}
	l.instances[name] = fn
	l.wanted = append(l.wanted, instance{fn, own})
	return fn
}

// Lower lays out a checked program. It must have been checked without errors.
// With cover, a [Mark] stands before everything that can be reached on its own,
// but for tests and constants. The error names a generic function of which there
// would be no end of instances.
func Lower(u *check.Universe, p *check.Program, cover bool) (*Program, error) {
	l := &lowerer{types: NewTypes(), u: u, funcs: map[*check.FuncDef]*Func{}, globals: map[*check.ConstDef]*Global{}, simple: map[check.Expr]bool{}, instances: map[string]*Func{}}
	out := &Program{Types: l.types, Bound: l.funcs}
	for _, f := range p.Funcs {
		if f.Generic == 0 {
			l.funcs[f] = &Func{Path: f.Path, Def: f, At: f.Decl.Name.Span, Result: l.of(f.Result)}
		}
	}
	for _, k := range p.Consts {
		t := l.of(k.Type)
		init := &Func{Path: k.Path, Result: t, At: k.Decl.Name.Span}
		g := &Global{Path: k.Path, Type: t, Init: init}
		l.globals[k] = g
		out.Globals = append(out.Globals, g)
	}
	for _, k := range p.Consts {
		l.begin(l.globals[k].Init)
		l.to(k.Init, returning)
	}
	for _, f := range p.Funcs {
		if l.cover = nil; cover && f.Decl.Kind != syntax.TestFunc {
			l.cover = out
		}
		if f.Generic == 0 {
			l.function(l.funcs[f], f)
			out.Funcs = append(out.Funcs, l.funcs[f])
		}
	}
	for len(l.wanted) > 0 {
		w := l.wanted[0]
		l.wanted = l.wanted[1:]
		if l.cover = nil; cover {
			l.cover = out
		}
		l.targs = w.args
		l.function(w.fn, w.fn.Def)
		out.Funcs = append(out.Funcs, w.fn)
	}
	for _, t := range p.Tests {
		out.Tests = append(out.Tests, l.funcs[t])
	}
	if f := l.tooMany; f != nil {
		at := f.Decl.Name.Span.Position()
		return nil, fmt.Errorf("%s:%d:%d: function `%s` is used with too many types: it calls itself with ever larger ones",
			f.Decl.Name.Span.File.Name, at.Line, at.Column, f.Name)
	}
	return out, nil
}

func (l *lowerer) begin(fn *Func) {
	l.fn, l.out, l.places = fn, &fn.Body, map[*check.Local]*Place{}
	fn.Touches = map[string]bool{}
}

func (l *lowerer) function(fn *Func, f *check.FuncDef) {
	l.begin(fn)
	for _, p := range f.Locals {
		v := &Var{Name: p.Name, Type: l.of(p.Type)}
		fn.Params = append(fn.Params, v)
		l.places[p] = &Place{v, 0, v.Type}
	}
	l.to(f.Body, returning)
}

func (l *lowerer) emit(s Stmt) { *l.out = append(*l.out, s) }

// block collects the statements that run emits.
func (l *lowerer) block(run func()) []Stmt {
	old := l.out
	var list []Stmt
	l.out = &list
	run()
	l.out = old
	return list
}

func (l *lowerer) temp(t *Type) *Var {
	v := &Var{Type: t}
	l.fn.Vars = append(l.fn.Vars, v)
	return v
}

// dest is where a value goes.
type dest struct {
	v   *Var // nil: dropped, or returned
	ret bool
}

var returning = dest{ret: true}

// put ends the lowering of a value.
func (l *lowerer) put(x Expr, d dest) {
	switch {
	case d.ret && x.Type().Slots == 0:
		l.emit(&Eval{x})
		l.emit(&Return{})
	case d.ret:
		l.emit(&Return{x})
	case d.v != nil && x.Type().Slots > 0:
		l.emit(&Set{d.v, 0, x})
	default:
		l.emit(&Eval{x})
	}
}

// mark notes that control comes to e. Blocks are marked by what is in them.
func (l *lowerer) mark(e check.Expr) {
	if _, block := e.(*check.BlockExpr); block || l.cover == nil || e.At().File == nil {
		return
	}
	l.emit(&Mark{len(l.cover.Marks)})
	l.cover.Marks = append(l.cover.Marks, e.At())
}

// to lowers e and sends its value to d. Control flow becomes statements.
func (l *lowerer) to(e check.Expr, d dest) {
	l.mark(e)
	if l.isSimple(e) {
		l.put(l.expr(e), d)
		return
	}
	switch e := e.(type) {
	case *check.BlockExpr:
		for _, s := range e.Stmts {
			l.to(s, dest{})
		}
		if e.Tail != nil {
			l.to(e.Tail, d)
		} else if !e.Diverges {
			l.put(l.unit(), d)
		}
	case *check.IfExpr:
		c := l.expr(e.Cond)
		then := l.block(func() { l.to(e.Then, d) })
		var other []Stmt
		if e.Else != nil {
			other = l.block(func() { l.to(e.Else, d) })
		} else {
			other = l.block(func() { l.put(l.unit(), d) })
		}
		l.emit(&If{c, then, other})
	case *check.MatchExpr:
		l.match(e, d)
	case *check.ExitExpr:
		l.to(e.X, returning)
	case *check.LetExpr:
		l.let(e)
		l.put(l.unit(), d)
	case *check.AssignExpr:
		l.assign(e)
		l.put(l.unit(), d)
	case *check.WhileExpr:
		w := &While{At: e.Span}
		w.Pre = l.block(func() { w.C = l.expr(e.Cond) })
		w.Body = l.block(func() { l.to(e.Body, dest{}) })
		l.emit(w)
		l.put(l.unit(), d)
	case *check.ForExpr:
		l.forLoop(e)
		l.put(l.unit(), d)
	default:
		l.put(l.expr(e), d)
	}
}

func (l *lowerer) unit() Expr { return &Const{T: l.of(l.u.Prim(check.Unit))} }

func (l *lowerer) let(e *check.LetExpr) {
	if e.Local == nil {
		l.to(e.X, dest{})
		return
	}
	t := l.of(e.Local.Type)
	v := &Var{Name: e.Local.Name, Type: t}
	l.fn.Vars = append(l.fn.Vars, v)
	l.places[e.Local] = &Place{v, 0, t}
	l.to(e.X, dest{v: v})
}

func (l *lowerer) assign(e *check.AssignExpr) {
	x := l.expr(e.X)
	target, ok := l.expr(e.Target).(*Place)
	if !ok || x.Type().Slots == 0 {
		l.emit(&Eval{x})
		return
	}
	if x.Type().Slots > 1 { // parts of x may read what the store overwrites
		t := l.temp(x.Type())
		l.emit(&Set{t, 0, x})
		x = &Place{t, 0, t.Type}
	}
	l.emit(&Set{target.V, target.Off, x})
}

func (l *lowerer) forLoop(e *check.ForExpr) {
	f := &For{List: l.temp(l.of(e.In.Type())), Index: l.temp(l.of(l.u.Prim(check.U64))), At: e.Span}
	l.to(e.In, dest{v: f.List})
	f.Elem = l.temp(l.of(e.Local.Type))
	l.places[e.Local] = &Place{f.Elem, 0, f.Elem.Type}
	f.Body = l.block(func() { l.to(e.Body, dest{}) })
	l.emit(f)
}

// match copies the scrutinee once; the pattern's variables are parts of the copy.
func (l *lowerer) match(e *check.MatchExpr, d dest) {
	x := l.temp(l.of(e.X.Type()))
	l.to(e.X, dest{v: x})
	m := &Match{X: x}
	for _, a := range e.Arms {
		arm := Arm{Tag: a.Tag}
		for i, local := range a.Locals {
			if local == nil {
				continue
			}
			f := x.Type.Variants[a.Tag][i]
			l.places[local] = &Place{x, f.Off, f.Type}
		}
		if a.Guard != nil {
			arm.Pre = l.block(func() { arm.Guard = l.expr(a.Guard) })
		}
		arm.Body = l.block(func() { l.to(a.Body, d) })
		m.Arms = append(m.Arms, arm)
	}
	l.emit(m)
}
