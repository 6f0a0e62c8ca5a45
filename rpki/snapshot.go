package rpki

import (
	"iter"
	"net/netip"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// Snapshot is one state of a table. It never changes and may be read by many
// goroutines. The nil Snapshot is empty.
type Snapshot struct {
	v4, v6    index
	providers map[inet.ASN][]inet.ASN // by customer, sorted; of all sources and families together
	keys      []RouterKey             // sorted by SKI
	version   uint64
}

// newSnapshot takes sorted items without doubles.
func newSnapshot(v4, v6 []item, version uint64) *Snapshot {
	return &Snapshot{v4: newIndex(v4), v6: newIndex(v6), version: version}
}

// extend adds the ASPAs and router keys of sources.
func (s *Snapshot) extend(sources []*source) {
	s.providers = map[inet.ASN][]inet.ASN{}
	joined := map[inet.ASN]bool{} // not shared with a source
	for _, from := range sources {
		for _, a := range from.aspas {
			have, known := s.providers[a.Customer]
			switch {
			case !known:
				s.providers[a.Customer] = a.Providers
			case joined[a.Customer]:
				s.providers[a.Customer] = providers(append(have, a.Providers...))
			default:
				s.providers[a.Customer] = providers(slices.Concat(have, a.Providers))
				joined[a.Customer] = true
			}
		}
		s.keys = append(s.keys, from.keys...)
	}
	slices.SortFunc(s.keys, compareKey)
	s.keys = slices.Compact(s.keys)
}

// Version counts the states of a table, from 1; 0 is the empty first one. Equal
// versions of one table are the same state.
func (s *Snapshot) Version() uint64 {
	if s == nil {
		return 0
	}
	return s.version
}

// Len returns the number of distinct VRPs.
func (s *Snapshot) Len() int {
	if s == nil {
		return 0
	}
	return len(s.v4.items) + len(s.v6.items)
}

// Prefixes returns the number of distinct prefixes that VRPs are about.
func (s *Snapshot) Prefixes() int {
	if s == nil {
		return 0
	}
	return len(s.v4.nodes) + len(s.v6.nodes) - 2
}

func (s *Snapshot) index(p netip.Prefix) *index {
	if p.Addr().Is4() {
		return &s.v4
	}
	return &s.v6
}

// Validate returns the status of a route (RFC 6811 §2): NotFound where no VRP
// covers the prefix, Valid where one that does names the origin and allows the
// length, else Invalid. origin is the last AS of the path; hasOrigin is false
// where the path ends in an AS_SET, so that it has none and can only be
// Invalid or NotFound. An origin of AS 0 is never Valid (RFC 7607).
func (s *Snapshot) Validate(p netip.Prefix, origin inet.ASN, hasOrigin bool) Status {
	if s == nil || !p.IsValid() {
		return NotFound
	}
	x := s.index(p)
	bits := uint8(p.Bits())
	hi, lo := words(p.Addr())
	hi, lo = masked(hi, lo, bits)
	at := x.closest(hi, lo, bits)
	if at < 0 {
		return NotFound
	}
	if !hasOrigin || origin == 0 {
		return Invalid
	}
	for ; at >= 0; at = x.nodes[at].parent {
		for i := range x.of(at) {
			it := &x.of(at)[i]
			if it.asn == uint32(origin) && bits <= it.max {
				return Valid
			}
		}
	}
	return Invalid
}

// Has tells whether exactly this VRP is there.
func (s *Snapshot) Has(v VRP) bool {
	if s == nil || v.Check() != nil {
		return false
	}
	_, found := slices.BinarySearchFunc(s.index(v.Prefix).items, itemOf(v), item.compare)
	return found
}

// Covering iterates over the VRPs whose prefix is or contains p, the closest
// prefix first.
func (s *Snapshot) Covering(p netip.Prefix) iter.Seq[VRP] {
	return func(yield func(VRP) bool) {
		if s == nil || !p.IsValid() {
			return
		}
		x := s.index(p)
		p = p.Masked()
		hi, lo := words(p.Addr())
		for at := x.closest(hi, lo, uint8(p.Bits())); at >= 0; at = x.nodes[at].parent {
			for _, it := range x.of(at) {
				if !yield(it.vrp(!p.Addr().Is4())) {
					return
				}
			}
		}
	}
}

// Inside iterates over the VRPs whose prefix is p or lies inside it, in order.
func (s *Snapshot) Inside(p netip.Prefix) iter.Seq[VRP] {
	return func(yield func(VRP) bool) {
		if s == nil || !p.IsValid() {
			return
		}
		p = p.Masked()
		hi, lo := words(p.Addr())
		for _, it := range s.index(p).inside(hi, lo, uint8(p.Bits())) {
			if !yield(it.vrp(!p.Addr().Is4())) {
				return
			}
		}
	}
}

// All iterates over the VRPs in the order of their prefixes, IPv4 first.
func (s *Snapshot) All() iter.Seq[VRP] {
	return func(yield func(VRP) bool) {
		if s == nil {
			return
		}
		for _, it := range s.v4.items {
			if !yield(it.vrp(false)) {
				return
			}
		}
		for _, it := range s.v6.items {
			if !yield(it.vrp(true)) {
				return
			}
		}
	}
}

// Changes iterates over what is different from an earlier snapshot: a VRP, and
// whether it was added or removed. Routes to look at again are those at and
// inside the prefixes of these VRPs.
func (s *Snapshot) Changes(since *Snapshot) iter.Seq2[VRP, bool] {
	return func(yield func(VRP, bool) bool) {
		empty := newSnapshot(nil, nil, 0)
		if s == nil {
			s = empty
		}
		if since == nil {
			since = empty
		}
		_ = changes(since.v4.items, s.v4.items, func(it item, added bool) bool { return yield(it.vrp(false), added) }) &&
			changes(since.v6.items, s.v6.items, func(it item, added bool) bool { return yield(it.vrp(true), added) })
	}
}

// changes walks two sorted slices side by side; false if yield had enough.
func changes(old, now []item, yield func(it item, added bool) bool) bool {
	for len(old) > 0 || len(now) > 0 {
		c := 0
		switch {
		case len(old) == 0:
			c = 1
		case len(now) == 0:
			c = -1
		default:
			c = old[0].compare(now[0])
		}
		if c < 0 && !yield(old[0], false) || c > 0 && !yield(now[0], true) {
			return false
		}
		if c <= 0 {
			old = old[1:]
		}
		if c >= 0 {
			now = now[1:]
		}
	}
	return true
}

// masked clears the host bits.
func masked(hi, lo uint64, bits uint8) (uint64, uint64) {
	if bits <= 64 {
		return hi &^ (^uint64(0) >> bits), 0
	}
	return hi, lo &^ (^uint64(0) >> (bits - 64))
}
