package check

// unify makes two types one, or reports that they cannot be. A diverging
// expression fits every place and binds nothing.
func (c *checker) unify(a, b Type) bool {
	a, b = resolve(a), resolve(b)
	if a == b {
		return true
	}
	if PrimOf(a) == Never || PrimOf(b) == Never {
		return true
	}
	if v, ok := a.(*Var); ok {
		return c.bind(v, b)
	}
	if v, ok := b.(*Var); ok {
		return c.bind(v, a)
	}
	switch a := a.(type) {
	case *Param:
		p, ok := b.(*Param)
		return ok && p.Index == a.Index
	case *Named:
		n, ok := b.(*Named)
		if !ok || n.Def != a.Def || len(n.Args) != len(a.Args) {
			return false
		}
		for i := range a.Args {
			if !c.unify(a.Args[i], n.Args[i]) {
				return false
			}
		}
		return true
	case *Record:
		r, ok := b.(*Record)
		return ok && c.unifyFields(a.Fields, r.Fields)
	}
	return false
}

// unifyFields wants the same set of fields; the order does not matter.
func (c *checker) unifyFields(a, b []Field) bool {
	if len(a) != len(b) {
		return false
	}
	for _, f := range a {
		g := fieldIndex(b, f.Name)
		if g < 0 || !c.unify(f.Type, b[g].Type) {
			return false
		}
	}
	return true
}

func fieldIndex(fs []Field, name string) int {
	for i, f := range fs {
		if f.Name == name {
			return i
		}
	}
	return -1
}

// bind gives a variable its type, if its kind allows.
func (c *checker) bind(v *Var, t Type) bool {
	if w, ok := t.(*Var); ok {
		return c.bindVars(v, w)
	}
	if occurs(v, t) {
		c.infinite = true
		return false
	}
	p := PrimOf(t)
	switch v.kind {
	case intVar:
		if !p.Integer() {
			return false
		}
	case signedVar:
		if !p.Signed() {
			return false
		}
	case floatVar:
		if !p.Float() {
			return false
		}
	case recordVar:
		fields, ok := FieldsOf(t)
		if !ok || !c.unifyFields(v.fields, fields) {
			return false
		}
	}
	v.link = t
	return true
}

func (c *checker) bindVars(v, w *Var) bool {
	switch {
	case v.kind == anyVar:
		if occurs(v, w) {
			c.infinite = true
			return false
		}
		v.link = w
	case w.kind == anyVar:
		return c.bindVars(w, v)
	case v.kind == w.kind && v.kind == recordVar:
		if !c.unifyFields(v.fields, w.fields) {
			return false
		}
		v.link = w
	case v.kind == w.kind, v.kind == intVar && w.kind == signedVar:
		v.link = w
	case v.kind == signedVar && w.kind == intVar:
		w.link = v
	default:
		return false
	}
	return true
}

// occurs reports whether v is part of t, which would make a type infinite.
func occurs(v *Var, t Type) bool {
	switch t := resolve(t).(type) {
	case *Var:
		if t == v {
			return true
		}
		for _, f := range t.fields {
			if occurs(v, f.Type) {
				return true
			}
		}
	case *Named:
		for _, a := range t.Args {
			if occurs(v, a) {
				return true
			}
		}
	case *Record:
		for _, f := range t.Fields {
			if occurs(v, f.Type) {
				return true
			}
		}
	}
	return false
}
