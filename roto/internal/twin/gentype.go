package twin

import (
	"fmt"
	"strings"
)

// kind is what a generated program can do with a type.
type kind int

const (
	unitKind kind = iota
	boolKind
	intKind
	floatKind
	charKind
	textKind
	asnKind
	addrKind
	prefixKind
	bufKind
	optionKind
	resultKind
	listKind
	mapKind
	recordKind
	enumKind
)

// typ is a type of a generated program. Two are the same when their names are.
type typ struct {
	kind   kind
	name   string
	signed bool
	bits   int
	args   []*typ // of a generic type
	fields []field
	cases  []variant
	head   string // what stands before the braces of a record literal
}

type field struct {
	name string
	t    *typ
}

type variant struct {
	name   string
	fields []*typ
}

// world is the fixed part of every program: helpers that make the order of
// evaluation visible, and generic declarations.
const world = `// made by chance
record Pair[A, B] { first: A, second: B }
enum Either[A, B] { Left(A), Both(A, B), Right(B), Neither }
fn say[T](log: StringBuf, mark: String, value: T) -> T { log.push_string(mark); value }
fn pick[T](first: bool, a: T, b: T) -> T { if first { a } else { b } }
fn turn[A, B](p: Pair[A, B]) -> Pair[B, A] { Pair { first: p.second, second: p.first } }
fn last[T](l: List[T], otherwise: T) -> T {
    let out = otherwise;
    for x in l { out = x; }
    out
}
fn left[A, B](e: Either[A, B], otherwise: A) -> A {
    match e { Left(a) => a, Both(a, _) => a, _ => otherwise }
}
fn both[T](o: Option[T]) -> Option[Pair[T, T]] {
    let first = o?;
    Some(Pair { second: o?, first: first })
}
fn fill[T](n: u8, value: T) -> List[T] { if n == 0 { [] } else { [value] + fill(n - 1, value) } }
`

// standard returns the types every program has.
func standard() []*typ {
	out := []*typ{{kind: boolKind, name: "bool"}, {kind: textKind, name: "String"}}
	for _, bits := range []int{8, 16, 32, 64} {
		out = append(out, &typ{kind: intKind, name: fmt.Sprintf("u%d", bits), bits: bits},
			&typ{kind: intKind, name: fmt.Sprintf("i%d", bits), bits: bits, signed: true})
	}
	return append(out, &typ{kind: floatKind, name: "f64", bits: 64}, &typ{kind: floatKind, name: "f32", bits: 32},
		&typ{kind: charKind, name: "char"}, &typ{kind: asnKind, name: "Asn"}, &typ{kind: addrKind, name: "IpAddr"},
		&typ{kind: prefixKind, name: "Prefix"}, &typ{kind: unitKind, name: "()"})
}

func optionOf(t *typ) *typ {
	return &typ{kind: optionKind, name: "Option[" + t.name + "]", args: []*typ{t}, cases: []variant{{"Some", []*typ{t}}, {"None", nil}}}
}

func resultOf(t, e *typ) *typ {
	return &typ{kind: resultKind, name: "Result[" + t.name + ", " + e.name + "]", args: []*typ{t, e},
		cases: []variant{{"Ok", []*typ{t}}, {"Err", []*typ{e}}}}
}

func listOf(t *typ) *typ { return &typ{kind: listKind, name: "List[" + t.name + "]", args: []*typ{t}} }

func mapOf(k, v *typ) *typ {
	return &typ{kind: mapKind, name: "Map[" + k.name + ", " + v.name + "]", args: []*typ{k, v}}
}

func pairOf(a, b *typ) *typ {
	return &typ{kind: recordKind, name: "Pair[" + a.name + ", " + b.name + "]", args: []*typ{a, b}, head: "Pair ", fields: []field{{"first", a}, {"second", b}}}
}

func eitherOf(a, b *typ) *typ {
	return &typ{kind: enumKind, name: "Either[" + a.name + ", " + b.name + "]", head: "Either", args: []*typ{a, b},
		cases: []variant{{"Left", []*typ{a}}, {"Both", []*typ{a, b}}, {"Right", []*typ{b}}, {"Neither", nil}}}
}

func verdictOf(a, r *typ) *typ {
	return &typ{kind: enumKind, name: "Verdict[" + a.name + ", " + r.name + "]", head: "Verdict", args: []*typ{a, r},
		cases: []variant{{"Accept", []*typ{a}}, {"Reject", []*typ{r}}}}
}

