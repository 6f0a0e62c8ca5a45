package syntax

func (p *parser) atom() Expr {
	t := p.peek()
	switch t.Kind {
	case Int, Float, Hex, String, Char, ASN, IPv4, IPv6, Bool:
		p.at++
		return &Literal{t}
	case FStart:
		return p.fstring()
	case Ident:
		return p.pathOrRecord()
	}
	switch {
	case t.is("("):
		return p.paren()
	case t.is("["):
		l := &List{}
		p.open(func() { p.list("[", "]", func() { l.Elems = append(l.Elems, p.expr()) }) })
		l.Span = p.since(t.Span)
		return l
	case t.is("{"):
		if p.startsRecord() {
			return p.recordLit(nil)
		}
		return p.block()
	case t.is("accept"), t.is("reject"), t.is("return"):
		return p.exit()
	case t.is("if"):
		return p.ifExpr()
	case t.is("match"):
		return p.match()
	case t.is("while"):
		p.next()
		w := &While{Cond: p.head(), Body: p.block()}
		w.Span = p.since(t.Span)
		return w
	case t.is("for"):
		p.next()
		f := &For{Var: p.ident("an identifier")}
		p.want("in")
		f.In = p.head()
		f.Body = p.block()
		f.Span = p.since(t.Span)
		return f
	case t.is("pkg"), t.is("super"), t.is("dep"), t.is("std"):
		return p.pathOrRecord()
	}
	p.expected("an expression")
	return nil
}

// startsRecord tells `{}` and `{ name :` from a block.
func (p *parser) startsRecord() bool {
	return p.edition != Modern || p.ahead(1).is("}") || p.ahead(1).Kind == Ident && p.ahead(2).is(":")
}

func (p *parser) paren() Expr {
	start := p.next().Span
	if p.got(")") {
		return &Unit{p.since(start)}
	}
	var x Expr
	p.open(func() { x = p.expr() })
	p.want(")")
	return &Paren{x, p.since(start)}
}

func (p *parser) pathOrRecord() Expr {
	path := &Path{[]Name{p.pathItem()}}
	if n := path.Names[0]; n.Text == "LOCALHOSTV4" || n.Text == "LOCALHOSTV6" {
		p.edit(n.Span, "IpAddr."+n.Text)
	}
	for p.peek().is(".") && (p.ahead(1).Kind == Ident || p.ahead(1).is("super") || p.ahead(1).is("pkg")) {
		p.next()
		path.Names = append(path.Names, p.pathItem())
	}
	p.path(path.Names)
	if p.peek().is("{") && !p.noBrace && (p.ahead(1).is("}") || p.ahead(1).Kind == Ident && p.ahead(2).is(":")) {
		return p.recordLit(path)
	}
	return path
}

func (p *parser) recordLit(path *Path) Expr {
	start := p.peek().Span
	if path != nil {
		start = path.At()
	}
	r := &RecordLit{Path: path}
	p.open(func() {
		p.list("{", "}", func() {
			n := p.ident("an identifier")
			p.want(":")
			r.Fields = append(r.Fields, FieldInit{n, p.expr()})
		})
	})
	r.Span = p.since(start)
	return r
}

func (p *parser) fstring() Expr {
	start := p.next().Span
	f := &FString{}
	for {
		t := p.next()
		switch t.Kind {
		case FText:
			if t.Value != "" {
				f.Parts = append(f.Parts, &Literal{Token{Kind: String, Text: t.Text, Value: t.Value, Span: t.Span}})
			}
		case FOpen:
			p.open(func() { f.Parts = append(f.Parts, p.expr()) })
			if p.peek().Kind != FClose {
				p.expected("`}`")
			}
			p.next()
		default:
			f.Span = p.since(start)
			return f
		}
	}
}

func (p *parser) exit() Expr {
	t := p.next()
	e := &Exit{Kind: t.Text}
	if p.startsExpr() {
		e.X = p.binary(1)
	}
	e.Span = p.since(t.Span)
	return e
}

