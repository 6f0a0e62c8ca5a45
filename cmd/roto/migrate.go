package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"example.com/rotonda/roto"
)

func migrateCommand() *cobra.Command {
	var check bool
	cmd := &cobra.Command{
		Use:   "migrate FILE_OR_DIR…|-",
		Short: "Rewrite scripts of old editions in today's language; print the names of those that changed",
		Long: "Rewrite scripts of old editions (roto 0.3 to 0.10, Rotonda 0.2 to 0.5) in today's language and print the names of those that changed.\n" +
			"Nothing else in them changes. Arithmetic that was read from the right gets parentheses, and a warning where that is hardly what was meant.\n" +
			"The edition is found from what is in the file, or named in its first line: # roto edition 0.7",
		Example: "  roto migrate filters.roto\n  roto migrate --check .",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return rewrite(cmd, args, check, func(name, text string) (string, error) {
				got, warnings, err := roto.Migrate(name, text)
				for _, d := range warnings {
					fmt.Fprint(cmd.ErrOrStderr(), d.Render(isTerminal(cmd.ErrOrStderr())))
				}
				return got, err
			})
		},
	}
	cmd.Flags().BoolVar(&check, "check", false, "change nothing, exit 1 where a file would change")
	return cmd
}
