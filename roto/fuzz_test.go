package roto

import (
	"strings"
	"testing"
)

// FuzzCompile checks and runs whatever the parser lets through: no script may
// bring the process down.
func FuzzCompile(f *testing.F) {
	for _, s := range []string{
		"fn main() -> String { let l = [1]; for x in l { l.push(x); } f\"{l.len()}\" }",
		"record A { a: u8, b: A? } enum E[T] { X(T), Y } fn main() -> String { match E.X(1) { X(v) if v > 0 => f\"{v}\", _ => \"\" } }",
		"const C: List[u8] = [1, 2]; filter f(x: { a: i32 }?) { x?; accept C } test t { f(None); accept }",
		"fn f(a: u8) -> u8 { f(a) + 1 } fn main() -> String { f\"{f(1)}\" }",
		"import std.{u8}; fn main() -> String { let x: ! = return \"a\"; x }",
		"fn main() -> String { let a = { b: { c: 1 } }; a.b.c += 2; a.b = { c: 4 }; f\"{a.b.c}\" }",
		"fn main() -> String { return match None { Some(x) => x, None => if true { return \"a\" } else { reject } } }",
		"# old\ntype A { x: u8 }\nfn main() -> String { if not true { \"a\" } else { match Some(1) { Some(x) | x == 1 -> \"b\", _ -> \"c\", } } }",
	} {
		f.Add(s)
	}
	rt := New()
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 2000 || strings.Count(s, "repeat") > 3 {
			return
		}
		p, err := rt.Compile(Text("f.roto", s))
		if err != nil {
			_ = err.Error()
			return
		}
		w := p.Worker(Limits{Fuel: 10_000, Stack: 4096})
		for _, x := range p.Tests() {
			x.Run(w)
		}
		if f, err := Get0[func() string](p, "main"); err == nil {
			f.Call0(w)
		}
	})
}
