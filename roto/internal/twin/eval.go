package twin

import (
	"fmt"
	"math"
	"math/big"
	"net/netip"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/syntax"
)

// Kind says why a run ended early.
type Kind uint8

// The kinds of faults. Limit is out of steps, of depth or of memory, which the
// engine counts in its own way.
const (
	Arithmetic Kind = iota
	BadValue
	Limit
)

// Fault is a program's run-time error.
type Fault struct {
	Kind Kind
	Text string
	At   syntax.Span
}

// Error returns LINE: what happened.
func (f *Fault) Error() string {
	if f.At.File == nil {
		return f.Text
	}
	return fmt.Sprintf("%d: %s", f.At.Position().Line, f.Text)
}

// missing is what the twin itself lacks.
type missing string

// badValue is a value a function of the library cannot take.
type badValue string

// exit carries the result out of a function.
type exit struct{ v Value }

// The limits of a run.
const (
	maxSteps = 3_000_000
	maxDepth = 2_000
	maxText  = 64 << 20
)

// machine is one run.
type machine struct {
	lib    library
	consts map[*check.ConstDef]Value
	steps  int
	depth  int
	frame  map[*check.Local]Value
	targs  []check.Type // of the generic function that runs
}

// Run evaluates all constants, then the function of a path that takes no
// arguments, and returns its text. The program must have been checked without
// errors. err says that the twin does not know something it would need.
func Run(p *check.Program, path string) (result string, fault *Fault, err error) {
	m := &machine{lib: newLibrary(), consts: map[*check.ConstDef]Value{}}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case *Fault:
			fault = p
		case missing:
			err = fmt.Errorf("the twin has no %s", string(p))
		default:
			panic(p)
		}
	}()
	for _, k := range p.Consts {
		m.frame = map[*check.Local]Value{}
		v := m.eval(k.Init)
		freeze(v)
		m.consts[k] = v
	}
	for _, f := range p.Funcs {
		if f.Path == path && f.Generic == 0 && f.Decl.Kind != syntax.TestFunc {
			return text(m.call(f, nil, nil, f.Decl.Name.Span)), nil, nil
		}
	}
	return "", nil, fmt.Errorf("no function %s", path)
}

// call runs a function of the script in a frame of its own.
func (m *machine) call(f *check.FuncDef, args []Value, targs []check.Type, at syntax.Span) (result Value) {
	if m.depth++; m.depth > maxDepth {
		panic(&Fault{Limit, "calls nest too deep", at})
	}
	frame, outer := m.frame, m.targs
	m.frame, m.targs = map[*check.Local]Value{}, targs
	defer func() {
		m.frame, m.targs = frame, outer
		m.depth--
		switch p := recover().(type) {
		case nil:
		case exit:
			result = p.v
		default:
			panic(p)
		}
	}()
	for i, l := range f.Locals {
		m.frame[l] = args[i]
	}
	return m.eval(f.Body)
}

func (m *machine) evalAll(es []check.Expr) []Value {
	out := make([]Value, len(es))
	for i, e := range es {
		out[i] = m.eval(e)
	}
	return out
}

func (m *machine) truth(e check.Expr) bool { return m.eval(e).(bool) }

// spend charges for steps, and for what a long text or list costs.
func (m *machine) spend(n int, at syntax.Span) {
	if m.steps += n; m.steps > maxSteps {
		panic(&Fault{Limit, "too many steps", at})
	}
}

// made charges for a value that was made.
func (m *machine) made(v Value, at syntax.Span) Value {
	switch v := v.(type) {
	case string:
		m.spend(len(v)/16, at)
	case *List:
		m.spend(len(v.Elems), at)
	}
	return v
}

