package fileout

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/conf"
	"example.com/rotonda/ingress"
	"example.com/rotonda/unit"
)

// fakeEnv gives what the target asks for.
type fakeEnv struct {
	unit.Env
	log *slog.Logger
}

func (e fakeEnv) Log() *slog.Logger          { return e.log }
func (e fakeEnv) Ingress() *ingress.Register { return ingress.New(ingress.Options{}) }

// running is a target with its Run going on.
type running struct {
	*Target
	t    *testing.T
	stop func() error
	said *strings.Builder
}

// start runs a target in the test's bubble. open may replace the disk.
func start(t *testing.T, cfg Config, open func(string, int) (file, error)) *running {
	t.Helper()
	r := &running{t: t, said: new(strings.Builder)}
	target, err := New(cfg, fakeEnv{log: slog.New(slog.NewTextHandler(r.said, nil))})
	if err != nil {
		t.Fatal(err)
	}
	target.out.open = open
	r.Target = target
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- target.Run(ctx) }()
	r.stop = func() error { cancel(); return <-done }
	synctest.Wait()
	return r
}

func (r *running) handle(sources ...string) {
	r.t.Helper()
	b := new(unit.Batch)
	for _, s := range sources {
		b.Add(&unit.VRPs{Source: s, Time: 1e15})
	}
	if err := r.Handle(r.t.Context(), b); err != nil {
		r.t.Fatal(err)
	}
}

func line(source string) string {
	return fmt.Sprintf(`{"event":"vrps","source":"%s","time":"2001-09-09T01:46:40Z"}`+"\n", source)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLinesAreWrittenEachSecondAndAtTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, Config{Filename: path}, nil)
		r.handle("a")
		if got := read(t, path); got != "" {
			t.Errorf("at start: %q", got)
		}
		time.Sleep(flushEvery + time.Millisecond)
		synctest.Wait()
		if got := read(t, path); got != line("a") {
			t.Errorf("after a second: %q", got)
		}
		r.handle("b")
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if got := read(t, path); got != line("a")+line("b") {
			t.Errorf("at the end: %q", got)
		}
		if s := r.State().(State); s.Lines != 2 || s.Bytes != uint64(len(line("a")+line("b"))) || s.Errors != 0 || s.Open {
			t.Errorf("%+v", s)
		}
	})
}

func TestAppendKeepsTheFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		if err := os.WriteFile(path, []byte("old\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, Config{Filename: path, Append: true}, nil)
		r.handle("a")
		if err := r.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got := read(t, path); got != "old\n"+line("a") {
			t.Errorf("got %q", got)
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestRotation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "out")
		r := start(t, Config{Filename: path}, nil)
		r.handle("a")
		if err := r.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path, path+".1"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(flushEvery)
		synctest.Wait()
		r.handle("b")
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if old, now := read(t, path+".1"), read(t, path); old != line("a") || now != line("b") {
			t.Errorf("old %q, new %q", old, now)
		}
	})
}

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		one, two := filepath.Join(dir, "1"), filepath.Join(dir, "2")
		r := start(t, Config{Filename: one, Format: "events"}, nil)
		r.handle("a")
		if err := r.Reload(Config{Filename: two, Format: "events"}); err != nil {
			t.Fatal(err)
		}
		r.handle("b")
		if err := r.Reload(Config{Filename: two, Format: "csv"}); err != nil {
			t.Fatal(err)
		}
		r.handle("c") // no line in this format
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if a, b := read(t, one), read(t, two); a != line("a") || b != line("b") {
			t.Errorf("%q, %q", a, b)
		}
		if s := r.State().(State); s.Lines != 2 || s.Format != "csv" {
			t.Errorf("%+v", s)
		}
	})
}

// disk is a file that takes room bytes and then is full.
type disk struct {
	mu   sync.Mutex
	room int
	text strings.Builder
}

func (d *disk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(p), d.room)
	d.room -= n
	d.text.Write(p[:n])
	if n < len(p) {
		return n, &fs.PathError{Op: "write", Path: "disk", Err: syscall.ENOSPC}
	}
	return n, nil
}

func (d *disk) Sync() error                { return nil }
func (d *disk) Close() error               { return nil }
func (d *disk) Stat() (fs.FileInfo, error) { return nil, errors.ErrUnsupported }

