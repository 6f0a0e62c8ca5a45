// Command roto checks, runs, tests and formats Roto scripts. It is for people who write
// filters and for those who only embed the language: without --runtime a script
// sees the standard library and print, with --runtime rotonda what the daemon
// offers. Start reading at command, then check.go, run.go and test.go.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/roto"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run executes one command line and returns the exit code.
func run(args []string, stdout, stderr io.Writer) int {
	return execute(command(), args, stdout, stderr)
}

func execute(c *cobra.Command, args []string, stdout, stderr io.Writer) int {
	c.SetArgs(args)
	c.SetOut(stdout)
	c.SetErr(stderr)
	understood := false
	c.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
	if err := c.Execute(); err != nil {
		var r *roto.Report
		var wrong usageError
		switch {
		case errors.As(err, &r):
			fmt.Fprint(stderr, r.Render(isTerminal(stderr)))
		case err != errSilent:
			fmt.Fprintln(stderr, "Error:", err)
		}
		if !understood || errors.As(err, &wrong) {
			return 2
		}
		return 1
	}
	return 0
}

// usageError is a command line that says nothing sensible, found only when the
// command ran: exit code 2.
type usageError string

func (e usageError) Error() string { return string(e) }

func usagef(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// errSilent ends a command with exit code 1 after everything was said.
var errSilent = errors.New("failed")

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && term.IsTerminal(int(f.Fd()))
}

func command() *cobra.Command {
	root := &cobra.Command{
		Use:           "roto",
		Short:         "Check, run, test and format Roto scripts",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().String("runtime", "", "what scripts see: empty for the standard library, or rotonda")
	root.AddCommand(checkCommand(), runCommand(), testCommand(), fmtCommand(), migrateCommand(), docCommand(), lspCommand())
	return root
}

// runtimeOf returns the runtime a command line asks for; print writes to out. That
// of the daemon is the one for the script at a path, or today's without one.
func runtimeOf(cmd *cobra.Command, path string, out io.Writer) (*roto.Runtime, error) {
	name, err := cmd.Flags().GetString("runtime")
	if err != nil {
		return nil, err
	}
	switch name {
	case "rotonda":
		if path == "" {
			return filter.Runtime()
		}
		return filter.RuntimeOf(path)
	case "":
		rt := roto.New()
		rt.Func("print", "Writes a line to standard output.", roto.Proc1(func(s string) { fmt.Fprintln(out, s) }), roto.Names("text"))
		return rt, nil
	}
	return nil, usagef("no runtime %q; there is rotonda", name)
}

// mock gives a worker the context that the runtime has, with nothing in it.
func mock(cmd *cobra.Command, p *roto.Package, w *roto.Worker, out io.Writer) error {
	if name, _ := cmd.Flags().GetString("runtime"); name == "rotonda" {
		return filter.Mock(p, w, out)
	}
	return nil
}

// compile reads and compiles the script of a command.
func compile(cmd *cobra.Command, path string) (*roto.Package, error) {
	rt, err := runtimeOf(cmd, path, cmd.OutOrStdout())
	if err != nil {
		return nil, err
	}
	p, err := rt.Compile(roto.Script(path)...)
	if err == nil {
		warn(cmd, p)
	}
	return p, err
}

// warn prints what the author of a script should know.
func warn(cmd *cobra.Command, p *roto.Package) {
	for _, d := range p.Warnings {
		fmt.Fprint(cmd.ErrOrStderr(), d.Render(isTerminal(cmd.ErrOrStderr())))
	}
}
