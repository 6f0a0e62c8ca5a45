package conf

import (
	"bytes"
	"errors"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// maxSyntaxErrors bounds the list for a file that is not TOML at all.
const maxSyntaxErrors = 10

// Parse reads a TOML file. path is used in messages and to resolve relative
// paths; nothing is read from disk. The file returned is never nil and holds
// what could be read; with errors it must not be put to use, since keys may be
// missing from it.
func Parse(path string, src []byte) (*File, Errors) {
	f := &File{Path: path, Dir: filepath.Dir(path)}
	f.Root = &Node{Kind: KindTable, Line: 1, Col: 1, file: f}
	src = bytes.TrimPrefix(src, []byte("\xef\xbb\xbf"))
	b := &builder{file: f, here: f.Root}
	b.lines = lineStarts(src)
	for base := 0; base < len(src) && len(b.errs) < maxSyntaxErrors; {
		base = b.run(src, base)
	}
	b.errs.Sort()
	return f, b.errs
}

// builder grows the tree from the parser's expressions.
type builder struct {
	file  *File
	here  *Node // the table of the last header
	lines []int // offset of each line's first byte
	base  int   // offset of the parser's input in the file
	p     unstable.Parser
	errs  Errors
}

// run parses from base on and returns where to go on: the end of the input, or
// the next line that looks like a fresh start after a syntax error.
func (b *builder) run(src []byte, base int) int {
	b.base = base
	b.p.Reset(src[base:])
	for b.p.NextExpression() {
		b.expression(b.p.Expression())
	}
	err := b.p.Error()
	if err == nil {
		return len(src)
	}
	var perr *unstable.ParserError
	if !errors.As(err, &perr) {
		b.errs = append(b.errs, &Error{File: b.file.Path, What: err.Error()})
		return len(src)
	}
	at := base + int(b.p.Range(perr.Highlight).Offset)
	line, col := b.place(at)
	b.errs = append(b.errs, &Error{File: b.file.Path, Line: line, Col: col, What: "not TOML: " + perr.Message, Right: remedy(perr.Message)})
	return freshStart(src, base, at)
}

// remedy adds to the parser's wording where people commonly go wrong.
func remedy(message string) string {
	switch {
	case strings.Contains(message, "at start of value"), message == "strings must be quoted":
		return `text stands in quotes: key = "value"`
	case message == "expected '=' after key":
		return `want key = value, or [table]`
	case strings.HasPrefix(message, "expected newline"):
		return "one key a line, and text in quotes"
	case strings.HasSuffix(message, "cannot have new lines"):
		return "close the text with a quote"
	case strings.HasPrefix(message, "expected ',' or"), strings.HasSuffix(message, "is incomplete"):
		return "close what was opened, or put a comma"
	}
	return ""
}

// freshStart finds the next line that begins a header or a key: the line of
// the error itself where the error is that the one before it did not end.
func freshStart(src []byte, base, at int) int {
	if at > base && at > 0 && src[at-1] == '\n' && fresh(src[at:]) {
		return at
	}
	for at < len(src) {
		nl := bytes.IndexByte(src[at:], '\n')
		if nl < 0 {
			return len(src)
		}
		at += nl + 1
		if fresh(src[at:]) {
			return at
		}
	}
	return at
}

// fresh reports whether text begins with what looks like a header or a key.
func fresh(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.TrimSpace(line)
	if head, ok := bytes.CutPrefix(line, []byte("[")); ok {
		head = bytes.TrimPrefix(head, []byte("["))
		return len(head) > 0 && bare(string(head[:1])) && bytes.IndexByte(line, ',') < 0
	}
	key, _, assigned := bytes.Cut(line, []byte("="))
	return assigned && bare(string(bytes.TrimSpace(key)))
}

func (b *builder) expression(e *unstable.Node) {
	switch e.Kind {
	case unstable.Table:
		b.header(e)
	case unstable.ArrayTable:
		b.setHeader(e)
	case unstable.KeyValue:
		b.keyValue(b.here, e)
	}
}

// part is one piece of a dotted key.
type part struct {
	name      string
	line, col int
	end       int // offset in the file after it
}

func (b *builder) parts(e *unstable.Node) []part {
	var list []part
	for it := e.Key(); it.Next(); {
		k := it.Node()
		line, col := b.place(b.base + int(k.Raw.Offset))
		list = append(list, part{string(k.Data), line, col, b.base + int(k.Raw.Offset+k.Raw.Length)})
	}
	return list
}

// header enters [a.b.c].
func (b *builder) header(e *unstable.Node) {
	parts := b.parts(e)
	parent, ok := b.walk(b.file.Root, parts[:len(parts)-1])
	last := parts[len(parts)-1]
	if !ok {
		b.here = b.orphan(parent, last)
		return
	}
	old := parent.At(last.name)
	switch {
	case old == nil:
		b.here = b.table(parent, last, shapeHeader)
	case old.Kind == KindTable && old.shape == shapeImplied:
		old.shape, old.Line, old.Col = shapeHeader, last.line, last.col
		b.here = old
	default:
		b.duplicate(parent, last, old)
		b.here = b.orphan(parent, last)
	}
}

// setHeader enters a new table of [[a.b]].
func (b *builder) setHeader(e *unstable.Node) {
	parts := b.parts(e)
	parent, ok := b.walk(b.file.Root, parts[:len(parts)-1])
	last := parts[len(parts)-1]
	if !ok {
		b.here = b.orphan(parent, last)
		return
	}
	set := parent.At(last.name)
	if set == nil {
		set = &Node{Kind: KindList, Key: join(parent.Key, last.name), Line: last.line, Col: last.col, file: b.file, shape: shapeTableSet}
		parent.put(last.name, last.line, last.col, set)
	}
	if set.shape != shapeTableSet {
		b.duplicate(parent, last, set)
		b.here = b.orphan(parent, last)
		return
	}
	b.here = &Node{Kind: KindTable, Key: element(set.Key, len(set.List)), Line: last.line, Col: last.col, file: b.file}
	set.List = append(set.List, b.here)
}

// walk follows the leading parts of a header and makes the tables it implies.
func (b *builder) walk(at *Node, parts []part) (*Node, bool) {
	for _, p := range parts {
		next := at.At(p.name)
		switch {
		case next == nil:
			next = b.table(at, p, shapeImplied)
		case next.shape == shapeTableSet:
			next = next.List[len(next.List)-1]
		case next.Kind != KindTable || next.shape == shapeInline:
			b.duplicate(at, p, next)
			return at, false
		}
		at = next
	}
	return at, true
}

func (b *builder) keyValue(into *Node, e *unstable.Node) {
	parts := b.parts(e)
	for _, p := range parts[:len(parts)-1] {
		next := into.At(p.name)
		switch {
		case next == nil:
			next = b.table(into, p, shapeDotted)
		case next.Kind != KindTable || next.shape != shapeDotted:
			b.duplicate(into, p, next)
			return
		}
		into = next
	}
	last := parts[len(parts)-1]
	if old := into.At(last.name); old != nil {
		b.duplicate(into, last, old)
		return
	}
	into.put(last.name, last.line, last.col, b.value(e.Value(), join(into.Key, last.name), b.valueStart(last.end)))
}

// value converts a value; at is where it starts, for kinds that the parser
// gives no range.
func (b *builder) value(v *unstable.Node, key string, at int) *Node {
	if v.Raw.Length > 0 {
		at = b.base + int(v.Raw.Offset)
	}
	n := &Node{Key: key, Text: string(v.Data), file: b.file, shape: shapeValue}
	n.Line, n.Col = b.place(at)
	switch v.Kind {
	case unstable.String:
		n.Kind = KindString
	case unstable.Integer:
		n.Kind = KindInt
	case unstable.Float:
		n.Kind = KindFloat
	case unstable.Bool:
		n.Kind = KindBool
	case unstable.Array:
		n.Kind, n.Text = KindList, ""
		for it := v.Children(); it.Next(); {
			if it.Node().Kind != unstable.Comment {
				n.List = append(n.List, b.value(it.Node(), element(key, len(n.List)), at))
			}
		}
	case unstable.InlineTable:
		n.Kind, n.Text = KindTable, ""
		for it := v.Children(); it.Next(); {
			if it.Node().Kind == unstable.KeyValue {
				b.keyValue(n, it.Node())
			}
		}
		n.shape = shapeInline
		n.close()
	default:
		n.Kind = KindTime
	}
	return n
}

// close forbids later additions to tables made by dotted keys inside { … }.
func (n *Node) close() {
	for _, e := range n.entries {
		if e.node.shape == shapeDotted {
			e.node.shape = shapeInline
			e.node.close()
		}
	}
}

func (b *builder) table(parent *Node, p part, s shape) *Node {
	t := &Node{Kind: KindTable, Key: join(parent.Key, p.name), Line: p.line, Col: p.col, file: b.file, shape: s}
	parent.put(p.name, p.line, p.col, t)
	return t
}

// orphan returns a table outside the tree for the keys below a refused header,
// so that mistakes among them are still found.
func (b *builder) orphan(parent *Node, p part) *Node {
	return &Node{Kind: KindTable, Key: join(parent.Key, p.name), Line: p.line, Col: p.col, file: b.file}
}

func (b *builder) duplicate(in *Node, p part, old *Node) {
	line := old.Line
	if i, ok := in.index[p.name]; ok {
		line = in.entries[i].line
	}
	b.errs = append(b.errs, &Error{File: b.file.Path, Line: p.line, Col: p.col, Key: join(in.Key, p.name),
		What: "is set a second time", Right: "the first stands in line " + strconv.Itoa(line)})
}

// valueStart returns where the value after a key begins.
func (b *builder) valueStart(at int) int {
	src := b.p.Data()
	i := at - b.base
	for i < len(src) && (src[i] == ' ' || src[i] == '\t' || src[i] == '=') {
		i++
	}
	return b.base + i
}

func (b *builder) place(offset int) (line, col int) {
	line = sort.SearchInts(b.lines, offset+1)
	return line, offset - b.lines[line-1] + 1
}

func lineStarts(src []byte) []int {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return starts
}

func element(key string, i int) string { return key + "[" + strconv.Itoa(i) + "]" }
