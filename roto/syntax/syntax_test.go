package syntax

import (
	"strings"
	"testing"
)

func parse(text string) (*Tree, *Diagnostics) {
	var d Diagnostics
	t := Parse(NewFile("a.roto", text), Auto, &d)
	return t, &d
}

func TestParseAccepts(t *testing.T) {
	for _, body := range []string{
		"a = 4", "a = 4 + 3", "a = 5 % 4", "!true == true", "a && b && c && d", "send-to(a, b)", "0xffff029", "::1 / 0",
		"{ foo: 10, bar: 20 }", "{ foo = 10; bar = 20 }", "match x {}", "match x { A => 1, B(c) if c => { 2 } _ => 3 }",
		"return a == b", "accept if c { 1 } else { 2 }", `return f"x{a + f"{b}"}é"`, "reject 'c'", "return pkg.x", "x == return 1",
		"if a { accept } else if b { reject } else {}", "let x: u8? = None; x", "1.1.1.1.is_ipv4()", "f(x)?.a", "-(-x)", "2 ** 3 ** 2",
		"import foo.{{a, b}, {c}}; a", "10.foo()", "x.y = 10.", "for a in [1, 2] { a; }", "while true { }", "if (A { b: 1 }).b { }",
	} {
		if _, d := parse("fn f() { " + body + " }"); len(d.List) != 0 {
			t.Errorf("%s: %s", body, d.List[0].Render(false))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for body, want := range map[string]string{
		"a + 3 = 4":      "left-hand side of an assignment",
		"a && b || c":    "`||` cannot be chained with `&&`",
		"a == b == c":    "`==` cannot be chained with `==`",
		"let = 3;":       "expected an identifier but got '='",
		`"\y"`:           "unknown character escape",
		"let fn = 3;":    "expected an identifier but got 'fn'",
		"let s = 'ab';":  "exactly one character",
		"a b":            "expected `;` or `}` but got 'b'",
		"struct A { b }": "expected `;` or `}` but got 'A'",
	} {
		_, d := parse("fn f() { " + body + " }")
		if len(d.List) == 0 || !strings.Contains(d.List[0].Title, want) {
			t.Errorf("%s: got %+v, want %q", body, d.List, want)
		}
	}
}

func TestParseReportsEveryMistake(t *testing.T) {
	_, d := parse("fn a() {\n  let = 1;\n  let x = ;\n  x\n}\n\nfn b( {\n}\n\nfn c() { 1 + }\n")
	var lines []int
	for _, x := range d.List {
		lines = append(lines, x.Span().Position().Line)
	}
	if len(lines) != 4 || lines[0] != 2 || lines[1] != 3 || lines[2] != 7 || lines[3] != 10 {
		t.Fatalf("lines %v: %+v", lines, d.List)
	}
}

func TestEditionIsDetected(t *testing.T) {
	for text, want := range map[string]Edition{
		"# old\nfilter a() { accept }":                   Legacy,
		"// new\nfilter a() { accept }":                  Modern,
		"filter a() { if not x { accept } reject }":      Legacy,
		"filter a() { accept }":                          Modern,
		"type A { b: u8 }":                               Legacy,
		"record A { b: u8 }":                             Modern,
		"#!/usr/bin/roto\nfn a() { match x { _ => 1 } }": Modern,
		"fn a() { match x { _ -> 1, } }\n# c":            Legacy,
	} {
		if tree, d := parse(text); tree.Edition != want || len(d.List) != 0 {
			t.Errorf("%q: edition %v, want %v; %+v", text, tree.Edition, want, d.List)
		}
	}
}

func TestAssociativityFollowsTheEdition(t *testing.T) {
	shape := func(x Expr) string {
		var walk func(Expr) string
		walk = func(x Expr) string {
			if b, ok := x.(*Binary); ok {
				return "(" + walk(b.X) + b.Op + walk(b.Y) + ")"
			}
			return x.At().Text()
		}
		return walk(x)
	}
	for text, want := range map[string]string{
		"// m\nfn f() { 1 - 2 - 3 * 4 ** 5 ** 6 }": "((1-2)-(3*(4**(5**6))))",
		"# l\nfn f() { 1 - 2 - 3 }":                "(1-(2-3))",
	} {
		tree, d := parse(text)
		if d.Failed() || len(d.List) > 0 != (text[0] == '#') {
			t.Fatal(d.List)
		}
		if got := shape(tree.Decls[0].(*Func).Body.Tail); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

func TestRenderShowsFileLineExcerptAndCaret(t *testing.T) {
	f := NewFile("path/file.roto", "fn a() {\n    let a: u8 = true;\n}\n")
	d := Diagnostic{Kind: TypeError, Title: "mismatched types", Labels: []Label{{Span{f, 25, 29}, "expected `u8`, found `bool`"}}}
	want := `Error: Type error: mismatched types
   ╭─[ path/file.roto:2:17 ]
   │
 2 │     let a: u8 = true;
   │                 ──┬─
   │                   ╰─── expected ` + "`u8`, found `bool`" + `
───╯
`
	if got := d.Render(false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"fn f() { accept }", "filter a(x: u8) { match x { A(b) if c => f\"{d}\", } }", "const A: B = [1, ::1, AS1];", "f\"{", "'", "test a { { a: 1 } }"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, d := parse(s)
		for _, x := range d.List {
			x.Render(true)
		}
	})
}
