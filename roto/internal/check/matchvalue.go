package check

import (
	"example.com/rotonda/roto/syntax"
)

// Values as patterns are an extension: `1 | 2 => …`, `Some("x") => …`. They become
// comparisons.

// matchesValues tells a match over values from one over variants.
func matchesValues(x *syntax.Match, t Type) bool {
	if n, ok := resolve(t).(*Named); ok && n.Def.IsEnum {
		return false
	}
	for _, a := range x.Arms {
		if len(a.Values) > 0 {
			return true
		}
	}
	return false
}

// matchValues makes a chain of conditionals over a variable that holds the
// scrutinee.
func (c *checker) matchValues(x *syntax.Match, on Expr, want Type, s *Scope) Expr {
	held := &Local{"", on.Type()}
	let := &LetExpr{node{c.prim(Unit), on.At()}, held, on}
	root := &BlockExpr{node: node{want, x.Span}, Stmts: []Expr{let}}
	var open *IfExpr // the last of the chain, which has no else yet
	put := func(e Expr) {
		if open == nil {
			root.Tail = e
		} else {
			open.Else = e
		}
	}
	seen := [2]bool{} // of bool
	closed := false
	for _, a := range x.Arms {
		if closed {
			c.report(a.At(), "expression is unreachable", "what stands above takes everything")
		}
		var cond Expr
		if len(a.Values) == 0 && a.Variant.Text != "_" {
			c.report(a.Variant.Span, "expected a value or `_`, but found `"+a.Variant.Text+"`", "not a value")
		}
		for _, v := range a.Values {
			same := c.operate("==", &LocalRef{node{on.Type(), v.At()}, held}, v, v.At(), s)
			if cond == nil {
				cond = same
			} else {
				cond = &LogicExpr{node{c.prim(Bool), a.At()}, true, cond, same}
			}
			if lit, ok := v.(*syntax.Literal); ok && lit.Token.Kind == syntax.Bool && a.Guard == nil {
				seen[b2i(lit.Token.Text == "true")] = true
			}
		}
		if a.Guard != nil {
			cond = c.and(cond, c.expr(a.Guard, c.prim(Bool), s))
		}
		body := c.expr(a.Body, want, NewScope(s, s.Path))
		if cond == nil || seen[0] && seen[1] {
			put(body)
			closed = true
			if cond == nil || open != nil {
				continue
			}
		}
		if closed {
			continue
		}
		next := &IfExpr{node: node{want, a.At().To(a.Body.At())}, Cond: cond, Then: body}
		put(next)
		open = next
	}
	if !closed {
		c.report(syntax.Span{File: x.Span.File, Start: x.Span.Start, End: x.X.At().End}, "match expression is not exhaustive: there are other values", "not exhaustive: add `_ => …`")
		return c.bad(x.Span)
	}
	root.Diverges = diverges(root.Tail)
	if root.Diverges {
		root.T = c.prim(Never)
	}
	return root
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fieldTests compares the payload of a variant with the values in its pattern;
// nil without any.
func (c *checker) fieldTests(a syntax.Arm, fields []Type, locals []*Local, s *Scope) (test Expr) {
	for i, v := range a.Tests {
		if v == nil || i >= len(fields) {
			continue
		}
		locals[i] = &Local{"", fields[i]}
		test = c.and(test, c.operate("==", &LocalRef{node{fields[i], v.At()}, locals[i]}, v, v.At(), s))
	}
	return test
}

// and joins two conditions; either may be nil.
func (c *checker) and(a, b Expr) Expr {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return &LogicExpr{node{c.prim(Bool), a.At().To(b.At())}, false, a, b}
}
