package bgpspeaker

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"sync"
	"syscall"
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
	bound string                  // the address in use, empty before
	err   error                   // why it is not bound
	raw   syscall.RawConn         // nil while it is not bound
	keys  map[netip.Prefix]string // that the socket has
	bare  []netip.Prefix          // whose passwords it does not take
}

func (l *listener) set(bound string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bound, l.err = bound, err
	if bound == "" {
		l.raw, l.keys = nil, nil
	}
}

// protect gives the socket, if there is one, the passwords of the peers, the TTL
// that the answer to their first segment must have, and the lowest TTL of them all.
func (l *listener) protect(peers neighbours) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.raw == nil {
		return nil
	}
	want := map[netip.Prefix]string{}
	send, lowest := uint8(0), uint8(255)
	for _, n := range slices.Backward(peers) { // an address comes before a prefix
		if n.peer.MD5Password != "" {
			want[n.key.Prefix] = n.peer.MD5Password
		}
		if n.peer.TTLSecurity > 0 {
			send = n.peer.sendTTL()
		}
		lowest = min(lowest, n.peer.lowestTTL())
	}
	var errs []error
	for p := range l.keys {
		if _, ok := want[p]; !ok {
			errs = append(errs, sign(l.raw, p, ""))
		}
	}
	l.bare = nil
	for p, password := range want {
		if l.keys[p] == password {
			continue
		}
		if err := sign(l.raw, p, password); err != nil {
			errs = append(errs, err)
			l.bare = append(l.bare, p)
			delete(want, p)
		}
	}
	l.keys = want
	if len(peers) == 0 {
		lowest = 0
	}
	six := hops(l.raw, false, send, lowest)
	if four := hops(l.raw, true, send, lowest); four != nil && six != nil {
		errs = append(errs, four) // a socket has the options of one family, or of both
	}
	return errors.Join(errs...)
}

// unsigned tells whether the peers of a key have a password that the socket lacks.
func (l *listener) unsigned(key Neighbour) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.bare, key.Prefix)
}

// open prepares a socket before it is bound: nobody can connect without a
// password in between.
func (l *listener) open(raw syscall.RawConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.raw, l.keys, l.bare = raw, nil, nil
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
		lc := net.ListenConfig{Control: func(_, _ string, raw syscall.RawConn) error {
			l.open(raw)
			s.protect(l)
			return nil
		}}
		lc.SetMultipathTCP(false) // it has no TCP-MD5
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

// protect has a listener follow the peers. A peer whose password the system does
// not take cannot connect.
func (s *Speaker) protect(l *listener) {
	s.mu.Lock()
	peers := s.peers
	s.mu.Unlock()
	if err := l.protect(peers); err != nil {
		s.env.Log().Error("cannot protect the connections of some peers", "listen", l.at, "error", err)
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
