package bgp

import (
	"encoding/binary"
	"iter"

	"example.com/rotonda/routecore/inet"
)

// Attrs is the canonical form of a route's path attributes: a header of twelve
// octets and the attributes in ascending order of their codes
// (docs/formats/attributes.md). It has no pointers inside, and equal sets of
// attributes are equal bytes, so that it can be interned, stored and compared as
// it is. nil stands for a withdrawn route. An Attrs is never modified.
type Attrs []byte

// HeaderSize is the length of the header of [Attrs] in octets; every Attrs but
// nil is at least that long.
const HeaderSize = 12

// Hints are facts about a set of attributes that are asked for often.
type Hints uint8

// The hints.
const (
	HintOrigin      Hints = 1 << iota // the header holds the origin AS
	HintNeighbour                     // the header holds the neighbour AS
	HintSet                           // the AS path has a set in it
	HintConfed                        // the AS path has confederation segments
	HintCommunities                   // there are standard communities
	HintLarge                         // there are large communities
	HintExtended                      // there are extended communities
	HintOTC                           // Only to Customer is there
)

const entryHeader = 4 // code, flags, length

func (a Attrs) hints() Hints {
	if len(a) < HeaderSize {
		return 0
	}
	return Hints(a[0])
}

// Hints returns the hints of the header, none for nil.
func (a Attrs) Hints() Hints { return a.hints() }

// Hops returns the length of the AS path as in [ASPath.Len], 255 for all longer ones.
func (a Attrs) Hops() uint8 {
	if len(a) < HeaderSize {
		return 0
	}
	return a[1]
}

// OriginAS returns the origin of the AS path; see [ASPath.Origin].
func (a Attrs) OriginAS() (inet.ASN, bool) {
	if a.hints()&HintOrigin == 0 {
		return 0, false
	}
	return inet.ASN(binary.BigEndian.Uint32(a[4:])), true
}

// NeighbourAS returns the first AS of the AS path; see [ASPath.Neighbour].
func (a Attrs) NeighbourAS() (inet.ASN, bool) {
	if a.hints()&HintNeighbour == 0 {
		return 0, false
	}
	return inet.ASN(binary.BigEndian.Uint32(a[8:])), true
}

// Attr is one attribute of an [Attrs]. Value is a view.
type Attr struct {
	Code  AttrCode
	Flags AttrFlags
	Value []byte
}

// next cuts off the first attribute of a list without header.
func nextEntry(b []byte) (t Attr, rest []byte, ok bool) {
	if len(b) < entryHeader {
		return Attr{}, nil, false
	}
	n := entryHeader + int(binary.BigEndian.Uint16(b[2:]))
	if n > len(b) {
		return Attr{}, nil, false
	}
	return Attr{AttrCode(b[0]), AttrFlags(b[1]), b[entryHeader:n:n]}, b[n:], true
}

// entries returns the list behind the header.
func (a Attrs) entries() []byte {
	if len(a) < HeaderSize {
		return nil
	}
	return a[HeaderSize:]
}

// All yields the attributes in ascending order of their codes.
func (a Attrs) All() iter.Seq[Attr] {
	return func(yield func(Attr) bool) {
		for t, rest, ok := nextEntry(a.entries()); ok; t, rest, ok = nextEntry(rest) {
			if !yield(t) {
				return
			}
		}
	}
}

// Get returns the value of an attribute. NEXT_HOP is that of the route's family,
// of 4, 16 or 32 octets.
func (a Attrs) Get(code AttrCode) ([]byte, bool) {
	b := a.entries()
	for len(b) >= entryHeader {
		n := entryHeader + int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b) || AttrCode(b[0]) > code {
			return nil, false
		}
		if AttrCode(b[0]) == code {
			return b[entryHeader:n:n], true
		}
		b = b[n:]
	}
	return nil, false
}

// Has reports whether the attribute is there.
func (a Attrs) Has(code AttrCode) bool {
	_, ok := a.Get(code)
	return ok
}

// Valid reports whether a can come from this package: nil, or a header and whole
// attributes in strictly ascending order. It is for bytes that come from a file.
func (a Attrs) Valid() bool {
	if a == nil {
		return true
	}
	if len(a) < HeaderSize {
		return false
	}
	last := -1
	b := a.entries()
	for len(b) > 0 {
		t, rest, ok := nextEntry(b)
		if !ok || int(t.Code) <= last {
			return false
		}
		last, b = int(t.Code), rest
	}
	return true
}

// beginAttrs appends an empty header; endAttrs fills it in for the attributes
// that follow it from there.
func beginAttrs(dst []byte) []byte {
	return append(dst, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
}

func appendEntry(dst []byte, code AttrCode, flags AttrFlags, value []byte) []byte {
	dst = append(dst, byte(code), byte(flags), byte(len(value)>>8), byte(len(value)))
	return append(dst, value...)
}

// beginEntry leaves the length open; endEntry fills it in.
func beginEntry(dst []byte, code AttrCode, flags AttrFlags) []byte {
	return append(dst, byte(code), byte(flags), 0, 0)
}

func endEntry(dst []byte, from int) []byte {
	n := len(dst) - from - entryHeader
	dst[from+2], dst[from+3] = byte(n>>8), byte(n)
	return dst
}

func endAttrs(dst []byte, from int) []byte {
	h := dst[from : from+HeaderSize]
	var hints Hints
	b := dst[from+HeaderSize:]
	for len(b) >= entryHeader {
		n := entryHeader + int(binary.BigEndian.Uint16(b[2:]))
		switch AttrCode(b[0]) {
		case AttrASPath:
			hints |= pathHeader(h, ASPath(b[entryHeader:n]))
		case AttrCommunities:
			hints |= HintCommunities
		case AttrExtCommunities:
			hints |= HintExtended
		case AttrLargeCommunities:
			hints |= HintLarge
		case AttrOTC:
			hints |= HintOTC
		}
		b = b[n:]
	}
	h[0] = byte(hints)
	return dst
}

// pathHeader fills in what the header says about the AS path.
func pathHeader(h []byte, p ASPath) Hints {
	var hints Hints
	hops, first := 0, true
	for len(p) >= 2 {
		typ, n := SegmentType(p[0]), int(p[1])
		size := 2 + 4*n
		if size > len(p) {
			break
		}
		hints &^= HintOrigin
		switch typ {
		case ASSequence:
			hops += n
			if n == 0 {
				break
			}
			if first {
				hints |= HintNeighbour
				copy(h[8:12], p[2:6])
			}
			first = false
			hints |= HintOrigin
			copy(h[4:8], p[size-4:size])
		case ASSet:
			hops++
			first = false
			hints |= HintSet
		default:
			hints |= HintConfed
		}
		p = p[size:]
	}
	if hints&HintOrigin == 0 {
		clear(h[4:8])
	}
	h[1] = byte(min(hops, 255))
	return hints
}
