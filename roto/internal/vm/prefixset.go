package vm

import (
	"cmp"
	"math/bits"
	"slices"
)

// PrefixSet answers whether a prefix is covered by one of many, from sorted
// arrays: of prefixes that cover one another only the shortest counts, and the
// rest are disjoint ranges, of which at most one can cover. A table over the
// first 16 bits (IPv4) or a binary search (IPv6) finds it.
type PrefixSet struct {
	ranges4 []range4
	first4  []int32 // by the first 16 bits: ranges that start before
	starts6 []pair
	bits6   []uint8
	first6  []int32
}

// range4 is an IPv4 prefix as its first and last address.
type range4 struct{ start, end uint32 }

type pair struct{ high, low uint64 }

func (p pair) compare(q pair) int {
	return cmp.Or(cmp.Compare(p.high, q.high), cmp.Compare(p.low, q.low))
}

// NewPrefixSet indexes a list of prefixes.
func NewPrefixSet(l *ListData) *PrefixSet {
	type entry struct {
		at   pair
		bits uint8
	}
	var four, six []entry
	for i := range l.n {
		s := l.At(i)
		e := entry{pair{s.W, slotAt(s, 1).W}, uint8(slotAt(s, 2).W)}
		if slotAt(s, 2).W>>8 == 4 {
			four = append(four, e)
		} else {
			six = append(six, e)
		}
	}
	order := func(a, b entry) int { return cmp.Or(a.at.compare(b.at), cmp.Compare(a.bits, b.bits)) }
	slices.SortFunc(four, order)
	slices.SortFunc(six, order)
	set := &PrefixSet{}
	for _, e := range four {
		start := uint32(e.at.low)
		if n := len(set.ranges4); n > 0 && start <= set.ranges4[n-1].end {
			continue
		}
		set.ranges4 = append(set.ranges4, range4{start, start | uint32(uint64(0xffffffff)>>e.bits)})
	}
	for _, e := range six {
		if n := len(set.starts6); n > 0 && set.covers6(n-1, e.at, e.bits) {
			continue
		}
		set.starts6 = append(set.starts6, e.at)
		set.bits6 = append(set.bits6, e.bits)
	}
	set.table()
	return set
}

// table6 is how many of the leading bits of an IPv6 address index first6; the
// top three are the same for all global unicast.
const table6 = 19

func (s *PrefixSet) table() {
	s.first4 = make([]int32, 1<<16+1)
	i := 0
	for k := range s.first4 {
		for i < len(s.ranges4) && int(s.ranges4[i].start>>16) < k {
			i++
		}
		s.first4[k] = int32(i)
	}
	if len(s.starts6) < 64 {
		return
	}
	s.first6 = make([]int32, 1<<table6+1)
	i = 0
	for k := range s.first6 {
		for i < len(s.starts6) && int(s.starts6[i].high>>(64-table6)) < k {
			i++
		}
		s.first6[k] = int32(i)
	}
}

func (s *PrefixSet) covers(high, low, rest uint64) bool {
	n := uint8(rest)
	if rest>>8 == 4 {
		return s.find4(uint32(low), uint32(low)|uint32(uint64(0xffffffff)>>n))
	}
	return s.find6(pair{high, low}, n)
}

// find4 looks for the last range that starts at or before the address.
func (s *PrefixSet) find4(start, end uint32) bool {
	k := start >> 16
	lo, hi := s.near(start, int(s.first4[k]), int(s.first4[k+1]))
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s.ranges4[mid].start <= start {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo > 0 && s.ranges4[lo-1].end >= end
}

// window is how many ranges a cache line holds.
const window = 8

// near narrows a search from where an address would stand if ranges lay evenly:
// one cache line, most of the time, in place of four.
func (s *PrefixSet) near(start uint32, lo, hi int) (int, int) {
	if hi-lo <= window {
		return lo, hi
	}
	g := lo + (hi-lo)*int(start&0xffff)>>16
	if s.ranges4[g].start <= start {
		if g+window < hi && s.ranges4[g+window].start > start {
			hi = g + window
		}
		return g + 1, hi
	}
	if g-window >= lo && s.ranges4[g-window].start <= start {
		lo = g - window + 1
	}
	return lo, g
}

func (s *PrefixSet) find6(at pair, n uint8) bool {
	lo, hi := 0, len(s.starts6)
	if s.first6 != nil {
		k := at.high >> (64 - table6)
		lo, hi = int(s.first6[k]), int(s.first6[k+1])
	}
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if s.starts6[mid].compare(at) <= 0 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo > 0 && s.covers6(lo-1, at, n)
}

// covers6 reports whether the i-th prefix covers another.
func (s *PrefixSet) covers6(i int, at pair, n uint8) bool {
	b := s.bits6[i]
	if b > n {
		return false
	}
	common := bits.LeadingZeros64(s.starts6[i].high ^ at.high)
	if common == 64 {
		common += bits.LeadingZeros64(s.starts6[i].low ^ at.low)
	}
	return common >= int(b)
}
