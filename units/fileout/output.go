package fileout

import (
	"bytes"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"syscall"
	"time"
)

// file is what the target needs of an *os.File.
type file interface {
	Write(p []byte) (int, error)
	Sync() error
	Close() error
	Stat() (fs.FileInfo, error)
}

// output is the file on the disk. It survives errors: they are kept, logged
// when they begin and end, and counted.
type output struct {
	path   string
	append bool // keep what the file holds; set once it was opened
	log    *slog.Logger
	open   func(path string, flag int) (file, error) // nil: the disk's
	file   file
	torn   bool // the last write ended within a line
	err    error
	lines  uint64
	bytes  uint64
	errors uint64
}

// maintain opens the file, and opens it anew where the name leads to another
// one or to none, as after a rotation.
func (o *output) maintain() {
	if o.file != nil && !o.torn && o.moved() {
		if err := o.close(); err != nil {
			o.failed("close", err)
		}
		o.log.Info("file was moved away and is opened anew", "file", o.path)
	}
	if o.file != nil {
		return
	}
	flag := os.O_WRONLY | os.O_CREATE | os.O_APPEND | syscall.O_NONBLOCK // a pipe without a reader must not block
	if !o.append {
		flag |= os.O_TRUNC
	}
	open := o.open
	if open == nil {
		open = openFile
	}
	f, err := open(o.path, flag)
	if err != nil {
		o.failed("open", err)
		return
	}
	o.file, o.append = f, true
	o.works("open")
}

func openFile(path string, flag int) (file, error) {
	f, err := os.OpenFile(path, flag, 0o644)
	if err != nil {
		return nil, err // a nil *os.File in the interface would not be nil
	}
	return f, nil
}

func (o *output) moved() bool {
	mine, err := o.file.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(o.path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(mine, now)
}

// write writes what it can and returns how many bytes that was.
func (o *output) write(p []byte) int {
	if o.file == nil {
		return 0
	}
	if d, ok := o.file.(interface{ SetWriteDeadline(time.Time) error }); ok {
		_ = d.SetWriteDeadline(time.Now().Add(flushEvery)) // only pipes have one: a slow reader must not hold us
	}
	n, err := o.file.Write(p)
	if n > 0 {
		o.bytes += uint64(n)
		o.lines += uint64(bytes.Count(p[:n], []byte("\n")))
		o.torn = p[n-1] != '\n'
	}
	if err != nil {
		o.failed("write", err)
		return n
	}
	o.works("write")
	return n
}

// failed notes an error and logs it where it is the first of a row.
func (o *output) failed(what string, err error) {
	o.errors++
	if o.err == nil {
		o.log.Warn("cannot "+what+" the file; trying again each second", "file", o.path, "error", err)
	}
	o.err = err
}

// works notes that the row of errors is over. To open a file is no sign that it
// can be written again.
func (o *output) works(what string) {
	if o.err == nil || what == "open" && !o.opening() {
		return
	}
	o.log.Info("file can be written again", "file", o.path)
	o.err = nil
}

// opening reports whether the last error was about opening.
func (o *output) opening() bool {
	var p *fs.PathError
	return errors.As(o.err, &p) && p.Op == "open"
}

// sync makes the file durable. Pipes and devices have nothing to sync.
func (o *output) sync() error {
	if o.file == nil {
		return o.err
	}
	if info, err := o.file.Stat(); err == nil && !info.Mode().IsRegular() {
		return nil
	}
	return o.file.Sync()
}

func (o *output) close() error {
	if o.file == nil {
		return nil
	}
	err := o.file.Close()
	o.file, o.torn = nil, false
	return err
}