// eval evaluates an expression.
func (m *machine) eval(e check.Expr) Value {
	m.spend(1, e.At())
	switch e := e.(type) {
	case *check.Lit:
		return literal(e)
	case *check.UnitExpr:
		return Unit{}
	case *check.LocalRef:
		return m.frame[e.Local]
	case *check.ConstRef:
		return m.constant(e.Const)
	case *check.FieldRef:
		return m.eval(e.X).(Record)[e.Name]
	case *check.CallExpr:
		return m.callExpr(e)
	case *check.VariantExpr:
		return Enum{e.Tag, m.evalAll(e.Args)}
	case *check.RecordExpr:
		r := Record{}
		for i, x := range e.Args {
			r[e.Names[i]] = m.eval(x)
		}
		return r
	case *check.ListExpr:
		return &List{Elems: m.evalAll(e.Elems)}
	case *check.TextExpr:
		var s string
		for _, p := range e.Parts {
			s += text(m.eval(p.X))
		}
		return m.made(s, e.Span)
	case *check.BinaryExpr:
		x := m.eval(e.X)
		return m.made(m.operate(e, x, m.eval(e.Y)), e.Span)
	case *check.LogicExpr:
		if m.truth(e.X) == e.Or {
			return e.Or
		}
		return m.truth(e.Y)
	case *check.NotExpr:
		return !m.truth(e.X)
	case *check.NegExpr:
		return negate(m.eval(e.X))
	default:
		return m.control(e)
	}
}

// control evaluates what has control flow.
func (m *machine) control(e check.Expr) Value {
	switch e := e.(type) {
	case *check.BlockExpr:
		for _, s := range e.Stmts {
			m.eval(s)
		}
		if e.Tail != nil {
			return m.eval(e.Tail)
		}
	case *check.LetExpr:
		if v := m.eval(e.X); e.Local != nil {
			m.frame[e.Local] = v
		}
	case *check.AssignExpr:
		m.store(e.Target, m.eval(e.X))
	case *check.IfExpr:
		if m.truth(e.Cond) {
			if v := m.eval(e.Then); e.Else != nil {
				return v
			}
		} else if e.Else != nil {
			return m.eval(e.Else)
		}
	case *check.MatchExpr:
		return m.match(e)
	case *check.WhileExpr:
		for m.truth(e.Cond) {
			m.eval(e.Body)
		}
	case *check.ForExpr:
		l := m.eval(e.In).(*List)
		for i := 0; i < len(l.Elems); i++ { // the length may change
			m.frame[e.Local] = l.Elems[i]
			m.eval(e.Body)
		}
	case *check.ExitExpr:
		if e.X == nil {
			panic(exit{Unit{}})
		}
		panic(exit{m.eval(e.X)})
	case *check.QuestionExpr:
		v := m.eval(e.X).(Enum)
		if v.Tag != 0 {
			panic(exit{Enum{1, v.Args}})
		}
		return v.Args[0]
	default:
		panic(missing(fmt.Sprintf("%T", e)))
	}
	return Unit{}
}

func (m *machine) match(e *check.MatchExpr) Value {
	x := m.eval(e.X).(Enum)
	for _, a := range e.Arms {
		if a.Tag >= 0 && a.Tag != x.Tag {
			continue
		}
		for i, l := range a.Locals {
			if l != nil {
				m.frame[l] = x.Args[i]
			}
		}
		if a.Guard == nil || m.truth(a.Guard) {
			return m.eval(a.Body)
		}
	}
	panic(missing("arm for a value"))
}

// store puts a value into a variable, or a record with one field changed into
// the variable the field is of.
func (m *machine) store(target check.Expr, v Value) {
	switch t := target.(type) {
	case *check.LocalRef:
		m.frame[t.Local] = v
	case *check.FieldRef:
		changed := Record{}
		for name, x := range m.eval(t.X).(Record) {
			changed[name] = x
		}
		changed[t.Name] = v
		m.store(t.X, changed)
	}
}

func (m *machine) constant(k *check.ConstDef) Value {
	if k.Decl != nil {
		return m.consts[k]
	}
	switch k.Path {
	case "IpAddr.LOCALHOSTV4", "LOCALHOSTV4":
		return netip.MustParseAddr("127.0.0.1")
	case "IpAddr.LOCALHOSTV6", "LOCALHOSTV6":
		return netip.MustParseAddr("::1")
	}
	panic(missing("constant " + k.Path))
}

func (m *machine) callExpr(e *check.CallExpr) Value {
	args := m.evalAll(e.Args)
	targs := make([]check.Type, len(e.TypeArgs))
	for i, t := range e.TypeArgs {
		targs[i] = check.Subst(t, m.targs)
	}
	if e.Fn.Decl != nil {
		return m.call(e.Fn, args, targs, e.Span)
	}
	fn := m.lib[e.Fn.Path]
	if fn == nil {
		panic(missing("function " + e.Fn.Path))
	}
	defer func() {
		switch p := recover().(type) {
		case nil:
		case badValue:
			panic(&Fault{BadValue, string(p), e.Span})
		default:
			panic(p)
		}
	}()
	return m.made(fn(call{args, targs}), e.Span)
}

