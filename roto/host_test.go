package roto

import (
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The facts of upstream about hosts and registration, each in the words of its
// own test (the specification's sections 7.9 and 7.13), as far as they can exist
// in Go: there are no reference counts here, so that a value arrives as itself is
// what remains of them.

// cell is a host type by handle, token one by value, nothing one without size.
type (
	cell    struct{ n int32 }
	token   struct{ a, b string }
	nothing struct{}
	optText struct{ held Option[string] }
)

func hostRuntime(t testing.TB) *Runtime {
	t.Helper()
	rt := New()
	rt.Func("pow", "", Fn2(func(x, n int32) int32 { return int32(math.Pow(float64(x), float64(n))) }))
	rt.Func("unit_unit", "", Proc1(func(struct{}) {}))
	rt.Func("nowhere", "", Proc0(func() {}))
	rt.Func("judge", "", Fn1(func(n int32) VerdictOf[int32, string] {
		return VerdictOf[int32, string]{Accepted: n, Rejected: "low", Reject: n < 10}
	}))
	rt.Func("numbers", "", Fn0(func() []uint32 { return []uint32{1, 2, 3} }))
	Extend[int32](rt).Method("is_even", "", Fn1(func(n int32) bool { return n%2 == 0 }))
	Type[*cell](rt, "Cell", "").
		Func("bar", "", Fn1(func(n int32) int32 { return n + 1 })).
		Func("make", "", Fn1(func(n int32) *cell { return &cell{n} })).
		Method("add", "", Proc2(func(c *cell, n int32) { c.n += n })).
		Method("get", "", Fn1(func(c *cell) int32 { return c.n })).
		Method("same", "", Fn2(func(c, d *cell) bool { return c == d }))
	Type[token](rt, "Token", "").
		Func("new", "", Fn2(func(a, b string) token { return token{a, b} })).
		Method("get", "", Fn1(func(t token) string { return t.a + t.b }))
	Type[nothing](rt, "Nothing", "").
		Func("new", "", Fn0(func() nothing { return nothing{} })).
		Method("get", "", Fn1(func(nothing) string { return "none" })).
		Method("with", "", Fn3(func(_ nothing, n int32, _ nothing) int32 { return n }))
	Type[optText](rt, "OptText", "").
		Func("of", "", Fn1(func(s Option[string]) optText { return optText{s} })).
		Method("len", "", Fn1(func(o optText) uint64 { return uint64(len(o.held.Value)) })).
		Method("value", "", Fn1(func(o optText) Option[string] { return o.held }))
	m := rt.Module("math")
	m.Const("PI", "", math.Pi)
	m.Func("sin", "", Fn1(math.Sin))
	m.Func("cos", "", Fn1(math.Cos))
	inner := rt.Module("foo")
	Type[*[]int32](inner, "Foo", "").
		Func("new", "", Fn0(func() *[]int32 { return &[]int32{7} })).
		Method("bar", "", Fn1(func(l *[]int32) int32 { return (*l)[0] }))
	if err := rt.Err(); err != nil {
		t.Fatal(err)
	}
	return rt
}

func TestHostFacts(t *testing.T) {
	rt := hostRuntime(t)
	for _, c := range []struct{ name, script, want string }{
		{"call_runtime_function", `fn main() -> String { f"{pow(3, 4)}" }`, "81"},
		{"call_runtime_method", `fn main() -> String { let x: i32 = 4; f"{x.is_even()} {3.is_even()}" }`, "true false"},
		{"function_returning_unit", `filter f() { accept unit_unit(()) } fn main() -> String { match f() { Accept(u) => f"{u == ()}", Reject(_) => "r" } }`, "true"},
		{"issue_52", `fn main() -> String { Cell.bar(1); "ok" }`, "ok"},
		{"mutate", `fn main() -> String { let c = Cell.make(1); let d = c; c.add(4); d.add(1); f"{c.get()}" }`, "6"},
		{"handles are equal by identity", `fn main() -> String { let c = Cell.make(1); f"{c == c} {c == Cell.make(1)} {[c].contains(c)}" }`, "true false true"},
		{"values are equal by value", `fn main() -> String { let a = Token.new("x", "y"); f"{a == Token.new("x", "y")} {a == Token.new("xy", "")}" }`, "true false"},
		{"name_collision", `fn main() -> String { f"{Token.new("a", "b").get()} {Cell.make(3).get()} {Nothing.new().get()}" }`, "ab 3 none"},
		{"return_vec", `fn main() -> String { let l = numbers(); l.push(4); f"{l.len()} {numbers().len()} {l.get(2).unwrap_or(0)}" }`, "4 3 3"},
		{"rust_string_string", `record A { str: String } fn main() -> String { let s = "x"; s = s; let a = A { str: s + "y" }; a.str = a.str; a = a; s + a.str }`, "xxy"},
		{"return_verdict_from_runtime_function", `fn show(v: Verdict[i32, String]) -> String { match v { Accept(n) => f"{n}", Reject(s) => s } } fn main() -> String { show(judge(12)) + show(judge(2)) }`, "12low"},
		{"register_on_optstr", `fn main() -> String { let o = OptText.of(Some("abc")); f"{o.len()} {o.value().unwrap_or("-")} {OptText.of(None).value().is_none()}" }`, "3 abc true"},
		{"register_module", `import math.{PI, sin, cos}; fn main() -> String { f"{sin(0.0)} {cos(0.0)} {PI == math.PI}" }`, "0 1 true"},
		{"register_type_in_module", `fn main() -> String { f"{foo.Foo.new().bar()}" }`, "7"},
		{"a value without size", `fn main() -> String { let n = Nothing.new(); f"{n.with(5, n)} {n == Nothing.new()} {[n, n].len()}" }`, "5 true 2"},
		{"unit as an argument", `fn f(a: (), b: i32, c: ()) -> i32 { b } fn main() -> String { unit_unit(nowhere()); f"{f((), 3, nowhere())}" }`, "3"},
		{"use_a_roto_function", `fn twice(n: i32) -> i32 { n * 2 } fn main() -> String { f"{pow(twice(1), twice(2))}" }`, "16"},
	} {
		if got := runMain(rt, Text("main.roto", c.script)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// TestHostValuesArriveAsThemselves stands for arc_type, sigill and
// refcounting_in_a_recursive_function: whatever way a handle goes, the host is
// given the very one it gave.
func TestHostValuesArriveAsThemselves(t *testing.T) {
	p := compile(t, hostRuntime(t), `
record Held { c: Cell, l: List[Cell], o: Cell? }
fn way(c: Cell, n: i32) -> Cell {
    if n == 0 { return c; }
    let h = Held { c: c, l: [c], o: Some(c) };
    let x = match h.o { Some(v) => v, None => h.c };
    let y = h.l.get(0).unwrap_or(x);
    if x.same(y) { way(h.c, n - 1) } else { Cell.make(-1) }
}
fn twice(a: Cell, b: Cell) -> bool { a.same(b) }
`)
	way, err := Get[func(*cell, int32) *cell](p, "way")
	if err != nil {
		t.Fatal(err)
	}
	twice, err := Get[func(*cell, *cell) bool](p, "twice")
	if err != nil {
		t.Fatal(err)
	}
	w, c := p.Worker(Limits{}), &cell{5}
	if got, fault := way.Call2(w, c, 20); got != c || fault != nil {
		t.Error(got, fault)
	}
	if got, fault := twice.Call2(w, c, c); !got || fault != nil {
		t.Error(got, fault)
	}
	if got, fault := twice.Call2(w, c, &cell{5}); got || fault != nil {
		t.Error(got, fault)
	}
}

// TestHostClosures are register_closure and increment_via_closure.
func TestHostClosures(t *testing.T) {
	rt := New()
	n := int32(0)
	rt.Func("increment", "", Fn1(func(by int32) int32 { n += by; return n }))
	p := compile(t, rt, `fn f(by: i32) -> i32 { increment(by); increment(by) }`)
	f, err := Get1[func(int32) int32](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []int32{4, 8} {
		if got, fault := f.Call1(p.Worker(Limits{}), 2); got != want || n != want || fault != nil {
			t.Errorf("call %d: %d, host has %d, %v", i, got, n, fault)
		}
	}
}

// TestContextIsReadEachCall is use_context.
func TestContextIsReadEachCall(t *testing.T) {
	type world struct {
		On    bool  `roto:"on"`
		Count int32 `roto:"count"`
	}
	rt := New()
	Context[world](rt)
	p := compile(t, rt, `fn f() -> i32 { if on { count } else { -count } }`)
	f, err := Get0[func() int32](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	w, ctx := p.Worker(Limits{}), &world{true, 7}
	if _, fault := f.Call0(w); fault == nil || !strings.Contains(fault.Error(), "no context") {
		t.Errorf("without a context: %v", fault)
	}
	if err := SetContext(w, ctx); err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call0(w); got != 7 || fault != nil {
		t.Error(got, fault)
	}
	*ctx = world{false, 8}
	if got, fault := f.Call0(w); got != -8 || fault != nil {
		t.Error(got, fault)
	}
	if err := SetContext(w, &cell{}); err == nil {
		t.Error("a context of another type was taken")
	}
}

// TestTestsOfScripts are use_a_test, get_tests and get_no_tests.
func TestTestsOfScripts(t *testing.T) {
	p := compile(t, New(), `fn output() -> u8 { 3 } test check_output { if output() == 3 { accept } reject } test fails { reject }`)
	var got []string
	for _, x := range p.Tests() {
		pass, fault := x.Run(p.Worker(Limits{}))
		if fault != nil {
			t.Error(fault)
		}
		got = append(got, x.Name+map[bool]string{true: " passes", false: " fails"}[pass])
	}
	if want := []string{"pkg.check_output passes", "pkg.fails fails"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if n := len(compile(t, New(), `fn f() {}`).Tests()); n != 0 {
		t.Errorf("%d tests where there are none", n)
	}
}

// TestRegistration are upstream's seventeen: each binding fails, and says why.
func TestRegistration(t *testing.T) {
	none := Proc0(func() {})
	of := Proc1(func(*cell) {})
	for _, c := range []struct {
		name, want string
		bind       func(rt *Runtime, x *TypeBuilder)
	}{
		{"keyword as function", "keyword", func(rt *Runtime, x *TypeBuilder) { rt.Func("accept", "", none) }},
		{"keyword as method", "keyword", func(rt *Runtime, x *TypeBuilder) { x.Method("match", "", of) }},
		{"keyword as associated function", "keyword", func(rt *Runtime, x *TypeBuilder) { x.Func("fn", "", none) }},
		{"keyword as type by value", "keyword", func(rt *Runtime, x *TypeBuilder) { Type[token](rt, "enum", "") }},
		{"keyword as type by handle", "keyword", func(rt *Runtime, x *TypeBuilder) { Type[*token](rt, "record", "") }},
		{"keyword as constant", "keyword", func(rt *Runtime, x *TypeBuilder) { rt.Const("const", "", true) }},
		{"keyword as module", "keyword", func(rt *Runtime, x *TypeBuilder) { rt.Module("super") }},
		{"constant twice", "bound twice", func(rt *Runtime, x *TypeBuilder) { rt.Const("K", "", true); rt.Const("K", "", false) }},
		{"function twice", "bound twice", func(rt *Runtime, x *TypeBuilder) { rt.Func("f", "", none); rt.Func("f", "", none) }},
		{"method twice", "bound twice", func(rt *Runtime, x *TypeBuilder) { x.Method("m", "", of); x.Method("m", "", of) }},
		{"associated function twice", "bound twice", func(rt *Runtime, x *TypeBuilder) { x.Func("m", "", none); x.Func("m", "", none) }},
		{"method and associated function", "bound twice", func(rt *Runtime, x *TypeBuilder) { x.Method("m", "", of); x.Func("m", "", none) }},
		{"function, then constant", "bound twice", func(rt *Runtime, x *TypeBuilder) { rt.Func("f", "", none); rt.Const("f", "", true) }},
		{"constant, then function", "bound twice", func(rt *Runtime, x *TypeBuilder) { rt.Const("f", "", true); rt.Func("f", "", none) }},
		{"type twice", "bound twice", func(rt *Runtime, x *TypeBuilder) { Type[*cell](rt, "Other", "") }},
		{"type not bound", "is not bound", func(rt *Runtime, x *TypeBuilder) { rt.Func("f", "", Proc1(func(*nothing) {})) }},
		{"number of no fixed width", "is not bound", func(rt *Runtime, x *TypeBuilder) { rt.Func("f", "", Proc1(func(int) {})) }},
		{"a built-in type", "already stands for u8", func(rt *Runtime, x *TypeBuilder) { Type[uint8](rt, "Byte", "") }},
		{"an Option as a type", "already stands for Option[String]", func(rt *Runtime, x *TypeBuilder) { Type[Option[string]](rt, "Maybe", "") }},
	} {
		rt := New()
		c.bind(rt, Type[*cell](rt, "Cell", ""))
		if err := rt.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	rt := New()
	rt.Func("get", "", none)
	Type[*cell](rt, "Cell", "").Method("get", "", of)
	Type[optText](rt, "OptText", "")
	if err := rt.Err(); err != nil {
		t.Errorf("a function and a method of one name, and a type that holds an Option: %v", err)
	}
}

// TestHostLists: what a host sees of a script's lists.
func TestHostLists(t *testing.T) {
	p := compile(t, New(), `
fn make(n: u8) -> List[u8] { let l = []; let i = 0; while i < n { l.push(i); i += 1; } l }
fn grow(l: List[u8]) -> u64 { l.push(9); l.len() }
fn sum(l: List[u8]) -> u8 { let s = 0; for x in l { s += x; } s }
fn units() -> List[()] { [()] + [(), ()] }
`)
	w := p.Worker(Limits{})
	make1, err := Get1[func(uint8) List[uint8]](p, "make")
	if err != nil {
		t.Fatal(err)
	}
	grow, err := Get1[func(List[uint8]) uint64](p, "grow")
	if err != nil {
		t.Fatal(err)
	}
	l, fault := make1.Call1(w, 3)
	if got := slices.Collect(l.All()); fault != nil || !slices.Equal(got, []uint8{0, 1, 2}) {
		t.Error(got, fault)
	}
	// A handle is shared with the host; a slice is a copy.
	if n, fault := grow.Call1(w, l); n != 4 || l.Len() != 4 || fault != nil {
		t.Error(n, l.Len(), fault)
	}
	sum, err := Get1[func([]uint8) uint8](p, "sum")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := sum.Call1(w, []uint8{1, 2, 250}); got != 253 || fault != nil {
		t.Error(got, fault)
	}
	// The loop ends when its body ends it.
	for x := range l.All() {
		if x == 1 {
			break
		}
	}
	units, err := Get0[func() List[struct{}]](p, "units")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := units.Call0(w); got.Len() != 3 || len(slices.Collect(got.All())) != 3 || fault != nil {
		t.Error(got.Len(), fault)
	}
}

// TestMissingFilesAreErrors is upstream's test of file trees.
func TestMissingFilesAreErrors(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "missing.roto"), t.TempDir()} {
		if _, err := New().Compile(Path(path)); err == nil {
			t.Errorf("%q compiled", path)
		}
	}
}

// TestConstantsInOrder: each constant is evaluated once, after all it needs,
// whatever the order in the file.
func TestConstantsInOrder(t *testing.T) {
	rt := New()
	var order []string
	rt.Func("seen", "", Fn2(func(name string, n int32) int32 { order = append(order, name); return n }))
	p := compile(t, rt, `
const A: i32 = seen("a", B + via());
const B: i32 = seen("b", C * 2);
fn via() -> i32 { D }
const D: i32 = seen("d", C + 1);
const C: i32 = seen("c", 3);
fn main() -> i32 { A + A }
`)
	f, err := Get0[func() int32](p, "main")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got, fault := f.Call0(p.Worker(Limits{})); got != 20 || fault != nil {
			t.Error(got, fault)
		}
	}
	slices.Sort(order[1:3]) // b and d may come in either order
	if got := strings.Join(order, ""); got != "cbda" {
		t.Errorf("evaluated in the order %s", got)
	}
}
