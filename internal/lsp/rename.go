package lsp

import (
	"slices"
	"strings"

	"example.com/rotonda/roto"
	"example.com/rotonda/roto/syntax"
)

// renamable returns every place of what is named at a place, or why it keeps its
// name. Nothing named there is an empty list.
func (s *Server) renamable(p placeParams) (*script, roto.Symbol, []syntax.Span, error) {
	d, c, sym, ok, err := s.symbol(p)
	if err != nil || !ok {
		return c, sym, nil, err
	}
	uses := c.analysis.Uses(d.path, int(sym.Span.Start))
	switch {
	case sym.Kind == "module":
		return c, sym, nil, failf(codeRequestFailed, "the module `%s` is named after its file", sym.Name)
	case len(uses) == 0 && sym.Kind == "field":
		return c, sym, nil, failf(codeRequestFailed, "the field `%s` belongs to no named record, so its other uses are not known", sym.Name)
	case len(uses) == 0:
		return c, sym, nil, failf(codeRequestFailed, "`%s` belongs to the host", sym.Name)
	}
	for _, u := range uses {
		if strings.ReplaceAll(u.Text(), "-", "_") != sym.Name {
			return c, sym, nil, failf(codeRequestFailed, "`%s` is also written `%s`", sym.Name, u.Text())
		}
	}
	return c, sym, uses, nil
}

func (s *Server) prepareRename(p placeParams) (any, error) {
	_, sym, uses, err := s.renamable(p)
	if err != nil || len(uses) == 0 {
		return nil, err
	}
	return renamePlace{s.rangeOf(sym.Span), sym.Span.Text()}, nil
}

// rename gives a thing of the script another name everywhere. It is refused where
// the script would then mean something else: the result is analyzed before the
// editor sees it.
func (s *Server) rename(p renameParams) (any, error) {
	if !identifier(p.NewName) {
		return nil, failf(codeRequestFailed, "`%s` is no name: a letter or _, then letters, digits and _, and no keyword", p.NewName)
	}
	c, _, uses, err := s.renamable(p.placeParams)
	if err != nil || len(uses) == 0 {
		return nil, err
	}
	changes := map[string][]textEdit{}
	edits := map[*syntax.File][]byteEdit{}
	for _, u := range uses {
		uri := s.uriOf(u.File.Name)
		changes[uri] = append(changes[uri], textEdit{s.rangeOf(u), p.NewName})
		edits[u.File] = append(edits[u.File], byteEdit{int(u.Start), int(u.End), p.NewName})
	}
	if err := s.tryRename(c, uses, edits, p.NewName); err != nil {
		return nil, err
	}
	return workspaceEdit{changes}, nil
}

// tryRename analyzes the script with the new name: every place must stand for the
// same thing as before, no other place for it, and nothing may be wrong that was
// not.
func (s *Server) tryRename(c *script, uses []syntax.Span, edits map[*syntax.File][]byteEdit, name string) error {
	texts := s.texts()
	for f, e := range edits {
		texts[f.Name] = apply(f.Text, e)
	}
	after, err := s.rt.Analyze(c.make(texts)...)
	if err != nil {
		return err
	}
	if len(after.Diagnostics) > len(c.analysis.Diagnostics) {
		seen := map[string]bool{}
		for _, d := range c.analysis.Diagnostics {
			seen[d.Title] = true
		}
		for _, d := range after.Diagnostics {
			if !seen[d.Title] {
				return failf(codeRequestFailed, "with the name `%s` the script is wrong: %s", name, d.Title)
			}
		}
		return failf(codeRequestFailed, "with the name `%s` the script is wrong", name)
	}
	if now := after.Uses(uses[0].File.Name, moved(uses[0], edits[uses[0].File])); len(now) != len(uses) {
		return failf(codeRequestFailed, "`%s` is taken: some places would stand for something else", name)
	}
	return nil
}

// moved is where a place starts after edits.
func moved(at syntax.Span, edits []byteEdit) int {
	off := int(at.Start)
	for _, e := range edits {
		if e.start < int(at.Start) {
			off += len(e.text) - (e.end - e.start)
		}
	}
	return off
}

// identifier reports whether today's Roto takes a text as a name.
func identifier(name string) bool {
	if name == "" || name == "_" || len(name) > 200 || strings.ContainsAny(name, " \t\r\n#/") || slices.Contains(syntax.Keywords(syntax.Modern), name) {
		return false
	}
	var diags syntax.Diagnostics
	tree := syntax.Parse(syntax.NewFile("", "fn "+name+"() {}"), syntax.Modern, &diags)
	if diags.Failed() || len(tree.Decls) != 1 {
		return false
	}
	f, ok := tree.Decls[0].(*syntax.Func)
	return ok && f.Name.Text == name
}
