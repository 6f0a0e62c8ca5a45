package conf

import (
	"encoding"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"strings"
)

// Unmarshaler is implemented, on the pointer, by types that read their value
// from the node themselves. The error may be one made with [Node.Errorf] or
// [Errors]; any other gets the node's place.
type Unmarshaler interface {
	UnmarshalConf(n *Node) error
}

// Validator is implemented, on the pointer, by structs whose keys depend on
// each other. It is asked once the struct was decoded without an error; the
// node is the struct's table, for [Node.KeyErrorf].
type Validator interface {
	ValidateConf(n *Node) error
}

// Decode fills the struct that into points at from a table. Every key must
// belong to a field and every value to its type and bounds; all that is wrong
// is returned at once, in the order of the file. Fields without a key get
// their default.
func (n *Node) Decode(into any) (Errors, []Notice) {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return Errors{n.Errorf("", "a %T cannot hold a table; the unit needs a pointer to a struct", into)}, nil
	}
	var d decoder
	d.root(n, v.Elem())
	d.errs.Sort()
	return d.errs, d.notices
}

// Defaults fills the struct that into points at with its defaults, as if
// decoded from an empty table whose required keys are no matter. The error is
// about the tags of the struct.
func Defaults(into any) error {
	f, _ := Parse("", nil)
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("conf: defaults: want a pointer to a struct, not %T", into)
	}
	d := decoder{lax: true}
	d.table(f.Root, v.Elem())
	return d.errs.Err()
}

type decoder struct {
	errs    Errors
	notices []Notice
	lax     bool // required keys may be absent, validators are not asked
	text    bool // the node is a default: text stands for every scalar
}

func (d *decoder) fail(e *Error) { d.errs = append(d.errs, e) }

func (d *decoder) root(n *Node, v reflect.Value) {
	if n.Kind != KindTable {
		d.fail(n.Errorf("want a table", "%s", described(n, field{})))
		return
	}
	d.table(n, v)
}

// table decodes the keys of one struct.
func (d *decoder) table(n *Node, v reflect.Value) {
	before := len(d.errs)
	fields := fieldsOf(v.Type())
	set := make([]string, len(fields)) // the key each field was set by
	for _, e := range n.entries {
		i := find(fields, e.name)
		if i < 0 {
			d.fail(unknown(n, e, fields))
			continue
		}
		f := fields[i]
		if set[i] != "" {
			d.fail(&Error{File: n.file.Path, Line: e.line, Col: e.col, Key: join(n.Key, e.name),
				What: fmt.Sprintf("%s is set as well and means the same", set[i]), Right: "keep " + f.key})
			continue
		}
		set[i] = e.name
		d.remark(n, e, f)
		d.value(e.node, v.FieldByIndex(f.index), f)
	}
	for i, f := range fields {
		if set[i] == "" {
			d.absent(n, v.FieldByIndex(f.index), f)
		}
	}
	if val, ok := v.Addr().Interface().(Validator); ok && !d.lax && len(d.errs) == before {
		d.adopt(n, field{}, val.ValidateConf(n))
	}
}

// remark collects what is to be said about a key that is accepted.
func (d *decoder) remark(n *Node, e entry, f field) {
	text := f.notice
	if text == "" && e.name != f.key {
		text = "is now called " + f.key
	}
	if text != "" {
		d.notices = append(d.notices, Notice{n.file.Path, e.line, e.col, join(n.Key, e.name), text})
	}
}

// absent handles a field without a key.
func (d *decoder) absent(n *Node, v reflect.Value, f field) {
	switch {
	case f.required && !d.lax:
		right := "add " + f.key
		if w := f.want(); w != "" {
			right += ": " + w
		}
		e := n.Errorf(right, "is missing")
		e.Key = join(n.Key, f.key)
		d.fail(e)
	case f.hasDef:
		d.preset(n, v, f)
	case group(f.typ):
		empty := &Node{Kind: KindTable, Key: join(n.Key, f.key), Line: n.Line, Col: n.Col, file: n.file}
		d.table(empty, v)
	}
}

// preset sets the default of a field.
func (d *decoder) preset(n *Node, v reflect.Value, f field) {
	def := &Node{Kind: KindString, Key: join(n.Key, f.key), Text: f.def, Line: n.Line, Col: n.Col, file: n.file}
	if f.typ.Kind() == reflect.Slice && !custom(f.typ) && !textual(f.typ) {
		def.Kind, def.Text = KindList, ""
		for _, s := range splitList(f.def) {
			def.List = append(def.List, &Node{Kind: KindString, Key: def.Key, Text: s, Line: n.Line, Col: n.Col, file: n.file})
		}
	}
	sub := decoder{text: true, lax: d.lax}
	sub.value(def, v, f)
	for _, e := range sub.errs {
		e.What = "the unit's own default is wrong: " + e.What
		d.fail(e)
	}
}

// value decodes one node into one variable.
func (d *decoder) value(n *Node, v reflect.Value, f field) {
	t := v.Type()
	switch {
	case t == typeNode:
		v.Set(reflect.ValueOf(n))
		return
	case custom(t):
		d.adopt(n, f, v.Addr().Interface().(Unmarshaler).UnmarshalConf(n))
		return
	case t.Kind() == reflect.Pointer:
		f.typ = t.Elem()
		p := reflect.New(t.Elem())
		d.value(n, p.Elem(), f)
		v.Set(p)
		return
	case f.octets && n.Kind == KindList:
		d.octets(n, v, f)
		return
	case textual(t):
		d.fromText(n, v, f)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		if d.kind(n, f, KindTable) {
			d.table(n, v)
		}
	case reflect.Map:
		d.mapping(n, v, f)
	case reflect.Slice:
		d.list(n, v, f)
	case reflect.Array:
		d.array(n, v, f)
	case reflect.Interface:
		v.Set(reflect.ValueOf(n.plain()))
	default:
		d.scalar(n, v, f)
	}
}

