package lsp

import "slices"

// tokenTypes and tokenModifiers are the legend that numbers in semantic tokens
// refer to. Words and literals are left to the editor's grammar.
func tokenTypes() []string {
	return []string{"namespace", "type", "struct", "enum", "enumMember", "typeParameter", "function", "method", "property", "variable"}
}

// The bits of modifiers, in the order of tokenModifiers.
const (
	declared = 1 << iota
	readonly
	ofHost
)

func tokenModifiers() []string { return []string{"declaration", "readonly", "defaultLibrary"} }

// tokenType is the name in the legend of what package roto calls a symbol.
func tokenType(kind string) string {
	switch kind {
	case "module":
		return "namespace"
	case "type", "enum", "method":
		return kind
	case "record":
		return "struct"
	case "variant":
		return "enumMember"
	case "type parameter":
		return "typeParameter"
	case "function", "filter", "test":
		return "function"
	case "field":
		return "property"
	}
	return "variable"
}

// semanticTokens tells what each name of a file is, for colours: five numbers a
// name, places relative to the name before.
func (s *Server) semanticTokens(p documentParams) (any, error) {
	d, err := s.document(p.TextDocument.URI)
	if err != nil {
		return nil, err
	}
	data := []int{}
	c := s.script(d)
	if c.analysis == nil {
		return object{"data": data}, nil
	}
	types, last, end := tokenTypes(), position{}, 0
	for _, sym := range c.analysis.Named(d.path) {
		from, to := int(sym.Span.Start), int(sym.Span.End)
		at := d.text.span(from, to, s.units)
		if from < end || at.Start.Line != at.End.Line || at.Start == at.End {
			continue
		}
		bits := 0
		switch {
		case sym.Def == sym.Span:
			bits |= declared
		case sym.Def.File == nil && sym.Kind != "field" && sym.Kind != "type parameter":
			bits |= ofHost
		}
		if sym.Kind == "constant" || sym.Kind == "context" {
			bits |= readonly
		}
		column := at.Start.Character
		if at.Start.Line == last.Line {
			column -= last.Character
		}
		data = append(data, at.Start.Line-last.Line, column, at.End.Character-at.Start.Character, slices.Index(types, tokenType(sym.Kind)), bits)
		last, end = at.Start, to
	}
	return object{"data": data}, nil
}
