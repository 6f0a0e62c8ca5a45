package syntax

import (
	"strings"
	"unicode"
)

// Format returns the text of a file in the one style: four blanks a level, at
// most a hundred columns where that can be, lists that do not fit with one element a
// line and a comma after each, comments and single empty lines kept. It keeps
// the file's edition, which must not be the oldest. The tree must have been read
// without errors.
func Format(t *Tree) string {
	f := &formatter{src: t.File.Text, edition: t.Edition}
	for _, c := range t.Comments {
		f.comments = append(f.comments, Comment{c.Span, strings.TrimRightFunc(c.Text, unicode.IsSpace)})
	}
	var out joined
	if line := shebang(f.src); line != "" {
		out = append(out, words(strings.TrimRight(line, "\r")), newline{})
		f.end = int32(len(line))
	}
	out = append(out, f.items(len(t.Decls), int32(len(f.src)), func(i int) Span {
		return t.Decls[i].At()
	}, func(i int) layout { return f.decl(t.Decls[i]) }))
	p := &printer{}
	p.print(out)
	text := strings.TrimRight(p.out.String(), "\n") + "\n"
	switch {
	case text == "\n":
		return ""
	case shebang(text) != "" && shebang(f.src) == "": // a comment of an old edition, which must not become one
		return "\n" + text
	}
	return text
}

// formatter walks the tree in the order of the text, so that each comment is
// taken when its place is reached.
type formatter struct {
	src      string
	comments []Comment
	edition  Edition
	end      int32 // of what was last laid out
}

// items lays out things that each begin a line, with the comments between them,
// up to the offset limit, where a brace or the file ends.
func (f *formatter) items(n int, limit int32, at func(i int) Span, one func(i int) layout) layout {
	var out joined
	sep := func(start int32) {
		if len(out) > 0 {
			if f.blankBefore(start) {
				out = append(out, blank{})
			} else {
				out = append(out, newline{})
			}
		}
	}
	lead := func(until int32) {
		for c, ok := f.take(until); ok; c, ok = f.take(until) {
			sep(c.Span.Start)
			out = append(out, words(c.Text))
			f.end = c.Span.End
		}
	}
	for i := range n {
		span := at(i)
		lead(span.Start)
		sep(span.Start)
		out = append(out, one(i))
		f.end = max(f.end, span.End)
		out = append(out, f.trailing(limit)...)
	}
	lead(limit)
	return out
}

// take returns the next comment before an offset.
func (f *formatter) take(until int32) (Comment, bool) {
	if len(f.comments) == 0 || f.comments[0].Span.Start >= until {
		return Comment{}, false
	}
	c := f.comments[0]
	f.comments = f.comments[1:]
	return c, true
}

// trailing returns the comment that stands on the line where something ended.
func (f *formatter) trailing(limit int32) joined {
	if len(f.comments) == 0 || f.comments[0].Span.Start >= limit || f.comments[0].Span.Start < f.end {
		return nil
	}
	if strings.IndexByte(f.src[f.end:f.comments[0].Span.Start], '\n') >= 0 {
		return nil
	}
	c, _ := f.take(limit)
	f.end = c.Span.End
	return joined{suffix{c.Text}}
}

// inner returns the comments before an offset as ends of lines: they stand
// where no line of their own can.
func (f *formatter) inner(until int32) joined {
	var out joined
	for c, ok := f.take(until); ok; c, ok = f.take(until) {
		out = append(out, suffix{c.Text})
	}
	return out
}

// blankBefore reports an empty line between what was last laid out and start.
func (f *formatter) blankBefore(start int32) bool {
	if f.end > start {
		return false
	}
	return strings.Count(strings.ReplaceAll(f.src[f.end:start], "\r", ""), "\n") > 1
}

