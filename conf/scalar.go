package conf

import (
	"errors"
	"math"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// scalar decodes strings, truth values, numbers, durations and sizes.
func (d *decoder) scalar(n *Node, v reflect.Value, f field) {
	if v.Type() == typeDuration {
		d.duration(n, v, f)
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.str(n, v, f)
	case reflect.Bool:
		if d.kind(n, f, KindBool) {
			v.SetBool(n.Text == "true")
		}
	case reflect.Float32, reflect.Float64:
		d.float(n, v, f)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		d.whole(n, v, f)
	default:
		d.fail(n.Errorf("", "the unit declares this key as %s, which no value can become", v.Type()))
	}
}

func (d *decoder) str(n *Node, v reflect.Value, f field) {
	if !d.kind(n, f, KindString) {
		return
	}
	if f.nonEmpty && n.Text == "" {
		d.fail(n.Errorf("want "+f.want(), "the text is empty"))
		return
	}
	if len(f.enum) > 0 && !d.listed(n, f) {
		return
	}
	text := f.canonical(n.Text)
	if f.path {
		text = n.file.Resolve(text)
	}
	v.SetString(text)
}

// listed checks a word against the enumeration.
func (d *decoder) listed(n *Node, f field) bool {
	for _, w := range f.enum {
		if strings.EqualFold(w, n.Text) {
			return true
		}
	}
	right := "want " + f.want()
	if near, ok := Nearest(n.Text, f.enum); ok {
		right = "did you mean " + quote(near) + "? want " + f.want()
	}
	d.fail(n.Errorf(right, "%s is not known", shown(n, f)))
	return false
}

// canonical returns the word of the enumeration in its spelling.
func (f field) canonical(word string) string {
	for _, w := range f.enum {
		if strings.EqualFold(w, word) {
			return w
		}
	}
	return word
}

func (d *decoder) float(n *Node, v reflect.Value, f field) {
	if n.Kind != KindInt && !d.kind(n, f, KindFloat) {
		return
	}
	x, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), v.Type().Bits())
	if err != nil {
		d.mismatch(n, f)
		return
	}
	low, errLow := bound(f.low, math.Inf(-1), parseFloat)
	high, errHigh := bound(f.high, math.Inf(1), parseFloat)
	if !d.bounds(n, errLow, errHigh) {
		return
	}
	if f.ranged && !(low <= x && x <= high) {
		d.outside(n, f)
		return
	}
	v.SetFloat(x)
}

// whole decodes integers, also sizes.
func (d *decoder) whole(n *Node, v reflect.Value, f field) {
	parse := parseInt
	if f.unit == "bytes" {
		parse = ParseSize
	}
	sized := f.unit == "bytes" && n.Kind == KindString
	if !sized && !d.kind(n, f, KindInt) {
		return
	}
	x, err := parse(n.Text)
	if errors.Is(err, strconv.ErrRange) {
		d.outside(n, f.within(v))
		return
	}
	if err != nil {
		d.mismatch(n, f)
		return
	}
	if len(f.enum) > 0 && !d.listed(n, f) {
		return
	}
	low, errLow := bound(f.low, int64(math.MinInt64), parse)
	high, errHigh := bound(f.high, int64(math.MaxInt64), parse)
	if !d.bounds(n, errLow, errHigh) {
		return
	}
	unsigned := v.CanUint()
	if x < low || x > high || unsigned && (x < 0 || v.OverflowUint(uint64(x))) || v.CanInt() && v.OverflowInt(x) {
		d.outside(n, f.within(v))
		return
	}
	if unsigned {
		v.SetUint(uint64(x))
		return
	}
	v.SetInt(x)
}

// within names the bounds of the Go type where the tag names none.
func (f field) within(v reflect.Value) field {
	if f.ranged {
		return f
	}
	f.ranged = true
	bits := v.Type().Bits()
	if v.CanUint() {
		f.low, f.high = "0", strconv.FormatUint(math.MaxUint64>>(64-bits), 10)
		return f
	}
	f.low, f.high = strconv.FormatInt(math.MinInt64>>(64-bits), 10), strconv.FormatInt(math.MaxInt64>>(64-bits), 10)
	return f
}

func (d *decoder) duration(n *Node, v reflect.Value, f field) {
	var x time.Duration
	var err error
	switch {
	case n.Kind == KindString:
		x, err = f.parseDuration(n.Text)
	case (n.Kind == KindInt || n.Kind == KindFloat) && f.unit != "":
		x, err = f.parseDuration(strings.ReplaceAll(n.Text, "_", ""))
	default:
		d.mismatch(n, f)
		return
	}
	if err != nil {
		d.mismatch(n, f)
		return
	}
	low, errLow := bound(f.low, time.Duration(math.MinInt64), f.parseDuration)
	high, errHigh := bound(f.high, time.Duration(math.MaxInt64), f.parseDuration)
	if !d.bounds(n, errLow, errHigh) {
		return
	}
	if x < low || x > high || x < 0 && !f.ranged {
		d.outside(n, f)
		return
	}
	v.SetInt(int64(x))
}

