package vm

import (
	"strings"
	"unsafe"
)

func listOf(s *Slot) *ListData { return (*ListData)(s.P) }

// The functions of List, over slots because Go cannot name the element.

// ListNew is List.new() -> List[T].
func ListNew(m *M, r *RawCall, base *Slot) { base.P = unsafe.Pointer(NewList(r.Result.Elem)) }

// ListPush is List.push(T).
func ListPush(m *M, r *RawCall, base *Slot) {
	l := listOf(r.Arg(base, 0))
	m.spend(l.elem.Slots * int(slotSize))
	copySlots(l.Grow(), r.Arg(base, 1), l.elem.Slots)
}

// ListGet is List.get(u64) -> T?.
func ListGet(m *M, r *RawCall, base *Slot) {
	l, i := listOf(r.Arg(base, 0)), r.Arg(base, 1).W
	if base.W = 1; i < uint64(l.n) {
		base.W = 0
		copySlots(slotAt(base, 1), l.At(int(i)), l.elem.Slots)
	}
}

// ListSet is List.set(u64, T) -> bool.
func ListSet(m *M, r *RawCall, base *Slot) {
	l, i := listOf(r.Arg(base, 0)), r.Arg(base, 1).W
	if base.W = 0; i < uint64(l.n) {
		l.change()
		base.W = 1
		copySlots(l.At(int(i)), r.Arg(base, 2), l.elem.Slots)
	}
}

// ListSwap is List.swap(u64, u64).
func ListSwap(m *M, r *RawCall, base *Slot) {
	l, i, j := listOf(r.Arg(base, 0)), r.Arg(base, 1).W, r.Arg(base, 2).W
	if i >= uint64(l.n) || j >= uint64(l.n) {
		return
	}
	l.change()
	for k := range l.elem.Slots {
		a, b := slotAt(l.At(int(i)), k), slotAt(l.At(int(j)), k)
		*a, *b = *b, *a
	}
}

// ListLen is List.len() -> u64.
func ListLen(m *M, r *RawCall, base *Slot) { base.W = uint64(listOf(r.Arg(base, 0)).n) }

// ListIsEmpty is List.is_empty() -> bool.
func ListIsEmpty(m *M, r *RawCall, base *Slot) {
	if base.W = 0; listOf(r.Arg(base, 0)).n == 0 {
		base.W = 1
	}
}

// ListCapacity is List.capacity() -> u64.
func ListCapacity(m *M, r *RawCall, base *Slot) { base.W = uint64(listOf(r.Arg(base, 0)).Capacity()) }

// ListContains is List.contains(T) -> bool.
func ListContains(m *M, r *RawCall, base *Slot) {
	if base.W = 0; listOf(r.Arg(base, 0)).find(r.Arg(base, 1), r.equals) >= 0 {
		base.W = 1
	}
}

// ListIndex is List.index(T) -> u64?.
func ListIndex(m *M, r *RawCall, base *Slot) {
	i := listOf(r.Arg(base, 0)).find(r.Arg(base, 1), r.equals)
	if base.W = 1; i >= 0 {
		base.W = 0
		slotAt(base, 1).W = uint64(i)
	}
}

// ListConcat is List.concat(List[T]) -> List[T].
func ListConcat(m *M, r *RawCall, base *Slot) {
	base.P = unsafe.Pointer(concat(listOf(r.Arg(base, 0)), listOf(r.Arg(base, 1))))
}

// ListJoin is List[String].join(String) -> String.
func ListJoin(m *M, r *RawCall, base *Slot) {
	l := listOf(r.Arg(base, 0))
	parts := make([]string, l.n)
	for i := range parts {
		parts[i] = l.At(i).text()
	}
	base.setText(strings.Join(parts, r.Arg(base, 1).text()))
}

// PrefixCoveredBy is Prefix.covered_by(List[Prefix]) -> bool. A constant list
// answers from its index.
func PrefixCoveredBy(m *M, r *RawCall, base *Slot) {
	p, l := r.Arg(base, 0), listOf(r.Arg(base, 1))
	high, low, rest := p.W, slotAt(p, 1).W, slotAt(p, 2).W
	base.W = 0
	if set, ok := l.index.(*PrefixSet); ok {
		if set.covers(high, low, rest) {
			base.W = 1
		}
		return
	}
	for i := range l.n {
		q := l.At(i)
		if contains(q.W, slotAt(q, 1).W, slotAt(q, 2).W, high, low, rest) {
			base.W = 1
			return
		}
	}
}

// contains reports whether prefix a is equal to or less specific than b.
func contains(aHigh, aLow, aRest, bHigh, bLow, bRest uint64) bool {
	n := aRest & 0xff
	if aRest>>8 != bRest>>8 || n > bRest&0xff {
		return false
	}
	if aRest>>8 == 4 {
		n += 96
	}
	if n <= 64 {
		return n == 0 || (aHigh^bHigh)>>(64-n) == 0
	}
	return aHigh == bHigh && (aLow^bLow)>>(128-n) == 0
}
