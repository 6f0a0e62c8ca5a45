package daemon

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"example.com/rotonda/conf"
	"example.com/rotonda/internal/filter"
	"example.com/rotonda/internal/obs"
	"example.com/rotonda/unit"
)

// Exit codes of every command.
const (
	exitFailed = 1
	exitUsage  = 2
)

// Failure is an error that was found at run time, in contrast to wrong usage.
type Failure struct{ Err error }

// Error returns the text of the error inside.
func (f Failure) Error() string { return f.Err.Error() }

// Unwrap returns the error inside.
func (f Failure) Unwrap() error { return f.Err }

// Main runs the daemon's own commands on the arguments of the process.
func Main(catalog []unit.Def) int { return Execute(Command(catalog)) }

// Execute runs a command line and returns the exit code. Errors are printed.
func Execute(root *cobra.Command) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	amendDefaults(root)
	cmd, err := root.ExecuteC()
	var failure Failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failure):
		if text := err.Error(); text != "" {
			fmt.Fprintln(os.Stderr, text)
		}
		return exitFailed
	}
	fmt.Fprintf(os.Stderr, "rotonda: %v%s\nSee '%s --help'.\n", err, nearestFlag(cmd, err), cmd.CommandPath())
	return exitUsage
}

// amendDefaults gives the commands that cobra adds what all others have: an example,
// and an error for a word that is no command.
func amendDefaults(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		switch c.Name() {
		case "help":
			c.Example = "  rotonda help query"
			c.Run = nil
			c.RunE = func(_ *cobra.Command, args []string) error {
				about, _, err := root.Find(args)
				if err != nil {
					return err
				}
				about.InitDefaultHelpFlag()
				return about.Help()
			}
		case "completion":
			c.Example = "  source <(rotonda completion bash)"
			for _, shell := range c.Commands() {
				shell.Example = "  rotonda completion " + shell.Name() + " >rotonda." + shell.Name()
			}
		}
	}
}

// nearestFlag is what to add to an error about an unknown flag: the flag of the
// command that is spelled most like it, if any is.
func nearestFlag(cmd *cobra.Command, err error) string {
	word, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return ""
	}
	var known []string
	for _, field := range strings.Fields(cmd.Flags().FlagUsages()) {
		if name, ok := strings.CutPrefix(field, "--"); ok {
			known = append(known, name)
		}
	}
	name, ok := conf.Nearest(word, known)
	if !ok {
		return ""
	}
	return "; did you mean --" + name + "?"
}

// Command returns the root command with run, check and schema. Without a
// sub-command it runs the daemon, as upstream does: rotonda -c FILE.
func Command(catalog []unit.Def) *cobra.Command {
	var o Options
	root := &cobra.Command{
		Use:   "rotonda",
		Short: "A composable, programmable BGP engine",
		Long: "Rotonda collects routes over BGP, BMP and from MRT files, filters them with Roto scripts,\n" +
			"keeps them in RIBs, answers queries and sends routes and events on.",
		Example: "  rotonda run                        # the embedded default, with a simulated Internet\n" +
			"  rotonda -c /etc/rotonda.conf       # as upstream\n  rotonda query 192.0.2.0/24 --longest",
		Version:                    version,
		SuggestionsMinimumDistance: 3,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.Config == "" {
				return cmd.Help()
			}
			return run(o, catalog)
		},
	}
	root.Flags().SortFlags = false
	o.flags(root)
	sub := &cobra.Command{
		Use:     "run",
		Short:   "Run in the foreground; without -c the embedded default",
		Example: "  rotonda run -c rotonda.conf -v",
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return run(o, catalog) },
	}
	o.flags(sub)
	root.AddCommand(sub, checkCommand(catalog), schemaCommand(catalog))
	return root
}

func (o *Options) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&o.Config, "config", "c", "", "configuration file")
	f.CountVarP(&o.Verbose, "verbose", "v", "log more; twice for trace")
	f.CountVarP(&o.Quiet, "quiet", "q", "log errors only; twice for nothing")
	f.StringVar(&o.LogFile, "logfile", "", "log to this file; - is standard error")
	f.BoolVar(&o.Syslog, "syslog", false, "log to syslog")
	f.StringVar(&o.Facility, "syslog-facility", "", "facility for syslog (default daemon)")
	f.StringSliceVar(&o.HTTP, "http", nil, "address of page, API and metrics in place of http_listen")
	cmd.MarkFlagsMutuallyExclusive("verbose", "quiet")
}

// run runs the daemon until a signal ends it.
func run(o Options, catalog []unit.Def) error {
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	logs := obs.Open()
	d, err := Start(o, catalog, logs)
	if err != nil {
		return Failure{err}
	}
	for s := range signals {
		if s == syscall.SIGHUP {
			if err := d.Reload(); err != nil {
				d.log.Error(fmt.Sprintf("Failed to re-read config file '%s'; the old settings stay", o.Config), "error", err)
			}
			continue
		}
		if s == syscall.SIGINT {
			d.log.Warn("CTRL-C (SIGINT) received, shutting down.")
		} else {
			d.log.Warn("SIGTERM received, shutting down.")
		}
		break
	}
	d.Stop()
	d.log.Info("Exiting with exit code 0")
	return nil
}

func checkCommand(catalog []unit.Def) *cobra.Command {
	return &cobra.Command{
		Use:     "check FILE",
		Short:   "Check a configuration and the scripts it names: every error at once",
		Example: "  rotonda check /etc/rotonda/rotonda.conf",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, notices, err := ReadConfig(args[0], catalog)
			for _, n := range notices {
				fmt.Fprintln(cmd.ErrOrStderr(), "notice: "+n.String())
			}
			if err != nil {
				return Failure{err}
			}
			if err := filter.Check(c.RotoScript); err != nil {
				return Failure{err}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "ok: %s: %d units and targets\n", args[0], len(c.Plan.Units))
			return nil
		},
	}
}

func schemaCommand(catalog []unit.Def) *cobra.Command {
	var asTOML, asJSON, asMD bool
	cmd := &cobra.Command{
		Use:     "schema --toml|--json|--md",
		Short:   "Print every setting with its meaning, default and bounds",
		Example: "  rotonda schema --toml >rotonda.conf",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out, err := schema(catalog, asTOML, asJSON)
			if err != nil {
				return Failure{err}
			}
			_, err = cmd.OutOrStdout().Write(out)
			return err
		},
	}
	cmd.Flags().BoolVar(&asTOML, "toml", false, "as a configuration file with comments")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON Schema")
	cmd.Flags().BoolVar(&asMD, "md", false, "as Markdown")
	cmd.MarkFlagsOneRequired("toml", "json", "md")
	cmd.MarkFlagsMutuallyExclusive("toml", "json", "md")
	return cmd
}
