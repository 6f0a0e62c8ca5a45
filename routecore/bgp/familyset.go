package bgp

import (
	"iter"
	"math/bits"

	"example.com/rotonda/routecore/inet"
)

// FamilySet is a set of address families: bit i stands for row i of
// [inet.Families]. Families without a row are never in a set.
type FamilySet uint64

// NewFamilySet makes a set.
func NewFamilySet(families ...inet.Family) FamilySet {
	var s FamilySet
	for _, f := range families {
		s = s.With(f)
	}
	return s
}

// familyIndex returns the row of f in inet.Families, or -1. The four families
// that carry nearly all traffic are found without a search.
func familyIndex(f inet.Family) int {
	switch f {
	case inet.IPv4Unicast:
		return 0
	case inet.IPv6Unicast:
		return 1
	}
	for i := 2; i < len(inet.Families); i++ {
		if inet.Families[i].Family == f {
			return i
		}
	}
	return -1
}

// Has reports whether f is in the set.
func (s FamilySet) Has(f inet.Family) bool {
	if s == 0 {
		return false
	}
	i := familyIndex(f)
	return i >= 0 && s>>i&1 != 0
}

// With returns the set with f added, or unchanged where f has no row in [inet.Families].
func (s FamilySet) With(f inet.Family) FamilySet {
	if i := familyIndex(f); i >= 0 {
		s |= 1 << i
	}
	return s
}

// Without returns the set with f taken out.
func (s FamilySet) Without(f inet.Family) FamilySet {
	if i := familyIndex(f); i >= 0 {
		s &^= 1 << i
	}
	return s
}

// Len returns the number of families in the set.
func (s FamilySet) Len() int { return bits.OnesCount64(uint64(s)) }

// All yields the families in the order of [inet.Families].
func (s FamilySet) All() iter.Seq[inet.Family] {
	return func(yield func(inet.Family) bool) {
		for i := range inet.Families {
			if s>>i&1 != 0 && !yield(inet.Families[i].Family) {
				return
			}
		}
	}
}

// String joins the names with commas.
func (s FamilySet) String() string {
	var b []byte
	for f := range s.All() {
		if len(b) > 0 {
			b = append(b, ", "...)
		}
		b = append(b, f.String()...)
	}
	return string(b)
}
