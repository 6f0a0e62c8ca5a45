package check

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/rotonda/roto/syntax"
)

// expr checks an expression against the type its place wants.
func (c *checker) expr(x syntax.Expr, want Type, s *Scope) Expr {
	e := c.infer(x, want, s)
	c.expect(want, e)
	return e
}

// value checks an expression in a place that takes any type.
func (c *checker) value(x syntax.Expr, s *Scope) Expr { return c.expr(x, c.newVar(anyVar), s) }

// expect unifies what a place wants with what an expression is.
func (c *checker) expect(want Type, e Expr) {
	if _, bad := e.(*Bad); bad {
		return
	}
	c.infinite = false
	if c.unify(want, e.Type()) {
		return
	}
	if c.infinite {
		c.report(e.At(), "infinite type", "this would have the type `"+e.Type().String()+"` inside itself")
		return
	}
	w, g := resolve(want), resolve(e.Type())
	if n, ok := e.(*NegExpr); ok && PrimOf(w).Integer() && !PrimOf(w).Signed() {
		c.report(n.Span, "cannot apply `-` to unsigned integer type", "cannot apply `-` to `"+w.String()+"`")
		return
	}
	c.report(e.At(), "mismatched types", "expected `"+w.String()+"`, found `"+g.String()+"`")
}

func (c *checker) bad(at syntax.Span) Expr { return &Bad{node{c.prim(Never), at}} }

// infer gives an expression its type; want only guides.
func (c *checker) infer(x syntax.Expr, want Type, s *Scope) Expr {
	switch x := x.(type) {
	case *syntax.Literal:
		return c.literal(x.Token, false)
	case *syntax.Unit:
		return &UnitExpr{node{c.prim(Unit), x.Span}}
	case *syntax.Paren:
		return c.infer(x.X, want, s)
	case *syntax.FString:
		return c.fstring(x, s)
	case *syntax.Path:
		return c.path(x.Names, s)
	case *syntax.Select:
		return c.field(c.value(x.X, s), x.Name)
	case *syntax.Call:
		return c.call(x, want, s)
	case *syntax.Question:
		return c.question(x, s)
	case *syntax.Unary:
		return c.unary(x, want, s)
	case *syntax.Binary:
		return c.binary(x, want, s)
	case *syntax.Assign:
		return c.assign(x, s)
	case *syntax.List:
		return c.list(x, want, s)
	case *syntax.RecordLit:
		return c.record(x, want, s)
	case *syntax.Block:
		return c.blockIn(x, want, NewScope(s, s.Path))
	case *syntax.Let:
		return c.let(x, s)
	case *syntax.If:
		return c.ifExpr(x, want, s)
	case *syntax.Match:
		return c.match(x, want, s)
	case *syntax.While:
		cond := c.expr(x.Cond, c.prim(Bool), s)
		return &WhileExpr{node{c.prim(Unit), x.Span}, cond, c.blockIn(x.Body, c.prim(Unit), NewScope(s, s.Path))}
	case *syntax.For:
		return c.forExpr(x, s)
	case *syntax.Exit:
		return c.exit(x, s)
	}
	return c.bad(x.At())
}

// blockIn checks a block whose scope is already made.
func (c *checker) blockIn(b *syntax.Block, want Type, s *Scope) *BlockExpr {
	out := &BlockExpr{node: node{c.prim(Unit), b.Span}}
	if len(b.Imports) > 0 {
		for _, im := range b.Imports {
			c.queueImports(im, s)
		}
		c.resolveImports()
	}
	for _, st := range b.Stmts {
		e := c.statement(st, s)
		out.Diverges = out.Diverges || diverges(e)
		out.Stmts = append(out.Stmts, e)
	}
	if b.Tail != nil {
		out.Tail = c.infer(b.Tail, want, s)
		out.T = out.Tail.Type()
		out.Span = b.Tail.At()
		out.Diverges = out.Diverges || diverges(out.Tail)
		if _, bad := out.Tail.(*Bad); !bad {
			c.expect(want, out.Tail)
			out.T = want
		}
		if diverges(out.Tail) {
			out.T = c.prim(Never)
		}
		return out
	}
	if out.Diverges || b.Broken {
		out.T = c.prim(Never)
		return out
	}
	out.Span = lastByte(b.Span)
	c.expect(want, out)
	out.Span = b.Span
	return out
}

// lastByte is the closing brace of a block: where its missing value would stand.
func lastByte(s syntax.Span) syntax.Span {
	return syntax.Span{File: s.File, Start: s.End - 1, End: s.End}
}

// statement checks an expression whose value is dropped.
func (c *checker) statement(x syntax.Expr, s *Scope) Expr {
	return c.infer(x, c.newVar(anyVar), s)
}

