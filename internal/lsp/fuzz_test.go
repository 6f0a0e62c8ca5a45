package lsp

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/internal/filter"
)

// FuzzRequests asks every request at a place of any text, after any edit of it: no
// answer may be a mistake of ours.
func FuzzRequests(f *testing.F) {
	rt, err := filter.Runtime()
	if err != nil {
		f.Fatal(err)
	}
	old, err := filepath.Glob("../../roto/testdata/migrate/*.old")
	if err != nil || len(old) == 0 {
		f.Fatal(old, err)
	}
	for _, name := range old {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), "x.", 3, 4)
	}
	f.Add("fn f(a: u8) -> u8 { f(a) }", "(", 0, 22)
	f.Add("filter rib_in_pre(m: Route) { let ä = m.prefix(); if f\"{ä}\" == \"𝔾\" { reject } accept }", "\x00\"", 0, 30)
	f.Add("# 𝔾\nfilter-map a-b { define { x = 1; } apply { accept } }", "-", 1, 12)
	f.Fuzz(func(t *testing.T, text, with string, line, column int) {
		if len(text) > 2000 {
			return
		}
		var out bytes.Buffer
		s := New(rt)
		s.out, s.state = &out, running
		at := position{line, column}
		params := object{
			"textDocument": object{"uri": "untitled:1", "version": 1, "text": text}, "position": at, "newName": "neu",
			"range":          textRange{at, at},
			"contentChanges": []object{{"range": textRange{at, at}, "text": with}},
			"context":        object{"includeDeclaration": true},
		}
		raw, err := json.Marshal(params)
		if err != nil {
			t.Fatal(err)
		}
		ask := func(method string) {
			s.dispatch(message{ID: json.RawMessage("1"), Method: method, Params: raw})
		}
		ask("textDocument/didOpen")
		requests := slices.DeleteFunc(slices.Sorted(maps.Keys(methods())), func(m string) bool {
			return !strings.HasPrefix(m, "textDocument/") || strings.HasPrefix(m, "textDocument/did")
		})
		for range 2 {
			for _, m := range requests {
				ask(m)
			}
			ask("textDocument/didChange")
			s.publish()
		}
		ask("textDocument/didClose")
		if strings.Contains(out.String(), "internal mistake") {
			t.Fatal(out.String())
		}
		if len(s.scripts) != 0 || len(s.docs) != 0 || len(s.published) != 0 {
			t.Fatalf("closed and kept: %d scripts, %d documents, %d published", len(s.scripts), len(s.docs), len(s.published))
		}
	})
}
