package syntax

import "strings"

// short reports whether a block may stay on one line: it was written so and has
// at most one thing in it.
func (f *formatter) short(b *Block) bool {
	n := len(b.Stmts) + len(b.Imports)
	if b.Tail != nil {
		n++
	}
	return n <= 1 && !strings.Contains(f.src[b.Span.Start:b.Span.End], "\n")
}

// block lays out { … } on one line where it may and fits.
func (f *formatter) block(b *Block) layout { return group{of: f.blockOf(b, f.short(b))} }

// blockOf lays out a block whose lines break with the group around it, or always.
func (f *formatter) blockOf(b *Block, oneLine bool) layout {
	things := make([]thing, 0, len(b.Stmts)+len(b.Imports)+1)
	for _, im := range b.Imports {
		things = append(things, thing{im.Span, func() layout { return f.importDecl(im) }})
	}
	for _, s := range b.Stmts {
		things = append(things, thing{f.statementSpan(s), func() layout { return f.statement(s) }})
	}
	sortThings(things)
	if b.Tail != nil {
		things = append(things, thing{b.Tail.At(), func() layout { return f.expr(b.Tail) }})
	}
	f.end = max(f.end, b.Span.Start+1)
	if len(things) == 0 && !f.commentBefore(b.Span.End) {
		f.end = b.Span.End
		return words("{}")
	}
	if oneLine && len(things) == 1 {
		x := things[0].lay()
		f.end = b.Span.End
		return joined{words("{"), nested{joined{space, x}}, space, words("}")}
	}
	open := f.trailing(f.firstStart(things, b.Span.End))
	inside := f.items(len(things), b.Span.End, func(i int) Span { return things[i].at }, func(i int) layout { return things[i].lay() })
	f.end = b.Span.End
	out := joined{words("{")}
	out = append(out, open...)
	return append(out, nested{joined{newline{}, inside}}, newline{}, words("}"))
}

// thing is a statement, import or tail of a block.
type thing struct {
	at  Span
	lay func() layout
}

