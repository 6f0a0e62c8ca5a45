// Command editor is what an editor asks of a script, as text: its mistakes, what
// it declares, what can be written at a place, what a name is, and which lines its
// tests come to.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/rotonda/roto"
	"example.com/rotonda/roto/syntax"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "Usage: editor SCRIPT")
		os.Exit(2)
	}
	if err := describe(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// describe writes what there is to say about a script on disk.
func describe(out io.Writer, path string) error {
	rt := roto.New()
	a, err := rt.Analyze(roto.Script(path)...)
	if err != nil {
		return err
	}
	for _, d := range a.Diagnostics {
		at := d.Span().Position()
		fmt.Fprintf(out, "%d:%d: %s: %s\n", at.Line, at.Column, d.Kind.Severity(), d.Title)
	}
	for _, s := range a.Declared(path) {
		fmt.Fprintf(out, "%s: used %d times: %s\n", s.Text, len(a.Uses(path, int(s.Def.Start)))-1, s.Doc)
	}
	if len(a.Diagnostics) > 0 {
		return nil
	}
	return coverage(out, rt, path)
}

// coverage runs the tests of a script and writes the lines that they left out.
func coverage(out io.Writer, rt *roto.Runtime, path string) error {
	pkg, err := rt.Cover(roto.Script(path)...)
	if err != nil {
		return err
	}
	w := pkg.Worker(roto.Limits{})
	for _, test := range pkg.Tests() {
		if pass, fault := test.Run(w); !pass {
			fmt.Fprintln(out, test.Name, "fails", fault)
		}
	}
	for _, l := range pkg.Coverage(w) {
		if l.Hits == 0 {
			fmt.Fprintf(out, "%s:%d: no test comes here\n", l.File, l.Line)
		}
	}
	return nil
}

// complete returns the names that may stand where | is in a text that is not
// saved.
func complete(rt *roto.Runtime, text string) ([]string, error) {
	offset := strings.Index(text, "|")
	text = strings.Replace(text, "|", "", 1)
	symbols, err := rt.Complete("new.roto", text, offset, roto.Text("new.roto", text))
	var names []string
	for _, s := range symbols {
		names = append(names, s.Name)
	}
	return names, err
}

// hover returns what is known of the name at a place of a text.
func hover(rt *roto.Runtime, text string, offset int) (roto.Symbol, []syntax.Span, error) {
	a, err := rt.Analyze(roto.Text("new.roto", text))
	if err != nil {
		return roto.Symbol{}, nil, err
	}
	s, _ := a.At("new.roto", offset)
	return s, a.Uses("new.roto", offset), nil
}
