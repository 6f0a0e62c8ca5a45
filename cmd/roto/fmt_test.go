package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// invoke runs a command line with a standard input.
func invoke(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	c := command()
	c.SetIn(strings.NewReader(stdin))
	code = execute(c, args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestFmt(t *testing.T) {
	const untidy, tidy = "fn  f( a:u8 )->u8{a}\n", "fn f(a: u8) -> u8 { a }\n"
	if code, out, _ := invoke(untidy, "fmt", "-"); code != 0 || out != tidy {
		t.Errorf("-: exit %d, %q", code, out)
	}
	if code, out, _ := invoke(untidy, "fmt", "--check", "-"); code != 1 || out != "" {
		t.Errorf("--check -: exit %d, %q", code, out)
	}
	a, b, broken := script(t, untidy), script(t, tidy), script(t, "fn f( {")
	if code, out, _ := invoke("", "fmt", "--check", a, b); code != 1 || out != a+"\n" {
		t.Errorf("--check: exit %d, %q", code, out)
	}
	if code, out, errs := invoke("", "fmt", broken, a, b); code != 1 || out != a+"\n" || !strings.Contains(errs, "s.roto:1:7") {
		t.Errorf("exit %d, %q, %s", code, out, errs)
	}
	if text, err := os.ReadFile(a); err != nil || string(text) != tidy {
		t.Errorf("%q, %v", text, err)
	}
	if code, out, _ := invoke("", "fmt", "--check", a, b); code != 0 || out != "" {
		t.Errorf("again: exit %d, %q", code, out)
	}
	if text, err := os.ReadFile(broken); err != nil || string(text) != "fn f( {" {
		t.Errorf("a broken file was touched: %q", text)
	}
	if code, _, errs := invoke("", "fmt", "missing.roto"); code != 1 || !strings.Contains(errs, "missing.roto") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

func TestMigrateCommand(t *testing.T) {
	old := script(t, "# old\nfn f(a: u32) -> u32 { a - 2 - 1 }\n")
	code, out, errs := invoke("", "migrate", old)
	if code != 0 || out != old+"\n" || !strings.Contains(errs, "reads `-` from the right: a - (2 - 1)") {
		t.Errorf("exit %d, %q, %s", code, out, errs)
	}
	if text, err := os.ReadFile(old); err != nil || string(text) != "// old\nfn f(a: u32) -> u32 { a - (2 - 1) }\n" {
		t.Errorf("%q, %v", text, err)
	}
	if code, out, errs := invoke("", "migrate", "--check", old); code != 0 || out != "" || errs != "" {
		t.Errorf("again: exit %d, %q, %s", code, out, errs)
	}
}

// TestExamplesAreFormatted holds the project's own scripts to the style.
func TestExamplesAreFormatted(t *testing.T) {
	if code, out, errs := invoke("", "fmt", "--check", "../../examples"); code != 0 {
		t.Errorf("roto fmt would change %s%s", out, errs)
	}
}
