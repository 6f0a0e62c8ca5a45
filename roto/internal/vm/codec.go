package vm

import (
	"encoding/binary"
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"unsafe"

	"example.com/rotonda/roto/internal/ir"
)

// Codec moves one value between slots and Go memory. It is made once, by
// reflection; moving uses none.
type Codec struct {
	get func(dst unsafe.Pointer, s *Slot)
	put func(s *Slot, src unsafe.Pointer)
}

// Option is a value that may be absent.
type Option[T any] struct {
	Value T
	Some  bool
}

func (Option[T]) rotoOption() {}

// List is a Go handle on a script's list of T.
type List[T any] struct{ Data *ListData }

func (List[T]) rotoList() {}

// Result is an accepted or rejected value; see [Verdict] for none.
type VerdictOf[A, R any] struct {
	Accepted A
	Rejected R
	Reject   bool
}

func (VerdictOf[A, R]) rotoVerdict() {}

// Verdict is the answer of a filter that gives no values.
type Verdict uint8

// The verdicts.
const (
	Accept Verdict = iota
	Reject
)

// String returns "accept" or "reject".
func (v Verdict) String() string {
	if v == Accept {
		return "accept"
	}
	return "reject"
}

// Shape tells the Go types that stand for generic Roto types.
type Shape uint8

// The shapes.
const (
	PlainShape Shape = iota
	OptionShape
	ListShape
	SliceShape
	VerdictShape
)

// ShapeOf returns the shape of a Go type and its parts.
func ShapeOf(t reflect.Type) (Shape, []reflect.Type) {
	switch {
	case t.Implements(reflect.TypeFor[interface{ rotoOption() }]()):
		return OptionShape, []reflect.Type{t.Field(0).Type}
	case t.Implements(reflect.TypeFor[interface{ rotoVerdict() }]()):
		return VerdictShape, []reflect.Type{t.Field(0).Type, t.Field(1).Type}
	case t.Implements(reflect.TypeFor[interface{ rotoList() }]()):
		m, _ := t.MethodByName("Elem")
		return ListShape, []reflect.Type{m.Type.Out(0)}
	case t.Kind() == reflect.Slice && t.Name() == "":
		return SliceShape, []reflect.Type{t.Elem()}
	}
	return PlainShape, nil
}

// Elem returns the zero element; it tells the element's type.
func (List[T]) Elem() (zero T) { return }

var (
	addrType   = reflect.TypeFor[netip.Addr]()
	prefixType = reflect.TypeFor[netip.Prefix]()
)

// codecOf makes the codec between a Go type and a layout.
func codecOf(g reflect.Type, t *ir.Type) (*Codec, error) {
	shape, parts := ShapeOf(g)
	switch {
	case t.Slots == 0:
		return &Codec{func(unsafe.Pointer, *Slot) {}, func(*Slot, unsafe.Pointer) {}}, nil
	case shape == OptionShape && t.Kind == ir.Enum:
		return optionCodec(g, parts[0], t)
	case shape == VerdictShape && t.Kind == ir.Enum:
		return verdictCodec(g, parts, t)
	case shape == ListShape && t.Elem != nil:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*unsafe.Pointer)(dst) = s.P },
			func(s *Slot, src unsafe.Pointer) { s.P = *(*unsafe.Pointer)(src) },
		}, nil
	case shape == SliceShape && t.Elem != nil:
		return sliceCodec(g, parts[0], t)
	case g == addrType && t.Kind == ir.Addr:
		return &Codec{getAddr, putAddr}, nil
	case g == prefixType && t.Kind == ir.Prefix:
		return &Codec{getPrefix, putPrefix}, nil
	case t.IsWord() && g.Size() <= 8:
		return wordCodec(g), nil
	case t.Kind == ir.Text && g.Kind() == reflect.String:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*string)(dst) = s.text() },
			func(s *Slot, src unsafe.Pointer) { s.setText(*(*string)(src)) },
		}, nil
	case t.Kind == ir.Text && g.Kind() == reflect.Slice:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*[]byte)(dst) = unsafe.Slice((*byte)(s.P), int(s.W)) },
			func(s *Slot, src unsafe.Pointer) {
				b := *(*[]byte)(src)
				s.P, s.W = unsafe.Pointer(unsafe.SliceData(b)), uint64(len(b))
			},
		}, nil
	case t.Kind == ir.Ref && g.Kind() == reflect.Pointer:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*unsafe.Pointer)(dst) = s.P },
			func(s *Slot, src unsafe.Pointer) { s.P = *(*unsafe.Pointer)(src) },
		}, nil
	case t.Kind == ir.Ref && t.Elem == nil:
		return boxCodec(g), nil
	}
	return nil, fmt.Errorf("no conversion between the Go type %v and the Roto type %s", g, t.Name)
}

