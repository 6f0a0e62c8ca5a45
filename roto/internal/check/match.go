package check

import (
	"example.com/rotonda/roto/syntax"
)

// match checks a match; its scrutinee must be a known enum.
func (c *checker) match(x *syntax.Match, want Type, s *Scope) Expr {
	out := &MatchExpr{node: node{T: want, Span: x.Span}, X: c.value(x.X, s)}
	if _, bad := out.X.(*Bad); bad {
		return out.X
	}
	n, ok := resolve(out.X.Type()).(*Named)
	if ok && n.Def.Prim == Never {
		return out.X
	}
	if matchesValues(x, out.X.Type()) {
		return c.matchValues(x, out.X, want, s)
	}
	if !ok || !n.Def.IsEnum {
		c.report(x.X.At(), "cannot match on the type `"+out.X.Type().String()+"`, because only matching on enums and values is supported.", "cannot match on this type")
		return c.bad(x.Span)
	}
	covered := make([]bool, len(n.Def.Variants))
	all := false
	for _, a := range x.Arms {
		if all {
			c.report(a.At(), "expression is unreachable", "a `_` above takes everything")
		}
		if len(a.Values) > 0 {
			c.report(a.At(), "expected a variant of `"+n.String()+"`, but found a value", "not a variant")
			continue
		}
		out.Arms = append(out.Arms, c.arm(a, n, want, covered, s))
		all = all || a.Variant.Text == "_" && a.Guard == nil
	}
	c.exhaustive(x, n, covered, all)
	if len(out.Arms) > 0 && diverges(out) {
		out.T = c.prim(Never)
	}
	return out
}

func (c *checker) arm(a syntax.Arm, n *Named, want Type, covered []bool, s *Scope) ArmExpr {
	out := ArmExpr{Tag: -1}
	inner := NewScope(s, s.Path)
	if a.Variant.Text != "_" {
		out.Tag = variantIndex(n.Def, a.Variant.Text)
		c.use(a.Variant.Span, n.Def.Members.Own(a.Variant.Text))
		if out.Tag < 0 {
			d := c.report(a.Variant.Span, "the variant `"+a.Variant.Text+"` does not exist on `"+n.String()+"`", "variant does not exist")
			suggest(d, a.Variant.Text, n.Def.Members.Names())
			for _, f := range a.Fields {
				c.define(inner, &Item{Kind: LocalItem, Name: f.Text, Span: f.Span, Local: &Local{f.Text, c.newVar(anyVar)}})
			}
		} else {
			if covered[out.Tag] {
				c.diags.Add(syntax.Diagnostic{Kind: syntax.Warning, Title: "variant `" + a.Variant.Text + "` is matched twice", Labels: []syntax.Label{{Span: a.Variant.Span, Text: "never reached"}}})
			}
			fields := VariantFields(n, out.Tag)
			out.Locals = c.pattern(a, fields, n, inner)
			out.Guard = c.fieldTests(a, fields, out.Locals, inner)
			covered[out.Tag] = covered[out.Tag] || a.Guard == nil && out.Guard == nil
		}
	}
	if a.Guard != nil {
		out.Guard = c.and(out.Guard, c.expr(a.Guard, c.prim(Bool), inner))
	}
	if b, ok := a.Body.(*syntax.Block); ok {
		out.Body = c.blockIn(b, want, inner)
	} else {
		out.Body = c.expr(a.Body, want, inner)
	}
	return out
}

// pattern declares the variables of a pattern.
func (c *checker) pattern(a syntax.Arm, fields []Type, n *Named, s *Scope) []*Local {
	name := a.Variant.Text
	switch {
	case len(fields) == 0 && a.HasArgs:
		c.report(a.Variant.Span, "pattern has fields, but the variant `"+name+"` of `"+n.String()+"` doesn't have one", "has no fields")
	case len(fields) > 0 && !a.HasArgs:
		c.report(a.Variant.Span, "pattern has no arguments, but variant `"+name+"` of `"+n.String()+"` does have arguments", "has arguments")
	case len(fields) != len(a.Fields):
		c.arity("pattern", a.Variant, len(fields), len(a.Fields), a.Variant.Span)
	}
	locals := make([]*Local, len(fields))
	for i, f := range a.Fields {
		var t Type = c.newVar(anyVar)
		if i < len(fields) {
			t = fields[i]
		}
		l := &Local{f.Text, t}
		if f.Text == "_" {
			continue
		}
		if i < len(fields) {
			locals[i] = l
		}
		if it := s.Find(f.Text); it != nil && it.Kind == ConstItem {
			c.diags.Add(syntax.Diagnostic{Kind: syntax.Warning, Title: "`" + f.Text + "` is a new variable, not the constant of that name",
				Labels: []syntax.Label{{Span: f.Span, Text: "takes every value"}},
				Notes:  []string{"Help: compare with a guard: `" + name + "(x) if x == " + f.Text + "`"}})
		}
		c.define(s, &Item{Kind: LocalItem, Name: f.Text, Span: f.Span, Local: l})
	}
	return locals
}

func variantIndex(d *TypeDef, name string) int {
	for i, v := range d.Variants {
		if v.Name == name {
			return i
		}
	}
	return -1
}

func (c *checker) exhaustive(x *syntax.Match, n *Named, covered []bool, all bool) {
	var missing []string
	for i, ok := range covered {
		if !ok && !all {
			missing = append(missing, n.Def.Variants[i].Name)
		}
	}
	if len(missing) > 0 {
		at := syntax.Span{File: x.Span.File, Start: x.Span.Start, End: x.X.At().End}
		c.report(at, "match expression is not exhaustive, missing variant"+plural(len(missing))+" "+and(missing), "not exhaustive")
	}
}
