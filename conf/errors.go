package conf

import (
	"sort"
	"strconv"
	"strings"
)

// Error says what is wrong at one place of a configuration file, and what
// would be right. Line and Col count from 1, Col in bytes; both are 0 where no
// place is known.
type Error struct {
	File  string
	Line  int
	Col   int
	Key   string // dotted, as in the file: units.rib.sources; empty for a syntax error
	What  string // what is wrong
	Right string // what would be right; may be empty
}

// Error returns FILE:LINE:COL: KEY: what is wrong; what would be right.
func (e *Error) Error() string {
	var b strings.Builder
	writePlace(&b, e.File, e.Line, e.Col)
	if e.Key != "" {
		b.WriteString(e.Key + ": ")
	}
	b.WriteString(e.What)
	if e.Right != "" {
		b.WriteString("; " + e.Right)
	}
	return b.String()
}

// Errors is everything that is wrong with a file, in the order of the file.
// The zero value means that nothing is.
type Errors []*Error

// Error returns one line for each error.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, one := range e {
		lines[i] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.Is and errors.As access to the single errors.
func (e Errors) Unwrap() []error {
	list := make([]error, len(e))
	for i, one := range e {
		list[i] = one
	}
	return list
}

// Err returns e as an error, and nil where e is empty.
func (e Errors) Err() error {
	if len(e) == 0 {
		return nil
	}
	return e
}

// Sort orders the errors by their place, those of the same place by key.
func (e Errors) Sort() {
	sort.SliceStable(e, func(i, j int) bool {
		if e[i].Line != e[j].Line {
			return e[i].Line < e[j].Line
		}
		if e[i].Col != e[j].Col {
			return e[i].Col < e[j].Col
		}
		return e[i].Key < e[j].Key
	})
}

// Notice tells about a key that is accepted but deserves attention: a legacy
// key without effect, or a former name.
type Notice struct {
	File string
	Line int
	Col  int
	Key  string
	Text string
}

// String returns FILE:LINE:COL: KEY: text.
func (n Notice) String() string {
	var b strings.Builder
	writePlace(&b, n.File, n.Line, n.Col)
	b.WriteString(n.Key + ": " + n.Text)
	return b.String()
}

func writePlace(b *strings.Builder, file string, line, col int) {
	if file != "" {
		b.WriteString(file + ":")
	}
	if line > 0 {
		b.WriteString(strconv.Itoa(line) + ":")
	}
	if line > 0 && col > 0 {
		b.WriteString(strconv.Itoa(col) + ":")
	}
	if b.Len() > 0 {
		b.WriteByte(' ')
	}
}
