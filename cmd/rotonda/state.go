package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/api"
	"example.com/rotonda/internal/daemon"
)

// stateCommand is a command without arguments that asks a daemon.
func stateCommand(use, short, example string, run func(c *client, cmd *cobra.Command) error) *cobra.Command {
	var c client
	cmd := &cobra.Command{
		Use: use, Short: short, Example: example, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(&c, cmd) },
	}
	c.flags(cmd)
	return cmd
}

func ago(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func routersCommand() *cobra.Command {
	return stateCommand("routers", "List the BMP routers and MRT files of a running daemon", "  rotonda routers --server http://127.0.0.1:8080",
		func(c *client, cmd *cobra.Command) error {
			columns := []string{"id", "name", "address", "state", "peers", "peersUp", "routes", "since", "unit", "description"}
			return listOf(c, cmd, "/api/v1/routers", columns, func(r api.Router) [][]string {
				return [][]string{{
					strconv.Itoa(int(r.ID)), r.Name, r.Address, r.State, strconv.Itoa(r.Peers), strconv.Itoa(r.PeersUp),
					strconv.FormatInt(r.Routes, 10), ago(r.Since), r.Unit, r.Description,
				}}
			})
		})
}

func peersCommand() *cobra.Command {
	return stateCommand("peers", "List the BGP peers of a running daemon, also those seen through BMP and in files", "  rotonda peers --csv >peers.csv",
		func(c *client, cmd *cobra.Command) error {
			columns := []string{"id", "asn", "address", "view", "state", "routes", "since", "router", "vrf", "unit"}
			return listOf(c, cmd, "/api/v1/peers", columns, func(p api.Peer) [][]string {
				return [][]string{{
					strconv.Itoa(int(p.ID)), strconv.FormatUint(uint64(p.ASN), 10), p.Address, p.View, p.State,
					strconv.FormatInt(p.Routes, 10), ago(p.Since), p.RouterName, p.VRF, p.Unit,
				}}
			})
		})
}

func ribsCommand() *cobra.Command {
	return stateCommand("ribs", "List the RIBs of a running daemon with their sizes", "  rotonda ribs --json",
		func(c *client, cmd *cobra.Command) error {
			columns := []string{"rib", "family", "prefixes", "routes", "stale", "withdrawn", "peers", "memoryBytes"}
			return listOf(c, cmd, "/api/v1/ribs", columns, ribRows)
		})
}

func ribRows(r api.RIBInfo) [][]string {
	var names []string
	for name := range r.Families {
		names = append(names, name)
	}
	slices.Sort(names)
	var rows [][]string
	n := func(v int64) string { return strconv.FormatInt(v, 10) }
	for _, name := range names {
		f := r.Families[name]
		rows = append(rows, []string{r.Name, name, n(f.Prefixes), n(f.Routes), n(f.Stale), n(f.Withdrawn), strconv.Itoa(f.Peers), n(r.Memory)})
	}
	return rows
}

func statsCommand() *cobra.Command {
	return stateCommand("stats", "List all metrics of a running daemon", "  rotonda stats | grep queue",
		func(c *client, cmd *cobra.Command) error {
			return listOf(c, cmd, "/api/v1/stats", []string{"name", "labels", "value"}, func(s api.Sample) [][]string {
				var labels []string
				for _, name := range s.LabelNames() {
					labels = append(labels, name+"="+s.Labels[name])
				}
				return [][]string{{s.Name, strings.Join(labels, " "), strconv.FormatFloat(s.Value, 'f', -1, 64)}}
			})
		})
}

// daemonStatus is the answer of /api/v1/status, as far as people look at it.
type daemonStatus struct {
	Version string
	Started time.Time
	Ready   bool
	Units   []struct {
		Name, Type, State, Listen, Error string
		ErrorAt                          *time.Time
		Sent                             uint64
	}
}

func statusCommand() *cobra.Command {
	return stateCommand("status", "Show version, readiness and units of a running daemon", "  rotonda status",
		func(c *client, cmd *cobra.Command) error {
			var raw json.RawMessage
			if err := c.get(cmd.Context(), "/api/v1/status", &raw); err != nil {
				return err
			}
			out := c.printer(cmd.OutOrStdout(), []string{"unit", "type", "state", "sent", "listen", "lastError", "errorAt"})
			if !c.json && !c.csv {
				var s daemonStatus
				if err := json.Unmarshal(raw, &s); err != nil {
					return daemon.Failure{Err: fmt.Errorf("the answer cannot be read: %w", err)}
				}
				fmt.Fprintf(cmd.OutOrStdout(), "version  %s\nstarted  %s\nready    %v\n\n", printable(s.Version), s.Started.UTC().Format(time.RFC3339), s.Ready)
			}
			if err := printOne(out, raw, statusRows); err != nil {
				return daemon.Failure{Err: err}
			}
			return out.close()
		})
}

func statusRows(s daemonStatus) [][]string {
	var rows [][]string
	for _, u := range s.Units {
		rows = append(rows, []string{u.Name, u.Type, u.State, strconv.FormatUint(u.Sent, 10), u.Listen, u.Error, ago(u.ErrorAt)})
	}
	return rows
}

func reloadCommand() *cobra.Command {
	return stateCommand("reload", "Make a daemon on this machine read its configuration again", "  rotonda reload",
		func(c *client, cmd *cobra.Command) error {
			body, err := c.do(cmd.Context(), http.MethodPost, "/api/v1/reload", nil)
			if err != nil {
				return err
			}
			defer body.Close()
			var answer json.RawMessage
			if err := json.NewDecoder(body).Decode(&answer); err != nil {
				return daemon.Failure{Err: fmt.Errorf("the answer cannot be read: %w", err)}
			}
			out := c.printer(cmd.OutOrStdout(), []string{"result"})
			if err := printOne(out, answer, func(v struct{ Data string }) [][]string { return [][]string{{v.Data}} }); err != nil {
				return daemon.Failure{Err: err}
			}
			return out.close()
		})
}
