// Package bmpin is the unit bmp-tcp-in: a BMP station. Routers connect to it and
// report what their BGP peers announce; it turns that into routes.
//
// A connection is one goroutine, which reads, decodes and sends one batch for what
// one read of the socket gave. The protocol lives in routecore/bmp; this package
// owns sockets, ingress ids, the hook bmp_in and time. Routes of a connection that is lost
// are withdrawn at once.
//
// It never writes to a router, and keeps no routes. Start reading at [Station.Run],
// then router.run in router.go and router.act in act.go.
//
// RFC 7854, RFC 8671, RFC 9069.
package bmpin

import (
	"context"
	_ "embed"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/unit"
)

//go:embed config.go
var source []byte

// Unit is the BMP station, as listed in units/all.
var Unit = unit.Define("bmp-tcp-in", New, source)

// Station is a running BMP station. Its methods may be called from any goroutine.
type Station struct {
	env   unit.Env
	cfg   atomic.Pointer[Config]
	count counters
	wg    sync.WaitGroup // listeners and connections

	first, rest time.Duration // see firstTime and restTime

	mu      sync.Mutex
	bound   []string // addresses in use, by the index of Listen; empty before
	errs    []error  // why an address is not in use
	routers []*router
}

// counters are those of the unit as a whole.
type counters struct{ bound, accepted, lost atomic.Uint64 }

// Bounds of the pause before another attempt to listen.
const (
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

// New returns an inert station.
func New(cfg Config, env unit.Env) (*Station, error) {
	s := &Station{env: env, first: firstTime, rest: restTime, bound: make([]string, len(cfg.Listen)), errs: make([]error, len(cfg.Listen))}
	s.cfg.Store(&cfg)
	return s, nil
}

// Reload takes over the settings that may change while the station runs.
func (s *Station) Reload(cfg Config) error {
	s.cfg.Store(&cfg)
	return nil
}

// Run listens and serves until ctx ends. It returns when all connections are closed.
func (s *Station) Run(ctx context.Context) error {
	for i, at := range s.cfg.Load().Listen {
		s.wg.Go(func() { s.listen(ctx, i, at) })
	}
	<-ctx.Done()
	s.wg.Wait()
	return nil
}

// Addr returns the first address in use, empty before there is one.
func (s *Station) Addr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, at := range s.bound {
		if at != "" {
			return at
		}
	}
	return ""
}

// Ready reports whether the station waits for routers, or has said why it cannot.
func (s *Station) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.bound {
		if s.bound[i] == "" && s.errs[i] == nil {
			return false
		}
	}
	return true
}

func (s *Station) set(i int, bound string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound[i], s.errs[i] = bound, err
}

// listen binds one address, again and again if it has to, and serves who comes.
func (s *Station) listen(ctx context.Context, i int, at netip.AddrPort) {
	pause := minRetry
	for ctx.Err() == nil {
		var lc net.ListenConfig
		ln, err := lc.Listen(ctx, "tcp", at.String())
		if err == nil {
			pause = minRetry
			s.count.bound.Add(1)
			s.set(i, ln.Addr().String(), nil)
			s.env.Log().Info(s.env.Name()+": Listening for connections on "+ln.Addr().String(), "listen", ln.Addr().String())
			err = s.accept(ctx, ln)
		}
		s.set(i, "", err)
		if ctx.Err() != nil {
			return
		}
		s.env.Log().Error("cannot listen for BMP routers", "listen", at, "error", err, "again_in", pause)
		wait(ctx, pause)
		pause = min(2*pause, maxRetry)
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// accept serves connections until ctx ends or the listener breaks.
func (s *Station) accept(ctx context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer ln.Close()
	for {
		conn, err := ln.Accept()
		if err != nil {
			var op *net.OpError
			if errors.Is(err, net.ErrClosed) || !errors.As(err, &op) || op.Op != "accept" {
				return err
			}
			// Out of file descriptors, most likely: what is open goes on.
			s.env.Log().Warn("cannot accept a connection", "listen", ln.Addr().String(), "error", err)
			wait(ctx, 100*time.Millisecond)
			continue
		}
		remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil {
			conn.Close()
			continue
		}
		s.count.accepted.Add(1)
		r := newRouter(s, conn, netip.AddrPortFrom(remote.Addr().Unmap(), remote.Port()))
		s.enter(r)
		s.wg.Go(func() {
			defer s.leave()
			r.serve(ctx)
		})
	}
}

// enter lists a connection.
func (s *Station) enter(r *router) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routers = append(s.routers, r)
}

// keptRouters bounds how many routers without a connection are still shown.
const keptRouters = 32

// leave is called when a connection has closed. It stays in the list, so that its
// errors can be looked at; of more than keptRouters closed ones the oldest go.
func (s *Station) leave() {
	s.count.lost.Add(1)
	s.mu.Lock()
	defer s.mu.Unlock()
	gone := 0
	for _, r := range s.routers {
		if r.closed.Load() {
			gone++
		}
	}
	s.routers = slices.DeleteFunc(s.routers, func(r *router) bool {
		if gone <= keptRouters || !r.closed.Load() {
			return false
		}
		gone--
		return true
	})
}
