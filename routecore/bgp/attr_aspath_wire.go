package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// checkASPath checks an AS_PATH in the width of the session (RFC 7606 §7.2). An
// empty one is legal. Where we only watch, a path that is broken in the width
// that was announced but whole in the other is accepted; the canonical form reads
// it so too.
func checkASPath(v []byte, c Ctx) (Fault, int) {
	width := 2
	if c.ASN4 {
		width = 4
	}
	fault, at := checkSegments(v, width, c.IBGP || c.Monitor || c.Confed)
	if fault == FaultSegment && c.Monitor {
		if other, _ := checkSegments(v, 6-width, true); other == FaultNone {
			return FaultNone, 0
		}
	}
	return fault, at
}

func checkSegments(v []byte, width int, confed bool) (Fault, int) {
	at := 0
	zero := -1
	for at < len(v) {
		if len(v)-at < 2 {
			return FaultSegment, at
		}
		typ, n := SegmentType(v[at]), int(v[at+1])
		end := at + 2 + n*width
		if typ-1 > 3 || n == 0 || end > len(v) {
			return FaultSegment, at
		}
		if typ >= ASConfedSequence && !confed {
			return FaultConfedSegment, at
		}
		if width == 4 {
			for b := v[at+2 : end]; len(b) >= 4; b = b[4:] {
				if binary.BigEndian.Uint32(b) == 0 {
					zero = at
				}
			}
		} else {
			for b := v[at+2 : end]; len(b) >= 2; b = b[2:] {
				if binary.BigEndian.Uint16(b) == 0 {
					zero = at
				}
			}
		}
		at = end
	}
	if zero >= 0 {
		return FaultASZero, zero
	}
	return FaultNone, 0
}

// checkAS4Path checks an AS4_PATH, whose AS numbers always have four octets.
// Confederation segments in it are dropped by the merge (RFC 6793 §6).
func checkAS4Path(v []byte, _ Ctx) (Fault, int) { return checkSegments(v, 4, true) }

// maxPath is the longest value of an AS_PATH: its length has 16 bits.
const maxPath = 65535

// appendPath appends path as 4-octet AS numbers, merged with the AS4_PATH where
// that counts (RFC 6793 §4.2.3) and gives no path that is too long for any message.
func appendPath(dst, path, as4 []byte, width int) []byte {
	if width == 4 {
		return append(dst, path...)
	}
	short, long := segmentHops(path, 2), segmentHops(as4, 4)
	if len(as4) == 0 || long > short {
		return appendWide(dst, path, -1)
	}
	from := len(dst)
	dst = appendAS4(appendWide(dst, path, short-long), from, as4)
	if len(dst)-from > maxPath {
		return appendWide(dst[:from], path, -1)
	}
	return dst
}

// segmentHops counts hops as for the length of a path.
func segmentHops(p []byte, width int) int {
	hops := 0
	for len(p) >= 2 {
		n := int(p[1])
		switch SegmentType(p[0]) {
		case ASSequence:
			hops += n
		case ASSet:
			hops++
		}
		p = p[min(2+n*width, len(p)):]
	}
	return hops
}

// appendWide appends the segments of a 2-octet path up to a number of hops, all
// of them where hops is negative. Confederation segments count none and stay where
// they are in front or next to a whole segment that stays (RFC 6793 §4.2.3).
func appendWide(dst, p []byte, hops int) []byte {
	for len(p) >= 2 {
		typ, n := SegmentType(p[0]), int(p[1])
		if 2+2*n > len(p) {
			break
		}
		take := n
		switch {
		case hops < 0 || typ >= ASConfedSequence:
		case hops == 0:
			return dst
		case typ == ASSet:
			hops--
		default:
			take = min(n, hops)
			hops -= take
		}
		dst = append(dst, byte(typ), byte(take))
		for i := range take {
			dst = append(dst, 0, 0, p[2+2*i], p[3+2*i])
		}
		if take < n {
			return dst
		}
		p = p[2+2*n:]
	}
	return dst
}

// appendAS4 appends an AS4_PATH behind what appendWide left since from, without
// confederation segments, joining two sequences that meet.
func appendAS4(dst []byte, from int, as4 []byte) []byte {
	last := lastSegment(dst, from)
	for s, rest, ok := ASPath(as4).next(); ok; s, rest, ok = rest.next() {
		if s.Type >= ASConfedSequence {
			continue
		}
		n := s.ASNs.Len()
		if last >= 0 && s.Type == ASSequence && SegmentType(dst[last]) == ASSequence && int(dst[last+1])+n <= 255 {
			dst[last+1] += byte(n)
			dst = append(dst, s.ASNs...)
		} else {
			last = len(dst)
			dst = append(append(dst, byte(s.Type), byte(n)), s.ASNs...)
		}
	}
	return dst
}

func lastSegment(dst []byte, from int) int {
	last := -1
	for at := from; at+1 < len(dst); at += 2 + 4*int(dst[at+1]) {
		last = at
	}
	return last
}

// appendNarrow appends the path with two octets for each AS number. wide tells
// that AS_TRANS stands in for some that an AS4_PATH can hold, which then has to go
// with it: confederation segments have no place there (RFC 6793 §3).
func appendNarrow(dst []byte, p ASPath) (out []byte, wide bool) {
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		dst = append(dst, byte(s.Type), byte(s.ASNs.Len()))
		for i := range s.ASNs.Len() {
			asn := s.ASNs.At(i)
			if asn > 65535 {
				asn, wide = inet.ASTrans, wide || s.Type < ASConfedSequence
			}
			dst = append(dst, byte(asn>>8), byte(asn))
		}
	}
	return dst, wide
}

// appendAS4Path appends the value of the AS4_PATH for p: confederation segments
// have no place in it (RFC 6793 §3).
func appendAS4Path(dst []byte, p ASPath) []byte {
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		if s.Type < ASConfedSequence {
			dst = append(append(dst, byte(s.Type), byte(s.ASNs.Len())), s.ASNs...)
		}
	}
	return dst
}
