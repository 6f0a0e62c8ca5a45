package roto_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/roto"
)

// pages are those of docs/roto with the number of blocks of each kind that it has
// at least: fewer means that the test looks in the wrong place.
var pages = []struct {
	name  string
	least map[string]int
}{
	{"fifteen-minutes.md", map[string]int{"roto": 6, "roto rotonda": 4}},
	{"reference.md", map[string]int{"roto": 35, "output": 18}},
	{"embedding.md", map[string]int{"go": 12}},
	{"compiler.md", map[string]int{"sh": 2}},
	{"README.md", nil},
}

// block is a fenced block of a page.
type block struct {
	info, text string
	line       int // of its first line
}

// blocks returns the fenced blocks of a page in order.
func blocks(t *testing.T, name string) []block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "docs", "roto", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []block
	inside := false
	for i, line := range strings.SplitAfter(string(text), "\n") {
		switch {
		case !strings.HasPrefix(line, "```") && inside:
			all[len(all)-1].text += line
		case strings.HasPrefix(line, "```"):
			if !inside {
				all = append(all, block{info: strings.TrimSpace(line[3:]), line: i + 2})
			}
			inside = !inside
		}
	}
	if inside {
		t.Fatalf("%s: a block does not end", name)
	}
	return all
}

// TestDocsRun: every script in the guides compiles, or fails as its comment
// `// error: piece` says; its tests pass; what its main gives or prints, or the
// fault that ends it, is what the output block behind it shows.
func TestDocsRun(t *testing.T) {
	for _, page := range pages {
		found := map[string]int{}
		all := blocks(t, page.name)
		for i, b := range all {
			found[b.info]++
			if b.info != "roto" && b.info != "roto rotonda" {
				continue
			}
			got, err := runBlock(b)
			switch {
			case err != nil:
				t.Errorf("docs/roto/%s:%d: %v\n%s", page.name, b.line, err, b.text)
			case i+1 < len(all) && all[i+1].info == "output":
				if want := all[i+1].text; got != want {
					t.Errorf("docs/roto/%s:%d: gives\n%swant\n%s", page.name, b.line, got, want)
				}
			case got != "":
				t.Errorf("docs/roto/%s:%d: no output block shows\n%s", page.name, b.line, got)
			}
		}
		for info, least := range page.least {
			if found[info] < least {
				t.Errorf("docs/roto/%s: %d blocks %q, want at least %d", page.name, found[info], info, least)
			}
		}
	}
}

// runBlock runs one script and returns what its main gave.
func runBlock(b block) (string, error) {
	var out strings.Builder
	rt, mock := roto.New(), func(*roto.Package, *roto.Worker, io.Writer) error { return nil }
	rt.Func("print", "", roto.Proc1(func(s string) { out.WriteString(s + "\n") }))
	if b.info == "roto rotonda" {
		var err error
		if rt, err = filter.Runtime(); err != nil {
			return "", err
		}
		mock = filter.Mock
	}
	p, err := rt.Compile(roto.Text("page.roto", b.text))
	if _, piece, wrong := strings.Cut(b.text, "// error: "); wrong {
		piece, _, _ = strings.Cut(piece, "\n")
		if err == nil || !strings.Contains(err.Error(), piece) {
			return "", fmt.Errorf("%v, want an error with %s", err, piece)
		}
		return "", nil
	}
	if err != nil {
		return "", err
	}
	w := p.Worker(roto.Limits{})
	if err := mock(p, w, &out); err != nil {
		return "", err
	}
	for _, test := range p.Tests() {
		if pass, fault := test.Run(w); !pass || fault != nil {
			return "", fmt.Errorf("test %s fails: %w", test.Name, fault)
		}
	}
	if !p.Has("main") {
		return out.String(), nil
	}
	return runMain(p, w, &out)
}

// runMain calls a main that gives a text, or one that prints.
func runMain(p *roto.Package, w *roto.Worker, out *strings.Builder) (string, error) {
	var fault *roto.Fault
	if f, err := roto.Get0[func() string](p, "main"); err == nil {
		var text string
		if text, fault = f.Call0(w); fault == nil {
			out.WriteString(text + "\n")
		}
	} else {
		f, err := roto.Get0[func() roto.Unit](p, "main")
		if err != nil {
			return "", err
		}
		_, fault = f.Call0(w)
	}
	if fault != nil {
		out.WriteString(fault.Error() + "\n")
	}
	return out.String(), nil
}

// TestDocsQuoteFiles: a Go block whose first line is `// file: NAME` stands word
// for word in that file, which other tests run.
func TestDocsQuoteFiles(t *testing.T) {
	quoted := 0
	for _, page := range pages {
		for _, b := range blocks(t, page.name) {
			if b.info != "go" {
				continue
			}
			name, body, ok := strings.Cut(b.text, "\n")
			name, named := strings.CutPrefix(name, "// file: ")
			if !ok || !named {
				t.Errorf("docs/roto/%s:%d: a Go block names its file", page.name, b.line)
				continue
			}
			file, err := os.ReadFile(filepath.Join("..", name))
			if errors.Is(err, os.ErrNotExist) || !strings.Contains(string(file), body) {
				t.Errorf("docs/roto/%s:%d: not in %s, word for word", page.name, b.line, name)
			}
			quoted++
		}
	}
	if quoted < 12 {
		t.Errorf("only %d Go blocks", quoted)
	}
}

// TestDocsNameWhatIsThere: the developer guide names no file that is gone, and no
// name that the code does not have.
func TestDocsNameWhatIsThere(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "roto", "compiler.md"))
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]bool{}
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		if !strings.HasPrefix(path, "../roto/") && !strings.HasPrefix(path, "../cmd/roto/") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, w := range regexp.MustCompile(`\w+`).FindAllString(string(text), -1) {
			words[w] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(page), -1) {
		switch name := m[1]; {
		case strings.HasPrefix(name, "roto/"):
			if _, err := os.Stat(filepath.Join("..", name)); err != nil {
				t.Error(err)
			}
		case regexp.MustCompile(`^[\w.]+$`).MatchString(name):
			for _, w := range strings.Split(name, ".") {
				if !words[w] {
					t.Errorf("the code has no %s", name)
				}
			}
		default:
			continue
		}
		named++
	}
	if named < 60 {
		t.Errorf("only %d names", named)
	}
}

// TestDocsLink: links between the pages lead to a page and a heading that are there.
func TestDocsLink(t *testing.T) {
	dir := filepath.Join("..", "docs", "roto")
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		}
		return string(text)
	}
	links := 0
	for _, page := range pages {
		for _, m := range regexp.MustCompile(`\]\(([a-z-]+\.md)?(?:#([a-z-]+))?\)`).FindAllStringSubmatch(read(page.name), -1) {
			file, anchor := m[1], m[2]
			if file == "" {
				file = page.name
			}
			links++
			found := anchor == ""
			for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(read(file), -1) {
				plain := regexp.MustCompile(`[^\w -]`).ReplaceAllString(strings.ToLower(h[1]), "")
				found = found || strings.ReplaceAll(plain, " ", "-") == anchor
			}
			if !found {
				t.Errorf("docs/roto/%s: no heading #%s in %s", page.name, anchor, file)
			}
		}
	}
	if links < 15 {
		t.Errorf("only %d links", links)
	}
}
