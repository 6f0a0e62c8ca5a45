package roto

import (
	"strings"
	"testing"
)

// TestUpstreamFacts holds what upstream's own tests say of the language, a case
// each, named as there; the files are by section of its test inventory. A line
// `=== path` begins a further file of the package. The expected text is what
// main gives, "compiled" where there is none, or `error: piece of a diagnostic`.
func TestUpstreamFacts(t *testing.T) {
	rt := New()
	for _, c := range cases(t, "testdata/upstream/*.txt") {
		t.Run(c.name, func(t *testing.T) {
			got := runPackage(rt, c.script)
			if piece, fails := strings.CutPrefix(c.want, "error: "); fails {
				if !strings.HasPrefix(got, "error") || !strings.Contains(got, piece) {
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

// runPackage is runMain for a script of several files.
func runPackage(rt *Runtime, script string) string {
	parts := strings.Split("\n"+script, "\n=== ")
	if len(parts) == 1 {
		return runMain(rt, Text("main.roto", script))
	}
	var sources []Source
	for _, part := range parts[1:] {
		name, text, _ := strings.Cut(part, "\n")
		if name == "pkg.roto" {
			sources = append(sources, Text(name, text))
			continue
		}
		module := strings.TrimSuffix(name, ".roto")
		module = strings.TrimSuffix(strings.TrimSuffix(module, "/mod"), "/lib")
		sources = append(sources, TextModule(strings.ReplaceAll(module, "/", "."), name, text))
	}
	return runMain(rt, sources...)
}
