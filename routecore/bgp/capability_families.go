package bgp

import (
	"iter"

	"example.com/rotonda/routecore/inet"
)

func wireFamily(b []byte) inet.Family {
	return inet.NewFamily(inet.AFI(b[0])<<8|inet.AFI(b[1]), inet.SAFI(b[2]))
}

// wideFamily reads a family whose SAFI stands in the fourth octet: behind a
// reserved one in multiprotocol and ORF, as a field of two octets in extended
// next hop (RFC 8950 §4), where the third counts.
func wideFamily(b []byte) inet.Family {
	return inet.NewFamily(inet.AFI(b[0])<<8|inet.AFI(b[1]), inet.SAFI(b[3]))
}

func appendWideFamily(dst []byte, f inet.Family) []byte {
	return append(dst, byte(f.AFI()>>8), byte(f.AFI()), 0, byte(f.SAFI()))
}

func appendFamily(dst []byte, f inet.Family) []byte {
	return append(dst, byte(f.AFI()>>8), byte(f.AFI()), byte(f.SAFI()))
}

// tuples yields the entries of size octets in every capability of a code. An
// incomplete entry at the end of a value is passed over.
func (o Open) tuples(code CapCode, skip, size int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, c := range o.Caps {
			if c.Code != code || len(c.Value) < skip {
				continue
			}
			for v := c.Value[skip:]; len(v) >= size; v = v[size:] {
				if !yield(v[:size]) {
					return
				}
			}
		}
	}
}

// AllFamilies yields the families of every multiprotocol capability, those
// without a row in [inet.Families] too (RFC 4760 §8).
func (o Open) AllFamilies() iter.Seq[inet.Family] {
	return func(yield func(inet.Family) bool) {
		for v := range o.tuples(CapMultiprotocol, 0, 4) {
			if !yield(wideFamily(v)) {
				return
			}
		}
	}
}

// Families is the set of families announced. A speaker without any multiprotocol
// capability talks IPv4 unicast.
func (o Open) Families() FamilySet {
	if !o.Has(CapMultiprotocol) {
		return NewFamilySet(inet.IPv4Unicast)
	}
	var s FamilySet
	for f := range o.AllFamilies() {
		s = s.With(f)
	}
	return s
}

// AddPath returns the families by direction (RFC 7911 §4). An entry whose
// direction is not 1, 2 or 3 is ignored; of two for one family the later counts.
func (o Open) AddPath() AddPathSets {
	var s AddPathSets
	for v := range o.tuples(CapAddPath, 0, 4) {
		if v[3] == 0 || v[3] > 3 {
			continue
		}
		f := wireFamily(v)
		s.Receive, s.Send = s.Receive.Without(f), s.Send.Without(f)
		if v[3]&1 != 0 {
			s.Receive = s.Receive.With(f)
		}
		if v[3]&2 != 0 {
			s.Send = s.Send.With(f)
		}
	}
	return s
}

// ExtendedNextHop is the set of IPv4 families for which the speaker takes an
// IPv6 next hop. The SAFI in this capability has two octets (RFC 8950 §4).
func (o Open) ExtendedNextHop() FamilySet {
	var s FamilySet
	for v := range o.tuples(CapExtendedNextHop, 0, 6) {
		if v[2] == 0 && v[4] == 0 && inet.AFI(v[5]) == inet.AFIIPv6 {
			s = s.With(wideFamily(v))
		}
	}
	return s
}

// NewMultiprotocol announces a family (RFC 4760 §8).
func NewMultiprotocol(f inet.Family) Capability {
	return Capability{CapMultiprotocol, appendWideFamily(nil, f)}
}

// NewAddPath announces path identifiers by direction (RFC 7911 §4).
func NewAddPath(s AddPathSets) Capability {
	c := Capability{Code: CapAddPath}
	for f := range (s.Receive | s.Send).All() {
		direction := byte(0)
		if s.Receive.Has(f) {
			direction |= 1
		}
		if s.Send.Has(f) {
			direction |= 2
		}
		c.Value = append(appendFamily(c.Value, f), direction)
	}
	return c
}

// NewExtendedNextHop announces the IPv4 families whose routes may come with an
// IPv6 next hop (RFC 8950 §4).
func NewExtendedNextHop(s FamilySet) Capability {
	c := Capability{Code: CapExtendedNextHop}
	for f := range s.All() {
		c.Value = append(appendWideFamily(c.Value, f), 0, byte(inet.AFIIPv6))
	}
	return c
}
