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

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// speaker is a BGP speaker that connects, sends a table and what changes, and
// listens only as far as the session asks for. It is a client on purpose, with
// nothing of routecore/bgp/fsm in it: the daemon's state machine meets another.
type speaker struct {
	to    string
	local netip.Addr // where to come from; the zero Addr leaves it to the system
	hold  time.Duration
	rate  float64
	view  *View

	w        *bufio.Writer
	hear     chan heard
	deadline time.Time     // of the next KEEPALIVE of ours
	interval time.Duration // between two; 0: none are sent
}

// heard is what the reader tells the writer.
type heard struct {
	kind bgp.MsgType
	open bgp.Open
	err  error // the session has ended
}

// openWait is how long the other side may take for its OPEN (RFC 4271 §8.2.2 proposes
// four minutes, for a human's sake).
const openWait = 30 * time.Second

// session is one connection, until it breaks or ctx ends; then it says goodbye.
func (s *speaker) session(ctx context.Context) error {
	dialer := net.Dialer{Timeout: openWait}
	if s.local.IsValid() {
		dialer.LocalAddr = &net.TCPAddr{IP: s.local.AsSlice()}
	}
	conn, err := dialer.DialContext(ctx, "tcp", s.to)
	if err != nil {
		return err
	}
	quit := make(chan struct{})
	listening := make(chan struct{})
	s.hear = make(chan heard)
	go func() {
		defer close(listening)
		s.listen(conn, quit)
	}()
	stop := context.AfterFunc(ctx, func() { conn.SetWriteDeadline(time.Now().Add(farewell)) })
	defer func() {
		stop()
		close(quit)
		conn.Close()
		<-listening
	}()
	s.w = bufio.NewWriterSize(conn, 64<<10)
	s.interval = 0
	err = s.speak(ctx)
	if ctx.Err() != nil {
		s.w.Write(bgp.NewShutdown(2, "the simulation ends").Append(nil)) // the error is that of Flush
		return s.w.Flush()
	}
	return err
}

// listen frames what the other side sends until the connection ends. Silence for
// longer than the hold time ends it too. UPDATEs, and KEEPALIVEs but the first,
// are read and forgotten: the writer, busy with its table, must not hold us up.
func (s *speaker) listen(conn net.Conn, quit <-chan struct{}) {
	tell := func(h heard) bool {
		select {
		case s.hear <- h:
			return h.err == nil
		case <-quit:
			return false
		}
	}
	conn.SetReadDeadline(time.Now().Add(openWait))
	r := bufio.NewReaderSize(conn, 16<<10)
	hold := time.Duration(0)
	for keepalives := 0; ; {
		m, err := readMessage(r)
		if err != nil {
			tell(heard{err: err})
			return
		}
		h := heard{kind: m.Type}
		switch m.Type {
		case bgp.MsgOpen:
			if h.open, h.err = bgp.ParseOpen(m.Body()); h.err == nil {
				hold = min(s.hold, time.Duration(h.open.HoldTime)*time.Second)
			}
		case bgp.MsgNotification:
			n, err := bgp.ParseNotification(m.Body())
			h.err = errors.Join(fmt.Errorf("the other side closed: %v", n), err)
		}
		conn.SetReadDeadline(readDeadline(hold))
		if m.Type == bgp.MsgKeepalive {
			keepalives++
		}
		if m.Type == bgp.MsgUpdate || keepalives > 1 && m.Type == bgp.MsgKeepalive {
			continue
		}
		if !tell(h) {
			return
		}
	}
}

// readDeadline is when silence has lasted too long; never with a hold time of 0.
func readDeadline(hold time.Duration) time.Time {
	if hold == 0 {
		return time.Time{}
	}
	return time.Now().Add(hold)
}

// readMessage waits for one whole message. Its bytes are its own.
func readMessage(r *bufio.Reader) (bgp.Message, error) {
	head, err := r.Peek(headerLen)
	if err != nil {
		return bgp.Message{}, err
	}
	size := int(head[16])<<8 | int(head[17])
	if size < headerLen || size > maxMessage {
		return bgp.Message{}, fmt.Errorf("message of %d bytes", size)
	}
	buf := make([]byte, size)
	if _, err := io.ReadFull(r, buf); err != nil {
		return bgp.Message{}, err
	}
	m, _, err := bgp.ReadMessage(buf, maxMessage)
	return m, err
}

