package lsp

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/roto/syntax"
)

// TestGrammar checks the scopes of snippets; those of the file alone are not shown.
func TestGrammar(t *testing.T) {
	g := loadGrammar(t)
	for _, c := range []struct{ text, want string }{
		{"// fn \"x\" 1", `// fn "x" 1=comment.line.double-slash`},
		{"# fn 1", `# fn 1=comment.line.number-sign`},
		{"#!/usr/bin/env roto", `#!/usr/bin/env roto=comment.line.number-sign`},
		{"fn größe(", `fn=storage.type.function größe=entity.name.function (=`},
		{"filter rib_in_pre(", `filter=storage.type.function rib_in_pre=support.function.hook (=`},
		{"filtermap my_own(", `filtermap=storage.type.function my_own=entity.name.function (=`},
		{"filter-map rib-in-pre {", `filter-map=storage.type.function rib-in-pre=support.function.hook {=`},
		{"function is-bad(", `function=storage.type.function is-bad=entity.name.function (=`},
		{"test works {", `test=storage.type.function works=entity.name.function {=`},
		{"record Limit {", `record=storage.type Limit=entity.name.type {=`},
		{"type Old {", `type=storage.type Old=entity.name.type {=`},
		{"enum Kind", `enum=storage.type Kind=entity.name.type`},
		{"const MAX: u8 = 24_u8;", `const=storage.type MAX=variable.other.constant :=punctuation.separator u8=support.type.primitive ==keyword.operator.assignment 24_=constant.numeric.integer u8=storage.type.numeric ;=punctuation.separator`},
		{"let 長さ = 1", `let=storage.type 長さ=variable.other ==keyword.operator.assignment 1=constant.numeric.integer`},
		{"import lists.ok;", `import=keyword.control.import lists=variable.other .=punctuation.accessor ok=variable.other.member ;=punctuation.separator`},
		{`"a\n\x41\u{1F600}\q" b`, `"=string.quoted.double a=string.quoted.double \n=constant.character.escape \x41=constant.character.escape \u{1F600}=constant.character.escape \q=invalid.illegal.escape "=string.quoted.double b=variable.other`},
		{"\"one\ntwo\" x", `"=string.quoted.double one=string.quoted.double two=string.quoted.double "=string.quoted.double x=variable.other`},
		{`f"{{a}} {p.len()} b"`, `f"=string.interpolated {{=constant.character.escape a=string.interpolated }}=constant.character.escape {=punctuation.section.interpolation.begin p=variable.other .=punctuation.accessor len=entity.name.function.member (= )=meta.interpolation }=punctuation.section.interpolation.end b=string.interpolated "=string.interpolated`},
		{`f"{ { a: "x}" }.a }" y`, `f"=string.interpolated {=punctuation.section.interpolation.begin {= a=variable.other :=punctuation.separator "=string.quoted.double x}=string.quoted.double "=string.quoted.double }= .=punctuation.accessor a=variable.other.member }=punctuation.section.interpolation.end "=string.interpolated y=variable.other`},
		{`'"' '\''`, `'"'=string.quoted.single '=string.quoted.single \'=constant.character.escape '=string.quoted.single`},
		{"0xff 1_000u32 1.5e-3 2f64 1e9", `0xff=constant.numeric.hex 1_000=constant.numeric.integer u32=storage.type.numeric 1.5e-3=constant.numeric.float 2=constant.numeric.float f64=storage.type.numeric 1e9=constant.numeric.float`},
		{"AS64500 ASX", `AS64500=constant.numeric.asn ASX=variable.other.constant`},
		{"10.0.0.0 / 8", `10.0.0.0=constant.numeric.ipv4 /=keyword.operator.prefix 8=constant.numeric.prefix-length`},
		{"192.0.2.1", `192.0.2.1=constant.numeric.ipv4`},
		{"2001:db8::/32, ::1", `2001:db8::=constant.numeric.ipv6 /=keyword.operator.prefix 32=constant.numeric.prefix-length ,=punctuation.separator ::1=constant.numeric.ipv6`},
		{"a: face::1", `a=variable.other :=punctuation.separator face::1=constant.numeric.ipv6`},
		{"if not x { reject } accept", `if=keyword.control not=keyword.operator.logical x=variable.other {= reject=keyword.control.verdict }= accept=keyword.control.verdict`},
		{"match x { Near => true, }", `match=keyword.control x=variable.other {= Near=entity.name.type =>=keyword.operator.arrow true=constant.language.boolean ,=punctuation.separator }=`},
		{"a != b && c ** 2 -> ?", `a=variable.other !==keyword.operator.comparison b=variable.other &&=keyword.operator.logical c=variable.other **=keyword.operator.arithmetic 2=constant.numeric.integer ->=keyword.operator.arrow ?=keyword.operator`},
		{"pkg.Kind.Far(1)", `pkg=variable.language.package .=punctuation.separator Kind=entity.name.type .=punctuation.separator Far=entity.name.type (= 1=constant.numeric.integer )=`},
		{"Community.NO_EXPORT Route.Größe", `Community=entity.name.type .=punctuation.separator NO_EXPORT=variable.other.constant Route=entity.name.type .=punctuation.separator Größe=entity.name.type`},
		{"x: Option[String]", `x=variable.other :=punctuation.separator Option=support.type [= String=support.type ]=`},
		{"long(p) informed iffy", `long=entity.name.function (= p=variable.other )= informed=variable.other iffy=variable.other`},
		{"define { x = 1; }", `define=keyword.other.section {= x=variable.other ==keyword.operator.assignment 1=constant.numeric.integer ;=punctuation.separator }=`},
	} {
		if got := shown(g.tokenise(c.text)); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.text, got, c.want)
		}
	}
}

