package syntax

import "strings"

// detect decides the edition of a scanned file from its own evidence; a file
// with none is modern. Proof of both is reported.
func (s *scanner) detect() Edition {
	legacy, modern := s.evidence()
	if legacy.File != nil && modern.File != nil {
		if legacy.Text() == "#" || s.src[modern.Start] != '/' {
			// A comment settles a file: the other sign is then an ordinary error.
			legacy, modern = s.settle(legacy, modern)
		}
	}
	if legacy.File != nil && modern.File == nil {
		return Legacy
	}
	return Modern
}

// settle lets the comment marker decide and reports the other sign.
func (s *scanner) settle(legacy, modern Span) (Span, Span) {
	hash, slash := false, false
	for _, c := range s.comments {
		hash = hash || c.Text[0] == '#'
		slash = slash || c.Text[0] == '/'
	}
	if hash && !slash && !strings.HasPrefix(modern.Text(), "=>") {
		return legacy, Span{}
	}
	return Span{}, modern
}

// evidence finds the first sign of each dialect. Only signs that cannot occur
// in a valid file of the other one count.
func (s *scanner) evidence() (legacy, modern Span) {
	note := func(to *Span, at Span) {
		if to.File == nil {
			*to = at
		}
	}
	for _, c := range s.comments {
		if c.Text[0] == '#' {
			note(&legacy, Span{c.Span.File, c.Span.Start, c.Span.Start + 1})
		} else {
			note(&modern, c.Span)
		}
	}
	depth := 0
	for i, t := range s.tokens {
		next := func(k int) Token { return s.tokens[min(i+k, len(s.tokens)-1)] }
		switch {
		case t.is("{"):
			depth++
		case t.is("}"):
			depth--
		case t.is("=>"), t.is("!") && next(1).Kind != Punct, t.is("%"):
			note(&modern, t.Span)
		case t.Kind == Ident && t.Text == "not" && (next(1).Kind == Ident || next(1).is("(")):
			if i > 0 && (s.tokens[i-1].is("(") || s.tokens[i-1].Text == "if" || s.tokens[i-1].is("&&") || s.tokens[i-1].is("||") || s.tokens[i-1].is("=")) {
				note(&legacy, t.Span)
			}
		case t.Kind == Ident && depth == 0 && next(1).Kind == Ident && (next(2).is("{") || next(2).is("(") || next(2).is(":")):
			switch t.Text {
			case "type", "variant", "function":
				note(&legacy, t.Span)
			case "record", "enum", "const":
				note(&modern, t.Span)
			}
		}
	}
	return legacy, modern
}
