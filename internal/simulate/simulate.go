// Package simulate is the built-in Internet: AS numbers, who buys transit from
// whom, prefixes and their origins, what a router hears of it from each of its
// neighbours, and how that changes. It is drawn from a seed; the same seed gives
// the same Internet, the same tables and the same changes, byte for byte, on
// every machine and with every version of Go.
//
// Three players show it to others: [WriteMRT] and [WriteUpdates] write files, a
// BMP router and a BGP speaker (both started by [Run]) play it over real TCP
// connections. It feeds `make run`, demonstrations, tests and benchmarks. It is
// no emulator: nothing it hears changes what it says, and a table is drawn from
// the AS graph, not computed by exchanging messages.
//
// UPDATE messages are put together here, by hand, and not by the encoder of
// routecore: what the daemon decodes was written by code that does not share its
// misunderstandings.
//
// AS numbers and prefixes come from the ranges of the public Internet, since a
// filter or a statistic should see what it would see there, but who holds what is
// chance. Addresses of routers and neighbours are from the documentation ranges.
//
// Start reading at [New] and [Internet.View]. Sources: RFC 4271, RFC 4760 and
// RFC 6793 (messages), RFC 4724 (End-of-RIB), RFC 7854 (BMP), RFC 6396 (MRT).
package simulate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"example.com/rotonda/routecore/inet"
)

// Config says which Internet is played, by how many players, and to whom. The
// zero value plays nothing; [Defaults] is a good start.
type Config struct {
	Seed     uint64
	Prefixes int // size of the Internet, [MinPrefixes] to [MaxPrefixes]

	BMP     string // address of a BMP station, "127.0.0.1:11019"; empty: no routers
	Routers int    // simulated routers, each with a connection of its own
	Peers   int    // neighbours of each router

	BGP          string     // address of a BGP speaker that accepts us, "127.0.0.1:11179"; empty: none
	BGPPeers     int        // sessions to it
	LocalAddress netip.Addr // where the first session comes from; the next ones from the addresses after it
	ASN          inet.ASN   // AS of the first session, the next ones count up; 0: 64501
	HoldTime     time.Duration

	Rate float64       // UPDATE messages a second from each neighbour and session once its table is out; 0: silence
	Flap time.Duration // mean time between two losses of a neighbour of a router; 0: never

	Log *slog.Logger // nil: no logs
}

// The size of an Internet, in prefixes of both families together.
const (
	MinPrefixes = 1000
	MaxPrefixes = 1_000_000
)

// Defaults returns what `make run` shows: three routers with two neighbours each
// and two BGP sessions. The addresses to play to are left empty.
func Defaults() Config {
	return Config{
		Seed: 1, Prefixes: 20_000,
		Routers: 3, Peers: 2,
		BGPPeers: 2, LocalAddress: netip.AddrFrom4([4]byte{127, 0, 0, 2}), ASN: firstASN, HoldTime: 90 * time.Second,
		Rate: 5,
	}
}

// firstASN is the AS of the first BGP session unless told otherwise, from the
// range for documentation (RFC 5398).
const firstASN = 64501

// check names the first setting that cannot be played.
func (c *Config) check() error {
	switch {
	case c.BMP == "" && c.BGP == "":
		return errors.New("simulate: nobody to play to: no BMP and no BGP address")
	case c.Prefixes < MinPrefixes || c.Prefixes > MaxPrefixes:
		return fmt.Errorf("simulate: %d prefixes: want %d to %d", c.Prefixes, MinPrefixes, MaxPrefixes)
	case c.BMP != "" && (c.Routers < 1 || c.Peers < 1):
		return fmt.Errorf("simulate: %d routers with %d peers: want at least one of each", c.Routers, c.Peers)
	case c.BGP != "" && c.BGPPeers < 1:
		return fmt.Errorf("simulate: %d BGP sessions: want at least one", c.BGPPeers)
	case c.Rate < 0:
		return fmt.Errorf("simulate: rate %v: want 0 or more messages a second", c.Rate)
	case c.HoldTime != 0 && c.HoldTime < 3*time.Second || c.HoldTime > 65535*time.Second:
		return fmt.Errorf("simulate: hold time %v: want 0, or 3s to 65535s", c.HoldTime)
	}
	return nil
}

// Run plays the Internet of c to its addresses until ctx ends, and returns with
// nothing left running. Players connect again for as long as it takes, so the
// daemon may start after them. The error is non-nil only where c cannot be
// played at all.
func Run(ctx context.Context, c Config) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.ASN == 0 {
		c.ASN = firstASN
	}
	world := New(c.Seed, c.Prefixes)
	c.Log.Info("simulated Internet drawn", "seed", c.Seed, "prefixes", world.Len(), "ases", world.ASes())

	var players sync.WaitGroup
	play := func(name string, session func(context.Context) error) {
		players.Go(func() { persist(ctx, c.Log.With("player", name), session) })
	}
	views := 0
	if c.BMP != "" {
		for i := range c.Routers {
			r := newRouter(&c, world, i)
			views += c.Peers
			play(r.name, r.session)
		}
	}
	if c.BGP != "" {
		local := c.LocalAddress
		for i := range c.BGPPeers {
			s := &speaker{to: c.BGP, local: local, hold: c.HoldTime, rate: c.Rate, view: world.View(views + i)}
			s.view.asn = c.ASN + inet.ASN(i)
			if local.IsValid() {
				local = local.Next()
			}
			play(s.view.asn.String(), s.session)
		}
	}
	players.Wait()
	return nil
}

// Waiting times between two attempts of a player to connect.
const (
	retryFirst = 100 * time.Millisecond
	retryLast  = 5 * time.Second
)

// persist runs session again and again until ctx ends. A session that lived for
// longer than the longest wait starts the waits from the shortest again.
func persist(ctx context.Context, log *slog.Logger, session func(context.Context) error) {
	wait := retryFirst
	for ctx.Err() == nil {
		started := time.Now()
		err := session(ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) > retryLast {
			wait = retryFirst
		}
		log.Info("simulated session ended, connecting again", "error", err, "wait", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, retryLast)
	}
}

// pacer says how many messages are due at a rate, without drift.
type pacer struct {
	rate  float64 // per second
	start time.Time
	sent  int
}

// due returns how many messages have become due since the last call.
func (p *pacer) due(now time.Time) int {
	n := int(p.rate*now.Sub(p.start).Seconds()) - p.sent
	p.sent += n
	return n
}

// tick is how often the players look whether something is due.
const tick = 50 * time.Millisecond
