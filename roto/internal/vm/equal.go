package vm

import (
	"math"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
)

// HostEqual is how the description of a host type compares values.
type HostEqual interface {
	Equal(a, b *Slot) bool
}

// equal returns the comparison of two values of a type, in place.
func equal(t *ir.Type) func(a, b *Slot) bool {
	switch t.Kind {
	case ir.Void:
		return func(a, b *Slot) bool { return true }
	case ir.Word:
		return equalWord(t)
	case ir.Text:
		if h, ok := t.Host.(HostEqual); ok {
			return h.Equal
		}
		return func(a, b *Slot) bool { return a.text() == b.text() }
	case ir.Addr, ir.Prefix:
		return func(a, b *Slot) bool {
			return a.W == b.W && slotAt(a, 1).W == slotAt(b, 1).W && slotAt(a, 2).W == slotAt(b, 2).W
		}
	case ir.Ref:
		return equalRef(t)
	case ir.Record:
		return equalFields(t.Fields)
	}
	variants := make([]func(a, b *Slot) bool, len(t.Variants))
	for i, fields := range t.Variants {
		variants[i] = equalFields(fields)
	}
	return func(a, b *Slot) bool { return a.W == b.W && variants[a.W](a, b) }
}

func equalWord(t *ir.Type) func(a, b *Slot) bool {
	switch t.Prim {
	case check.F64:
		return func(a, b *Slot) bool { return math.Float64frombits(a.W) == math.Float64frombits(b.W) }
	case check.F32:
		return func(a, b *Slot) bool {
			return math.Float32frombits(uint32(a.W)) == math.Float32frombits(uint32(b.W))
		}
	}
	return func(a, b *Slot) bool { return a.W == b.W }
}

func equalRef(t *ir.Type) func(a, b *Slot) bool {
	if t.Key != nil {
		return equalMap(t)
	}
	if t.Elem == nil {
		if h, ok := t.Host.(HostEqual); ok {
			return h.Equal
		}
		return func(a, b *Slot) bool { return a.P == b.P }
	}
	var same func(a, b *Slot) bool
	return func(a, b *Slot) bool {
		if a.P == b.P {
			return true
		}
		x, y := (*ListData)(a.P), (*ListData)(b.P)
		if x.n != y.n {
			return false
		}
		eq := same
		if eq == nil {
			eq = equal(t.Elem) // late: a list may hold its own type
		}
		for i := range x.n {
			if !eq(x.At(i), y.At(i)) {
				return false
			}
		}
		return true
	}
}

func equalFields(fields []ir.Field) func(a, b *Slot) bool {
	eqs := make([]func(a, b *Slot) bool, len(fields))
	for i, f := range fields {
		eqs[i] = equal(f.Type)
	}
	return func(a, b *Slot) bool {
		for i, f := range fields {
			if !eqs[i](slotAt(a, f.Off), slotAt(b, f.Off)) {
				return false
			}
		}
		return true
	}
}
