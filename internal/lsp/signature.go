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
	sym, ok := s.callee(d, start, end, off)
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
func (s *Server) callee(d *document, start, end, off int) (roto.Symbol, bool) {
	rest, closed := closing(d.text.s, off)
	if closed {
		rest++
	}
	c := s.script(d)
	found, err := s.rt.Complete(d.path, d.text.s[:end]+d.text.s[rest:], end, c.sources...)
	if err != nil {
		return roto.Symbol{}, false
	}
	for _, sym := range found {
		if sym.Name == d.text.s[start:end] && strings.Contains(sym.Text, "(") && sym.Kind != "test" {
			return sym, true
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

// call finds the bracket of the innermost call that a text ends within, and which
// of its arguments, from 0.
func call(s string) (open, argument int, ok bool) {
	type level struct {
		at, commas int
		call       bool
	}
	stack := []level{{at: -1}}
	for i := 0; i < len(s); i++ {
		top := &stack[len(stack)-1]
		switch s[i] {
		case '"':
			i = afterText(s, i) - 1
		case '\'':
			i = afterCharacter(s, i) - 1
		case '/', '#':
			if s[i] == '#' || strings.HasPrefix(s[i:], "//") {
				n := strings.IndexByte(s[i:], '\n')
				if n < 0 {
					return 0, 0, false
				}
				i += n
			}
		case '(', '[', '{':
			stack = append(stack, level{at: i, call: s[i] == '('})
		case ')', ']', '}':
			if len(stack) > 1 {
				stack = stack[:len(stack)-1]
			}
		case ',':
			top.commas++
		}
	}
	top := stack[len(stack)-1]
	return top.at, top.commas, top.call
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