func (s *Slot) text() string { return unsafe.String((*byte)(s.P), int(s.W)) }

func (s *Slot) setText(t string) { s.P, s.W = unsafe.Pointer(unsafe.StringData(t)), uint64(len(t)) }

// optionCodec relies on Some having tag 0.
func optionCodec(g, value reflect.Type, t *ir.Type) (*Codec, error) {
	some := t.Variants[0][0]
	inner, err := codecOf(value, some.Type)
	if err != nil {
		return nil, err
	}
	flag := g.Field(1).Offset
	return &Codec{
		func(dst unsafe.Pointer, s *Slot) {
			if *(*bool)(unsafe.Add(dst, flag)) = s.W == 0; s.W == 0 {
				inner.get(dst, slotAt(s, some.Off))
			}
		},
		func(s *Slot, src unsafe.Pointer) {
			if s.W = 1; *(*bool)(unsafe.Add(src, flag)) {
				s.W = 0
				inner.put(slotAt(s, some.Off), src)
			}
		},
	}, nil
}

func verdictCodec(g reflect.Type, parts []reflect.Type, t *ir.Type) (*Codec, error) {
	a, err := codecOf(parts[0], t.Variants[0][0].Type)
	if err != nil {
		return nil, err
	}
	r, err := codecOf(parts[1], t.Variants[1][0].Type)
	if err != nil {
		return nil, err
	}
	second, flag := g.Field(1).Offset, g.Field(2).Offset
	return &Codec{
		func(dst unsafe.Pointer, s *Slot) {
			if *(*bool)(unsafe.Add(dst, flag)) = s.W == 1; s.W == 1 {
				r.get(unsafe.Add(dst, second), slotAt(s, 1))
			} else {
				a.get(dst, slotAt(s, 1))
			}
		},
		func(s *Slot, src unsafe.Pointer) {
			if s.W = 0; *(*bool)(unsafe.Add(src, flag)) {
				s.W = 1
				r.put(slotAt(s, 1), unsafe.Add(src, second))
			} else {
				a.put(slotAt(s, 1), src)
			}
		},
	}, nil
}

// sliceCodec copies: a Go slice becomes a list of its own, and back.
func sliceCodec(g, elem reflect.Type, t *ir.Type) (*Codec, error) {
	inner, err := codecOf(elem, t.Elem)
	if err != nil {
		return nil, err
	}
	size := elem.Size()
	return &Codec{
		func(dst unsafe.Pointer, s *Slot) {
			l := (*ListData)(s.P)
			v := reflect.MakeSlice(g, l.n, l.n)
			for i := range l.n {
				inner.get(unsafe.Add(v.UnsafePointer(), uintptr(i)*size), l.At(i))
			}
			reflect.NewAt(g, dst).Elem().Set(v)
		},
		func(s *Slot, src unsafe.Pointer) {
			b := *(*[]byte)(src) // any slice header: pointer and length are the same
			l := NewList(t.Elem)
			l.slots = make([]Slot, 0, len(b)*t.Elem.Slots)
			for i := range len(b) {
				inner.put(l.Grow(), unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), uintptr(i)*size))
			}
			s.P = unsafe.Pointer(l)
		},
	}, nil
}

