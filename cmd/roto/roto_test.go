package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func script(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "s.roto")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestCommands(t *testing.T) {
	hello := script(t, `fn main() { print("hello"); } fn other() { print(f"{1 + 1}"); } fn bad() { let z = 0; print(f"{1 / z}"); } fn text() -> String { "a text" } fn grow() { let s = "0123456789abcdef".repeat(100000); while true { s.append(s); } }`)
	broken := script(t, "fn a() -> u8 { true }\nfn b() { c(); }\n")
	tests := script(t, "test check_a { accept }\ntest check_b { reject }\ntest check_c { let z = 0; if 1 / z == 1 { accept } reject }\n")
	good := script(t, "test check_a { accept }\n")
	loud := script(t, "fn say(n: i32) -> i32 {\n    print(f\"n is {n}\");\n    if n == 7 {\n        return 8;\n    }\n    n\n}\ntest a { if say(1) == 1 { accept } reject }\ntest b { if say(2) == 3 { accept } reject }\n")
	world := script(t, "fn compile_lists() { asn_lists.add(\"x\", \"AS1\"); }\ntest a { if asn_lists.contains(\"x\", AS1) { accept } reject }\nfn main() { output.print(\"here\"); }\n")
	oldest := script(t, "filter bgp-in(output: Log, bgp_msg: BgpMsg, prov: Provenance) {\n    define { bh = 0xffff029a; }\n    apply { if bgp_msg.contains_community(bh) { output.log_matched_community(bh) } accept }\n}\n")
	hook := script(t, "filter bgp_in(m: BmpMsg, i: IngressInfo) { accept }\n")
	example := filepath.Join("..", "..", "examples", "filters.roto")
	for _, c := range []struct {
		args   string
		code   int
		stdout string
		stderr string // a piece of it
	}{
		{"check " + hello, 0, "All ok!\n", ""},
		{"check " + broken, 1, "", "s.roto:2:10 ]"},
		{"check --json " + broken, 1, `{"file":"` + broken + `","line":1,"column":16,"endLine":1,"endColumn":20,"severity":"error","message":"mismatched types: expected ` + "`u8`, found `bool`" + `"}` + "\n" +
			`{"file":"` + broken + `","line":2,"column":10,"endLine":2,"endColumn":11,"severity":"error","message":"cannot find value ` + "`c`" + ` in this scope"}` + "\n", ""},
		{"check missing.roto", 1, "", "could not read file `missing.roto`"},
		{"check --runtime rotonda " + hook, 1, "", "the hook is declared: filter bgp_in(msg: BgpMsg, ingress: IngressInfo)"},
		{"check --runtime rotonda " + example, 0, "All ok!\n", ""},
		{"check --runtime rotonda " + oldest, 0, "All ok!\n", ""},
		{"check --runtime moon " + hello, 2, "", `no runtime "moon"`},
		{"check", 2, "", "requires at least 1 arg"},
		{"fmtt x", 2, "", "Did you mean this?\n\tfmt"},
		{"test --jobs 0 " + good, 2, "", "--jobs"},
		{"run --nonsense", 2, "", "unknown flag"},
		{"doc x", 2, "", "unknown command"},
		{"run " + hello, 0, "hello\n", ""},
		{"run " + hello + " other", 0, "2\n", ""},
		{"run " + hello + " text", 0, "a text\n", ""},
		{"run " + hello + " grow", 1, "", "makes more than 4294967296 bytes"},
		{"run " + hello + " nothing", 1, "", "The function `nothing` does not exist."},
		{"run " + hello + " bad", 1, "", "s.roto:1:96: division by zero"},
		{"test " + tests, 1, "Test 1 / 3: pkg.check_a... ok\nTest 2 / 3: pkg.check_b... fail\nTest 3 / 3: pkg.check_c... fail\n  " + tests + ":3:30: division by zero\nRan 3 tests, 1 succeeded, 2 failed\n", "Tests failed"},
		{"test " + good, 0, "Test 1 / 1: pkg.check_a... ok\nRan 1 tests, 1 succeeded, 0 failed\n", ""},
		{"test --run check_a " + tests, 0, "Test 1 / 1: pkg.check_a... ok\nRan 1 tests, 1 succeeded, 0 failed\n", ""},
		{"test --jobs 1 " + loud, 1, "Test 1 / 2: pkg.a... ok\nTest 2 / 2: pkg.b... fail\n  | n is 2\nRan 2 tests, 1 succeeded, 1 failed\n", "Tests failed"},
		{"test --jobs 2 --verbose --run a$ " + loud, 0, "Test 1 / 1: pkg.a... ok\n  | n is 1\nRan 1 tests, 1 succeeded, 0 failed\n", ""},
		{"test --cover --jobs 2 --run a$ " + loud, 0, "Test 1 / 1: pkg.a... ok\nRan 1 tests, 1 succeeded, 0 failed\n" + loud + ": 3 of 4 lines reached (75.0 %); not lines 4\n", ""},
		{"test --runtime rotonda " + world, 0, "Test 1 / 1: pkg.a... ok\nRan 1 tests, 1 succeeded, 0 failed\n", ""},
		{"run --runtime rotonda " + world, 0, "here\n", ""},
		{"test " + hello, 0, "Ran 0 tests, 0 succeeded, 0 failed\n", ""},
	} {
		var stdout, stderr bytes.Buffer
		code := run(strings.Fields(c.args), &stdout, &stderr)
		if code != c.code || stdout.String() != c.stdout || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("roto %s: exit %d\nstdout %q\nwant   %q\nstderr %q", c.args, code, stdout.String(), c.stdout, stderr.String())
		}
	}
}
