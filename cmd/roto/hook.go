package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"example.com/rotonda/ingress"
	"example.com/rotonda/internal/filter"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
	"example.com/rotonda/unit"
	"example.com/rotonda/unit/format"
	"example.com/rotonda/units/mrtin"
)

// hookResult is what a hook said about the files.
type hookResult struct {
	Accepted uint64 `json:"accepted"` // routes, of bgp_in UPDATEs
	Rejected uint64 `json:"rejected"`
	Faults   uint64 `json:"faults"`  // calls that failed; the daemon rejects them
	Outputs  uint64 `json:"outputs"` // messages for targets that the script emitted
}

// runHook runs a filter of the daemon on the routes or UPDATEs of MRT files,
// without a daemon. Without --json what the script emits is printed too.
func runHook(cmd *cobra.Command, hook, script string, files []string, asJSON bool) error {
	if len(files) == 0 {
		return usagef("--hook %s wants MRT files behind the script", hook)
	}
	register := ingress.New(ingress.Options{})
	log := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	scripts := filter.New(filter.Options{Ingress: register, Log: log, Print: cmd.ErrOrStderr()})
	if err := scripts.Load(script); err != nil {
		return err
	}
	b := &hookBench{hook: hook, register: register, log: log, scripts: scripts, peers: map[mrt.Session]unit.Peer{}}
	if !asJSON {
		b.out = cmd.OutOrStdout()
		b.encoder = format.NewEncoder(format.JSONMin, register.Info)
	}
	run := b.routes
	switch hook {
	case "bgp_in":
		run = b.updates
	case "bmp_in", "vrp_update", "rib_in_rov_status_update", "compile_lists":
		return usagef("%s does not run on what an MRT file holds; rib_in_pre and bgp_in do", hook)
	}
	if err := scripts.Require(hook); err != nil {
		return err
	}
	if err := run(cmd.Context(), files); err != nil {
		return err
	}
	if hook != "bgp_in" {
		hook = "rib_in_pre"
	}
	b.Accepted, b.Rejected, b.Faults = scripts.Count(hook)
	if asJSON {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(b.hookResult)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%s: %d accepted, %d rejected, %d faults, %d outputs\n", b.hook, b.Accepted, b.Rejected, b.Faults, b.Outputs)
	return nil
}

// hookBench stands where the graph does in the daemon. It is a [unit.Env] for
// the unit that reads MRT files, and the outlet that this writes to.
type hookBench struct {
	hookResult
	hook     string
	register *ingress.Register
	log      *slog.Logger
	scripts  *filter.Scripts
	edge     unit.Filter
	peers    map[mrt.Session]unit.Peer
	one      unit.Batch
	out      io.Writer // of what scripts emit; nil: nobody
	encoder  *format.Encoder
	line     []byte
}

// routes runs a filter of routes, one route at a time as the script sees it.
func (b *hookBench) routes(ctx context.Context, files []string) error {
	b.edge = b.scripts.Edge(b.hook)
	r, err := mrtin.New(mrtin.Config{Filename: files}, b)
	if err != nil {
		return err
	}
	return r.ReadAll(ctx)
}

// updates runs bgp_in on each UPDATE of message logs.
func (b *hookBench) updates(ctx context.Context, files []string) (err error) {
	hook := b.scripts.Hook(b.hook)
	for _, name := range files {
		if e := b.messages(ctx, hook, name); e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", name, e))
		}
	}
	return err
}

func (b *hookBench) messages(ctx context.Context, hook unit.Hook, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	src, err := compress.NewReader(f)
	if err != nil {
		return err
	}
	defer src.Close()
	var sessions mrt.Sessions
	var u bgp.Update
	for r := mrt.NewReader(src); ctx.Err() == nil; {
		rec, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if !rec.IsMessage() {
			continue
		}
		m, err := mrt.ParseMessage(&rec)
		if err != nil {
			return fmt.Errorf("offset %d: %w", rec.Offset, err)
		}
		if bgp.MsgType(m.Kind) != bgp.MsgUpdate {
			sessions.Learn(&m)
			continue
		}
		sessions.ParseUpdate(&u, &m)
		peer, err := b.peer(ctx, &m)
		if err != nil {
			return err
		}
		b.one.Reset()
		hook.Judge(&b.one, peer, &u, rec.Time)
		b.emitted(&b.one)
	}
	return ctx.Err()
}

// peer returns the ingress of a session of the log.
func (b *hookBench) peer(ctx context.Context, m *mrt.Message) (unit.Peer, error) {
	if p, ok := b.peers[m.Session]; ok {
		return p, nil
	}
	lease, err := b.register.Lease(ctx, ingress.Key{Unit: b.Name(), Kind: ingress.KindMRT, Addr: m.Peer, ASN: m.PeerAS}, ingress.Replace)
	if err != nil {
		return unit.Peer{}, err
	}
	p := unit.Peer{Ingress: lease.ID(), Session: lease.Session()}
	b.peers[m.Session] = p
	return p, nil
}

// Send runs the filter on each route of the batch on its own, so that calls and
// routes are the same number.
func (b *hookBench) Send(batch *unit.Batch) error {
	for _, ev := range batch.Events {
		r, ok := ev.(*unit.Routes)
		if !ok {
			continue
		}
		for nlri := range r.Run().All() {
			b.one.Reset()
			single := b.one.NewRoutes()
			single.Peer, single.Family, single.AddPath, single.Time = r.Peer, r.Family, r.AddPath, r.Time
			single.NLRI, single.OneLabel, single.Attrs = nlri, r.OneLabel, r.Attrs
			b.emitted(b.edge.Filter(&b.one))
		}
	}
	return nil
}

// emitted counts and shows what the script wrote for targets.
func (b *hookBench) emitted(batch *unit.Batch) {
	for _, ev := range batch.Events {
		if _, ok := ev.(*unit.Output); !ok {
			continue
		}
		b.Outputs++
		if b.out != nil {
			b.line = b.encoder.Append(b.line[:0], ev)
			_, _ = b.out.Write(b.line)
		}
	}
}

// Close is for an outlet; nothing is kept here.
func (b *hookBench) Close() {}

func (b *hookBench) Name() string                                           { return "roto run" }
func (b *hookBench) Log() *slog.Logger                                      { return b.log }
func (b *hookBench) Ingress() *ingress.Register                             { return b.register }
func (b *hookBench) Outlet(context.Context) unit.Outlet                     { return b }
func (b *hookBench) Forward(context.Context, *unit.Batch) error             { return nil }
func (b *hookBench) Hook(string) unit.Hook                                  { return nil }
func (b *hookBench) Shared(_ string, open func() (any, error)) (any, error) { return open() }
func (b *hookBench) Now() time.Time                                         { return time.Now() }
func (b *hookBench) Raw() bool                                              { return false }
