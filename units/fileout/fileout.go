// Package fileout is the target file-out: it writes events to a file, one a
// line.
//
// What is handled goes into a buffer, which is written when it is large and
// each second. A disk that is full or a file that cannot be opened makes the
// target wait and try again: then the queue before it fills and does what its
// policy says; the daemon goes on. A file that was renamed or removed is opened
// anew within a second, so that rotation needs no signal. It does not compress
// or rotate by itself. Start reading at [Unit] and [Target.Handle].
package fileout

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"iter"
	"sync"
	"time"

	"example.com/rotonda/unit"
	"example.com/rotonda/unit/format"
)

//go:embed config.go
var source []byte

// Unit is the target file-out, as listed in units/all.
var Unit = unit.Define("file-out", New, source)

const (
	flushSize  = 256 << 10   // a buffer this large is written at once
	flushEvery = time.Second // anything is written after this long
)

// Target writes events to a file. Use [New].
type Target struct {
	env unit.Env

	mu    sync.Mutex // guards what follows
	cfg   Config
	enc   *format.Encoder
	buf   []byte
	out   output
	space chan struct{} // closed and replaced when the buffer was written
}

// New makes an inert target: the file is opened by Run.
func New(cfg Config, env unit.Env) (*Target, error) {
	t := &Target{env: env, cfg: cfg, space: make(chan struct{})}
	t.out = output{path: cfg.Filename, append: cfg.Append, log: env.Log()}
	t.enc = t.encoder(cfg)
	return t, nil
}

func (t *Target) encoder(cfg Config) *format.Encoder {
	r := t.env.Ingress()
	if r == nil {
		return format.NewEncoder(cfg.style(), nil)
	}
	return format.NewEncoder(cfg.style(), r.Info)
}

// Run opens the file and writes each second what waits, until ctx ends.
func (t *Target) Run(ctx context.Context) error {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		t.mu.Lock()
		t.out.maintain()
		t.write()
		t.mu.Unlock()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return t.end()
		}
	}
}

// end writes what is left and closes the file.
func (t *Target) end() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.write()
	if len(t.buf) > 0 {
		t.env.Log().Error("bytes were not written before the end", "file", t.out.path, "bytes", len(t.buf))
		t.buf = t.buf[:0]
	}
	return t.out.close()
}

// Handle takes a batch. It blocks while the file cannot be written and the
// buffer is full.
func (t *Target) Handle(ctx context.Context, b *unit.Batch) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, ev := range b.Events {
		t.buf = t.enc.Append(t.buf, ev)
		if len(t.buf) < flushSize {
			continue
		}
		if err := t.room(ctx); err != nil {
			return fmt.Errorf("file-out %s: %w", t.out.path, err)
		}
	}
	return nil
}

// room writes the buffer, or waits until somebody did. The caller holds the
// lock, which is free meanwhile.
func (t *Target) room(ctx context.Context) error {
	t.write()
	for len(t.buf) >= flushSize {
		space := t.space
		t.mu.Unlock()
		select {
		case <-space:
		case <-ctx.Done():
		}
		t.mu.Lock()
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// write writes what it can of the buffer. The caller holds the lock.
func (t *Target) write() {
	if len(t.buf) == 0 {
		return
	}
	n := t.out.write(t.buf)
	if n == 0 {
		return
	}
	t.buf = t.buf[:copy(t.buf, t.buf[n:])]
	close(t.space)
	t.space = make(chan struct{})
}

// Flush returns when all that was handled is on the disk, or with ctx.
func (t *Target) Flush(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for {
		t.out.maintain()
		if t.write(); len(t.buf) == 0 {
			return t.out.sync()
		}
		t.mu.Unlock()
		select {
		case <-time.After(flushEvery / 10):
		case <-ctx.Done():
		}
		t.mu.Lock()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("file-out %s: %d bytes wait: %w", t.out.path, len(t.buf), err)
		}
	}
}

// Reload takes changed settings. What waits goes to the old file first, if it
// can be written.
func (t *Target) Reload(cfg Config) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if cfg.Format != t.cfg.Format {
		t.enc = t.encoder(cfg)
	}
	t.cfg = cfg
	if cfg.Filename == t.out.path {
		return nil
	}
	t.write()
	if t.out.torn { // its beginning stands in the old file
		_, t.buf, _ = bytes.Cut(t.buf, []byte("\n"))
	}
	err := t.out.close()
	t.out = output{path: cfg.Filename, append: cfg.Append, log: t.env.Log(), bytes: t.out.bytes, lines: t.out.lines, errors: t.out.errors}
	t.out.maintain()
	return err
}

// State is what the target shows of itself.
type State struct {
	File   string `json:"file"`
	Format string `json:"format"`
	Open   bool   `json:"open"`
	Lines  uint64 `json:"lines"`
	Bytes  uint64 `json:"bytes"`
	Waits  int    `json:"waiting"` // bytes in the buffer
	Errors uint64 `json:"errors"`
	Error  string `json:"error,omitempty"` // why nothing is written now
}

// State returns what the target has written and what hinders it.
func (t *Target) State() any {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := State{File: t.out.path, Format: t.cfg.style().String(), Open: t.out.file != nil, Lines: t.out.lines, Bytes: t.out.bytes, Waits: len(t.buf), Errors: t.out.errors}
	if t.out.err != nil {
		s.Error = t.out.err.Error()
	}
	return s
}

// Metrics yields the counters of State.
func (t *Target) Metrics() iter.Seq[unit.Metric] {
	return func(yield func(unit.Metric) bool) {
		t.mu.Lock()
		lines, bytes, errors := t.out.lines, t.out.bytes, t.out.errors
		t.mu.Unlock()
		_ = yield(unit.Metric{Name: "file_out_lines_total", Help: "Lines written.", Kind: unit.Counter, Value: float64(lines)}) &&
			yield(unit.Metric{Name: "file_out_bytes_total", Help: "Bytes written.", Kind: unit.Counter, Value: float64(bytes)}) &&
			yield(unit.Metric{Name: "file_out_errors_total", Help: "Failed attempts to open or write the file.", Kind: unit.Counter, Value: float64(errors)})
	}
}
