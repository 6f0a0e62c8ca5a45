package lsp

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// text is the text of a document with its lines; immutable.
type text struct {
	s     string
	lines []int // offset of the first byte of each line
}

// newText finds the lines: they end in \n, \r\n or \r.
func newText(s string) *text {
	t := &text{s: s, lines: []int{0}}
	for i := 0; i < len(s); i++ {
		if s[i] == '\n' || s[i] == '\r' && (i+1 == len(s) || s[i+1] != '\n') {
			t.lines = append(t.lines, i+1)
		}
	}
	return t
}

// encoding is the unit of columns.
type encoding string

// The encodings we offer. The other one of the protocol, utf-32, nobody asks for alone.
const (
	utf8Units  encoding = "utf-8"
	utf16Units encoding = "utf-16"
)

// units is the width of a piece of a line.
func (e encoding) units(s string) int {
	if e == utf8Units {
		return len(s)
	}
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// line returns the start of a line and its end before the line's end.
func (t *text) line(n int) (start, end int) {
	start, end = t.lines[n], len(t.s)
	if n+1 < len(t.lines) {
		end = t.lines[n+1]
	}
	return start, start + len(strings.TrimRight(t.s[start:end], "\r\n"))
}

// offset returns the byte of a place; a place outside the text is the nearest one
// inside, one within a character its start.
func (t *text) offset(p position, e encoding) int {
	switch {
	case p.Line < 0:
		return 0
	case p.Line >= len(t.lines):
		return len(t.s)
	}
	off, end := t.line(p.Line)
	for left := p.Character; off < end; {
		_, size := utf8.DecodeRuneInString(t.s[off:end])
		if left -= e.units(t.s[off : off+size]); left < 0 {
			break
		}
		off += size
	}
	return off
}

// position returns the place of a byte.
func (t *text) position(offset int, e encoding) position {
	offset = min(max(offset, 0), len(t.s))
	line := sort.Search(len(t.lines), func(i int) bool { return t.lines[i] > offset }) - 1
	start, end := t.line(line)
	return position{line, e.units(t.s[start:min(offset, end)])}
}

// span returns the range of a piece of the text.
func (t *text) span(start, end int, e encoding) textRange {
	return textRange{t.position(start, e), t.position(max(start, end), e)}
}

// edit returns the text after one change of a client: of a range, or of all.
func (t *text) edit(c contentChange, e encoding) *text {
	if c.Range == nil {
		return newText(c.Text)
	}
	start, end := t.offset(c.Range.Start, e), t.offset(c.Range.End, e)
	if end < start {
		start, end = end, start
	}
	return newText(t.s[:start] + c.Text + t.s[end:])
}

// replace returns the smallest edit of whole lines that makes the text another
// one, none where it is the same.
func (t *text) replace(with string, e encoding) []textEdit {
	if t.s == with {
		return []textEdit{}
	}
	old, now := strings.SplitAfter(t.s, "\n"), strings.SplitAfter(with, "\n")
	start := 0
	for len(old) > 1 && len(now) > 1 && old[0] == now[0] {
		start += len(old[0])
		old, now = old[1:], now[1:]
	}
	end := len(t.s)
	for len(old) > 1 && len(now) > 1 && old[len(old)-1] == now[len(now)-1] {
		end -= len(old[len(old)-1])
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	return []textEdit{{t.span(start, end, e), strings.Join(now, "")}}
}

// apply makes edits that do not overlap, given in bytes of the text.
func apply(s string, edits []byteEdit) string {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b byteEdit) int { return b.start - a.start })
	for _, e := range edits {
		s = s[:e.start] + e.text + s[e.end:]
	}
	return s
}

type byteEdit struct {
	start, end int
	text       string
}
