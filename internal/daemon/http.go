package daemon

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"time"

	"example.com/rotonda/internal/api"
)

// listeners serves one handler on a set of addresses that can change.
type listeners struct {
	d      *Daemon
	server *http.Server
	open   map[string]net.Listener
}

func newListeners(d *Daemon) *listeners {
	return &listeners{
		d: d, open: map[string]net.Listener{},
		server: api.Server(d.handler()),
	}
}

func (c *Config) listenAddrs(o Options) []string {
	if len(o.HTTP) > 0 {
		return o.HTTP
	}
	var addrs []string
	for _, a := range c.HTTPListen {
		addrs = append(addrs, a.String())
	}
	return addrs
}

// listen makes the addresses the ones served. An address that is in use is
// reported, and the daemon goes on without it.
func (l *listeners) listen(addrs []string) {
	for addr, ln := range l.open {
		if !slices.Contains(addrs, addr) {
			ln.Close()
			delete(l.open, addr)
		}
	}
	for _, addr := range addrs {
		if l.open[addr] != nil {
			continue
		}
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			l.d.log.Error("http_listen: no HTTP on this address; the daemon goes on without", "address", addr, "error", err)
			continue
		}
		l.open[addr] = ln
		l.d.log.Info("page, API and metrics are at http://" + ln.Addr().String() + "/")
		l.d.saver.Go(func() {
			if err := l.server.Serve(ln); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
				l.d.log.Error("http server ended", "address", addr, "error", err)
			}
		})
		if a, err := netip.ParseAddrPort(addr); err == nil && !a.Addr().IsLoopback() {
			l.d.log.Warn("http_listen is reachable from other machines and asks for no password", "address", addr)
		}
	}
}

func (l *listeners) close(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
	defer cancel()
	if err := l.server.Shutdown(ctx); err != nil {
		l.server.Close()
	}
}