// TestGrammarKnowsEveryKeyword of every edition, and every hook of the daemon.
func TestGrammarKnowsEveryKeyword(t *testing.T) {
	g := loadGrammar(t)
	for _, word := range append(syntax.Keywords(syntax.Modern), syntax.Keywords(syntax.Legacy)...) {
		got := shown(g.tokenise(word))
		scope := strings.TrimPrefix(got, word+"=")
		kind, _, _ := strings.Cut(scope, ".")
		if kind != "keyword" && kind != "storage" && kind != "constant" && kind != "variable" || strings.HasPrefix(scope, "variable.other") {
			t.Errorf("%s is %s", word, scope)
		}
	}
	for _, h := range filter.Hooks {
		word, _, _ := strings.Cut(h.Signature, " ")
		if got := shown(g.tokenise(word + " " + h.Name)); got != word+"=storage.type.function "+h.Name+"=support.function.hook" {
			t.Errorf("the hook: %s", got)
		}
	}
	for _, s := range g.scopes() {
		if s != "" && strings.Count(s, ".") < 2 {
			t.Errorf("scope %q says little", s)
		}
	}
}

// TestGrammarFindsTheCommentsOfTheParser in every script of the house: what is a
// comment, and what only looks like one, is what the two must agree on.
func TestGrammarFindsTheCommentsOfTheParser(t *testing.T) {
	g := loadGrammar(t)
	scripts, comments := 0, 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".roto" && filepath.Ext(path) != ".old" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var diags syntax.Diagnostics
		tree := syntax.Parse(syntax.NewFile(path, string(text)), syntax.Auto, &diags)
		if diags.Failed() {
			return nil
		}
		want := map[int]bool{}
		for _, c := range tree.Comments {
			want[int(c.Span.Start)] = true
		}
		scripts++
		comments += len(want)
		for _, p := range g.tokenise(string(text)) {
			is := strings.HasPrefix(p.scope, "comment")
			if is && !want[p.start] && !strings.HasPrefix(p.text, "#!") {
				t.Errorf("%s:%d: %q is no comment", path, p.start, p.text)
			}
			if is {
				delete(want, p.start)
			}
		}
		for at := range want {
			t.Errorf("%s:%d: a comment not found", path, at)
		}
		return nil
	})
	if err != nil || scripts < 10 || comments < 30 {
		t.Fatal(scripts, comments, err)
	}
}

// TestExtensionNamesItsFiles: what the manifest points to is there.
func TestExtensionNamesItsFiles(t *testing.T) {
	text, err := os.ReadFile("../../editors/package.json")
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Main        string
		Contributes struct {
			Languages []struct{ ID, Configuration string }
			Grammars  []struct{ Language, ScopeName, Path string }
		}
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	g, l := m.Contributes.Grammars[0], m.Contributes.Languages[0]
	if g.ScopeName != loadGrammar(t).ScopeName || g.Language != l.ID {
		t.Error(g, l)
	}
	for _, name := range []string{m.Main, l.Configuration, g.Path} {
		content, err := os.ReadFile(filepath.Join("../../editors", name))
		if err != nil || filepath.Ext(name) == ".json" && !json.Valid(content) {
			t.Error(name, err)
		}
	}
}
