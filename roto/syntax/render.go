package syntax

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	red   = "\x1b[31m"
	blue  = "\x1b[34m"
	grey  = "\x1b[38;5;246m"
	reset = "\x1b[0m"
)

// renderer draws one diagnostic as a box with excerpts.
type renderer struct {
	b      strings.Builder
	color  bool
	gutter int // width of the line numbers
}

func (r *renderer) paint(color, text string) string {
	if !r.color || text == "" {
		return text
	}
	return color + text + reset
}

// Render returns the complaint with an excerpt of each labelled line, the
// labelled piece underlined; color adds terminal colours.
func (d Diagnostic) Render(color bool) string {
	r := &renderer{color: color}
	head, title, _ := strings.Cut(d.Kind.String(), ":")
	if title != "" {
		title += ": "
	}
	r.b.WriteString(r.paint(red, head) + ":" + orSpace(title) + d.Title + "\n")
	for _, l := range d.Labels {
		if l.Span.File != nil {
			r.gutter = max(r.gutter, len(strconv.Itoa(l.Span.Position().Line)))
		}
	}
	groups := byFile(d.Labels)
	for i, g := range groups {
		corner := "╭"
		if i > 0 {
			corner = "├"
		}
		r.section(corner, g)
	}
	pad := strings.Repeat(" ", r.gutter+2)
	for _, n := range d.Notes {
		r.b.WriteString(r.paint(grey, pad+"│") + " " + n + "\n")
	}
	if len(groups) > 0 {
		r.b.WriteString(r.paint(grey, strings.Repeat("─", r.gutter+2)+"╯") + "\n")
	}
	return r.b.String()
}

func orSpace(s string) string {
	if s == "" {
		return " "
	}
	return s
}

// byFile groups labels, keeping the main label's file first.
func byFile(labels []Label) [][]Label {
	var groups [][]Label
next:
	for _, l := range labels {
		if l.Span.File == nil {
			continue
		}
		for i := range groups {
			if groups[i][0].Span.File == l.Span.File {
				groups[i] = append(groups[i], l)
				continue next
			}
		}
		groups = append(groups, []Label{l})
	}
	return groups
}

func (r *renderer) section(corner string, labels []Label) {
	file := labels[0].Span.File
	at := labels[0].Span.Position()
	pad := strings.Repeat(" ", r.gutter+2)
	fmt.Fprintf(&r.b, "%s %s:%d:%d %s\n", r.paint(grey, pad+corner+"─["), file.Name, at.Line, at.Column, r.paint(grey, "]"))
	r.b.WriteString(r.paint(grey, pad+"│") + "\n")
	main := labels[0]
	sorted := slices.Clone(labels)
	slices.SortStableFunc(sorted, func(a, b Label) int { return int(a.Span.Start - b.Span.Start) })
	last := 0
	for _, l := range sorted {
		color := blue
		if l == main {
			color = red
		}
		r.excerpt(file, l, color, last)
		last = l.Span.Position().Line
	}
}

// excerpt prints the line of a label, unless it is the line just printed, and
// the underline with its text below.
func (r *renderer) excerpt(file *File, l Label, color string, last int) {
	start := l.Span.Position()
	pad := strings.Repeat(" ", r.gutter+2)
	line := file.Line(start.Line)
	if last != 0 && start.Line > last+1 {
		r.b.WriteString(r.paint(grey, pad+"┆") + "\n")
	}
	if start.Line != last {
		fmt.Fprintf(&r.b, "%s %s\n", r.paint(grey, fmt.Sprintf(" %*d │", r.gutter, start.Line)), expandTabs(line))
	}
	width := utf8.RuneCountInString(line) - start.Column + 1
	if end := file.Position(l.Span.End); end.Line == start.Line {
		width = end.Column - start.Column
	}
	width = max(width, 1)
	indent := utf8.RuneCountInString(expandTabs(prefix(line, start.Column-1)))
	middle := width / 2
	under := strings.Repeat("─", middle) + "┬" + strings.Repeat("─", width-middle-1)
	if l.Text == "" {
		under = strings.Repeat("─", width)
	}
	bar := r.paint(grey, pad+"│") + " " + strings.Repeat(" ", indent)
	r.b.WriteString(bar + r.paint(color, under) + "\n")
	if l.Text != "" {
		r.b.WriteString(bar + strings.Repeat(" ", middle) + r.paint(color, "╰───") + " " + l.Text + "\n")
	}
}

// prefix returns the first n code points of s.
func prefix(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

func expandTabs(s string) string { return strings.ReplaceAll(s, "\t", "    ") }