// startsExpr reports whether the next token can begin the operand of accept,
// reject or return.
func (p *parser) startsExpr() bool {
	t := p.peek()
	switch t.Kind {
	case Int, Float, Hex, String, Char, ASN, IPv4, IPv6, Bool, FStart, Ident:
		return true
	case Punct:
		return t.Text == "(" || t.Text == "[" || t.Text == "!" || t.Text == "-" || t.Text == "{" && !p.noBrace
	case Keyword:
		switch t.Text {
		case "if", "match", "accept", "reject", "return", "pkg", "super", "dep", "std", "not":
			return true
		}
	}
	return false
}

func (p *parser) ifExpr() Expr {
	p.deeper()
	defer p.shallower()
	word := p.next()
	x := &If{Cond: p.head(), Then: p.block()}
	if p.got("else") {
		if p.peek().is("if") {
			x.Else = p.ifExpr()
		} else {
			x.Else = p.block()
		}
	}
	x.Span = p.since(word.Span)
	return x
}

func (p *parser) match() Expr {
	word := p.next()
	m := &Match{X: p.head()}
	p.want("{")
	p.open(func() {
		for !p.peek().is("}") {
			m.Arms = append(m.Arms, p.arm())
		}
	})
	p.want("}")
	m.Span = p.since(word.Span)
	return m
}

func (p *parser) arm() Arm {
	var a Arm
	switch {
	case p.startsValue():
		a.Values = append(a.Values, p.patternValue())
		for p.edition == Modern && p.got("|") {
			a.Values = append(a.Values, p.patternValue())
		}
	default:
		a.Variant = p.ident("a pattern")
		if p.peek().is("(") {
			a.HasArgs = true
			p.list("(", ")", func() { p.patternField(&a) })
		}
	}
	arrow, guard := "=>", "if"
	if p.edition != Modern {
		arrow, guard = "->", "|"
	}
	if t := p.peek(); p.got(guard) {
		p.edit(t.Span, "if")
		a.Guard = p.expr()
	}
	p.edit(p.want(arrow).Span, "=>")
	if p.peek().is("{") && !p.recordArm() {
		a.Body = p.block()
		p.got(",")
		return a
	}
	a.Body = p.expr()
	if !p.got(",") && !p.peek().is("}") {
		p.expected("`,` or `}`")
	}
	return a
}

// patternField reads a name or a value in the parentheses of a pattern.
func (p *parser) patternField(a *Arm) {
	if !p.startsValue() {
		a.Fields = append(a.Fields, p.ident("an identifier"))
		a.Tests = append(a.Tests, nil)
		return
	}
	v := p.patternValue()
	a.Fields = append(a.Fields, Name{"_", v.At()})
	a.Tests = append(a.Tests, v)
}

// startsValue reports whether the next token begins a value in a pattern.
func (p *parser) startsValue() bool {
	switch t := p.peek(); t.Kind {
	case Int, Float, Hex, String, Char, ASN, IPv4, IPv6, Bool:
		return true
	case Punct:
		return t.Text == "-"
	}
	return false
}

// patternValue reads a literal, with a minus sign or a prefix length.
func (p *parser) patternValue() Expr {
	if t := p.peek(); p.got("-") {
		return &Unary{"-", &Literal{p.next()}, p.since(t.Span)}
	}
	x := &Literal{p.next()}
	if t := p.peek(); (x.Token.Kind == IPv4 || x.Token.Kind == IPv6) && p.got("/") {
		if p.peek().Kind != Int {
			p.expected("a prefix length")
		}
		return &Binary{"/", t.Span, x, &Literal{p.next()}}
	}
	return x
}

// recordArm tells a record literal as an arm from a block.
func (p *parser) recordArm() bool {
	return p.ahead(1).Kind == Ident && p.ahead(2).is(":")
}
