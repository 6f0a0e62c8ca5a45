// Package compress undoes the compression of archive files, by their content: gzip,
// bzip2, zstd, xz, or none. Names and extensions are not looked at.
//
// bzip2, which most route collectors use, is decoded by one goroutine a core; they
// end at the end of the data and after Close. Everything else is decoded by the
// caller's goroutine.
//
// A cut or damaged file yields what can be decompressed, and then an [*Error] with the
// place. Start reading at [NewReader].
//
// Sources: RFC 1952 (gzip), RFC 8878 (zstd), the .xz file format 1.2.1; bzip2 by its
// magic numbers.
package compress

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"
)

// Format is a compression format.
type Format uint8

// The formats.
const (
	Plain Format = iota
	Gzip
	Bzip2
	Zstd
	Xz
)

// String returns "none", or the name of the usual tool.
func (f Format) String() string {
	return [...]string{"none", "gzip", "bzip2", "zstd", "xz"}[f]
}

var magic = [...]struct {
	format Format
	bytes  string
}{
	{Gzip, "\x1f\x8b"},
	{Bzip2, "BZh"},
	{Zstd, "\x28\xb5\x2f\xfd"},
	{Xz, "\xfd7zXZ\x00"},
}

// Detect returns the format of data that starts with head; 6 bytes are enough.
func Detect(head []byte) Format {
	for _, m := range magic {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return m.format
		}
	}
	return Plain
}

// Error says where decompression ended before the data did.
type Error struct {
	Format Format
	In     int64 // bytes of the file read, at most one buffer after the fault
	Out    int64 // bytes yielded before it
	Err    error
}

// Error names the format and both places.
func (e *Error) Error() string {
	return fmt.Sprintf("%s data damaged or cut near byte %d of the file, after %d bytes of content: %v", e.Format, e.In, e.Out, e.Err)
}

// Unwrap returns the cause: [io.ErrUnexpectedEOF] for cut data.
func (e *Error) Unwrap() error { return e.Err }

// Reader yields the content of one stream, all members of a concatenated file.
// Make it with [NewReader]. It is not for concurrent use.
type Reader struct {
	Format Format

	in    *counter
	from  io.Reader
	close func()
	out   int64
	err   error
}

const readSize = 256 << 10

// NewReader looks at the first bytes of src and returns a reader of the content.
// The error is that of src, or says that the format cannot be read. Close it.
func NewReader(src io.Reader) (*Reader, error) {
	in := &counter{src: src}
	buffered := bufio.NewReaderSize(in, readSize)
	head, err := buffered.Peek(6)
	if err != nil && err != io.EOF {
		return nil, fmt.Errorf("read the first bytes: %w", err)
	}
	r := &Reader{Format: Detect(head), in: in, close: func() {}}
	if err := r.open(buffered); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Reader) open(src *bufio.Reader) error {
	switch r.Format {
	case Gzip:
		z, err := newGzip(src)
		if err != nil {
			return r.fault(err)
		}
		r.from = z
	case Bzip2:
		z := newBzip2(src)
		r.from, r.close = z, z.Close
	case Zstd:
		// One decoder is the caller's goroutine, and starts none.
		z, err := zstd.NewReader(src, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(1<<30))
		if err != nil {
			return r.fault(err)
		}
		r.from, r.close = z, z.Close
	case Xz:
		z, err := newXz(src)
		if err != nil {
			return r.fault(err)
		}
		r.from = z
	default:
		r.from = src
	}
	return nil
}

// Read yields content. After the last of it the error is [io.EOF], or an
// [*Error] where the file ends early or is damaged.
func (r *Reader) Read(p []byte) (int, error) {
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.from.Read(p)
	r.out += int64(n)
	if err != nil && err != io.EOF {
		err = r.fault(err)
	}
	r.err = err
	return n, err
}

// Close ends what the reader started. The source stays open.
func (r *Reader) Close() error {
	r.close()
	if r.err == nil {
		r.err = errClosed
	}
	return nil
}

var errClosed = errors.New("compress: read after close")

func (r *Reader) fault(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if r.Format == Plain {
		return err
	}
	return &Error{Format: r.Format, In: r.in.n.Load(), Out: r.out, Err: err}
}

// counter counts what was read from the file, for the place in an error. The
// decoders of bzip2 read on a goroutine of their own.
type counter struct {
	src io.Reader
	n   atomic.Int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	c.n.Add(int64(n))
	return n, err
}
