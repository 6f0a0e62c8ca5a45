package lsp

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// keywords are the reserved words of today's Roto, and the two names of truth.
func keywords() []string {
	return []string{
		"accept", "const", "dep", "else", "enum", "false", "filter", "filtermap", "fn", "for", "if", "import", "in", "let", "match",
		"pkg", "record", "reject", "return", "std", "super", "test", "true", "while",
	}
}

// completion lists what can stand at a place: names in scope and keywords, or
// after a dot the members of what stands before it.
func (s *Server) completion(p placeParams) (any, error) {
	d, off, err := s.place(p)
	if err != nil {
		return nil, err
	}
	before := d.text.s[:off]
	typed := before[len(strings.TrimRightFunc(before, named)):]
	out := []completionItem{}
	if comment(d.text, off) {
		return out, nil
	}
	found, err := s.rt.Complete(d.path, d.text.s, off, s.script(d).sources...)
	if err != nil {
		return nil, err
	}
	for _, sym := range found {
		out = append(out, completionItem{sym.Name, kinds(sym.Kind).completion, sym.Text, documentation(sym)})
	}
	if !strings.HasSuffix(strings.TrimSuffix(before, typed), ".") {
		for _, w := range keywords() {
			if strings.HasPrefix(w, typed) {
				out = append(out, completionItem{Label: w, Kind: 14})
			}
		}
	}
	return out, nil
}

// comment reports whether a place is behind a comment mark at the start of its line.
func comment(t *text, off int) bool {
	start, _ := t.line(t.position(off, utf8Units).Line)
	return strings.HasPrefix(strings.TrimLeft(t.s[start:max(off, start)], " \t"), "//")
}

// named reports whether a character can be in a name.
func named(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordBefore returns where the name starts that ends at a byte.
func wordBefore(s string, end int) int { return len(strings.TrimRightFunc(s[:end], named)) }

// closing finds the bracket that closes what is open at a byte, or the end of the
// line where none does: what is being typed is rarely whole.
func closing(s string, from int) (end int, closed bool) {
	depth := 0
	for i := from; i < len(s); {
		c := s[i]
		switch {
		case c == '"':
			i = afterText(s, i)
			continue
		case c == '\'':
			i = afterCharacter(s, i)
			continue
		case c == '(' || c == '[' || c == '{':
			depth++
		case (c == ')' || c == ']' || c == '}') && depth == 0:
			return i, c == ')'
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == '\n' && depth == 0, c == ';' && depth == 0:
			return i, false
		}
		_, n := utf8.DecodeRuneInString(s[i:])
		i += n
	}
	return len(s), false
}

// afterText returns the end of the text literal that starts at a byte.
func afterText(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// afterCharacter returns the end of the character literal that starts at a byte,
// or the byte after it where it is none.
func afterCharacter(s string, i int) int {
	line, _, _ := strings.Cut(s[i+1:], "\n")
	if strings.HasPrefix(line, "\\") && len(line) > 2 {
		if n := strings.IndexByte(line[2:], '\''); n >= 0 {
			return i + n + 4
		}
	}
	if _, n := utf8.DecodeRuneInString(line); n > 0 && strings.HasPrefix(line[n:], "'") {
		return i + n + 2
	}
	return i + 1
}
