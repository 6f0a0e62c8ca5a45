package check

import (
	"slices"

	"example.com/rotonda/roto/syntax"
)

// defOf returns the type a declaration made, also when its name was taken.
func (c *checker) defOf(s *Scope, name string, d syntax.Decl) *TypeDef {
	if it := s.Own(name); it != nil && it.Kind == TypeItem && it.Type.Decl == d {
		return it.Type
	}
	return &TypeDef{Name: name, Path: join(s.Path, name), Decl: d, Members: NewScope(nil, "")}
}

// declareTypes resolves the fields of records and enums.
func (c *checker) declareTypes(t *syntax.Tree, s *Scope) {
	for _, d := range t.Decls {
		switch d := d.(type) {
		case *syntax.Record:
			def := c.defOf(s, d.Name.Text, d)
			inner := c.paramScope(def, d.Params, s)
			def.Fields = c.fields(d.Fields, inner)
			for i, f := range d.Fields {
				if i < len(def.Fields) {
					c.useField(f.Name.Span, &Named{Def: def}, def.Fields[i].Type, f.Name.Text)
				}
			}
		case *syntax.Enum:
			def := c.defOf(s, d.Name.Text, d)
			inner := c.paramScope(def, d.Params, s)
			for i, v := range d.Variants {
				for _, f := range v.Fields {
					if ft := c.typeOf(f, inner); i < len(def.Variants) {
						def.Variants[i].Fields = append(def.Variants[i].Fields, ft)
					}
				}
			}
		}
	}
}

func (c *checker) paramScope(def *TypeDef, names []syntax.Name, s *Scope) *Scope {
	for _, n := range names {
		def.Params = append(def.Params, n.Text)
	}
	return c.typeScope(names, s)
}

// typeScope is a scope with type parameters.
func (c *checker) typeScope(names []syntax.Name, s *Scope) *Scope {
	inner := NewScope(s, s.Path)
	for i, n := range names {
		c.define(inner, &Item{Kind: ParamItem, Name: n.Text, Span: n.Span, Param: &Param{i, n.Text}})
	}
	return inner
}

func (c *checker) fields(list []syntax.Param, s *Scope) []Field {
	var out []Field
	for _, f := range list {
		if i := slices.IndexFunc(list, func(g syntax.Param) bool { return g.Name.Text == f.Name.Text }); list[i].Name.Span != f.Name.Span {
			c.report(f.Name.Span, "field `"+f.Name.Text+"` appears multiple times in the same record", "field `"+f.Name.Text+"` declared here",
				syntax.Label{Span: list[i].Name.Span, Text: "field `" + f.Name.Text + "` declared here"})
			continue
		}
		out = append(out, Field{f.Name.Text, c.typeOf(f.Type, s)})
	}
	return out
}

// checkCycles refuses types that contain themselves other than through a list or map,
// because their values would have no end.
func (c *checker) checkCycles() {
	done := map[*TypeDef]bool{}
	var visit func(t Type, path []*TypeDef) bool
	visit = func(t Type, path []*TypeDef) bool {
		switch t := resolve(t).(type) {
		case *Record:
			for _, f := range t.Fields {
				if !visit(f.Type, path) {
					return false
				}
			}
		case *Named:
			if t.Def.Prim == List || t.Def.Prim == Map {
				return true
			}
			for _, a := range t.Args {
				if !visit(a, path) {
					return false
				}
			}
			if t.Def.Decl == nil || done[t.Def] {
				return true
			}
			if slices.Contains(path, t.Def) {
				c.cycle(t.Def)
				return false
			}
			path = append(path[:len(path):len(path)], t.Def)
			ok := true
			for _, f := range t.Def.Fields {
				ok = ok && visit(f.Type, path)
			}
			for _, v := range t.Def.Variants {
				for _, f := range v.Fields {
					ok = ok && visit(f, path)
				}
			}
			done[t.Def] = true
			if !ok { // the fields are forgotten, so that nothing walks them forever
				t.Def.Fields = nil
				for i := range t.Def.Variants {
					t.Def.Variants[i].Fields = nil
				}
			}
			return ok
		}
		return true
	}
	var walk func(s *Scope)
	walk = func(s *Scope) {
		for _, name := range s.Names() {
			it := s.Own(name)
			if it.Kind == ModuleItem && it.Scope.Parent == c.u.Scope && c.scopes[it.Scope] == s {
				walk(it.Scope)
			}
			if it.Kind == TypeItem && it.Type.Decl != nil {
				visit(&Named{Def: it.Type}, nil)
			}
		}
	}
	walk(c.root)
	for _, root := range c.deps {
		walk(root)
	}
}

func (c *checker) cycle(d *TypeDef) {
	at := d.Decl.At()
	switch decl := d.Decl.(type) {
	case *syntax.Record:
		at = decl.Name.Span
	case *syntax.Enum:
		at = decl.Name.Span
	}
	c.report(at, "cycle detected!", "type cycle detected: `"+d.Path+"` contains itself")
}

// signatures resolves the types of functions and constants.
func (c *checker) signatures(t *syntax.Tree, s *Scope) {
	for _, d := range t.Decls {
		switch d := d.(type) {
		case *syntax.Func:
			f := c.funcOf[d]
			s := s
			if len(d.Types) > 0 {
				s = c.typeScope(d.Types, s)
				c.scopes[d] = s
			}
			for _, p := range d.Params {
				pt := c.typeOf(p.Type, s)
				f.Params = append(f.Params, pt)
				f.Names = append(f.Names, p.Name.Text)
				f.Locals = append(f.Locals, &Local{p.Name.Text, pt})
			}
			switch {
			case d.Kind != syntax.PlainFunc:
				f.Result = c.u.VerdictOf(c.newVar(anyVar), c.newVar(anyVar))
			case d.Result == nil:
				f.Result = c.prim(Unit)
			default:
				f.Result = c.typeOf(d.Result, s)
			}
		case *syntax.Const:
			k := c.constOf[d]
			k.Type = c.typeOf(d.Type, s)
		}
	}
}

// bodies checks what functions and constants do.
func (c *checker) bodies(t *syntax.Tree, s *Scope) {
	for _, d := range t.Decls {
		switch d := d.(type) {
		case *syntax.Func:
			f := c.funcOf[d]
			c.funcBody(f, d, s)
		case *syntax.Const:
			k := c.constOf[d]
			c.fn = &body{refs: &k.refs}
			k.Init = c.expr(d.Value, k.Type, NewScope(s, s.Path))
		}
	}
}

func (c *checker) funcBody(f *FuncDef, d *syntax.Func, s *Scope) {
	c.fn = &body{def: f, result: f.Result, refs: &f.refs, kind: d.Kind}
	if types := c.scopes[d]; types != nil {
		s = types
	}
	inner := NewScope(s, s.Path)
	for i, p := range d.Params {
		c.define(inner, &Item{Kind: LocalItem, Name: p.Name.Text, Span: p.Name.Span, Local: f.Locals[i]})
	}
	f.Body = c.blockIn(d.Body, f.Result, inner)
}
