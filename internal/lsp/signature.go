package lsp

import (
	"strings"

	"example.com/rotonda/roto"
)

// signatureHelp shows the parameters of the call that a place is within.
func (s *Server) signatureHelp(p placeParams) (any, error) {
	d, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	open, argument, ok := call(d.text.s[:off])
	if !ok {
		return nil, nil
	}
	end := len(strings.TrimRight(d.text.s[:open], " \t"))
	start := wordBefore(d.text.s, end)
	if start == end {
		return nil, nil
	}
	sym, ok := s.callee(d, start, end, open, off)
	if !ok {
		return nil, nil
	}
	parameters := parametersOf(sym.Text)
	if len(parameters) > 0 && strings.HasPrefix(parameters[0].Label, "self: ") && s.onValue(d, start) {
		argument++ // the receiver stands before the dot
	}
	return signatureHelp{
		Signatures:      []signature{{sym.Text, documentation(sym), parameters}},
		ActiveParameter: argument,
	}, nil
}

// callee finds what is called by the name at a piece of a text. The call is being
// typed and mostly does not parse yet, so it is asked for as a completion in a
// text without its arguments.
func (s *Server) callee(d *document, start, end, open, off int) (roto.Symbol, bool) {
	c := s.script(d)
	rest, closed := closing(d.text.s, open+1)
	if closed {
		rest++
	}
	mended := mend(d.text.s, end, off)
	for _, text := range []string{d.text.s[:end] + d.text.s[rest:], mended[0], mended[1]} {
		found, err := s.rt.Complete(d.path, text, end, c.sources...)
		if err != nil {
			return roto.Symbol{}, false
		}
		for _, sym := range found {
			if sym.Name == d.text.s[start:end] && strings.Contains(sym.Text, "(") && sym.Kind != "test" {
				return sym, true
			}
		}
	}
	return roto.Symbol{}, false
}

// onValue reports whether the name at a byte is asked of a value, and not of a
// type as in `Prefix.len(p)`.
func (s *Server) onValue(d *document, start int) bool {
	before, dotted := strings.CutSuffix(d.text.s[:start], ".")
	if !dotted {
		return false
	}
	from := wordBefore(before, len(before))
	if from == len(before) {
		return true // of a call or a literal
	}
	found, err := s.rt.Complete(d.path, before+d.text.s[len(before)+1:], len(before), s.script(d).sources...)
	for _, sym := range found {
		if sym.Name == before[from:] {
			return sym.Kind != "type" && sym.Kind != "record" && sym.Kind != "enum" && sym.Kind != "module"
		}
	}
	return err == nil && !strings.ContainsAny(before[from:from+1], "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
}

// parametersOf cuts a declaration at the commas between its round brackets.
func parametersOf(declaration string) []parameter {
	out := []parameter{}
	open := strings.IndexByte(declaration, '(')
	if open < 0 {
		return out
	}
	depth, start := 0, open+1
	add := func(end int) {
		if p := strings.TrimSpace(declaration[start:end]); p != "" {
			out = append(out, parameter{p})
		}
		start = end + 1
	}
	for i := open; i < len(declaration); i++ {
		switch declaration[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth--; depth == 0 {
				add(i)
				return out
			}
		case ',':
			if depth == 1 {
				add(i)
			}
		}
	}
	return out
}
