package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"sort"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/daemon"
	"example.com/rotonda/routecore/mrt/compress"
)

// dump is what the flags of the command say.
type dump struct {
	stats, json, machine bool
}

// errDump says that inputs were bad; what was wrong has been said.
var errDump = errors.New("some input could not be read in full")

func dumpCommand() *cobra.Command {
	var d dump
	cmd := &cobra.Command{
		Use:   "dump [flags] [FILE…|-]",
		Short: "Show what MRT files, BMP streams and packet captures hold",
		Long: `Reads MRT files, recorded BMP byte streams, and packet captures (pcap, pcapng) with
BGP or BMP in them, plain or compressed (gzip, bzip2, xz, zstd); what each file is, its
content tells. - is standard input, which is also read where no file is named. A file
that is cut or damaged gives what can be read, then a message with the place, and exit
code 1; behind damage in an MRT file reading goes on at the next record. What is odd
but can be read, such as an UPDATE with a faulty attribute, is remarked on standard
error.

Without flags it prints for people; with -m a line for each route and change of state,
exactly as bgpdump -m; with --json a JSON object a line for all that was said; with
--stats only figures.`,
		Example: `  rotonda dump updates.20260101.0000.gz | less
  rotonda dump -m rib.20260101.0000.bz2 | head
  rotonda dump --stats updates.*.gz
  zcat session.pcap.gz | rotonda dump --json - | jq 'select(.type == "open")'`,
		RunE: func(cmd *cobra.Command, files []string) error {
			if d.machine && (d.json || d.stats) {
				return errors.New("-m is a form of its own: it goes with neither --json nor --stats")
			}
			files, err := orStdin(cmd, files, "dump wants files")
			if err != nil {
				return err
			}
			if err := d.run(files, cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()); err != nil {
				return daemon.Failure{Err: err}
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.BoolVar(&d.stats, "stats", false, "count instead of listing")
	f.BoolVar(&d.json, "json", false, "JSON: one object a line for each route, message and event, or with --stats one a file")
	f.BoolVarP(&d.machine, "machine", "m", false, "one line a route, as bgpdump -m prints it")
	return cmd
}

// orStdin stands "-" for words that are not there. The error, which says what is
// wanted, is that of a terminal and of empty input: nobody is to wait for them.
func orStdin(cmd *cobra.Command, args []string, wants string) ([]string, error) {
	if len(args) > 0 {
		return args, nil
	}
	if !isTerminal(cmd.InOrStdin()) {
		b := bufio.NewReader(cmd.InOrStdin())
		if _, err := b.Peek(1); err == nil {
			cmd.SetIn(b)
			return []string{"-"}, nil
		}
	}
	return nil, errors.New(wants + ", or - for standard input")
}

// run dumps each file in turn; a bad one does not keep the others from being read.
func (d *dump) run(files []string, stdin io.Reader, stdout, stderr io.Writer) error {
	out := bufio.NewWriterSize(stdout, 64<<10)
	in := &input{stdin, stdout, stderr}
	bad := false
	var all []*stats
	for _, name := range files {
		var faults []fault
		if d.stats {
			s := d.count(name, in)
			faults = s.Errors
			if d.json {
				if err := json.NewEncoder(out).Encode(s); err != nil {
					return err
				}
			}
			all = append(all, s)
		} else {
			l := d.listing(out)
			if err := in.dump(name, l); err != nil {
				l.fault(-1, err)
			}
			faults = l.faults()
			if err := l.err(); err != nil {
				return err
			}
		}
		for _, f := range faults {
			bad = bad || f.damage
			if err := out.Flush(); err != nil {
				return err
			}
			fmt.Fprintln(stderr, f.in(name))
		}
	}
	if d.stats && !d.json {
		printStats(out, all)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if bad {
		return errDump
	}
	return nil
}

// listing returns the printer that the flags ask for.
func (d *dump) listing(out io.Writer) listing {
	switch {
	case d.json:
		return newJSONLines(out)
	case d.machine:
		return newMachineLines(out)
	}
	return newTextLines(out)
}

func (d *dump) count(name string, in *input) *stats {
	t := newTally(name)
	if err := in.dump(name, t); err != nil {
		t.fault(-1, err)
	}
	return t.result()
}

// input is where files are read from, and where their progress is shown.
type input struct {
	stdin          io.Reader
	stdout, stderr io.Writer
}

// dump opens name and shows its content to v. The error is one without a place
// inside the content.
func (in *input) dump(name string, v visitor) error {
	src := in.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return unnamed(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return errors.New("is a directory")
		}
		src = withProgress(f, in.stdout, in.stderr)
	}
	r, err := compress.NewReader(src)
	if err != nil {
		return err
	}
	defer r.Close()
	content := bufio.NewReaderSize(r, 64<<10)
	head, err := content.Peek(16)
	if err != nil && err != io.EOF && len(head) == 0 {
		return err
	}
	f := detect(head)
	v.opened(f, r.Format)
	switch f {
	case formatMRT:
		walkMRT(content, v)
	case formatBMP:
		walkBMP(content, v)
	case formatEmpty:
	case formatPcap:
		walkPcap(content, v)
	default:
		return fmt.Errorf("neither MRT nor BMP nor a packet capture: it starts with % x", head[:min(len(head), 8)])
	}
	return nil
}

// unnamed takes the name of the file off an error that is printed behind it.
func unnamed(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

func printStats(w io.Writer, all []*stats) {
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "FILE\tFORMAT\tRECORDS\tRIB\tANNOUNCED\tWITHDRAWN\tPREFIXES\tPEERS\tSTATES\tEND-OF-RIB\tERRORS\t")
	for _, s := range all {
		fmt.Fprintf(t, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t\n", s.File, s.Format, s.Records, s.RIBEntries,
			s.Announcements, s.Withdrawals, s.UniquePrefixes, s.Peers, s.StateChanges, s.EndOfRIB, len(s.Errors))
	}
	t.Flush()
	for _, s := range all {
		fmt.Fprintf(w, "\n%s (%s, compression %s)\n", s.File, s.Format, s.Compression)
		for _, name := range keys(s.ByFamily) {
			c := s.ByFamily[name]
			fmt.Fprintf(w, "  %-20s %10d in RIB %10d announced %10d withdrawn\n", name, c.RIB, c.Announced, c.Withdrawn)
		}
		for _, name := range keys(s.Messages) {
			unit := "messages"
			if s.Messages[name] == 1 {
				unit = "message"
			}
			fmt.Fprintf(w, "  %-20s %10d %s\n", name, s.Messages[name], unit)
		}
	}
}

func keys[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}
