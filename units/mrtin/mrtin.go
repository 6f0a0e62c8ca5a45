// Package mrtin is the unit mrt-file-in: it reads MRT files and turns their RIB
// entries and BGP messages into routes, with the times at which they were recorded.
//
// One goroutine reads one file after the other, decodes and sends; it may be held up by
// consumers for as long as they like. A file that is cut or damaged gives what can
// be read, and never keeps the next one from being read. The unit stays when it is done, because
// its routes do. Framing and decompression live in routecore/mrt.
//
// A peer is an address and an AS number, whatever the record it comes from: a log
// that follows a RIB goes on where the RIB ended. Start reading at [Reader.Run], then
// file.read in file.go.
//
// RFC 6396, RFC 8050.
package mrtin

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"example.com/rotonda/unit"
)

//go:embed config.go
var source []byte

// Unit is the MRT reader, as listed in units/all.
var Unit = unit.Define("mrt-file-in", New, source)

// Reader is a running MRT reader. Its methods may be called from any goroutine.
type Reader struct {
	cfg  Config
	env  unit.Env
	done atomic.Bool // all files were worked off

	mu    sync.Mutex
	files []FileState
}

// State is what [Reader.State] returns.
type State struct {
	Files []FileState `json:"files"`
}

// FileState is how far a file has been read.
type FileState struct {
	File          string `json:"file"`
	State         string `json:"state"` // waiting, reading, done, failed
	Records       uint64 `json:"records"`
	RIBEntries    uint64 `json:"ribEntries"`
	Announcements uint64 `json:"announcements"`
	Withdrawals   uint64 `json:"withdrawals"`
	Bad           uint64 `json:"badRecords"`
	LastError     string `json:"lastError,omitempty"`
}

// New returns an inert reader.
func New(cfg Config, env unit.Env) (*Reader, error) {
	r := &Reader{cfg: cfg, env: env}
	for _, name := range cfg.Filename {
		r.files = append(r.files, FileState{File: name, State: "waiting"})
	}
	return r, nil
}

// Run reads the files, then waits for ctx to end: the routes stay as long as the
// unit does.
func (r *Reader) Run(ctx context.Context) error {
	out := r.env.Outlet(ctx)
	defer out.Close()
	s := newArchive(ctx, r.env, out)
	defer s.release()
	_ = r.readFiles(ctx, s) // logged, and kept in the state
	r.done.Store(true)
	<-ctx.Done()
	return nil
}

// ReadAll reads the files and returns, for whoever wants what passes and not the
// state that stays. The error joins those of all files.
func (r *Reader) ReadAll(ctx context.Context) error {
	out := r.env.Outlet(ctx)
	defer out.Close()
	s := newArchive(ctx, r.env, out)
	defer s.release()
	return r.readFiles(ctx, s)
}

// readFiles reads one file after the other, whatever happens to the one before.
func (r *Reader) readFiles(ctx context.Context, s *archive) (err error) {
	for i, name := range r.cfg.Filename {
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		err = errors.Join(err, r.one(ctx, s, i, name))
	}
	return err
}

// one reads one file and logs how that went.
func (r *Reader) one(ctx context.Context, s *archive, i int, name string) error {
	log := r.env.Log()
	log.Info("processing "+name, "file", name)
	start := r.env.Now()
	f := file{archive: s, name: name, progress: func(st FileState) { r.set(i, st) }}
	sum, err := f.read()
	f.state.State = "done"
	if err != nil {
		f.state.State = "failed"
		f.state.LastError = err.Error()
	}
	r.set(i, f.state)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		log.Error("cannot read all of an MRT file", "file", name, "error", err)
	}
	log.Info(f.summary(r.env.Now().Sub(start)), "file", name, "sha256", sum)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (r *Reader) set(i int, st FileState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[i] = st
}

// Ready reports whether all files were read, as far as they can be.
func (r *Reader) Ready() bool { return r.done.Load() }

// State returns how far the files have been read.
func (r *Reader) State() any {
	r.mu.Lock()
	defer r.mu.Unlock()
	return State{Files: append([]FileState(nil), r.files...)}
}
