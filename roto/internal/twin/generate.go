package twin

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// maxNested keeps programs within the 250 levels that the parser takes: an
// expression opens up to ten of them, as the scrutinee of a match in a block.
const maxNested = 24

// Program writes a well-typed program from a source of chance: next returns a
// number below its argument. Its main takes nothing and gives as text whatever
// the program computed. Almost all programs end soon.
func Program(next func(n int) int) string {
	g := &generator{n: next, shows: map[string]string{}}
	g.out.WriteString(world)
	g.declare()
	for range g.n(4) {
		g.constDecl()
	}
	for range 1 + g.n(4) {
		g.function()
	}
	g.main()
	return g.out.String() + g.showText.String()
}

// Seeded is the source of chance of a number.
func Seeded(seed uint64) func(n int) int {
	return rand.New(rand.NewPCG(seed, 0)).IntN
}

// Drawn is a source of chance that draws from bytes, then gives zeros: the
// generator's first choices are its smallest.
func Drawn(data []byte) func(n int) int {
	return func(n int) int {
		if len(data) == 0 {
			return 0
		}
		b := int(data[0])
		data = data[1:]
		return b % n
	}
}

// generator holds the program so far.
type generator struct {
	n        func(int) int
	out      strings.Builder
	showText strings.Builder
	shows    map[string]string // functions that show a type
	types    []*typ
	consts   []local
	funcs    []function
	scopes   [][]local
	result   *typ // of the function being written; nil in a constant
	names    int
	left     int // how much more the function may hold
	nested   int // expressions around this one
	loops    int // around the place
	exact    int // integers must show their type
	pure     bool
}

// local is a variable, parameter or constant.
type local struct {
	name  string
	t     *typ
	fixed bool // not to be assigned
}

type function struct {
	name    string
	params  []*typ
	result  *typ
	counted bool // its first number bounds a recursion
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.out, format+"\n", args...) }

func (g *generator) fresh(prefix string) string {
	g.names++
	return fmt.Sprintf("%s%d", prefix, g.names)
}

func (g *generator) push(vars ...local) { g.scopes = append(g.scopes, vars) }
func (g *generator) pop()               { g.scopes = g.scopes[:len(g.scopes)-1] }

func (g *generator) define(v local) {
	top := len(g.scopes) - 1
	g.scopes[top] = append(g.scopes[top], v)
}

// visible returns the variables that no inner one hides, and constants.
func (g *generator) visible() (out []local) {
	seen := map[string]bool{}
	for i := len(g.scopes) - 1; i >= 0; i-- {
		for j := len(g.scopes[i]) - 1; j >= 0; j-- {
			if v := g.scopes[i][j]; !seen[v.name] {
				seen[v.name] = true
				out = append(out, v)
			}
		}
	}
	return append(out, g.consts...)
}

// name is one for a variable: new, or that of one further out, which it hides.
func (g *generator) name() string {
	if len(g.scopes) < 2 || g.n(5) != 1 {
		return g.fresh("v")
	}
	outer := g.scopes[g.n(len(g.scopes)-1)]
	if len(outer) == 0 {
		return g.fresh("v")
	}
	hidden := outer[g.n(len(outer))]
	for _, v := range g.scopes[len(g.scopes)-1] {
		if v.name == hidden.name {
			return g.fresh("v")
		}
	}
	if hidden.name == "log" || hidden.fixed {
		return g.fresh("v")
	}
	return hidden.name
}

func (g *generator) constDecl() {
	t := g.anyType()
	g.pure, g.left = true, 12
	g.push()
	value := g.expr(t, 3)
	g.pop()
	g.pure = false
	k := local{g.fresh("K"), t, true}
	g.line("const %s: %s = %s;", k.name, t.name, value)
	g.consts = append(g.consts, k)
}

var logType = &typ{kind: bufKind, name: "StringBuf"}

func (g *generator) function() {
	f := function{name: g.fresh("fun"), result: g.anyType(), counted: g.n(4) == 1}
	filter := false
	switch g.n(4) { // for the question mark, and for filters
	case 1:
		f.result = optionOf(f.result)
	case 2:
		f.result = resultOf(f.result, g.types[g.n(4)])
	case 3:
		f.result, filter = verdictOf(f.result, g.types[g.n(len(g.types))]), true
		f.counted = false
		g.types = append(g.types, f.result)
	}
	scope := []local{{"log", logType, true}}
	params := []string{"log: StringBuf"}
	if f.counted {
		params = append(params, "n: u8")
		scope = append(scope, local{"n", g.types[2], true})
	}
	for range g.n(4) {
		p := local{g.fresh("p"), g.anyType(), false}
		if g.n(6) == 1 {
			p.t = g.simple(unitKind)
		}
		scope = append(scope, p)
		params = append(params, p.name+": "+p.t.name)
		f.params = append(f.params, p.t)
	}
	if filter && g.n(2) == 1 {
		g.line("filtermap %s(%s) {", f.name, strings.Join(params, ", "))
	} else {
		g.line("fn %s(%s) -> %s {", f.name, strings.Join(params, ", "), f.result.name)
	}
	g.result, g.left = f.result, 40
	g.push(scope...)
	if f.counted {
		g.line("if n == 0 { return %s; }", g.leaf(f.result))
		var args strings.Builder
		for _, p := range f.params {
			args.WriteString(", " + g.expr(p, 2))
		}
		g.line("let again = %s(log, n - 1%s);", f.name, args.String())
		g.define(local{"again", f.result, false})
	}
	g.out.WriteString(g.statements(2 + g.n(5)))
	if filter {
		accepts, rejects := g.certain(f.result.args[0], 3), g.certain(f.result.args[1], 3)
		g.line("if %s { accept %s }\nreject %s\n}", g.expr(g.types[0], 3), accepts, rejects)
	} else {
		g.line("%s\n}", g.expr(f.result, 4))
	}
	g.pop()
	g.funcs = append(g.funcs, f)
}

// main does much, then shows what every variable has become.
func (g *generator) main() {
	g.result, g.left = g.types[1], 110
	g.line("fn main() -> String {\nlet log = StringBuf.new();")
	g.push(local{"log", logType, true})
	for range 3 {
		t := g.anyType()
		v := local{g.fresh("v"), t, false}
		g.line("let %s: %s = %s;", v.name, t.name, g.expr(t, 3))
		g.define(v)
	}
	g.out.WriteString(g.statements(6 + g.n(10)))
	var shown []string
	for _, v := range g.visible() {
		shown = append(shown, g.showing(v.t)+"("+v.name+")")
	}
	g.line("\"|\" + %s\n}", strings.Join(shown, " + \"|\" + "))
	g.pop()
}
