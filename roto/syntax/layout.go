package syntax

import "strings"

// layout is text with places where lines may be broken. A group stays on one
// line if it fits, else all its own breaks become new lines.
type layout interface{}

type (
	words  string              // text without line feeds, or a literal printed as it is
	joined []layout            // one after the other
	nested struct{ of layout } // one indent deeper
	group  struct {
		of     layout
		broken bool // never on one line
	}
	// brk is a possible new line: text stands instead where the group stays on
	// one line.
	brk struct{ flat string }
	// ifBroken stands only where the group around it is broken.
	ifBroken struct{ text string }
	newline  struct{} // always
	blank    struct{} // always, with an empty line
	// suffix is a comment at the end of a line: it is printed before the next
	// line feed and breaks the groups around it. Without text it stands behind a
	// comment that was printed as words.
	suffix struct{ text string }
)

var (
	space = brk{" "}
	soft  = brk{""}
)

const (
	lineWidth = 100
	indent    = 4
)

// forced reports whether a layout cannot stay on one line.
func forced(l layout) bool {
	switch l := l.(type) {
	case newline, blank, suffix:
		return true
	case joined:
		for _, x := range l {
			if forced(x) {
				return true
			}
		}
	case nested:
		return forced(l.of)
	case group:
		return l.broken || forced(l.of)
	}
	return false
}

// printer lays out text.
type printer struct {
	out    strings.Builder
	column int
	tail   []comment // wait for the end of the line
}

// comment is the text of one and the indent of its place.
type comment struct {
	text   string
	indent int
}

// item is a layout to print at an indent, flat or not.
type item struct {
	l      layout
	indent int
	flat   bool
}

func (p *printer) print(l layout) {
	stack := []item{{l, 0, false}}
	for len(stack) > 0 {
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch l := it.l.(type) {
		case words:
			p.write(string(l))
		case joined:
			for i := len(l) - 1; i >= 0; i-- {
				stack = append(stack, item{l[i], it.indent, it.flat})
			}
		case nested:
			stack = append(stack, item{l.of, it.indent + indent, it.flat})
		case group:
			flat := it.flat || !l.broken && !forced(l.of) && p.fits(l.of, stack)
			stack = append(stack, item{l.of, it.indent, flat})
		case brk:
			if it.flat {
				p.write(l.flat)
			} else {
				p.line(it.indent, false)
			}
		case ifBroken:
			if !it.flat {
				p.write(l.text)
			}
		case newline:
			p.line(it.indent, false)
		case blank:
			p.line(it.indent, true)
		case suffix:
			p.tail = append(p.tail, comment{l.text, it.indent})
		}
	}
	p.flush()
}

func (p *printer) write(s string) {
	if s == "" {
		return
	}
	if p.column < 0 { // at the start of a line: the indent is due
		p.out.WriteString(strings.Repeat(" ", -p.column-1))
		p.column = -p.column - 1
	}
	p.out.WriteString(s)
	if i := strings.LastIndexByte(s, '\n'); i >= 0 {
		p.column = columns(s[i+1:])
	} else {
		p.column += columns(s)
	}
}

func columns(s string) int {
	n := 0
	for range s {
		n++
	}
	return n
}

// flush writes the comments that waited: one ends this line, each other stands
// on one of its own.
func (p *printer) flush() {
	for i, c := range p.tail {
		if i > 0 {
			p.out.WriteByte('\n')
			p.column = -c.indent - 1
		} else if c.text != "" {
			p.write(" ")
		}
		p.write(c.text)
	}
	p.tail = p.tail[:0]
}

// line ends the line; the indent of the next is written with its first word.
func (p *printer) line(indent int, empty bool) {
	p.flush()
	p.out.WriteByte('\n')
	if empty {
		p.out.WriteByte('\n')
	}
	p.column = -indent - 1
}

// fits reports whether l and what follows it up to the next possible new line
// end before the width does.
func (p *printer) fits(l layout, rest []item) bool {
	room := lineWidth - p.column
	if p.column < 0 {
		room = lineWidth + p.column + 1
	}
	stack := []item{{l, 0, true}}
	next := len(rest)
	for room >= 0 {
		if len(stack) == 0 {
			if next == 0 {
				return true
			}
			next--
			stack = append(stack, rest[next])
			continue
		}
		it := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch l := it.l.(type) {
		case words:
			if i := strings.IndexByte(string(l), '\n'); i >= 0 {
				return room >= columns(string(l[:i]))
			}
			room -= columns(string(l))
		case joined:
			for i := len(l) - 1; i >= 0; i-- {
				stack = append(stack, item{l[i], it.indent, it.flat})
			}
		case nested:
			stack = append(stack, item{l.of, it.indent, it.flat})
		case group:
			stack = append(stack, item{l.of, it.indent, it.flat}) // what follows may break its own groups
		case brk:
			if !it.flat {
				return true
			}
			room -= len(l.flat)
		case newline, blank, suffix:
			return true
		}
	}
	return false
}