func (d *disk) grow(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room += n
}

func TestAFullDiskIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: 10}
		r := start(t, Config{Filename: "disk"}, func(string, int) (file, error) { return d, nil })
		r.handle("a")
		time.Sleep(3 * flushEvery)
		if s := r.State().(State); s.Error == "" || s.Errors < 2 || s.Waits != len(line("a"))-10 {
			t.Errorf("%+v", s)
		}
		if n := strings.Count(r.said.String(), "no space left"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, r.said)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*flushEvery)
		defer cancel()
		if err := r.Flush(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("flush on a full disk: %v", err)
		}
		handled := make(chan struct{})
		many := make([]string, 2*flushSize/len(line("b")))
		for i := range many {
			many[i] = "b"
		}
		go func() { r.handle(many...); close(handled) }()
		synctest.Wait()
		select {
		case <-handled:
			t.Error("more was handled than fits in the buffer")
		default:
		}
		d.grow(1 << 20)
		<-handled
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if want := line("a") + strings.Repeat(line("b"), len(many)); d.text.String() != want {
			t.Errorf("%d bytes on the disk, want %d", d.text.Len(), len(want))
		}
		if s := r.State().(State); s.Error != "" || !strings.Contains(r.said.String(), "can be written again") {
			t.Errorf("%+v", s)
		}
	})
}

func TestAFullDiskAtTheEndIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{}
		r := start(t, Config{Filename: "disk"}, func(string, int) (file, error) { return d, nil })
		r.handle("a")
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if !strings.Contains(r.said.String(), "bytes were not written") {
			t.Errorf("said %s", r.said)
		}
	})
}

func TestAFileThatCannotBeOpenedIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "later")
		path := filepath.Join(dir, "out")
		r := start(t, Config{Filename: path}, nil)
		r.handle("a")
		if s := r.State().(State); s.Open || !strings.Contains(s.Error, "no such file") {
			t.Errorf("%+v", s)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * flushEvery)
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		if got := read(t, path); got != line("a") {
			t.Errorf("got %q", got)
		}
	})
}

func TestManyHandlersLoseNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	target, err := New(Config{Filename: path}, fakeEnv{log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- target.Run(ctx) }()
	var wg sync.WaitGroup
	for n := range 4 {
		wg.Go(func() {
			b := &unit.Batch{Events: []unit.Event{&unit.VRPs{Source: fmt.Sprint(n), Time: 1e15}}}
			for range 5000 {
				if err := target.Handle(ctx, b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := target.Flush(ctx); err != nil {
		t.Error(err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	got := read(t, path)
	for n := range 4 {
		if c := strings.Count(got, line(fmt.Sprint(n))); c != 5000 {
			t.Errorf("%d lines of handler %d", c, n)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, tc := range []struct {
		text   string
		policy unit.Policy
		err    string
	}{
		{`sources = "bmp-in:256"` + "\nformat = \"json-min\"\nfilename = \"/var/lib/events\"", unit.Drop, ""},
		{`sources = "rib"` + "\nfilename = \"x\"", unit.Resync, ""},
		{`sources = "rib"` + "\nfilename = \"x\"\nformat = \"json\"\nqueue_full = \"pause\"", unit.Pause, ""},
		{`sources = "rib"` + "\nfilename = \"x\"\nformat = \"xml\"", unit.Resync, `"xml" is not known`},
		{`filename = ""`, unit.Resync, "the text is empty"},
	} {
		f, errs := conf.Parse("dir/x", []byte(tc.text))
		var c Config
		more, _ := f.Root.Decode(&c)
		errs = append(errs, more...)
		if tc.err != "" {
			if !strings.Contains(errs.Error(), tc.err) {
				t.Errorf("%s: %v", tc.text, errs)
			}
			continue
		}
		if len(errs) > 0 || c.QueuePolicy() != tc.policy || len(c.SourceList()) != 1 {
			t.Errorf("%s: %+v, %v", tc.text, c, errs)
		}
		if c.Filename != "/var/lib/events" && c.Filename != "dir/x" {
			t.Errorf("file %q", c.Filename)
		}
	}
	for _, k := range conf.Describe(Config{}, source).Keys {
		if k.Doc == "" {
			t.Errorf("%s has no help", k.Name)
		}
	}
}
