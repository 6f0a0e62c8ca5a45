package twin

import (
	"cmp"
	"math"
	"math/big"
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/roto/internal/check"
)

// Value is one of the types below, a bool, a string, a float32 or a float64.
type Value any

type (
	// Unit is the value ().
	Unit struct{}
	// Int is an integer of a type; N is always within its range.
	Int struct {
		P check.Prim
		N *big.Int
	}
	// Char is a character.
	Char rune
	// ASN is an AS number.
	ASN uint32
	// Record is never changed: a store into a field makes a new one.
	Record map[string]Value
	// Enum is never changed either.
	Enum struct {
		Tag  int
		Args []Value
	}
	// List is shared by all who hold the pointer.
	List struct {
		Elems  []Value
		Frozen bool
	}
	// Map is a list of pairs in the order in which the keys came.
	Map struct {
		Keys, Values []Value
		Frozen       bool
	}
	// Buf is a StringBuf.
	Buf struct{ Text string }
	// The views of a text.
	bytesView string
	charsView string
	linesView string
)

// option is Some(v), or None.
func option(v Value, ok bool) Value {
	if ok {
		return Enum{0, []Value{v}}
	}
	return Enum{Tag: 1}
}

// wrap cuts a number to the width of a type.
func wrap(p check.Prim, n *big.Int) Int {
	size := new(big.Int).Lsh(big.NewInt(1), uint(p.Bits()))
	n = new(big.Int).Mod(n, size) // never negative
	if half := new(big.Int).Rsh(size, 1); p.Signed() && n.Cmp(half) >= 0 {
		n.Sub(n, size)
	}
	return Int{p, n}
}

// fits makes an integer of a type, false where it is out of range.
func fits(p check.Prim, n *big.Int) (Int, bool) {
	w := wrap(p, n)
	return w, w.N.Cmp(n) == 0
}

// widens reports whether a type has room for every number of another.
func widens(from, to check.Prim) bool {
	if from.Signed() && !to.Signed() {
		return false
	}
	room := to.Bits()
	if to.Signed() && !from.Signed() {
		room--
	}
	return from.Bits() <= room
}

func unsigned(n int) Int { return Int{check.U64, big.NewInt(int64(n))} }

// text shows a value as an f-string does.
func text(v Value) string {
	switch v := v.(type) {
	case string:
		return v
	case bool:
		if v {
			return "true"
		}
		return "false"
	case Int:
		return v.N.String()
	case float32:
		return floatText(float64(v), 32)
	case float64:
		return floatText(v, 64)
	case Char:
		return string(rune(v))
	case ASN:
		return "AS" + strconv.Itoa(int(v))
	case netip.Addr:
		return v.String()
	case netip.Prefix:
		return v.Addr().String() + "/" + strconv.Itoa(v.Bits())
	}
	panic(missing("to_string of a value that has none"))
}

func floatText(f float64, bits int) string {
	switch {
	case f > math.MaxFloat64:
		return "inf"
	case f < -math.MaxFloat64:
		return "-inf"
	case f != f:
		return "NaN"
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// equal compares as == does.
func equal(a, b Value) bool {
	switch a := a.(type) {
	case Int:
		return a.N.Cmp(b.(Int).N) == 0
	case Record:
		for name, x := range a {
			if !equal(x, b.(Record)[name]) {
				return false
			}
		}
		return true
	case Enum:
		return a.Tag == b.(Enum).Tag && equalAll(a.Args, b.(Enum).Args)
	case *List:
		return a == b.(*List) || equalAll(a.Elems, b.(*List).Elems)
	case *Map:
		return a == b.(*Map) || equalMaps(a, b.(*Map))
	}
	return a == b // texts, numbers, addresses; a StringBuf by identity
}

func equalAll(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !equal(a[i], b[i]) {
			return false
		}
	}
	return true
}

func equalMaps(a, b *Map) bool {
	if len(a.Keys) != len(b.Keys) {
		return false
	}
	for i, k := range a.Keys {
		j := b.find(k)
		if j < 0 || !equal(a.Values[i], b.Values[j]) {
			return false
		}
	}
	return true
}

// find returns the place of a key, or -1.
func (m *Map) find(key Value) int {
	for i, k := range m.Keys {
		if sameKey(k, key) {
			return i
		}
	}
	return -1
}

// sameKey is equality but for floats, of which the bits count: otherwise a key
// that is not a number could never be found again.
func sameKey(a, b Value) bool {
	switch a := a.(type) {
	case float64:
		return math.Float64bits(a) == math.Float64bits(b.(float64))
	case float32:
		return math.Float32bits(a) == math.Float32bits(b.(float32))
	case Record:
		for name, x := range a {
			if !sameKey(x, b.(Record)[name]) {
				return false
			}
		}
		return true
	case Enum:
		return a.Tag == b.(Enum).Tag && sameKeys(a.Args, b.(Enum).Args)
	case *List:
		return sameKeys(a.Elems, b.(*List).Elems)
	}
	return equal(a, b)
}

func sameKeys(a, b []Value) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !sameKey(a[i], b[i]) {
			return false
		}
	}
	return true
}

// order compares values of a type that has an order; for floats only those
// that are numbers.
func order(a, b Value) int {
	switch a := a.(type) {
	case Int:
		return a.N.Cmp(b.(Int).N)
	case float32:
		return cmp.Compare(a, b.(float32))
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return strings.Compare(a, b.(string))
	case Char:
		return int(a) - int(b.(Char))
	case ASN:
		return cmp.Compare(a, b.(ASN))
	case bool:
		return strings.Compare(text(a), text(b)) // "false" before "true"
	case netip.Addr:
		return orderAddr(a, b.(netip.Addr))
	case netip.Prefix:
		b := b.(netip.Prefix)
		return cmp.Or(orderAddr(a.Addr(), b.Addr()), a.Bits()-b.Bits())
	}
	panic(missing("order of a value that has none"))
}

// orderAddr puts IPv4 before IPv6.
func orderAddr(a, b netip.Addr) int {
	return cmp.Or(a.BitLen()-b.BitLen(), strings.Compare(string(a.AsSlice()), string(b.AsSlice())))
}

// ordered reports whether values of a type can be sorted.
func ordered(p check.Prim) bool {
	return p.Integer() || p.Float() || p >= check.Char && p <= check.Prefix || p == check.Bool
}

// freeze makes what a constant holds unchangeable.
func freeze(v Value) {
	switch v := v.(type) {
	case Record:
		for _, x := range v {
			freeze(x)
		}
	case Enum:
		freezeAll(v.Args)
	case *List:
		if !v.Frozen {
			v.Frozen = true
			freezeAll(v.Elems)
		}
	case *Map:
		if !v.Frozen {
			v.Frozen = true
			freezeAll(v.Keys)
			freezeAll(v.Values)
		}
	}
}

func freezeAll(vs []Value) {
	for _, v := range vs {
		freeze(v)
	}
}