// speak opens the session and keeps it: table, changes, KEEPALIVEs.
func (s *speaker) speak(ctx context.Context) error {
	families, err := s.open(ctx)
	if err != nil {
		return err
	}
	if err := s.table(ctx, families); err != nil {
		return err
	}
	clock := time.NewTicker(tick)
	defer clock.Stop()
	pace := pacer{rate: s.rate, start: time.Now()}
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case h := <-s.hear:
			if h.err != nil {
				return h.err
			}
			if h.kind == bgp.MsgRouteRefresh {
				if err := s.table(ctx, families); err != nil {
					return err
				}
			}
		case now := <-clock.C:
			if err := s.changes(pace.due(now), families); err != nil {
				return err
			}
		}
		if err := s.alive(); err != nil {
			return err
		}
	}
}

// open exchanges OPENs and the first KEEPALIVEs.
func (s *speaker) open(ctx context.Context) (bgp.FamilySet, error) {
	ours := offer(s.view.asn, uint16(s.hold/time.Second), s.view.addr4)
	if err := s.send(ours.Append(nil)); err != nil {
		return 0, err
	}
	theirs, err := s.await(ctx, bgp.MsgOpen)
	if err != nil {
		return 0, err
	}
	_, ctx4 := bgp.Negotiate(ours, theirs.open)
	if !ctx4.ASN4 {
		s.send(bgp.Notification{Code: 2, Subcode: 7, Data: bgp.AppendCapabilities(nil, []bgp.Capability{bgp.NewASN4(s.view.asn)})}.Append(nil))
		return 0, errors.New("the other side has no 4-octet AS numbers")
	}
	families := ctx4.Families
	if theirs.open.Families() == 0 { // RFC 4760 §8: without the capability only IPv4 unicast
		families = bgp.NewFamilySet(inet.IPv4Unicast)
	}
	s.interval = min(s.hold, time.Duration(theirs.open.HoldTime)*time.Second) / 3
	if err := s.send(bgp.AppendKeepalive(nil)); err != nil {
		return 0, err
	}
	s.deadline = time.Now().Add(s.interval)
	_, err = s.await(ctx, bgp.MsgKeepalive)
	return families, err
}

// await waits for the message that has to come next.
func (s *speaker) await(ctx context.Context, kind bgp.MsgType) (heard, error) {
	select {
	case <-ctx.Done():
		return heard{}, ctx.Err()
	case h := <-s.hear:
		if h.err == nil && h.kind != kind {
			h.err = fmt.Errorf("%v where %v was due", h.kind, kind)
		}
		return h, h.err
	}
}

// table sends the whole table. KEEPALIVEs go between its messages; what the
// other side says is heard between them too, so that its writer never waits for us.
func (s *speaker) table(ctx context.Context, families bgp.FamilySet) error {
	again := false
	for update := range s.view.Table(families.Has(inet.IPv4Unicast), families.Has(inet.IPv6Unicast)) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case h := <-s.hear:
			if h.err != nil {
				return h.err
			}
			again = again || h.kind == bgp.MsgRouteRefresh
		default:
		}
		if _, err := s.w.Write(update); err != nil {
			return err
		}
		if err := s.alive(); err != nil {
			return err
		}
	}
	if again {
		return s.table(ctx, families)
	}
	return s.w.Flush()
}

// changes sends the next n changes, leaving out families that were not agreed on.
func (s *speaker) changes(n int, families bgp.FamilySet) error {
	for range n {
		update := s.view.Next()
		if update == nil || !families.Has(s.view.lastFamily()) {
			continue
		}
		if _, err := s.w.Write(update); err != nil {
			return err
		}
	}
	return s.w.Flush()
}

// alive sends a KEEPALIVE when one is due.
func (s *speaker) alive() error {
	if s.interval == 0 || time.Now().Before(s.deadline) {
		return nil
	}
	s.deadline = time.Now().Add(s.interval)
	return s.send(bgp.AppendKeepalive(nil))
}

func (s *speaker) send(message []byte) error {
	if _, err := s.w.Write(message); err != nil {
		return err
	}
	return s.w.Flush()
}
