// Command ticker is a Rotonda with one more source, written outside of the
// project: it announces one documentation prefix after the other.
package main

import (
	"context"
	_ "embed"
	"net/netip"
	"os"
	"time"

	"example.com/rotonda"
	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
	"example.com/rotonda/units/all"
)

//go:embed main.go
var source []byte

// Config configures the ticker.
type Config struct {
	// Every is the pause between two announcements.
	Every time.Duration `conf:"every" default:"10ms"`
}

// Ticker announces 192.0.2.0/32 to 192.0.2.255/32 in turn.
type Ticker struct {
	every time.Duration
	env   unit.Env
}

// New makes a ticker.
func New(c Config, env unit.Env) (*Ticker, error) { return &Ticker{c.Every, env}, nil }

// Run announces until ctx ends.
func (t *Ticker) Run(ctx context.Context) error {
	lease, err := t.env.Ingress().Lease(ctx, ingress.Key{Unit: t.env.Name(), Kind: ingress.KindMRT, ASN: 64500}, ingress.Replace)
	if err != nil {
		return err
	}
	defer lease.Release()
	peer := unit.Peer{Ingress: lease.ID(), Session: lease.Session()}
	out := t.env.Outlet(ctx)
	defer out.Close()

	attrs := bgp.AppendSet(nil, bgp.AppendSet(nil, nil, bgp.AttrOrigin, []byte{0}), bgp.AttrNextHop, []byte{192, 0, 2, 1})
	b := new(unit.Batch)
	b.Add(&unit.PeerUp{Peer: peer, Time: t.env.Now().UnixMicro()})
	for n := 0; ; n++ {
		prefix := netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)}), 32)
		b.Announce(peer, inet.IPv4Unicast, false, inet.AppendPrefix(nil, prefix), attrs, t.env.Now().UnixMicro())
		if err := out.Send(b); err != nil {
			return nil
		}
		b.Reset()
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(t.every):
		}
	}
}

var ticker = unit.Define("ticker", New, source)

func main() { os.Exit(rotonda.Main(append(all.Units(), ticker)...)) }
