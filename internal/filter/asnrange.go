package filter

import (
	"slices"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/inet"
)

// asnRange is an inclusive range of AS numbers: the first in the upper half.
type asnRange uint64

func newRange(first, last inet.ASN) asnRange { return asnRange(first)<<32 | asnRange(last) }

func (r asnRange) first() inet.ASN { return inet.ASN(r >> 32) }
func (r asnRange) last() inet.ASN  { return inet.ASN(r & 0xffffffff) }

func (r asnRange) has(a inet.ASN) bool { return a >= r.first() && a <= r.last() }

// ranges is the index of a constant list: sorted, without overlaps. Long lists
// have a page for each 65,536 numbers, which tells where its ranges are or, with
// many of them, holds a bit for each number:
//
//	AS number  [ upper 16 bits | lower 16 bits ]
//	                  │               └─► bit, or search in list[from:to]
//	                  └─► pages
type ranges struct {
	list  []asnRange
	pages []rangePage // 65,536 of them, or none
}

type rangePage struct {
	bits     *[1 << 16 / 64]uint64
	from, to uint32
}

const (
	pagedFrom  = 64  // ranges in a list that has pages, which take 1 MiB
	bitmapFrom = 256 // ranges in a page that has bits, which take 8 KiB
)

// newRanges makes the index of a constant list.
func newRanges(l roto.List[asnRange]) any {
	var list []asnRange
	for r := range l.All() {
		if r.first() <= r.last() {
			list = append(list, r)
		}
	}
	slices.Sort(list)
	out := ranges{list: list[:0]}
	for _, r := range list {
		n := len(out.list)
		if n > 0 && r.first() <= out.list[n-1].last() {
			out.list[n-1] = newRange(out.list[n-1].first(), max(out.list[n-1].last(), r.last()))
			continue
		}
		out.list = append(out.list, r)
	}
	if len(out.list) >= pagedFrom {
		out.page()
	}
	return &out
}

// page fills the pages.
func (rs *ranges) page() {
	rs.pages = make([]rangePage, 1<<16)
	for i, r := range rs.list {
		for p := r.first() >> 16; p <= r.last()>>16; p++ {
			page := &rs.pages[p]
			if page.to == 0 {
				page.from = uint32(i)
			}
			page.to = uint32(i) + 1
		}
	}
	for p := range rs.pages {
		page := &rs.pages[p]
		if page.to-page.from < bitmapFrom {
			continue
		}
		page.bits = new([1 << 16 / 64]uint64)
		low, high := inet.ASN(p)<<16, inet.ASN(p)<<16|0xffff
		for _, r := range rs.list[page.from:page.to] {
			for a := uint64(max(low, r.first())); a <= uint64(min(high, r.last())); a++ {
				page.bits[a&0xffff/64] |= 1 << (a & 63)
			}
		}
	}
}

func (rs *ranges) has(a inet.ASN) bool {
	list := rs.list
	if rs.pages != nil {
		page := &rs.pages[a>>16]
		if page.bits != nil {
			return page.bits[a&0xffff/64]>>(a&63)&1 == 1
		}
		list = list[page.from:page.to]
	}
	low, high := 0, len(list) // the first that ends at a or later is in between
	for low < high {
		if mid := (low + high) / 2; list[mid].last() < a {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low < len(list) && list[low].first() <= a
}

// appearsOn reports whether a is in a range of the list.
func appearsOn(a inet.ASN, l roto.List[asnRange]) bool {
	if rs, ok := l.Index().(*ranges); ok {
		return rs.has(a)
	}
	for r := range l.All() {
		if r.has(a) {
			return true
		}
	}
	return false
}
