package check

import (
	"maps"
	"slices"

	"example.com/rotonda/roto/syntax"
)

// Options ask Check for more than a program, as editors do.
type Options struct {
	// Uses notes what every name stands for.
	Uses bool
	// Probe is a name that a tool has put where a person's cursor is: what could
	// stand there becomes the program's candidates.
	Probe string
}

// Use is a name and what it stands for.
type Use struct {
	Span syntax.Span
	Item *Item
}

// use notes what a name stands for, once.
func (c *checker) use(at syntax.Span, it *Item) {
	if c.uses == nil || at.File == nil || it == nil {
		return
	}
	if _, known := c.uses[at]; !known {
		c.uses[at] = it
	}
}

// useField notes a field of a declared or anonymous record.
func (c *checker) useField(at syntax.Span, owner, t Type, name string) {
	if c.uses == nil {
		return
	}
	it := &Item{Kind: FieldItem, Name: name, Local: &Local{name, t}}
	if n, ok := resolve(owner).(*Named); ok {
		it.Type = n.Def
	}
	c.use(at, it)
}

// probed reports whether a name that was not found is the probe, and notes what
// could stand there: names of a scope, or members of a value or type.
func (c *checker) probed(name string, s *Scope, t Type, methods bool) bool {
	if c.options.Probe == "" || name != c.options.Probe {
		return false
	}
	seen := map[string]bool{}
	for ; s != nil; s = s.Parent {
		for _, n := range s.Names() {
			if it := s.Own(n); !seen[n] && n != "!" && (!methods || it.Kind == FuncItem && it.Func.Method) {
				seen[n] = true
				c.candidates = append(c.candidates, it)
			}
		}
	}
	if t == nil {
		return true
	}
	fields, _ := FieldsOf(t)
	for _, f := range fields {
		c.candidates = append(c.candidates, &Item{Kind: FieldItem, Name: f.Name, Local: &Local{f.Name, f.Type}})
	}
	return true
}

// Identity is the same for all items that stand for one thing, such as an import
// and what it imports.
func (i *Item) Identity() any {
	switch i.Kind {
	case ModuleItem:
		return i.Scope
	case TypeItem:
		return i.Type
	case FuncItem:
		return i.Func
	case ConstItem:
		return i.Const
	case ContextItem:
		return i.Ctx
	case VariantItem:
		return [2]any{i.Type, i.Tag}
	case FieldItem:
		return [2]any{i.Type, i.Name}
	case ParamItem:
		return i.Param
	}
	return i.Local
}

// finishUses puts what was noted into the program, in the order of the files.
func (c *checker) finishUses(p *Program) {
	for _, at := range slices.SortedFunc(maps.Keys(c.uses), func(a, b syntax.Span) int { return int(a.Start - b.Start) }) {
		p.Uses = append(p.Uses, Use{at, c.uses[at]})
	}
	p.Candidates = c.candidates
}
