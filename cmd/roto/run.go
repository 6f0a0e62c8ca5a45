package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.com/rotonda/roto"
)

func runCommand() *cobra.Command {
	var hook string
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "run FILE_OR_DIR [FUNCTION | --hook NAME FILE.mrt…]",
		Short:   "Run a function without parameters, main unless named, or a filter of the daemon over MRT files",
		Example: "  roto run hello.roto\n  roto run --runtime rotonda --hook rib_in_pre filters.roto rib.mrt.gz --json",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			name, _ := cmd.Flags().GetString("runtime")
			if hook != "" {
				if name != "rotonda" {
					return usagef("--hook runs what the daemon calls: it wants --runtime rotonda")
				}
				return runHook(cmd, hook, args[0], args[1:], asJSON)
			}
			if len(args) > 2 {
				return usagef("one function at a time, not %d", len(args)-1)
			}
			p, err := compile(cmd, args[0])
			if err != nil {
				return err
			}
			name = "main"
			if len(args) > 1 {
				name = args[1]
			}
			call, err := runnable(p, name, cmd.OutOrStdout())
			if err != nil {
				return fmt.Errorf("could not retrieve function: %w", err)
			}
			w := p.Worker(roto.Limits{Fuel: 1 << 40, Stack: 1 << 20, Memory: 1 << 32})
			if err := mock(cmd, p, w, cmd.OutOrStdout()); err != nil {
				return err
			}
			if fault := call(w); fault != nil {
				return fault
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&hook, "hook", "", "a filter of the daemon to run over MRT files: rib_in_pre, bgp_in or any filter of routes")
	cmd.Flags().BoolVar(&asJSON, "json", false, "with --hook: one JSON object with what was counted, instead of what the script emits")
	return cmd
}

// runnable returns a function without parameters, ready to be called; a text that
// it returns is printed.
func runnable(p *roto.Package, name string, out io.Writer) (func(*roto.Worker) *roto.Fault, error) {
	f, err := roto.Get0[func() roto.Unit](p, name)
	if err == nil {
		return func(w *roto.Worker) *roto.Fault { _, fault := f.Call0(w); return fault }, nil
	}
	g, textErr := roto.Get0[func() string](p, name)
	if textErr != nil {
		return nil, err
	}
	return func(w *roto.Worker) *roto.Fault {
		text, fault := g.Call0(w)
		if fault == nil {
			fmt.Fprintln(out, text)
		}
		return fault
	}, nil
}
