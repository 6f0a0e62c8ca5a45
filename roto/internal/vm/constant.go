package vm

import (
	"reflect"

	"example.com/rotonda/roto/internal/ir"
)

// Values holds the constants of a compiled program.
type Values struct{ of map[*ir.Global][]Slot }

// Values returns the constants of what was compiled last.
func (c *Compiler) Values() Values { return Values{c.values} }

// known returns the Go value of a constant argument, made once. What a host could
// change is not shared.
func known[A any](c *Compiler, e ir.Expr) (k A, ok bool) {
	switch t := e.Type(); t.Kind {
	case ir.Word, ir.Addr, ir.Prefix, ir.Text:
	default:
		return k, false
	}
	if g, global := e.(*ir.GlobalRef); global {
		if g.Off != 0 {
			return k, false
		}
		c.value(g.G)
	}
	v, ok := c.Values().Go(e, reflect.TypeFor[A]())
	if !ok || c.err != nil || c.fault != nil {
		return k, false
	}
	return v.(A), true
}

// Go returns a constant expression as a Go value of type g, false where it is
// none or the type does not stand for its layout.
func (v Values) Go(e ir.Expr, g reflect.Type) (any, bool) {
	codec, err := codecOf(g, e.Type())
	if err != nil {
		return nil, false
	}
	var slots []Slot
	switch e := e.(type) {
	case *ir.Const:
		if e.T.Kind == ir.Text {
			slots = make([]Slot, 1)
			slots[0].setText(e.Text)
			break
		}
		slots = make([]Slot, max(1, len(e.Words)))
		for i, w := range e.Words {
			slots[i].W = w
		}
	case *ir.GlobalRef:
		slots = v.of[e.G]
	}
	if len(slots) == 0 {
		return nil, false
	}
	out := reflect.New(g)
	codec.get(out.UnsafePointer(), &slots[0])
	return out.Elem().Interface(), true
}
