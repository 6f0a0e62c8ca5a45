package ir

// Conjunct is a condition on a parameter without which a function does not
// accept: Path applied to the parameter, compared with a constant.
type Conjunct struct {
	Param int
	Path  []*HostCall // getters, innermost first; each takes the value before it
	Op    string      // a comparison; "" wants the last getter to be true, "!" false
	Value Expr        // *Const or *GlobalRef; nil without comparison
}

// Conjuncts returns conditions that all must hold before f accepts or returns
// true, and whether they also suffice. It looks at a predicate or filter up to
// the first thing that it does besides judging: what a caller leaves out by
// these conditions must not have had an effect.
func Conjuncts(f *Func) (terms []Conjunct, exact bool) {
	c := conjuncts{f: f, writes: map[*Var]int{}, value: map[*Var]Expr{}}
	countWrites(f.Body, c.writes)
	exact = c.stmts(f.Body) == decided
	return c.terms, exact && !c.rest
}

type conjuncts struct {
	f      *Func
	terms  []Conjunct
	rest   bool          // something was left out
	writes map[*Var]int  // how often a variable is set
	value  map[*Var]Expr // of those set once, so far
}

// outcome is what a list of statements leads to.
type outcome uint8

const (
	unclear outcome = iota
	through         // to what follows
	refuses         // always false or reject
	decided         // to an answer that the terms describe
)

// stmts collects from a list on the way to acceptance.
func (c *conjuncts) stmts(list []Stmt) outcome {
	for i, s := range list {
		switch s := s.(type) {
		case *Set:
			if !c.let(s) {
				return unclear
			}
		case *Eval:
			if !c.pure(s.X) {
				return unclear
			}
		case *If:
			then, els := c.ends(s.Then), c.ends(s.Else)
			switch {
			case then == refuses && els == through:
				c.want(s.C, false)
				if len(s.Else) > 0 && c.stmts(s.Else) != through {
					return unclear
				}
				continue
			case then == refuses:
				c.want(s.C, false)
				return c.stmts(s.Else)
			case els == refuses:
				c.want(s.C, true)
				if got := c.stmts(s.Then); got != through {
					return got
				}
				continue
			case els == through && c.ends(list[i+1:]) == refuses:
				c.want(s.C, true)
				return c.stmts(s.Then)
			}
			return unclear
		case *Return:
			switch answer(s.X) {
			case 1:
				return decided
			case 0:
				return refuses
			}
			if s.X == nil || s.X.Type().Prim == 0 && s.X.Type().Kind != Word {
				return unclear
			}
			c.want(s.X, true)
			return decided
		default:
			return unclear
		}
	}
	return through
}

// ends tells, without collecting, whether a list refuses or falls through
// without doing anything else.
func (c *conjuncts) ends(list []Stmt) outcome {
	for _, s := range list {
		switch s := s.(type) {
		case *Set:
			if !c.pure(s.X) {
				return unclear
			}
		case *Eval:
			if !c.pure(s.X) {
				return unclear
			}
		case *Return:
			if answer(s.X) == 0 {
				return refuses
			}
			return unclear
		default:
			return unclear
		}
	}
	return through
}

// let notes a variable that is set once to a value without effects.
func (c *conjuncts) let(s *Set) bool {
	if !c.pure(s.X) {
		return false
	}
	if s.Off == 0 && c.writes[s.V] == 1 && s.X.Type() == s.V.Type {
		c.value[s.V] = s.X
	}
	return true
}

// want adds the terms of a condition that must have the truth given.
func (c *conjuncts) want(x Expr, truth bool) {
	x = c.resolve(x)
	switch x := x.(type) {
	case *Const:
		c.rest = c.rest || len(x.Words) != 1 || (x.Words[0] != 0) != truth
		return
	case *Not:
		c.want(x.X, !truth)
		return
	case *Logic:
		if x.Or != truth { // a && b is true, or a || b is false: each of them
			for _, t := range x.Terms {
				c.want(t, truth)
			}
			return
		}
	case *Binary:
		if t, ok := c.compare(x, truth); ok {
			c.terms = append(c.terms, t)
			return
		}
	case *HostCall:
		if t, ok := c.getter(x); ok {
			if !truth {
				t.Op = "!"
			}
			c.terms = append(c.terms, t)
			return
		}
	}
	c.rest = true
}

