package bmpin

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/ingress"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/unit"
)

const (
	keptErrors  = 10
	keptHex     = 512 // octets of a bad message that are kept
	keptNotices = 100 // that are logged for one connection
)

// router is one connection. Its goroutine owns everything but what stands under
// mu and the atomics.
type router struct {
	station *Station
	env     unit.Env
	conn    net.Conn
	remote  netip.AddrPort
	since   time.Time

	ctx     context.Context
	out     unit.Outlet
	hook    unit.Hook
	raw     bool
	state   *bmp.Station
	actions []bmp.Action
	batch   unit.Batch
	msg     bmp.Message // the message in hand
	judged  bmp.Message // the same for the hook
	lower   []byte      // of judged, where the message in hand is of version 4
	lease   *ingress.Lease
	stop    func() bool           // of watching the lease
	keys    map[ingress.Key]*view // ingresses of this router that are held
	renewed time.Time             // when the list of peers was last published
	stale   bool                  // the list of peers is not what was published
	notices int

	closed        atomic.Bool
	announcements atomic.Uint64
	withdrawals   atomic.Uint64
	rejected      atomic.Uint64
	hard          atomic.Uint64

	mu     sync.Mutex
	shown  shown
	errors []ParseError // the latest, oldest first
}

// view is what the station's state points to for each view that is up.
type view struct {
	key   ingress.Key
	lease *ingress.Lease
	id    unit.Peer
	stats map[string]uint64 // the latest statistics; replaced, never changed
}

func newRouter(s *Station, conn net.Conn, remote netip.AddrPort) *router {
	r := &router{
		station: s, env: s.env, conn: conn, remote: remote, since: s.env.Now(),
		state: bmp.NewStation(), keys: map[ingress.Key]*view{},
	}
	// The configuration knows no other names than those that parse.
	r.state.CodePoints, _ = bmp.ParseRevision(s.cfg.Load().TLVCodePoints)
	return r
}

// serve runs the connection to its end. A fault of ours closes this connection
// and no other.
func (r *router) serve(parent context.Context) {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	stop := context.AfterFunc(ctx, func() { r.conn.Close() })
	defer stop()
	defer r.conn.Close()
	defer r.closed.Store(true)
	// What has to be said at the end is said also when ctx is over.
	r.ctx = context.WithoutCancel(ctx)
	r.out = r.env.Outlet(parent)
	defer r.out.Close()
	r.hook, r.raw = r.env.Hook("bmp_in"), r.env.Raw()
	why := "the connection is lost"
	func() {
		defer func() {
			if p := recover(); p != nil {
				why = "internal error"
				r.env.Log().Error("BMP connection closed by an internal error", "router", r.remote, "error", p, "stack", string(debug.Stack()))
			}
		}()
		err := r.run(ctx, cancel)
		switch {
		case parent.Err() != nil:
			why = "the unit stops"
		case context.Cause(ctx) == ingress.ErrReplaced:
			why = "the router opened a newer connection"
			r.env.Log().Info("BMP connection replaced by a newer one", "router", r.remote, "sys_name", r.state.Name)
		case !errors.Is(err, io.EOF):
			r.env.Log().Warn("BMP connection ended", "router", r.remote, "sys_name", r.state.Name, "error", err)
		default:
			r.env.Log().Info("BMP connection ended", "router", r.remote, "sys_name", r.state.Name)
		}
	}()
	r.end(why)
}

// run reads until the connection ends, the lease is lost, or the stream is no BMP.
func (r *router) run(ctx context.Context, cancel context.CancelCauseFunc) error {
	r.env.Log().Info("BMP router connected", "router", r.remote)
	buf := make([]byte, firstBuffer)
	at, end, offset := 0, 0, int64(0)
	due, full := time.Now().Add(r.station.first), false
	for {
		now, before := r.env.Now().UnixMicro(), offset
		for {
			m, n, err := bmp.ReadMessage(buf[at:end], r.station.cfg.Load().MaxMessage)
			if err != nil {
				r.note(fmt.Errorf("octet %d of the stream: %w", offset, err), buf[at:end], false)
				_ = r.send()
				return fmt.Errorf("octet %d of the stream: %w", offset, err)
			}
			if n == 0 {
				break
			}
			if err := r.message(ctx, cancel, m, now); err != nil {
				return err
			}
			at, offset = at+n, offset+int64(n)
		}
		if err := r.send(); err != nil {
			return err
		}
		r.show(false)
		if offset > before {
			due = time.Now().Add(r.station.rest)
		}
		end = copy(buf, buf[at:end])
		at = 0
		buf = fit(buf, end, full)
		idle := end == 0 && offset > 0
		n, err := r.read(buf[end:], due, idle)
		if idle {
			due = time.Now().Add(r.station.rest)
		}
		full = n == len(buf)-end
		end += n
		if err != nil && n == 0 {
			if err == io.EOF && end > 0 {
				return fmt.Errorf("the stream ends inside a message, after octet %d", offset)
			}
			return err
		}
	}
}

// message takes one message through the hook and the state.
func (r *router) message(ctx context.Context, cancel context.CancelCauseFunc, m bmp.Message, now int64) error {
	accepted := true
	r.msg = m
	if r.hook != nil {
		r.shape(m)
		accepted = r.hook.Judge(&r.batch, r.peerOf(m), &r.judged, now)
	}
	if !accepted {
		r.rejected.Add(1)
	}
	r.actions = r.state.Step(r.actions[:0], m)
	for i := range r.actions {
		if err := r.act(ctx, cancel, &r.actions[i], now, accepted); err != nil {
			return err
		}
	}
	return nil
}

// shape makes the message that the hook sees: with the state to read it by, and
// Route Monitoring of version 4 as in version 3, so that scripts find the UPDATE.
func (r *router) shape(m bmp.Message) {
	r.judged = m
	r.judged.Station = r.state
	if m.Version != bmp.Version4 {
		return
	}
	update, _, ok := r.judged.Update()
	if !ok {
		return
	}
	h, _, err := bmp.ParsePeerHeader(m.Body())
	if err != nil {
		return
	}
	r.lower = bmp.AppendRouteMonitoring(r.lower[:0], h, update)
	r.judged.Version, r.judged.Raw = bmp.Version, r.lower
}

// send hands on what was collected since the last time.
func (r *router) send() error {
	if len(r.batch.Events) == 0 {
		return nil
	}
	err := r.out.Send(&r.batch)
	r.batch.Reset()
	return err
}

// end takes everything down that is still up.
func (r *router) end(why string) {
	r.actions = r.state.Close(r.actions[:0], why)
	now := r.env.Now().UnixMicro()
	for i := range r.actions {
		r.down(&r.actions[i], now)
	}
	_ = r.send() // the graph is stopping where this fails, and the outlet says it again
	r.show(true)
	if r.lease != nil {
		r.stop()
		r.lease.Release()
	}
}

// note keeps an error with the message that it is about.
func (r *router) note(err error, raw []byte, recoverable bool) {
	if !recoverable {
		r.hard.Add(1)
	}
	e := ParseError{Time: r.env.Now().UTC(), Error: err.Error(), Recoverable: recoverable, Message: hex.EncodeToString(raw[:min(len(raw), keptHex)])}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.errors) == keptErrors {
		r.errors = append(r.errors[:0], r.errors[1:]...)
	}
	r.errors = append(r.errors, e)
}
