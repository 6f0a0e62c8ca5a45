package twin

import (
	"slices"
	"strings"

	"example.com/rotonda/roto/internal/check"
)

// changing is a list about to be changed.
func (c call) changing() *List {
	if c.list(0).Frozen {
		panic(badValue("a list that is a constant cannot be changed; make a copy with `[] + list`"))
	}
	return c.list(0)
}

// has reports whether a list has a place.
func (l *List) has(i int) bool { return i < len(l.Elems) }

func (l *List) find(v Value) int {
	return slices.IndexFunc(l.Elems, func(x Value) bool { return equal(x, v) })
}

func (l library) lists() {
	l["List.new"] = func(c call) Value { return &List{} }
	l["List.len"] = func(c call) Value { return unsigned(len(c.list(0).Elems)) }
	l["List.is_empty"] = func(c call) Value { return len(c.list(0).Elems) == 0 }
	l["List.capacity"] = func(c call) Value {
		n := 4
		for n < len(c.list(0).Elems) {
			n *= 2
		}
		if len(c.list(0).Elems) == 0 {
			n = 0
		}
		return unsigned(n)
	}
	l["List.get"] = func(c call) Value {
		if i := c.index(1); c.list(0).has(i) {
			return option(c.list(0).Elems[i], true)
		}
		return option(nil, false)
	}
	l["List.contains"] = func(c call) Value { return c.list(0).find(c.args[1]) >= 0 }
	l["List.index"] = func(c call) Value {
		i := c.list(0).find(c.args[1])
		return option(unsigned(i), i >= 0)
	}
	l["List.concat"] = func(c call) Value {
		return &List{Elems: append(append([]Value{}, c.list(0).Elems...), c.list(1).Elems...)}
	}
	l["List.join"] = func(c call) Value {
		var parts []string
		for _, x := range c.list(0).Elems {
			parts = append(parts, x.(string))
		}
		return strings.Join(parts, c.text(1))
	}
	l["List.slice"] = func(c call) Value {
		out := &List{}
		for i, x := range c.list(0).Elems {
			if i >= c.index(1) && i < c.index(2) {
				out.Elems = append(out.Elems, x)
			}
		}
		return out
	}
	l.changes()
}

// changes are the functions of List that change it. Some look whether there is
// anything to change before they complain of a constant.
func (l library) changes() {
	l["List.push"] = func(c call) Value {
		x := c.changing()
		x.Elems = append(x.Elems, c.args[1])
		return Unit{}
	}
	l["List.set"] = func(c call) Value {
		i := c.index(1)
		if !c.list(0).has(i) {
			return false
		}
		c.changing().Elems[i] = c.args[2]
		return true
	}
	l["List.swap"] = func(c call) Value {
		i, j := c.index(1), c.index(2)
		if c.list(0).has(i) && c.list(0).has(j) {
			x := c.changing().Elems
			x[i], x[j] = x[j], x[i]
		}
		return Unit{}
	}
	l["List.pop"] = func(c call) Value { return c.changing().take(len(c.list(0).Elems) - 1) }
	l["List.remove"] = func(c call) Value { return c.changing().take(c.index(1)) }
	l["List.insert"] = func(c call) Value {
		x, i := c.changing(), c.index(1)
		if i > len(x.Elems) {
			return false
		}
		x.Elems = append(append(append([]Value{}, x.Elems[:i]...), c.args[2]), x.Elems[i:]...)
		return true
	}
	l["List.reverse"] = func(c call) Value {
		slices.Reverse(c.changing().Elems)
		return Unit{}
	}
	l["List.sort"] = func(c call) Value {
		x := c.changing()
		if !ordered(check.PrimOf(c.types[0])) {
			panic(badValue("values of type `" + c.types[0].String() + "` have no order"))
		}
		for i := range x.Elems { // insertion, which keeps equals in their order
			for j := i; j > 0 && order(x.Elems[j-1], x.Elems[j]) > 0; j-- {
				x.Elems[j-1], x.Elems[j] = x.Elems[j], x.Elems[j-1]
			}
		}
		return Unit{}
	}
}

// take takes a value out.
func (l *List) take(i int) Value {
	if i < 0 || !l.has(i) {
		return option(nil, false)
	}
	v := l.Elems[i]
	l.Elems = append(append([]Value{}, l.Elems[:i]...), l.Elems[i+1:]...)
	return option(v, true)
}

func (l library) maps() {
	of := func(c call) *Map { return c.args[0].(*Map) }
	changing := func(c call) *Map {
		if of(c).Frozen {
			panic(badValue("a map that is a constant cannot be changed"))
		}
		return of(c)
	}
	l["Map.new"] = func(c call) Value { return &Map{} }
	l["Map.len"] = func(c call) Value { return unsigned(len(of(c).Keys)) }
	l["Map.contains"] = func(c call) Value { return of(c).find(c.args[1]) >= 0 }
	l["Map.keys"] = func(c call) Value { return &List{Elems: slices.Clone(of(c).Keys)} }
	l["Map.values"] = func(c call) Value { return &List{Elems: slices.Clone(of(c).Values)} }
	l["Map.get"] = func(c call) Value {
		if i := of(c).find(c.args[1]); i >= 0 {
			return option(of(c).Values[i], true)
		}
		return option(nil, false)
	}
	l["Map.insert"] = func(c call) Value {
		m := changing(c)
		if i := m.find(c.args[1]); i >= 0 {
			old := m.Values[i]
			m.Values[i] = c.args[2]
			return option(old, true)
		}
		m.Keys, m.Values = append(m.Keys, c.args[1]), append(m.Values, c.args[2])
		return option(nil, false)
	}
	l["Map.remove"] = func(c call) Value {
		m := changing(c)
		i := m.find(c.args[1])
		if i < 0 {
			return option(nil, false)
		}
		old := m.Values[i]
		m.Keys, m.Values = slices.Delete(m.Keys, i, i+1), slices.Delete(m.Values, i, i+1)
		return option(old, true)
	}
}
