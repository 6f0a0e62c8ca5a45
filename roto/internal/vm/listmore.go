package vm

import (
	"cmp"
	"math"
	"slices"
	"unsafe"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/ir"
)

// The functions of List that are extensions.

// ListPop is List.pop() -> T?: the last value, taken off.
func ListPop(m *M, r *RawCall, base *Slot) {
	l := listOf(r.Arg(base, 0))
	l.change()
	if base.W = 1; l.n == 0 {
		return
	}
	base.W = 0
	copySlots(slotAt(base, 1), l.At(l.n-1), l.elem.Slots)
	l.delete(l.n - 1)
}

// ListRemove is List.remove(u64) -> T?: the value at a place, taken out.
func ListRemove(m *M, r *RawCall, base *Slot) {
	l, i := listOf(r.Arg(base, 0)), r.Arg(base, 1).W
	l.change()
	if base.W = 1; i >= uint64(l.n) {
		return
	}
	base.W = 0
	copySlots(slotAt(base, 1), l.At(int(i)), l.elem.Slots)
	l.delete(int(i))
}

// ListInsert is List.insert(u64, T) -> bool.
func ListInsert(m *M, r *RawCall, base *Slot) {
	l, i := listOf(r.Arg(base, 0)), r.Arg(base, 1).W
	l.change()
	if base.W = 0; i > uint64(l.n) {
		return
	}
	m.spend(l.elem.Slots * int(slotSize))
	base.W = 1
	k := l.elem.Slots
	l.Grow()
	copy(l.slots[(int(i)+1)*k:], l.slots[int(i)*k:(l.n-1)*k])
	copySlots(l.At(int(i)), r.Arg(base, 2), k)
}

// delete takes an element out.
func (l *ListData) delete(i int) {
	k := l.elem.Slots
	l.slots = slices.Delete(l.slots, i*k, (i+1)*k)
	l.n--
}

// ListReverse is List.reverse().
func ListReverse(m *M, r *RawCall, base *Slot) {
	l := listOf(r.Arg(base, 0))
	l.change()
	for i, j := 0, l.n-1; i < j; i, j = i+1, j-1 {
		for k := range l.elem.Slots {
			a, b := slotAt(l.At(i), k), slotAt(l.At(j), k)
			*a, *b = *b, *a
		}
	}
}

// ListSlice is List.slice(u64, u64) -> List[T]: a copy of what lies between.
func ListSlice(m *M, r *RawCall, base *Slot) {
	l := listOf(r.Arg(base, 0))
	to := min(r.Arg(base, 2).W, uint64(l.n))
	from := min(r.Arg(base, 1).W, to)
	k := l.elem.Slots
	out := &ListData{elem: l.elem, n: int(to - from)}
	out.slots = slices.Clone(l.slots[int(from)*k : int(to)*k])
	base.P = unsafe.Pointer(out)
}

// ListSort is List.sort(): numbers, texts, characters, addresses, prefixes and AS
// numbers upwards; values of other types have no order, which is a fault.
func ListSort(m *M, r *RawCall, base *Slot) {
	l := listOf(r.Arg(base, 0))
	l.change()
	order := orderOf(l.elem)
	if order == nil {
		panic(HostError("values of type `" + l.elem.Name + "` have no order"))
	}
	k := l.elem.Slots
	m.spend(l.n * k * int(slotSize))
	places := make([]int, l.n)
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(i, j int) int { return order(l.At(i), l.At(j)) })
	sorted := make([]Slot, 0, l.n*k)
	for _, i := range places {
		sorted = append(sorted, l.slots[i*k:(i+1)*k]...)
	}
	l.slots = sorted
}

// orderOf returns the comparison of two values, nil where there is no order.
func orderOf(t *ir.Type) func(a, b *Slot) int {
	switch {
	case t.Kind == ir.Text && t.Prim == check.String:
		return func(a, b *Slot) int { return cmp.Compare(a.text(), b.text()) }
	case t.Prim == check.F64:
		return func(a, b *Slot) int { return cmp.Compare(math.Float64frombits(a.W), math.Float64frombits(b.W)) }
	case t.Prim == check.F32:
		return func(a, b *Slot) int {
			return cmp.Compare(math.Float32frombits(uint32(a.W)), math.Float32frombits(uint32(b.W)))
		}
	case t.Prim.Signed():
		return func(a, b *Slot) int { return cmp.Compare(int64(a.W), int64(b.W)) }
	case t.Prim.Integer(), t.Prim == check.ASN, t.Prim == check.Char, t.Prim == check.Bool:
		return func(a, b *Slot) int { return cmp.Compare(a.W, b.W) }
	case t.Kind == ir.Addr, t.Kind == ir.Prefix: // family, address, length
		return func(a, b *Slot) int {
			x, y := slotAt(a, 2).W, slotAt(b, 2).W
			if t.Kind == ir.Addr {
				return cmp.Or(cmp.Compare(x, y), cmp.Compare(a.W, b.W), cmp.Compare(slotAt(a, 1).W, slotAt(b, 1).W))
			}
			return cmp.Or(cmp.Compare(x>>8, y>>8), cmp.Compare(a.W, b.W), cmp.Compare(slotAt(a, 1).W, slotAt(b, 1).W), cmp.Compare(x, y))
		}
	}
	return nil
}
