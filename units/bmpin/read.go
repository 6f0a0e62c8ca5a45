package bmpin

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// The buffer of a connection. It grows only as octets arrive, whatever length they
// announce: thousands of strangers cost little.
const (
	firstBuffer = 4 << 10
	readBuffer  = 64 << 10 // of a busy router
)

// fit makes room behind the end octets in buf. full tells that the last read filled it.
func fit(buf []byte, end int, full bool) []byte {
	switch {
	case full && (end == len(buf) || len(buf) < readBuffer):
		return append(buf[:end], make([]byte, 2*len(buf)-end)...)
	case len(buf) > readBuffer && end <= readBuffer/2:
		return append(make([]byte, 0, readBuffer), buf[:end]...)[:readBuffer]
	}
	return buf
}

// Times for what a router does in a moment. Between messages it may be silent for as long
// as it likes: BMP has no keep-alives.
const (
	firstTime = time.Minute     // until its first message has arrived
	restTime  = 5 * time.Minute // until a message that began has
)

// read reads once, until due unless the router is between messages. A list of peers
// that is out of date meanwhile is published.
func (r *router) read(b []byte, due time.Time, idle bool) (int, error) {
	for {
		deadline := due
		if idle {
			deadline = time.Time{}
		}
		if soon := time.Now().Add(showEvery); r.stale && (idle || soon.Before(due)) {
			deadline = soon
		}
		if err := r.conn.SetReadDeadline(deadline); err != nil {
			return 0, err
		}
		n, err := r.conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if !r.stale || deadline == due {
			return 0, fmt.Errorf("no whole message arrived in time: %w", err)
		}
		r.show(true)
	}
}

// longestText bounds what a router says about itself, in octets: it is kept for
// months, logged and shown.
const longestText = 1024

// plain makes a router's words fit to be kept: short, and equal after they were
// saved as JSON and loaded again.
func plain(s string) string {
	return strings.ToValidUTF8(s[:min(len(s), longestText)], "\ufffd")
}
