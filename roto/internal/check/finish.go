package check

import (
	"fmt"
	"math"
	"slices"

	"example.com/rotonda/roto/syntax"
)

// finish gives the types that are still open their defaults, and does what had
// to wait for that.
func (c *checker) finish() {
	for _, f := range c.funcs {
		if f.Decl.Kind == syntax.PlainFunc {
			continue
		}
		for _, a := range f.Result.(*Named).Args {
			if v, ok := resolve(a).(*Var); ok && v.kind == anyVar {
				v.link = c.prim(Unit)
			}
		}
	}
	for _, v := range c.vars {
		if v.link != nil {
			continue
		}
		switch v.kind {
		case anyVar:
			v.link = c.prim(Never)
		case recordVar:
			v.link = &Record{v.fields}
		default:
			c.settle(v)
		}
	}
	for _, t := range c.texts {
		c.conversions(t)
	}
	for _, l := range c.lits {
		c.checkRange(l)
	}
}

// conversions finds the to_string of each part of an f-string.
func (c *checker) conversions(t *TextExpr) {
	for i := range t.Parts {
		p := &t.Parts[i]
		if _, bad := p.X.(*Bad); bad {
			continue
		}
		pt := p.X.Type()
		if prim := PrimOf(pt); prim == String || prim == Never {
			continue
		}
		var it *Item
		if n, ok := resolve(pt).(*Named); ok {
			it = n.Def.Members.Own("to_string")
		}
		if it == nil || it.Kind != FuncItem {
			d := c.report(p.X.At(), "no method `to_string` on type `"+pt.String()+"`", "cannot be shown as text")
			if n, ok := resolve(pt).(*Named); ok && n.Def == c.u.Option {
				d.Notes = append(d.Notes, "Help: take the value out with `match` or `?` first")
			}
			continue
		}
		if f := it.Func; len(f.Params) != 1 || PrimOf(f.Result) != String {
			c.report(p.X.At(), "the `to_string` method of type `"+pt.String()+"` does not have the right signature", "does not have a valid `to_string` method")
			continue
		}
		p.Conv = it.Func
	}
}

// checkRange reports integer literals their type cannot hold and turns
// negative ones into two's complement.
func (c *checker) checkRange(l *Lit) {
	p := PrimOf(l.T)
	if !p.Integer() {
		return
	}
	low, high := bounds(p)
	switch {
	case l.Neg && p.Signed() && l.Int <= uint64(-(low+1))+1:
		l.Int = -l.Int
	case !l.Neg && l.Int <= high:
	default:
		c.report(l.Span, fmt.Sprintf("integer literal is out of range for `%s`", l.T), fmt.Sprintf("`%s` goes from %d to %d", l.T, low, high))
	}
}

func bounds(p Prim) (low int64, high uint64) {
	bits := p.Bits()
	if p.Signed() {
		return math.MinInt64 >> (64 - bits), math.MaxInt64 >> (64 - bits)
	}
	return 0, math.MaxUint64 >> (64 - bits)
}

// constOrder sorts the constants so that each stands after those it needs, also
// those it needs through functions, and reports circles and uses of the context.
func (c *checker) constOrder() []*ConstDef {
	var order []*ConstDef
	var current *ConstDef
	var visitConst func(k *ConstDef)
	var visitFunc func(f *FuncDef)
	visit := func(r *refs) {
		for _, x := range r.Contexts {
			if current != nil {
				c.report(current.Decl.Name.Span, "constant `"+current.Name+"` depends on a context variable.", "depends on the context variable `"+x.Name+"`")
			}
		}
		for _, k := range r.Consts {
			visitConst(k)
		}
		for _, f := range r.Funcs {
			visitFunc(f)
		}
	}
	const active, done = 1, 2
	var seen map[*FuncDef]bool
	visitFunc = func(f *FuncDef) {
		if seen[f] {
			return
		}
		seen[f] = true
		visit(&f.refs)
	}
	visitConst = func(k *ConstDef) {
		if k.Decl == nil || k.state == done {
			return
		}
		if k.state == active {
			c.report(k.Decl.Name.Span, "constant `"+k.Name+"` is recursively defined.", "references itself")
			return
		}
		k.state = active
		oldSeen, old := seen, current
		seen, current = map[*FuncDef]bool{}, k
		visit(&k.refs)
		seen, current = oldSeen, old
		k.state = done
		order = append(order, k)
	}
	for _, k := range slices.Clone(c.consts) {
		visitConst(k)
	}
	return order
}
