package vm

import (
	"math/bits"
	"slices"
	"unsafe"

	"example.com/rotonda/roto/internal/ir"
)

// ListData is the storage of a list. Holders share it.
type ListData struct {
	elem   *ir.Type
	slots  []Slot
	n      int
	frozen bool
	index  any               // what the host made of a constant list
	places map[[3]uint64]int // of a long constant list: where each value first stands
}

// NewList returns an empty list.
func NewList(elem *ir.Type) *ListData { return &ListData{elem: elem} }

// Len returns the number of elements.
func (l *ListData) Len() int { return l.n }

// Index returns what the runtime made of a constant list, or nil.
func (l *ListData) Index() any { return l.index }

// At returns the slots of an element.
func (l *ListData) At(i int) *Slot {
	if l.elem.Slots == 0 {
		return &Slot{}
	}
	return &l.slots[i*l.elem.Slots]
}

// Grow appends room for one element and returns its slots.
func (l *ListData) Grow() *Slot {
	l.change()
	l.n++
	for range l.elem.Slots {
		l.slots = append(l.slots, Slot{})
	}
	return l.At(l.n - 1)
}

// change refuses to touch a constant, which all goroutines share.
func (l *ListData) change() {
	if l.frozen {
		panic(HostError("a list that is a constant cannot be changed; make a copy with `[] + list`"))
	}
}

// Capacity is the capacity the original would report: a power of two.
func (l *ListData) Capacity() int {
	if l.n == 0 {
		return 0
	}
	return max(4, 1<<bits.Len(uint(l.n-1)))
}

// copySlots copies one value.
func copySlots(dst, src *Slot, n int) {
	switch n {
	case 0:
	case 1:
		*dst = *src
	default:
		copy(unsafe.Slice(dst, n), unsafe.Slice(src, n))
	}
}

func concat(a, b *ListData) *ListData {
	return &ListData{elem: a.elem, slots: slices.Concat(a.slots, b.slots), n: a.n + b.n}
}

// freeze makes a constant's lists unchangeable and lets the runtime index them.
func (c *Compiler) freeze(t *ir.Type, s *Slot) {
	inside := func(fields []ir.Field) {
		for _, f := range fields {
			if f.Type.Slots > 0 { // else there may be no slot at that place
				c.freeze(f.Type, slotAt(s, f.Off))
			}
		}
	}
	switch t.Kind {
	case ir.Ref:
		if t.Key != nil && s.P != nil {
			c.freezeMap((*mapData)(s.P))
			return
		}
		if t.Elem == nil || s.P == nil {
			return
		}
		l := (*ListData)(s.P)
		if l.frozen {
			return
		}
		l.frozen = true
		for i := range l.n {
			c.freeze(t.Elem, l.At(i))
		}
		l.hash()
		if index := c.Freeze[t.Elem.Name]; index != nil {
			l.index = index(l)
		}
	case ir.Record:
		inside(t.Fields)
	case ir.Enum:
		inside(t.Variants[s.W])
	}
}

func (c *Compiler) freezeMap(d *mapData) {
	if d.frozen {
		return
	}
	d.frozen = true
	for i, e := range d.entries {
		if e.slots != nil {
			c.freeze(d.t.Key, slotOf(e.slots, 0))
			c.freeze(d.t.Value, d.value(i))
		}
	}
}

func slotAt(s *Slot, off int) *Slot {
	return (*Slot)(unsafe.Add(unsafe.Pointer(s), uintptr(off)*slotSize))
}

// hash makes searching a long constant list cheap, where equal values have
// equal words.
func (l *ListData) hash() {
	k := l.elem.Kind
	if l.n < 8 || k != ir.Addr && k != ir.Prefix && (k != ir.Word || l.elem.Prim.Float()) {
		return
	}
	l.places = make(map[[3]uint64]int, l.n)
	for i := l.n - 1; i >= 0; i-- {
		l.places[l.words(l.At(i))] = i
	}
}

func (l *ListData) words(s *Slot) (w [3]uint64) {
	for i := range l.elem.Slots {
		w[i] = slotAt(s, i).W
	}
	return w
}

// find returns where a value first stands, or -1.
func (l *ListData) find(x *Slot, equals func(a, b *Slot) bool) int {
	if l.places != nil {
		if i, ok := l.places[l.words(x)]; ok {
			return i
		}
		return -1
	}
	for i := range l.n {
		if equals(l.At(i), x) {
			return i
		}
	}
	return -1
}
