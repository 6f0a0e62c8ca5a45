package mrt

import (
	"encoding/binary"
	"io"
)

// maxResync is the longest record that [Reader.Resync] trusts, in bytes. Longer ones
// are too rare to be worth their false alarms.
const maxResync = 1 << 20

// year is in seconds; the records of one file are from less.
const year = 366 * 24 * 3600

// Resync looks for the next record after [Reader.Next] returned an [*Error], and
// returns how many bytes it passed over. Then Next goes on there. It returns [io.EOF]
// where none follows, and then Next does, too.
//
// A place counts if two headers in a row make sense there, or one whose record ends
// with the stream: of a known type and subtype, and from within a year of the last
// record before the fault whose time the one before it bears out.
func (r *Reader) Resync() (int64, error) {
	if r.stop == nil {
		return 0, nil
	}
	if r.stop == io.EOF {
		return 0, io.EOF
	}
	from := r.off
	for ahead := 1; r.fill(ahead + headerLen); ahead++ {
		if r.follows(ahead) {
			r.advance(ahead)
			r.stop = nil
			return r.off - from, nil
		}
		if ahead == firstBuffer/2 {
			r.advance(ahead)
			ahead = 0
		}
	}
	r.advance(r.end - r.at)
	r.stop = io.EOF
	return r.off - from, io.EOF
}

func (r *Reader) advance(n int) {
	r.at += n
	r.off += int64(n)
}

// follows reports whether the bytes at r.at+ahead are a record.
func (r *Reader) follows(ahead int) bool {
	first := r.buf[r.at+ahead:]
	if !r.sensible(first, r.last) {
		return false
	}
	next := ahead + headerLen + int(binary.BigEndian.Uint32(first[8:]))
	seconds := binary.BigEndian.Uint32(first)
	if r.fill(next + headerLen) {
		return r.sensible(r.buf[r.at+next:], seconds)
	}
	return r.broke == io.EOF && r.end-r.at == next
}

// near reports whether two times in seconds can be from one file.
func near(a, b uint32) bool {
	distance := int64(a) - int64(b)
	return -year <= distance && distance <= year
}

// sensible reports whether h can be a header of a record near the time clock, which is
// 0 where nobody knows.
func (r *Reader) sensible(h []byte, clock uint32) bool {
	if clock != 0 && !near(binary.BigEndian.Uint32(h), clock) {
		return false
	}
	subtype := binary.BigEndian.Uint16(h[6:])
	length := binary.BigEndian.Uint32(h[8:])
	if length > maxResync {
		return false
	}
	switch Type(binary.BigEndian.Uint16(h[4:])) {
	case TypeTableDump:
		return subtype >= 1 && subtype <= 4 && length >= 22
	case TypeTableDumpV2:
		return subtype >= PeerIndexTable && subtype <= RIBGenericAddPath && length >= 7
	case TypeBGP4MP, TypeBGP4MPET:
		return subtype <= MessageAS4LocalAddPath && length >= 16
	case TypeBGP:
		return subtype >= bgpUpdate && subtype <= bgpKeepalive && length >= 6
	}
	return false
}
