package mrt

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	headerLen = 12
	// MaxRecord is the longest record body that [Reader] believes, in bytes. A RIB
	// record of all 65,535 peers with long paths stays below it; text or random
	// bytes taken for a length hardly ever do.
	MaxRecord = 16 << 20

	firstBuffer = 256 << 10
)

// Record is one framed record.
type Record struct {
	Offset  int64 // of the header in the stream
	Time    int64 // Unix microseconds
	Type    Type
	Subtype uint16
	Body    []byte // what follows the header and, for _ET, the microseconds
}

// Reader frames the records of one stream. Make it with [NewReader]. It is not
// for concurrent use.
type Reader struct {
	src   io.Reader
	buf   []byte
	at    int    // first byte not handed out
	end   int    // first byte not read
	off   int64  // of buf[at] in the stream
	broke error  // why src gives no more
	stop  error  // what Next keeps returning
	prev  uint32 // seconds of the last record
	last  uint32 // the same of the last one that came near the one before it, or 0
}

// NewReader returns a reader of the records in src, which is plain MRT (see
// mrt/compress for the rest). It buffers by itself.
func NewReader(src io.Reader) *Reader {
	return &Reader{src: src, buf: make([]byte, firstBuffer)}
}

// Offset returns the place in the stream after the last record.
func (r *Reader) Offset() int64 { return r.off }

// Next returns the next record. Its body is valid until the following call. At
// the end it returns [io.EOF], and an [*Error] where the stream is cut, the source
// fails, or a header cannot be one; these end the reading and are repeated, unless
// [Reader.Resync] finds a way on. A record of a type this package does not know is
// returned like any other, if IANA could have assigned it or a record that makes sense
// follows.
func (r *Reader) Next() (Record, error) {
	if r.stop != nil {
		return Record{}, r.stop
	}
	if !r.fill(headerLen) {
		return Record{}, r.ended()
	}
	h := r.buf[r.at : r.at+headerLen]
	rec := Record{
		Offset:  r.off,
		Time:    int64(binary.BigEndian.Uint32(h)) * 1e6,
		Type:    Type(binary.BigEndian.Uint16(h[4:])),
		Subtype: binary.BigEndian.Uint16(h[6:]),
	}
	size := binary.BigEndian.Uint32(h[8:]) // may be negative as an int
	if [headerLen]byte(h) == ([headerLen]byte{}) {
		return Record{}, r.fail("no MRT record: a header of zeros, as files have where nothing was written", nil)
	}
	if size > MaxRecord {
		return Record{}, r.fail(fmt.Sprintf("no MRT record: a length of %d bytes is over the limit of %d", size, MaxRecord), nil)
	}
	length := int(size)
	if rec.Type > highestType && (r.off == 0 || !r.framed(length)) {
		text := "no MRT record: type %d"
		if r.off == 0 {
			text = "not an MRT stream: it starts with record type %d"
		}
		return Record{}, r.fail(fmt.Sprintf(text, rec.Type), nil)
	}
	if !r.fill(headerLen + length) {
		return Record{}, r.ended()
	}
	rec.Body = r.buf[r.at+headerLen : r.at+headerLen+length]
	// A false length makes a record of any bytes, often zeros, so one record alone is
	// no clock, nor is 1970.
	seconds := uint32(rec.Time / 1e6)
	if r.prev > year && near(seconds, r.prev) {
		r.last = seconds
	}
	r.prev = seconds
	r.advance(headerLen + length)
	// The microseconds count into the length (RFC 6396 §3). Without room for them
	// the record keeps its seconds, and its parser reports the short body.
	if rec.Type == TypeBGP4MPET && length >= 4 {
		rec.Time += int64(binary.BigEndian.Uint32(rec.Body)) % 1e6
		rec.Body = rec.Body[4:]
	}
	return rec, nil
}

// framed reports whether what follows a record of length bytes is the end of the
// stream or the header of a record.
func (r *Reader) framed(length int) bool {
	next := headerLen + length
	if r.fill(next + headerLen) {
		return r.sensible(r.buf[r.at+next:], r.last)
	}
	return r.broke == io.EOF && r.end-r.at == next
}

// fill makes n bytes available from r.at on. It grows the buffer only as bytes
// arrive, so that a false length costs nothing.
func (r *Reader) fill(n int) bool {
	for r.end-r.at < n {
		if r.broke != nil {
			return false
		}
		if r.at > 0 && len(r.buf)-r.at < n {
			r.end = copy(r.buf, r.buf[r.at:r.end])
			r.at = 0
		}
		if r.end == len(r.buf) {
			r.buf = append(r.buf, make([]byte, len(r.buf))...)
		}
		m, err := r.src.Read(r.buf[r.end:])
		r.end += m
		r.broke = err
	}
	return true
}

// ended judges a stream that gives no more bytes.
func (r *Reader) ended() error {
	left := r.end - r.at
	cause := r.broke
	if cause == io.EOF {
		if left == 0 {
			r.stop = io.EOF
			return r.stop
		}
		cause = io.ErrUnexpectedEOF
	}
	if left == 0 {
		return r.fail("the source ends between two records", cause)
	}
	return r.fail(fmt.Sprintf("the record is cut after %d bytes", left), cause)
}

func (r *Reader) fail(text string, cause error) error {
	r.stop = &Error{Offset: r.off, Text: text, Err: cause}
	return r.stop
}
