package compress

import (
	"errors"
	"io"
	"math/bits"
	"runtime"
	"sync"
)

// A bzip2 file is a row of blocks that can be decoded alone. They start at any
// bit, marked by 48 bits which also may, once in 2^48, turn up inside a block:
//
//	file ─▶ split ──pieces──▶ workers (one a core) ──▶ Read, in order
//	             └──────────── order ──────────────────▶┘
//
// split cuts the file at the marks, workers decode the pieces, and Read checks that each
// piece was whole: one that was cut at a false mark is joined to the next.
// piece is what lies between two marks.
type piece struct {
	in   []byte // from the octet in which the mark starts to that in which the next one does
	skip uint   // bits of in[0] before the mark
	end  bool   // it starts with the mark of a stream's end
	last error  // of the source, on the last piece; io.EOF where it ended well

	out  []byte
	crc  uint32 // as the block's head says, and as found
	err  error
	done chan struct{}
}

// bzip2Reader yields the content of a bzip2 file. Close ends its goroutines.
type bzip2Reader struct {
	order <-chan *piece
	quit  chan struct{}
	once  sync.Once
	free  *sync.Pool

	dec  *blockDecoder // for joined pieces
	now  *piece
	left []byte
	crc  uint32 // over the stream's blocks
	err  error
}

func newBzip2(src io.Reader) *bzip2Reader {
	workers := runtime.GOMAXPROCS(0)
	order := make(chan *piece, 2*workers)
	work := make(chan *piece, 2*workers)
	r := &bzip2Reader{order: order, quit: make(chan struct{}), free: &sync.Pool{New: func() any { return new(piece) }}}
	s := &splitter{src: src, order: order, work: work, quit: r.quit, free: r.free}
	go s.run()
	for range workers {
		go func() {
			d := new(blockDecoder)
			for p := range work {
				d.decode(p)
				close(p.done)
			}
		}()
	}
	return r
}

// Close makes split and workers end; split after its current read.
func (r *bzip2Reader) Close() { r.once.Do(func() { close(r.quit) }) }

var (
	errNoBlock = errors.New("no bzip2 block follows the header")
	errShort   = errors.New("bzip2 block ends early")
	errDamaged = errors.New("bzip2 block is damaged")
	errSum     = errors.New("bzip2 checksum does not match")
	errEndless = errors.New("bzip2 block without an end")
)

// maxJoined is how many false marks a block may have. One is found in 30,000 GB by chance;
// who puts them in would have the block decoded again for each.
const maxJoined = 16

// Read yields content of whole blocks: a block that is cut yields nothing.
func (r *bzip2Reader) Read(p []byte) (int, error) {
	for len(r.left) == 0 {
		if r.err != nil {
			return 0, r.err
		}
		r.next()
	}
	n := copy(p, r.left)
	r.left = r.left[n:]
	return n, nil
}

// next makes the content of the next piece the one to be read, or sets r.err.
func (r *bzip2Reader) next() {
	if r.now != nil {
		r.free.Put(r.now)
		r.now = nil
	}
	p := r.take()
	if p == nil {
		r.fail(errNoBlock)
		return
	}
	for joined := 0; p.err == errShort && p.last == nil; joined++ {
		if joined == maxJoined {
			p.err = errDamaged
			break
		}
		q := r.take()
		if q == nil {
			break
		}
		r.join(p, q)
	}
	switch {
	case p.err == errShort && p.last != nil:
		r.fail(lastError(p.last))
	case p.err != nil:
		r.fail(p.err)
	case p.end && p.crc != r.crc:
		r.fail(errSum)
	case p.end:
		r.crc = 0
		if p.last != nil {
			r.fail(p.last)
		}
	default:
		r.crc = bits.RotateLeft32(r.crc, 1) ^ p.crc
		r.left = p.out
		if p.last != nil { // a file without the end of its stream
			r.fail(lastError(p.last))
		}
	}
	r.now = p
}

func lastError(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func (r *bzip2Reader) fail(err error) {
	r.err = err
	r.Close()
}

func (r *bzip2Reader) take() *piece {
	p := <-r.order
	if p != nil {
		<-p.done
	}
	return p
}

// join appends q to p, which ended at a false mark, and decodes it again.
func (r *bzip2Reader) join(p, q *piece) {
	n := len(p.in)
	if q.skip > 0 {
		n-- // the octet that both have
	}
	p.err = nil
	p.in = append(p.in[:n], q.in...)
	p.last = q.last
	if r.dec == nil {
		r.dec = new(blockDecoder)
	}
	r.dec.decode(p)
	r.free.Put(q)
}
