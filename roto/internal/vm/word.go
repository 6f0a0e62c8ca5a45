package vm

import (
	"math"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
)

// word compiles an expression held in one word.
func (c *Compiler) word(e ir.Expr) Word {
	t := e.Type()
	if t.Slots == 0 { // it diverges, or is a part of what never comes to be
		d := c.effect(e)
		return func(m *M, f Frame) uint64 {
			if d != nil {
				d(m, f)
			}
			return 0
		}
	}
	switch e := e.(type) {
	case *ir.Const:
		k := e.Words[0]
		return func(m *M, f Frame) uint64 { return k }
	case *ir.Place:
		off := c.off(e)
		return func(m *M, f Frame) uint64 { return at(f, off).W }
	case *ir.GlobalRef:
		k := c.value(e.G)[e.Off].W
		return func(m *M, f Frame) uint64 { return k }
	case *ir.Context:
		one := c.context(e)
		return func(m *M, f Frame) uint64 { return one(m, f).W }
	case *ir.Call:
		return c.callWord(e)
	case *ir.HostCall:
		return c.hostWord(e)
	case *ir.Make:
		return c.tagWord(e)
	case *ir.Binary:
		if t.Prim == check.Bool {
			return c.truthWord(e)
		}
		return c.arith(e)
	case *ir.Logic, *ir.Not:
		return c.truthWord(e)
	case *ir.Neg:
		return c.negate(e)
	case *ir.Cond:
		return c.condWord(e)
	}
	c.failf("no word form of %T", e)
	return func(m *M, f Frame) uint64 { return 0 }
}

func (c *Compiler) truthWord(e ir.Expr) Word {
	truth := c.truth(e)
	return func(m *M, f Frame) uint64 { return wordOf(truth(m, f)) }
}

// condWord compiles a conditional; a fused test needs no closure of its own.
func (c *Compiler) condWord(e *ir.Cond) Word {
	t, fused := c.testOf(e.C)
	p, isPlace := e.A.(*ir.Place)
	b := c.word(e.B)
	if fused && isPlace && p.T.Slots > 0 {
		off := c.off(p)
		return func(m *M, f Frame) uint64 {
			if at(f, t.off).W-t.low <= t.span {
				return at(f, off).W
			}
			return b(m, f)
		}
	}
	a := c.word(e.A)
	if fused {
		return func(m *M, f Frame) uint64 {
			if at(f, t.off).W-t.low <= t.span {
				return a(m, f)
			}
			return b(m, f)
		}
	}
	cond := c.truth(e.C)
	return func(m *M, f Frame) uint64 {
		if cond(m, f) {
			return a(m, f)
		}
		return b(m, f)
	}
}

// tagWord makes an enum none of whose variants has fields.
func (c *Compiler) tagWord(e *ir.Make) Word {
	tag := uint64(e.Tag)
	if c.allVoid(e.Args) {
		return func(m *M, f Frame) uint64 { return tag }
	}
	if e.Tag < 0 {
		return lone(c, e, func(x ir.Expr) func(*M, Frame) uint64 { return c.word(x) })
	}
	var effects []Do
	for _, a := range e.Args {
		if d := c.effect(a); d != nil {
			effects = append(effects, d)
		}
	}
	return func(m *M, f Frame) uint64 {
		for _, d := range effects {
			d(m, f)
		}
		return tag
	}
}

// lone makes a record of which one field alone takes room; the others may still
// do something.
func lone[T any](c *Compiler, e *ir.Make, form func(ir.Expr) func(*M, Frame) T) func(*M, Frame) T {
	var value func(*M, Frame) T
	var before, after []Do
	for _, a := range e.Args {
		if a.Type().Slots > 0 {
			value = form(a)
		} else if d := c.effect(a); d != nil && value == nil {
			before = append(before, d)
		} else if d != nil {
			after = append(after, d)
		}
	}
	if value == nil {
		c.failf("a record of one slot has no field that takes room")
		return func(*M, Frame) (none T) { return none }
	}
	if len(before)+len(after) == 0 {
		return value
	}
	return func(m *M, f Frame) T {
		for _, d := range before {
			d(m, f)
		}
		v := value(m, f)
		for _, d := range after {
			d(m, f)
		}
		return v
	}
}

func (c *Compiler) negate(e *ir.Neg) Word {
	x := c.word(e.X)
	switch p := e.X.Type().Prim; {
	case p == check.F64:
		return func(m *M, f Frame) uint64 { return x(m, f) ^ 1<<63 }
	case p == check.F32:
		return func(m *M, f Frame) uint64 { return x(m, f) ^ 1<<31 }
	default:
		s := uint(64 - p.Bits())
		return func(m *M, f Frame) uint64 { return uint64(int64(-x(m, f)<<(s&63)) >> (s & 63)) }
	}
}

