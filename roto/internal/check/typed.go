package check

import (
	"net/netip"

	"example.com/rotonda/roto/syntax"
)

// Expr is a node of the typed tree.
type Expr interface {
	Type() Type
	At() syntax.Span
}

// node is what every node has.
type node struct {
	T    Type
	Span syntax.Span
}

func (n node) Type() Type      { return n.T }
func (n node) At() syntax.Span { return n.Span }

type (
	// Lit is a literal. Which field holds depends on the type.
	Lit struct {
		node
		Int   uint64 // integers (two's complement once checked), bool, char, ASN
		Neg   bool   // a minus sign was written before an integer
		Float float64
		Text  string
		Addr  netip.Addr
	}
	// UnitExpr is ().
	UnitExpr struct{ node }
	// Bad stands where an error was reported.
	Bad struct{ node }
	// LocalRef reads a variable.
	LocalRef struct {
		node
		Local *Local
	}
	// ConstRef reads a constant.
	ConstRef struct {
		node
		Const *ConstDef
	}
	// ContextRef reads a context variable.
	ContextRef struct {
		node
		Ctx *ContextDef
	}
	// FieldRef is X.Name.
	FieldRef struct {
		node
		X    Expr
		Name string
	}
	// CallExpr calls a function; TypeArgs are those of a generic one.
	CallExpr struct {
		node
		Fn       *FuncDef
		TypeArgs []Type
		Args     []Expr
	}
	// VariantExpr makes an enum value.
	VariantExpr struct {
		node
		Tag  int
		Args []Expr
	}
	// RecordExpr makes a record; fields in written order.
	RecordExpr struct {
		node
		Names []string
		Args  []Expr
	}
	// ListExpr makes a list.
	ListExpr struct {
		node
		Elems []Expr
	}
	// TextExpr is an f-string. Conv is the to_string of the part's type, nil
	// where the part is a String.
	TextExpr struct {
		node
		Parts []TextPart
	}
	// BinaryExpr is X Op Y for all but && and ||. Both sides have one type, but
	// for IpAddr / u8 and integer ** u32.
	BinaryExpr struct {
		node
		Op   string
		X, Y Expr
	}
	// LogicExpr is X && Y, or X || Y.
	LogicExpr struct {
		node
		Or   bool
		X, Y Expr
	}
	// NotExpr is !X.
	NotExpr struct {
		node
		X Expr
	}
	// NegExpr is -X.
	NegExpr struct {
		node
		X Expr
	}
	// BlockExpr is a block; Tail is nil where it has none.
	BlockExpr struct {
		node
		Stmts    []Expr
		Tail     Expr
		Diverges bool
	}
	// LetExpr declares a variable.
	LetExpr struct {
		node
		Local *Local // nil for _
		X     Expr
	}
	// AssignExpr stores into a variable or a field of one.
	AssignExpr struct {
		node
		Target Expr // *LocalRef or *FieldRef chain over one
		X      Expr
	}
	// IfExpr is a conditional; Else is nil where it has none.
	IfExpr struct {
		node
		Cond       Expr
		Then, Else Expr
	}
	// MatchExpr picks the first arm that fits.
	MatchExpr struct {
		node
		X    Expr
		Arms []ArmExpr
	}
	// WhileExpr repeats.
	WhileExpr struct {
		node
		Cond Expr
		Body Expr
	}
	// ForExpr runs over a list.
	ForExpr struct {
		node
		Local *Local
		In    Expr
		Body  Expr
	}
	// ExitExpr leaves the function. X is the value of the function's result
	// type, nil for ().
	ExitExpr struct {
		node
		X Expr
	}
	// QuestionExpr is X?: the payload, or an early return of None or Err.
	QuestionExpr struct {
		node
		X  Expr
		Fn *FuncDef
	}
)

// TextPart is a piece of an f-string.
type TextPart struct {
	X    Expr
	Conv *FuncDef
}

// ArmExpr is one arm of a match; Tag is -1 for _.
type ArmExpr struct {
	Tag    int
	Locals []*Local // nil entries are _
	Guard  Expr
	Body   Expr
}

// diverges reports whether control never comes out of e normally.
func diverges(e Expr) bool {
	switch e := e.(type) {
	case *ExitExpr:
		return true
	case *BlockExpr:
		return e.Diverges
	case *IfExpr:
		return diverges(e.Cond) || e.Else != nil && diverges(e.Then) && diverges(e.Else)
	case *MatchExpr:
		for _, a := range e.Arms {
			if !diverges(a.Body) {
				return diverges(e.X)
			}
		}
		return true
	case *LetExpr:
		return diverges(e.X)
	case *CallExpr:
		for _, a := range e.Args {
			if diverges(a) {
				return true
			}
		}
		return PrimOf(e.T) == Never
	case *AssignExpr:
		return diverges(e.X)
	}
	return false
}
