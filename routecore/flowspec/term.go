package flowspec

import "encoding/binary"

// Op is the operator octet of a term without the end-of-list and length bits.
type Op uint8

// The bits of an operator. [And] is for both kinds; it joins a term with the one
// before it, binds tighter than the OR between terms without it, and means
// nothing in the first term of a list.
const (
	And Op = 0x40

	Equal   Op = 0x01 // numeric (RFC 8955 §4.2.1.1)
	Greater Op = 0x02
	Less    Op = 0x04

	MatchAll Op = 0x01 // bitmask (RFC 8955 §4.2.1.2): all bits of the value, not any
	Not      Op = 0x02 // inverts the term

	opEnd      = 0x80
	opLength   = 0x30
	numericOps = And | Less | Greater | Equal
	bitmaskOps = And | Not | MatchAll
)

// Term is an operator and a value. It is comparable.
type Term struct {
	Op Op
	// Width is the octets of the value on the wire: 1, 2, 4 or 8. 0 is as many as the
	// RFCs prefer: the fewest that hold it, in flow labels four.
	Width uint8
	Value uint64
}

// widthOf returns the octets that a term takes for its value; 0 where Width is
// none of the four, or too small for the value.
func (r *row) widthOf(t Term) int {
	least := 8
	switch {
	case t.Value < 1<<8:
		least = 1
	case t.Value < 1<<16:
		least = 2
	case t.Value < 1<<32:
		least = 4
	}
	switch w := int(t.Width); w {
	case 0:
		return max(least, r.least)
	case 1, 2, 4, 8:
		if w >= least {
			return w
		}
	}
	return 0
}

func (k kind) ops() Op {
	if k == bitmask {
		return bitmaskOps
	}
	return numericOps
}

// cutTerms returns the octets of a list of terms up to its end bit, or what is
// wrong at which of them.
func cutTerms(r *row, b []byte) (size int, fault string) {
	for at := 0; ; {
		if at >= len(b) {
			return at, "list has no end"
		}
		w := 1 << (b[at] & opLength >> 4)
		if w > r.maxWidth() {
			return at, "value is wider than this component allows"
		}
		if at+1+w > len(b) {
			return at, "value runs past the end"
		}
		last := b[at]&opEnd != 0
		if at += 1 + w; last {
			return at, ""
		}
	}
}

// readTerms decodes what cutTerms accepted. Bits that are reserved, in operators
// and values, are ignored, and so is an AND before the first term (RFC 8955
// §4.2.1.1).
func readTerms(r *row, b []byte) []Term {
	n := 0
	for at := 0; at < len(b); n++ {
		at += 1 + 1<<(b[at]&opLength>>4)
	}
	terms := make([]Term, 0, n)
	for len(b) > 0 {
		t, size := readTerm(r, b)
		if len(terms) == 0 {
			t.Op &^= And
		}
		terms = append(terms, t)
		b = b[size:]
	}
	return terms
}

func readTerm(r *row, b []byte) (Term, int) {
	w := 1 << (b[0] & opLength >> 4)
	var v uint64
	for _, c := range b[1 : 1+w] {
		v = v<<8 | uint64(c)
	}
	return Term{Op(b[0]) & r.kind.ops(), uint8(w), v & r.valueMask()}, 1 + w
}

// appendTerms appends a list that checkTerms accepted.
func appendTerms(dst []byte, r *row, terms []Term) []byte {
	for i, t := range terms {
		op, w := byte(t.Op), r.widthOf(t)
		if i == 0 {
			op &^= byte(And)
		}
		switch w {
		case 2:
			op |= 0x10
		case 4:
			op |= 0x20
		case 8:
			op |= 0x30
		}
		if i == len(terms)-1 {
			op |= opEnd
		}
		var v [8]byte
		binary.BigEndian.PutUint64(v[:], t.Value)
		dst = append(append(dst, op), v[8-w:]...)
	}
	return dst
}

func checkTerms(r *row, terms []Term) string {
	if len(terms) == 0 {
		return "no terms"
	}
	for _, t := range terms {
		if w := r.widthOf(t); w == 0 || w > r.maxWidth() {
			return "a value does not fit its width"
		}
		if t.Value&^r.valueMask() != 0 {
			return "a value has bits that this component does not have"
		}
		if t.Op&^r.kind.ops() != 0 {
			return "an operator has reserved bits"
		}
	}
	return ""
}

// evaluate tells whether v satisfies the list: an OR of runs of ANDs.
func evaluate(r *row, terms []Term, v uint64) bool {
	all := false
	for i, t := range terms {
		if i > 0 && t.Op&And == 0 && all {
			return true
		}
		hit := t.holds(r, v)
		if i > 0 && t.Op&And != 0 {
			hit = hit && all
		}
		all = hit
	}
	return all
}

func (t Term) holds(r *row, v uint64) bool {
	want := t.Value & r.valueMask()
	v &= r.valueMask()
	if r.kind == bitmask {
		hit := v&want != 0
		if t.Op&MatchAll != 0 {
			hit = v&want == want
		}
		return hit != (t.Op&Not != 0)
	}
	return t.Op&Less != 0 && v < want || t.Op&Greater != 0 && v > want || t.Op&Equal != 0 && v == want
}