func (f *formatter) decl(d Decl) layout {
	switch d := d.(type) {
	case *Func:
		return f.function(d)
	case *Const:
		f.end = d.Name.Span.End
		return group{of: joined{words("const " + d.Name.Text + ": "), f.typ(d.Type), words(" = "), f.expr(d.Value), words(";")}}
	case *Record:
		head := f.word("record", "type") + d.Name.Text + params(d.Params)
		return f.braced(head, d.Span, len(d.Fields), func(i int) Span { return d.Fields[i].Name.Span.To(d.Fields[i].Type.At()) },
			func(i int) layout { return f.param(d.Fields[i]) })
	case *Enum:
		head := f.word("enum", "variant") + d.Name.Text + params(d.Params)
		return f.braced(head, d.Span, len(d.Variants), func(i int) Span { return f.variantSpan(d.Variants[i]) },
			func(i int) layout { return f.variant(d.Variants[i]) })
	case *Import:
		return f.importDecl(d)
	}
	return words(d.At().Text())
}

// word is a keyword of the file's edition, with a blank.
func (f *formatter) word(modern, legacy string) string {
	if f.edition == Modern {
		return modern + " "
	}
	return legacy + " "
}

func params(names []Name) string {
	if len(names) == 0 {
		return ""
	}
	var texts []string
	for _, n := range names {
		texts = append(texts, n.Text)
	}
	return "[" + strings.Join(texts, ", ") + "]"
}

func (f *formatter) function(d *Func) layout {
	word := d.Span.Text()
	if i := strings.IndexFunc(word, func(r rune) bool { return r < 'a' || r > 'z' }); i >= 0 {
		word = word[:i] // fn, filter, filtermap, test; function of an old edition
	}
	head := joined{words(word + " " + d.Name.Text + params(d.Types))}
	if d.Kind != TestFunc {
		head = append(head, f.list("(", ")", d.Body.Span.Start, len(d.Params), func(i int) Span { return d.Params[i].Name.Span.To(d.Params[i].Type.At()) },
			func(i int) layout { return f.param(d.Params[i]) }))
	}
	if d.Result != nil {
		head = append(head, words(" -> "), f.typ(d.Result))
	}
	return joined{group{of: head}, words(" "), f.block(d.Body)}
}

func (f *formatter) param(p Param) layout { return joined{words(p.Name.Text + ": "), f.typ(p.Type)} }

func (f *formatter) variantSpan(v Variant) Span {
	if len(v.Fields) == 0 {
		return v.Name.Span
	}
	return v.Name.Span.To(v.Fields[len(v.Fields)-1].At())
}

func (f *formatter) variant(v Variant) layout {
	if len(v.Fields) == 0 {
		return words(v.Name.Text)
	}
	return joined{words(v.Name.Text), f.list("(", ")", f.variantSpan(v).End, len(v.Fields), func(i int) Span { return v.Fields[i].At() },
		func(i int) layout { return f.typ(v.Fields[i]) })}
}

func (f *formatter) importDecl(d *Import) layout {
	text := d.Span.Text()
	if strings.ContainsAny(text, "#") || strings.Contains(text, "//") {
		f.inner(d.Span.Start) // comments inside stay in the text itself
		for {
			if _, ok := f.take(d.Span.End); !ok {
				break
			}
		}
		return words(text)
	}
	text = strings.Join(strings.Fields(text), " ")
	for _, r := range []struct{ from, to string }{{"{ ", "{"}, {" }", "}"}, {",}", "}"}, {" ,", ","}, {" ;", ";"}, {" .", "."}, {". ", "."}} {
		text = strings.ReplaceAll(text, r.from, r.to)
	}
	text = strings.ReplaceAll(strings.ReplaceAll(text, ", ", ","), ",", ", ")
	return words(text)
}

// braced lays out a declaration with elements in braces, one a line unless it
// was written on one line and fits.
func (f *formatter) braced(head string, span Span, n int, at func(int) Span, one func(int) layout) layout {
	if n == 0 && !f.commentBefore(span.End) {
		return words(head + " {}")
	}
	return joined{words(head + " "), f.spread("{", "}", span, n, at, one)}
}

func (f *formatter) commentBefore(end int32) bool {
	return len(f.comments) > 0 && f.comments[0].Span.Start < end
}

