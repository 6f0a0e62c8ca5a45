package main

import (
	"bufio"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/daemon"
	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/routecore/inet"
)

// simulation is what the flags of simulate say.
type simulation struct {
	simulate.Config
	mrt, updates string
	local        string
	asn          uint32
	duration     time.Duration
	quiet        bool
}

// updatesFor is how much time --updates covers unless --duration says otherwise.
const updatesFor = 5 * time.Minute

func simulateCommand() *cobra.Command {
	s := simulation{Config: simulate.Defaults()}
	cmd := &cobra.Command{
		Use:   "simulate",
		Short: "Play the built-in Internet to a socket or into an MRT file",
		Long: `Plays a made-up Internet: routers and peers, their tables, and how they change.
The same seed and size give the same Internet, and the same bytes in files.

With --mrt and --updates it writes files and ends. With --bmp and --bgp it connects
to a BMP station or a BGP speaker, sends its tables, then changes, until it is
interrupted or --duration is over; it connects again whenever the connection is lost.`,
		Example: `  rotonda simulate --mrt table.mrt.gz --updates changes.mrt.gz --prefixes 100000
  rotonda simulate --bmp 127.0.0.1:11019 --routers 3 --peers 2 --rate 20
  rotonda simulate --bgp 127.0.0.1:11179 --local-address 127.0.0.2 --prefixes 1000000`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return s.run(cmd.Context(), cmd.OutOrStdout()) },
	}
	f := cmd.Flags()
	f.Uint64Var(&s.Seed, "seed", s.Seed, "which Internet; the same seed is the same Internet")
	f.IntVar(&s.Prefixes, "prefixes", s.Prefixes, "its size, 1000 to 1000000 prefixes of both families")
	f.IntVar(&s.Routers, "routers", s.Routers, "routers that connect to --bmp")
	f.IntVar(&s.Peers, "peers", s.Peers, "neighbours of each router, and peers in a file")
	f.Float64Var(&s.Rate, "rate", s.Rate, "UPDATE messages a second from each neighbour after its table")
	f.StringVar(&s.mrt, "mrt", "", "write the table to this file (.gz compresses, - is standard output)")
	f.StringVar(&s.updates, "updates", "", "write the changes after the table to this file")
	f.DurationVar(&s.duration, "duration", 0, "end after this time; how much time --updates covers (default 5m there)")
	f.StringVar(&s.BMP, "bmp", "", "address of a BMP station to connect to")
	f.StringVar(&s.BGP, "bgp", "", "address of a BGP speaker to connect to")
	f.IntVar(&s.BGPPeers, "bgp-peers", 1, "sessions to --bgp, from --local-address and those after it")
	f.StringVar(&s.local, "local-address", "", "where the first BGP session comes from; empty: the system chooses")
	f.Uint32Var(&s.asn, "asn", uint32(s.ASN), "AS number of the first BGP session; the next ones count up")
	f.DurationVar(&s.HoldTime, "hold-time", s.HoldTime, "hold time that BGP sessions propose")
	f.DurationVar(&s.Flap, "flap", 0, "mean time between two losses of a neighbour of a router; 0: never")
	f.BoolVarP(&s.quiet, "quiet", "q", false, "no log lines")
	return cmd
}

// run writes the files that are asked for, then plays to the addresses.
func (s *simulation) run(ctx context.Context, stdout io.Writer) error {
	if err := s.complete(); err != nil {
		return err
	}
	if s.mrt != "" || s.updates != "" {
		if err := s.write(stdout); err != nil {
			return daemon.Failure{Err: err}
		}
	}
	if s.BMP == "" && s.BGP == "" {
		return nil
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if s.duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.duration)
		defer cancel()
	}
	return simulate.Run(ctx, s.Config)
}

// complete checks the flags that the simulator does not see and fills in the rest.
func (s *simulation) complete() error {
	if s.mrt == "" && s.updates == "" && s.BMP == "" && s.BGP == "" {
		return errors.New("simulate: nothing to do: give --mrt or --updates a file, or --bmp or --bgp an address")
	}
	if s.Prefixes < simulate.MinPrefixes || s.Prefixes > simulate.MaxPrefixes {
		return fmt.Errorf("simulate: --prefixes %d: want %d to %d", s.Prefixes, simulate.MinPrefixes, simulate.MaxPrefixes)
	}
	s.LocalAddress = netip.Addr{}
	if s.local != "" {
		local, err := netip.ParseAddr(s.local)
		if err != nil {
			return fmt.Errorf("simulate: --local-address %q: want an address such as 127.0.0.2", s.local)
		}
		s.LocalAddress = local
	}
	s.ASN = inet.ASN(s.asn)
	if !s.quiet {
		s.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	}
	return nil
}

// write draws the Internet once and writes both files of it.
func (s *simulation) write(stdout io.Writer) error {
	world := simulate.New(s.Seed, s.Prefixes)
	if s.mrt != "" {
		err := writeFile(s.mrt, stdout, func(w io.Writer) error { return simulate.WriteMRT(w, world, s.Peers) })
		if err != nil {
			return err
		}
	}
	if s.updates == "" {
		return nil
	}
	during := s.duration
	if during == 0 {
		during = updatesFor
	}
	return writeFile(s.updates, stdout, func(w io.Writer) error {
		return simulate.WriteUpdates(w, world, s.Peers, s.Rate, during)
	})
}

// writeFile lets fill write to the named file through a buffer, and through gzip
// where the name ends so. A file that could not be written whole is removed.
func writeFile(name string, stdout io.Writer, fill func(io.Writer) error) (err error) {
	dst := stdout
	if name != "-" {
		file, openErr := os.Create(name)
		if openErr != nil {
			return openErr
		}
		dst = file
		defer func() {
			err = errors.Join(err, file.Close())
			if err != nil {
				os.Remove(name)
			}
		}()
	}
	buffer := bufio.NewWriterSize(dst, 256<<10)
	if !strings.HasSuffix(name, ".gz") {
		return errors.Join(fill(buffer), buffer.Flush())
	}
	zipped := gzip.NewWriter(buffer)
	return errors.Join(fill(zipped), zipped.Close(), buffer.Flush())
}
