package compress

import (
	"bufio"
	"io"

	"github.com/klauspost/compress/gzip"
)

// gzipReader reads the members of a gzip file one after the other (RFC 1952 §2.2).
// Zeros behind the last are padding, of tapes for instance, as gzip itself has it.
type gzipReader struct {
	*gzip.Reader
	src *bufio.Reader
}

func newGzip(src *bufio.Reader) (io.Reader, error) {
	z, err := gzip.NewReader(src)
	if err != nil {
		return nil, err
	}
	z.Multistream(false)
	return &gzipReader{z, src}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	for {
		n, err := g.Reader.Read(p)
		if n > 0 && err == io.EOF {
			err = nil
		}
		if n > 0 || err != io.EOF {
			return n, err
		}
		if err := g.nextMember(); err != nil {
			return 0, err
		}
	}
}

// nextMember opens the next member; io.EOF says that there is none.
func (g *gzipReader) nextMember() error {
	for padded := false; ; padded = true {
		b, err := g.src.ReadByte()
		switch {
		case err != nil:
			return err
		case b == 0:
			continue
		case padded:
			return gzip.ErrHeader
		}
		if err := g.src.UnreadByte(); err != nil {
			return err
		}
		err = g.Reset(g.src)
		g.Multistream(false)
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		return err
	}
}
