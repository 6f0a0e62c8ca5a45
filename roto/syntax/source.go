package syntax

import (
	"sort"
	"unicode/utf8"
)

// File is one source text. It is immutable once made and shared by all spans
// that point into it.
type File struct {
	// Name is the path shown in diagnostics.
	Name string
	// Text is the whole source.
	Text  string
	lines []int32 // offset of the first byte of each line
}

// NewFile returns a file over text.
func NewFile(name, text string) *File {
	f := &File{Name: name, Text: text, lines: []int32{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			f.lines = append(f.lines, int32(i+1))
		}
	}
	return f
}

// Position is a place for people: line and column count from 1, columns in
// code points.
type Position struct{ Line, Column int }

// Position returns the place of a byte offset.
func (f *File) Position(offset int32) Position {
	line := sort.Search(len(f.lines), func(i int) bool { return f.lines[i] > offset }) - 1
	start := f.lines[line]
	end := min(int(offset), len(f.Text))
	return Position{line + 1, utf8.RuneCountInString(f.Text[start:end]) + 1}
}

// Line returns the text of a line counted from 1, without its end.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	start, end := int(f.lines[n-1]), len(f.Text)
	if n < len(f.lines) {
		end = int(f.lines[n]) - 1
	}
	if end > start && f.Text[end-1] == '\r' {
		end--
	}
	return f.Text[start:end]
}

// Span is a piece of a file, in bytes; End is exclusive. The zero value is no
// place.
type Span struct {
	File       *File
	Start, End int32
}

// To returns the span from the start of s to the end of t.
func (s Span) To(t Span) Span { return Span{s.File, s.Start, t.End} }

// Text returns the source the span covers.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	return s.File.Text[s.Start:s.End]
}

// Position returns where the span starts; zero without a file.
func (s Span) Position() Position {
	if s.File == nil {
		return Position{}
	}
	return s.File.Position(s.Start)
}
