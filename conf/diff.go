package conf

import (
	"fmt"
	"reflect"
	"sort"
)

// Equal reports whether two configurations of one type hold the same values.
func Equal(a, b any) bool {
	changed, _ := Diff(a, b)
	return len(changed) == 0
}

// Diff lists the dotted keys whose values differ between two configurations of
// one type, sorted. live is true where each of them may change without a
// restart (reload:"live" on the field or on one around it). Two configurations
// of different types differ in the key "", not live.
func Diff(a, b any) (changed []string, live bool) {
	va, vb := indirect(reflect.ValueOf(a)), indirect(reflect.ValueOf(b))
	if !va.IsValid() || !vb.IsValid() {
		if va.IsValid() == vb.IsValid() {
			return nil, true
		}
		return []string{""}, false
	}
	if va.Type() != vb.Type() {
		return []string{""}, false
	}
	d := differ{live: true}
	d.compare("", va, vb, false)
	sort.Strings(d.changed)
	return d.changed, d.live
}

type differ struct {
	changed []string
	live    bool
}

func (d *differ) note(key string, live bool) {
	d.changed = append(d.changed, key)
	d.live = d.live && live
}

func (d *differ) compare(key string, a, b reflect.Value, live bool) {
	t := a.Type()
	switch {
	case t == typeNode:
		if !a.Interface().(*Node).Equal(b.Interface().(*Node)) {
			d.note(key, live)
		}
	case t.Kind() == reflect.Pointer && group(t.Elem()) && !a.IsNil() && !b.IsNil():
		d.compare(key, a.Elem(), b.Elem(), live)
	case group(t) && len(fieldsOf(t)) > 0:
		for _, f := range fieldsOf(t) {
			d.compare(join(key, f.key), a.FieldByIndex(f.index), b.FieldByIndex(f.index), live || f.live)
		}
	case t.Kind() == reflect.Map:
		d.mapping(key, a, b, live)
	case !reflect.DeepEqual(a.Interface(), b.Interface()):
		d.note(key, live)
	}
}

func (d *differ) mapping(key string, a, b reflect.Value, live bool) {
	for it := a.MapRange(); it.Next(); {
		name := join(key, fmt.Sprint(it.Key().Interface()))
		other := b.MapIndex(it.Key())
		if !other.IsValid() {
			d.note(name, live)
			continue
		}
		d.compare(name, it.Value(), other, live)
	}
	for it := b.MapRange(); it.Next(); {
		if !a.MapIndex(it.Key()).IsValid() {
			d.note(join(key, fmt.Sprint(it.Key().Interface())), live)
		}
	}
}

func indirect(v reflect.Value) reflect.Value {
	for v.Kind() == reflect.Pointer && !v.IsNil() && v.Type() != typeNode {
		v = v.Elem()
	}
	return v
}
