// Command events keeps those JSON objects of its standard input, one a line, for
// which a script's filter accepts. The fields that the script may read are not
// compiled into the program: they are named on its command line.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"example.com/rotonda/roto"
)

func main() {
	fields := flag.String("fields", "prefix: Prefix, peer: Asn, path: List[Asn], med: u32?", "the members of an object, as a Roto record has them")
	limit := flag.Duration("limit", time.Second, "how long the filter may think about one object")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "Usage: events [flags] FILTER.roto < events.json")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	f, err := load(flag.Arg(0), *fields)
	if err == nil {
		err = f.copy(os.Stdout, os.Stderr, os.Stdin, *limit)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// filter is a compiled script and the shape of what it judges.
type filter struct {
	pkg    *roto.Package
	schema *roto.Schema
	keep   *roto.Func1[*roto.Row, roto.VerdictOf[roto.Unit, string]]
}

// load compiles `filter keep(event: Event)` of a script, which rejects with a
// reason.
func load(path, fields string) (*filter, error) {
	rt := roto.New()
	schema := rt.Schema("Event", "One object of the input.", fields)
	pkg, err := rt.Compile(roto.Script(path)...)
	if err != nil {
		return nil, err
	}
	keep, err := roto.Get1[func(*roto.Row) roto.VerdictOf[roto.Unit, string]](pkg, "keep")
	return &filter{pkg, schema, keep}, err
}

// copy writes the lines that the filter accepts, and to why those it does not.
func (f *filter) copy(out, why io.Writer, in io.Reader, limit time.Duration) error {
	var deadline time.Time
	w := f.pkg.Worker(roto.Limits{Fuel: 1 << 40, Memory: 1 << 20, Expired: func() bool { return time.Now().After(deadline) }})
	lines := bufio.NewScanner(in)
	for n := 1; lines.Scan(); n++ {
		row, err := f.schema.FromJSON(lines.Bytes())
		if err != nil {
			fmt.Fprintf(why, "line %d: %v\n", n, err)
			continue
		}
		deadline = time.Now().Add(limit)
		verdict, fault := f.keep.Call1(w, row)
		switch {
		case fault != nil:
			fmt.Fprintf(why, "line %d: %v\n", n, fault)
		case verdict.Reject:
			fmt.Fprintf(why, "line %d: %s\n", n, verdict.Rejected)
		default:
			fmt.Fprintln(out, lines.Text())
		}
	}
	return lines.Err()
}