// arith compiles an arithmetic operator. Words of narrow integers are kept
// zero- or sign-extended.
func (c *Compiler) arith(e *ir.Binary) Word {
	p := e.T.Prim
	if p.Float() {
		return c.floatArith(e)
	}
	s := uint(64 - p.Bits())
	switch e.Op {
	case "/", "%", "**":
		return c.checkedArith(e, s)
	}
	if w := c.arithConst(e, s); w != nil {
		return w
	}
	x, y := c.word(e.X), c.word(e.Y)
	signed := p.Signed()
	switch e.Op {
	case "+":
		if s == 32 && !signed {
			return func(m *M, f Frame) uint64 { return uint64(uint32(x(m, f)) + uint32(y(m, f))) }
		}
		if signed {
			return func(m *M, f Frame) uint64 { return uint64(int64((x(m, f)+y(m, f))<<(s&63)) >> (s & 63)) }
		}
		return func(m *M, f Frame) uint64 { return (x(m, f) + y(m, f)) << (s & 63) >> (s & 63) }
	case "-":
		if signed {
			return func(m *M, f Frame) uint64 { return uint64(int64((x(m, f)-y(m, f))<<(s&63)) >> (s & 63)) }
		}
		return func(m *M, f Frame) uint64 { return (x(m, f) - y(m, f)) << (s & 63) >> (s & 63) }
	}
	if signed {
		return func(m *M, f Frame) uint64 { return uint64(int64((x(m, f)*y(m, f))<<(s&63)) >> (s & 63)) }
	}
	return func(m *M, f Frame) uint64 { return (x(m, f) * y(m, f)) << (s & 63) >> (s & 63) }
}

// arithConst fuses variable + constant and variable - constant.
func (c *Compiler) arithConst(e *ir.Binary, s uint) Word {
	p, ok := e.X.(*ir.Place)
	k, known := c.constant(e.Y)
	if !ok || !known || e.Op == "*" {
		return nil
	}
	off := c.off(p)
	if e.Op == "-" {
		k = -k
	}
	if e.T.Prim.Signed() {
		return func(m *M, f Frame) uint64 { return uint64(int64((at(f, off).W+k)<<(s&63)) >> (s & 63)) }
	}
	return func(m *M, f Frame) uint64 { return (at(f, off).W + k) << (s & 63) >> (s & 63) }
}

// constant returns the word of a literal or constant.
func (c *Compiler) constant(e ir.Expr) (uint64, bool) {
	if !e.Type().IsWord() {
		return 0, false
	}
	switch e := e.(type) {
	case *ir.Const:
		return e.Words[0], true
	case *ir.GlobalRef:
		return c.value(e.G)[e.Off].W, true
	}
	return 0, false
}

// checkedArith compiles the operators that can fault, and powers.
func (c *Compiler) checkedArith(e *ir.Binary, s uint) Word {
	x, y, site := c.word(e.X), c.word(e.Y), c.at(e.At)
	signed := e.T.Prim.Signed()
	switch {
	case e.Op == "**":
		return func(m *M, f Frame) uint64 { return extend(power(x(m, f), y(m, f))<<(s&63)>>(s&63), s, signed) }
	case e.Op == "/" && signed:
		return func(m *M, f Frame) uint64 {
			a, b := int64(x(m, f)), int64(y(m, f))
			if b == 0 {
				m.faultAt(site, ArithmeticFault, "division by zero")
			}
			q := a / b
			if b == -1 && (a == math.MinInt64 || q<<(s&63)>>(s&63) != q) {
				m.faultAt(site, ArithmeticFault, "division overflows")
			}
			return uint64(q)
		}
	case e.Op == "/":
		return func(m *M, f Frame) uint64 {
			a, b := x(m, f), y(m, f)
			if b == 0 {
				m.faultAt(site, ArithmeticFault, "division by zero")
			}
			return a / b
		}
	case signed:
		return func(m *M, f Frame) uint64 {
			a, b := int64(x(m, f)), int64(y(m, f))
			if b == 0 {
				m.faultAt(site, ArithmeticFault, "remainder of a division by zero")
			}
			return uint64(a % b)
		}
	}
	return func(m *M, f Frame) uint64 {
		a, b := x(m, f), y(m, f)
		if b == 0 {
			m.faultAt(site, ArithmeticFault, "remainder of a division by zero")
		}
		return a % b
	}
}

// power raises by squaring; the result wraps.
func power(x, n uint64) uint64 {
	r := uint64(1)
	for ; n > 0; n >>= 1 {
		if n&1 == 1 {
			r *= x
		}
		x *= x
	}
	return r
}

func (c *Compiler) floatArith(e *ir.Binary) Word {
	x, y := c.word(e.X), c.word(e.Y)
	var op func(a, b float64) float64
	switch e.Op {
	case "+":
		op = func(a, b float64) float64 { return a + b }
	case "-":
		op = func(a, b float64) float64 { return a - b }
	case "*":
		op = func(a, b float64) float64 { return a * b }
	case "/":
		op = func(a, b float64) float64 { return a / b }
	default:
		op = math.Pow
	}
	if e.T.Prim == check.F32 { // rounding a float64 result of float32 operands once is exact
		return func(m *M, f Frame) uint64 {
			a, b := f32(x(m, f)), f32(y(m, f))
			return uint64(math.Float32bits(float32(op(a, b))))
		}
	}
	return func(m *M, f Frame) uint64 {
		a, b := math.Float64frombits(x(m, f)), math.Float64frombits(y(m, f))
		return math.Float64bits(op(a, b))
	}
}

func f32(w uint64) float64 { return float64(math.Float32frombits(uint32(w))) }
