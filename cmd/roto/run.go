package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"example.com/rotonda/roto"
)

func runCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "run FILE_OR_DIR [FUNCTION]",
		Short:   "Run a function without parameters, main unless named",
		Example: "  roto run hello.roto",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if name, _ := cmd.Flags().GetString("runtime"); name != "" {
				return fmt.Errorf("only a script without the daemon's context can be run; leave out --runtime %s", name)
			}
			p, err := compile(cmd, args[0])
			if err != nil {
				return err
			}
			name := "main"
			if len(args) > 1 {
				name = args[1]
			}
			f, err := roto.Get0[func() roto.Unit](p, name)
			if err != nil {
				return fmt.Errorf("could not retrieve function: %w", err)
			}
			if _, fault := f.Call0(p.Worker(roto.Limits{Fuel: 1 << 40, Stack: 1 << 20})); fault != nil {
				return fault
			}
			return nil
		},
	}
}
