package vm

import (
	"reflect"
	"unsafe"

	"example.com/rotonda/roto/internal/ir"
)

// Binding is a Go function as the compiler sees it.
type Binding struct {
	In   []reflect.Type
	Out  reflect.Type // nil: no result
	emit func(b *binder) (code, error)
}

// code is an expression compiled in the form its layout wants; the others are
// nil.
type code struct {
	word  Word
	truth Truth
	one   One
	into  func(off uintptr) Do
	do    Do
}

// binder gives a binding its compiled arguments.
type binder struct {
	c    *Compiler
	call *ir.HostCall
	site int32
	err  error
}

// noescape hides a pointer from escape analysis: codecs never keep it.
//
//go:nosplit
func noescape(p unsafe.Pointer) unsafe.Pointer {
	x := uintptr(p)
	return *(*unsafe.Pointer)(unsafe.Pointer(&x))
}

// toWord returns the bits of a scalar of at most 8 bytes, zero-extended.
func toWord[T any](v T) uint64 {
	switch unsafe.Sizeof(v) {
	case 1:
		return uint64(*(*uint8)(unsafe.Pointer(&v)))
	case 2:
		return uint64(*(*uint16)(unsafe.Pointer(&v)))
	case 4:
		return uint64(*(*uint32)(unsafe.Pointer(&v)))
	case 8:
		return *(*uint64)(unsafe.Pointer(&v))
	}
	return 0
}

// fromWord is the opposite of toWord.
func fromWord[T any](w uint64) (v T) {
	if bigEndian {
		w <<= 64 - 8*unsafe.Sizeof(v)
	}
	if unsafe.Sizeof(v) <= 8 && unsafe.Sizeof(v) > 0 {
		v = *(*T)(unsafe.Pointer(&w))
	}
	return v
}

// loader compiles the reading of argument i as a Go value.
func loader[A any](b *binder, i int) func(*M, Frame) A {
	e := b.call.Args[i]
	t := e.Type()
	g := reflect.TypeFor[A]()
	p, isPlace := e.(*ir.Place)
	if k, ok := known[A](b.c, e); ok {
		return func(*M, Frame) A { return k }
	}
	switch {
	case t.IsWord() && isPlace:
		off := b.c.off(p)
		return func(m *M, f Frame) A { return fromWord[A](at(f, off).W) }
	case t.IsWord():
		w := b.c.word(e)
		return func(m *M, f Frame) A { return fromWord[A](w(m, f)) }
	case t.Kind == ir.Ref && g.Size() == unsafe.Sizeof(uintptr(0)) && (g.Kind() == reflect.Pointer || t.Elem != nil):
		if isPlace {
			off := b.c.off(p)
			return func(m *M, f Frame) A { return *(*A)(unsafe.Pointer(&at(f, off).P)) }
		}
		s := b.c.one(e)
		return func(m *M, f Frame) A {
			x := s(m, f)
			return *(*A)(unsafe.Pointer(&x.P))
		}
	case t.Kind == ir.Text && g.Kind() == reflect.String:
		s := b.c.one(e)
		return func(m *M, f Frame) A {
			x := s(m, f)
			text := x.text()
			return *(*A)(unsafe.Pointer(&text))
		}
	}
	codec, err := codecOf(g, t)
	if err != nil {
		b.err = err
		return nil
	}
	addr := b.c.addr(e)
	return func(m *M, f Frame) (a A) {
		codec.get(noescape(unsafe.Pointer(&a)), addr(m, f))
		return a
	}
}

// result compiles a Go call into the form its layout wants.
func result[R any](b *binder, call func(*M, Frame) R) (code, error) {
	t := b.call.T
	g := reflect.TypeFor[R]()
	if b.err != nil {
		return code{}, b.err
	}
	switch {
	case t.Slots == 0:
		return code{do: func(m *M, f Frame) { call(m, f) }}, nil
	case g.Kind() == reflect.Bool:
		truth := func(m *M, f Frame) bool {
			r := call(m, f)
			return *(*bool)(unsafe.Pointer(&r))
		}
		return code{truth: truth}, nil
	case t.IsWord() && signedKind(g):
		shift := uint(64 - 8*g.Size())
		return code{word: func(m *M, f Frame) uint64 { return extend(toWord(call(m, f)), shift, true) }}, nil
	case t.IsWord():
		return code{word: func(m *M, f Frame) uint64 { return toWord(call(m, f)) }}, nil
	}
	codec, err := codecOf(g, t)
	if err != nil {
		return code{}, err
	}
	if t.Kind == ir.Text || t.Elem != nil {
		return code{one: func(m *M, f Frame) (s Slot) {
			r := call(m, f)
			codec.put((*Slot)(noescape(unsafe.Pointer(&s))), noescape(unsafe.Pointer(&r)))
			m.spend(int(s.W))
			return s
		}}, nil
	}
	if t.Slots == 1 {
		return code{one: func(m *M, f Frame) (s Slot) {
			r := call(m, f)
			codec.put((*Slot)(noescape(unsafe.Pointer(&s))), noescape(unsafe.Pointer(&r)))
			return s
		}}, nil
	}
	return code{into: func(off uintptr) Do {
		return func(m *M, f Frame) {
			r := call(m, f)
			codec.put(at(f, off), noescape(unsafe.Pointer(&r)))
		}
	}}, nil
}

// directWord reports whether a result of Go type g needs nothing but its bits.
func (b *binder) directWord(g reflect.Type) bool {
	return b.call.T.IsWord() && !signedKind(g) && g.Kind() != reflect.Bool
}
