package syntax

// Tree is one parsed file.
type Tree struct {
	File     *File
	Edition  Edition
	Decls    []Decl
	Comments []Comment // in order, for formatting
	Deps     []Name    // the dependencies named, `dep.NAME`, each as often as it is
	edits    []Edit    // that make a file of an old edition one of today, but for comments and arithmetic
}

// Name is an identifier where it was written.
type Name struct {
	Text string
	Span Span
}

// Decl is a declaration: *Func, *Const, *Record, *Enum or *Import.
type Decl interface{ At() Span }

// FuncKind tells functions, filters and tests apart.
type FuncKind uint8

// The kinds of functions.
const (
	PlainFunc FuncKind = iota
	FilterFunc
	TestFunc
)

// Func is a function, a filter (also spelled filtermap) or a test.
type Func struct {
	Kind   FuncKind
	Name   Name
	Types  []Name // parameters of a generic function
	Params []Param
	Result TypeExpr // nil where none is written
	Body   *Block
	Span   Span
}

// Param is one parameter.
type Param struct {
	Name Name
	Type TypeExpr
}

// Const is a constant.
type Const struct {
	Name  Name
	Type  TypeExpr
	Value Expr
	Span  Span
}

// Record is the declaration of a named record type.
type Record struct {
	Name   Name
	Params []Name
	Fields []Param
	Span   Span
}

// Enum is the declaration of a sum type.
type Enum struct {
	Name     Name
	Params   []Name
	Variants []Variant
	Span     Span
}

// Variant is one case of an enum with its positional fields.
type Variant struct {
	Name   Name
	Fields []TypeExpr
}

// Import brings the last name of each path into scope.
type Import struct {
	Paths [][]Name
	Span  Span
}

// At returns where the declaration stands.
func (d *Func) At() Span   { return d.Span }
func (d *Const) At() Span  { return d.Span }
func (d *Record) At() Span { return d.Span }
func (d *Enum) At() Span   { return d.Span }
func (d *Import) At() Span { return d.Span }

// TypeExpr is a written type: *NamedType, *OptionType, *RecordType, *UnitType
// or *NeverType.
type TypeExpr interface{ At() Span }

// NamedType is a path with arguments.
type NamedType struct {
	Path []Name
	Args []TypeExpr
	Span Span
}

// OptionType is T?.
type OptionType struct {
	Of   TypeExpr
	Span Span
}

// RecordType is an anonymous record.
type RecordType struct {
	Fields []Param
	Span   Span
}

// UnitType is ().
type UnitType struct{ Span Span }

// NeverType is !.
type NeverType struct{ Span Span }

// At returns where the type stands.
func (t *NamedType) At() Span  { return t.Span }
func (t *OptionType) At() Span { return t.Span }
func (t *RecordType) At() Span { return t.Span }
func (t *UnitType) At() Span   { return t.Span }
func (t *NeverType) At() Span  { return t.Span }

// Expr is an expression or statement.
type Expr interface{ At() Span }

type (
	// Literal is a constant as one token.
	Literal struct{ Token Token }
	// Unit is the value ().
	Unit struct{ Span Span }
	// FString is text with expressions in it. Parts are *Literal for text.
	FString struct {
		Parts []Expr
		Span  Span
	}
	// Path is a maximal dotted run of names; the checker says what it means.
	Path struct{ Names []Name }
	// Select is X.Name where X is no path.
	Select struct {
		X    Expr
		Name Name
	}
	// Call is Fn(Args).
	Call struct {
		Fn   Expr
		Args []Expr
		Span Span
	}
	// Question is X?.
	Question struct {
		X    Expr
		Span Span
	}
	// Unary is !X or -X.
	Unary struct {
		Op   string
		X    Expr
		Span Span
	}
	// Binary is X Op Y.
	Binary struct {
		Op   string
		OpAt Span
		X, Y Expr
	}
	// Paren is (X), kept for formatting and for chain checks.
	Paren struct {
		X    Expr
		Span Span
	}
	// Assign is Target = Y, or Target Op= Y with Op not empty.
	Assign struct {
		Target *Path
		Op     string
		OpAt   Span
		Y      Expr
	}
	// List is [Elems].
	List struct {
		Elems []Expr
		Span  Span
	}
	// RecordLit is { fields }, with the type's path before it or not.
	RecordLit struct {
		Path   *Path // nil: anonymous
		Fields []FieldInit
		Span   Span
	}
	// Block is { statements tail }.
	Block struct {
		Stmts   []Expr
		Imports []*Import
		Tail    Expr // nil: none
		Broken  bool // a statement could not be read
		Span    Span
	}
	// Let declares a variable.
	Let struct {
		Name Name
		Type TypeExpr // nil: inferred
		X    Expr
		Span Span
	}
	// If is a conditional; Else is nil, a *Block or an *If.
	If struct {
		Cond Expr
		Then *Block
		Else Expr
		Span Span
	}
	// Match picks an arm by variant.
	Match struct {
		X    Expr
		Arms []Arm
		Span Span
	}
	// While repeats while Cond holds.
	While struct {
		Cond Expr
		Body *Block
		Span Span
	}
	// For runs Body for each element of a list.
	For struct {
		Var  Name
		In   Expr
		Body *Block
		Span Span
	}
	// Exit is accept, reject or return, with a value or not.
	Exit struct {
		Kind string
		X    Expr
		Span Span
	}
)

// FieldInit is one field of a record literal.
type FieldInit struct {
	Name Name
	X    Expr
}

// Arm is one case of a match: a variant, "_" which fits all, or values.
type Arm struct {
	Variant Name   // empty where there are Values
	Fields  []Name // "_" where a value was written instead
	Tests   []Expr // the values among the fields; nil: a name
	Values  []Expr // any of them fits
	HasArgs bool   // parentheses were written
	Guard   Expr   // nil: none
	Body    Expr
}

// At returns where the pattern stands.
func (a *Arm) At() Span {
	if len(a.Values) > 0 {
		return a.Values[0].At().To(a.Values[len(a.Values)-1].At())
	}
	return a.Variant.Span
}

// At returns where the expression stands.
func (x *Literal) At() Span   { return x.Token.Span }
func (x *Unit) At() Span      { return x.Span }
func (x *FString) At() Span   { return x.Span }
func (x *Path) At() Span      { return x.Names[0].Span.To(x.Names[len(x.Names)-1].Span) }
func (x *Select) At() Span    { return x.X.At().To(x.Name.Span) }
func (x *Call) At() Span      { return x.Span }
func (x *Question) At() Span  { return x.Span }
func (x *Unary) At() Span     { return x.Span }
func (x *Binary) At() Span    { return x.X.At().To(x.Y.At()) }
func (x *Paren) At() Span     { return x.Span }
func (x *Assign) At() Span    { return x.Target.At().To(x.Y.At()) }
func (x *List) At() Span      { return x.Span }
func (x *RecordLit) At() Span { return x.Span }
func (x *Block) At() Span     { return x.Span }
func (x *Let) At() Span       { return x.Span }
func (x *If) At() Span        { return x.Span }
func (x *Match) At() Span     { return x.Span }
func (x *While) At() Span     { return x.Span }
func (x *For) At() Span       { return x.Span }
func (x *Exit) At() Span      { return x.Span }
