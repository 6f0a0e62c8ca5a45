package daemon

import (
	"context"
	"net/netip"
	"reflect"
	"sync"
	"time"

	"example.com/rotonda/internal/simulate"
	"example.com/rotonda/unit"
)

// play is the built-in Internet, playing into this daemon's listeners.
type play struct {
	settings Simulate
	cancel   context.CancelFunc
	wg       sync.WaitGroup
}

func (p *play) stop() {
	if p != nil {
		p.cancel()
		p.wg.Wait()
	}
}

// change makes the settings the running ones: nil is no simulation.
func (p *play) change(d *Daemon, s *Simulate) *play {
	if p != nil && s != nil && reflect.DeepEqual(p.settings, *s) {
		return p
	}
	p.stop()
	if s == nil {
		return nil
	}
	c := simulate.Defaults()
	c.Seed, c.Prefixes, c.Rate, c.Log = uint64(s.Seed), s.Prefixes, float64(s.Rate), d.log
	c.Routers, c.Peers, c.BGPPeers = s.Routers, s.Peers, s.Speakers
	c.LocalAddress = netip.AddrFrom4([4]byte{127, 0, 0, 2})
	ctx, cancel := context.WithCancel(context.Background())
	n := &play{settings: *s, cancel: cancel}
	n.wg.Go(func() {
		if s.Routers > 0 {
			c.BMP = d.listening(ctx, "bmp-tcp-in")
		}
		if s.Speakers > 0 {
			c.BGP = d.listening(ctx, "bgp-tcp-in")
		}
		if err := simulate.Run(ctx, c); err != nil && ctx.Err() == nil {
			d.log.Error("the simulated Internet does not play", "error", err)
		}
	})
	return n
}

// listenWait is how long the players wait for a unit to listen.
const listenWait = 10 * time.Second

// listening returns where the first unit of a type listens, once it does; empty
// where there is none or its address cannot be had.
func (d *Daemon) listening(ctx context.Context, typ string) string {
	for end := time.Now().Add(listenWait); ctx.Err() == nil && time.Now().Before(end); {
		found := false
		for _, v := range d.graph.Units() {
			l, ok := v.Unit.(unit.Listener)
			if !ok || v.Type != typ {
				continue
			}
			if addr := l.Addr(); addr != "" {
				return addr
			}
			found = true
		}
		if !found {
			return ""
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	return ""
}
