package lsp

import (
	"strings"

	"example.com/rotonda/roto"
)

// Hook is a function that the host calls where a script declares it.
type Hook struct {
	Name      string
	Signature string // its declaration: "filter rib_in_pre(route: Route)"
	Doc       string
}

// hook returns what the host says of a function of its name.
func (s *Server) hook(sym roto.Symbol) (Hook, bool) {
	for _, h := range s.hooks {
		if h.Name == sym.Name && (sym.Kind == "filter" || sym.Kind == "function") && sym.Def.File != nil {
			return h, true
		}
	}
	return Hook{}, false
}

// declares lists the hooks that can be declared where a text ends in `fn` or
// `filter`, with the rest of their declaration.
func (s *Server) declares(before string) []completionItem {
	words := strings.Fields(before)
	if len(words) == 0 || !strings.HasSuffix(before, " ") {
		return nil
	}
	var out []completionItem
	for _, h := range s.hooks {
		if rest, ok := strings.CutPrefix(h.Signature, words[len(words)-1]+" "); ok {
			out = append(out, completionItem{Label: h.Name, Kind: 3, Detail: h.Signature, Documentation: documentation(roto.Symbol{Doc: h.Doc}), InsertText: rest})
		}
	}
	return out
}