// key reports whether a type can be the key of a map and never changes.
func (t *typ) key() bool {
	switch t.kind {
	case boolKind, intKind, charKind, textKind, asnKind, addrKind, prefixKind:
		return true
	case optionKind:
		return t.args[0].key()
	}
	return false
}

// sorts reports whether a list of the type can be sorted.
func (t *typ) sorts() bool { return t.kind >= boolKind && t.kind <= prefixKind }

// declare writes the records and enums of a program and returns the types it
// uses.
func (g *generator) declare() {
	g.types = standard()
	for i := range 2 + g.n(3) {
		t := &typ{kind: recordKind, name: fmt.Sprintf("R%d", i)}
		t.head = t.name + " "
		var decl []string
		for j := range 1 + g.n(4) {
			f := field{string(rune('a' + j)), g.anyType()}
			if g.n(6) == 1 {
				f.t = g.simple(unitKind)
			}
			t.fields = append(t.fields, f)
			decl = append(decl, f.name+": "+f.t.name)
		}
		if g.n(4) == 0 { // one without a name of its own
			t.name, t.head = "{ "+strings.Join(decl, ", ")+" }", ""
		} else {
			g.line("record %s { %s }", t.name, strings.Join(decl, ", "))
		}
		g.types = append(g.types, t)
	}
	for i := range 1 + g.n(3) {
		t := &typ{kind: enumKind, name: fmt.Sprintf("E%d", i)}
		t.head = t.name
		var decl []string
		for j := range 1 + g.n(4) {
			v := variant{name: fmt.Sprintf("V%d", j)}
			var names []string
			for range g.n(4) {
				f := g.anyType()
				v.fields = append(v.fields, f)
				names = append(names, f.name)
			}
			t.cases = append(t.cases, v)
			if len(names) > 0 {
				decl = append(decl, v.name+"("+strings.Join(names, ", ")+")")
			} else {
				decl = append(decl, v.name)
			}
		}
		g.line("enum %s { %s }", t.name, strings.Join(decl, ", "))
		g.types = append(g.types, t)
	}
}

// anyType returns a type, now and then one made of others.
func (g *generator) anyType() *typ {
	t := g.types[g.n(len(g.types))]
	if len(t.name) > 60 {
		return t
	}
	switch g.n(16) {
	case 1:
		return optionOf(t)
	case 2:
		return listOf(t)
	case 3:
		return resultOf(t, g.types[g.n(len(g.types))])
	case 4:
		return pairOf(t, g.types[g.n(len(g.types))])
	case 5:
		if t.key() {
			return mapOf(t, g.types[g.n(len(g.types))])
		}
	case 6:
		return eitherOf(t, g.types[g.n(len(g.types))])
	case 7:
		return optionOf(optionOf(t))
	}
	return t
}

// showing returns the name of the function that shows values of a type.
func (g *generator) showing(t *typ) string {
	if name, ok := g.shows[t.name]; ok {
		return name
	}
	name := fmt.Sprintf("show%d", len(g.shows))
	g.shows[t.name] = name
	body := `f"{v}"`
	switch t.kind {
	case unitKind:
		body = `pick(v == (), "()", "odd")`
	case textKind:
		body = `v`
	case bufKind:
		body = `v.as_string()`
	case listKind:
		body = fmt.Sprintf("let s = \"[\"; for x in v { s += %s(x) + \" \"; } s + \"]\"", g.showing(t.args[0]))
	case mapKind:
		body = fmt.Sprintf("%s(v.keys()) + %s(v.values())", g.showing(listOf(t.args[0])), g.showing(listOf(t.args[1])))
	case recordKind:
		parts := []string{`"{"`}
		for _, f := range t.fields {
			parts = append(parts, fmt.Sprintf("%s(v.%s) + \",\"", g.showing(f.t), f.name))
		}
		body = strings.Join(parts, " + ") + ` + "}"`
	case optionKind, resultKind, enumKind:
		body = g.showingCases(t)
	}
	fmt.Fprintf(&g.showText, "fn %s(v: %s) -> String { %s }\n", name, t.name, body)
	return name
}

func (g *generator) showingCases(t *typ) string {
	var arms []string
	for _, c := range t.cases {
		var names []string
		text := `"` + c.name + `"`
		for i, f := range c.fields {
			names = append(names, fmt.Sprintf("x%d", i))
			text += fmt.Sprintf(" + \" \" + %s(x%d)", g.showing(f), i)
		}
		pattern := c.name
		if len(names) > 0 {
			pattern += "(" + strings.Join(names, ", ") + ")"
		}
		arms = append(arms, pattern+" => "+text)
	}
	return "match v { " + strings.Join(arms, ", ") + " }"
}
