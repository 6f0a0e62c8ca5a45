package conf

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// field is one key of a struct: its tags, read.
type field struct {
	key      string
	goName   string
	owner    reflect.Type // the struct that declares it
	index    []int
	typ      reflect.Type
	aliases  []string
	enum     []string
	def      string
	hasDef   bool
	low      string // bounds as written; empty where open
	high     string
	ranged   bool
	unit     string
	notice   string
	required bool
	nonEmpty bool
	oneMany  bool
	octets   bool
	path     bool
	secret   bool
	live     bool
}

// fieldsOf lists the keys of a struct type, embedded structs flattened.
func fieldsOf(t reflect.Type) []field {
	var list []field
	for i := range t.NumField() {
		sf := t.Field(i)
		name, tagged := sf.Tag.Lookup("conf")
		if name == "-" || (!sf.IsExported() && !sf.Anonymous) {
			continue
		}
		if sf.Anonymous && !tagged && sf.Type.Kind() == reflect.Struct {
			for _, f := range fieldsOf(sf.Type) {
				f.index = append([]int{i}, f.index...)
				list = append(list, f)
			}
			continue
		}
		if tagged {
			list = append(list, newField(t, sf, name))
		}
	}
	return list
}

func newField(owner reflect.Type, sf reflect.StructField, name string) field {
	is := func(tag string) bool { return sf.Tag.Get(tag) == "true" }
	f := field{key: name, goName: sf.Name, owner: owner, index: sf.Index, typ: sf.Type,
		unit: sf.Tag.Get("unit"), notice: sf.Tag.Get("notice"), live: sf.Tag.Get("reload") == "live",
		required: is("required"), nonEmpty: is("nonempty"), oneMany: is("oneormany"),
		octets: is("octets"), path: is("path"), secret: is("secret")}
	f.def, f.hasDef = sf.Tag.Lookup("default")
	if s := sf.Tag.Get("alias"); s != "" {
		f.aliases = strings.Split(s, ",")
	}
	if s := sf.Tag.Get("enum"); s != "" {
		f.enum = strings.Split(s, "|")
	}
	f.low, f.high, f.ranged = strings.Cut(sf.Tag.Get("range"), "..")
	return f
}

// elem is the field as its elements see it: the same rules for one of them.
func (f field) elem() field {
	f.typ = f.typ.Elem()
	f.oneMany, f.nonEmpty, f.required = false, false, false
	return f
}

var (
	typeDuration    = reflect.TypeFor[time.Duration]()
	typeNode        = reflect.TypeFor[*Node]()
	typeUnmarshaler = reflect.TypeFor[Unmarshaler]()
	typeText        = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// custom reports whether the type decodes itself from a node.
func custom(t reflect.Type) bool { return reflect.PointerTo(t).Implements(typeUnmarshaler) }

// textual reports whether the type decodes itself from text.
func textual(t reflect.Type) bool { return reflect.PointerTo(t).Implements(typeText) }

// group reports whether the type is a table of further keys.
func group(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && !custom(t) && !textual(t)
}

func numeric(t reflect.Type) bool {
	return t != typeDuration && t.Kind() >= reflect.Int && t.Kind() <= reflect.Float64
}

// want says in words what a field accepts: the second half of error messages
// and the type column of the manual.
func (f field) want() string {
	t := f.typ
	for t.Kind() == reflect.Pointer && t != typeNode {
		t = t.Elem()
	}
	f.typ = t
	if len(f.enum) > 0 && t.Kind() != reflect.Slice && t.Kind() != reflect.Map {
		return "one of " + f.enumText()
	}
	switch {
	case t == typeNode || custom(t) && t.Kind() == reflect.Struct:
		return ""
	case t == typeDuration:
		s := `a duration such as "90s" or "5m"`
		if f.unit != "" {
			s += " or a number of " + unitName(f.unit)
		}
		return s + f.rangeText()
	case f.octets:
		return `an IPv4 address such as "192.0.2.1" or [192, 0, 2, 1]`
	case t.String() == "netip.Addr":
		return `an IP address such as "192.0.2.1" or "2001:db8::1"`
	case t.String() == "netip.AddrPort":
		return `ADDRESS:PORT such as "127.0.0.1:8080" or "[::]:8080"`
	case t.String() == "netip.Prefix":
		return `a prefix such as "192.0.2.0/24" or "2001:db8::/32"`
	case t.String() == "time.Time":
		return "a date with time such as 2026-01-31T12:00:00Z"
	case custom(t), textual(t), t.Kind() == reflect.Interface:
		return ""
	}
	switch t.Kind() {
	case reflect.String:
		if f.path {
			return "a file name in quotes"
		}
		return "a string in quotes"
	case reflect.Bool:
		return "true or false"
	case reflect.Float32, reflect.Float64:
		return "a number" + f.rangeText()
	case reflect.Slice, reflect.Array:
		return f.wantList()
	case reflect.Map, reflect.Struct:
		return "a table"
	}
	if f.unit == "bytes" {
		return `a size such as "64MiB" or a number of bytes` + f.rangeText()
	}
	return "a whole number" + f.rangeText()
}

func (f field) wantList() string {
	e := f.elem()
	one := e.want()
	s := "a list"
	if f.typ.Kind() == reflect.Array {
		s = fmt.Sprintf("a list of %d", f.typ.Len())
	}
	if one == "" {
		return s
	}
	if f.oneMany {
		return one + ", or a list of such"
	}
	return s + ", each " + one
}

func (f field) enumText() string {
	words := make([]string, len(f.enum))
	for i, w := range f.enum {
		words[i] = w
		if !numeric(f.typ) {
			words[i] = quote(w)
		}
	}
	return strings.Join(words, ", ")
}

func (f field) rangeText() string {
	switch {
	case !f.ranged:
		return ""
	case f.low == "":
		return " up to " + f.high
	case f.high == "":
		return " from " + f.low
	}
	return " from " + f.low + " to " + f.high
}

func unitName(unit string) string {
	switch unit {
	case "ms":
		return "milliseconds"
	case "m":
		return "minutes"
	case "h":
		return "hours"
	}
	return "seconds"
}
