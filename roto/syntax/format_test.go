package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// scripts returns every script of the repository: examples, test cases and the
// formatter's own.
func scripts(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range []string{"../../examples", "../testdata", "testdata"} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			switch {
			case filepath.Ext(path) == ".roto":
				out[path] = string(text)
			case filepath.Ext(path) == ".txt":
				for _, part := range strings.Split("\n"+string(text), "\n### ")[1:] {
					head, body, _ := strings.Cut(part, "\n")
					script, _, _ := strings.Cut(body, "\n---")
					for i, file := range strings.Split("\n"+script, "\n=== ") {
						if i > 0 {
							_, file, _ = strings.Cut(file, "\n")
						}
						file = strings.TrimPrefix(file, "\n")
						out[path+"/"+head+string(rune('0'+i))] = file
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 200 {
		t.Fatalf("only %d scripts", len(out))
	}
	return out
}

// meaning is the words of a file without the commas and white space that
// formatting may change, and the comments.
func meaning(text string) (tokens, comments []string) {
	var diags Diagnostics
	s := &scanner{file: NewFile("x", text), src: text, diags: &diags}
	s.scan()
	for i, t := range s.tokens {
		closing := i+1 < len(s.tokens) && strings.Contains("])}", s.tokens[i+1].Text) && s.tokens[i+1].Text != ""
		afterBrace := i > 0 && s.tokens[i-1].Text == "}"
		if t.Text == "," && (closing || afterBrace) {
			continue
		}
		tokens = append(tokens, t.Text)
	}
	for _, c := range s.comments {
		comments = append(comments, strings.TrimSpace(c.Text))
	}
	return tokens, comments
}

// TestFormatKeepsMeaning: whatever a script says, it says afterwards, and a
// second time changes nothing.
func TestFormatKeepsMeaning(t *testing.T) {
	n := 0
	for name, text := range scripts(t) {
		var diags Diagnostics
		tree := Parse(NewFile(name, text), Auto, &diags)
		if diags.Failed() || tree.Edition == Oldest {
			continue
		}
		n++
		got := Format(tree)
		checkFormatted(t, name, text, got)
	}
	if n < 200 {
		t.Errorf("only %d scripts were formatted", n)
	}
}

func checkFormatted(t testing.TB, name, text, got string) {
	t.Helper()
	var diags Diagnostics
	tree := Parse(NewFile(name, got), Auto, &diags)
	if diags.Failed() {
		t.Errorf("%s: does not parse any more: %v\n%s", name, diags.List[0].Title, got)
		return
	}
	tokens, comments := meaning(text)
	again, kept := meaning(got)
	if strings.Join(tokens, " ") != strings.Join(again, " ") {
		t.Errorf("%s: other words:\n%s\nfrom\n%s", name, got, text)
	}
	if strings.Join(comments, "\n") != strings.Join(kept, "\n") {
		t.Errorf("%s: other comments:\n%s\nfrom\n%s", name, got, text)
	}
	if twice := Format(tree); twice != got {
		t.Errorf("%s: changes again:\n%s\nbefore\n%s", name, twice, got)
	}
}

// TestFormatStyle compares with the pairs in testdata/format: NAME.roto and
// NAME.want.
func TestFormatStyle(t *testing.T) {
	files, err := filepath.Glob("testdata/format/*.roto")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(strings.TrimSuffix(file, ".roto") + ".want")
		if err != nil {
			t.Fatal(err)
		}
		var diags Diagnostics
		tree := Parse(NewFile(file, string(text)), Auto, &diags)
		if diags.Failed() {
			t.Fatalf("%s: %s", file, diags.List[0].Title)
		}
		got := Format(tree)
		if got != string(want) {
			t.Errorf("%s: got\n%s", file, got)
		}
		if strings.Contains(got, " \n") {
			t.Errorf("%s: a blank at the end of a line", file)
		}
		checkFormatted(t, file, string(text), got)
	}
}

// FuzzFormat: what parses keeps its words and comments, and a second time
// changes nothing.
func FuzzFormat(f *testing.F) {
	f.Add("fn f(a: u8) -> u8 { // x\n a }")
	f.Add("record A { a: u8, // one\n\n b: u8 }\n// end")
	f.Add("fn f() { match x { A(b) if c => { d }, _ => e, }; if a { b } else if c { d } }")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 4096 {
			return
		}
		var diags Diagnostics
		tree := Parse(NewFile("fuzz.roto", text), Auto, &diags)
		if diags.Failed() || tree.Edition == Oldest {
			return
		}
		checkFormatted(t, "fuzz.roto", text, Format(tree))
	})
}

// TestFormatKeepsACommentThatLooksLikeAnInterpreter: moved to the first line it
// would no longer be a comment.
func TestFormatKeepsACommentThatLooksLikeAnInterpreter(t *testing.T) {
	text := "\n\n#!x\nfn f() { }\n"
	var diags Diagnostics
	got := Format(Parse(NewFile("x.roto", text), Auto, &diags))
	if got != "\n#!x\nfn f() {}\n" {
		t.Errorf("%q", got)
	}
	checkFormatted(t, "x.roto", text, got)
}
