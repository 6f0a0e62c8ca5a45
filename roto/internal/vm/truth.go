package vm

import (
	"math"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
)

// truth compiles a bool.
func (c *Compiler) truth(e ir.Expr) Truth {
	switch e := e.(type) {
	case *ir.Not:
		return c.not(e)
	case *ir.Logic:
		return c.logic(e)
	case *ir.Place:
		if e.T.Slots == 0 {
			break
		}
		off := c.off(e)
		return func(m *M, f Frame) bool { return at(f, off).W != 0 }
	case *ir.HostCall:
		if e.T.Slots == 0 {
			break
		}
		if h := c.host(e); h.truth != nil {
			return h.truth
		}
	case *ir.Binary:
		return c.compare(e)
	case *ir.Cond:
		cond, a, b := c.truth(e.C), c.truth(e.A), c.truth(e.B)
		return func(m *M, f Frame) bool {
			if cond(m, f) {
				return a(m, f)
			}
			return b(m, f)
		}
	}
	w := c.word(e)
	return func(m *M, f Frame) bool { return w(m, f) != 0 }
}

func (c *Compiler) not(e *ir.Not) Truth {
	if b, ok := e.X.(*ir.Binary); ok && !b.X.Type().Prim.Float() {
		if op, ok := opposite[b.Op]; ok {
			turned := *b
			turned.Op = op
			return c.compare(&turned)
		}
	}
	x := c.truth(e.X)
	return func(m *M, f Frame) bool { return !x(m, f) }
}

var opposite = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}

// test is a comparison of a variable with constants: true when the word minus
// low is at most span. All six comparisons have this form, for signed words as
// for unsigned ones, since subtraction wraps.
type test struct {
	off       uintptr
	low, span uint64
}

// testOf returns the fused form of a comparison.
func (c *Compiler) testOf(e ir.Expr) (test, bool) {
	switch e := e.(type) {
	case *ir.Place: // a bool
		if e.T.Prim == check.Bool {
			return test{c.off(e), 1, 0}, true
		}
	case *ir.Not:
		if p, ok := e.X.(*ir.Place); ok && p.T.Prim == check.Bool {
			return test{c.off(p), 0, 0}, true
		}
	case *ir.Binary:
		x, y, op := e.X, e.Y, e.Op
		if _, left := c.constant(x); left {
			x, y, op = y, x, mirrored(op)
		}
		p, ok := x.(*ir.Place)
		k, known := c.constant(y)
		if !ok || !known || !p.T.IsWord() || p.T.Prim.Float() {
			return test{}, false
		}
		return rangeTest(c.off(p), op, k, p.T.Prim)
	}
	return test{}, false
}

func mirrored(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	}
	return op
}

func rangeTest(off uintptr, op string, k uint64, p check.Prim) (test, bool) {
	low, high := uint64(0), uint64(math.MaxUint64)
	if p.Signed() {
		low, high = 1<<63, math.MaxInt64
	}
	switch op {
	case "==":
		low, high = k, k
	case "!=":
		low, high = k+1, k-1
	case "<=":
		high = k
	case ">=":
		low = k
	case "<":
		if k == low {
			return test{}, false // never
		}
		high = k - 1
	case ">":
		if k == high {
			return test{}, false
		}
		low = k + 1
	default:
		return test{}, false
	}
	return test{off, low, high - low}, true
}

// logic compiles a chain; runs of fused tests in an && are checked in one loop.
func (c *Compiler) logic(e *ir.Logic) Truth {
	if e.Or {
		return c.or(e)
	}
	var terms []Truth
	var run []test
	flush := func() {
		if len(run) > 0 {
			terms = append(terms, all(run))
			run = nil
		}
	}
	for _, t := range e.Terms {
		if x, ok := c.testOf(t); ok {
			run = append(run, x)
			continue
		}
		flush()
		terms = append(terms, c.truth(t))
	}
	flush()
	switch len(terms) {
	case 1:
		return terms[0]
	case 2:
		a, b := terms[0], terms[1]
		return func(m *M, f Frame) bool { return a(m, f) && b(m, f) }
	}
	return func(m *M, f Frame) bool {
		for _, t := range terms {
			if !t(m, f) {
				return false
			}
		}
		return true
	}
}

// all compiles the conjunction of fused tests.
func all(ts []test) Truth {
	switch len(ts) {
	case 1:
		t := ts[0]
		return func(m *M, f Frame) bool { return at(f, t.off).W-t.low <= t.span }
	case 2:
		t, u := ts[0], ts[1]
		return func(m *M, f Frame) bool {
			return at(f, t.off).W-t.low <= t.span && at(f, u.off).W-u.low <= u.span
		}
	}
	if len(ts) == 5 {
		t, u, v, w, x := ts[0], ts[1], ts[2], ts[3], ts[4]
		return func(m *M, f Frame) bool {
			return at(f, t.off).W-t.low <= t.span && at(f, u.off).W-u.low <= u.span && at(f, v.off).W-v.low <= v.span &&
				at(f, w.off).W-w.low <= w.span && at(f, x.off).W-x.low <= x.span
		}
	}
	if len(ts) <= 4 {
		for len(ts) < 4 { // one more test of the same is cheaper than a loop
			ts = append(ts, ts[0])
		}
		t, u, v, w := ts[0], ts[1], ts[2], ts[3]
		return func(m *M, f Frame) bool {
			return at(f, t.off).W-t.low <= t.span && at(f, u.off).W-u.low <= u.span && at(f, v.off).W-v.low <= v.span &&
				at(f, w.off).W-w.low <= w.span
		}
	}
	return func(m *M, f Frame) bool {
		for i := range ts {
			if at(f, ts[i].off).W-ts[i].low > ts[i].span {
				return false
			}
		}
		return true
	}
}

