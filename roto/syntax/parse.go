package syntax

import (
	"fmt"
	"slices"
)

// parser reads declarations and expressions from the tokens of one file. After
// an error it skips to the next statement or declaration, so that one mistake
// hides no other.
type parser struct {
	file    *File
	tokens  []Token
	at      int
	edition Edition
	diags   *Diagnostics
	hint    Token // the last word that is a keyword elsewhere
	depth   int   // of nesting
	noBrace bool  // in a head, where `Name {` is no record literal
	edits   []Edit
	deps    []Name
}

// bail is thrown by an error and caught where parsing can go on.
type bail struct{}

// Parse reads one file. The tree holds what could be read; complaints are
// added to diags. Edition [Auto] detects.
func Parse(file *File, edition Edition, diags *Diagnostics) *Tree {
	s := &scanner{file: file, src: file.Text, diags: diags}
	s.scan()
	if edition == Auto {
		edition = s.edition()
	}
	p := &parser{file: file, edition: edition, diags: diags}
	if edition == Oldest {
		s.tokens = p.joinNames(s.tokens)
	}
	for i, t := range s.tokens {
		switch {
		case t.Kind != Ident:
		case keyword(t.Text, edition):
			s.tokens[i].Kind = Keyword
		case keyword(t.Text, Modern): // a name then, reserved now
			p.edit(t.Span, t.Text+"_")
		}
	}
	if edition == Modern {
		for _, c := range s.comments {
			if c.Text[0] == '#' {
				diags.Add(Diagnostic{Kind: ParseError, Title: "unexpected `#`", Labels: []Label{{Span{file, c.Span.Start, c.Span.Start + 1}, "a comment starts with `//`"}},
					Notes: []string{"Help: Use `//` for comments instead of `#`"}, Suggest: "//"})
				break
			}
		}
	}
	p.tokens = s.tokens
	tree := &Tree{File: file, Edition: edition, Comments: s.comments}
	for p.peek().Kind != EOF {
		start := p.at
		p.depth = 0
		if d := p.tryDecl(); d != nil {
			tree.Decls = append(tree.Decls, d)
			continue
		}
		p.skipToDecl(start)
	}
	tree.edits, tree.Deps = p.edits, p.deps
	if edition != Modern {
		for _, d := range tree.Decls {
			lintChains(d, diags)
		}
	}
	return tree
}

// path notes the dependency that a path begins with.
func (p *parser) path(names []Name) {
	if len(names) > 1 && names[0].Text == "dep" {
		p.deps = append(p.deps, names[1])
	}
}

// edit notes what Migrate has to replace.
func (p *parser) edit(at Span, text string) {
	if p.edition != Modern {
		p.edits = append(p.edits, Edit{at, text})
	}
}

func (p *parser) peek() Token       { return p.tokens[p.at] }
func (p *parser) ahead(n int) Token { return p.tokens[min(p.at+n, len(p.tokens)-1)] }

func (p *parser) next() Token {
	t := p.tokens[p.at]
	if t.Kind == Ident {
		if _, ok := almost[t.Text]; ok {
			p.hint = t
		}
	}
	if t.Kind != EOF {
		p.at++
	}
	return t
}

// got consumes the token if it is this punctuation or keyword.
func (p *parser) got(text string) bool {
	if p.peek().is(text) {
		p.at++
		return true
	}
	return false
}

func (p *parser) want(text string) Token {
	if t := p.peek(); t.is(text) {
		return p.next()
	}
	p.expected("`" + text + "`")
	return Token{}
}

