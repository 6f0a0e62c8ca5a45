// Package rtrin is the unit rtr-tcp-in: a client of one RPKI cache over TCP
// (RFC 8210). What the cache validated goes into the VRP table that all units
// share, under the unit's name, so that several caches can be merged; a VRPs
// event tells RIBs that origin validation changed.
//
// The protocol is routecore/rtr, validation is package rpki. Start reading at
// [Client.Run].
package rtrin

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"iter"
	"net"
	"slices"
	"sync"
	"time"

	"example.com/rotonda/routecore/rtr"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

//go:embed config.go
var source []byte

// Unit is the RTR client, as listed in units/all.
var Unit = unit.Define("rtr-tcp-in", New, source)

// Client keeps a session with a cache. Use [New].
type Client struct {
	cfg   Config
	env   unit.Env
	table *rpki.Table
	timer rtr.Schedule // Run's own
	dial  func(ctx context.Context, network, address string) (net.Conn, error)

	mu    sync.Mutex
	state State
	read  uint64
	sent  uint64
}

// State is what the unit shows of itself.
type State struct {
	Remote    string    `json:"remote"`
	Connected bool      `json:"connected"`
	Version   uint8     `json:"version"`
	Session   uint16    `json:"session"`
	Serial    uint32    `json:"serial"`
	VRPs      int       `json:"vrps"`
	ASPAs     int       `json:"aspas"`
	Keys      int       `json:"routerKeys"`
	Updated   time.Time `json:"updated,omitzero"`
	Stale     bool      `json:"stale"` // the expire time is over: the data is no longer used
	Error     string    `json:"error,omitempty"`
}

// New makes a client, inert.
func New(c Config, env unit.Env) (*Client, error) {
	if _, _, err := net.SplitHostPort(c.Remote); err != nil {
		return nil, fmt.Errorf("remote %q: want host:port: %w", c.Remote, err)
	}
	shared, err := env.Shared(unit.SharedVRPs, func() (any, error) { return new(rpki.Table), nil })
	if err != nil {
		return nil, err
	}
	table, ok := shared.(*rpki.Table)
	if !ok {
		return nil, fmt.Errorf("the shared VRPs are a %T", shared)
	}
	dialer := &net.Dialer{Timeout: connectTimeout}
	return &Client{cfg: c, env: env, table: table, dial: dialer.DialContext, state: State{Remote: c.Remote}}, nil
}

// Run keeps a session with the cache until ctx ends. The VRPs are forgotten
// then, when the cache was away for longer than its expire time, and after an
// error that is fatal.
func (c *Client) Run(ctx context.Context) error {
	out := c.env.Outlet(ctx)
	defer out.Close()
	defer c.table.Remove(c.env.Name())
	machine := rtr.NewClient(uint8(c.cfg.InitialVersion))
	machine.Held = held{c}
	for ctx.Err() == nil {
		err := c.session(ctx, machine, out)
		if ctx.Err() != nil {
			return nil
		}
		c.note(func(s *State) { s.Connected, s.Error = false, err.Error() })
		if errors.Is(err, rtr.ErrDowngrade) {
			c.env.Log().Info("the cache does not speak this version of RTR; trying a lower one", "remote", c.cfg.Remote, "version", machine.Version())
			continue
		}
		c.env.Log().Warn("no session with the cache; it is tried again", "remote", c.cfg.Remote, "pause", c.cfg.Retry, "error", err)
		if rtr.Fatal(err) {
			c.forget(out, "the data of the cache is no longer used, after an error that is fatal")
		}
		c.pause(ctx, machine, out)
	}
	return nil
}

// pause waits before another attempt. Data that expires meanwhile is forgotten
// then.
func (c *Client) pause(ctx context.Context, machine *rtr.Client, out unit.Outlet) {
	again := time.NewTimer(c.cfg.Retry)
	defer again.Stop()
	for {
		var expired <-chan time.Time
		if end := c.timer.Expires(); !end.IsZero() {
			timer := time.NewTimer(end.Sub(c.env.Now()))
			defer timer.Stop()
			expired = timer.C
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
			return
		case <-expired:
			machine.Forget()
			c.forget(out, "the data of the cache expired and is no longer used")
			c.note(func(s *State) { s.Stale = true })
		}
	}
}

