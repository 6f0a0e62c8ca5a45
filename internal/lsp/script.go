package lsp

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"example.com/rotonda/roto"
	"example.com/rotonda/roto/syntax"
)

// document is a text that is open in the editor.
type document struct {
	uri     string
	path    string // its name in messages; of what is no file the URI
	onDisk  bool
	version int
	text    *text
	large   bool // too large to look at; its text is empty
}

// script is what one or more open documents belong to.
type script struct {
	turn     int
	make     func(texts map[string]string) []roto.Source // its sources with open documents over them
	sources  []roto.Source
	analysis *roto.Analysis
	err      error // about reading it
}

// document returns an open document.
func (s *Server) document(uri string) (*document, error) {
	if d := s.docs[uri]; d != nil {
		return d, nil
	}
	return nil, failf(codeInvalidParams, "%s is not open", uri)
}

// place returns an open document and a byte in it.
func (s *Server) place(p placeParams) (*document, int, error) {
	d, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, 0, err
	}
	return d, d.text.offset(p.Position, s.units), nil
}

// pathOf returns the file that a URI names.
func pathOf(uri string) (string, bool) {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" || u.Path == "" {
		return uri, false
	}
	path := u.Path
	if len(path) > 2 && path[2] == ':' { // /C:/scripts
		path = path[1:]
	}
	return filepath.Clean(filepath.FromSlash(path)), true
}

// uriOf returns the name of a file for the editor: its own where it is open.
func (s *Server) uriOf(path string) string {
	for uri, d := range s.docs {
		if d.path == path {
			return uri
		}
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}

// script returns what a document is part of, analyzed as it is in the editor now:
// the folder with a pkg.roto above it where that has it as a module or as a
// dependency, else the file alone with the folder dep beside it.
func (s *Server) script(d *document) *script {
	if d.onDisk && !d.large {
		if root := folder(filepath.Dir(d.path)); root != "" {
			c := s.analyzed(root, func(texts map[string]string) []roto.Source { return onDisk(root, root, texts) })
			if c.err != nil || c.analysis.File(d.path) != nil {
				return c
			}
		}
	}
	return s.analyzed(d.path, func(texts map[string]string) []roto.Source {
		alone := roto.Text(d.path, texts[d.path]) // it may never have been saved
		if !d.onDisk {
			return []roto.Source{alone}
		}
		sources := onDisk(d.path, filepath.Dir(d.path), texts)
		sources[0] = alone
		return sources
	})
}

// onDisk is [roto.Script] with open documents over the files.
func onDisk(name, dir string, texts map[string]string) []roto.Source {
	return []roto.Source{
		roto.Overlay(roto.Path(name), texts),
		roto.Dependencies(func(dep string) (roto.Source, bool) {
			for _, try := range []string{dep + ".roto", dep} {
				path := filepath.Join(dir, "dep", try)
				if _, err := os.Stat(path); err == nil {
					return roto.Overlay(roto.Path(path), texts), true
				}
			}
			return roto.Source{}, false
		}),
	}
}

// folder returns the nearest folder at or above one with a pkg.roto, or "".
func folder(dir string) string {
	for {
		if _, err := os.Stat(filepath.Join(dir, "pkg.roto")); err == nil {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

// analyzed returns the script of that name, analyzed anew where a document changed
// since.
func (s *Server) analyzed(name string, sources func(texts map[string]string) []roto.Source) *script {
	c := s.scripts[name]
	if c != nil && c.turn == s.turn {
		return c
	}
	c = &script{turn: s.turn, make: sources, sources: sources(s.texts())}
	s.scripts[name] = c
	defer func() {
		if r := recover(); r != nil {
			c.analysis, c.err = nil, fmt.Errorf("internal mistake: %v", r)
		}
	}()
	c.analysis, c.err = s.rt.Analyze(c.sources...)
	return c
}

// texts returns what is in the editor, by path.
func (s *Server) texts() map[string]string {
	texts := map[string]string{}
	for _, d := range s.docs {
		if !d.large {
			texts[d.path] = d.text.s
		}
	}
	return texts
}

// changed makes what was analyzed old. What is not asked for again is forgotten with
// the next mistakes sent.
func (s *Server) changed() { s.turn++ }

// symbol returns what is named at a place of an open document.
func (s *Server) symbol(p placeParams) (*document, *script, roto.Symbol, bool, error) {
	d, off, err := s.place(p)
	if err != nil {
		return nil, nil, roto.Symbol{}, false, err
	}
	c := s.script(d)
	if c.analysis == nil {
		return d, c, roto.Symbol{}, false, nil
	}
	sym, ok := c.analysis.At(d.path, off)
	return d, c, sym, ok, nil
}

// rangeOf converts a piece of a file, open or not. The lines of the last file are
// kept: one is mostly asked for many places.
func (s *Server) rangeOf(at syntax.Span) textRange {
	if s.lines == nil || s.lines.s != at.File.Text {
		s.lines = newText(at.File.Text)
	}
	return s.lines.span(int(at.Start), int(at.End), s.units)
}

// location converts a piece of a file, open or not.
func (s *Server) location(at syntax.Span) location {
	return location{s.uriOf(at.File.Name), s.rangeOf(at)}
}
