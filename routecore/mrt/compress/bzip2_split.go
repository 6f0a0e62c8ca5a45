package compress

import (
	"io"
	"sync"
)

const (
	blockMark = 0x314159265359
	endMark   = 0x177245385090
	markMask  = 1<<48 - 1
	markLen   = 6 // octets

	// A file without a mark in its first octets is none of bzip2.
	prologueMax = 1 << 20

	// The longest block has 900,000 symbols of 20 bits, and its tables.
	blockMax = 4 << 20
)

// splitter cuts a bzip2 file at its marks.
type splitter struct {
	src   io.Reader
	order chan<- *piece
	work  chan<- *piece
	quit  <-chan struct{}
	free  *sync.Pool
}

// run reads the file to its end or until quit. What stands before the first mark is
// only the header, which the caller has seen.
func (s *splitter) run() {
	defer close(s.order)
	defer close(s.work)
	hint := hints()
	buf := make([]byte, 64<<10)
	cur := s.piece() // what is before the first mark
	prologue := true
	var window uint64
	for {
		n, err := s.src.Read(buf)
		from := 0 // first octet of buf that cur does not have yet
		for i, b := range buf[:n] {
			window = window<<8 | uint64(b)
			if !hint[byte(window>>16)] {
				continue
			}
			shift, found := markAt(window)
			if !found {
				continue
			}
			cur.in = append(cur.in, buf[from:i+1]...)
			from = i + 1
			next := s.cut(cur, shift)
			next.end = window>>shift&markMask == endMark
			if !prologue && !s.send(cur) {
				return
			}
			cur, prologue = next, false
		}
		cur.in = append(cur.in, buf[from:n]...)
		if prologue && (err != nil || len(cur.in) > prologueMax) {
			return
		}
		if err == nil && len(cur.in) > blockMax {
			if err = errEndless; cur.end {
				err = io.EOF // what follows is not bzip2
			}
		}
		if err != nil {
			cur.last = err
			s.send(cur)
			return
		}
	}
}

// cut ends cur, whose last octet holds the end of a mark but for shift bits, and
// returns the piece that starts with the mark. An octet that both share is in both.
func (s *splitter) cut(cur *piece, shift uint) *piece {
	next := s.piece()
	start := len(cur.in) - markLen
	from := start
	if shift > 0 {
		from--
		next.skip = 8 - shift
	}
	from = max(from, 0)
	next.in = append(next.in, cur.in[from:]...)
	cur.in = cur.in[:max(start, 0)]
	return next
}

func (s *splitter) piece() *piece {
	p := s.free.Get().(*piece)
	*p = piece{in: p.in[:0], out: p.out[:0], done: make(chan struct{})}
	return p
}

// send hands p to the reader and to a worker. It reports false after quit.
func (s *splitter) send(p *piece) bool {
	select {
	case s.order <- p:
	case <-s.quit:
		return false
	}
	select {
	case s.work <- p:
		return true
	case <-s.quit:
		p.err = io.ErrClosedPipe
		close(p.done)
		return false
	}
}

// hints has the values that the third octet from the end can have where a mark
// ends in the last one: 16 of 256, so that most octets need one look.
func hints() *[256]bool {
	var h [256]bool
	for _, mark := range [...]uint64{blockMark, endMark} {
		for shift := range 8 {
			h[byte(mark<<shift>>16)] = true
		}
	}
	return &h
}

// markAt reports whether a mark ends within the last octet of the window, and
// how many bits before its end.
func markAt(window uint64) (shift uint, found bool) {
	for shift = range uint(8) {
		if v := window >> shift & markMask; v == blockMark || v == endMark {
			return shift, true
		}
	}
	return 0, false
}
