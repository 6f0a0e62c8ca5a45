package bgp

import (
	"encoding/binary"
	"iter"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// SegmentType is the type of an AS_PATH segment (RFC 4271 §4.3, RFC 5065 §3).
type SegmentType uint8

// The segment types.
const (
	ASSet            SegmentType = 1
	ASSequence       SegmentType = 2
	ASConfedSequence SegmentType = 3
	ASConfedSet      SegmentType = 4
)

var segmentNames = [...]string{"", "AS_SET", "AS_SEQUENCE", "AS_CONFED_SEQUENCE", "AS_CONFED_SET"}

// String returns the name in capitals, or "segment N".
func (t SegmentType) String() string {
	if t == 0 || int(t) >= len(segmentNames) {
		return "segment " + strconv.Itoa(int(t))
	}
	return segmentNames[t]
}

// ASPath is the value of an AS_PATH with 4-octet AS numbers: a view, nil and
// empty for a path without hops.
type ASPath []byte

// Segment is one segment of an AS path: a view.
type Segment struct {
	Type SegmentType
	ASNs ASNs
}

// ASNs are AS numbers of four octets each.
type ASNs []byte

// Len returns how many AS numbers there are.
func (s ASNs) Len() int { return len(s) / 4 }

// At returns number i, counted from 0.
func (s ASNs) At(i int) inet.ASN { return inet.ASN(binary.BigEndian.Uint32(s[4*i:])) }

// String returns the numbers in decimal with spaces between them.
func (s ASNs) String() string {
	var b []byte
	for i := range s.Len() {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendUint(b, uint64(s.At(i)), 10)
	}
	return string(b)
}

// next cuts off the first segment; ok is false at the end and at a fault.
func (p ASPath) next() (s Segment, rest ASPath, ok bool) {
	if len(p) < 2 {
		return Segment{}, nil, false
	}
	n := 2 + 4*int(p[1])
	if n > len(p) {
		return Segment{}, nil, false
	}
	return Segment{SegmentType(p[0]), ASNs(p[2:n:n])}, p[n:], true
}

// Segments yields the segments, nearest first.
func (p ASPath) Segments() iter.Seq[Segment] {
	return func(yield func(Segment) bool) {
		for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
			if !yield(s) {
				return
			}
		}
	}
}

// Hops yields the AS numbers of the sequences, nearest first; members of sets and
// confederation segments are no hops.
func (p ASPath) Hops() iter.Seq[inet.ASN] {
	return func(yield func(inet.ASN) bool) {
		for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
			if s.Type != ASSequence {
				continue
			}
			for i := range s.ASNs.Len() {
				if !yield(s.ASNs.At(i)) {
					return
				}
			}
		}
	}
}

// Contains reports whether a hop is exactly asn. Members of an AS_SET do not count.
func (p ASPath) Contains(asn inet.ASN) bool {
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		if s.Type != ASSequence && s.Type != ASConfedSequence {
			continue
		}
		for b := s.ASNs; len(b) >= 4; b = b[4:] {
			if inet.ASN(binary.BigEndian.Uint32(b)) == asn {
				return true
			}
		}
	}
	return false
}

// Mentions reports whether asn stands anywhere in the path, sets included: what
// loop detection asks (RFC 4271 §9.1.2).
func (p ASPath) Mentions(asn inet.ASN) bool {
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		for b := s.ASNs; len(b) >= 4; b = b[4:] {
			if inet.ASN(binary.BigEndian.Uint32(b)) == asn {
				return true
			}
		}
	}
	return false
}

// Len is the length for comparing routes: a set counts one hop and confederation
// segments none (RFC 4271 §9.1.2.2, RFC 5065 §5.3).
func (p ASPath) Len() int {
	n := 0
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		switch s.Type {
		case ASSequence:
			n += s.ASNs.Len()
		case ASSet:
			n++
		}
	}
	return n
}