// literal is the value of a literal. The checker has put negative integers
// into two's complement.
func literal(e *check.Lit) Value {
	switch p := check.PrimOf(e.T); {
	case p.Signed():
		return Int{p, big.NewInt(int64(e.Int))}
	case p.Integer():
		return Int{p, new(big.Int).SetUint64(e.Int)}
	case p == check.F64:
		return e.Float
	case p == check.F32:
		return float32(e.Float)
	case p == check.Bool:
		return e.Int != 0
	case p == check.Char:
		return Char(e.Int)
	case p == check.ASN:
		return ASN(e.Int)
	case p == check.String:
		return e.Text
	case p == check.IPAddr:
		return e.Addr
	}
	panic(missing("literal of type " + e.T.String()))
}

func negate(v Value) Value {
	switch v := v.(type) {
	case Int:
		return wrap(v.P, new(big.Int).Neg(v.N))
	case float32:
		return -v
	case float64:
		return -v
	}
	panic(missing("minus of a value that is no number"))
}

// operate applies a binary operator.
func (m *machine) operate(e *check.BinaryExpr, x, y Value) Value {
	switch e.Op {
	case "==":
		return equal(x, y)
	case "!=":
		return !equal(x, y)
	case "<", "<=", ">", ">=":
		return compare(e.Op, x, y)
	}
	switch x := x.(type) {
	case Int:
		return m.integer(e, x, y.(Int))
	case float32:
		return float32(float(e.Op, float64(x), float64(y.(float32))))
	case float64:
		return float(e.Op, x, y.(float64))
	case string:
		return x + y.(string)
	case *List:
		return &List{Elems: append(append([]Value{}, x.Elems...), y.(*List).Elems...)}
	case netip.Addr:
		return prefix(x, y.(Int), e.Span)
	}
	panic(missing("operator " + e.Op))
}

func compare(op string, x, y Value) bool {
	if math.IsNaN(asFloat(x)) || math.IsNaN(asFloat(y)) {
		return false
	}
	n := order(x, y)
	if equal(x, y) { // minus zero is zero
		n = 0
	}
	switch op {
	case "<":
		return n < 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	}
	return n >= 0
}

func asFloat(v Value) float64 {
	switch v := v.(type) {
	case float32:
		return float64(v)
	case float64:
		return v
	}
	return 0
}

func (m *machine) integer(e *check.BinaryExpr, x, y Int) Value {
	out := new(big.Int)
	switch e.Op {
	case "+":
		out.Add(x.N, y.N)
	case "-":
		out.Sub(x.N, y.N)
	case "*":
		out.Mul(x.N, y.N)
	case "**":
		out.Exp(x.N, y.N, new(big.Int).Lsh(big.NewInt(1), 64))
	case "/":
		if y.N.Sign() == 0 {
			panic(&Fault{Arithmetic, "division by zero", e.Span})
		}
		q, ok := fits(x.P, out.Quo(x.N, y.N))
		if !ok {
			panic(&Fault{Arithmetic, "division overflows", e.Span})
		}
		return q
	case "%":
		if y.N.Sign() == 0 {
			panic(&Fault{Arithmetic, "remainder of a division by zero", e.Span})
		}
		out.Rem(x.N, y.N)
	}
	return wrap(x.P, out)
}

func float(op string, x, y float64) float64 {
	switch op {
	case "+":
		return x + y
	case "-":
		return x - y
	case "*":
		return x * y
	case "/":
		return x / y
	}
	return math.Pow(x, y)
}

// prefix clears the host bits of an address.
func prefix(a netip.Addr, length Int, at syntax.Span) Value {
	n := int(length.N.Int64())
	if n > a.BitLen() {
		panic(&Fault{BadValue, "prefix length is out of range", at})
	}
	b := a.AsSlice()
	for i := n; i < a.BitLen(); i++ {
		b[i/8] &^= 0x80 >> (i % 8)
	}
	a, _ = netip.AddrFromSlice(b)
	return netip.PrefixFrom(a, n)
}
