package syntax

func (p *parser) decl() Decl {
	t := p.peek()
	switch {
	case t.is("fn"), t.is("function"), t.is("filter"), t.is("filtermap"):
		return p.function()
	case t.is("test"):
		return p.test()
	case t.is("const"):
		return p.constant()
	case t.is("record"), t.is("type"):
		return p.record()
	case t.is("enum"), t.is("variant"):
		return p.enum()
	case t.is("import"):
		return p.importDecl()
	}
	p.expected("a function, filter, filtermap or import")
	return nil
}

func (p *parser) function() Decl {
	word := p.next()
	if word.Text == "function" {
		p.edit(word.Span, "fn")
	}
	f := &Func{Name: p.ident("an identifier")}
	if word.Text == "filter" || word.Text == "filtermap" {
		f.Kind = FilterFunc
	} else {
		f.Types = p.typeParams()
	}
	p.list("(", ")", func() { f.Params = append(f.Params, p.field()) })
	if p.peek().is("->") && f.Kind == PlainFunc {
		p.next()
		f.Result = p.typ()
	}
	f.Body = p.block()
	f.Span = p.since(word.Span)
	return f
}

func (p *parser) test() Decl {
	word := p.next()
	f := &Func{Kind: TestFunc, Name: p.ident("an identifier")}
	f.Body = p.block()
	f.Span = p.since(word.Span)
	return f
}

func (p *parser) field() Param {
	n := p.ident("an identifier")
	p.want(":")
	return Param{n, p.typ()}
}

func (p *parser) constant() Decl {
	word := p.next()
	c := &Const{Name: p.ident("an identifier")}
	p.want(":")
	c.Type = p.typ()
	p.want("=")
	c.Value = p.expr()
	p.want(";")
	c.Span = p.since(word.Span)
	return c
}

func (p *parser) typeParams() (names []Name) {
	if p.peek().is("[") {
		p.list("[", "]", func() { names = append(names, p.ident("an identifier")) })
	}
	return names
}

func (p *parser) record() Decl {
	word := p.next()
	p.edit(word.Span, "record")
	r := &Record{Name: p.ident("an identifier"), Params: p.typeParams()}
	p.list("{", "}", func() { r.Fields = append(r.Fields, p.field()) })
	r.Span = p.since(word.Span)
	return r
}

func (p *parser) enum() Decl {
	word := p.next()
	p.edit(word.Span, "enum")
	e := &Enum{Name: p.ident("an identifier"), Params: p.typeParams()}
	p.list("{", "}", func() {
		v := Variant{Name: p.ident("an identifier")}
		if p.peek().is("(") {
			p.list("(", ")", func() { v.Fields = append(v.Fields, p.typ()) })
		}
		e.Variants = append(e.Variants, v)
	})
	e.Span = p.since(word.Span)
	return e
}

func (p *parser) importDecl() *Import {
	word := p.next()
	im := &Import{}
	p.importPath(im, nil)
	p.want(";")
	for _, names := range im.Paths {
		p.path(names)
	}
	im.Span = p.since(word.Span)
	return im
}

// importPath reads one path; a list in braces ends it in several ways.
func (p *parser) importPath(im *Import, head []Name) {
	for {
		if p.peek().is("{") {
			p.deeper()
			defer p.shallower()
			p.list("{", "}", func() { p.importPath(im, head[:len(head):len(head)]) })
			return
		}
		head = append(head, p.pathItem())
		if !p.got(".") {
			im.Paths = append(im.Paths, head)
			return
		}
	}
}

// pathItem is a name or one of the words that may stand in a path.
func (p *parser) pathItem() Name {
	if t := p.peek(); t.is("pkg") || t.is("super") || t.is("dep") || t.is("std") {
		p.at++
		return Name{t.Text, t.Span}
	}
	return p.ident("an identifier")
}

func (p *parser) typ() TypeExpr {
	p.deeper()
	defer p.shallower()
	start := p.peek().Span
	t := p.typeAtom()
	for p.got("?") {
		t = &OptionType{t, p.since(start)}
	}
	return t
}

func (p *parser) typeAtom() TypeExpr {
	t := p.peek()
	switch {
	case p.got("!"):
		return &NeverType{t.Span}
	case p.got("("):
		p.want(")")
		return &UnitType{p.since(t.Span)}
	case t.is("{"):
		r := &RecordType{}
		p.list("{", "}", func() { r.Fields = append(r.Fields, p.field()) })
		r.Span = p.since(t.Span)
		return r
	}
	n := &NamedType{Path: []Name{p.typeName()}}
	switch n.Path[0].Text {
	case "Unit":
		p.edit(t.Span, "()")
	case "Optional":
		p.edit(t.Span, "Option")
	}
	for p.got(".") {
		n.Path = append(n.Path, p.pathItem())
	}
	p.path(n.Path)
	if p.peek().is("[") {
		p.list("[", "]", func() { n.Args = append(n.Args, p.typ()) })
	}
	n.Span = p.since(t.Span)
	return n
}

func (p *parser) typeName() Name {
	if t := p.peek(); t.Kind != Ident && t.Kind != Keyword {
		p.expected("a type")
	}
	return p.pathItem()
}

// Signature is the written type of a host function.
type Signature struct {
	TypeParams []Name
	Params     []Param
	Result     TypeExpr // nil: ()
}

// ParseSignature reads `fn[T](name: Type, …) -> Type`, the form in which hosts
// describe generic functions.
func ParseSignature(text string) (Signature, *Diagnostics) {
	var diags Diagnostics
	file := NewFile("signature", text)
	s := &scanner{file: file, src: text, diags: &diags}
	s.scan()
	for i, t := range s.tokens {
		if t.Kind == Ident && keyword(t.Text, Modern) {
			s.tokens[i].Kind = Keyword
		}
	}
	p := &parser{file: file, tokens: s.tokens, edition: Modern, diags: &diags}
	var sig Signature
	ok := true
	func() {
		defer p.caught(&ok)
		p.want("fn")
		sig.TypeParams = p.typeParams()
		p.list("(", ")", func() { sig.Params = append(sig.Params, p.field()) })
		if p.got("->") {
			sig.Result = p.typ()
		}
	}()
	return sig, &diags
}
