package conf

import (
	"fmt"
	"iter"
	"path/filepath"
	"slices"
	"strings"
)

// Kind is the kind of a value in the file.
type Kind uint8

// The kinds of values. The zero Kind is no value.
const (
	KindString Kind = iota + 1
	KindInt
	KindFloat
	KindBool
	KindTime // a date, a time, or both
	KindList
	KindTable
)

// String returns the kind with its article, as error messages use it.
func (k Kind) String() string {
	switch k {
	case KindString:
		return "a string"
	case KindInt:
		return "a whole number"
	case KindFloat:
		return "a fraction"
	case KindBool:
		return "a truth value"
	case KindTime:
		return "a date or time"
	case KindList:
		return "a list"
	case KindTable:
		return "a table"
	}
	return "nothing"
}

// File is a parsed configuration file.
type File struct {
	Path string // as given to Parse
	Dir  string // the folder that relative paths in the file start from
	Root *Node  // the top-level table; never nil
}

// Node is a value of the file with its place. A Node is immutable once Parse
// has returned and may be read by many goroutines.
type Node struct {
	Kind Kind
	Key  string  // the dotted key that leads here, list elements as name[0]
	Text string  // a scalar: the content of a string, or the literal as written
	List []*Node // the elements of a list
	Line int     // of the value; of the header for a table
	Col  int

	file    *File
	entries []entry
	index   map[string]int
	shape   shape
}

// entry is one key of a table with the place where the key stands.
type entry struct {
	name      string
	line, col int
	node      *Node
}

// shape tells how a table came to be, which decides who may add to it.
type shape uint8

const (
	shapeHeader   shape = iota // [a.b] named it
	shapeImplied               // [a.b.c] implied it; [a.b] may follow once
	shapeDotted                // b.c = 1 made it; only keys of the same table may extend it
	shapeInline                // { … }; complete as it stands
	shapeTableSet              // [[a]]: a list that headers extend
	shapeValue                 // scalars and plain lists
)

// File returns the file the node stands in.
func (n *Node) File() *File { return n.file }

// At returns the value of a key of a table, nil where there is none.
func (n *Node) At(key string) *Node {
	if n == nil {
		return nil
	}
	i, ok := n.index[key]
	if !ok {
		return nil
	}
	return n.entries[i].node
}

// All iterates over the keys and values of a table in the order of the file.
func (n *Node) All() iter.Seq2[string, *Node] {
	return func(yield func(string, *Node) bool) {
		for _, e := range n.entries {
			if !yield(e.name, e.node) {
				return
			}
		}
	}
}

// Len returns the number of keys of a table or of elements of a list.
func (n *Node) Len() int {
	if n.Kind == KindTable {
		return len(n.entries)
	}
	return len(n.List)
}

// Without returns a view of a table that lacks some keys, so that who decodes
// it need not know them.
func (n *Node) Without(keys ...string) *Node {
	c := *n
	c.entries, c.index = nil, make(map[string]int, len(n.entries))
	for _, e := range n.entries {
		if !slices.Contains(keys, e.name) {
			c.index[e.name] = len(c.entries)
			c.entries = append(c.entries, e)
		}
	}
	return &c
}

// Errorf returns an error at the place of the node. right says what would be
// right; it may be empty.
func (n *Node) Errorf(right, format string, args ...any) *Error {
	return &Error{File: n.file.Path, Line: n.Line, Col: n.Col, Key: n.Key, What: fmt.Sprintf(format, args...), Right: right}
}

// KeyErrorf returns an error at the place of a key of a table, or of the table
// itself where the key is absent.
func (n *Node) KeyErrorf(key, right, format string, args ...any) *Error {
	e := n.Errorf(right, format, args...)
	e.Key = join(n.Key, key)
	if i, ok := n.index[key]; ok {
		e.Line, e.Col = n.entries[i].line, n.entries[i].col
	}
	return e
}

// Equal reports whether two values are the same, wherever they stand. The
// order of keys does not matter.
func (n *Node) Equal(m *Node) bool {
	if n == nil || m == nil {
		return n == m
	}
	if n.Kind != m.Kind || n.Text != m.Text || len(n.List) != len(m.List) || len(n.entries) != len(m.entries) {
		return false
	}
	for i := range n.List {
		if !n.List[i].Equal(m.List[i]) {
			return false
		}
	}
	for _, e := range n.entries {
		if other := m.At(e.name); other == nil || !e.node.Equal(other) {
			return false
		}
	}
	return true
}

// Resolve returns a file name of the configuration as seen from the working
// directory: relative names start from the folder of the file.
func (f *File) Resolve(name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(f.Dir, name)
}

func (n *Node) put(name string, line, col int, v *Node) {
	if n.index == nil {
		n.index = map[string]int{}
	}
	n.index[name] = len(n.entries)
	n.entries = append(n.entries, entry{name, line, col, v})
}

// join appends a key to a dotted key, quoted where TOML would want quotes.
func join(parent, name string) string {
	if !bare(name) {
		name = quote(name)
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func bare(name string) bool {
	for _, c := range []byte(name) {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '-') {
			return false
		}
	}
	return name != ""
}

// quote writes a TOML basic string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