func sortThings(list []thing) {
	for i := range list {
		for j := i; j > 0 && list[j].at.Start < list[j-1].at.Start; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
}

func (f *formatter) firstStart(things []thing, end int32) int32 {
	if len(things) > 0 {
		return things[0].at.Start
	}
	return end
}

// statementSpan includes the semicolon.
func (f *formatter) statementSpan(s Expr) Span {
	at := s.At()
	for end := at.End; int(end) < len(f.src); end++ {
		switch f.src[end] {
		case ';':
			at.End = end + 1
			return at
		case ' ', '\t', '\r', '\n':
			continue
		}
		break
	}
	return at
}

// statement lays out a statement with its semicolon, which loops and conditionals
// have only where one was written.
func (f *formatter) statement(s Expr) layout {
	switch s := s.(type) {
	case *Let:
		head := joined{words("let " + s.Name.Text)}
		if s.Type != nil {
			head = append(head, words(": "), f.typ(s.Type))
		}
		return group{of: append(head, words(" = "), f.expr(s.X), words(";"))}
	case *If, *Match, *While, *For:
		span := f.statementSpan(s)
		x := f.expr(s)
		if strings.HasSuffix(span.Text(), ";") {
			return joined{x, words(";")}
		}
		return x
	}
	return joined{f.expr(s), words(";")}
}

// head lays out what begins with a word, an expression and a block.
func (f *formatter) head(word string, x Expr, body *Block) layout {
	return joined{words(word), group{of: nested{f.expr(x)}}, words(" "), f.block(body)}
}

func (f *formatter) expr(x Expr) layout {
	switch x := x.(type) {
	case *Unit:
		return words("()")
	case *Path:
		return words(pathText(x))
	case *Select, *Call, *Question:
		return f.chain(x)
	case *Unary:
		if x.Op == "!" && strings.HasPrefix(x.Span.Text(), "not") {
			return joined{words("not "), f.expr(x.X)}
		}
		if inner, ok := x.X.(*Unary); ok && x.Op == "-" && inner.Op == "-" {
			return joined{words("- "), f.expr(x.X)} // -- is another word
		}
		return joined{words(x.Op), f.expr(x.X)}
	case *Binary:
		return f.binary(x)
	case *Paren:
		return group{of: joined{words("("), nested{joined{soft, f.expr(x.X)}}, soft, words(")")}}
	case *Assign:
		return group{of: joined{words(pathText(x.Target) + " " + x.Op + "= "), f.expr(x.Y)}}
	case *List:
		return f.list("[", "]", x.Span.End, len(x.Elems), func(i int) Span { return x.Elems[i].At() }, func(i int) layout { return f.expr(x.Elems[i]) })
	case *RecordLit:
		return f.record(x)
	case *Block:
		return f.block(x)
	case *If:
		return f.conditional(x)
	case *Match:
		return f.match(x)
	case *While:
		return f.head("while ", x.Cond, x.Body)
	case *For:
		return f.head("for "+x.Var.Text+" in ", x.In, x.Body)
	case *Exit:
		if x.X == nil {
			return words(x.Kind)
		}
		return joined{words(x.Kind + " "), f.expr(x.X)}
	}
	return words(x.At().Text()) // literals and f-strings stay as they are
}

// conditional lays out if, else if and else: all blocks break if one does.
func (f *formatter) conditional(x *If) layout {
	oneLine := true
	for e := Expr(x); e != nil; {
		switch b := e.(type) {
		case *If:
			oneLine = oneLine && f.short(b.Then)
			e = b.Else
		case *Block:
			oneLine = oneLine && f.short(b)
			e = nil
		}
	}
	var out joined
	for e := Expr(x); e != nil; {
		switch b := e.(type) {
		case *If:
			out = append(out, words("if "), group{of: nested{f.expr(b.Cond)}}, words(" "), f.blockOf(b.Then, oneLine))
			if e = b.Else; e != nil {
				out = append(out, words(" else "))
			}
		case *Block:
			out = append(out, f.blockOf(b, oneLine))
			e = nil
		}
	}
	return group{of: out}
}

func pathText(p *Path) string {
	var names []string
	for _, n := range p.Names {
		names = append(names, n.Text)
	}
	return strings.Join(names, ".")
}

func (f *formatter) record(x *RecordLit) layout {
	head, span := "", x.Span
	if x.Path != nil {
		head = pathText(x.Path) + " "
	}
	if len(x.Fields) == 0 {
		return words(head + "{}")
	}
	return joined{words(head), f.spread("{", "}", span, len(x.Fields), func(i int) Span { return x.Fields[i].Name.Span.To(x.Fields[i].X.At()) },
		func(i int) layout { return joined{words(x.Fields[i].Name.Text + ": "), f.expr(x.Fields[i].X)} })}
}

// binary lays out a chain of operators of one level; broken, each operator begins
// a line.
func (f *formatter) binary(x *Binary) layout {
	var out joined
	var walk func(e Expr, first bool)
	walk = func(e Expr, first bool) {
		if b, ok := e.(*Binary); ok && sameLevel(b.Op, x.Op) {
			walk(b.X, first)
			out = append(out, f.inner(b.OpAt.Start)...)
			out = append(out, space, words(b.Op))
			if c := f.inner(b.Y.At().Start); c != nil {
				out = append(append(out, c...), newline{})
			} else {
				out = append(out, words(" "))
			}
			walk(b.Y, false)
			return
		}
		out = append(out, f.expr(e))
		f.end = max(f.end, e.At().End)
	}
	walk(x, true)
	return group{of: nested{out}}
}

func sameLevel(a, b string) bool { return level(a) == level(b) }

// chain lays out calls one after the other; broken, each begins a line with its
// dot.
func (f *formatter) chain(x Expr) layout {
	var parts joined
	calls := 0
	var walk func(e Expr)
	walk = func(e Expr) {
		switch e := e.(type) {
		case *Select:
			walk(e.X)
			parts = append(parts, f.inner(e.Name.Span.Start)...)
			parts = append(parts, soft, words("."+e.Name.Text))
			calls++
		case *Call:
			walk(e.Fn)
			parts = append(parts, f.list("(", ")", e.Span.End, len(e.Args), func(i int) Span { return e.Args[i].At() }, func(i int) layout { return f.expr(e.Args[i]) }))
		case *Question:
			walk(e.X)
			parts = append(parts, words("?"))
		default:
			parts = append(parts, f.expr(e))
		}
	}
	walk(x)
	if calls == 0 {
		return parts
	}
	return group{of: nested{parts}}
}

func (f *formatter) match(x *Match) layout {
	out := joined{words("match "), f.expr(x.X), words(" ")}
	if len(x.Arms) == 0 && !f.commentBefore(x.Span.End) {
		return append(out, words("{}"))
	}
	f.end = max(f.end, x.X.At().End)
	open := f.trailing(x.Span.End)
	inside := f.items(len(x.Arms), x.Span.End, func(i int) Span { return f.armSpan(x.Arms[i]) }, func(i int) layout { return f.arm(x.Arms[i]) })
	f.end = x.Span.End
	out = append(out, words("{"))
	out = append(out, open...)
	return append(out, nested{joined{newline{}, inside}}, newline{}, words("}"))
}

// armSpan includes the comma.
func (f *formatter) armSpan(a Arm) Span {
	at := a.At().To(a.Body.At())
	for end := at.End; int(end) < len(f.src) && strings.IndexByte(" \t\r\n,", f.src[end]) >= 0; end++ {
		if f.src[end] == ',' {
			at.End = end + 1
			break
		}
	}
	return at
}

// tidy is a value of a pattern: white space only around the sign of a prefix.
func tidy(text string) string {
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		return text
	}
	text = strings.Join(strings.Fields(text), "")
	return strings.Replace(text, "/", " / ", 1)
}

func (f *formatter) arm(a Arm) layout {
	head := a.Variant.Text
	if a.HasArgs {
		var names []string
		for _, n := range a.Fields {
			names = append(names, tidy(n.Span.Text()))
		}
		head += "(" + strings.Join(names, ", ") + ")"
	}
	for i, v := range a.Values {
		if i > 0 {
			head += " | "
		}
		head += tidy(v.At().Text())
	}
	arrow, guard := " => ", " if "
	if f.edition != Modern {
		arrow, guard = " -> ", " | "
	}
	out := joined{words(head)}
	if a.Guard != nil {
		out = append(out, words(guard), f.expr(a.Guard))
	}
	out = append(out, words(arrow), f.expr(a.Body))
	if _, block := a.Body.(*Block); block {
		return out
	}
	return append(out, words(","))
}