// spread is a list in braces with blanks inside.
func (f *formatter) spread(open, close string, span Span, n int, at func(int) Span, one func(int) layout) layout {
	oneLine := !strings.Contains(f.src[span.Start:span.End], "\n")
	var inside joined
	f.end = max(f.end, span.Start)
	for i := range n {
		s := at(i)
		for c, ok := f.take(s.Start); ok; c, ok = f.take(s.Start) {
			inside = append(inside, words(c.Text), newline{})
			f.end = c.Span.End
		}
		f.end = max(f.end, s.Start)
		inside = append(inside, one(i))
		f.end = max(f.end, s.End)
		if i < n-1 {
			inside = append(inside, words(","))
			inside = append(inside, f.afterComma(at(i+1).Start)...)
			if f.blankBefore(f.nextStart(at(i + 1).Start)) {
				inside = append(inside, blank{})
			} else {
				inside = append(inside, space)
			}
			continue
		}
		inside = append(inside, ifBroken{","})
		inside = append(inside, f.afterComma(span.End)...)
	}
	for c, ok := f.take(span.End); ok; c, ok = f.take(span.End) {
		if len(inside) > 0 {
			inside = append(inside, newline{})
		}
		inside = append(inside, words(c.Text), suffix{})
	}
	f.end = span.End
	return group{of: joined{words(open), nested{joined{space, inside}}, space, words(close)}, broken: !oneLine}
}

// afterComma is a comment on the line of an element, which may stand behind its
// comma.
func (f *formatter) afterComma(limit int32) joined {
	if len(f.comments) == 0 || f.comments[0].Span.Start >= limit {
		return nil
	}
	if between := f.src[f.end:max(f.end, f.comments[0].Span.Start)]; strings.Contains(between, "\n") {
		return nil
	}
	c, _ := f.take(limit)
	f.end = c.Span.End
	return joined{suffix{c.Text}}
}

// nextStart is where the next comment or thing begins.
func (f *formatter) nextStart(start int32) int32 {
	if len(f.comments) > 0 {
		return min(start, f.comments[0].Span.Start)
	}
	return start
}

// list is a list without blanks inside, such as arguments.
func (f *formatter) list(open, close string, limit int32, n int, at func(int) Span, one func(int) layout) layout {
	if n == 0 {
		return joined{words(open + close)}
	}
	var inside joined
	for i := range n {
		s := at(i)
		for c, ok := f.take(s.Start); ok; c, ok = f.take(s.Start) {
			inside = append(inside, words(c.Text), newline{})
		}
		inside = append(inside, one(i))
		f.end = max(f.end, s.End)
		if i < n-1 {
			inside = append(inside, words(","))
			inside = append(inside, f.afterComma(at(i+1).Start)...)
			inside = append(inside, space)
			continue
		}
		inside = append(inside, ifBroken{","})
	}
	inside = append(inside, f.inner(limit)...)
	return group{of: joined{words(open), nested{joined{soft, inside}}, soft, words(close)}}
}

func (f *formatter) typ(t TypeExpr) layout {
	switch t := t.(type) {
	case *NamedType:
		var names []string
		for _, n := range t.Path {
			names = append(names, n.Text)
		}
		out := joined{words(strings.Join(names, "."))}
		if len(t.Args) > 0 {
			out = append(out, f.list("[", "]", t.Span.End, len(t.Args), func(i int) Span { return t.Args[i].At() }, func(i int) layout { return f.typ(t.Args[i]) }))
		}
		return out
	case *OptionType:
		return joined{f.typ(t.Of), words("?")}
	case *RecordType:
		if len(t.Fields) == 0 {
			return words("{}")
		}
		return f.spread("{", "}", t.Span, len(t.Fields), func(i int) Span { return t.Fields[i].Name.Span.To(t.Fields[i].Type.At()) },
			func(i int) layout { return f.param(t.Fields[i]) })
	case *NeverType:
		return words("!")
	}
	return words("()")
}
