package twin

import (
	"fmt"
	"slices"

	"example.com/rotonda/roto/internal/check"
)

// operation is what only values of a type can do.
func (g *generator) operation(t *typ, depth int) string {
	sub := func(t *typ) string { return g.expr(t, depth) }
	switch t.kind {
	case boolKind:
		return g.truth(depth)
	case intKind:
		return g.arithmetic(t, depth)
	case floatKind:
		if g.n(3) == 1 {
			return fmt.Sprintf("%s.%s()", g.certain(t, depth), g.oneOf("floor", "ceil", "round", "abs", "sqrt"))
		}
		return fmt.Sprintf("(%s %s %s)", g.certain(t, depth), g.oneOf("+", "-", "*", "/", "**"), sub(t))
	case textKind:
		return g.text(depth)
	case addrKind:
		return g.certain(g.simple(prefixKind), depth) + g.oneOf(".addr()", ".max_addr()", ".min_addr()", ".addr().to_canonical()")
	case prefixKind:
		if g.n(3) == 1 {
			return fmt.Sprintf("Prefix.new(%s, %d)", sub(g.simple(addrKind)), g.n(33))
		}
		n := fmt.Sprint(g.n(33))
		if g.n(5) == 1 {
			n = sub(g.types[2])
		}
		return fmt.Sprintf("(%s / { %s })", sub(g.simple(addrKind)), n)
	case listKind:
		return g.list(t, depth)
	case mapKind:
		m := g.fresh("m")
		return fmt.Sprintf("({ let %s: %s = Map.new(); %s.insert(%s, %s); %s.insert(%s, %s); %s })", m, t.name,
			m, sub(t.args[0]), sub(t.args[1]), m, sub(t.args[0]), sub(t.args[1]), m)
	case recordKind:
		return g.record(t, sub)
	case optionKind:
		if e := g.optional(t, depth); e != "" {
			return e
		}
	case resultKind:
		if g.n(3) == 1 {
			return fmt.Sprintf("%s.ok_or(%s)", g.certain(optionOf(t.args[0]), depth), sub(t.args[1]))
		}
	}
	if len(t.cases) > 0 {
		return g.variant(t, t.cases[g.n(len(t.cases))], sub)
	}
	return g.leaf(t)
}

func (g *generator) simple(k kind) *typ {
	for _, t := range g.types {
		if t.kind == k {
			return t
		}
	}
	return g.types[0]
}

func (g *generator) truth(depth int) string {
	b := g.types[0]
	switch g.n(9) {
	case 1:
		return fmt.Sprintf("(%s && %s)", g.expr(b, depth), g.expr(b, depth))
	case 2:
		return fmt.Sprintf("(%s || %s)", g.expr(b, depth), g.expr(b, depth))
	case 3:
		return "(!" + g.expr(b, depth) + ")"
	case 4, 5:
		t := g.types[1+g.n(9)]
		return fmt.Sprintf("(%s %s %s)", g.certain(t, depth), g.oneOf("<", "<=", ">", ">="), g.expr(t, depth))
	case 6:
		t := g.anyType()
		return fmt.Sprintf("%s.contains(%s)", g.certain(listOf(t), depth), g.expr(t, depth))
	case 7:
		t := g.anyType()
		if g.n(2) == 1 {
			return g.certain(optionOf(t), depth) + g.oneOf(".is_some()", ".is_none()")
		}
		return g.certain(resultOf(t, b), depth) + g.oneOf(".is_ok()", ".is_err()")
	case 8:
		t := g.simple([]kind{prefixKind, addrKind, asnKind, charKind}[g.n(4)])
		return fmt.Sprintf("(%s %s %s)", g.certain(t, depth), g.oneOf("<", "<=", ">", ">="), g.expr(t, depth))
	}
	t := g.anyType()
	return fmt.Sprintf("(%s %s %s)", g.certain(t, depth), g.oneOf("==", "!="), g.expr(t, depth))
}

func (g *generator) arithmetic(t *typ, depth int) string {
	x := g.certain(t, depth)
	switch g.n(15) {
	case 14: // the smallest number has no counterpart
		if t.signed {
			return fmt.Sprintf("(%s %s (-1%s))", g.oneOf(x, x, x, g.lowest(t)), g.oneOf("/", "%"), t.name)
		}
	case 1:
		return fmt.Sprintf("(%s ** %d)", x, g.n(9))
	case 2, 3: // mostly by what is not zero
		return fmt.Sprintf("(%s %s %d%s)", x, g.oneOf("/", "%"), 1+g.n(9), t.name)
	case 4:
		return fmt.Sprintf("(%s %s %s)", x, g.oneOf("/", "%"), g.expr(t, depth))
	case 5:
		if t.signed {
			return "(-" + x + ")"
		}
		return fmt.Sprintf("%s.%s(%s)", x, g.oneOf("bit_and", "bit_or", "bit_xor"), g.expr(t, depth))
	case 6:
		if !t.signed {
			return fmt.Sprintf("%s.%s(%d)", x, g.oneOf("shift_left", "shift_right"), g.n(70))
		}
	case 7:
		from := g.types[2+g.n(8)]
		if from.name != t.name && widens(integerNamed(from.name), integerNamed(t.name)) {
			return fmt.Sprintf("%s.to_%s()", g.certain(from, depth), t.name)
		}
		if from.name != t.name {
			return fmt.Sprintf("%s.to_%s().unwrap_or(%s)", g.certain(from, depth), t.name, x)
		}
	case 8:
		return fmt.Sprintf("%s.parse(%s).unwrap_or(%s)", t.name, g.expr(g.types[1], depth), x)
	case 9:
		if t.name == "u64" {
			return g.certain(listOf(g.anyType()), depth) + ".len()"
		}
		if t.name == "u8" {
			return g.certain(g.simple(prefixKind), depth) + ".len()"
		}
	}
	return fmt.Sprintf("(%s %s %s)", x, g.oneOf("+", "-", "*"), g.expr(t, depth))
}

