package syntax

import (
	"strconv"
	"strings"
)

// edition is what the first comment names, or what the file's own words tell.
func (s *scanner) edition() Edition {
	if len(s.comments) > 0 && (s.tokens[0].Kind == EOF || s.comments[0].Span.Start < s.tokens[0].Span.Start) {
		c := s.comments[0]
		if version, named := pragma(c); named {
			if e := editionOf(version); e != Auto {
				return e
			}
			s.diags.Add(Diagnostic{Kind: ParseError, Title: "unknown edition " + version, Labels: []Label{{Span: c.Span, Text: "an edition is a version of Roto, such as 0.7 or 0.13"}}})
		}
	}
	e := s.detect()
	if !s.hyphens() {
		return e
	}
	for _, c := range s.comments {
		if c.Text[0] == '/' {
			return e
		}
	}
	return Oldest
}

// pragma reads `// roto edition 0.7`.
func pragma(c Comment) (version string, named bool) {
	f := strings.Fields(strings.TrimLeft(c.Text, "#/"))
	if len(f) != 3 || f[0] != "roto" || f[1] != "edition" {
		return "", false
	}
	return f[2], true
}

// editionOf maps a version of Roto, 0.3 to 0.x.
func editionOf(version string) Edition {
	minor, ok := strings.CutPrefix(version, "0.")
	n, err := strconv.Atoi(minor)
	switch {
	case !ok || err != nil || n < 3:
		return Auto
	case n < 5:
		return Oldest
	case n < 11:
		return Legacy
	}
	return Modern
}

// hyphens finds what only the oldest edition has.
func (s *scanner) hyphens() bool {
	for i, t := range s.tokens {
		if t.Kind != Ident || i+3 >= len(s.tokens) {
			continue
		}
		a, b := s.tokens[i+1], s.tokens[i+2]
		switch t.Text {
		case "define", "apply":
			if a.is("{") && i > 0 && (s.tokens[i-1].is("{") || s.tokens[i-1].is("}")) {
				return true
			}
		case "filter", "function":
			if a.is("-") && b.Text == "map" || a.Kind == Ident && b.is("-") && adjacent(a, b) {
				return true
			}
		}
	}
	return false
}

func adjacent(a, b Token) bool { return a.Span.End == b.Span.Start }

// joinNames makes one name with underscores of names joined by hyphens.
func (p *parser) joinNames(tokens []Token) []Token {
	var out []Token
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		start := i
		for t.Kind == Ident && i+2 < len(tokens) && tokens[i+1].is("-") && tokens[i+2].Kind == Ident &&
			adjacent(tokens[i], tokens[i+1]) && adjacent(tokens[i+1], tokens[i+2]) {
			i += 2
		}
		if i > start {
			t.Span.End = tokens[i].Span.End
			t.Text = strings.ReplaceAll(t.Span.Text(), "-", "_")
			if t.Text == "filter_map" {
				t.Text = "filtermap"
			}
			p.edit(t.Span, t.Text)
		}
		out = append(out, t)
	}
	return out
}

// sections reads the define and apply sections of the oldest edition into a
// block: what is defined are its first variables.
func (p *parser) sections(b *Block) {
	section := func(name string) bool {
		if t := p.peek(); t.Text != name || !p.ahead(1).is("{") {
			return false
		}
		from := p.next().Span
		p.edit(from.To(p.next().Span), "")
		return true
	}
	if section("define") {
		for !p.peek().is("}") {
			name := p.ident("an identifier")
			p.edit(Span{p.file, name.Span.Start, name.Span.Start}, "let ")
			p.want("=")
			l := &Let{Name: name, X: p.expr()}
			p.want(";")
			l.Span = p.since(name.Span)
			b.Stmts = append(b.Stmts, l)
		}
		p.edit(p.want("}").Span, "")
	}
	if section("apply") {
		for !p.peek().is("}") {
			if p.peek().Kind == EOF {
				p.expected("`}`")
			}
			p.statement(b)
		}
		p.edit(p.want("}").Span, "")
	}
}

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
