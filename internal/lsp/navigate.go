package lsp

import (
	"cmp"
	"path/filepath"
	"slices"

	"example.com/rotonda/roto"
	"example.com/rotonda/roto/syntax"
)

// definition goes to where a name is declared; what the host bound has no place.
func (s *Server) definition(p placeParams) (any, error) {
	_, c, sym, ok, err := s.symbol(p)
	switch {
	case err != nil || !ok:
		return nil, err
	case sym.Kind == "module":
		if file := moduleFile(c.analysis, sym.Name); file != nil {
			return s.location(syntax.Span{File: file}), nil
		}
		return nil, nil
	case sym.Def.File == nil:
		return nil, nil
	}
	return s.location(sym.Def), nil
}

// moduleFile returns the one file that is the module of a name, nil where there
// are several of that name.
func moduleFile(a *roto.Analysis, name string) *syntax.File {
	var found *syntax.File
	for _, file := range a.Files() {
		base := filepath.Base(file)
		entry := slices.Contains([]string{"mod.roto", "lib.roto", "pkg.roto"}, base) && filepath.Base(filepath.Dir(file)) == name
		if base != name+".roto" && !entry {
			continue
		}
		if found != nil {
			return nil
		}
		found = a.File(file)
	}
	return found
}

// references lists where the same thing is named, over all files of the script.
func (s *Server) references(p referenceParams) (any, error) {
	d, c, sym, ok, err := s.symbol(p.placeParams)
	if err != nil || !ok {
		return nil, err
	}
	out := []location{}
	for _, u := range c.analysis.Uses(d.path, int(sym.Span.Start)) {
		if u != sym.Def || p.Context.IncludeDeclaration {
			out = append(out, s.location(u))
		}
	}
	return out, nil
}

// documentHighlight marks the same thing in the same file.
func (s *Server) documentHighlight(p placeParams) (any, error) {
	d, c, sym, ok, err := s.symbol(p)
	if err != nil || !ok {
		return nil, err
	}
	out := []highlight{}
	for _, u := range c.analysis.Uses(d.path, int(sym.Span.Start)) {
		if u.File.Name == d.path {
			out = append(out, highlight{s.rangeOf(u), 1})
		}
	}
	if len(out) == 0 { // of the host: the name itself
		out = append(out, highlight{s.rangeOf(sym.Span), 1})
	}
	return out, nil
}

// kind is how editors draw a symbol.
type kind struct{ symbol, completion int }

// kinds maps what package roto calls a symbol to the protocol's numbers.
func kinds(name string) kind {
	switch name {
	case "function", "filter", "test":
		return kind{12, 3}
	case "method":
		return kind{6, 2}
	case "constant":
		return kind{14, 21}
	case "field":
		return kind{8, 5}
	case "type":
		return kind{5, 7}
	case "record":
		return kind{23, 22}
	case "enum":
		return kind{10, 13}
	case "variant":
		return kind{22, 20}
	case "module":
		return kind{2, 9}
	case "type parameter":
		return kind{26, 25}
	}
	return kind{13, 6} // variables, and those of the context
}

// documentSymbol lists what a file declares.
func (s *Server) documentSymbol(p documentParams) (any, error) {
	d, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	c := s.script(d)
	if c.analysis == nil {
		return nil, nil
	}
	tree, flat := []documentSymbol{}, []symbolInformation{}
	for _, sym := range c.analysis.Declared(d.path) {
		whole := s.rangeOf(sym.Span)
		k := kinds(sym.Kind).symbol
		tree = append(tree, documentSymbol{sym.Name, sym.Text, k, whole, s.rangeOf(within(sym))})
		flat = append(flat, symbolInformation{sym.Name, k, location{d.uri, whole}})
	}
	if !s.tree {
		return flat, nil
	}
	return tree, nil
}

// within is the name of a declaration, which clients want inside of it.
func within(sym roto.Symbol) syntax.Span {
	in := sym.Def.File == sym.Span.File && sym.Def.Start >= sym.Span.Start && sym.Def.End <= sym.Span.End
	if !in {
		return sym.Span
	}
	return cmp.Or(sym.Def, sym.Span)
}