func (c *Compiler) or(e *ir.Logic) Truth {
	terms := make([]Truth, len(e.Terms))
	for i, t := range e.Terms {
		terms[i] = c.truth(t)
	}
	if len(terms) == 2 {
		a, b := terms[0], terms[1]
		return func(m *M, f Frame) bool { return a(m, f) || b(m, f) }
	}
	return func(m *M, f Frame) bool {
		for _, t := range terms {
			if t(m, f) {
				return true
			}
		}
		return false
	}
}

// compare compiles a comparison.
func (c *Compiler) compare(e *ir.Binary) Truth {
	if t, ok := c.testOf(e); ok {
		return all([]test{t})
	}
	t := e.X.Type()
	if t.Slots == 0 {
		t = e.Y.Type()
	}
	if !t.IsWord() {
		if order := orderOf(t); order != nil && e.Op != "==" && e.Op != "!=" {
			return c.compareOrder(e, order)
		}
		return c.compareSlots(e, t)
	}
	if t.Prim.Float() {
		return c.compareFloat(e, t.Prim)
	}
	x, y := c.word(e.X), c.word(e.Y)
	var flip uint64 // turns the order of signed words into that of unsigned ones
	if t.Prim.Signed() {
		flip = 1 << 63
	}
	switch e.Op {
	case "==":
		return func(m *M, f Frame) bool { return x(m, f) == y(m, f) }
	case "!=":
		return func(m *M, f Frame) bool { return x(m, f) != y(m, f) }
	case "<":
		return func(m *M, f Frame) bool { return x(m, f)^flip < y(m, f)^flip }
	case "<=":
		return func(m *M, f Frame) bool { return x(m, f)^flip <= y(m, f)^flip }
	case ">":
		return func(m *M, f Frame) bool { return x(m, f)^flip > y(m, f)^flip }
	}
	return func(m *M, f Frame) bool { return x(m, f)^flip >= y(m, f)^flip }
}

func (c *Compiler) compareFloat(e *ir.Binary, p check.Prim) Truth {
	x, y := c.word(e.X), c.word(e.Y)
	value := math.Float64frombits
	if p == check.F32 {
		value = f32
	}
	var op func(a, b float64) bool
	switch e.Op {
	case "==":
		op = func(a, b float64) bool { return a == b }
	case "!=":
		op = func(a, b float64) bool { return a != b }
	case "<":
		op = func(a, b float64) bool { return a < b }
	case "<=":
		op = func(a, b float64) bool { return a <= b }
	case ">":
		op = func(a, b float64) bool { return a > b }
	default:
		op = func(a, b float64) bool { return a >= b }
	}
	return func(m *M, f Frame) bool {
		a := value(x(m, f))
		return op(a, value(y(m, f)))
	}
}

// compareOrder tells which of two texts, addresses or prefixes comes first.
func (c *Compiler) compareOrder(e *ir.Binary, order func(a, b *Slot) int) Truth {
	top := c.top
	x, y := c.addr(e.X), c.addr(e.Y)
	c.top = top
	less, equal := e.Op[0] == '<', len(e.Op) == 2
	return func(m *M, f Frame) bool {
		a := x(m, f)
		n := order(a, y(m, f))
		if n == 0 {
			return equal
		}
		return n < 0 == less
	}
}

// compareSlots compares texts, lists, addresses, records and enums for equality.
func (c *Compiler) compareSlots(e *ir.Binary, t *layout) Truth {
	want := e.Op == "=="
	if t.Slots == 0 {
		x, y := c.effect(e.X), c.effect(e.Y)
		return func(m *M, f Frame) bool {
			run(x, m, f)
			run(y, m, f)
			return want
		}
	}
	top := c.top
	x, y, eq := c.addr(e.X), c.addr(e.Y), equal(t)
	c.top = top
	if k, ok := e.Y.(*ir.Const); ok && t.Kind != ir.Text { // an address or prefix
		high, low, rest := k.Words[0], k.Words[1], k.Words[2]
		return func(m *M, f Frame) bool {
			a := x(m, f)
			return (a.W == high && slotAt(a, 1).W == low && slotAt(a, 2).W == rest) == want
		}
	}
	return func(m *M, f Frame) bool {
		a := x(m, f)
		return eq(a, y(m, f)) == want
	}
}

// layout is short for the types of values.
type layout = ir.Type

func run(d Do, m *M, f Frame) {
	if d != nil {
		d(m, f)
	}
}
