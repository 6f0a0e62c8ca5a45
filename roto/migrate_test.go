package roto

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMigrate: each testdata/migrate/NAME.old becomes NAME.new, which gives the
// same answer, and a second time stays as it is.
func TestMigrate(t *testing.T) {
	files, err := filepath.Glob("testdata/migrate/*.old")
	if err != nil || len(files) < 4 {
		t.Fatalf("%d cases: %v", len(files), err)
	}
	rt := New()
	for _, file := range files {
		old, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got, _, err := Migrate(file, string(old))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".old") + ".new")
		if err != nil || got != string(want) {
			t.Errorf("%s: %v, got\n%s", file, err, got)
		}
		before, after := runMain(rt, Text(file, string(old))), runMain(rt, Text(file, got))
		if before != after || strings.HasPrefix(before, "error") || before == "compiled" {
			t.Errorf("%s: said %q, now %q", file, before, after)
		}
		if again, _, err := Migrate(file, got); err != nil || again != got {
			t.Errorf("%s: changes again: %v\n%s", file, err, again)
		}
	}
}

// TestMigrateWarns: the silent change of associativity is said aloud, once a
// chain that matters.
func TestMigrateWarns(t *testing.T) {
	_, warnings, err := Migrate("x.roto", "# old\nfn f(a: u32, b: u32) -> u32 { a - b - 1 + (a + b + 1) * (a / b / 2) }\n")
	if err != nil || len(warnings) != 2 {
		t.Fatalf("%v, %+v", err, warnings)
	}
	if text := warnings[0].Render(false); !strings.Contains(text, "reads `-` from the right: a - (b - 1 + ") || !strings.Contains(text, "x.roto:2:31") {
		t.Error(text)
	}
}

// TestEditionPragma: the first comment names the edition, against all other
// signs; one that is no version is an error.
func TestEditionPragma(t *testing.T) {
	rt := New()
	for script, want := range map[string]string{
		"# roto edition 0.7\nfn main() -> String { f\"{10 - 3 - 2}\" }":   "9",
		"// roto edition 0.11\nfn main() -> String { f\"{10 - 3 - 2}\" }": "5",
		"// roto edition 0.13\nfn main() -> String { f\"{10 - 3 - 2}\" }": "5",
		"// roto edition 0.10\nfn main() -> String { f\"{10 - 3 - 2}\" }": "9",
	} {
		if got := runMain(rt, Text("x.roto", script)); got != want {
			t.Errorf("%q: %s", script, got)
		}
	}
	if got := runMain(rt, Text("x.roto", "// roto edition 7\nfn main() -> String { \"\" }")); !strings.Contains(got, "unknown edition 7") {
		t.Error(got)
	}
}
