package daemon

import (
	"context"
	"net/netip"
	"reflect"
	"sync"

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
	for _, v := range d.graph.Units() {
		l, ok := v.Unit.(unit.Listener)
		switch {
		case !ok:
		case v.Type == "bmp-tcp-in" && s.Routers > 0 && c.BMP == "":
			c.BMP = l.Addr()
		case v.Type == "bgp-tcp-in" && s.Speakers > 0 && c.BGP == "":
			c.BGP = l.Addr()
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	n := &play{settings: *s, cancel: cancel}
	n.wg.Go(func() {
		if err := simulate.Run(ctx, c); err != nil {
			d.log.Error("the simulated Internet does not play", "error", err)
		}
	})
	return n
}
