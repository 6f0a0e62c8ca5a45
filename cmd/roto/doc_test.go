package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestReferenceIsCurrent: the pages in docs/ are what the runtimes say now; make
// docs writes them.
func TestReferenceIsCurrent(t *testing.T) {
	for file, args := range map[string][]string{
		"../../docs/roto/std.md":     {"doc"},
		"../../docs/roto/rotonda.md": {"doc", "--runtime", "rotonda", "--md"},
	} {
		code, out, errs := invoke("", args...)
		if code != 0 {
			t.Fatal(errs)
		}
		text, err := os.ReadFile(file)
		if err != nil || string(text) != out {
			t.Errorf("%s is not current, run make docs: %v", file, err)
		}
	}
}

// TestEveryItemIsDocumented: nothing that is bound goes without a word.
func TestEveryItemIsDocumented(t *testing.T) {
	_, out, _ := invoke("", "doc", "--runtime", "rotonda")
	items := 0
	for _, line := range strings.Split(out, "\n") {
		if !strings.HasPrefix(line, "- `") {
			continue
		}
		items++
		if strings.HasSuffix(line, "`") && !variant.MatchString(line) {
			t.Errorf("no documentation: %s", line)
		}
	}
	if items < 250 {
		t.Errorf("only %d items", items)
	}
}

var variant = regexp.MustCompile("^- `(Option|Result|Verdict)\\.")

// TestDocHTML: one page that is whole, escapes what it shows and can be written to
// a file.
func TestDocHTML(t *testing.T) {
	file := t.TempDir() + "/page.html"
	if code, out, errs := invoke("", "doc", "--html", "-o", file); code != 0 || out != "" {
		t.Fatal(code, out, errs)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, want := range []string{"<title>The Roto standard library</title>", `<h2 id="type-List">List</h2>`, "-&gt; Option[T]</code>", "</html>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(page, "http") {
		t.Error("the page needs something from elsewhere")
	}
	if code, _, errs := invoke("", "doc", "--html", "--md"); code != 2 || errs == "" {
		t.Error(code, errs)
	}
}
