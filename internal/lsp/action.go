package lsp

import (
	"errors"
	"slices"
	"strings"

	"example.com/rotonda/roto"
)

// The kinds of code actions we have.
const (
	quickFix = "quickfix"
	migrate  = "source.migrate"
)

// formatting puts a file into the one style. One that does not parse stays as it
// is: what is wrong with it is on the screen already.
func (s *Server) formatting(p documentParams) (any, error) {
	d, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	if d.large {
		return nil, nil
	}
	got, err := roto.Format(d.path, d.text.s)
	var r *roto.Report
	if errors.As(err, &r) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return d.text.replace(got, s.units), nil
}

// codeAction offers the replacements that the mistakes at a place suggest, and for
// a file of an old edition to write it in today's Roto.
func (s *Server) codeAction(p actionParams) (any, error) {
	d, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	out := []codeAction{}
	if wanted(p.Context.Only, quickFix) {
		out = append(out, s.fixes(d, p.Range)...)
	}
	if wanted(p.Context.Only, migrate) && !d.large {
		if now, _, err := roto.Migrate(d.path, d.text.s); err == nil && now != d.text.s {
			out = append(out, codeAction{
				Title: "migrate this file to today's Roto",
				Kind:  migrate,
				Edit:  workspaceEdit{map[string][]textEdit{d.uri: d.text.replace(now, s.units)}},
			})
		}
	}
	return out, nil
}

// fixes are the suggestions for a range of a file.
func (s *Server) fixes(d *document, at textRange) []codeAction {
	var out []codeAction
	c := s.script(d)
	if c.analysis == nil {
		return nil
	}
	for _, x := range c.analysis.Diagnostics {
		span := x.Span()
		if x.Suggest == "" || span.File == nil || span.File.Name != d.path {
			continue
		}
		diag := s.diagnostic(x)
		if !diag.Range.touches(at) {
			continue
		}
		out = append(out, codeAction{
			Title:       "replace `" + span.Text() + "` with `" + x.Suggest + "`",
			Kind:        quickFix,
			Diagnostics: []diagnostic{diag},
			IsPreferred: true,
			Edit:        workspaceEdit{map[string][]textEdit{d.uri: {{diag.Range, x.Suggest}}}},
		})
	}
	return out
}

// wanted reports whether a client asks for a kind; kinds have sub-kinds after a dot.
func wanted(only []string, kind string) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(o string) bool {
		return o == "" || o == kind || strings.HasPrefix(kind, o+".")
	})
}
