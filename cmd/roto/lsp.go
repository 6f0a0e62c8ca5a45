package main

import (
	"io"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/internal/lsp"
)

func lspCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "lsp",
		Short:   "Serve an editor over standard input and output (Language Server Protocol 3.17)",
		Long:    "Serve an editor over standard input and output: mistakes, hover, completion, definitions, references, rename, formatting, migration.\nThe folder editors of the sources says how to set up editors.",
		Example: "  roto lsp --runtime rotonda",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			rt, err := runtimeOf(cmd, "", io.Discard)
			if err != nil {
				return err
			}
			var hooks []lsp.Hook
			if name, _ := cmd.Flags().GetString("runtime"); name == "rotonda" {
				for _, h := range filter.Hooks {
					hooks = append(hooks, lsp.Hook(h))
				}
			}
			return lsp.New(rt, hooks...).Run(cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	cmd.Flags().Bool("stdio", true, "what editors say by habit; there is nothing else")
	return cmd
}
