package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/roto"
)

func TestDescribe(t *testing.T) {
	for script, want := range map[string]string{
		"// Twice as much.\nfn double(x: u32) -> u32 { x * 2 }\nfn idle() {\n    double(1);\n}\ntest a { if double(2) == 4 { accept } reject }\n": `
fn double(x: u32) -> u32: used 2 times: Twice as much.
fn idle(): used 0 times: 
test a: used 0 times: 
s.roto:4: no test comes here
`,
		"fn f() -> u8 { 300 }\nfn g() { h(); }\n": `
1:16: error: integer literal is out of range for ` + "`u8`" + `
2:10: error: cannot find value ` + "`h`" + ` in this scope
fn f() -> u8: used 0 times: 
fn g(): used 0 times: 
`,
	} {
		t.Chdir(t.TempDir())
		if err := os.WriteFile(filepath.Join(".", "s.roto"), []byte(script), 0o644); err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := describe(&out, "s.roto"); err != nil {
			t.Fatal(err)
		}
		if got := "\n" + out.String(); got != want {
			t.Errorf("%s\ngot%swant%s", script, got, want)
		}
	}
}

func TestComplete(t *testing.T) {
	names, err := complete(roto.New(), "fn f(p: Prefix) -> bool { p.is_| }")
	if err != nil || !slices.Equal(names, []string{"is_ipv4", "is_ipv6"}) {
		t.Error(names, err)
	}
	names, err = complete(roto.New(), "fn f(prefix: Prefix, pref: u8) { pre| }")
	slices.Sort(names)
	if err != nil || !slices.Equal(names, []string{"pref", "prefix"}) {
		t.Error(names, err)
	}
}

func TestHover(t *testing.T) {
	text := "fn f(p: Prefix) -> u8 { p.len() + p.len() }"
	s, uses, err := hover(roto.New(), text, strings.Index(text, "len"))
	if err != nil || s.Text != "fn Prefix.len(self: Prefix) -> u8" || uses != nil {
		t.Error(s, uses, err)
	}
	s, uses, err = hover(roto.New(), text, strings.Index(text, "p.len"))
	if err != nil || s.Text != "p: Prefix" || len(uses) != 3 {
		t.Error(s, uses, err)
	}
}