func (g *generator) text(depth int) string {
	text := g.types[1]
	x := g.certain(text, depth)
	switch g.n(14) {
	case 1, 2:
		return fmt.Sprintf("(%s + %s)", x, g.expr(text, depth))
	case 3, 4, 5:
		return g.fText(depth)
	case 6:
		return x + g.oneOf(".to_uppercase()", ".to_lowercase()", ".trim()", ".trim_start()", ".trim_end()", ".to_string()")
	case 7:
		return fmt.Sprintf("%s.repeat(%d)", x, g.n(3))
	case 8:
		return fmt.Sprintf("%s.replace(%s, %s)", x, g.leaf(text), g.leaf(text))
	case 9:
		return fmt.Sprintf("%s.join(%s)", g.certain(listOf(text), depth), g.leaf(text))
	case 10:
		return fmt.Sprintf("%s.%s(%d, %s)", x, g.oneOf("pad_start", "pad_end"), g.n(6), g.leafOf(charKind))
	case 11:
		return fmt.Sprintf("%s.append(%s)", x, g.expr(text, depth))
	case 12:
		view := g.oneOf("bytes", "chars", "lines")
		return fmt.Sprintf("%s.%s().slice(%d, %d).unwrap_or(%s)", x, view, g.n(3), g.n(4), g.leaf(text))
	}
	t := g.types[g.n(len(standard())-1)]
	return g.certain(t, depth) + ".to_string()"
}

// fText is an f-string; what stands in it has no quotes of its own trouble.
func (g *generator) fText(depth int) string {
	s := `f"`
	for range 1 + g.n(3) {
		t := g.types[g.n(len(standard())-1)]
		s += g.oneOf("", "-", "ö", "{{", " ") + "{" + g.certain(t, depth) + "}"
	}
	return s + `"`
}

func (g *generator) list(t *typ, depth int) string {
	elem := t.args[0]
	switch g.n(8) {
	case 1:
		return fmt.Sprintf("(%s + %s)", g.certain(t, depth), g.expr(t, depth))
	case 2:
		return fmt.Sprintf("%s.concat(%s)", g.certain(t, depth), g.expr(t, depth))
	case 3:
		return fmt.Sprintf("%s.slice(%d, %d)", g.certain(t, depth), g.n(3), g.n(4))
	case 4:
		if elem.kind == textKind {
			x := g.certain(elem, depth)
			return g.oneOf(x+`.split(",")`, x+`.split("")`, x+`.splitn(2, ",")`, x+`.rsplitn(2, ",")`, x+`.lines().list()`)
		}
		if elem.kind == charKind {
			return g.certain(g.types[1], depth) + ".chars().list()"
		}
	case 5:
		if elem.key() {
			return g.certain(mapOf(elem, g.types[g.n(len(g.types))]), depth) + ".keys()"
		}
		return g.certain(mapOf(g.types[2], elem), depth) + ".values()"
	}
	s := "["
	for i := range g.n(4) {
		if i > 0 {
			s += ", "
		}
		s += g.expr(elem, depth)
	}
	return s + "]"
}

// optional is an Option that some function gives.
func (g *generator) optional(t *typ, depth int) string {
	elem := t.args[0]
	switch g.n(10) {
	case 1:
		return fmt.Sprintf("%s.get(%d)", g.certain(listOf(elem), depth), g.n(3))
	case 2:
		return fmt.Sprintf("%s.or(%s)", g.certain(t, depth), g.expr(t, depth))
	case 3:
		return g.certain(listOf(elem), depth) + ".pop()"
	case 4:
		return fmt.Sprintf("%s.get(%s)", g.certain(mapOf(g.types[1], elem), depth), g.leaf(g.types[1]))
	case 5:
		return g.certain(resultOf(elem, g.types[g.n(len(g.types))]), depth) + ".ok()"
	case 6:
		return g.certain(resultOf(g.types[g.n(len(g.types))], elem), depth) + ".err()"
	case 7:
		switch elem.name {
		case "String":
			return fmt.Sprintf("%s.%s(%s)", g.certain(elem, depth), g.oneOf("strip_prefix", "strip_suffix"), g.leaf(elem))
		case "u64":
			if g.n(2) == 1 {
				return fmt.Sprintf("%s.find(%s)", g.certain(g.types[1], depth), g.leaf(g.types[1]))
			}
			e := g.anyType()
			return fmt.Sprintf("%s.index(%s)", g.certain(listOf(e), depth), g.expr(e, depth))
		case "char":
			return fmt.Sprintf("%s.%s().get(%d)", g.certain(g.types[1], depth), g.oneOf("chars", "bytes"), g.n(3))
		case "IpAddr", "Asn", "Prefix":
			return fmt.Sprintf("%s.parse(%s)", elem.name, g.expr(g.types[1], depth))
		}
	case 8:
		m := g.fresh("m")
		k := g.types[1]
		return fmt.Sprintf("({ let %s: %s = %s; %s.insert(%s, %s) })", m, mapOf(k, elem).name, g.expr(mapOf(k, elem), depth), m, g.leaf(k), g.expr(elem, depth))
	}
	return ""
}

// integerNamed is the integer type of a name.
func integerNamed(name string) check.Prim {
	return check.U8 + check.Prim(slices.Index([]string{"u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64"}, name))
}