// boxCodec keeps other host values on the heap.
func boxCodec(g reflect.Type) *Codec {
	return &Codec{
		func(dst unsafe.Pointer, s *Slot) { reflect.NewAt(g, dst).Elem().Set(reflect.NewAt(g, s.P).Elem()) },
		func(s *Slot, src unsafe.Pointer) {
			v := reflect.New(g)
			v.Elem().Set(reflect.NewAt(g, src).Elem())
			s.P = v.UnsafePointer()
		},
	}
}

func signedKind(g reflect.Type) bool { return g.Kind() >= reflect.Int && g.Kind() <= reflect.Int64 }

func wordCodec(g reflect.Type) *Codec {
	signed := signedKind(g)
	switch g.Size() {
	case 1:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*uint8)(dst) = uint8(s.W) },
			func(s *Slot, src unsafe.Pointer) { s.W = extend(uint64(*(*uint8)(src)), 56, signed) },
		}
	case 2:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*uint16)(dst) = uint16(s.W) },
			func(s *Slot, src unsafe.Pointer) { s.W = extend(uint64(*(*uint16)(src)), 48, signed) },
		}
	case 4:
		return &Codec{
			func(dst unsafe.Pointer, s *Slot) { *(*uint32)(dst) = uint32(s.W) },
			func(s *Slot, src unsafe.Pointer) { s.W = extend(uint64(*(*uint32)(src)), 32, signed) },
		}
	}
	return &Codec{
		func(dst unsafe.Pointer, s *Slot) { *(*uint64)(dst) = s.W },
		func(s *Slot, src unsafe.Pointer) { s.W = *(*uint64)(src) },
	}
}

// extend keeps narrow signed integers sign-extended, as the engine wants them.
func extend(w uint64, shift uint, signed bool) uint64 {
	if signed {
		return uint64(int64(w<<shift) >> shift)
	}
	return w
}

func getAddr(dst unsafe.Pointer, s *Slot) {
	*(*netip.Addr)(dst) = addrOf(s.W, slotAt(s, 1).W, slotAt(s, 2).W)
}

func putAddr(s *Slot, src unsafe.Pointer) {
	a := (*netip.Addr)(src)
	high, low := addrWords(*a)
	s.W, slotAt(s, 1).W, slotAt(s, 2).W = high, low, familyOf(*a)
}

func addrWords(a netip.Addr) (high, low uint64) {
	if a.Is4() {
		b := a.As4()
		return 0, 0xffff<<32 | uint64(binary.BigEndian.Uint32(b[:]))
	}
	b := a.As16()
	return binary.BigEndian.Uint64(b[:8]), binary.BigEndian.Uint64(b[8:])
}

func familyOf(a netip.Addr) uint64 {
	if a.Is4() {
		return 4
	}
	return 6
}

func addrOf(high, low, family uint64) netip.Addr {
	if family == 4 {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], uint32(low))
		return netip.AddrFrom4(b)
	}
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], high)
	binary.BigEndian.PutUint64(b[8:], low)
	return netip.AddrFrom16(b)
}

func getPrefix(dst unsafe.Pointer, s *Slot) {
	w := slotAt(s, 2).W
	*(*netip.Prefix)(dst) = netip.PrefixFrom(addrOf(s.W, slotAt(s, 1).W, w>>8), int(w&0xff))
}

func putPrefix(s *Slot, src unsafe.Pointer) {
	p := (*netip.Prefix)(src)
	a := p.Addr()
	high, low := addrWords(a)
	s.W, slotAt(s, 1).W, slotAt(s, 2).W = high, low, familyOf(a)<<8|uint64(uint8(p.Bits()))
}

// Index returns what the runtime made of a constant list, or nil.
func (l List[T]) Index() any { return l.Data.Index() }

// Len returns the number of elements.
func (l List[T]) Len() int { return l.Data.Len() }

// All iterates over copies of the elements.
func (l List[T]) All() iter.Seq[T] {
	return func(yield func(T) bool) {
		codec, err := codecOf(reflect.TypeFor[T](), l.Data.elem)
		if err != nil {
			panic(HostError(err.Error()))
		}
		for i := 0; i < l.Data.n; i++ {
			var v T
			codec.get(unsafe.Pointer(&v), l.Data.At(i))
			if !yield(v) {
				return
			}
		}
	}
}
