package twin

import (
	"fmt"
	"strings"
)

// certain is an expression whose type is known without its place.
func (g *generator) certain(t *typ, depth int) string {
	if t.kind < optionKind && g.n(4) > 0 {
		g.exact++
		defer func() { g.exact-- }()
		return g.expr(t, depth)
	}
	defer func(exact int) { g.exact = exact }(g.exact)
	g.exact = 0
	v := g.fresh("c")
	return fmt.Sprintf("({ let %s: %s = %s; %s })", v, t.name, g.expr(t, depth), v)
}

// expr is an expression of a type in a place that wants this type. Where it is
// more than a word it stands in parentheses.
func (g *generator) expr(t *typ, depth int) string {
	g.left--
	g.nested++
	defer func() { g.nested-- }()
	if depth <= 0 || g.left <= 0 || g.nested > maxNested {
		return g.leaf(t)
	}
	switch g.n(22) {
	case 0, 1, 2:
		return g.leaf(t)
	case 3, 4, 5, 6:
		if e := g.read(t); e != "" {
			return e
		}
	case 7:
		return fmt.Sprintf("(if %s { %s } else { %s })", g.expr(g.types[0], depth-1), g.expr(t, depth-1), g.expr(t, depth-1))
	case 8:
		g.push()
		defer g.pop()
		return fmt.Sprintf("({ %s%s })", g.statements(1+g.n(2)), g.expr(t, depth-1))
	case 9:
		return "(" + g.match(g.enumType(), func(vars []local) string {
			g.push(vars...)
			defer g.pop()
			return g.expr(t, depth-1)
		}) + ")"
	case 10, 11:
		if e := g.callOf(t, depth-1); e != "" {
			return e
		}
	case 12:
		if !g.pure {
			return fmt.Sprintf("say(log, %q, %s)", g.fresh("")+";", g.certain(t, depth-1))
		}
	case 13:
		if e := g.generic(t, depth-1); e != "" {
			return e
		}
	case 14:
		if e := g.question(t, depth-1); e != "" {
			return e
		}
	case 15:
		return g.unwrapped(t, depth-1)
	case 16:
		return g.matchValues(t, depth-1)
	case 17:
		if g.result != nil && !g.pure {
			return fmt.Sprintf("({ if %s { return %s; } %s })", g.expr(g.types[0], depth-1), g.expr(g.result, depth-1), g.expr(t, depth-1))
		}
	}
	return g.operation(t, depth-1)
}

// read is a variable of a type or a field of one, "" where there is none.
func (g *generator) read(t *typ) string {
	var found []string
	var look func(path string, v *typ, depth int)
	look = func(path string, v *typ, depth int) {
		if v.name == t.name {
			found = append(found, path)
		}
		if depth > 0 {
			for _, f := range v.fields {
				look(path+"."+f.name, f.t, depth-1)
			}
		}
	}
	for _, v := range g.visible() {
		look(v.name, v.t, 3)
	}
	if len(found) == 0 {
		return ""
	}
	return found[g.n(len(found))]
}

// callOf calls a function that gives a type.
func (g *generator) callOf(t *typ, depth int) string {
	if g.pure {
		return ""
	}
	for _, f := range g.funcs {
		fits := f.result.name == t.name
		payload := f.result.kind == optionKind && f.result.args[0].name == t.name
		if !fits && !payload || g.n(3) == 0 || g.loops > 1 {
			continue
		}
		args := "log"
		if f.counted {
			args += fmt.Sprintf(", %d", g.n(4))
		}
		for _, p := range f.params {
			args += ", " + g.expr(p, depth)
		}
		call := fmt.Sprintf("%s(%s)", f.name, args)
		if payload {
			call += fmt.Sprintf(".unwrap_or(%s)", g.expr(t, depth))
		}
		return call
	}
	return ""
}

// generic calls one of the generic functions of [world].
func (g *generator) generic(t *typ, depth int) string {
	switch g.n(7) {
	case 1:
		return fmt.Sprintf("last(%s, %s)", g.certain(listOf(t), depth), g.expr(t, depth))
	case 2:
		other := g.types[g.n(len(g.types))]
		return fmt.Sprintf("turn(%s).second", g.certain(pairOf(t, other), depth))
	case 3:
		if strings.HasPrefix(t.name, "Pair[") {
			return fmt.Sprintf("turn(%s)", g.certain(pairOf(t.args[1], t.args[0]), depth))
		}
	case 4:
		return fmt.Sprintf("left(%s, %s)", g.certain(eitherOf(t, g.types[g.n(len(g.types))]), depth), g.expr(t, depth))
	case 5:
		return fmt.Sprintf("both(%s).unwrap_or(%s).%s", g.certain(optionOf(t), depth), g.certain(pairOf(t, t), depth), g.oneOf("first", "second"))
	case 6:
		if t.kind == listKind {
			return fmt.Sprintf("fill(%d, %s)", g.n(4), g.certain(t.args[0], depth))
		}
	}
	return fmt.Sprintf("pick(%s, %s, %s)", g.expr(g.types[0], depth), g.certain(t, depth), g.certain(t, depth))
}

// question takes a payload out or leaves the function.
func (g *generator) question(t *typ, depth int) string {
	if g.result == nil || g.pure {
		return ""
	}
	switch g.result.kind {
	case optionKind:
		return g.certain(optionOf(t), depth) + "?"
	case resultKind:
		return g.certain(resultOf(t, g.result.args[1]), depth) + "?"
	}
	return ""
}

