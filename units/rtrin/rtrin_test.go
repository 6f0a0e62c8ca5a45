package rtrin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/rtr"
	"example.com/rotonda/rpki"
	"example.com/rotonda/unit"
)

type fakeEnv struct {
	unit.Env
	table *rpki.Table
	sent  chan unit.Event
}

func (e *fakeEnv) Name() string                                    { return "rtr" }
func (e *fakeEnv) Log() *slog.Logger                               { return slog.New(slog.NewTextHandler(io.Discard, nil)) }
func (e *fakeEnv) Now() time.Time                                  { return time.Now() }
func (e *fakeEnv) Ingress() *ingress.Register                      { return nil }
func (e *fakeEnv) Outlet(context.Context) unit.Outlet              { return e }
func (e *fakeEnv) Close()                                          {}
func (e *fakeEnv) Shared(string, func() (any, error)) (any, error) { return e.table, nil }
func (e *fakeEnv) Send(b *unit.Batch) error {
	for _, ev := range b.Events {
		e.sent <- ev
	}
	return nil
}

// cache answers on one connection after the other with what script returns for
// each PDU.
func cache(t *testing.T, script func(connection int, p rtr.PDU) []byte) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for n := 0; ; n++ {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			serve(conn, n, script)
		}
	}()
	return ln.Addr().String()
}

func serve(conn net.Conn, n int, script func(int, rtr.PDU) []byte) {
	defer conn.Close()
	buf, have := make([]byte, 4096), 0
	for {
		got, err := conn.Read(buf[have:])
		if err != nil {
			return
		}
		have += got
		for {
			p, length, err := rtr.ReadPDU(buf[:have])
			if err != nil {
				return
			}
			if length == 0 {
				break
			}
			answer := script(n, p)
			if answer == nil {
				return
			}
			if _, err := conn.Write(answer); err != nil {
				return
			}
			have = copy(buf, buf[length:have])
		}
	}
}

func pdu(version uint8, t rtr.Type, session uint16, body ...byte) []byte {
	n := len(body) + 8
	return append([]byte{version, byte(t), byte(session >> 8), byte(session), 0, 0, byte(n >> 8), byte(n)}, body...)
}

func prefix(version, announce byte, third byte, asn byte) []byte {
	return pdu(version, rtr.IPv4Prefix, 0, announce, 24, 24, 0, 192, 0, third, 0, 0, 0, 0, asn)
}

func end(serial byte) []byte {
	return pdu(1, rtr.EndOfData, 9, 0, 0, 0, serial, 0, 0, 14, 16, 0, 0, 2, 88, 0, 0, 28, 32)
}

