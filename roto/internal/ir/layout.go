package ir

import (
	"slices"
	"strings"

	"example.com/rotonda/roto/internal/check"
)

// tooLarge is where layouts stop growing; the engine refuses them before.
const tooLarge = 1 << 24

// HostLayout is what a host type's description says about its values.
type HostLayout interface {
	// Layout returns Word, Text or Ref.
	Layout() Kind
}

// Types lays types out, each once.
type Types struct{ made map[string]*Type }

// NewTypes returns an empty set of layouts.
func NewTypes() *Types { return &Types{made: map[string]*Type{}} }

// Of returns the layout of a checked type.
func (ts *Types) Of(t check.Type) *Type {
	k := key(t)
	if made := ts.made[k]; made != nil {
		return made
	}
	out := &Type{Name: k}
	ts.made[k] = out // before its parts: a list may hold its own type
	switch t := check.Resolved(t).(type) {
	case *check.Record:
		ts.record(out, t)
	case *check.Named:
		ts.named(out, t)
	}
	return out
}

// key names a type so that equal types have equal keys; the order of an
// anonymous record's fields does not count.
func key(t check.Type) string {
	switch t := check.Resolved(t).(type) {
	case *check.Record:
		parts := make([]string, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = f.Name + ": " + key(f.Type)
		}
		slices.Sort(parts)
		return "{ " + strings.Join(parts, ", ") + " }"
	case *check.Named:
		if len(t.Args) == 0 {
			return t.String()
		}
		parts := make([]string, len(t.Args))
		for i, a := range t.Args {
			parts[i] = key(a)
		}
		return t.Def.Path + "[" + strings.Join(parts, ", ") + "]"
	}
	return t.String()
}

func (ts *Types) record(out *Type, t check.Type) {
	fields, _ := check.FieldsOf(t)
	out.Kind = Record
	if _, anonymous := t.(*check.Record); anonymous {
		fields = slices.Clone(fields)
		slices.SortFunc(fields, func(a, b check.Field) int { return strings.Compare(a.Name, b.Name) })
	}
	for _, f := range fields {
		ft := ts.Of(f.Type)
		out.Fields = append(out.Fields, Field{f.Name, out.Slots, ft})
		out.Slots = min(out.Slots+ft.Slots, tooLarge)
	}
	if out.Slots == 0 {
		out.Kind = Void
	}
}

func (ts *Types) named(out *Type, t *check.Named) {
	out.Prim = t.Def.Prim
	switch p := t.Def.Prim; {
	case p == check.Unit, p == check.Never:
	case p == check.String:
		out.Kind, out.Slots = Text, 1
	case p == check.List:
		out.Kind, out.Slots = Ref, 1
		out.Elem = ts.Of(t.Args[0])
	case p == check.Map:
		out.Kind, out.Slots = Ref, 1
		out.Key, out.Value = ts.Of(t.Args[0]), ts.Of(t.Args[1])
	case p == check.IPAddr:
		out.Kind, out.Slots = Addr, 3
	case p == check.Prefix:
		out.Kind, out.Slots = Prefix, 3
	case p == check.Host:
		out.Kind, out.Slots, out.Host = Ref, 1, t.Def.Impl
		if h, ok := t.Def.Impl.(HostLayout); ok {
			out.Kind = h.Layout()
		}
	case p != check.NotPrim:
		out.Kind, out.Slots = Word, 1
	case t.Def.IsRecord:
		ts.record(out, t)
	default:
		ts.enum(out, t)
	}
}

func (ts *Types) enum(out *Type, t *check.Named) {
	out.Kind, out.Slots = Enum, 1
	for i := range t.Def.Variants {
		off := 1
		fields := []Field{}
		for _, f := range check.VariantFields(t, i) {
			ft := ts.Of(f)
			fields = append(fields, Field{"", off, ft})
			off = min(off+ft.Slots, tooLarge)
		}
		out.Variants = append(out.Variants, fields)
		out.Slots = max(out.Slots, off)
	}
}

// Field returns the field of a record by name.
func (t *Type) Field(name string) Field {
	for _, f := range t.Fields {
		if f.Name == name {
			return f
		}
	}
	return Field{}
}
