package filter

import (
	"fmt"
	"io"
	"log/slog"

	"example.com/rotonda/roto"
	"example.com/rotonda/rpki"
)

// Mock gives a worker of a package that was compiled with [Runtime] the
// daemon's context with nothing behind it: no VRP is known, metrics and outputs
// go nowhere, and what the script prints goes to print. compile_lists is run, as
// in the daemon. It is for tests of scripts and for running them by hand.
func Mock(pkg *roto.Package, w *roto.Worker, print io.Writer) error {
	log := slog.New(slog.DiscardHandler)
	c := &world{
		Output: &Log{print: print, log: log}, RPKI: &RPKI{&rpki.Table{}},
		ASNLists: &ASNLists{}, PrefixLists: &PrefixLists{}, Metrics: &Metrics{},
	}
	c.ASNLists.log, c.PrefixLists.log = log, log
	if err := roto.SetContext(w, c); err != nil {
		return err
	}
	if !pkg.Has("compile_lists") {
		return nil
	}
	f, err := roto.Get0[func() roto.Unit](pkg, "compile_lists")
	if err != nil {
		return err
	}
	if _, fault := f.Call0(w); fault != nil {
		return fmt.Errorf("compile_lists: %w", fault)
	}
	return nil
}
