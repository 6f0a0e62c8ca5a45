package bgpspeaker

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of the pause before another attempt to listen.
const (
	minRetry = time.Second
	maxRetry = 30 * time.Second
)

// listener is one address to listen on and what became of it.
type listener struct {
	at netip.AddrPort

	mu    sync.Mutex
	bound string // the address in use, empty before
	err   error  // why it is not bound
}

func (l *listener) set(bound string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bound, l.err = bound, err
}

func (l *listener) get() (bound string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bound, l.err
}

// Addr returns the first address that is listened on, empty before there is one.
func (s *Speaker) Addr() string {
	for _, l := range s.listeners {
		if bound, _ := l.get(); bound != "" {
			return bound
		}
	}
	return ""
}

// listen binds the address, again and again if it has to, and serves who comes.
func (s *Speaker) listen(ctx, work context.Context, l *listener) {
	pause := minRetry
	for ctx.Err() == nil {
		var lc net.ListenConfig
		ln, err := lc.Listen(ctx, "tcp", l.at.String())
		if err == nil {
			pause = minRetry
			s.count.bound.Add(1)
			l.set(ln.Addr().String(), nil)
			s.env.Log().Info("waiting for BGP peers", "listen", ln.Addr().String())
			err = s.accept(ctx, work, ln)
		}
		l.set("", err)
		if ctx.Err() != nil {
			return
		}
		s.env.Log().Error("cannot listen for BGP peers", "listen", l.at, "error", err, "again_in", pause)
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxRetry)
	}
}

// accept serves connections until ctx ends or the listener breaks.
func (s *Speaker) accept(ctx, work context.Context, ln net.Listener) error {
	stop := context.AfterFunc(ctx, func() { ln.Close() })
	defer stop()
	defer ln.Close()
	for {
		conn, err := ln.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) || !temporary(err) {
				return err
			}
			// Out of file descriptors, most likely: what is open goes on.
			s.env.Log().Warn("cannot accept a connection", "listen", ln.Addr().String(), "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		remote, err := netip.ParseAddrPort(conn.RemoteAddr().String())
		if err != nil {
			conn.Close()
			continue
		}
		s.wg.Go(func() { s.serve(work, conn, remote.Addr()) })
	}
}

// temporary tells an error of one connection from one of the listener.
func temporary(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "accept"
}
