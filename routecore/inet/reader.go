package inet

import (
	"encoding/binary"
	"strconv"
)

// Reader walks over bytes in network order and never past their end. A read
// that does not fit returns zero, leaves the position alone and marks the
// reader as short; every later read fails too, so that a caller checks Err once
// after a run of reads. The zero value is an empty reader. A Reader is a small
// value: copying it copies the position, and it is not for concurrent use.
type Reader struct {
	b    []byte
	off  int
	base int
	want int // octets asked for by the first read that failed, 0 while none did
}

// NewReader returns a reader over b. Offsets it reports start at base, the place
// of b[0] in whatever the caller numbers: a message, a record, a file.
func NewReader(b []byte, base int) Reader { return Reader{b: b, base: base} }

// Short says that bytes ended before a field did. It is an error by value.
type Short struct {
	Offset int // where the field starts
	Want   int // octets the field needs
	Have   int // octets that were left
}

// Error gives the place and the number of octets that are missing.
func (s Short) Error() string {
	return "offset " + strconv.Itoa(s.Offset) + ": short by " + strconv.Itoa(s.Want-s.Have) + " octets"
}

// Len returns how many octets are left.
func (r *Reader) Len() int { return len(r.b) - r.off }

// Offset returns the position of the next octet, counted from the base.
func (r *Reader) Offset() int { return r.base + r.off }

// OK reports whether every read so far was served in full.
func (r *Reader) OK() bool { return r.want == 0 }

// Err returns nil, or the [Short] of the first read that did not fit.
func (r *Reader) Err() error {
	if r.want == 0 {
		return nil
	}
	return Short{Offset: r.Offset(), Want: r.want, Have: r.Len()}
}

func (r *Reader) take(n int) []byte {
	if r.want != 0 || n < 0 || len(r.b)-r.off < n {
		if r.want == 0 {
			r.want = max(n, 1)
		}
		return nil
	}
	p := r.b[r.off : r.off+n : r.off+n]
	r.off += n
	return p
}

// Bytes returns the next n octets without copying them, or nil.
func (r *Reader) Bytes(n int) []byte { return r.take(n) }

// Skip passes over n octets.
func (r *Reader) Skip(n int) { r.take(n) }

// Rest returns all that is left without copying it, and moves to the end.
func (r *Reader) Rest() []byte { return r.take(r.Len()) }

// U8 reads one octet.
func (r *Reader) U8() uint8 {
	if p := r.take(1); p != nil {
		return p[0]
	}
	return 0
}

// U16 reads two octets in network order.
func (r *Reader) U16() uint16 {
	if p := r.take(2); p != nil {
		return binary.BigEndian.Uint16(p)
	}
	return 0
}

// U32 reads four octets in network order.
func (r *Reader) U32() uint32 {
	if p := r.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

// U64 reads eight octets in network order.
func (r *Reader) U64() uint64 {
	if p := r.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}
