package lsp

import "slices"

type object map[string]any

// initialize agrees on the unit of columns and says what we can do. UTF-8 is what
// we count in ourselves, so it is taken where offered; UTF-16 is always there.
func (s *Server) initialize(p initializeParams) (any, error) {
	if s.state != created {
		return nil, failf(codeInvalidRequest, "initialize comes once")
	}
	s.state = running
	if slices.Contains(p.Capabilities.General.PositionEncodings, string(utf8Units)) {
		s.units = utf8Units
	}
	formats := p.Capabilities.TextDocument.Hover.ContentFormat
	s.markdown = len(formats) == 0 || slices.Contains(formats, "markdown")
	s.tree = p.Capabilities.TextDocument.DocumentSymbol.Hierarchical
	return object{
		"capabilities": object{
			"positionEncoding":           s.units,
			"textDocumentSync":           object{"openClose": true, "change": 2, "save": object{"includeText": false}},
			"hoverProvider":              true,
			"completionProvider":         object{"triggerCharacters": []string{"."}},
			"signatureHelpProvider":      object{"triggerCharacters": []string{"(", ","}},
			"definitionProvider":         true,
			"referencesProvider":         true,
			"documentHighlightProvider":  true,
			"renameProvider":             object{"prepareProvider": true},
			"documentSymbolProvider":     true,
			"documentFormattingProvider": true,
			"semanticTokensProvider":     object{"full": true, "legend": object{"tokenTypes": tokenTypes(), "tokenModifiers": tokenModifiers()}},
			"codeActionProvider":         object{"codeActionKinds": []string{quickFix, migrate}},
		},
		"serverInfo": object{"name": "roto lsp"},
	}, nil
}

func (s *Server) shutdown(struct{}) (any, error) {
	s.state = shut
	s.quiet.Stop()
	return nil, nil
}