// opposite and mirrored turn comparisons around.
var (
	opposite = map[string]string{"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
	mirrored = map[string]string{"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
)

func (c *conjuncts) compare(b *Binary, truth bool) (Conjunct, bool) {
	op := b.Op
	if _, is := opposite[op]; !is {
		return Conjunct{}, false
	}
	x, y := c.resolve(b.X), c.resolve(b.Y)
	if constant(x) {
		x, y, op = y, x, mirrored[op]
	}
	t, ok := c.getter(x)
	if !ok || !constant(y) {
		return t, false
	}
	if !truth {
		op = opposite[op]
	}
	t.Op, t.Value = op, y
	return t, true
}

// getter follows calls of pure host functions down to a parameter.
func (c *conjuncts) getter(x Expr) (Conjunct, bool) {
	switch x := x.(type) {
	case *Place:
		for i, p := range c.f.Params {
			if x.V == p && x.Off == 0 && x.T == p.Type && c.writes[p] == 0 {
				return Conjunct{Param: i}, true
			}
		}
	case *HostCall:
		if !x.Def.Pure || len(x.Args) == 0 {
			break
		}
		for _, a := range x.Args[1:] {
			if !constant(c.resolve(a)) {
				return Conjunct{}, false
			}
		}
		t, ok := c.getter(c.resolve(x.Args[0]))
		t.Path = append(t.Path, x)
		return t, ok
	}
	return Conjunct{}, false
}

// resolve replaces a variable by what it was set to.
func (c *conjuncts) resolve(x Expr) Expr {
	for {
		p, ok := x.(*Place)
		if !ok || p.Off != 0 || p.T != p.V.Type {
			return x
		}
		v, known := c.value[p.V]
		if !known {
			return x
		}
		x = v
	}
}

func constant(x Expr) bool {
	switch x := x.(type) {
	case *Const:
		return true
	case *GlobalRef:
		return x.Off == 0
	}
	return false
}

// answer returns 1 for an expression that accepts or is true, 0 for one that
// rejects or is false, -1 for another.
func answer(x Expr) int {
	switch x := x.(type) {
	case *Const:
		if len(x.Words) == 1 {
			if x.T.Kind == Enum {
				return 1 - int(x.Words[0]&1) // Accept is variant 0
			}
			return int(x.Words[0] & 1)
		}
	case *Make:
		if x.T.Kind == Enum && x.T.Slots == 1 {
			return 1 - x.Tag&1
		}
	}
	return -1
}

// pure reports whether evaluating x has no effect on the host.
func (c *conjuncts) pure(x Expr) bool {
	switch x := x.(type) {
	case *Const, *Place, *GlobalRef, *Context:
		return true
	case *Not:
		return c.pure(x.X)
	case *Neg:
		return c.pure(x.X)
	case *Binary:
		return c.pure(x.X) && c.pure(x.Y)
	case *Logic:
		return c.allPure(x.Terms)
	case *Cond:
		return c.pure(x.C) && c.pure(x.A) && c.pure(x.B)
	case *Make:
		return c.allPure(x.Args)
	case *MakeList:
		return c.allPure(x.Elems)
	case *Join:
		return c.allPure(x.Parts)
	case *HostCall:
		return x.Def.Pure && c.allPure(x.Args)
	}
	return false
}

func (c *conjuncts) allPure(list []Expr) bool {
	for _, x := range list {
		if !c.pure(x) {
			return false
		}
	}
	return true
}

// countWrites counts how often each variable is set.
func countWrites(list []Stmt, into map[*Var]int) {
	for _, s := range list {
		switch s := s.(type) {
		case *Set:
			into[s.V]++
		case *If:
			countWrites(s.Then, into)
			countWrites(s.Else, into)
		case *While:
			countWrites(s.Pre, into)
			countWrites(s.Body, into)
		case *For:
			into[s.List]++
			into[s.Index]++
			into[s.Elem]++
			countWrites(s.Body, into)
		case *Match:
			for _, a := range s.Arms {
				countWrites(a.Pre, into)
				countWrites(a.Body, into)
			}
		}
	}
}
