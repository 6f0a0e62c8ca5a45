package lsp

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/rotonda/roto/syntax"
)

func (s *Server) didOpen(p openParams) {
	d := &document{uri: p.TextDocument.URI, version: p.TextDocument.Version}
	d.path, d.onDisk = pathOf(d.uri)
	s.docs[d.uri] = d
	s.setText(d, newText(p.TextDocument.Text))
	s.due(0)
}

func (s *Server) didChange(p changeParams) {
	d, err := s.document(p.TextDocument.URI)
	if err != nil {
		return
	}
	t := d.text
	if d.large { // only the whole text can be known again
		i := slices.IndexFunc(p.ContentChanges, func(c contentChange) bool { return c.Range == nil })
		if i < 0 {
			return
		}
		p.ContentChanges = p.ContentChanges[i:]
	}
	for _, c := range p.ContentChanges {
		t = t.edit(c, s.units)
	}
	d.version = p.TextDocument.Version
	s.setText(d, t)
	s.due(Delay)
}

func (s *Server) setText(d *document, t *text) {
	if large := len(t.s) > maxText; large != d.large {
		if d.large = large; large {
			s.notify("window/showMessage", showMessageParams{2, d.uri + " is too large to look at"})
		}
	}
	if d.large {
		t = newText("")
	}
	d.text = t
	s.changed()
}

func (s *Server) didClose(p documentParams) {
	delete(s.docs, p.TextDocument.URI)
	s.changed()
	s.due(0)
}

// saved is what follows a change of files on disk.
func (s *Server) saved() {
	s.changed()
	s.due(0)
}

// due sends mistakes when nothing changed for that long.
func (s *Server) due(after time.Duration) {
	if after == 0 {
		s.publish()
		return
	}
	s.quiet.Reset(after)
}

// publish sends the mistakes of all files of the scripts that are open, where they
// are not what was sent last, and takes back those of scripts that were closed.
func (s *Server) publish() {
	s.quiet.Stop()
	found := map[string][]diagnostic{}
	used := map[*script]bool{}
	for _, uri := range slices.Sorted(maps.Keys(s.docs)) {
		d := s.docs[uri]
		found[uri] = append(found[uri], []diagnostic{}...)
		if d.large {
			continue
		}
		if c := s.script(d); !used[c] {
			used[c] = true
			s.collect(found, d, c)
		}
	}
	maps.DeleteFunc(s.scripts, func(_ string, c *script) bool { return c.turn != s.turn })
	for uri := range s.published {
		if _, ok := found[uri]; !ok {
			s.notify("textDocument/publishDiagnostics", diagnosticsParams{URI: uri, Diagnostics: []diagnostic{}})
			delete(s.published, uri)
		}
	}
	for _, uri := range slices.Sorted(maps.Keys(found)) {
		p := diagnosticsParams{URI: uri, Diagnostics: found[uri]}
		if p.Diagnostics == nil {
			p.Diagnostics = []diagnostic{}
		}
		if d := s.docs[uri]; d != nil {
			p.Version = &d.version
		}
		if sent, err := json.Marshal(p); err == nil && string(sent) != s.published[uri] {
			s.published[uri] = string(sent)
			s.notify("textDocument/publishDiagnostics", p)
		}
	}
}

// collect adds what is wrong with a script, by the URI of its files.
func (s *Server) collect(found map[string][]diagnostic, d *document, c *script) {
	if c.err != nil {
		found[d.uri] = append(found[d.uri], diagnostic{Severity: 1, Source: "roto", Message: c.err.Error()})
		return
	}
	same := func(a diagnostic) func(diagnostic) bool {
		return func(b diagnostic) bool { return a.Range == b.Range && a.Message == b.Message }
	}
	for _, x := range c.analysis.Diagnostics {
		uri := d.uri
		if f := x.Span().File; f != nil {
			uri = s.uriOf(f.Name)
		}
		// A dependency may be open as a script of its own and be complained about twice.
		if diag := s.diagnostic(x); !slices.ContainsFunc(found[uri], same(diag)) {
			found[uri] = append(found[uri], diag)
		}
	}
}

// diagnostic converts a complaint. The text of the first label says what is wrong
// with just that place, so it belongs to the message.
func (s *Server) diagnostic(x syntax.Diagnostic) diagnostic {
	d := diagnostic{Severity: 1, Source: "roto", Message: x.Title}
	if x.Kind == syntax.Warning {
		d.Severity = 2
	}
	for i, l := range x.Labels {
		switch {
		case i == 0 && !strings.HasPrefix(x.Title, l.Text):
			d.Message += "\n" + l.Text
		case i > 0 && l.Span.File != nil:
			d.Related = append(d.Related, related{s.location(l.Span), l.Text})
		}
		if i == 0 && l.Span.File != nil {
			d.Range = s.rangeOf(l.Span)
		}
	}
	if len(x.Notes) > 0 {
		d.Message += "\n" + strings.Join(x.Notes, "\n")
	}
	return d
}
