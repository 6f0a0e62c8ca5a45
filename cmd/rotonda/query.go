package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/daemon"
)

func queryCommand() *cobra.Command {
	var c client
	q := question{rib: "default"}
	cmd := &cobra.Command{
		Use:   "query [PREFIX] [EXPRESSION]",
		Short: "Ask a running daemon for routes",
		Long: `Prints the routes of a RIB of a running daemon. PREFIX is a prefix, which is matched exactly
unless a flag says otherwise, or an address, for which the longest prefix is looked up.
EXPRESSION chooses among them: KEY=VALUE terms joined by "and". The keys are:

  originAsn pathAsn peerAsn peerAddress ingressId router view community largeCommunity
  otc rov status family function

Status is active, stale, withdrawn or all; active,stale where it is left out.`,
		Example: `  rotonda query 192.0.2.0/24
  rotonda query 192.0.2.1 peerAsn=64500
  rotonda query 10.0.0.0/8 --more originAsn=64500 and community=64500:1 --limit 20
  rotonda query view=inPost and status=stale --json
  rotonda query peerAsn=64500 --mrt routes.mrt`,
		RunE: func(cmd *cobra.Command, args []string) error { return q.run(cmd, &c, args) },
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.BoolVar(&q.exact, "exact", false, "routes of PREFIX itself")
	f.BoolVar(&q.longest, "longest", false, "routes of the longest prefix that covers PREFIX")
	f.BoolVar(&q.more, "more", false, "routes of PREFIX and all more specific ones")
	f.BoolVar(&q.less, "less", false, "routes of PREFIX and all less specific ones")
	cmd.MarkFlagsMutuallyExclusive("exact", "longest", "more", "less")
	f.IntVar(&q.limit, "limit", 0, "the most routes printed; 0 is all")
	f.BoolVar(&q.require, "require", false, "exit with 1 where there is no route")
	f.StringVar(&q.mrt, "mrt", "", "write the routes to this file as TABLE_DUMP_V2 in place of printing them")
	cmd.MarkFlagsMutuallyExclusive("json", "csv", "mrt")
	f.StringVar(&q.rib, "rib", q.rib, "name of the RIB; default is the daemon's default RIB")
	return cmd
}

// question is what the command line asks.
type question struct {
	rib                        string
	exact, longest, more, less bool
	require                    bool
	limit                      int
	mrt                        string // file; empty: the routes are printed
}

func (q *question) params(args []string) (url.Values, error) {
	v := url.Values{"format": {"jsonl"}}
	if q.mrt != "" {
		v.Set("format", "mrt")
	}
	if len(args) > 0 && isPrefix(args[0]) {
		v.Set("prefix", args[0])
		args = args[1:]
	}
	if len(args) > 0 {
		v.Set("where", strings.Join(args, " "))
	}
	for name, set := range map[string]bool{"exact": q.exact, "longest": q.longest, "more": q.more, "less": q.less} {
		if set && !v.Has("prefix") {
			return nil, fmt.Errorf("--%s needs a PREFIX before the expression", name)
		}
		if set {
			v.Set("match", name)
		}
	}
	switch {
	case q.limit < 0:
		return nil, fmt.Errorf("--limit %d: give a number from 0, which is all", q.limit)
	case q.limit > 0:
		v.Set("limit", strconv.Itoa(q.limit))
	}
	return v, nil
}

// isPrefix reports whether an argument is meant as a prefix rather than as the
// beginning of an expression. Whether it is a good one the daemon says.
func isPrefix(arg string) bool {
	if _, err := netip.ParseAddr(arg); err == nil {
		return true
	}
	return !strings.Contains(arg, "=") && strings.ContainsAny(arg, "/:.")
}

var routeColumns = []string{"prefix", "status", "peerAsn", "peerAddress", "view", "rov", "nextHop", "asPath", "communities", "received", "ingress", "pathId"}

func (q *question) run(cmd *cobra.Command, c *client, args []string) error {
	params, err := q.params(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	body, err := c.do(ctx, "GET", "/api/v1/ribs/"+url.PathEscape(q.rib)+"/routes", params)
	if err != nil {
		return err
	}
	defer body.Close()
	n := 0
	if q.mrt != "" {
		n, err = saveMRT(q.mrt, body)
	} else {
		n, err = c.printRoutes(cmd.OutOrStdout(), body)
	}
	if err != nil {
		return daemon.Failure{Err: err}
	}
	if n == 0 && q.require {
		return daemon.Failure{Err: errors.New("no route fits")}
	}
	return nil
}

// printRoutes prints an answer as it comes.
func (c *client) printRoutes(w io.Writer, body io.Reader) (n int, err error) {
	out := c.printer(w, routeColumns)
	in := bufio.NewReaderSize(body, 64<<10)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 1 {
			n++
			if c.json {
				err = errors.Join(notEnd(err), out.object(line))
			} else {
				err = errors.Join(notEnd(err), printOne(out, line, routeRows))
			}
			if err == nil {
				continue
			}
		}
		if notEnd(err) != nil {
			return n, fmt.Errorf("the answer broke off after %d routes: %w", n, err)
		}
		return n, out.close()
	}
}

func notEnd(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// asNumber finds AS numbers, to be shown bare, but not the names of segments.
var asNumber = regexp.MustCompile(`\bAS([0-9]+)\b`)

// routeRow is a route as the API answers it.
type routeRow struct {
	Prefix, Status, View, ROV, PeerAddress, Received string
	PeerASN                                          *uint32 `json:"peerAsn"`
	PathID                                           *uint32 `json:"pathId"`
	Ingress                                          uint32
	Attributes                                       []map[string]json.RawMessage
}

func routeRows(r routeRow) [][]string {
	var nextHop, path, communities string
	for _, one := range r.Attributes {
		for key, v := range one {
			switch key {
			case "conventionalNextHop":
				_ = json.Unmarshal(v, &nextHop) // another form shows as none
			case "mpReachNlri":
				nextHop = mpNextHop(v)
			case "asPath":
				path = asNumber.ReplaceAllString(joined(v, " "), "$1")
			case "standardCommunities", "largeCommunities":
				communities = strings.TrimSpace(communities + " " + joined(v, " "))
			}
		}
	}
	return [][]string{{
		r.Prefix, r.Status, number(r.PeerASN), r.PeerAddress, r.View, r.ROV, nextHop, path, communities, r.Received,
		strconv.FormatUint(uint64(r.Ingress), 10), number(r.PathID),
	}}
}

func number(n *uint32) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*n), 10)
}

func joined(v json.RawMessage, sep string) string {
	var words []string
	if json.Unmarshal(v, &words) != nil {
		return ""
	}
	return strings.Join(words, sep)
}

// mpNextHop finds the address in one of the forms of mpReachNlri.
func mpNextHop(v json.RawMessage) string {
	var reach struct{ NextHop map[string]json.RawMessage }
	if json.Unmarshal(v, &reach) != nil {
		return ""
	}
	for _, form := range reach.NextHop {
		var addr string
		var pair struct{ Global string }
		switch {
		case json.Unmarshal(form, &addr) == nil:
			return addr
		case json.Unmarshal(form, &pair) == nil:
			return pair.Global
		}
	}
	return ""
}
