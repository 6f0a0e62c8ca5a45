package vm

import "example.com/rotonda/roto/internal/ir"

// A function that judges is mostly a chain of conditions, each of which ends it
// with a constant. Such a body gives its word directly, without a place in the frame
// and without a step for each statement.

// maxTail bounds the length of a chain that is compiled so: each link is a call
// inside the one before it.
const maxTail = 64

// tails reports whether a list always ends in the return of a word, with nothing
// on the way but assignments, effects and conditions of the same kind.
func tails(list []ir.Stmt) bool {
	if len(list) > maxTail {
		return false
	}
	for i, s := range list {
		switch s := s.(type) {
		case *ir.Set, *ir.Eval:
		case *ir.Return:
			return s.X != nil && s.X.Type().IsWord() && s.X.Type().Slots > 0
		case *ir.If:
			if !tails(s.Then) {
				return false
			}
			if !silent(s.Else) {
				return i == len(list)-1 && tails(s.Else)
			}
		default:
			return false
		}
	}
	return false
}

// tail compiles a list for which tails holds.
func (c *Compiler) tail(list []ir.Stmt) Word {
	top := c.top
	defer func() { c.top = top }()
	switch s := list[0].(type) {
	case *ir.Return:
		if k, ok := c.tag(s.X); ok {
			return func(*M, Frame) uint64 { return k }
		}
		return c.word(s.X)
	case *ir.If:
		cond := c.truth(s.C)
		c.top = top
		rest := list[1:]
		if !silent(s.Else) {
			rest = s.Else
		}
		return c.choose(cond, s.Then, rest)
	}
	do := c.step(list[0])
	c.top = top
	rest := c.tail(list[1:])
	if do == nil {
		return rest
	}
	return func(m *M, f Frame) uint64 {
		do(m, f)
		return rest(m, f)
	}
}

// choose compiles two tails behind a condition; one that is a constant costs no call.
func (c *Compiler) choose(cond Truth, then, other []ir.Stmt) Word {
	a, aKnown := c.constantTail(then)
	b, bKnown := c.constantTail(other)
	switch {
	case aKnown && bKnown:
		return func(m *M, f Frame) uint64 {
			if cond(m, f) {
				return a
			}
			return b
		}
	case aKnown:
		rest := c.tail(other)
		return func(m *M, f Frame) uint64 {
			if cond(m, f) {
				return a
			}
			return rest(m, f)
		}
	}
	yes, no := c.tail(then), c.tail(other)
	return func(m *M, f Frame) uint64 {
		if cond(m, f) {
			return yes(m, f)
		}
		return no(m, f)
	}
}

// constantTail returns the word of a list that only returns a constant.
func (c *Compiler) constantTail(list []ir.Stmt) (uint64, bool) {
	for i, s := range list {
		if r, ok := s.(*ir.Return); ok {
			return c.tag(r.X)
		}
		if !silent(list[i : i+1]) {
			return 0, false
		}
	}
	return 0, false
}

// tag returns the word of a constant, or of a variant without fields.
func (c *Compiler) tag(x ir.Expr) (uint64, bool) {
	if k, ok := x.(*ir.Make); ok && k.T.IsWord() && k.Tag >= 0 && c.allVoid(k.Args) {
		return uint64(k.Tag), true
	}
	if k, ok := x.(*ir.Const); ok && len(k.Words) == 1 && k.T.IsWord() {
		return k.Words[0], true
	}
	return 0, false
}