// Origin returns the last AS number if the path ends in a sequence. A path that
// is empty or ends in a set or a confederation segment has no origin of its own
// (RFC 6811 §2).
func (p ASPath) Origin() (inet.ASN, bool) {
	var last Segment
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		last = s
	}
	if last.Type != ASSequence || last.ASNs.Len() == 0 {
		return 0, false
	}
	return last.ASNs.At(last.ASNs.Len() - 1), true
}

// Neighbour returns the first AS number if the path, confederation segments
// aside, begins with a sequence.
func (p ASPath) Neighbour() (inet.ASN, bool) {
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		switch s.Type {
		case ASConfedSequence, ASConfedSet:
			continue
		case ASSequence:
			if s.ASNs.Len() > 0 {
				return s.ASNs.At(0), true
			}
		}
		return 0, false
	}
	return 0, false
}

// AppendText appends the path for people: hops with blanks between, sets in
// braces, confederation sequences in parentheses and their sets in brackets.
func (p ASPath) AppendText(dst []byte) ([]byte, error) {
	first := true
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = s.appendText(dst)
	}
	return dst, nil
}

func (s Segment) appendText(dst []byte) []byte {
	left, sep, right := "", byte(' '), ""
	switch s.Type {
	case ASSet:
		left, sep, right = "{", ',', "}"
	case ASConfedSequence:
		left, right = "(", ")"
	case ASConfedSet:
		left, sep, right = "[", ',', "]"
	}
	dst = append(dst, left...)
	for i := range s.ASNs.Len() {
		if i > 0 {
			dst = append(dst, sep)
		}
		dst = strconv.AppendUint(dst, uint64(s.ASNs.At(i)), 10)
	}
	return append(dst, right...)
}

// String is AppendText as a string.
func (p ASPath) String() string {
	b, _ := p.AppendText(nil)
	return string(b)
}

// ASPath returns the path; it is empty where there is none.
func (a Attrs) ASPath() ASPath {
	v, _ := a.Get(AttrASPath)
	return ASPath(v)
}

// AppendPrepended appends to dst the value of p with asn put count times in
// front. A segment takes at most 255; what does not fit into the first one goes
// into segments of its own (RFC 4271 §5.1.2).
func AppendPrepended(dst []byte, p ASPath, asn inet.ASN, count int) []byte {
	s, rest, ok := p.next()
	if !ok || s.Type != ASSequence {
		s, rest = Segment{}, p
	}
	own := func(n int) {
		for range n {
			dst = binary.BigEndian.AppendUint32(dst, uint32(asn))
		}
	}
	joined := min(count, 255-s.ASNs.Len())
	for fresh := count - joined; fresh > 0; fresh -= min(fresh, 255) {
		dst = append(dst, byte(ASSequence), byte(min(fresh, 255)))
		own(min(fresh, 255))
	}
	if n := joined + s.ASNs.Len(); n > 0 {
		dst = append(dst, byte(ASSequence), byte(n))
		own(joined)
		dst = append(dst, s.ASNs...)
	}
	return append(dst, rest...)
}

func jsonASPath(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, '[')
	comma := false
	for s, rest, ok := ASPath(v).next(); ok; s, rest, ok = rest.next() {
		dst, comma = s.appendJSON(dst, comma)
	}
	return append(dst, ']')
}

func (s Segment) appendJSON(dst []byte, comma bool) ([]byte, bool) {
	if s.Type != ASSequence {
		if comma {
			dst = append(dst, ',')
		}
		dst = append(append(append(dst, '"'), s.Type.String()...), '(')
		for i := range s.ASNs.Len() {
			if i > 0 {
				dst = append(dst, ", "...)
			}
			dst, _ = s.ASNs.At(i).AppendText(dst)
		}
		return append(dst, `)"`...), true
	}
	for i := range s.ASNs.Len() {
		if comma {
			dst = append(dst, ',')
		}
		dst, _ = s.ASNs.At(i).AppendText(append(dst, '"'))
		dst, comma = append(dst, '"'), true
	}
	return dst, comma
}