// kind checks that the node is of the kind wanted. Defaults are text only.
func (d *decoder) kind(n *Node, f field, k Kind) bool {
	if n.Kind == k || d.text && n.Kind == KindString {
		return true
	}
	d.mismatch(n, f)
	return false
}

func (d *decoder) mismatch(n *Node, f field) {
	d.fail(n.Errorf(prefixed("want ", f.want()), "%s", described(n, f)))
}

func (d *decoder) list(n *Node, v reflect.Value, f field) {
	items := n.List
	if n.Kind != KindList {
		if !f.oneMany {
			d.mismatch(n, f)
			return
		}
		items = []*Node{n}
	}
	if f.nonEmpty && len(items) == 0 {
		d.fail(n.Errorf(prefixed("want at least one: ", f.elem().want()), "the list is empty"))
		return
	}
	s := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		d.value(item, s.Index(i), f.elem())
	}
	v.Set(s)
}

func (d *decoder) array(n *Node, v reflect.Value, f field) {
	if !d.kind(n, f, KindList) {
		return
	}
	if len(n.List) != v.Len() {
		d.fail(n.Errorf(prefixed("want ", f.want()), "the list has %d elements", len(n.List)))
		return
	}
	for i, item := range n.List {
		d.value(item, v.Index(i), f.elem())
	}
}

// mapping decodes a table whose keys are the user's.
func (d *decoder) mapping(n *Node, v reflect.Value, f field) {
	if !d.kind(n, f, KindTable) {
		return
	}
	if f.nonEmpty && len(n.entries) == 0 {
		d.fail(n.Errorf("want at least one key", "the table is empty"))
		return
	}
	t := v.Type()
	m := reflect.MakeMapWithSize(t, len(n.entries))
	for _, e := range n.entries {
		key := reflect.New(t.Key()).Elem()
		name := &Node{Kind: KindString, Key: join(n.Key, e.name), Text: e.name, Line: e.line, Col: e.col, file: n.file}
		failed := len(d.errs)
		(&keyDecoder{d}).value(name, key)
		item := reflect.New(t.Elem()).Elem()
		d.value(e.node, item, f.elem())
		if len(d.errs) == failed && m.MapIndex(key).IsValid() {
			d.fail(name.Errorf("keep one of them", "names the same as a key before it"))
		}
		if len(d.errs) == failed {
			m.SetMapIndex(key, item)
		}
	}
	v.Set(m)
}

// keyDecoder decodes keys of maps: text, checked by their type.
type keyDecoder struct{ d *decoder }

func (k *keyDecoder) value(n *Node, v reflect.Value) {
	sub := decoder{text: true}
	sub.value(n, v, field{typ: v.Type()})
	k.d.errs = append(k.d.errs, sub.errs...)
}

func (d *decoder) fromText(n *Node, v reflect.Value, f field) {
	if n.Kind == KindList || n.Kind == KindTable {
		d.mismatch(n, f)
		return
	}
	if n.Kind != KindString && n.Kind != KindTime && f.want() != "" {
		d.mismatch(n, f)
		return
	}
	if len(f.enum) > 0 && !d.listed(n, f) {
		return
	}
	err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(f.canonical(n.Text)))
	if a, ok := v.Interface().(netip.Addr); ok && err == nil && f.octets && !a.Is4() {
		err = errors.New("is not IPv4")
	}
	if err == nil {
		return
	}
	if f.want() != "" {
		d.fail(n.Errorf("want "+f.want(), "%s does not fit", shown(n, f)))
		return
	}
	d.adopt(n, f, err)
}

// adopt takes over an error of a custom type or validator.
func (d *decoder) adopt(n *Node, f field, err error) {
	var many Errors
	var one *Error
	switch {
	case err == nil:
	case errors.As(err, &many):
		d.errs = append(d.errs, many...)
	case errors.As(err, &one):
		d.fail(one)
	case f.secret:
		d.fail(n.Errorf(prefixed("want ", f.want()), "the value is not accepted"))
	default:
		d.fail(n.Errorf(prefixed("want ", f.want()), "%v", err))
	}
}

func find(fields []field, name string) int {
	for i, f := range fields {
		if f.key == name || slices.Contains(f.aliases, name) {
			return i
		}
	}
	return -1
}

func unknown(n *Node, e entry, fields []field) *Error {
	var names []string
	for _, f := range fields {
		if f.notice == "" {
			names = append(names, f.key)
		}
	}
	err := n.KeyErrorf(e.name, "", "unknown key")
	err.Line, err.Col = e.line, e.col
	switch near, ok := Nearest(e.name, names); {
	case ok:
		err.Right = fmt.Sprintf("did you mean %s?", near)
	case len(names) > 0:
		slices.Sort(names)
		err.Right = "known here: " + strings.Join(names, ", ")
	}
	return err
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

// splitList splits the text of a default.
func splitList(s string) []string {
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ",")
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	return parts
}
