package check

import (
	"strings"

	"example.com/rotonda/roto/syntax"
)

// ItemKind is what a name stands for.
type ItemKind uint8

// The kinds of items.
const (
	ModuleItem ItemKind = iota
	TypeItem
	FuncItem
	ConstItem
	ContextItem
	VariantItem
	LocalItem
	ParamItem // a type parameter
	FieldItem // of a record; its type is that of Local
)

// String returns the word used in messages.
func (i *Item) String() string {
	switch i.Kind {
	case ModuleItem:
		return "module"
	case TypeItem:
		if i.Type.IsEnum {
			return "enum"
		}
		return "type"
	case FuncItem:
		if i.Func.Method {
			return "method"
		}
		return "function"
	case ConstItem:
		return "constant"
	case ContextItem:
		return "context"
	case VariantItem:
		return "enum constructor"
	case ParamItem:
		return "type parameter"
	case FieldItem:
		return "field"
	}
	return "value"
}

// Item is a named thing.
type Item struct {
	Kind  ItemKind
	Name  string
	Span  syntax.Span // where it is declared; zero for the host's
	Scope *Scope      // of a module
	Type  *TypeDef    // of a type, and the enum of a variant
	Func  *FuncDef
	Const *ConstDef
	Ctx   *ContextDef
	Tag   int // of a variant
	Local *Local
	Param *Param
}

// Scope maps names to items; unknown names are looked up further out.
type Scope struct {
	Parent *Scope
	Path   string // of a module: "pkg.lists"
	Module *Scope // the module a local scope belongs to
	items  map[string]*Item
	order  []string
}

// NewScope returns an empty scope.
func NewScope(parent *Scope, path string) *Scope {
	s := &Scope{Parent: parent, Path: path}
	if parent != nil {
		s.Module = parent.Module
	}
	return s
}

// Define adds an item; false when the name is taken in this very scope.
func (s *Scope) Define(i *Item) bool {
	if _, taken := s.items[i.Name]; taken {
		return false
	}
	if s.items == nil {
		s.items = map[string]*Item{}
	}
	s.items[i.Name] = i
	s.order = append(s.order, i.Name)
	return true
}

// Own returns the item of this very scope, or nil.
func (s *Scope) Own(name string) *Item { return s.items[name] }

// Find returns the item of the innermost scope that has it, or nil.
func (s *Scope) Find(name string) *Item {
	for ; s != nil; s = s.Parent {
		if i := s.items[name]; i != nil {
			return i
		}
	}
	return nil
}

// Names returns the names of this very scope in order of definition.
func (s *Scope) Names() []string { return s.order }

// FuncDef is a function: of the host (Impl) or of the script (Decl).
type FuncDef struct {
	Name    string
	Path    string // as in messages and for Uses: "Route.prefix", "pkg.helper"
	Doc     string
	Names   []string // of the parameters
	Params  []Type
	Result  Type
	Generic int  // number of type parameters
	Method  bool // the first parameter is the receiver
	Pure    bool // of the host: no effect, and the same answer for the same values
	Field   bool // read as a field of its only parameter
	Touches []string
	Impl    any
	Decl    *syntax.Func
	Locals  []*Local // the parameters
	Body    *BlockExpr
	refs
}

// ConstDef is a constant: of the host (Impl) or of the script (Decl).
type ConstDef struct {
	Name, Path, Doc string
	Type            Type
	Impl            any
	Decl            *syntax.Const
	Init            Expr
	refs
}

// ContextDef is a context variable.
type ContextDef struct {
	Name, Doc string
	Type      Type
	Impl      any
}

// Local is a variable or parameter.
type Local struct {
	Name string
	Type Type
}

// refs are the items a body mentions, for the order of constants.
type refs struct {
	Funcs    []*FuncDef
	Consts   []*ConstDef
	Contexts []*ContextDef
	state    uint8 // of the depth-first walk
}

// Signature returns the function's type as messages show it.
func (f *FuncDef) Signature() string {
	s := "fn"
	if f.Decl != nil && len(f.Decl.Types) > 0 {
		names := make([]string, len(f.Decl.Types))
		for i, n := range f.Decl.Types {
			names[i] = n.Text
		}
		s += "[" + strings.Join(names, ", ") + "]"
	}
	s += "(" + typeList(f.Params) + ")"
	if PrimOf(f.Result) == Unit {
		return s
	}
	return s + " -> " + f.Result.String()
}
