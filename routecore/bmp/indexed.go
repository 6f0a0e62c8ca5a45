package bmp

import (
	"encoding/binary"
	"iter"
)

// GroupBit in an index says that it names a group of NLRI, not one
// (draft-ietf-grow-bmp-tlv §4.3).
const GroupBit uint16 = 0x8000

// indexedHeader is type, length and index.
const indexedHeader = 6

// IndexedTLV is a TLV of a Route Monitoring message of version 4: what it says is
// about the NLRI that the index names. Index 0 is all of them, others count from 1 in the
// order of the message, and those with [GroupBit] are groups.
type IndexedTLV struct {
	TLV
	Index uint16
	// Bare says that the TLV came without the index that the draft asks for, as
	// converters are seen to write it behind the others.
	Bare bool
}

// IndexedTLVs is the run of TLVs behind the per-peer header of such a message.
//
//	0       2        4       6
//	| type  | length | index | value (length octets) |
type IndexedTLVs []byte

// next reads the first TLV and moves behind it.
func (t *IndexedTLVs) next() (v IndexedTLV, ok bool) {
	b := *t
	if len(b) < indexedHeader {
		return v, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if len(b)-indexedHeader < n {
		return v, false
	}
	*t = b[indexedHeader+n:]
	return IndexedTLV{
		TLV:   TLV{Type: binary.BigEndian.Uint16(b), Value: b[indexedHeader : indexedHeader+n]},
		Index: binary.BigEndian.Uint16(b[4:]),
	}, true
}

// bareTries bounds how many of the last TLVs are tried as ones without an index, so
// that the work stays in proportion to the message.
const bareTries = 4

// split finds where indexed TLVs end: usually at the end of the run. Where indexed
// reading leaves a remainder that reading without indexes does not, the TLVs from there
// on have none. cut is the number of octets at the end that are neither.
func (t IndexedTLVs) split() (indexed IndexedTLVs, bare TLVs, cut int) {
	rest := t
	var starts [bareTries]int // of the latest TLVs, offsets into t
	for i := 0; ; i++ {
		starts[i%bareTries] = len(t) - len(rest)
		if _, ok := rest.next(); ok {
			continue
		}
		if len(rest) == 0 {
			return t, nil, 0
		}
		for back := range min(bareTries, i+1) {
			at := starts[(i-back)%bareTries]
			if tail := TLVs(t[at:]); tail.Err() == nil {
				return t[:at], tail, 0
			}
		}
		return t[:len(t)-len(rest)], nil, len(rest)
	}
}

// All yields the whole TLVs.
func (t IndexedTLVs) All() iter.Seq[IndexedTLV] {
	return func(yield func(IndexedTLV) bool) {
		indexed, bare, _ := t.split()
		for v, ok := indexed.next(); ok; v, ok = indexed.next() {
			if !yield(v) {
				return
			}
		}
		for v, ok := bare.Next(); ok; v, ok = bare.Next() {
			if !yield(IndexedTLV{TLV: v, Bare: true}) {
				return
			}
		}
	}
}

// Err says whether the run ends inside a TLV.
func (t IndexedTLVs) Err() error {
	if _, _, cut := t.split(); cut > 0 {
		return fault(HeaderLen+PeerHeaderLen+len(t)-cut, "indexed TLV is cut: %d octets are left", cut)
	}
	return nil
}

// AppendIndexedTLV appends one TLV; a value over 65,535 octets is cut there.
func AppendIndexedTLV(dst []byte, v IndexedTLV) []byte {
	if v.Bare {
		return AppendTLV(dst, v.TLV)
	}
	value := v.Value[:min(len(v.Value), 0xffff)]
	dst = binary.BigEndian.AppendUint16(dst, v.Type)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(value)))
	dst = binary.BigEndian.AppendUint16(dst, v.Index)
	return append(dst, value...)
}