// parseDuration reads "1h30m", and a bare number where the field has a unit.
func (f field) parseDuration(s string) (time.Duration, error) {
	if f.unit != "" && strings.Trim(s, "0123456789.") == "" {
		s += f.unit // not for "5m": with an s behind it that is 5 ms
	}
	return time.ParseDuration(s)
}

// octets decodes a list of four numbers as an IPv4 address.
func (d *decoder) octets(n *Node, v reflect.Value, f field) {
	var a [4]byte
	if len(n.List) != len(a) {
		d.fail(n.Errorf("want "+f.want(), "the list has %d elements", len(n.List)))
		return
	}
	for i, item := range n.List {
		x, err := strconv.ParseUint(item.Text, 0, 8)
		if item.Kind != KindInt || err != nil {
			d.fail(item.Errorf("want four numbers from 0 to 255", "%s does not fit", shown(item, f)))
			return
		}
		a[i] = byte(x)
	}
	if v.Type() != reflect.TypeFor[netip.Addr]() {
		d.fail(n.Errorf("", "the unit declares octets for %s, want netip.Addr", v.Type()))
		return
	}
	v.Set(reflect.ValueOf(netip.AddrFrom4(a)))
}

func (d *decoder) outside(n *Node, f field) {
	d.fail(n.Errorf("want "+f.want(), "%s is out of range", shown(n, f)))
}

func (d *decoder) bounds(n *Node, errs ...error) bool {
	if err := errors.Join(errs...); err != nil {
		d.fail(n.Errorf("", "the unit's range tag is wrong: %v", err))
		return false
	}
	return true
}

// bound reads one end of a range tag.
func bound[T any](s string, open T, parse func(string) (T, error)) (T, error) {
	if s == "" {
		return open, nil
	}
	return parse(s)
}

func parseFloat(s string) (float64, error) { return strconv.ParseFloat(s, 64) }

func parseInt(s string) (int64, error) { return strconv.ParseInt(s, 0, 64) }

// sizeUnits are powers of two with an i in them, powers of ten without
// (IEC 80000-13).
var sizeUnits = []struct {
	suffix string
	factor int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40},
	{"KB", 1e3}, {"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"B", 1},
}

// ParseSize reads a number of bytes: "1048576", "64MiB", "1.5 GB". The unit's
// binary forms count in 1024, the others in 1000.
func ParseSize(s string) (int64, error) {
	s = strings.TrimSpace(s)
	for _, u := range sizeUnits {
		digits, ok := strings.CutSuffix(s, u.suffix)
		if !ok {
			continue
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
		if err != nil {
			return 0, err
		}
		x *= float64(u.factor)
		if math.Abs(x) >= 1<<62 || math.IsNaN(x) {
			return 0, strconv.ErrRange
		}
		return int64(x), nil
	}
	return parseInt(s)
}

// shown prints a value for a message: never that of a secret, never at length.
func shown(n *Node, f field) string {
	switch {
	case f.secret:
		return "the value"
	case n.Kind == KindString && len(n.Text) > 60:
		return quote(n.Text[:60]) + "…"
	case n.Kind == KindString:
		return quote(n.Text)
	case n.Kind == KindList || n.Kind == KindTable:
		return n.Kind.String()
	}
	return n.Text
}

// described tells what stands in the wrong place.
func described(n *Node, f field) string {
	switch {
	case n.Kind == KindList || n.Kind == KindTable:
		return "is " + n.Kind.String()
	case n.Kind == KindString && f.typ != nil && f.typ.Kind() != reflect.String && f.typ.Kind() != reflect.Slice:
		return shown(n, f) + " does not fit"
	}
	return shown(n, f) + " is " + n.Kind.String()
}

// plain converts a node into Go's own types, for fields of type any.
func (n *Node) plain() any {
	switch n.Kind {
	case KindInt:
		if x, err := parseInt(n.Text); err == nil {
			return x
		}
	case KindFloat:
		if x, err := strconv.ParseFloat(strings.ReplaceAll(n.Text, "_", ""), 64); err == nil {
			return x
		}
	case KindBool:
		return n.Text == "true"
	case KindList:
		list := make([]any, len(n.List))
		for i, item := range n.List {
			list[i] = item.plain()
		}
		return list
	case KindTable:
		m := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			m[e.name] = e.node.plain()
		}
		return m
	}
	return n.Text
}