// unwrapped takes a value out of something that may hold it.
func (g *generator) unwrapped(t *typ, depth int) string {
	otherwise := g.expr(t, depth)
	switch g.n(4) {
	case 1:
		return fmt.Sprintf("%s.get(%d).unwrap_or(%s)", g.certain(listOf(t), depth), g.n(4), otherwise)
	case 2:
		return fmt.Sprintf("%s.unwrap_or(%s)", g.certain(resultOf(t, g.types[g.n(len(g.types))]), depth), otherwise)
	case 3:
		return fmt.Sprintf("%s.%s", g.certain(pairOf(t, t), depth), []string{"first", "second"}[g.n(2)])
	}
	return fmt.Sprintf("%s.unwrap_or(%s)", g.certain(optionOf(t), depth), otherwise)
}

// matchValues is a match over numbers, texts or characters.
func (g *generator) matchValues(t *typ, depth int) string {
	on := g.types[1+g.n(10)]
	if on.kind == floatKind {
		on = g.types[1]
	}
	s := fmt.Sprintf("(match %s {\n", g.certain(on, depth))
	for range 1 + g.n(3) {
		s += g.bare(on)
		if g.n(3) == 1 {
			s += " | " + g.bare(on)
		}
		if g.n(3) == 1 {
			s += " if " + g.expr(g.types[0], depth)
		}
		s += " => " + g.expr(t, depth) + ",\n"
	}
	return s + "_ => " + g.expr(t, depth) + ",\n})"
}

// bare is a literal without suffix or parentheses, as patterns have them.
func (g *generator) bare(t *typ) string {
	if t.kind == intKind {
		return fmt.Sprint(g.n(4))
	}
	return g.leaf(t)
}

func (g *generator) leafOf(k kind) string {
	for _, t := range g.types {
		if t.kind == k {
			return g.leaf(t)
		}
	}
	return ""
}

func (g *generator) oneOf(list ...string) string { return list[g.n(len(list))] }

// leaf is the smallest expression of a type: a literal, or a literal of literals.
func (g *generator) leaf(t *typ) string {
	switch t.kind {
	case unitKind:
		if !g.pure && g.n(3) == 1 {
			return "log.push_char('u')"
		}
		return "()"
	case boolKind:
		return g.oneOf("false", "true")
	case intKind:
		return g.integer(t)
	case floatKind:
		return "(" + g.oneOf("0.0", "1.5", "2.25", "1e10", "0.1", "-3.5", "-0.0", "1e300", "16777217.0") + t.name + ")"
	case charKind:
		return g.oneOf("'a'", "'b'", "'é'", "'老'", `'\n'`)
	case textKind:
		return g.oneOf(`""`, `"a"`, `"b c"`, `"Löwe"`, `"12"`, `"a,b,,c"`, `"x\ny\n"`)
	case asnKind:
		return g.oneOf("AS0", "AS64500", "AS65536", "AS4294967295")
	case addrKind:
		return g.oneOf("10.0.0.1", "2001:db8::1", "255.255.255.255", "192.0.2.77", "::", "::ffff:a00:1", "IpAddr.LOCALHOSTV4")
	case prefixKind:
		return fmt.Sprintf("(%s / %d)", g.oneOf("10.1.2.3", "2001:db8:ffff::1", "192.0.2.0"), g.n(33))
	case bufKind:
		return `StringBuf.from("s")`
	case listKind:
		return "[" + strings.Join(g.leaves(t.args[0], g.n(3)), ", ") + "]"
	case mapKind:
		return "Map.new()"
	case recordKind:
		return g.record(t, g.leaf)
	}
	return g.variant(t, t.cases[len(t.cases)-1-g.n(len(t.cases))], g.leaf)
}

func (g *generator) leaves(t *typ, n int) (out []string) {
	for range n {
		out = append(out, g.leaf(t))
	}
	return out
}

func (g *generator) integer(t *typ) string {
	high := uint64(1)<<(t.bits-1) - 1
	if !t.signed {
		high = high*2 + 1
	}
	suffix := t.name
	switch g.n(8) {
	case 1:
		return fmt.Sprintf("%d%s", high, suffix)
	case 2:
		return fmt.Sprintf("%d%s", high-uint64(g.n(3)), suffix)
	case 3:
		if t.signed {
			return fmt.Sprintf("(-%d%s)", g.n(7), suffix)
		}
	case 4:
		if t.signed {
			return g.lowest(t)
		}
	case 5:
		if g.exact == 0 {
			return fmt.Sprintf("%d", g.n(100))
		}
	}
	return fmt.Sprintf("%d%s", g.n(10), suffix)
}

// lowest is the smallest number of a signed type.
func (g *generator) lowest(t *typ) string {
	return fmt.Sprintf("(-%d%s)", uint64(1)<<(t.bits-1), t.name)
}

// record is a record literal with its fields in any order.
func (g *generator) record(t *typ, value func(*typ) string) string {
	parts := make([]string, len(t.fields))
	for i, f := range t.fields {
		parts[i] = f.name + ": " + value(f.t)
	}
	if len(parts) > 1 {
		i, j := g.n(len(parts)), g.n(len(parts))
		parts[i], parts[j] = parts[j], parts[i]
	}
	return "(" + t.head + "{ " + strings.Join(parts, ", ") + " })"
}

func (g *generator) variant(t *typ, c variant, value func(*typ) string) string {
	name := c.name
	if t.head != "" {
		name = t.head + "." + c.name
	}
	if len(c.fields) == 0 {
		return name
	}
	var args []string
	for _, f := range c.fields {
		args = append(args, value(f))
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}
