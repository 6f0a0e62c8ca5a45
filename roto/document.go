package roto

import (
	"slices"

	"example.com/rotonda/roto/internal/check"
)

// Documentation is what scripts see of a runtime: the registration is the
// documentation.
type Documentation struct {
	Module    string // path; "" for the global scope
	Context   []Symbol
	Types     []TypeDocumentation
	Functions []Symbol
	Constants []Symbol
	Modules   []Documentation
}

// TypeDocumentation is a type and what belongs to it.
type TypeDocumentation struct {
	Symbol
	Methods   []Symbol
	Functions []Symbol // called as Type.name
	Constants []Symbol
	Variants  []Symbol
}

// Document returns the documentation of everything that is bound, types by name
// and the rest in the order in which it was bound.
func (rt *Runtime) Document() (Documentation, error) {
	if err := rt.Err(); err != nil {
		return Documentation{}, err
	}
	return document("", rt.u.Scope), nil
}

func document(path string, s *check.Scope) Documentation {
	d := Documentation{Module: path}
	for _, name := range s.Names() {
		it := s.Own(name)
		switch it.Kind {
		case check.ModuleItem:
			inner := name
			if path != "" {
				inner = path + "." + name
			}
			d.Modules = append(d.Modules, document(inner, it.Scope))
		case check.TypeItem:
			if name == it.Type.Name && name != "!" { // aliases stand under their own name
				d.Types = append(d.Types, documentType(it))
			}
		case check.FuncItem:
			d.Functions = append(d.Functions, symbol(it))
		case check.ConstItem:
			d.Constants = append(d.Constants, symbol(it))
		case check.ContextItem:
			d.Context = append(d.Context, symbol(it))
		}
	}
	slices.SortStableFunc(d.Types, func(a, b TypeDocumentation) int { return compareFold(a.Name, b.Name) })
	return d
}

func documentType(it *check.Item) TypeDocumentation {
	d := TypeDocumentation{Symbol: symbol(it)}
	for _, name := range it.Type.Members.Names() {
		m := it.Type.Members.Own(name)
		switch {
		case m.Kind == check.ConstItem:
			d.Constants = append(d.Constants, symbol(m))
		case m.Kind == check.VariantItem:
			d.Variants = append(d.Variants, symbol(m))
		case m.Kind == check.FuncItem && (m.Func.Method || m.Func.Field):
			d.Methods = append(d.Methods, symbol(m))
		case m.Kind == check.FuncItem:
			d.Functions = append(d.Functions, symbol(m))
		}
	}
	return d
}

// compareFold orders names without regard to case first.
func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		x, y := a[i]|0x20, b[i]|0x20
		if x != y {
			return int(x) - int(y)
		}
	}
	return len(a) - len(b)
}
