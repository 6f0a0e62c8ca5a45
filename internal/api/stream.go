package api

import (
	"context"
	"net/http"
	"time"

	"example.com/rotonda/store"
)

// The bounds of a part of a streamed answer. The first parts are small, so that
// something is there at once.
const (
	firstPart = 4 << 10
	fullPart  = 256 << 10
	partTime  = 200 * time.Millisecond
	stallTime = 30 * time.Second // how long a client may not read
)

// stream writes an answer in parts.
type stream struct {
	w    http.ResponseWriter
	rc   *http.ResponseController
	buf  []byte
	size int
	sent time.Time
	api  *API
}

// open sends the head of the answer.
func (a *API) open(w http.ResponseWriter, contentType string) *stream {
	s := &stream{w: w, rc: http.NewResponseController(w), size: firstPart, api: a, sent: a.opt.Now()}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	_ = s.rc.Flush() // a writer that cannot is one that does not buffer
	return s
}

// full reports whether the part should be sent now.
func (s *stream) full() bool {
	return len(s.buf) >= s.size || s.api.opt.Now().Sub(s.sent) > partTime
}

// flush sends the part. It waits for a slow client, up to stallTime.
func (s *stream) flush() error {
	s.size = min(2*s.size, fullPart)
	if len(s.buf) > 0 {
		s.api.deadline(s.rc)
		if _, err := s.w.Write(s.buf); err != nil {
			return err
		}
		_ = s.rc.Flush()
		s.buf = s.buf[:0]
	}
	s.sent = s.api.opt.Now()
	return nil
}

// rows streams the routes of a search through row, which appends one to dst. It
// leaves the store between parts and resumes by key. The answer is the number
// of routes and where to go on, if the limit ended it.
func (o *stream) rows(ctx context.Context, s *search, row func(dst []byte, e store.Entry) []byte) (count int, next Cursor, err error) {
	at := s.q.After
	for {
		resume := false
		for e, err := range s.entries(ctx, at) {
			if err != nil {
				return count, Cursor{}, err
			}
			if s.q.Limit > 0 && count == s.q.Limit {
				return count, at, o.flush()
			}
			o.buf = row(o.buf, e)
			count++
			at = Cursor{e.Family, e.Cursor()}
			if o.full() {
				resume = true
				break
			}
		}
		if err := o.flush(); err != nil || !resume {
			return count, Cursor{}, err
		}
	}
}
