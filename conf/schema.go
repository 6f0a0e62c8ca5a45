package conf

import (
	"reflect"
	"strings"
)

// Schema describes what a table may hold. It is made by [Describe] and printed
// as a TOML example, as JSON Schema or as a page of the manual.
type Schema struct {
	Doc  string // the comment on the struct, as paragraphs
	Keys []Key
}

// Key describes one key of a table.
type Key struct {
	Name     string
	Doc      string // the comment on the field
	Want     string // what it accepts, in words
	Default  string // as written in the file; empty where there is none or it is a secret
	Enum     []string
	Low      string // bounds as written in the tag; empty where open
	High     string
	Unit     string
	Aliases  []string
	Notice   string // what is logged when a legacy key is used
	Required bool
	Live     bool // a change needs no restart
	Secret   bool
	Path     bool
	OneMany  bool
	Octets   bool
	Shape    Shape
	Base     string  // JSON Schema's name for the value or element: string, integer, number, boolean, object; empty for any
	Inside   *Schema // the keys of a table, or of each table in a list or map
}

// Shape tells how often a key's value occurs.
type Shape uint8

// The shapes of a key.
const (
	One   Shape = iota // a single value or table
	Many               // a list
	Named              // a table whose keys the user chooses
)

// Describe returns the schema of a configuration struct, given as a value or
// pointer. source is the Go file that declares it, whose comments become the
// help; it may be nil, and what it does not declare has no help.
func Describe(cfg any, source []byte) Schema {
	t := reflect.TypeOf(cfg)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return Schema{}
	}
	return describe(t, comments(source), 0)
}

// maxDepth ends the description of types that contain themselves.
const maxDepth = 8

func describe(t reflect.Type, docs docs, depth int) Schema {
	s := Schema{Doc: docs.types[t.Name()]}
	for _, f := range fieldsOf(t) {
		k := Key{Name: f.key, Doc: docs.fields[f.owner.Name()][f.goName], Want: f.want(), Default: f.literal(), Enum: f.enum, Low: f.low, High: f.high, Unit: f.unit,
			Aliases: f.aliases, Notice: f.notice, Required: f.required, Live: f.live, Secret: f.secret,
			Path: f.path, OneMany: f.oneMany, Octets: f.octets}
		t := elementOf(&k, f.typ)
		k.Base = baseOf(t)
		if group(t) && depth < maxDepth {
			inside := describe(t, docs, depth+1)
			k.Inside = &inside
		}
		s.Keys = append(s.Keys, k)
	}
	return s
}

// elementOf sets the shape and returns the type of the single value.
func elementOf(k *Key, t reflect.Type) reflect.Type {
	for {
		switch {
		case t == typeNode || custom(t) || textual(t):
			return t
		case t.Kind() == reflect.Pointer:
			t = t.Elem()
		case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
			k.Shape, t = Many, t.Elem()
		case t.Kind() == reflect.Map:
			k.Shape, t = Named, t.Elem()
		default:
			return t
		}
	}
}

// baseOf names the JSON type.
func baseOf(t reflect.Type) string {
	switch {
	case t == typeNode || custom(t) || t.Kind() == reflect.Interface:
		return ""
	case t == typeDuration || textual(t) || t.Kind() == reflect.String:
		return "string"
	case t.Kind() == reflect.Bool:
		return "boolean"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "number"
	case numeric(t):
		return "integer"
	}
	return "object"
}

// literal writes the default as the file would have it.
func (f field) literal() string {
	if !f.hasDef || f.secret {
		return ""
	}
	t := f.typ
	if t.Kind() == reflect.Slice && !custom(t) && !textual(t) {
		parts := splitList(f.def)
		for i := range parts {
			parts[i] = literalOf(t.Elem(), parts[i], f.unit)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	return literalOf(t, f.def, f.unit)
}

func literalOf(t reflect.Type, s, unit string) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	digits := strings.Trim(s, "0123456789") == "" && s != ""
	switch {
	case t == typeDuration && digits && unit != "":
		return s
	case t == typeDuration || textual(t) || custom(t):
		return quote(s)
	case t.Kind() == reflect.Bool, numeric(t) && (unit != "bytes" || digits):
		return s
	}
	return quote(s)
}