func (c *checker) let(x *syntax.Let, s *Scope) Expr {
	var t Type = c.newVar(anyVar)
	if x.Type != nil {
		t = c.typeOf(x.Type, s)
	}
	out := &LetExpr{node: node{c.prim(Unit), x.Span}, X: c.expr(x.X, t, s)}
	if x.Name.Text != "_" {
		out.Local = &Local{x.Name.Text, t}
		c.define(s, &Item{Kind: LocalItem, Name: x.Name.Text, Span: x.Name.Span, Local: out.Local})
	}
	return out
}

func (c *checker) forExpr(x *syntax.For, s *Scope) Expr {
	elem := c.newVar(anyVar)
	out := &ForExpr{node: node{c.prim(Unit), x.Span}, In: c.expr(x.In, c.u.ListOf(elem), s)}
	inner := NewScope(s, s.Path)
	if x.Var.Text != "_" {
		out.Local = &Local{x.Var.Text, elem}
		c.define(inner, &Item{Kind: LocalItem, Name: x.Var.Text, Span: x.Var.Span, Local: out.Local})
	} else {
		out.Local = &Local{"_", elem}
	}
	out.Body = c.blockIn(x.Body, c.prim(Unit), inner)
	return out
}

func (c *checker) ifExpr(x *syntax.If, want Type, s *Scope) Expr {
	out := &IfExpr{node: node{T: want, Span: x.Span}, Cond: c.expr(x.Cond, c.prim(Bool), s)}
	if x.Else == nil {
		out.T = c.prim(Unit)
		out.Then = c.blockIn(x.Then, c.prim(Unit), NewScope(s, s.Path))
		return out
	}
	out.Then = c.blockIn(x.Then, want, NewScope(s, s.Path))
	if b, ok := x.Else.(*syntax.Block); ok {
		out.Else = c.blockIn(b, want, NewScope(s, s.Path))
	} else {
		out.Else = c.expr(x.Else, want, s)
	}
	if diverges(out.Then) && diverges(out.Else) {
		out.T = c.prim(Never)
	}
	return out
}

// literal gives a token its value and type.
func (c *checker) literal(t syntax.Token, neg bool) Expr {
	l := &Lit{node: node{Span: t.Span}, Neg: neg}
	switch t.Kind {
	case syntax.Int:
		return c.integer(l, strings.ReplaceAll(t.Text, "_", ""), 10, t.Value)
	case syntax.Hex:
		return c.integer(l, t.Value, 16, "")
	case syntax.Float:
		return c.floatLit(l, t)
	case syntax.String:
		l.T, l.Text = c.prim(String), t.Value
	case syntax.Char:
		r, _ := utf8.DecodeRuneInString(t.Value)
		l.T, l.Int = c.prim(Char), uint64(r)
	case syntax.Bool:
		l.T = c.prim(Bool)
		if t.Text == "true" {
			l.Int = 1
		}
	case syntax.ASN:
		n, err := strconv.ParseUint(t.Value, 10, 32)
		if err != nil {
			c.report(t.Span, "found an invalid AS number '"+t.Text+"'", "AS numbers go from AS0 to AS4294967295")
		}
		l.T, l.Int = c.prim(ASN), n
	case syntax.IPv4, syntax.IPv6:
		a, err := netip.ParseAddr(t.Text)
		if err != nil {
			what := "an invalid Ipv4 addresses literal"
			if t.Kind == syntax.IPv6 {
				what = "an invalid Ipv6 addresses literal"
			}
			c.report(t.Span, "found "+what+" '"+t.Text+"'", "not an address")
			a = netip.IPv4Unspecified()
		}
		l.T, l.Addr = c.prim(IPAddr), a
	}
	return l
}

func (c *checker) integer(l *Lit, digits string, base int, suffix string) Expr {
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		c.report(l.Span, "found an invalid integer literal '"+l.Span.Text()+"'", "does not fit in 64 bits")
	}
	l.Int = n
	kind := intVar
	if l.Neg {
		kind = signedVar
	}
	l.T = c.newVar(kind)
	if suffix != "" {
		p := primNamed(suffix)
		if !p.Integer() {
			c.report(l.Span, "found an invalid integer literal '"+l.Span.Text()+"': invalid suffix `"+suffix+"`", "invalid suffix")
			return l
		}
		l.T = c.prim(p)
	}
	c.lits = append(c.lits, l)
	return l
}

func primNamed(name string) Prim {
	for p, n := range primNames {
		if n == name {
			return Prim(p)
		}
	}
	return NotPrim
}

func (c *checker) floatLit(l *Lit, t syntax.Token) Expr {
	l.T = c.newVar(floatVar)
	if t.Value != "" {
		p := primNamed(t.Value)
		if !p.Float() {
			c.report(l.Span, "found an invalid float literal '"+l.Span.Text()+"': invalid suffix `"+t.Value+"`", "invalid suffix")
			return l
		}
		l.T = c.prim(p)
	}
	text := strings.TrimSuffix(strings.ReplaceAll(t.Text, "_", ""), ".")
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		c.report(l.Span, "found an invalid float literal '"+l.Span.Text()+"'", "not a number")
	}
	l.Float = f
	if l.Neg {
		l.Float = -f
	}
	return l
}