// A cache of version 1 refuses version 2, is asked again with version 1, loses
// the connection and has other data afterwards: the table follows each time.
func TestTheTableFollowsTheCache(t *testing.T) {
	addr := cache(t, func(n int, p rtr.PDU) []byte {
		switch {
		case p.Version() == 2:
			return rtr.AppendError(nil, 1, rtr.UnsupportedVersion, p, "version 1 only")
		case n == 1 && p.Type() == rtr.ResetQuery:
			return append(append(append(pdu(1, rtr.CacheResponse, 9), prefix(1, 1, 1, 10)...), prefix(1, 1, 2, 20)...), append(end(1), pdu(1, rtr.SerialNotify, 9, 0, 0, 0, 2)...)...)
		case n == 1 && p.Type() == rtr.SerialQuery:
			return append(append(pdu(1, rtr.CacheResponse, 9), prefix(1, 0, 1, 10)...), end(2)...)
		}
		return nil
	})
	env := &fakeEnv{table: new(rpki.Table), sent: make(chan unit.Event, 10)}
	c, err := New(Config{Remote: addr, Retry: time.Millisecond, InitialVersion: 2}, env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()

	for _, want := range []int{2, 1} {
		select {
		case ev := <-env.sent:
			v, ok := ev.(*unit.VRPs)
			if !ok {
				t.Fatalf("sent %T", ev)
			}
			gone := rpki.VRP{Prefix: netip.MustParsePrefix("192.0.1.0/24"), MaxLen: 24, ASN: 10}
			if want == 2 && v.Changes != nil || want == 1 && !slices.Equal(v.Changes, []rpki.VRPUpdate{{VRP: gone, Withdrawn: true}}) ||
				v.After.Len() != want || v.Before.Len() != 2*(2-want) {
				t.Errorf("%d VRPs: %+v", want, v)
			}
		case <-ctx.Done():
			t.Fatalf("no VRPs event; state %+v", c.State())
		}
		if want == 1 {
			if got := env.table.Snapshot().Len(); got != 1 {
				t.Errorf("%d VRPs, want 1", got)
			}
		}
	}
	status := env.table.Snapshot().Validate(netip.MustParsePrefix("192.0.2.0/24"), inet.ASN(20), true)
	if status != rpki.Valid {
		t.Errorf("192.0.2.0/24 from AS20 is %s", status)
	}
	if s := c.State().(State); s.Serial != 2 || s.Version != 1 || s.VRPs != 1 {
		t.Errorf("state %+v", s)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if n := env.table.Snapshot().Len(); n != 0 {
		t.Errorf("%d VRPs are left after the unit stopped", n)
	}
}

// A cache of version 2 sends an ASPA and a router key, then takes them back; a
// withdrawal of what is not there makes the client start over.
func TestASPAsAndRouterKeysReachTheTable(t *testing.T) {
	message := func(m rtr.Message) []byte {
		m.Version, m.Session = 2, 9
		return m.Append(nil)
	}
	answer := func(serial uint32, records ...rtr.Message) (b []byte) {
		b = message(rtr.Message{Type: rtr.CacheResponse})
		for _, m := range records {
			b = append(b, message(m)...)
		}
		return append(b, message(rtr.Message{Type: rtr.EndOfData, Serial: serial, Intervals: rtr.DefaultIntervals})...)
	}
	notify := func(serial uint32) []byte { return message(rtr.Message{Type: rtr.SerialNotify, Serial: serial}) }
	vap := rtr.Message{Type: rtr.ASPA, VAP: rtr.VAP{Customer: 64500, Providers: []inet.ASN{1, 2}, Announce: true}}
	key := rtr.Message{Type: rtr.RouterKey, Key: rtr.Key{ASN: 64501, SPKI: "key", Announce: true}}
	gone := rtr.Message{Type: rtr.ASPA, VAP: rtr.VAP{Customer: 64500}}
	reported := make(chan rtr.ErrorCode, 1)
	addr := cache(t, func(n int, p rtr.PDU) []byte {
		switch {
		case p.Type() == rtr.ErrorReport:
			reported <- rtr.ErrorCode(p.Session())
			return nil
		case n > 0:
			return answer(7, vap)
		case p.Type() == rtr.ResetQuery:
			return append(answer(1, vap, key), notify(2)...)
		}
		m, _ := p.Parse()
		if m.Serial == 1 {
			return append(answer(2, gone), notify(3)...)
		}
		return answer(3, gone) // it is gone already
	})
	env := &fakeEnv{table: new(rpki.Table), sent: make(chan unit.Event, 10)}
	c, err := New(Config{Remote: addr, Retry: time.Millisecond, InitialVersion: 2}, env)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx) }()
	// The error is fatal: the data goes before it comes again.
	for i, want := range []State{{ASPAs: 1, Keys: 1, Serial: 1}, {Keys: 1, Serial: 2}, {Serial: 2}, {ASPAs: 1, Serial: 7}} {
		select {
		case <-env.sent:
		case <-ctx.Done():
			t.Fatalf("step %d: nothing happened; state %+v", i, c.State())
		}
		if i < 3 {
			continue // the next answer may have come already
		}
		if s := c.State().(State); s.ASPAs != want.ASPAs || s.Keys != want.Keys || s.Serial != want.Serial || s.Version != 2 {
			t.Errorf("step %d: %+v, want %+v", i, s, want)
		}
	}
	if code := <-reported; code != rtr.WithdrawUnknown {
		t.Errorf("reported %v", code)
	}
	s := env.table.Snapshot()
	if got := s.VerifyPath(rpki.Path{ASes: []inet.ASN{3, 64500}}, rpki.Upstream); got != rpki.PathInvalid {
		t.Errorf("a path that the ASPA does not allow is %v", got)
	}
	cancel()
	<-done
}

