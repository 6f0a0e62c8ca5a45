// Command hello is the smallest host of Roto scripts: it gives them one function
// and calls one of theirs.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"

	"example.com/rotonda/roto"
)

//go:embed hello.roto
var script string

func main() {
	name := "world"
	if len(os.Args) > 1 {
		name = os.Args[1]
	}
	if err := run(name, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(name string, out io.Writer) error {
	rt := roto.New()
	rt.Func("say", "Writes a line.", roto.Proc1(func(text string) { fmt.Fprintln(out, text) }), roto.Names("text"))

	pkg, err := rt.Compile(roto.Text("hello.roto", script))
	if err != nil {
		return err
	}
	greet, err := roto.Get2[func(string, uint64) uint64](pkg, "greet")
	if err != nil {
		return err
	}
	w := pkg.Worker(roto.Limits{})
	n, fault := greet.Call2(w, name, 3)
	if fault != nil {
		return fault
	}
	_, err = fmt.Fprintln(out, n, "characters")
	return err
}
