package check

import (
	"fmt"

	"example.com/rotonda/roto/syntax"
)

// Universe is the global scope: built-in types, the prelude and what the host
// bound. Each runtime has its own, so nothing is shared or package state.
type Universe struct {
	Scope *Scope
	prims [Host + 1]*Named
	// The generic types every program knows.
	Option, Result, Verdict, List, Map *TypeDef
}

var primNames = [...]string{Unit: "Unit", Never: "!", Bool: "bool", U8: "u8", U16: "u16", U32: "u32", U64: "u64",
	I8: "i8", I16: "i16", I32: "i32", I64: "i64", F32: "f32", F64: "f64", Char: "char", String: "String", ASN: "Asn",
	IPAddr: "IpAddr", Prefix: "Prefix"}

var primDocs = [...]string{Unit: "The type of () alone.", Bool: "true or false.",
	U8: "An integer from 0 to 255.", U16: "An integer from 0 to 65,535.", U32: "An integer from 0 to 4,294,967,295.",
	U64: "An integer from 0 to 18,446,744,073,709,551,615.", I8: "An integer from -128 to 127.", I16: "An integer from -32,768 to 32,767.",
	I32: "An integer from -2,147,483,648 to 2,147,483,647; what an integer is when nothing else decides.",
	I64: "An integer from -9,223,372,036,854,775,808 to 9,223,372,036,854,775,807.",
	F32: "A floating-point number of 32 bits (IEEE 754).", F64: "A floating-point number of 64 bits (IEEE 754); what a float is when nothing else decides.",
	Char: "One character: a Unicode scalar value.", String: "A text; it never changes.", ASN: "An AS number, written AS64496.",
	IPAddr: "An IPv4 or IPv6 address.", Prefix: "An address and a length in bits, written 192.0.2.0 / 24; host bits are zero."}

// NewUniverse returns a universe of the built-in types, without methods.
func NewUniverse() *Universe {
	u := &Universe{Scope: NewScope(nil, "")}
	for p := Unit; p <= Prefix; p++ {
		def := u.AddType(u.Scope, &TypeDef{Name: primNames[p], Prim: p, Doc: primDocs[p]})
		u.prims[p] = &Named{Def: def}
	}
	t, e := &Param{0, "T"}, &Param{1, "E"}
	u.List = u.AddType(u.Scope, &TypeDef{Name: "List", Prim: List, Params: []string{"T"}, Doc: "A growable list, shared by all who hold it."})
	u.Map = u.AddType(u.Scope, &TypeDef{Name: "Map", Prim: Map, Params: []string{"K", "V"}, Doc: "Values by key, in the order in which the keys came; shared by all who hold it. An extension."})
	u.Option = u.addEnum("Option", []string{"T"}, Variant{"Some", []Type{t}}, Variant{"None", nil})
	u.Result = u.addEnum("Result", []string{"T", "E"}, Variant{"Ok", []Type{t}}, Variant{"Err", []Type{e}})
	u.Verdict = u.addEnum("Verdict", []string{"A", "R"}, Variant{"Accept", []Type{t}}, Variant{"Reject", []Type{e}})
	u.Option.Doc = "A value, or none; T? is short for Option[T]."
	u.Result.Doc = "A value, or an error."
	u.Verdict.Doc = "What a filter answers: accept or reject, each with a value."
	for _, d := range []*TypeDef{u.Option, u.Result} {
		for _, v := range d.Variants {
			u.Scope.Define(d.Members.Own(v.Name))
		}
	}
	u.Scope.Define(&Item{Kind: TypeItem, Name: "Optional", Type: u.Option})
	return u
}

func (u *Universe) addEnum(name string, params []string, variants ...Variant) *TypeDef {
	d := u.AddType(u.Scope, &TypeDef{Name: name, Params: params, IsEnum: true, Variants: variants})
	defineVariants(d, syntax.Span{})
	return d
}

func defineVariants(d *TypeDef, at syntax.Span) {
	for i, v := range d.Variants {
		d.Members.Define(&Item{Kind: VariantItem, Name: v.Name, Type: d, Tag: i, Span: at})
	}
}

// AddType defines a type in a scope and returns it.
func (u *Universe) AddType(s *Scope, d *TypeDef) *TypeDef {
	d.Path = join(s.Path, d.Name)
	d.Members = NewScope(nil, d.Path)
	s.Define(&Item{Kind: TypeItem, Name: d.Name, Type: d})
	return d
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// Prim returns a built-in type.
func (u *Universe) Prim(p Prim) Type { return u.prims[p] }

// OptionOf returns Option[t].
func (u *Universe) OptionOf(t Type) Type { return &Named{u.Option, []Type{t}} }

// ListOf returns List[t].
func (u *Universe) ListOf(t Type) Type { return &Named{u.List, []Type{t}} }

// VerdictOf returns Verdict[a, r].
func (u *Universe) VerdictOf(a, r Type) Type { return &Named{u.Verdict, []Type{a, r}} }

// Signature fills the parameters and result of f from their written form, for
// functions whose types the host language cannot say. Names come from it too.
func (u *Universe) Signature(f *FuncDef, text string) error {
	sig, diags := syntax.ParseSignature(text)
	if diags.Failed() {
		return fmt.Errorf("signature %q: %s", text, diags.List[0].Title)
	}
	c := &checker{u: u, diags: diags}
	s := NewScope(u.Scope, "")
	for i, n := range sig.TypeParams {
		s.Define(&Item{Kind: ParamItem, Name: n.Text, Param: &Param{i, n.Text}})
	}
	f.Generic = len(sig.TypeParams)
	for _, p := range sig.Params {
		f.Params = append(f.Params, c.typeOf(p.Type, s))
		f.Names = append(f.Names, p.Name.Text)
	}
	f.Result = u.prims[Unit]
	if sig.Result != nil {
		f.Result = c.typeOf(sig.Result, s)
	}
	if diags.Failed() {
		return fmt.Errorf("signature %q: %s", text, diags.List[0].Title)
	}
	return nil
}
