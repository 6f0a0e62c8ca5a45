package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/daemon"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/dissect"
	"example.com/rotonda/routecore/inet"
)

// maxDecode bounds what is read from standard input, in bytes of text.
const maxDecode = 8 << 20

// decode is what the flags of the command say.
type decode struct {
	json    bool
	asn4    string
	addPath []string
	session string
}

func decodeCommand() *cobra.Command {
	var d decode
	cmd := &cobra.Command{
		Use:   "decode [flags] [HEX…|-]",
		Short: "Explain one message octet by octet",
		Long: `Explains one BGP, BMP, MRT or RTR message: what each octet is, what it says, the RFC
that defines it and the rule that a wrong one breaks. What the message is, its content
tells. Last comes the verdict: accept, discard an attribute, treat as withdraw, or
reset the session. It is the verdict of the daemon's own parsers.

HEX may be split and separated as you like (white space, colons, 0x, quotes, braces),
with comments behind # at the start of a line; the output of
xxd, hexdump -C, od -t x1, tcpdump -x and Wireshark is understood with its offsets. - reads
it from standard input, which is also read where no argument is given.

An UPDATE does not say how it is to be read. The flags do, for BGP: the width of AS
numbers, families with path identifiers, and whether both ends are in one AS.`,
		Example: `  rotonda decode ffffffffffffffffffffffffffffffff001304
  xxd update.bin | rotonda decode --addpath=ipv4,ipv6 -
  rotonda decode --json --session ibgp --asn4=0 - <update.txt`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx, err := d.ctx()
			if err != nil {
				return err
			}
			if args, err = orStdin(cmd, args, "decode wants hexadecimal digits"); err != nil {
				return err
			}
			return d.run(args, ctx, cmd.InOrStdin(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&d.json, "json", false, "one JSON object: type, fields, verdict")
	f.StringVar(&d.asn4, "asn4", "1", "1 where AS numbers have four octets, 0 where they have two (RFC 6793)")
	f.StringSliceVar(&d.addPath, "addpath", nil, "families with path identifiers before the NLRI (RFC 7911), such as ipv4 or \"ipv6 multicast\"")
	f.StringVar(&d.session, "session", "ebgp", "ibgp where both ends are in one AS, else ebgp")
	return cmd
}

// ctx is the session that the flags describe. Messages may be as long as they
// like, since no flag says what was negotiated.
func (d *decode) ctx() (bgp.Ctx, error) {
	ctx := bgp.Ctx{MaxLen: bgp.MaxExtMessage}
	switch d.asn4 {
	case "1", "true":
		ctx.ASN4 = true
	case "0", "false":
	default:
		return ctx, fmt.Errorf("--asn4=%s: want 0 or 1", d.asn4)
	}
	switch d.session {
	case "ibgp":
		ctx.IBGP = true
	case "ebgp":
	default:
		return ctx, fmt.Errorf("--session %s: want ibgp or ebgp", d.session)
	}
	for _, name := range d.addPath {
		f, err := familyByName(strings.TrimSpace(name))
		if err != nil {
			return ctx, err
		}
		ctx.AddPath = ctx.AddPath.With(f)
	}
	return ctx, nil
}

// familyByName reads the names of inet.Families in any case, with a hyphen or an
// underscore for the space, and ipv4 and ipv6 alone for unicast.
func familyByName(name string) (inet.Family, error) {
	plain := strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(name))
	switch plain {
	case "ipv4":
		return inet.IPv4Unicast, nil
	case "ipv6":
		return inet.IPv6Unicast, nil
	}
	if f, ok := inet.FamilyByName(name); ok {
		return f, nil
	}
	for i := range inet.Families {
		row := &inet.Families[i]
		for _, known := range []string{row.Name, row.Config} {
			if strings.ToLower(strings.NewReplacer("-", "", "_", "", " ", "").Replace(known)) == plain {
				return row.Family, nil
			}
		}
	}
	return 0, fmt.Errorf("--addpath: no family %q; want a name such as ipv4, \"ipv6 multicast\" or \"l2vpn evpn\"", name)
}

// run explains the message and prints it. What is no whole message is a failure,
// after all that could be read of it.
func (d *decode) run(args []string, ctx bgp.Ctx, stdin io.Reader, stdout io.Writer) error {
	text := strings.Join(args, " ")
	if text == "-" {
		b, err := io.ReadAll(io.LimitReader(stdin, maxDecode+1))
		if err != nil {
			return daemon.Failure{Err: fmt.Errorf("standard input: %w", err)}
		}
		if len(b) > maxDecode {
			return daemon.Failure{Err: fmt.Errorf("standard input: over %d bytes; decode takes one message", maxDecode)}
		}
		text = string(b)
	}
	msg, err := readHex(text)
	if err != nil {
		return daemon.Failure{Err: err}
	}
	r := dissect.Any(msg, ctx)
	// No flag says whether the session may have several labels before a prefix.
	ctx.Labels = bgp.MonitorCtx(true).Labels
	if several := dissect.Any(msg, ctx); several.Verdict.Action < r.Verdict.Action {
		r = several
		r.Notes = append(r.Notes, "several labels before a prefix, which the session must have agreed on (RFC 8277 §2.1)")
	}
	var out []byte
	if d.json {
		out = append(r.AppendJSON(nil), '\n')
	} else {
		out = r.AppendText(nil, styleOf(stdout))
	}
	if _, err := stdout.Write(out); err != nil {
		return daemon.Failure{Err: err}
	}
	if r.Err != nil {
		return daemon.Failure{Err: fmt.Errorf("decode: %w", r.Err)}
	}
	return nil
}

// styleOf colours for terminals only, and not where NO_COLOR is set.
func styleOf(w io.Writer) dissect.Style {
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return dissect.Style{}
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return dissect.Style{}
	}
	return dissect.Style{Color: true, Width: 160}
}
