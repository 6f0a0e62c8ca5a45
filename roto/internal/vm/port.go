package vm

import (
	"reflect"
	"unsafe"

	"example.com/rotonda/roto/internal/ir"
)

// Port is where a Go value enters or leaves a call's frame.
type Port[A any] struct {
	off   uintptr
	how   uint8
	shift uint // of a signed word
	codec *Codec
}

const (
	byCodec uint8 = iota
	byWord
	bySigned
	byTruth
	byPointer
	nothing
)

// NewPort makes the port for a value of a layout at an offset in slots.
func NewPort[A any](t *ir.Type, off int) (Port[A], error) {
	g := reflect.TypeFor[A]()
	p := Port[A]{off: uintptr(off) * slotSize}
	switch {
	case t.Slots == 0:
		p.how = nothing
	case t.IsWord() && g.Size() > 0 && g.Size() <= 8:
		p.how, p.shift = byWord, uint(64-8*g.Size())
		if signedKind(g) {
			p.how = bySigned
		} else if g.Kind() == reflect.Bool {
			p.how = byTruth
		}
	case t.Kind == ir.Ref && g.Kind() == reflect.Pointer:
		p.how = byPointer
	default:
		var err error
		if p.codec, err = codecOf(g, t); err != nil {
			return p, err
		}
	}
	return p, nil
}

// Word puts a plain word or a pointer into the frame; false for all else, which is left to
// Store. It is small enough to be inlined.
func (p *Port[A]) Word(f Frame, a A) bool {
	if p.how == byPointer {
		*(*A)(unsafe.Pointer(&at(f, p.off).P)) = a
		return true
	}
	if p.how != byWord {
		return false
	}
	at(f, p.off).W = toWord(a)
	return true
}

// Store puts a value into the frame.
func (p *Port[A]) Store(f Frame, a A) {
	switch p.how {
	case byWord:
		at(f, p.off).W = toWord(a)
	case byTruth:
		at(f, p.off).W = toWord(a)
	case bySigned:
		at(f, p.off).W = extend(toWord(a), p.shift, true)
	case byPointer:
		*(*A)(unsafe.Pointer(&at(f, p.off).P)) = a
	case byCodec:
		p.codec.put(at(f, p.off), noescape(unsafe.Pointer(&a)))
	}
}

// Call runs fn and takes the value out of its frame.
func (p *Port[A]) Call(m *M, fn *Fn, f Frame) (a A) {
	switch p.how {
	case byTruth:
		t := fn.truth(m, f)
		return *(*A)(unsafe.Pointer(&t))
	case byWord, bySigned:
		return fromWord[A](fn.word(m, f))
	}
	fn.run(m, f)
	switch p.how {
	case byPointer:
		return *(*A)(unsafe.Pointer(&at(f, 0).P))
	case byCodec:
		p.codec.get(noescape(unsafe.Pointer(&a)), at(f, 0))
	}
	return a
}
