package ir

import (
	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/syntax"
)

// Kind is how values of a type are held.
type Kind uint8

// The kinds of layouts.
const (
	Void   Kind = iota // no slots: () and !
	Word               // one slot, word only
	Text               // one slot, pointer and length
	Ref                // one slot, pointer: lists and host values
	Addr               // IpAddr, three slots
	Prefix             // three slots
	Record
	Enum // one slot and word only where no variant has fields
)

// Type is a laid-out type. Each type of a program has one, so pointers compare.
type Type struct {
	Name     string
	Kind     Kind
	Prim     check.Prim
	Slots    int
	Fields   []Field   // of a record, by name
	Variants [][]Field // of an enum
	Elem     *Type     // of a list
	Key      *Type     // of a map
	Value    *Type     // of a map
	Host     any       // of a host type: its description
}

// Field is a part of a record or variant at an offset in slots.
type Field struct {
	Name string
	Off  int
	Type *Type
}

// IsWord reports whether values are one word without a pointer.
func (t *Type) IsWord() bool { return t.Kind == Word || t.Kind == Enum && t.Slots == 1 }

// Var is a variable or temporary of a function.
type Var struct {
	Name string
	Type *Type
	Off  int // in the frame, in slots; given by the engine
}

// Func is a function of the script, or the initialiser of a constant.
type Func struct {
	Path    string
	Params  []*Var
	Vars    []*Var
	Result  *Type
	Body    []Stmt
	At      syntax.Span
	Def     *check.FuncDef // nil for constants
	Calls   []*Func
	Globals []*Global
	Touches map[string]bool // paths and tags of the host functions called directly
}

// Global is a constant.
type Global struct {
	Path string
	Type *Type
	Init *Func // nil for a constant of the host
	Impl any   // of the host
}

// Program is a lowered package.
type Program struct {
	Funcs   []*Func
	Tests   []*Func
	Globals []*Global // in order of evaluation
	Types   *Types
	Marks   []syntax.Span // the places of Mark, by ID; nil without coverage
	// Bound gives functions by their checked form.
	Bound map[*check.FuncDef]*Func
}

// Expr is an expression without control flow.
type Expr interface{ Type() *Type }

type (
	// Const is a literal: words by slot, or a text.
	Const struct {
		T     *Type
		Words []uint64
		Text  string
	}
	// Place reads a variable or a part of it.
	Place struct {
		V   *Var
		Off int
		T   *Type
	}
	// GlobalRef reads a constant or a part of it.
	GlobalRef struct {
		G   *Global
		Off int
		T   *Type
	}
	// Context reads a context variable.
	Context struct {
		T    *Type
		Impl any
	}
	// Call calls a function of the script.
	Call struct {
		Fn   *Func
		Args []Expr
		At   syntax.Span
	}
	// HostCall calls a function of the host.
	HostCall struct {
		T        *Type
		Def      *check.FuncDef
		TypeArgs []*Type
		Args     []Expr
		At       syntax.Span
	}
	// Make builds a record (Tag -1) or an enum; Offs are the places of Args.
	Make struct {
		T    *Type
		Tag  int
		Args []Expr
		Offs []int
	}
	// MakeList builds a list.
	MakeList struct {
		T     *Type
		Elems []Expr
		At    syntax.Span
	}
	// Join builds a text from parts, all of type String.
	Join struct {
		T     *Type
		Parts []Expr
		At    syntax.Span
	}
	// Binary is an operator over two values of one type, but for
	// IpAddr / u8 and integer ** u32.
	Binary struct {
		T    *Type
		Op   string
		X, Y Expr
		At   syntax.Span
	}
	// Logic is a chain of && or of ||.
	Logic struct {
		T     *Type
		Or    bool
		Terms []Expr
	}
	// Not is !X.
	Not struct{ X Expr }
	// Neg is -X.
	Neg struct{ X Expr }
	// Cond is the value of A or B.
	Cond struct {
		C, A, B Expr
	}
)

// Type returns the type of the value.
func (x *Const) Type() *Type     { return x.T }
func (x *Place) Type() *Type     { return x.T }
func (x *GlobalRef) Type() *Type { return x.T }
func (x *Context) Type() *Type   { return x.T }
func (x *Call) Type() *Type      { return x.Fn.Result }
func (x *HostCall) Type() *Type  { return x.T }
func (x *Make) Type() *Type      { return x.T }
func (x *MakeList) Type() *Type  { return x.T }
func (x *Join) Type() *Type      { return x.T }
func (x *Binary) Type() *Type    { return x.T }
func (x *Logic) Type() *Type     { return x.T }
func (x *Not) Type() *Type       { return x.X.Type() }
func (x *Neg) Type() *Type       { return x.X.Type() }
func (x *Cond) Type() *Type {
	if x.A.Type().Prim == check.Never {
		return x.B.Type()
	}
	return x.A.Type()
}

// Stmt is a statement.
type Stmt interface{ stmt() }

type (
	// Set stores into a variable at an offset.
	Set struct {
		V   *Var
		Off int
		X   Expr
	}
	// Eval runs an expression and drops its value.
	Eval struct{ X Expr }
	// If runs one of two lists.
	If struct {
		C          Expr
		Then, Else []Stmt
	}
	// While runs Pre, tests C, runs Body, again.
	While struct {
		Pre  []Stmt
		C    Expr
		Body []Stmt
		At   syntax.Span
	}
	// For runs Body for each element of the list in List, minding that the list
	// may grow.
	For struct {
		List, Index, Elem *Var
		Body              []Stmt
		At                syntax.Span
	}
	// Match runs the first arm that fits the tag of X.
	Match struct {
		X    *Var
		Arms []Arm
	}
	// Return leaves the function; X is nil for ().
	Return struct{ X Expr }
	// Mark counts that control came here, when coverage is wanted.
	Mark struct{ ID int }
)

// Arm is one case of a Match. Tag -1 fits all. Guard may be nil; Pre runs
// before it.
type Arm struct {
	Tag   int
	Pre   []Stmt
	Guard Expr
	Body  []Stmt
}

func (*Set) stmt()    {}
func (*Eval) stmt()   {}
func (*If) stmt()     {}
func (*While) stmt()  {}
func (*For) stmt()    {}
func (*Match) stmt()  {}
func (*Return) stmt() {}
func (*Mark) stmt()   {}
