package check

import (
	"strings"

	"example.com/rotonda/roto/syntax"
)

// Module is one parsed file and its place: no path for the root.
type Module struct {
	Dep  string // the dependency it is part of; "": the package itself
	Path []string
	Tree *syntax.Tree
}

// Program is a checked package.
type Program struct {
	Funcs  []*FuncDef
	Consts []*ConstDef // each after those it depends on
	Tests  []*FuncDef
	Root   *Scope

	Uses       []Use   // with Options.Uses, by place
	Candidates []*Item // for Options.Probe
}

// checker holds the state of one check.
type checker struct {
	u        *Universe
	diags    *syntax.Diagnostics
	root     *Scope
	roots    map[*Scope]*Scope // of each module
	deps     map[string]*Scope // the roots of dependencies
	funcs    []*FuncDef
	consts   []*ConstDef
	tests    []*FuncDef
	imports  []pendingImport
	vars     []*Var
	lits     []*Lit
	texts    []*TextExpr
	fn       *body
	edition  syntax.Edition
	infinite bool           // the last unification failed because a type would contain itself
	scopes   map[any]*Scope // modules: the one around; generic functions: that of their type parameters
	funcOf   map[*syntax.Func]*FuncDef
	constOf  map[*syntax.Const]*ConstDef

	options    Options
	uses       map[syntax.Span]*Item // nil: not wanted
	candidates []*Item
}

// body is the function or constant being checked.
type body struct {
	def    *FuncDef // nil in a constant
	result Type
	refs   *refs
	kind   syntax.FuncKind
}

// Check names and types all modules of a package. The program is of use only
// when diags has no errors.
func Check(u *Universe, mods []Module, diags *syntax.Diagnostics, o Options) *Program {
	c := &checker{u: u, diags: diags, options: o, scopes: map[any]*Scope{},
		funcOf: map[*syntax.Func]*FuncDef{}, constOf: map[*syntax.Const]*ConstDef{}}
	if o.Uses {
		c.uses = map[syntax.Span]*Item{}
	}
	c.roots, c.deps = map[*Scope]*Scope{}, map[string]*Scope{}
	c.root = c.newRoot("pkg")
	scopes := make([]*Scope, len(mods))
	for i, m := range mods {
		root := c.root
		if m.Dep != "" {
			if root = c.deps[m.Dep]; root == nil {
				root = c.newRoot("dep." + m.Dep)
				c.deps[m.Dep] = root
			}
		}
		scopes[i] = c.module(root, m.Path)
	}
	for i, m := range mods {
		c.declare(m.Tree, scopes[i])
	}
	c.resolveImports()
	for i, m := range mods {
		c.declareTypes(m.Tree, scopes[i])
	}
	c.checkCycles()
	for i, m := range mods {
		c.signatures(m.Tree, scopes[i])
	}
	for i, m := range mods {
		c.edition = m.Tree.Edition
		c.bodies(m.Tree, scopes[i])
	}
	c.finish()
	p := &Program{Funcs: c.funcs, Consts: c.constOrder(), Tests: c.tests, Root: c.root}
	c.finishUses(p)
	return p
}

// newRoot makes the scope of a package.
func (c *checker) newRoot(path string) *Scope {
	s := NewScope(c.u.Scope, path)
	s.Module = s
	c.roots[s] = s
	return s
}

// module finds or makes the scope of a module; modules are children of the
// global scope, not of each other.
func (c *checker) module(root *Scope, path []string) *Scope {
	s := root
	for _, name := range path {
		if it := s.Own(name); it != nil && it.Kind == ModuleItem {
			s = it.Scope
			continue
		}
		child := NewScope(c.u.Scope, join(s.Path, name))
		child.Module = child
		s.Define(&Item{Kind: ModuleItem, Name: name, Scope: child})
		c.scopes[child] = s
		c.roots[child] = root
		s = child
	}
	return s
}

// newVar returns an open type.
func (c *checker) newVar(k varKind) *Var {
	v := &Var{id: len(c.vars), kind: k}
	c.vars = append(c.vars, v)
	return v
}

func (c *checker) prim(p Prim) Type { return c.u.prims[p] }

// report adds a type error.
func (c *checker) report(at syntax.Span, title, label string, more ...syntax.Label) *syntax.Diagnostic {
	d := syntax.Diagnostic{Kind: syntax.TypeError, Title: title, Labels: append([]syntax.Label{{Span: at, Text: label}}, more...)}
	before := len(c.diags.List)
	c.diags.Add(d)
	if len(c.diags.List) == before {
		return &d
	}
	return &c.diags.List[before]
}

// suggest adds the nearest known name to a report.
func suggest(d *syntax.Diagnostic, name string, known []string) {
	if near := syntax.Nearest(name, known); near != "" {
		d.Suggest = near
		d.Notes = append(d.Notes, "Help: did you mean `"+near+"`?")
	}
}

// define adds an item to a scope or reports that its name is taken.
func (c *checker) define(s *Scope, i *Item) {
	if i.Name == "_" {
		return
	}
	c.use(i.Span, i)
	if s.Define(i) {
		return
	}
	what, name := "item", i.Name
	if test, ok := strings.CutPrefix(name, "test#"); ok {
		what, name = "test", test
	}
	c.report(i.Span, what+" `"+name+"` is declared multiple times", "`"+name+"` redefined here",
		syntax.Label{Span: s.Own(i.Name).Span, Text: "`" + name + "` previously declared here"})
}

// declare puts the names of a file into its scope.
func (c *checker) declare(t *syntax.Tree, s *Scope) {
	for _, d := range t.Decls {
		switch d := d.(type) {
		case *syntax.Func:
			c.declareFunc(d, s)
		case *syntax.Const:
			k := &ConstDef{Name: d.Name.Text, Path: join(s.Path, d.Name.Text), Decl: d}
			c.consts = append(c.consts, k)
			c.constOf[d] = k
			c.define(s, &Item{Kind: ConstItem, Name: k.Name, Span: d.Name.Span, Const: k})
		case *syntax.Record:
			def := &TypeDef{Name: d.Name.Text, Path: join(s.Path, d.Name.Text), IsRecord: true, Decl: d}
			def.Members = NewScope(nil, def.Path)
			c.define(s, &Item{Kind: TypeItem, Name: def.Name, Span: d.Name.Span, Type: def})
		case *syntax.Enum:
			def := &TypeDef{Name: d.Name.Text, Path: join(s.Path, d.Name.Text), IsEnum: true, Decl: d}
			def.Members = NewScope(nil, def.Path)
			for _, v := range d.Variants {
				def.Variants = append(def.Variants, Variant{Name: v.Name.Text})
			}
			for i, v := range d.Variants {
				c.define(def.Members, &Item{Kind: VariantItem, Name: v.Name.Text, Type: def, Tag: i, Span: v.Name.Span})
			}
			c.define(s, &Item{Kind: TypeItem, Name: def.Name, Span: d.Name.Span, Type: def})
		case *syntax.Import:
			c.queueImports(d, s)
		}
	}
}

func (c *checker) declareFunc(d *syntax.Func, s *Scope) {
	f := &FuncDef{Name: d.Name.Text, Path: join(s.Path, d.Name.Text), Decl: d, Generic: len(d.Types)}
	name := f.Name
	if d.Kind == syntax.TestFunc {
		name = "test#" + name
		c.tests = append(c.tests, f)
	}
	c.funcs = append(c.funcs, f)
	c.define(s, &Item{Kind: FuncItem, Name: name, Span: d.Name.Span, Func: f})
	c.funcOf[d] = f
}
