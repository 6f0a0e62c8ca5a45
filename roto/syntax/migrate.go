package syntax

import (
	"cmp"
	"slices"
	"strings"
)

// Edit replaces a piece of a file.
type Edit struct {
	Span Span
	Text string
}

// Migrate returns the text of a file of an old edition in today's language.
// Nothing but what has to change changes, but for the oldest edition, which is
// laid out anew; a file of today comes back as it is. The tree must have been read without errors.
//
// Where arithmetic was right-associative, parentheses keep what the file did:
// `a - b - c` becomes `a - (b - c)`. [Parse] has warned, because that is hardly
// what was meant.
func Migrate(t *Tree) string {
	if t.Edition == Modern {
		return t.File.Text
	}
	m := &migration{edits: slices.Clone(t.edits)}
	for _, c := range t.Comments {
		if c.Text[0] == '#' {
			m.replace(Span{c.Span.File, c.Span.Start, c.Span.Start + 1}, "//")
		}
	}
	if len(t.Comments) > 0 {
		if _, named := pragma(t.Comments[0]); named {
			c := t.Comments[0].Span
			m.replace(Span{c.File, c.Start + 1, c.End}, " migrated from edition "+t.Edition.String())
		}
	}
	for _, d := range t.Decls {
		walk(d, m.visit)
	}
	text := apply(t.File.Text, m.edits)
	if t.Edition != Oldest {
		return text
	}
	// Sections are gone and left holes: lay the file out anew.
	var diags Diagnostics
	if again := Parse(NewFile(t.File.Name, text), Modern, &diags); !diags.Failed() {
		return Format(again)
	}
	return text
}

type migration struct{ edits []Edit }

func (m *migration) replace(at Span, text string) { m.edits = append(m.edits, Edit{at, text}) }

// visit puts parentheses around the right side of a chain of arithmetic where
// reading from the left would give another value.
func (m *migration) visit(x Expr) {
	b, ok := x.(*Binary)
	if !ok || level(b.Op) < 3 {
		return
	}
	y, ok := b.Y.(*Binary)
	if !ok || level(y.Op) != level(b.Op) || !chainMatters(b.Op, y.Op) && !hasFloat(b) {
		return
	}
	at := y.At()
	m.replace(Span{at.File, at.Start, at.Start}, "(")
	m.replace(Span{at.File, at.End, at.End}, ")")
}

// chainMatters reports whether `a op1 b op2 c` depends on which is done first,
// for integers that wrap: only of sums alone and products alone does it not.
func chainMatters(op1, op2 string) bool {
	return op1 != "+" && op1 != "*" || op1 == "*" && op2 != "*"
}

// hasFloat reports a float literal in a chain: rounding depends on the order.
func hasFloat(x Expr) bool {
	switch x := x.(type) {
	case *Binary:
		return hasFloat(x.X) || hasFloat(x.Y)
	case *Unary:
		return hasFloat(x.X)
	case *Paren:
		return hasFloat(x.X)
	case *Literal:
		return x.Token.Kind == Float
	}
	return false
}

// lintChains warns about arithmetic that an old edition reads otherwise than
// people do, once a chain.
func lintChains(d Decl, diags *Diagnostics) {
	inside := map[*Binary]bool{}
	walk(d, func(x Expr) {
		b, ok := x.(*Binary)
		if !ok || level(b.Op) < 3 || inside[b] {
			return
		}
		said := false
		for {
			y, ok := b.Y.(*Binary)
			if !ok || level(y.Op) != level(b.Op) {
				return
			}
			if !said && (b.Op == "-" || b.Op == "/") {
				diags.Add(rightChain(b, y))
				said = true
			}
			inside[y] = true
			b = y
		}
	})
}

// rightChain warns about a chain that an old edition reads from the right.
func rightChain(b, y *Binary) Diagnostic {
	a := b.X.At().Text()
	return Diagnostic{
		Kind:   Warning,
		Title:  "this edition reads `" + b.Op + "` from the right: " + a + " " + b.Op + " (" + y.At().Text() + ")",
		Labels: []Label{{Span: b.At(), Text: "probably meant as (" + a + " " + b.Op + " " + y.X.At().Text() + ") " + y.Op + " " + y.Y.At().Text()}},
		Notes:  []string{"Help: put parentheses where they are meant; editions since 0.11 read from the left."},
	}
}

// apply makes the edits, which do not overlap.
func apply(text string, edits []Edit) string {
	slices.SortStableFunc(edits, func(a, b Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start, b.Span.Start), cmp.Compare(a.Span.End, b.Span.End))
	})
	var out strings.Builder
	at := int32(0)
	for _, e := range edits {
		if e.Span.Start < at {
			continue
		}
		out.WriteString(text[at:e.Span.Start])
		out.WriteString(e.Text)
		at = e.Span.End
	}
	out.WriteString(text[at:])
	return out.String()
}
