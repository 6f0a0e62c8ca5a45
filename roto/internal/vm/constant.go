package vm

import (
	"reflect"

	"example.com/rotonda/roto/internal/ir"
)

// Values holds the constants of a compiled program.
type Values struct{ of map[*ir.Global][]Slot }

// Values returns the constants of what was compiled last.
func (c *Compiler) Values() Values { return Values{c.values} }

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
