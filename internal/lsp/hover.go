package lsp

import (
	"strings"

	"example.com/rotonda/roto"
)

// hover shows the declaration of what is named at a place, and what is said of it.
func (s *Server) hover(p placeParams) (any, error) {
	_, _, sym, ok, err := s.symbol(p)
	if err != nil || !ok {
		return nil, err
	}
	if hook, ok := s.hook(sym); ok {
		sym.Doc = strings.TrimPrefix(sym.Doc+"\n\nA hook. "+hook.Doc, "\n\n")
	}
	h := hover{Range: s.rangeOf(sym.Span)}
	if !s.markdown {
		h.Contents = markup{"plaintext", sym.Text}
		if sym.Doc != "" {
			h.Contents.Value += "\n\n" + sym.Doc
		}
		return h, nil
	}
	h.Contents = markup{"markdown", "```roto\n" + sym.Text + "\n```"}
	if sym.Doc != "" {
		h.Contents.Value += "\n\n" + sym.Doc
	}
	return h, nil
}

// documentation is the text beside a completion or a signature.
func documentation(sym roto.Symbol) *markup {
	if sym.Doc == "" {
		return nil
	}
	return &markup{"markdown", sym.Doc}
}
