package twin

import (
	"fmt"
	"strings"
)

// statements writes so many statements in the current scope.
func (g *generator) statements(n int) string {
	var b strings.Builder
	for range n {
		if g.left <= 0 {
			break
		}
		b.WriteString(g.statement() + "\n")
	}
	return b.String()
}

// body is a block of statements without a value.
func (g *generator) body(vars ...local) string {
	g.push(vars...)
	defer g.pop()
	return "{\n" + g.statements(1+g.n(3)) + "}"
}

func (g *generator) statement() string {
	g.left--
	switch g.n(15) {
	case 1, 2:
		return g.assign()
	case 3:
		s := fmt.Sprintf("if %s %s", g.expr(g.types[0], 3), g.body())
		if g.n(2) == 1 {
			s += " else " + g.body()
		}
		return s
	case 4:
		return g.while()
	case 5:
		return g.forLoop()
	case 6, 7, 8:
		return g.change()
	case 9:
		if g.pure || g.result == nil {
			break
		}
		return fmt.Sprintf("if %s { return %s; }", g.expr(g.types[0], 2), g.expr(g.result, 3))
	case 10:
		return g.matchStatement()
	case 11:
		if g.pure {
			break
		}
		t := g.anyType()
		return fmt.Sprintf("log.push_string(%s(%s));", g.showing(t), g.expr(t, 3))
	case 12:
		return fmt.Sprintf("let _ = %s;", g.certain(g.anyType(), 3))
	case 13:
		if g.pure || g.result == nil {
			break
		}
		op := []string{"&&", "||"}[g.n(2)]
		return fmt.Sprintf("let %s = %s %s return %s;", g.fresh("unused"), g.expr(g.types[0], 3), op, g.expr(g.result, 2))
	}
	return g.let()
}

func (g *generator) let() string {
	t := g.anyType()
	if g.n(12) == 1 && !g.pure {
		t = logType
	}
	v := local{g.name(), t, false}
	var s string
	if g.n(3) == 0 {
		s = fmt.Sprintf("let %s = %s;", v.name, g.certain(t, 4))
	} else {
		s = fmt.Sprintf("let %s: %s = %s;", v.name, t.name, g.expr(t, 4))
	}
	g.define(v)
	return s
}

// assignable returns a variable that may be changed, or a field of one.
func (g *generator) assignable() (path string, t *typ) {
	var can []local
	for _, v := range g.visible() {
		if !v.fixed {
			can = append(can, v)
		}
	}
	if len(can) == 0 {
		return "", nil
	}
	v := can[g.n(len(can))]
	path, t = v.name, v.t
	for t.kind == recordKind && g.n(3) > 0 {
		f := t.fields[g.n(len(t.fields))]
		path, t = path+"."+f.name, f.t
	}
	return path, t
}

func (g *generator) assign() string {
	path, t := g.assignable()
	if t == nil {
		return g.let()
	}
	if t.kind == intKind && g.n(2) == 1 {
		return fmt.Sprintf("%s %s= %s;", path, []string{"+", "-", "*"}[g.n(3)], g.expr(t, 3))
	}
	if t.kind == textKind && g.loops == 0 && g.n(2) == 1 {
		return fmt.Sprintf("%s += %s;", path, g.expr(t, 3))
	}
	return fmt.Sprintf("%s = %s;", path, g.expr(t, 4))
}

func (g *generator) while() string {
	if g.loops > 1 {
		return g.let()
	}
	i := g.fresh("k")
	more := ""
	if g.n(3) == 1 {
		more = " && " + g.expr(g.types[0], 2)
	}
	g.loops++
	u8 := g.types[2]
	s := fmt.Sprintf("let %s = 0u8;\nwhile %s < %d%s {\n%s += 1;\n%s;\n}", i, i, 1+g.n(3), more, i, g.body(local{i, u8, true}))
	g.loops--
	return s
}

// forLoop goes over a list; what is pushed meanwhile is bounded by [generator.change].
func (g *generator) forLoop() string {
	if g.loops > 1 {
		return g.let()
	}
	t := g.anyType()
	list, grow := g.certain(listOf(t), 3), ""
	for _, v := range g.visible() {
		if v.t.kind == listKind && g.n(2) == 1 {
			if t, list = v.t.args[0], v.name; !v.fixed {
				grow = list
			}
			break
		}
	}
	g.loops++
	x := g.fresh("x")
	body := g.body(local{x, t, false})
	if grow != "" && g.n(3) == 1 {
		body = fmt.Sprintf("{\nif %s.len() < 6 { %s.push(%s); }\n", grow, grow, x) + body[2:]
	}
	s := fmt.Sprintf("for %s in %s %s", x, list, body)
	g.loops--
	return s
}

