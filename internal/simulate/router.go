package simulate

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"time"

	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

// router is a simulated router that exports by BMP what its neighbours send. Its
// neighbours are there for as long as the router is: when the station comes back
// it hears their tables as they are by then.
type router struct {
	to    string
	name  string
	descr string
	id    netip.Addr
	rate  float64
	flap  time.Duration
	peers []*monitored
	dice  dice // when neighbours are lost; has no part in what is announced

	w   *bufio.Writer
	out []byte
}

// monitored is one neighbour of a router.
type monitored struct {
	*View
	header bmp.PeerHeader
	up     bmp.PeerUpMessage
	back   time.Time // when a lost neighbour returns; zero: it is up
}

// longestLoss is about how long a lost neighbour stays away at most.
const longestLoss = 8 * time.Second

// statsEvery is how often a router reports the sizes of its tables.
const statsEvery = 30 * time.Second

// newRouter makes the n-th router with its own neighbours.
func newRouter(c *Config, world *Internet, n int) *router {
	sites := [...]string{"ams", "fra", "lhr", "iad", "sin", "gru", "nrt", "jnb", "syd", "cdg", "sto", "dfw"}
	r := &router{
		to:    c.BMP,
		name:  fmt.Sprintf("edge%d.%s.example.net", n/len(sites)+1, sites[n%len(sites)]),
		descr: fmt.Sprintf("simulated router %d, seed %d, %d prefixes", n+1, c.Seed, world.Len()),
		id:    netip.AddrFrom4([4]byte{192, 0, byte(2 + n/250), byte(n%250 + 1)}),
		rate:  c.Rate * float64(c.Peers),
		flap:  c.Flap,
		dice:  dice{state: hash(c.Seed, 'F', uint64(n))},
	}
	hold := uint16(c.HoldTime / time.Second)
	for i := range c.Peers {
		v := world.View(n*c.Peers + i)
		r.peers = append(r.peers, &monitored{
			View:   v,
			header: bmp.PeerHeader{Addr: v.addr4, ASN: v.asn, ID: v.addr4},
			up: bmp.PeerUpMessage{
				Local: r.id, LocalPort: 179, RemotePort: uint16(30000 + i),
				Sent:     offer(collectorASN, hold, r.id).Append(nil),
				Received: offer(v.asn, hold, v.addr4).Append(nil),
			},
		})
	}
	return r
}

// session is one connection to the station, until it breaks or ctx ends.
func (r *router) session(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", r.to)
	if err != nil {
		return err
	}
	lost, cancel := context.WithCancelCause(ctx)
	listening := make(chan struct{})
	go func() { // a station never speaks, but may close
		defer close(listening)
		_, err := io.Copy(io.Discard, conn)
		cancel(errors.Join(errors.New("the station closed the connection"), err))
	}()
	// A write that waits for a station that does not read ends soon after ctx.
	stop := context.AfterFunc(ctx, func() { conn.SetWriteDeadline(time.Now().Add(farewell)) })
	defer func() {
		stop()
		conn.Close()
		<-listening
		cancel(nil)
	}()
	r.w = bufio.NewWriterSize(conn, 64<<10)
	err = r.play(lost)
	if ctx.Err() == nil {
		return err
	}
	r.out = bmp.AppendTermination(r.out[:0], bmp.TLV{Type: bmp.TermReason, Value: []byte{0, 0}})
	r.w.Write(r.out) // the error is that of Flush
	return r.w.Flush()
}

// farewell is how long a player tries to say goodbye.
const farewell = time.Second

// play says everything: who we are, who is up, their tables, then what changes.
func (r *router) play(ctx context.Context) error {
	r.out = bmp.AppendInitiation(r.out[:0],
		bmp.TLV{Type: bmp.InitSysDescr, Value: []byte(r.descr)},
		bmp.TLV{Type: bmp.InitSysName, Value: []byte(r.name)})
	if _, err := r.w.Write(r.out); err != nil {
		return err
	}
	for _, p := range r.peers {
		p.back = time.Time{}
		if err := r.raise(ctx, p, time.Now()); err != nil {
			return err
		}
	}
	return r.change(ctx)
}

// raise reports a neighbour as up and sends its table.
func (r *router) raise(ctx context.Context, p *monitored, now time.Time) error {
	p.header.Time = now.UnixMicro()
	r.out = bmp.AppendPeerUp(r.out[:0], p.header, p.up)
	if _, err := r.w.Write(r.out); err != nil {
		return err
	}
	for update := range p.Table(true, true) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err := r.monitor(p, update, now); err != nil {
			return err
		}
	}
	return r.w.Flush()
}

// monitor sends one UPDATE of a neighbour.
func (r *router) monitor(p *monitored, update []byte, now time.Time) error {
	p.header.Time = now.UnixMicro()
	r.out = bmp.AppendRouteMonitoring(r.out[:0], p.header, update)
	_, err := r.w.Write(r.out)
	return err
}

// change plays what happens after the tables, until ctx ends; the error says why.
func (r *router) change(ctx context.Context) error {
	clock := time.NewTicker(tick)
	defer clock.Stop()
	start := time.Now()
	pace := pacer{rate: r.rate, start: start}
	report := start
	for {
		var now time.Time
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case now = <-clock.C:
		}
		for range pace.due(now) {
			p := r.peers[r.dice.below(len(r.peers))]
			if !p.back.IsZero() {
				continue
			}
			if update := p.Next(); update != nil {
				if err := r.monitor(p, update, now); err != nil {
					return err
				}
			}
		}
		if err := r.lose(ctx, now); err != nil {
			return err
		}
		if now.Sub(report) >= statsEvery {
			report = now
			if err := r.report(now); err != nil {
				return err
			}
		}
		if err := r.w.Flush(); err != nil {
			return err
		}
	}
}

// lose takes neighbours down now and then, and brings them back.
func (r *router) lose(ctx context.Context, now time.Time) error {
	if r.flap <= 0 {
		return nil
	}
	for _, p := range r.peers {
		switch {
		case p.back.IsZero() && r.dice.chance(tick.Seconds()/r.flap.Seconds()):
			p.back = now.Add(time.Duration((0.2 + r.dice.unit()) * float64(min(r.flap, longestLoss))))
			p.header.Time = now.UnixMicro()
			r.out = bmp.AppendPeerDown(r.out[:0], p.header, bmp.PeerDownMessage{Reason: bmp.DownRemote})
			if _, err := r.w.Write(r.out); err != nil {
				return err
			}
		case !p.back.IsZero() && now.After(p.back):
			p.back = time.Time{}
			if err := r.raise(ctx, p, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// The statistics of a report: routes in Adj-RIBs-In, all and by family (RFC 7854 §4.8).
const (
	statAdjRIBIn       = 7
	statAdjRIBInFamily = 9
)

// report sends the table sizes of all neighbours that are up.
func (r *router) report(now time.Time) error {
	for _, p := range r.peers {
		if !p.back.IsZero() {
			continue
		}
		ipv4, ipv6 := p.Count()
		p.header.Time = now.UnixMicro()
		r.out = bmp.AppendStats(r.out[:0], p.header,
			bmp.Stat{Type: statAdjRIBIn, Value: uint64(ipv4 + ipv6)},
			bmp.Stat{Type: statAdjRIBInFamily, Family: inet.IPv4Unicast, Value: uint64(ipv4)},
			bmp.Stat{Type: statAdjRIBInFamily, Family: inet.IPv6Unicast, Value: uint64(ipv6)})
		if _, err := r.w.Write(r.out); err != nil {
			return err
		}
	}
	return nil
}
