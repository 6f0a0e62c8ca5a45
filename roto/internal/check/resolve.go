package check

import (
	"fmt"
	"maps"
	"slices"

	"example.com/rotonda/roto/syntax"
)

// pendingImport waits for the module it names to be complete.
type pendingImport struct {
	path []syntax.Name
	into *Scope
}

func (c *checker) queueImports(d *syntax.Import, s *Scope) {
	for _, p := range d.Paths {
		c.imports = append(c.imports, pendingImport{p, s})
	}
}

// resolveImports works through imports until none can be resolved any more,
// because one may depend on another; the rest is reported.
func (c *checker) resolveImports() {
	for progress := true; progress && len(c.imports) > 0; {
		progress = false
		rest := c.imports[:0:0]
		for _, im := range c.imports {
			it := c.lookupPath(im.path, im.into, nil)
			if it == nil {
				rest = append(rest, im)
				continue
			}
			progress = true
			c.importItem(im, it)
		}
		c.imports = rest
	}
	for _, im := range c.imports {
		c.lookupPath(im.path, im.into, c.report)
	}
	c.imports = nil
}

func (c *checker) importItem(im pendingImport, it *Item) {
	last := im.path[len(im.path)-1]
	alias := *it
	alias.Name, alias.Span = last.Text, last.Span
	if own := im.into.Own(last.Text); own != nil && len(im.path) == 1 {
		return // a name imported into its own scope
	}
	c.define(im.into, &alias)
}

type reportFunc func(at syntax.Span, title, label string, more ...syntax.Label) *syntax.Diagnostic

// lookupPath resolves a path that must be all modules, types and members.
// With report nil it fails silently.
func (c *checker) lookupPath(path []syntax.Name, s *Scope, report reportFunc) *Item {
	it, rest := c.lookupHead(path, s, report)
	for it != nil && len(rest) > 0 {
		next := c.member(it, rest[0].Text)
		c.use(rest[0].Span, next)
		if next == nil && report != nil {
			c.noMember(it, rest[0], report)
		}
		it, rest = next, rest[1:]
	}
	return it
}

// lookupHead resolves the leading words of a path and its first name.
func (c *checker) lookupHead(path []syntax.Name, s *Scope, report reportFunc) (*Item, []syntax.Name) {
	head := path[0]
	mod := s.Module
	switch head.Text {
	case "pkg":
		root := c.roots[mod]
		if root == nil {
			root = c.root
		}
		return &Item{Kind: ModuleItem, Name: "pkg", Scope: root}, path[1:]
	case "dep":
		return c.dependency(path, report)
	case "std":
		return &Item{Kind: ModuleItem, Name: "std", Scope: c.u.Scope}, path[1:]
	case "super":
		for len(path) > 0 && path[0].Text == "super" {
			up := c.scopes[mod]
			if up == nil {
				if report != nil {
					report(path[0].Span, "could not resolve name: too many leading `super` keywords", "too many leading `super` keywords")
				}
				return nil, nil
			}
			mod, path = up, path[1:]
		}
		return &Item{Kind: ModuleItem, Name: "super", Scope: mod}, path
	}
	if it := s.Find(head.Text); it != nil {
		c.use(head.Span, it)
		return it, path[1:]
	}
	if report != nil && c.probed(head.Text, s, nil, false) {
		return nil, nil
	}
	if report != nil {
		d := report(head.Span, "cannot find value `"+head.Text+"` in this scope", "not found in this scope")
		suggest(d, head.Text, append(visible(s), "true", "false"))
	}
	return nil, nil
}

// dependency resolves dep.NAME.
func (c *checker) dependency(path []syntax.Name, report reportFunc) (*Item, []syntax.Name) {
	if len(path) > 1 {
		if root := c.deps[path[1].Text]; root != nil {
			return &Item{Kind: ModuleItem, Name: path[1].Text, Scope: root}, path[2:]
		}
	}
	if report != nil {
		report(path[0].Span, "`dep` stands before the name of a dependency and something in it", "no dependency")
	}
	return nil, nil
}

// member finds a name inside a module or type, silently.
func (c *checker) member(it *Item, name string) *Item {
	switch it.Kind {
	case ModuleItem:
		return it.Scope.Own(name)
	case TypeItem:
		return it.Type.Members.Own(name)
	}
	return nil
}

func (c *checker) noMember(it *Item, name syntax.Name, report reportFunc) {
	if name.Text == "super" {
		report(name.Span, "could not resolve name: too many leading `super` keywords", "too many leading `super` keywords")
		return
	}
	switch {
	case it.Kind == ModuleItem && c.probed(name.Text, &Scope{items: it.Scope.items, order: it.Scope.order}, nil, false),
		it.Kind == TypeItem && c.probed(name.Text, it.Type.Members, nil, false):
		return
	}
	switch it.Kind {
	case ModuleItem:
		d := report(name.Span, "cannot find value `"+name.Text+"` in module `"+it.Name+"`", "not found in this module")
		suggest(d, name.Text, it.Scope.Names())
	case TypeItem:
		d := report(name.Span, fmt.Sprintf("cannot find `%s` on type `%s`", name.Text, it.Type.Path), "not found on this type")
		suggest(d, name.Text, it.Type.Members.Names())
	default:
		report(name.Span, fmt.Sprintf("expected a module, but found %s `%s`", it, it.Name), "expected a module before this")
	}
}

// visible returns the names that can be seen from a scope.
func visible(s *Scope) []string {
	seen := map[string]bool{}
	for ; s != nil; s = s.Parent {
		for _, n := range s.Names() {
			seen[n] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// typeOf resolves a written type.
func (c *checker) typeOf(t syntax.TypeExpr, s *Scope) Type {
	switch t := t.(type) {
	case *syntax.UnitType:
		return c.prim(Unit)
	case *syntax.NeverType:
		return c.prim(Never)
	case *syntax.OptionType:
		return c.u.OptionOf(c.typeOf(t.Of, s))
	case *syntax.RecordType:
		return &Record{c.fields(t.Fields, s)}
	case *syntax.NamedType:
		return c.namedType(t, s)
	}
	return c.prim(Never)
}

func (c *checker) namedType(t *syntax.NamedType, s *Scope) Type {
	it := c.lookupPath(t.Path, s, c.report)
	if it == nil {
		return c.newVar(anyVar)
	}
	switch it.Kind {
	case ParamItem:
		return it.Param
	case TypeItem:
	default:
		last := t.Path[len(t.Path)-1]
		c.report(last.Span, fmt.Sprintf("expected type, but found %s `%s`", it, it.Name), "expected type")
		return c.newVar(anyVar)
	}
	args := make([]Type, len(t.Args))
	for i, a := range t.Args {
		args[i] = c.typeOf(a, s)
	}
	want := paramCount(it.Type)
	if len(args) != want {
		c.report(t.Span, fmt.Sprintf("expected %d type parameters, got %d", want, len(args)), fmt.Sprintf("expected %d type parameters", want))
		for len(args) < want {
			args = append(args, c.newVar(anyVar))
		}
		args = args[:want]
	}
	if p := it.Type.Prim; p != NotPrim && int(p) < len(c.u.prims) && c.u.prims[p] != nil && c.u.prims[p].Def == it.Type {
		return c.u.prims[p]
	}
	return &Named{it.Type, args}
}

// paramCount also works before the declaration's parameters were resolved.
func paramCount(d *TypeDef) int {
	switch decl := d.Decl.(type) {
	case *syntax.Record:
		return len(decl.Params)
	case *syntax.Enum:
		return len(decl.Params)
	}
	return len(d.Params)
}
