package roto

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/roto/syntax"
)

// Schema is a record type that the host declares at run time, such as that of the
// messages of a queue or of the columns of a file. Scripts read its fields as
// those of any record, checked by the compiler; Go sees a [Row].
type Schema struct {
	Name    string
	columns []column
}

// column is one field: its name and how its values come and go.
type column struct {
	name string
	kind *columnKind
}

// Row is a value of a schema. It is not for concurrent use while it is filled.
type Row struct {
	schema *Schema
	values []any
}

// Schema binds a record type under a name. fields is written as in a script:
//
//	"prefix: Prefix, origin: Asn?, tags: List[String]"
//
// The types are bool, the numbers, String, Asn, IpAddr and Prefix, each alone, as
// an option or as a list. A wrong declaration is an error of [Runtime.Err].
func (rt *Runtime) Schema(name, doc, fields string) *Schema {
	s := &Schema{Name: name}
	def := &check.TypeDef{Name: name, Doc: doc, Prim: check.Host, Path: name, Dynamic: true,
		Impl: &hostType{kind: ir.Ref, equal: func(a, b *vm.Slot) bool { return a.P == b.P }}}
	def.Members = check.NewScope(nil, name)
	rt.define(rt.scope, &check.Item{Kind: check.TypeItem, Name: name, Type: def})
	sig, diags := syntax.ParseSignature("fn(" + fields + ")")
	if diags.Failed() {
		rt.fail("schema %s: %s", name, diags.List[0].Title)
		return s
	}
	for i, p := range sig.Params {
		text := strings.Join(strings.Fields(p.Type.At().Text()), "")
		kind, ok := columnKinds[text]
		if !ok {
			rt.fail("schema %s: field %s: no type `%s`; there are bool, numbers, String, Asn, IpAddr and Prefix, each alone, as T? or as List[T]", name, p.Name.Text, text)
			continue
		}
		s.columns = append(s.columns, column{p.Name.Text, kind})
		f := &check.FuncDef{Name: p.Name.Text, Path: name + "." + p.Name.Text, Params: []check.Type{&check.Named{Def: def}}, Pure: true, Field: true, Impl: kind.bind(s, i)}
		rt.define(def.Members, &check.Item{Kind: check.FuncItem, Name: p.Name.Text, Func: f})
		rt.pending = append(rt.pending, pending{f.Path, func() (err error) {
			f.Result, err = rt.typeOf(kind.goType)
			return err
		}})
	}
	return s
}

// Row returns a value with all fields at their zero: false, 0, no text, none,
// 0.0.0.0 and 0.0.0.0/0.
func (s *Schema) Row() *Row {
	r := &Row{schema: s, values: make([]any, len(s.columns))}
	for i, c := range s.columns {
		r.values[i] = c.kind.zero
	}
	return r
}

// Fields returns the names of the fields, in order.
func (s *Schema) Fields() []string {
	names := make([]string, len(s.columns))
	for i, c := range s.columns {
		names[i] = c.name
	}
	return names
}

func (s *Schema) index(field string) int {
	for i, c := range s.columns {
		if c.name == field {
			return i
		}
	}
	return -1
}

// Set sets a field to a value of the Go type that stands for its type (uint32 for
// u32, netip.Prefix for Prefix, [Option] of it for T?, a slice for List[T]).
func (r *Row) Set(field string, value any) error {
	i := r.schema.index(field)
	if i < 0 {
		return fmt.Errorf("roto: schema %s has no field %q", r.schema.Name, field)
	}
	if g := reflect.TypeOf(value); g != r.schema.columns[i].kind.goType {
		return fmt.Errorf("roto: field %s.%s wants %v, not %v", r.schema.Name, field, r.schema.columns[i].kind.goType, g)
	}
	r.values[i] = value
	return nil
}

// Get returns the value of a field, nil where the schema has none of that name.
func (r *Row) Get(field string) any {
	if i := r.schema.index(field); i >= 0 {
		return r.values[i]
	}
	return nil
}

// FromJSON reads a row out of a JSON object. Members that are no field are passed
// over; a field that is missing or null keeps its zero. The error names the field.
func (s *Schema) FromJSON(text []byte) (*Row, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("roto: schema %s: %w", s.Name, err)
	}
	r := s.Row()
	for i, c := range s.columns {
		raw, ok := object[c.name]
		if !ok || bytes.Equal(raw, []byte("null")) {
			continue
		}
		v, err := c.kind.json(raw)
		if err != nil {
			return nil, fmt.Errorf("roto: schema %s: field %s: %w", s.Name, c.name, err)
		}
		r.values[i] = v
	}
	return r, nil
}

// FromText reads a row out of one text a field, as in a line of CSV. An empty text
// is none of an option and the empty list; the items of a list stand between
// blanks. The error names the field.
func (s *Schema) FromText(texts []string) (*Row, error) {
	if len(texts) != len(s.columns) {
		return nil, fmt.Errorf("roto: schema %s: %d texts for %d fields", s.Name, len(texts), len(s.columns))
	}
	r := s.Row()
	for i, c := range s.columns {
		v, err := c.kind.text(texts[i])
		if err != nil {
			return nil, fmt.Errorf("roto: schema %s: field %s: %w", s.Name, c.name, err)
		}
		r.values[i] = v
	}
	return r, nil
}
