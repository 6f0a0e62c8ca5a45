package roto

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each file of testdata/run holds cases, in upstream's words or ours: a line
// `### name`, a script, and `---` followed by what its main gives as text, or
// by `error:` and a piece of the diagnostic.
type testCase struct{ name, script, want string }

func cases(t *testing.T, pattern string) []testCase {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	var out []testCase
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range strings.Split("\n"+string(text), "\n### ")[1:] {
			head, body, _ := strings.Cut(part, "\n")
			script, want, ok := strings.Cut(body, "\n---")
			if !ok {
				t.Fatalf("%s: case %q has no ---", f, head)
			}
			out = append(out, testCase{filepath.Base(f) + "/" + head, script + "\n", strings.Trim(want, " \n")})
		}
	}
	return out
}

func TestScripts(t *testing.T) {
	rt := New()
	for _, c := range cases(t, "testdata/run/*.txt") {
		t.Run(c.name, func(t *testing.T) {
			got := runMain(rt, Text("main.roto", c.script))
			if piece, fails := strings.CutPrefix(c.want, "error: "); fails {
				if !strings.Contains(got, piece) {
					t.Errorf("got %q, want an error with %q", got, piece)
				}
				return
			}
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// runMain returns the text main gives, or what went wrong.
func runMain(rt *Runtime, script ...Source) string {
	p, err := rt.Compile(script...)
	if err != nil {
		return "error " + err.Error()
	}
	if !p.Has("main") {
		return "compiled"
	}
	f, err := Get0[func() string](p, "main")
	if err != nil {
		return "error " + err.Error()
	}
	text, fault := f.Call0(p.Worker(Limits{}))
	if fault != nil {
		return "fault " + fault.Error()
	}
	return text
}

func TestTestsRun(t *testing.T) {
	p, err := New().Compile(Text("t.roto", `
record Pair[A, B] { first: A, second: B }
fn check(len: u8) -> Result[u8, String] { if len > 24 { Err(f"/{len} too long") } else { Ok(len) } }
filtermap judge(len: u8) {
    match check(len) {
        Ok(n) => accept { first: n, second: true },
        Err(e) => reject e,
    }
}
test judge_ok { match judge(24) { Accept(p) => if p.first == 24 { accept } else { reject }, Reject(_) => reject } }
test judge_bad { match judge(25) { Accept(_) => reject, Reject(e) => if e == "/25 too long" { accept } else { reject } } }
test fails { reject }
`))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{"pkg.judge_ok": true, "pkg.judge_bad": true, "pkg.fails": false}
	if len(p.Tests()) != len(want) {
		t.Fatal(p.Tests())
	}
	for _, x := range p.Tests() {
		if pass, fault := x.Run(p.Worker(Limits{})); pass != want[x.Name] || fault != nil {
			t.Errorf("%s: %v, %v", x.Name, pass, fault)
		}
	}
}

func TestModules(t *testing.T) {
	p, err := New().Compile(
		Text("pkg.roto", `import lists.{greet}; fn main() -> String { greet(lists.names.DEEP) + pkg.lists.names.DEEP }`),
		TextModule("lists", "lists/mod.roto", `fn greet(s: String) -> String { names.HELLO + s + super.tail() } `),
		TextModule("lists.names", "lists/names.roto", `const HELLO: String = "hello "; const DEEP: String = super.greet("x");`),
		Text("tail.roto", `fn tail() -> String { "!" }`),
	)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Get0[func() string](p, "main")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call0(p.Worker(Limits{})); fault != nil || got != "hello hello x!!hello x!" {
		t.Error(got, fault)
	}
}

func TestDirectoriesAreScripts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("pkg.roto", `fn main() -> String { a.f() + b.c.g() }`)
	write("a.roto", `fn f() -> String { "a" }`)
	write("b/mod.roto", ``)
	write("b/c.roto", `fn g() -> String { "c" }`)
	write("ignored/x.roto", `this is no roto`)
	p, err := New().Compile(Path(dir))
	if err != nil {
		t.Fatal(err)
	}
	f, err := Get0[func() string](p, "main")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call0(p.Worker(Limits{})); got != "ac" || fault != nil {
		t.Error(got, fault)
	}
	if _, err := New().Compile(Path(filepath.Join(dir, "missing.roto"))); err == nil || !strings.Contains(err.Error(), "missing.roto") {
		t.Error(err)
	}
}

func TestNestingHasABound(t *testing.T) {
	for name, text := range map[string]string{
		"parentheses": strings.Repeat("(", 100_000),
		"blocks":      strings.Repeat("{", 100_000),
		"minus":       strings.Repeat("- ", 100_000),
		"sums":        strings.Repeat("1+", 100_000) + "1",
		"calls":       "a" + strings.Repeat("()", 100_000),
		"ifs":         strings.Repeat("if a {} else ", 100_000),
		"f-strings":   strings.Repeat(`f"{`, 100_000),
		"types":       "let a: " + strings.Repeat("List[", 100_000),
		"imports":     "import " + strings.Repeat("a.{", 100_000),
	} {
		if _, err := New().Compile(Text("x.roto", "fn f() { "+text)); err == nil {
			t.Errorf("%s: compiled", name)
		}
	}
	var b strings.Builder
	b.WriteString("record R0 { a: u8, b: u8 }\n")
	for i := range 40 {
		fmt.Fprintf(&b, "record R%d { a: R%d, b: R%d }\n", i+1, i, i)
	}
	b.WriteString("fn f(x: R40) {}\n")
	if _, err := New().Compile(Text("x.roto", b.String())); err == nil || !strings.Contains(err.Error(), "too much memory") {
		t.Errorf("huge record: %v", err)
	}
}
