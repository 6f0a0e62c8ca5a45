package lsp

import (
	"strings"
	"unicode"

	"example.com/rotonda/roto"
	"example.com/rotonda/roto/syntax"
)

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
	for _, item := range s.declares(strings.TrimSuffix(before, typed)) {
		if strings.HasPrefix(item.Label, typed) {
			out = append(out, item)
		}
	}
	if len(out) > 0 {
		return out, nil // a name that is new: nothing else can stand there
	}
	sources := s.script(d).sources
	mended := mend(d.text.s, off, off)
	var found []roto.Symbol
	for _, text := range []string{d.text.s, mended[0], mended[1]} {
		if found, err = s.rt.Complete(d.path, text, off, sources...); err != nil {
			return nil, err
		}
		if len(found) > 0 {
			break
		}
	}
	for _, sym := range found {
		out = append(out, completionItem{Label: sym.Name, Kind: kinds(sym.Kind).completion, Detail: sym.Text, Documentation: documentation(sym)})
	}
	if !strings.HasSuffix(strings.TrimSuffix(before, typed), ".") {
		for _, w := range syntax.Keywords(syntax.Modern) {
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
