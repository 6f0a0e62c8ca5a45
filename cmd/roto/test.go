package main

import (
	"fmt"
	"regexp"

	"github.com/spf13/cobra"

	"example.com/rotonda/roto"
)

func testCommand() *cobra.Command {
	var pattern string
	cmd := &cobra.Command{
		Use:     "test FILE_OR_DIR",
		Short:   "Run the tests of a script",
		Example: "  roto test --run prefix filters.roto",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			want, err := regexp.Compile(pattern)
			if err != nil {
				return err
			}
			p, err := compile(cmd, args[0])
			if err != nil {
				return err
			}
			return runTests(cmd, p, want)
		},
	}
	cmd.Flags().StringVar(&pattern, "run", "", "only tests whose name matches this regular expression")
	return cmd
}

// runTests prints one line a test and a sum; a test passes when it accepts.
func runTests(cmd *cobra.Command, p *roto.Package, want *regexp.Regexp) error {
	var tests []roto.Test
	for _, t := range p.Tests() {
		if want.MatchString(t.Name) {
			tests = append(tests, t)
		}
	}
	out := cmd.OutOrStdout()
	w := p.Worker(roto.Limits{})
	width, good := len(fmt.Sprint(len(tests))), 0
	for i, t := range tests {
		fmt.Fprintf(out, "Test %*d / %d: %s... ", width, i+1, len(tests), t.Name)
		switch pass, fault := t.Run(w); {
		case fault != nil:
			fmt.Fprintf(out, "fail\n  %v\n", fault)
		case pass:
			good++
			fmt.Fprintln(out, "ok")
		default:
			fmt.Fprintln(out, "fail")
		}
	}
	fmt.Fprintf(out, "Ran %d tests, %d succeeded, %d failed\n", len(tests), good, len(tests)-good)
	if good < len(tests) {
		fmt.Fprintln(cmd.ErrOrStderr(), "Tests failed")
		return errSilent
	}
	return nil
}
