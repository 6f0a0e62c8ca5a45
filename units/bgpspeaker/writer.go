package bgpspeaker

import (
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"example.com/rotonda/routecore/bgp"
)

const (
	// writeChunk is how much goes into one write. The send hold time is
	// judged for each chunk, so that a slow peer that reads is alive.
	writeChunk = 16 << 10
	// closeGrace is how long the last octets may take.
	closeGrace = time.Second
)

// writer is the write side of a session, with a goroutine of its own.
type writer struct {
	conn net.Conn
	kick chan struct{} // something changed; holds one

	mu      sync.Mutex
	queue   []byte
	every   time.Duration // between KEEPALIVEs; 0: none
	hold    time.Duration // send hold time (RFC 9687); 0: none
	closing bool

	stalled atomic.Bool // ended by the send hold time
	beats   atomic.Uint64
	octets  atomic.Uint64
}

func newWriter(conn net.Conn, hold time.Duration) *writer {
	return &writer{conn: conn, kick: make(chan struct{}, 1), hold: hold}
}

// send queues octets. What is queued is bounded by what the configuration
// announces.
func (w *writer) send(b []byte) {
	w.mu.Lock()
	w.queue = append(w.queue, b...)
	w.mu.Unlock()
	w.wake()
}

// pace starts KEEPALIVEs.
func (w *writer) pace(every, hold time.Duration) {
	w.mu.Lock()
	w.every, w.hold = every, hold
	w.mu.Unlock()
	w.wake()
}

// close lets the goroutine end once the queue is written.
func (w *writer) close() {
	w.mu.Lock()
	w.closing = true
	w.mu.Unlock()
	w.conn.SetWriteDeadline(time.Now().Add(closeGrace))
	w.wake()
}

func (w *writer) wake() {
	select {
	case w.kick <- struct{}{}:
	default:
	}
}

// take removes what is to be written next. It leaves dst's storage to the queue.
func (w *writer) take(dst []byte) (out []byte, every, hold time.Duration, closing bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	out, w.queue = w.queue, dst[:0]
	return out, w.every, w.hold, w.closing
}

// run writes until it is told to close or the connection fails.
func (w *writer) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var buf []byte
	var pacing time.Duration
	for {
		out, every, hold, closing := w.take(buf)
		if err := w.write(out, hold, closing); err != nil {
			w.fail(err, closing)
			return
		}
		if closing {
			return
		}
		buf = out
		if every != pacing {
			pacing = every
			timer.Reset(jitter(every))
		}
		select {
		case <-w.kick:
		case <-timer.C:
			if pacing == 0 {
				timer.Reset(time.Hour)
				continue
			}
			w.beats.Add(1)
			w.send(bgp.AppendKeepalive(nil))
			timer.Reset(jitter(pacing))
		}
	}
}

// jitter shortens an interval by up to a quarter (RFC 4271 §10), but to no less
// than a second (RFC 4271 §4.4).
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return time.Hour
	}
	return max(d-time.Duration(rand.Int64N(int64(d/4)+1)), min(d, time.Second))
}

func (w *writer) write(b []byte, hold time.Duration, closing bool) error {
	for len(b) > 0 {
		if !closing {
			var deadline time.Time
			if hold > 0 {
				deadline = time.Now().Add(hold)
			}
			w.conn.SetWriteDeadline(deadline)
			w.mu.Lock()
			if w.closing { // close was called meanwhile: its deadline counts
				w.conn.SetWriteDeadline(time.Now().Add(closeGrace))
			}
			w.mu.Unlock()
		}
		n, err := w.conn.Write(b[:min(len(b), writeChunk)])
		w.octets.Add(uint64(n))
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// fail ends a connection that cannot be written. Only a peer that does not read
// needs it: any other failure shows on the read side.
func (w *writer) fail(err error, closing bool) {
	if errors.Is(err, os.ErrDeadlineExceeded) && !closing {
		w.stalled.Store(true)
		w.conn.Close()
	}
}