// expected reports that something else was wanted here, and gives up the
// current statement.
func (p *parser) expected(what string) {
	t := p.peek()
	d := Diagnostic{Kind: ParseError, Title: "expected " + what + " but got '" + t.Text + "'", Labels: []Label{{t.Span, "expected " + what}}}
	if t.Kind == EOF {
		d.Title, d.Labels[0].Text = "unexpected end of input", "expected "+what
	}
	if t.Kind == Keyword && (what == "an identifier" || what == "a pattern") {
		d.Notes = append(d.Notes, "Note: `"+t.Text+"` is a keyword and cannot be used as an identifier.")
	}
	hint := p.hint
	if _, ok := almost[t.Text]; ok && t.Kind == Ident {
		hint = t
	}
	if hint.Kind == Ident {
		text := "`" + hint.Text + "` is not a valid keyword."
		if right := almost[hint.Text]; right != "" {
			text += " You probably meant `" + right + "`."
			if hint.Span == t.Span {
				d.Suggest = right
			}
		}
		d.Labels = append(d.Labels, Label{hint.Span, text})
		p.hint = Token{}
	} else {
		p.misspelt(&d)
	}
	if t.is("/*") || t.is("--") {
		d.Notes = append(d.Notes, "Help: Use `//` for comments instead of `"+t.Text+"`")
	}
	p.diags.Add(d)
	if p.diags.Full() {
		p.at = len(p.tokens) - 1
	}
	panic(bail{})
}

// misspelt adds the keyword that the word here, or the one before it, may be meant
// to be.
func (p *parser) misspelt(d *Diagnostic) {
	for _, t := range []Token{p.peek(), p.tokens[max(p.at-1, 0)]} {
		if t.Kind != Ident || len(t.Text) < 2 {
			continue
		}
		if near := Nearest(t.Text, Keywords(p.edition)); near != "" {
			d.Notes = append(d.Notes, "Help: did you mean `"+near+"` by `"+t.Text+"`?")
			if t.Span == p.peek().Span {
				d.Suggest = near
			}
			return
		}
	}
}

// maxDepth bounds nesting, and maxChain runs of operators, so that no text can
// exhaust the stack of this or a later stage.
const (
	maxDepth = 250
	maxChain = 2000
)

// deeper enters a level of nesting; the caller leaves it with shallower.
func (p *parser) deeper() {
	if p.depth++; p.depth > maxDepth {
		p.expected(fmt.Sprintf("at most %d levels of nesting", maxDepth))
	}
}

func (p *parser) shallower() { p.depth-- }

func (p *parser) fail(at Span, title, label string, notes ...string) {
	p.diags.Add(Diagnostic{Kind: ParseError, Title: title, Labels: []Label{{at, label}}, Notes: notes})
}

// caught turns a bail into false; other panics go on.
func (p *parser) caught(ok *bool) {
	if r := recover(); r != nil {
		if _, mine := r.(bail); !mine {
			panic(r)
		}
		*ok = false
		p.noBrace = false
	}
}

func (p *parser) tryDecl() (d Decl) {
	ok := true
	defer func() {
		if !ok {
			d = nil
		}
	}()
	defer p.caught(&ok)
	return p.decl()
}

var declWords = []string{"fn", "filter", "filtermap", "const", "record", "enum", "test", "import", "type", "variant", "function"}

// skipToDecl moves to a word that starts a declaration at the start of a line.
func (p *parser) skipToDecl(start int) {
	if p.at == start && p.peek().Kind != EOF {
		p.at++
	}
	for ; p.peek().Kind != EOF; p.at++ {
		t := p.peek()
		if t.Span.Position().Column == 1 && (t.Kind == Keyword || t.Kind == Ident) && slices.Contains(declWords, t.Text) {
			return
		}
	}
}

func (p *parser) ident(what string) Name {
	if t := p.peek(); t.Kind == Ident {
		p.at++
		return Name{t.Text, t.Span}
	}
	p.expected(what)
	return Name{}
}

// list parses elements between two marks, separated by commas; a trailing
// comma is fine.
func (p *parser) list(open, close string, elem func()) {
	p.want(open)
	for !p.peek().is(close) {
		elem()
		if !p.got(",") && !p.peek().is(close) {
			p.expected("`,` or `" + close + "`")
		}
	}
	p.want(close)
}

// since returns the span from a start to the token just consumed.
func (p *parser) since(start Span) Span { return start.To(p.tokens[max(p.at-1, 0)].Span) }
