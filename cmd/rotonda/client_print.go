package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printer prints a listing in one of three forms: object is for JSON lines, row
// for the others.
type printer interface {
	object(raw json.RawMessage) error
	row(cells []string) error
	close() error
}

func (c *client) printer(w io.Writer, columns []string) printer {
	buffered := bufio.NewWriterSize(w, 64<<10)
	switch {
	case c.json:
		return &jsonPrinter{w: buffered}
	case c.csv:
		p := &csvPrinter{w: csv.NewWriter(buffered), under: buffered}
		p.err = p.w.Write(columns)
		return p
	}
	return &tablePrinter{w: buffered, rows: [][]string{columns}}
}

type jsonPrinter struct {
	w     *bufio.Writer
	small bytes.Buffer
}

func (l *jsonPrinter) object(raw json.RawMessage) error {
	l.small.Reset()
	if err := json.Compact(&l.small, raw); err != nil {
		return err
	}
	l.small.WriteByte('\n')
	_, err := l.w.Write(l.small.Bytes())
	return err
}

func (l *jsonPrinter) row([]string) error { return nil }
func (l *jsonPrinter) close() error       { return l.w.Flush() }

type csvPrinter struct {
	w     *csv.Writer
	under *bufio.Writer
	err   error
}

func (v *csvPrinter) object(json.RawMessage) error { return v.err }
func (v *csvPrinter) row(cells []string) error     { return v.w.Write(cells) }

func (v *csvPrinter) close() error {
	v.w.Flush()
	if err := v.w.Error(); err != nil {
		return err
	}
	return v.under.Flush()
}

// sampled is how many rows decide the widths of a table. What comes after them
// is printed at once, so that a listing of any length takes no memory; a cell
// that is too wide there moves the rest of its line.
const sampled = 512

// tablePrinter prints aligned columns. The first of rows is the header.
type tablePrinter struct {
	w      *bufio.Writer
	rows   [][]string
	widths []int
}

func (t *tablePrinter) object(json.RawMessage) error { return nil }

func (t *tablePrinter) row(cells []string) error {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	if t.widths != nil {
		return t.print(cells)
	}
	t.rows = append(t.rows, cells)
	if len(t.rows) > sampled {
		return t.begin()
	}
	return nil
}

func (t *tablePrinter) begin() error {
	t.widths = make([]int, len(t.rows[0]))
	for _, r := range t.rows {
		for i, cell := range r {
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, r := range t.rows {
		if err := t.print(r); err != nil {
			return err
		}
	}
	t.rows = nil
	return nil
}

func (t *tablePrinter) print(cells []string) error {
	var b strings.Builder
	for i, cell := range cells {
		b.WriteString(cell)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", max(0, t.widths[i]-utf8.RuneCountInString(cell))+2))
		}
	}
	_, err := t.w.WriteString(strings.TrimRight(b.String(), " ") + "\n")
	return err
}

func (t *tablePrinter) close() error {
	if t.widths == nil {
		if err := t.begin(); err != nil {
			return err
		}
	}
	return t.w.Flush()
}

// printable replaces what could steer a terminal: names come from the network.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, s)
}
