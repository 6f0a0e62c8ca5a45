package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"example.com/rotonda/roto"
)

func testCommand() *cobra.Command {
	var pattern string
	var jobs int
	var cover, verbose bool
	cmd := &cobra.Command{
		Use:   "test FILE_OR_DIR",
		Short: "Run the tests of a script",
		Long: "Run the tests of a script. A test passes when it accepts. What it prints is shown when it fails.\n" +
			"With --runtime rotonda tests see the daemon's context with nothing in it: no VRPs, lists as compile_lists fills them.",
		Example: "  roto test --run prefix --cover filters.roto",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			want, err := regexp.Compile(pattern)
			if err != nil {
				return usagef("--run: %v", err)
			}
			if jobs < 1 {
				return usagef("--jobs: at least 1")
			}
			t := tester{cmd: cmd, path: args[0], want: want, cover: cover, verbose: verbose}
			return t.run(jobs)
		},
	}
	cmd.Flags().StringVar(&pattern, "run", "", "only tests whose name matches this regular expression")
	cmd.Flags().IntVar(&jobs, "jobs", runtime.NumCPU(), "tests that run at the same time")
	cmd.Flags().BoolVar(&cover, "cover", false, "show which lines were reached")
	cmd.Flags().BoolVar(&verbose, "verbose", false, "show what tests print, also when they pass")
	return cmd
}

// tester runs the tests of one script. Each goroutine compiles it for itself, so
// that what a test prints is its own.
type tester struct {
	cmd            *cobra.Command
	path           string
	want           *regexp.Regexp
	cover, verbose bool
}

// result is how one test went.
type result struct {
	pass   bool
	fault  *roto.Fault
	output string
}

// bench is what one goroutine runs tests with.
type bench struct {
	out    bytes.Buffer
	pkg    *roto.Package
	worker *roto.Worker
	tests  []roto.Test
}

func (t *tester) bench() (*bench, error) {
	b := &bench{}
	rt, err := runtimeOf(t.cmd, t.path, &b.out)
	if err != nil {
		return nil, err
	}
	compile := rt.Compile
	if t.cover {
		compile = rt.Cover
	}
	if b.pkg, err = compile(roto.Script(t.path)...); err != nil {
		return nil, err
	}
	b.worker = b.pkg.Worker(roto.Limits{})
	if err := mock(t.cmd, b.pkg, b.worker, &b.out); err != nil {
		return nil, err
	}
	for _, test := range b.pkg.Tests() {
		if t.want.MatchString(test.Name) {
			b.tests = append(b.tests, test)
		}
	}
	return b, nil
}

func (t *tester) run(jobs int) error {
	first, err := t.bench()
	if err != nil {
		return err
	}
	warn(t.cmd, first.pkg)
	benches := []*bench{first}
	for len(benches) < min(jobs, len(first.tests)) {
		b, err := t.bench()
		if err != nil {
			return err
		}
		benches = append(benches, b)
	}
	results := make([]result, len(first.tests))
	done := make([]chan struct{}, len(first.tests))
	for i := range done {
		done[i] = make(chan struct{})
	}
	var wg sync.WaitGroup
	for k, b := range benches {
		wg.Go(func() {
			for i := k; i < len(b.tests); i += len(benches) {
				b.out.Reset()
				pass, fault := b.tests[i].Run(b.worker)
				results[i] = result{pass && fault == nil, fault, b.out.String()}
				close(done[i])
			}
		})
	}
	err = t.report(first.tests, results, done)
	wg.Wait()
	if t.cover {
		var workers []*roto.Worker
		for _, b := range benches {
			workers = append(workers, b.worker)
		}
		printCoverage(t.cmd.OutOrStdout(), first.pkg.Coverage(workers...))
	}
	return err
}

// report prints one line a test, in order, as soon as it is done, and a sum.
func (t *tester) report(tests []roto.Test, results []result, done []chan struct{}) error {
	out := t.cmd.OutOrStdout()
	width, good := len(fmt.Sprint(len(tests))), 0
	for i, test := range tests {
		<-done[i]
		r, word := results[i], "fail"
		if r.pass {
			word = "ok"
			good++
		}
		fmt.Fprintf(out, "Test %*d / %d: %s... %s\n", width, i+1, len(tests), test.Name, word)
		if r.fault != nil {
			fmt.Fprintf(out, "  %v\n", r.fault)
		}
		if r.output != "" && (t.verbose || !r.pass) {
			fmt.Fprint(out, "  | ", strings.ReplaceAll(strings.TrimSuffix(r.output, "\n"), "\n", "\n  | "), "\n")
		}
	}
	fmt.Fprintf(out, "Ran %d tests, %d succeeded, %d failed\n", len(tests), good, len(tests)-good)
	if good < len(tests) {
		fmt.Fprintln(t.cmd.ErrOrStderr(), "Tests failed")
		return errSilent
	}
	return nil
}

// printCoverage prints, for each file, how much was reached and the lines that
// were not.
func printCoverage(out io.Writer, lines []roto.Line) {
	for i := 0; i < len(lines); {
		file, start, reached := lines[i].File, i, 0
		var missed []int
		for ; i < len(lines) && lines[i].File == file; i++ {
			if lines[i].Hits > 0 {
				reached++
			} else {
				missed = append(missed, lines[i].Line)
			}
		}
		fmt.Fprintf(out, "%s: %d of %d lines reached (%.1f %%)", file, reached, i-start, 100*float64(reached)/float64(i-start))
		if len(missed) > 0 {
			fmt.Fprintf(out, "; not lines %s", ranges(missed))
		}
		fmt.Fprintln(out)
	}
}

// ranges writes 1, 2, 3, 7 as "1-3, 7".
func ranges(n []int) string {
	var parts []string
	for i := 0; i < len(n); {
		j := i
		for j+1 < len(n) && n[j+1] == n[j]+1 {
			j++
		}
		if i == j {
			parts = append(parts, fmt.Sprint(n[i]))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", n[i], n[j]))
		}
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
