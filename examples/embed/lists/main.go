// Command lists shows lists between Go and scripts: a list that a script hands to
// the host, one the other way, and a constant list that carries an index.
package main

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"

	"example.com/rotonda/roto"
)

//go:embed lists.roto
var script string

// span is a range of ports, both ends included: a value, so scripts compare spans
// by their content.
type span struct{ first, last uint16 }

// table is the index of a constant list of spans: which ports are in one.
type table [1 << 13]uint8

func newTable(list roto.List[span]) any {
	t := new(table)
	for s := range list.All() {
		for port := uint32(s.first); port <= uint32(s.last); port++ {
			t[port/8] |= 1 << (port % 8)
		}
	}
	return t
}

// isIn is asked for each packet. A constant list brings its table; one that a call
// has made is walked.
func isIn(port uint16, list roto.List[span]) bool {
	if t, ok := list.Index().(*table); ok {
		return t[port/8]&(1<<(port%8)) != 0
	}
	for s := range list.All() {
		if s.first <= port && port <= s.last {
			return true
		}
	}
	return false
}

func runtime() (*roto.Runtime, error) {
	rt := roto.New()
	roto.Type[span](rt, "Span", "A range of ports.").
		Func("new", "The range from one port to another.", roto.Fn2(newSpan), roto.Names("first", "last"))
	roto.Freeze(rt, newTable)
	roto.Extend[uint16](rt).
		Method("is_in", "Whether a port is in a range of the list.", roto.Fn2(isIn), roto.Pure(), roto.Names("list"))
	rt.Func("well_known", "Ports that have a name.", roto.Fn0(func() []uint16 { return []uint16{22, 53, 443} }))
	return rt, rt.Err()
}

// newSpan ends the call where the ends are the wrong way around.
func newSpan(first, last uint16) span {
	if first > last {
		panic(roto.Error(fmt.Sprintf("a range cannot go from %d to %d", first, last)))
	}
	return span{first, last}
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(out io.Writer) error {
	rt, err := runtime()
	if err != nil {
		return err
	}
	pkg, err := rt.Compile(roto.Text("lists.roto", script))
	if err != nil {
		return err
	}
	open, err := roto.Get1[func([]uint16) roto.List[uint16]](pkg, "open")
	if err != nil {
		return err
	}
	w := pkg.Worker(roto.Limits{})
	ports, fault := open.Call1(w, []uint16{22, 25, 443, 8080, 9000})
	if fault != nil {
		return fault
	}
	fmt.Fprintln(out, slices.Collect(ports.All()))

	first, err := roto.Get1[func(uint16) roto.Option[uint16]](pkg, "first_above")
	if err != nil {
		return err
	}
	port, fault := first.Call1(w, 22)
	if fault != nil {
		return fault
	}
	fmt.Fprintln(out, port.Some, port.Value)
	return nil
}
