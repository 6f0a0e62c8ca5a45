package syntax

import (
	"fmt"
	"slices"
)

// block reads { … }. A statement that cannot be read is skipped up to its end.
func (p *parser) block() *Block {
	start := p.want("{").Span
	defer func(old bool, depth int) { p.noBrace, p.depth = old, depth }(p.noBrace, p.depth)
	p.deeper()
	p.noBrace = false
	b := &Block{}
	if p.edition == Oldest {
		p.sections(b)
	}
	for !p.peek().is("}") {
		if p.peek().Kind == EOF {
			p.expected("`}`")
		}
		at := p.at
		if !p.tryStatement(b) {
			b.Broken = true
			p.skipStatement(at)
		}
	}
	p.want("}")
	b.Span = p.since(start)
	return b
}

func (p *parser) tryStatement(b *Block) (ok bool) {
	ok = true
	defer func(depth int) { p.depth = depth }(p.depth)
	defer p.caught(&ok)
	p.statement(b)
	return ok
}

// skipStatement moves behind the next semicolon, or to the brace that closes
// the block, minding nesting.
func (p *parser) skipStatement(start int) {
	depth := 0
	for _, t := range p.tokens[start:p.at] {
		depth += braces(t)
	}
	for ; p.peek().Kind != EOF; p.at++ {
		t := p.peek()
		if t.is("}") && depth <= 0 {
			return
		}
		if depth += braces(t); t.is(";") && depth <= 0 || t.is("}") && depth == 0 {
			p.at++
			return
		}
	}
	panic(bail{})
}

func braces(t Token) int {
	switch {
	case t.is("{"):
		return 1
	case t.is("}"):
		return -1
	}
	return 0
}

// statement reads one statement into b, or its tail expression.
func (p *parser) statement(b *Block) {
	if b.Tail != nil {
		p.expected("`;` or `}`")
	}
	t := p.peek()
	switch {
	case t.is("import"):
		b.Imports = append(b.Imports, p.importDecl())
		return
	case t.is("let"):
		b.Stmts = append(b.Stmts, p.let())
		return
	case t.is("if"), t.is("match"), t.is("while"), t.is("for"):
		x := p.atom()
		if p.got(";") || !p.peek().is("}") {
			b.Stmts = append(b.Stmts, x)
			return
		}
		b.Tail = x
		return
	}
	x := p.expr()
	switch {
	case p.got(";"):
		b.Stmts = append(b.Stmts, x)
	case p.peek().is("}"):
		b.Tail = x
	default:
		p.expected("`;` or `}`")
	}
}

func (p *parser) let() Expr {
	word := p.next()
	l := &Let{Name: p.ident("an identifier")}
	if p.got(":") {
		l.Type = p.typ()
	}
	p.want("=")
	l.X = p.expr()
	p.want(";")
	l.Span = p.since(word.Span)
	return l
}

var assignOps = []string{"=", "+=", "-=", "*=", "/=", "%="}

func (p *parser) expr() Expr {
	x := p.binary(1)
	t := p.peek()
	if t.Kind != Punct || !slices.Contains(assignOps, t.Text) {
		return x
	}
	p.next()
	y := p.binary(1)
	target, ok := x.(*Path)
	if !ok {
		p.fail(x.At(), "left-hand side of an assignment must be a single identifier", "cannot assign to this expression",
			"Note: you can only assign to a variable or fields of a variable")
		return x
	}
	return &Assign{target, t.Text[:len(t.Text)-1], t.Span, y}
}

func level(op string) int {
	switch op {
	case "&&", "||":
		return 1
	case "==", "!=", "<", "<=", ">", ">=":
		return 2
	case "+", "-":
		return 3
	case "*", "/", "%":
		return 4
	}
	return 0
}

// binary reads operators of at least the given level.
func (p *parser) binary(least int) Expr {
	if least > 4 {
		return p.power()
	}
	x := p.binary(least + 1)
	var first Token
	for n := 0; ; n++ {
		if n > maxChain {
			p.expected(fmt.Sprintf("at most %d operators in a row", maxChain))
		}
		t := p.peek()
		if t.Kind != Punct || level(t.Text) != least {
			return x
		}
		chained := first.Kind != EOF && (least == 2 || least == 1 && first.Text != t.Text)
		if chained {
			p.fail(t.Span, "`"+t.Text+"` cannot be chained with `"+first.Text+"`", "cannot be chained with `"+first.Text+"`",
				"Note: Try to disambiguate the expression with parentheses.")
		}
		first = p.next()
		if p.edition != Modern && least >= 3 {
			return &Binary{t.Text, t.Span, x, p.binary(least)}
		}
		x = &Binary{t.Text, t.Span, x, p.binary(least + 1)}
	}
}

// power reads the right-associative **, whose sides are prefix expressions.
func (p *parser) power() Expr {
	x := p.unary()
	if t := p.peek(); p.got("**") {
		return &Binary{t.Text, t.Span, x, p.power()}
	}
	return x
}

func (p *parser) unary() Expr {
	p.deeper()
	defer p.shallower()
	t := p.peek()
	switch {
	case p.edition != Modern && p.got("not"):
		p.edit(Span{p.file, t.Span.Start, p.peek().Span.Start}, "!")
		return &Unary{"!", p.unary(), p.since(t.Span)}
	case p.got("!"), p.got("-"):
		x := p.unary()
		return &Unary{t.Text, x, p.since(t.Span)}
	}
	return p.postfix()
}

func (p *parser) postfix() Expr {
	x := p.atom()
	for n := 0; ; n++ {
		if n > maxChain {
			p.expected(fmt.Sprintf("at most %d calls in a row", maxChain))
		}
		t := p.peek()
		switch {
		case p.got("?"):
			x = &Question{x, x.At().To(t.Span)}
		case t.is("("):
			x = p.call(x)
		case p.got("."):
			x = &Select{x, p.ident("an identifier")}
		default:
			return x
		}
	}
}

func (p *parser) call(fn Expr) Expr {
	c := &Call{Fn: fn}
	p.open(func() {
		p.list("(", ")", func() { c.Args = append(c.Args, p.expr()) })
	})
	c.Span = p.since(fn.At())
	return c
}

// open reads inside brackets, where record literals are allowed again.
func (p *parser) open(read func()) {
	old := p.noBrace
	p.noBrace = false
	read()
	p.noBrace = old
}

// head reads the expression before a brace.
func (p *parser) head() Expr {
	old := p.noBrace
	p.noBrace = true
	x := p.expr()
	p.noBrace = old
	return x
}