// forget drops the data of the cache, if there is any.
func (c *Client) forget(out unit.Outlet, why string) {
	if c.timer.Expires().IsZero() {
		return
	}
	c.timer = rtr.Schedule{}
	c.note(func(s *State) { s.VRPs, s.ASPAs, s.Keys = 0, 0, 0 })
	c.table.Remove(c.env.Name())
	c.announce(out, &unit.VRPs{})
	c.env.Log().Error(why, "remote", c.cfg.Remote)
}

const (
	connectTimeout = 10 * time.Second
	// answerTimeout is how long a cache that was asked may say nothing.
	answerTimeout = time.Minute
)

// deadline is when to stop reading: to ask again, to give up on an answer, or
// because the data expires.
func (c *Client) deadline(machine *rtr.Client) time.Time {
	at := c.timer.Next()
	if machine.Busy() || at.IsZero() {
		at = c.env.Now().Add(answerTimeout)
	}
	if end := c.timer.Expires(); !end.IsZero() && end.Before(at) {
		return end
	}
	return at
}

func (c *Client) session(ctx context.Context, machine *rtr.Client, out unit.Outlet) error {
	conn, err := c.dial(ctx, "tcp", c.cfg.Remote)
	if err != nil {
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	c.note(func(s *State) { s.Connected, s.Error, s.Version = true, "", machine.Version() })
	if err := c.write(conn, machine.Start(nil)); err != nil {
		return err
	}
	buf, have := make([]byte, rtr.MaxLen), 0
	for {
		if err := conn.SetReadDeadline(c.deadline(machine)); err != nil {
			return err
		}
		n, err := conn.Read(buf[have:])
		c.count(&c.read, n)
		have += n
		var late net.Error
		switch {
		case errors.As(err, &late) && late.Timeout():
			if machine.Busy() {
				return errSilent
			}
			if err := c.write(conn, machine.Query(nil)); err != nil {
				return err
			}
			continue
		case err != nil && n == 0:
			if machine.Closed() {
				return fmt.Errorf("%w: it closed the connection without a word", rtr.ErrDowngrade)
			}
			return fmt.Errorf("the cache closed the connection: %w", err)
		}
		used, err := c.pdus(conn, machine, out, buf[:have])
		if err != nil {
			return err
		}
		have = copy(buf, buf[used:have])
	}
}

var errSilent = errors.New("the cache did not answer in time")

// pdus handles all whole PDUs at the front of b and returns their length.
func (c *Client) pdus(conn net.Conn, machine *rtr.Client, out unit.Outlet, b []byte) (used int, err error) {
	for {
		p, n, err := rtr.ReadPDU(b[used:])
		if err != nil {
			if report := rtr.AppendProblem(nil, machine.Version(), b[used:], err); len(report) > 0 {
				err = errors.Join(err, c.write(conn, report))
			}
			return used, err
		}
		if n == 0 {
			return used, nil
		}
		used += n
		reply, update, err := machine.Handle(nil, p)
		if len(reply) > 0 {
			if werr := c.write(conn, reply); werr != nil && err == nil {
				err = werr
			}
		}
		if update != nil {
			c.apply(machine, update, out)
		}
		if err != nil {
			return used, err
		}
	}
}

func (c *Client) apply(machine *rtr.Client, u *rtr.Update, out unit.Outlet) {
	var announce, withdraw rpki.Data
	pick := func(yes bool) *rpki.Data {
		if yes {
			return &announce
		}
		return &withdraw
	}
	for _, v := range u.VRPs {
		d := pick(v.Announce)
		d.VRPs = append(d.VRPs, vrp(v))
	}
	for _, k := range u.Keys {
		d := pick(k.Announce)
		d.Keys = append(d.Keys, key(k))
	}
	for _, v := range u.VAPs {
		d := pick(v.Announce)
		d.ASPAs = append(d.ASPAs, rpki.ASPA{Customer: v.Customer, Providers: v.Providers, AFI: v.AFI})
	}
	own, before := c.table.Source(c.env.Name()), c.table.Snapshot()
	var change rpki.Change
	if u.Full {
		change = c.table.ReplaceAll(c.env.Name(), announce)
	} else {
		change = c.table.ApplyAll(c.env.Name(), announce, withdraw)
	}
	c.timer.Updated(c.env.Now(), u.Intervals)
	now := c.table.Source(c.env.Name())
	total := now.Len()
	c.note(func(s *State) {
		s.Version, s.Session, s.Serial, s.VRPs = machine.Version(), u.Session, u.Serial, total
		s.ASPAs, s.Keys = now.Customers(), len(now.RouterKeys())
		s.Updated, s.Stale = c.env.Now(), false
	})
	c.env.Log().Info("VRPs of the cache", "serial", u.Serial, "full", u.Full, "added", change.Added, "removed", change.Removed, "total", total)
	if change.Added+change.Removed == 0 {
		return
	}
	event := &unit.VRPs{Before: before, After: c.table.Snapshot()}
	if own != nil { // else it is the first synchronisation
		event.Changes = rpki.Updates(own, now)
	}
	c.announce(out, event)
}

func vrp(v rtr.VRP) rpki.VRP { return rpki.VRP{Prefix: v.Prefix, MaxLen: v.MaxLen, ASN: v.ASN} }

func key(k rtr.Key) rpki.RouterKey { return rpki.RouterKey{SKI: k.SKI, ASN: k.ASN, SPKI: k.SPKI} }

// held tells the state machine what the table has of the cache, so that it
// finds withdrawals of what is not there (RFC 8210 §12).
type held struct{ c *Client }

func (h held) now() *rpki.Snapshot { return h.c.table.Source(h.c.env.Name()) }

// HasVRP implements [rtr.Holder].
func (h held) HasVRP(v rtr.VRP) bool { return h.now().Has(vrp(v)) }

// HasKey implements [rtr.Holder].
func (h held) HasKey(k rtr.Key) bool {
	return slices.Contains(h.now().Keys(k.SKI, k.ASN), key(k))
}

// HasVAP implements [rtr.Holder].
func (h held) HasVAP(v rtr.VAP) bool {
	_, ok := h.now().Providers(v.Customer)
	return ok
}

// announce tells RIBs that the VRPs changed.
func (c *Client) announce(out unit.Outlet, event *unit.VRPs) {
	b := new(unit.Batch)
	event.Source, event.Time = c.env.Name(), c.env.Now().UnixMicro()
	b.Add(event)
	_ = out.Send(b) // fails only when the unit stops
}

func (c *Client) write(conn net.Conn, b []byte) error {
	if err := conn.SetWriteDeadline(c.env.Now().Add(connectTimeout)); err != nil {
		return err
	}
	n, err := conn.Write(b)
	c.count(&c.sent, n)
	return err
}

func (c *Client) note(f func(*State)) {
	c.mu.Lock()
	f(&c.state)
	c.mu.Unlock()
}

func (c *Client) count(into *uint64, n int) {
	c.mu.Lock()
	*into += uint64(n)
	c.mu.Unlock()
}

// State returns a copy of the state.
func (c *Client) State() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Metrics yields upstream's metrics of an RTR client.
func (c *Client) Metrics() iter.Seq[unit.Metric] {
	c.mu.Lock()
	s, read, sent := c.state, c.read, c.sent
	c.mu.Unlock()
	since := -1.0
	if !s.Updated.IsZero() {
		since = c.env.Now().Sub(s.Updated).Seconds()
	}
	return func(yield func(unit.Metric) bool) {
		for _, m := range []unit.Metric{
			{Name: "serial_total", Help: "serial number of the cache's data", Kind: unit.Gauge, Value: float64(s.Serial)},
			{Name: "since_last_rtr_update_total", Help: "seconds since the last update, -1 before the first", Kind: unit.Gauge, Value: since},
			{Name: "bytes_read_total", Help: "bytes read from the cache", Value: float64(read)},
			{Name: "bytes_written_total", Help: "bytes written to the cache", Value: float64(sent)},
			{Name: "rtr_vrps", Help: "VRPs of this cache in use", Kind: unit.Gauge, Value: float64(s.VRPs)},
		} {
			if !yield(m) {
				return
			}
		}
	}
}