// timed runs a client in a bubble, whose clock is its own. Each connection is
// played by the next of scripts; further ones are refused.
func timed(t *testing.T, retry time.Duration, scripts []func(conn net.Conn), check func(t *testing.T, c *Client, env *fakeEnv)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		env := &fakeEnv{table: new(rpki.Table), sent: make(chan unit.Event, 100)}
		c, err := New(Config{Remote: "192.0.2.1:323", Retry: retry, InitialVersion: 1}, env)
		if err != nil {
			t.Fatal(err)
		}
		c.dial = func(context.Context, string, string) (net.Conn, error) {
			if len(scripts) == 0 {
				return nil, errors.New("refused")
			}
			ours, theirs := net.Pipe()
			go func(script func(net.Conn)) {
				defer theirs.Close()
				go io.Copy(io.Discard, theirs)
				script(theirs)
			}(scripts[0])
			scripts = scripts[1:]
			return ours, nil
		}
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() { done <- c.Run(ctx) }()
		check(t, c, env)
		cancel()
		<-done
	})
}

// answer is a full answer with two VRPs and the intervals.
func answer(refresh, expire time.Duration) [][]byte {
	end := rtr.Message{Version: 1, Type: rtr.EndOfData, Session: 9, Serial: 1, Intervals: rtr.Intervals{Refresh: refresh, Retry: time.Second, Expire: expire}}
	return [][]byte{pdu(1, rtr.CacheResponse, 9), prefix(1, 1, 1, 10), prefix(1, 1, 2, 20), end.Append(nil)}
}

func TestDataExpiresOnTimeWhileTheCacheIsAway(t *testing.T) {
	once := func(conn net.Conn) {
		for _, b := range answer(5*time.Minute, 10*time.Minute) {
			conn.Write(b)
		}
	}
	timed(t, time.Hour, []func(net.Conn){once}, func(t *testing.T, c *Client, env *fakeEnv) {
		time.Sleep(10*time.Minute - time.Second)
		if s := c.State().(State); s.VRPs != 2 || s.Stale || env.table.Snapshot().Len() != 2 {
			t.Errorf("before the expire time: %+v", s)
		}
		time.Sleep(2 * time.Second)
		if s := c.State().(State); s.VRPs != 0 || !s.Stale || env.table.Snapshot().Len() != 0 {
			t.Errorf("after the expire time: %+v", s)
		}
	})
}

// TestASilentCacheIsLeft: it holds the connection and answers nothing, first at
// all, then no longer. The data is kept until it expires.
func TestASilentCacheIsLeft(t *testing.T) {
	dead := func(conn net.Conn) { io.Copy(io.Discard, conn) }
	dying := func(conn net.Conn) {
		for _, b := range answer(5*time.Minute, 10*time.Minute) {
			conn.Write(b)
		}
		io.Copy(io.Discard, conn)
	}
	timed(t, time.Second, []func(net.Conn){dead, dying}, func(t *testing.T, c *Client, env *fakeEnv) {
		time.Sleep(answerTimeout + 2*time.Second)
		if s := c.State().(State); s.VRPs != 2 || !s.Connected {
			t.Errorf("after the first cache: %+v", s)
		}
		time.Sleep(5*time.Minute + answerTimeout + 10*time.Second)
		if s := c.State().(State); s.VRPs != 2 || s.Connected {
			t.Errorf("after the second cache: %+v", s)
		}
		time.Sleep(4 * time.Minute)
		if s := c.State().(State); s.VRPs != 0 || !s.Stale {
			t.Errorf("after the expire time: %+v", s)
		}
	})
}

// TestASlowAnswerIsNotAskedForAgain: the refresh time of a second passes within
// the answer to the second query.
func TestASlowAnswerIsNotAskedForAgain(t *testing.T) {
	slow := func(conn net.Conn) {
		for _, b := range answer(time.Second, 10*time.Minute) {
			conn.Write(b)
		}
		time.Sleep(time.Second)
		conn.Write(pdu(1, rtr.CacheReset, 0)) // it has forgotten: all comes again
		for _, b := range answer(time.Second, 10*time.Minute) {
			time.Sleep(5 * time.Second)
			conn.Write(b)
		}
		io.Copy(io.Discard, conn)
	}
	timed(t, time.Hour, []func(net.Conn){slow}, func(t *testing.T, c *Client, env *fakeEnv) {
		time.Sleep(22 * time.Second)
		if s := c.State().(State); s.VRPs != 2 || !s.Connected || s.Error != "" {
			t.Errorf("after a slow answer: %+v", s)
		}
	})
}
