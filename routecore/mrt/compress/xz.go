package compress

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// maxXzWindow is the largest dictionary that is believed, in bytes: xz -9 uses 64
// MiB. The decoder makes room for it before it has read anything.
const maxXzWindow = 256 << 20

// newXz returns a reader of an xz file, all streams of it.
func newXz(src *bufio.Reader) (io.Reader, error) {
	head, err := src.Peek(64)
	if err != nil && err != io.EOF {
		return nil, err
	}
	if window := xzWindow(head); window > maxXzWindow {
		return nil, fmt.Errorf("a dictionary of %d MiB is over the limit of %d", window>>20, maxXzWindow>>20)
	}
	in := &tail{r: src}
	z, err := xz.NewReader(in)
	if err != nil {
		return nil, fault(err)
	}
	return &xzReader{z, in}, nil
}

// xzWindow returns the size of the dictionary that the first block's header asks for
// (the .xz file format §3.1, §5.3.1), 0 where it has none or another filter.
func xzWindow(head []byte) int64 {
	const streamHeader = 12
	if len(head) < streamHeader+2 {
		return 0
	}
	flags, b := head[streamHeader+1], head[streamHeader+2:]
	skip := func() {
		for len(b) > 0 && b[0]&0x80 != 0 {
			b = b[1:]
		}
		b = b[min(1, len(b)):]
	}
	if flags&0x40 != 0 {
		skip()
	}
	if flags&0x80 != 0 {
		skip()
	}
	const lzma2 = 0x21
	if flags&3 != 0 || len(b) < 3 || b[0] != lzma2 || b[1] != 1 {
		return 0
	}
	size, err := lzma.DecodeDictCap(b[2])
	if err != nil {
		return 0
	}
	return size
}

// xzReader tells a file that was cut from one that ended: to the decoder a file
// without its first block is empty.
type xzReader struct {
	z  io.Reader
	in *tail
}

func (x *xzReader) Read(p []byte) (int, error) {
	n, err := x.z.Read(p)
	switch {
	case err == io.EOF && !x.in.footed():
		err = io.ErrUnexpectedEOF
	case err != nil && err != io.EOF:
		err = fault(err)
	}
	return n, err
}

// tail remembers the last two bytes that are no padding.
type tail struct {
	r    io.Reader
	last [2]byte
}

func (t *tail) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	for _, b := range p[:n] {
		if b != 0 {
			t.last = [2]byte{t.last[1], b}
		}
	}
	return n, err
}

// footed reports whether a stream footer was read (the .xz file format §2.1.2.4).
func (t *tail) footed() bool { return t.last == [2]byte{'Y', 'Z'} }

// fault turns an end of the file that the decoder wrapped into [io.ErrUnexpectedEOF].
func fault(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
