package check

import (
	"strconv"
	"strings"

	"example.com/rotonda/roto/syntax"
)

// Type is *Named, *Record, *Var or *Param.
type Type interface{ String() string }

// Prim tells built-in types apart.
type Prim uint8

// The built-in types. NotPrim are records and enums of scripts; Host are types
// bound by the embedding program.
const (
	NotPrim Prim = iota
	Unit
	Never
	Bool
	U8
	U16
	U32
	U64
	I8
	I16
	I32
	I64
	F32
	F64
	Char
	String
	ASN
	IPAddr
	Prefix
	List
	Map
	Host
)

// Integer reports whether p is an integer type.
func (p Prim) Integer() bool { return p >= U8 && p <= I64 }

// Signed reports whether p is a signed integer type.
func (p Prim) Signed() bool { return p >= I8 && p <= I64 }

// Float reports whether p is a floating-point type.
func (p Prim) Float() bool { return p == F32 || p == F64 }

// Bits returns the width of an integer or floating-point type.
func (p Prim) Bits() int {
	switch p {
	case U8, I8:
		return 8
	case U16, I16:
		return 16
	case U32, I32, F32:
		return 32
	}
	return 64
}

// TypeDef is a declared type: built in, bound by the host or of the script.
type TypeDef struct {
	Name     string
	Path     string // with the modules before it, as shown in messages
	Doc      string
	Prim     Prim
	Params   []string
	Fields   []Field   // of a record
	Variants []Variant // of an enum
	IsRecord bool
	IsEnum   bool
	Dynamic  bool   // a schema of the host: its fields are functions
	Members  *Scope // methods, associated functions and constants
	Impl     any    // the host's description of its type
	Decl     syntax.Decl
}

// Field is one field of a record.
type Field struct {
	Name string
	Type Type
}

// Variant is one case of an enum.
type Variant struct {
	Name   string
	Fields []Type
}

// Named is a declared type with its arguments.
type Named struct {
	Def  *TypeDef
	Args []Type
}

// Record is an anonymous record.
type Record struct{ Fields []Field }

// Param is a type parameter inside a generic declaration.
type Param struct {
	Index int
	Name  string
}

type varKind uint8

const (
	anyVar varKind = iota
	intVar
	signedVar
	floatVar
	recordVar
)

// Var is a type not known yet.
type Var struct {
	id     int
	kind   varKind
	link   Type
	fields []Field // of a record literal whose type is open
}

// resolve follows the links of bound variables.
func resolve(t Type) Type {
	for {
		v, ok := t.(*Var)
		if !ok || v.link == nil {
			return t
		}
		t = v.link
	}
}

func (n *Named) String() string {
	if n.Def.Prim == Unit {
		return "()"
	}
	if n.Def.Prim == Never {
		return "!"
	}
	if len(n.Args) == 0 {
		return n.Def.Path
	}
	return n.Def.Path + "[" + typeList(n.Args) + "]"
}

func (r *Record) String() string { return fieldList(r.Fields) }

func (p *Param) String() string { return p.Name }

func (v *Var) String() string {
	if v.link != nil {
		return v.link.String()
	}
	switch v.kind {
	case intVar:
		return "{integer}"
	case signedVar:
		return "{signed integer}"
	case floatVar:
		return "{float}"
	case recordVar:
		return fieldList(v.fields)
	}
	return "@" + strconv.Itoa(v.id)
}

func typeList(ts []Type) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = t.String()
	}
	return strings.Join(parts, ", ")
}

func fieldList(fs []Field) string {
	parts := make([]string, len(fs))
	for i, f := range fs {
		parts[i] = f.Name + ": " + f.Type.String()
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// subst replaces type parameters by arguments.
func subst(t Type, args []Type) Type {
	switch t := resolve(t).(type) {
	case *Param:
		if t.Index < len(args) {
			return args[t.Index]
		}
	case *Named:
		if len(t.Args) == 0 {
			return t
		}
		return &Named{t.Def, substAll(t.Args, args)}
	case *Record:
		fields := make([]Field, len(t.Fields))
		for i, f := range t.Fields {
			fields[i] = Field{f.Name, subst(f.Type, args)}
		}
		return &Record{fields}
	}
	return t
}

// Subst replaces type parameters by arguments.
func Subst(t Type, args []Type) Type {
	if len(args) == 0 {
		return t
	}
	return subst(t, args)
}

func substAll(ts, args []Type) []Type {
	out := make([]Type, len(ts))
	for i, t := range ts {
		out[i] = subst(t, args)
	}
	return out
}

// FieldsOf returns the fields of a record type with its arguments filled in.
func FieldsOf(t Type) ([]Field, bool) {
	switch t := resolve(t).(type) {
	case *Record:
		return t.Fields, true
	case *Var:
		return t.fields, t.kind == recordVar
	case *Named:
		if !t.Def.IsRecord {
			return nil, false
		}
		out := make([]Field, len(t.Def.Fields))
		for i, f := range t.Def.Fields {
			out[i] = Field{f.Name, subst(f.Type, t.Args)}
		}
		return out, true
	}
	return nil, false
}

// VariantFields returns the fields of a variant with the arguments of t filled in.
func VariantFields(t *Named, tag int) []Type { return substAll(t.Def.Variants[tag].Fields, t.Args) }

// Resolved returns what a type has turned out to be: *Named or *Record once a
// program is checked.
func Resolved(t Type) Type { return resolve(t) }

// PrimOf returns the primitive behind a type, NotPrim for all others.
func PrimOf(t Type) Prim {
	if n, ok := resolve(t).(*Named); ok {
		return n.Def.Prim
	}
	return NotPrim
}