// change changes a list, a map or a text under construction, seen by all who
// hold it. Lists do not grow over a bound, so that loops over them end.
func (g *generator) change() string {
	var shared []local
	for _, v := range g.visible() {
		if k := v.t.kind; k == listKind || k == mapKind || k == bufKind && !g.pure {
			if v.fixed && v.t.kind != bufKind {
				continue // a constant, which only another name lets a program try to change
			}
			shared = append(shared, v)
		}
	}
	if len(shared) == 0 {
		return g.let()
	}
	v := shared[g.n(len(shared))]
	switch v.t.kind {
	case bufKind:
		return fmt.Sprintf("%s.push_char(%s);", v.name, g.leafOf(charKind))
	case mapKind:
		key, value := g.expr(v.t.args[0], 2), ""
		if g.n(3) == 1 {
			return fmt.Sprintf("%s.remove(%s);", v.name, key)
		}
		value = g.expr(v.t.args[1], 3)
		return fmt.Sprintf("if %s.len() < 6 { %s.insert(%s, %s); }", v.name, v.name, key, value)
	}
	elem := v.t.args[0]
	switch g.n(9) {
	case 1:
		return fmt.Sprintf("%s.set(%d, %s);", v.name, g.n(4), g.expr(elem, 3))
	case 2:
		return fmt.Sprintf("%s.swap(%d, %d);", v.name, g.n(3), g.n(4))
	case 3:
		return fmt.Sprintf("%s.reverse();", v.name)
	case 4:
		if elem.sorts() || g.n(20) == 1 {
			return fmt.Sprintf("%s.sort();", v.name)
		}
	case 5:
		return fmt.Sprintf("let %s = %s.pop();", g.fresh("unused"), v.name)
	case 6:
		return fmt.Sprintf("%s.remove(%d);", v.name, g.n(3))
	case 7:
		return fmt.Sprintf("if %s.len() < 6 { %s.insert(%d, %s); }", v.name, v.name, g.n(3), g.expr(elem, 3))
	}
	return fmt.Sprintf("if %s.len() < 6 { %s.push(%s); }", v.name, v.name, g.expr(elem, 3))
}

func (g *generator) matchStatement() string {
	t := g.enumType()
	return g.match(t, func(vars []local) string { return g.body(vars...) })
}

// enumType returns a type that has variants.
func (g *generator) enumType() *typ {
	var enums []*typ
	for _, v := range g.visible() {
		if len(v.t.cases) > 0 {
			enums = append(enums, v.t)
		}
	}
	for _, t := range g.types {
		if len(t.cases) > 0 {
			enums = append(enums, t)
		}
	}
	return append(enums, optionOf(g.types[2]))[g.n(len(enums)+1)]
}

// match writes a match over a type with variants: some arms have guards or
// values in their patterns, and whatever they leave has an arm behind them.
func (g *generator) match(t *typ, body func([]local) string) string {
	s := "match " + g.certain(t, 3) + " {\n"
	covered := map[string]bool{}
	for range 1 + g.n(4) {
		c := t.cases[g.n(len(t.cases))]
		if covered[c.name] {
			continue
		}
		pattern, vars, plain := g.pattern(c)
		guard := ""
		g.push(vars...)
		if g.n(3) == 1 {
			guard, plain = " if "+g.expr(g.types[0], 2), false
		}
		g.pop()
		s += pattern + guard + " => " + body(vars) + ",\n"
		covered[c.name] = covered[c.name] || plain
	}
	if len(covered) > 0 && g.n(2) == 1 {
		for _, c := range t.cases {
			if !covered[c.name] {
				return s + "_ => " + body(nil) + ",\n}"
			}
		}
	}
	for _, c := range t.cases {
		if covered[c.name] {
			continue
		}
		pattern, vars, plain := g.pattern(c)
		if !plain {
			return s + "_ => " + body(nil) + ",\n}"
		}
		s += pattern + " => " + body(vars) + ",\n"
	}
	return s + "}"
}

// pattern is that of a variant; plain says that it takes every value of it.
func (g *generator) pattern(c variant) (text string, vars []local, plain bool) {
	if len(c.fields) == 0 {
		return c.name, nil, true
	}
	plain = true
	var parts []string
	for _, f := range c.fields {
		switch {
		case g.n(6) == 1:
			parts = append(parts, "_")
		case g.n(4) == 1 && (f.kind == intKind || f.kind == textKind || f.kind == charKind):
			parts = append(parts, g.bare(f))
			plain = false
		default:
			v := local{g.fresh("m"), f, false}
			vars = append(vars, v)
			parts = append(parts, v.name)
		}
	}
	return c.name + "(" + strings.Join(parts, ", ") + ")", vars, plain
}
