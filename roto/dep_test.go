package roto

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDependencies(t *testing.T) {
	asked := map[string]int{}
	lib := map[string]string{
		"math":  `import dep.base.ONE; record Pair { a: u32 } fn inc(x: u32) -> u32 { x + ONE + pkg.zero() } fn zero() -> u32 { 0 } test t { reject }`,
		"base":  `const ONE: u32 = 1; const TEN: u32 = dep.math.inc(9);`,
		"names": `enum Kind { A, B(u8) }`,
	}
	find := Dependencies(func(name string) (Source, bool) {
		asked[name]++
		text, ok := lib[name]
		return Text(name+".roto", text), ok
	})
	p, err := New().Compile(find, Text("main.roto", `
import dep.math.{inc};
fn k(x: dep.names.Kind) -> u8 { match x { A => 0, B(n) => n } }
fn main() -> String { let p = dep.math.Pair { a: 5 }; f"{inc(1)} {dep.math.inc(p.a)} {dep.base.TEN} {k(dep.names.Kind.B(7))}" }
`))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Get0[func() string](p, "main")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call0(p.Worker(Limits{})); got != "2 6 10 7" || fault != nil {
		t.Errorf("%q, %v", got, fault)
	}
	if len(p.Tests()) != 0 || asked["math"] != 1 || asked["base"] != 1 {
		t.Errorf("%v, asked %v", p.Tests(), asked)
	}
	_, err = New().Compile(find, Text("main.roto", `import dep.one.x; fn f() { dep.two.y(); dep.math.inc(1); }`))
	if err == nil || !strings.Contains(err.Error(), "cannot find the dependencies `one`, `two`") {
		t.Error(err)
	}
	for script, want := range map[string]string{
		`fn f() { dep.math.nothing(); }`:   "cannot find value `nothing` in module `math`",
		`fn f() { dep; }`:                  "stands before the name",
		`fn f() -> u8 { dep.math.inc(1) }`: "expected `u8`, found `u32`",
	} {
		if _, err := New().Compile(find, Text("main.roto", script)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", script, err)
		}
	}
}

func TestDependenciesBesideAScript(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("main.roto", `fn main() -> String { dep.a.f() + dep.b.c.g() }`)
	write("dep/a.roto", `fn f() -> String { "a" }`)
	write("dep/b/pkg.roto", ``)
	write("dep/b/c.roto", `fn g() -> String { "g" + dep.a.f() }`)
	p, err := New().Compile(Script(filepath.Join(dir, "main.roto"))...)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Get0[func() string](p, "main")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call0(p.Worker(Limits{})); got != "aga" || fault != nil {
		t.Errorf("%q, %v", got, fault)
	}
}