// fstring leaves the to_string of each part for the end, when its type is known.
func (c *checker) fstring(x *syntax.FString, s *Scope) Expr {
	out := &TextExpr{node: node{c.prim(String), x.Span}}
	for _, p := range x.Parts {
		out.Parts = append(out.Parts, TextPart{X: c.value(p, s)})
	}
	c.texts = append(c.texts, out)
	return out
}

func (c *checker) list(x *syntax.List, want Type, s *Scope) Expr {
	var elem Type = c.newVar(anyVar)
	if n, ok := resolve(want).(*Named); ok && n.Def == c.u.List {
		elem = n.Args[0]
	}
	out := &ListExpr{node: node{c.u.ListOf(elem), x.Span}}
	for _, e := range x.Elems {
		out.Elems = append(out.Elems, c.expr(e, elem, s))
	}
	return out
}

// record checks a record literal. One without a path becomes the record its
// place wants, when the fields agree.
func (c *checker) record(x *syntax.RecordLit, want Type, s *Scope) Expr {
	t := resolve(want)
	if x.Path != nil {
		it := c.lookupPath(x.Path.Names, s, c.report)
		if it == nil {
			return c.badRecord(x, s)
		}
		if it.Kind != TypeItem || !it.Type.IsRecord {
			what := it.Name
			if it.Kind == TypeItem {
				what = it.Type.Path
			}
			c.report(x.Path.At(), "Expected a record type, but found `"+what+"`", "not a record type")
			return c.badRecord(x, s)
		}
		t = c.instance(it.Type)
	}
	fields, ok := FieldsOf(t)
	if x.Path == nil && (!ok || !sameNames(fields, x.Fields)) {
		return c.openRecord(x, s)
	}
	out := &RecordExpr{node: node{t, x.Span}}
	c.fieldSet(x, fields)
	for _, f := range x.Fields {
		var ft Type = c.newVar(anyVar)
		if i := fieldIndex(fields, f.Name.Text); i >= 0 {
			ft = fields[i].Type
			c.useField(f.Name.Span, t, ft, f.Name.Text)
		}
		out.Names = append(out.Names, f.Name.Text)
		out.Args = append(out.Args, c.expr(f.X, ft, s))
	}
	return out
}

func (c *checker) badRecord(x *syntax.RecordLit, s *Scope) Expr {
	for _, f := range x.Fields {
		c.value(f.X, s)
	}
	return c.bad(x.Span)
}

// instance is a declared type with fresh arguments.
func (c *checker) instance(d *TypeDef) *Named {
	n := &Named{Def: d}
	for range paramCount(d) {
		n.Args = append(n.Args, c.newVar(anyVar))
	}
	return n
}

func sameNames(fields []Field, inits []syntax.FieldInit) bool {
	if len(fields) != len(inits) {
		return false
	}
	for _, f := range inits {
		if fieldIndex(fields, f.Name.Text) < 0 {
			return false
		}
	}
	return true
}

func (c *checker) openRecord(x *syntax.RecordLit, s *Scope) Expr {
	v := c.newVar(recordVar)
	out := &RecordExpr{node: node{v, x.Span}}
	for _, f := range x.Fields {
		e := c.value(f.X, s)
		if fieldIndex(v.fields, f.Name.Text) >= 0 {
			c.report(f.Name.Span, "field `"+f.Name.Text+"` appears multiple times in the same record", "duplicate field")
			continue
		}
		v.fields = append(v.fields, Field{f.Name.Text, e.Type()})
		out.Names = append(out.Names, f.Name.Text)
		out.Args = append(out.Args, e)
	}
	return out
}

// fieldSet reports missing, unknown and doubled fields in one go.
func (c *checker) fieldSet(x *syntax.RecordLit, fields []Field) {
	seen := map[string]bool{}
	var wrong []syntax.Label
	for _, f := range x.Fields {
		switch {
		case fieldIndex(fields, f.Name.Text) < 0:
			wrong = append(wrong, syntax.Label{Span: f.Name.Span, Text: "invalid field"})
		case seen[f.Name.Text]:
			wrong = append(wrong, syntax.Label{Span: f.Name.Span, Text: "duplicate field"})
		}
		seen[f.Name.Text] = true
	}
	var missing []string
	for _, f := range fields {
		if !seen[f.Name] {
			missing = append(missing, f.Name)
		}
	}
	title := "field mismatch"
	if len(missing) > 0 {
		title += fmt.Sprintf(": missing field%s %s in record literal", plural(len(missing)), and(missing))
	}
	if len(missing) == 0 && len(wrong) == 0 {
		return
	}
	at := x.Span
	if x.Path != nil {
		at = x.Path.At()
	}
	label := "of type " + "`" + at.Text() + "`"
	if x.Path == nil {
		label = "this record"
	}
	c.report(at, title, label, wrong...)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

// and joins names as "`a`, `b` and `c`".
func and(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	return strings.Join(quoted[:len(quoted)-1], ", ") + " and " + quoted[len(quoted)-1]
}
