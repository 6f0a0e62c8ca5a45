package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/roto"
)

func checkCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "check FILE_OR_DIR…",
		Short:   "Find every mistake in scripts without running them",
		Example: "  roto check --runtime rotonda filters.roto",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := runtimeOf(cmd, "", io.Discard); err != nil {
				return err
			}
			failed := false
			for _, path := range args {
				if err := checkOne(cmd, path, asJSON); err != nil {
					failed = true
				}
			}
			if failed {
				return errSilent
			}
			if !asJSON {
				fmt.Fprintln(cmd.OutOrStdout(), "All ok!")
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "one JSON object a complaint and line, on standard output")
	return cmd
}

// checkOne prints what is wrong with a script. With the daemon's runtime the
// types of its hooks are checked too.
func checkOne(cmd *cobra.Command, path string, asJSON bool) error {
	_, err := compile(cmd, path)
	if name, _ := cmd.Flags().GetString("runtime"); err == nil && name == "rotonda" {
		err = filter.Check(path)
	}
	var r *roto.Report
	switch {
	case err == nil:
		return nil
	case errors.As(err, &r) && asJSON:
		_, _ = cmd.OutOrStdout().Write(r.AppendJSON(nil))
	case asJSON:
		_, _ = cmd.OutOrStdout().Write(roto.ErrorJSON(path, err))
	case r != nil:
		fmt.Fprint(cmd.ErrOrStderr(), r.Render(isTerminal(cmd.ErrOrStderr())))
	default:
		fmt.Fprintln(cmd.ErrOrStderr(), "Error:", err)
	}
	return err
}
