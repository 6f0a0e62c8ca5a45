package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/daemon"
)

// client asks a running daemon and knows in which form answers are wanted.
type client struct {
	server     string
	json, csv  bool
	httpClient *http.Client
}

// flags adds those that every command which asks a daemon has.
func (c *client) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.server, "server", "http://127.0.0.1:8080", "address of the daemon")
	f.BoolVar(&c.json, "json", false, "JSON lines")
	f.BoolVar(&c.csv, "csv", false, "comma-separated values with a header")
	cmd.MarkFlagsMutuallyExclusive("json", "csv")
}

// The bounds of waiting for a daemon; an answer itself may take any time.
const (
	dialTime   = 5 * time.Second
	headerTime = time.Minute
)

// do sends a request and returns the body of a good answer. The problem of a
// bad one is returned as it was described by the daemon.
func (c *client) do(ctx context.Context, method, path string, params url.Values) (io.ReadCloser, error) {
	base, err := url.Parse(c.server)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return nil, fmt.Errorf("--server %q is no address; write it as http://127.0.0.1:8080", c.server)
	}
	base = base.JoinPath(path)
	base.RawQuery = params.Encode()
	req, err := http.NewRequestWithContext(ctx, method, base.String(), nil)
	if err != nil {
		return nil, err
	}
	if c.httpClient == nil {
		c.httpClient = &http.Client{Transport: &http.Transport{
			DialContext: (&net.Dialer{Timeout: dialTime}).DialContext, ResponseHeaderTimeout: headerTime, DisableCompression: true,
		}}
	}
	resp, err := c.httpClient.Do(req)
	if err != nil {
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return nil, daemon.Failure{Err: fmt.Errorf("no answer from %s: %w; is the daemon running there? --server names another", c.server, err)}
	}
	if resp.StatusCode != http.StatusOK {
		defer resp.Body.Close()
		return nil, daemon.Failure{Err: problemOf(resp)}
	}
	return resp.Body, nil
}

// problemOf describes an answer that is none.
func problemOf(resp *http.Response) error {
	var p struct{ Detail, Parameter, Right string }
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if json.Unmarshal(body, &p) != nil || p.Detail == "" {
		return fmt.Errorf("the server answered %s", resp.Status)
	}
	var b strings.Builder
	if p.Parameter != "" {
		b.WriteString(p.Parameter + ": ")
	}
	b.WriteString(p.Detail)
	if p.Right != "" {
		b.WriteString("; " + p.Right)
	}
	return errors.New(printable(b.String()))
}

// get decodes the whole answer to a GET.
func (c *client) get(ctx context.Context, path string, into any) error {
	body, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	defer body.Close()
	if err := json.NewDecoder(body).Decode(into); err != nil {
		return daemon.Failure{Err: fmt.Errorf("the answer of %s cannot be read: %w", c.server, err)}
	}
	return nil
}

// listOf asks for a list in the member data and prints it: each element as it is
// with --json, else as the rows that rows makes of it.
func listOf[T any](c *client, cmd *cobra.Command, path string, columns []string, rows func(T) [][]string) error {
	var answer struct{ Data []json.RawMessage }
	if err := c.get(cmd.Context(), path, &answer); err != nil {
		return err
	}
	out := c.printer(cmd.OutOrStdout(), columns)
	for _, raw := range answer.Data {
		if err := printOne(out, raw, rows); err != nil {
			return daemon.Failure{Err: err}
		}
	}
	return out.close()
}

func printOne[T any](out printer, raw json.RawMessage, rows func(T) [][]string) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	if err := out.object(raw); err != nil {
		return err
	}
	for _, r := range rows(v) {
		if err := out.row(r); err != nil {
			return err
		}
	}
	return nil
}
