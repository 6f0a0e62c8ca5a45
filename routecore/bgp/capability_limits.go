package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// LabelLimit is an entry of the multiple labels capability (RFC 8277 §2.1): how
// many labels the sender takes in a route of the family, 255 for any number.
type LabelLimit struct {
	Family inet.Family
	Count  uint8
}

// MultipleLabels returns the entries. A count of 0 or 1 says nothing and is
// ignored, and of two entries for one family the later counts (RFC 8277 §2.1).
func (o Open) MultipleLabels() []LabelLimit {
	var out []LabelLimit
	for v := range o.tuples(CapMultipleLabels, 0, 4) {
		if v[3] < 2 {
			continue
		}
		l := LabelLimit{wireFamily(v), v[3]}
		known := false
		for i := range out {
			if out[i].Family == l.Family {
				out[i], known = l, true
			}
		}
		if !known {
			out = append(out, l)
		}
	}
	return out
}

// NewMultipleLabels announces entries.
func NewMultipleLabels(entries ...LabelLimit) Capability {
	c := Capability{Code: CapMultipleLabels}
	for _, e := range entries {
		c.Value = append(appendFamily(c.Value, e.Family), e.Count)
	}
	return c
}

// PathsLimit is an entry of capability 76 (draft-abraitis-idr-addpath-paths-limit):
// how many paths of one prefix the sender wants to get; 0 says nothing.
type PathsLimit struct {
	Family inet.Family
	Limit  uint16
}

// PathsLimits returns the entries, which mean nothing without [Open.AddPath].
func (o Open) PathsLimits() []PathsLimit {
	var out []PathsLimit
	for v := range o.tuples(CapPathsLimit, 0, 5) {
		out = append(out, PathsLimit{wireFamily(v), binary.BigEndian.Uint16(v[3:])})
	}
	return out
}

// NewPathsLimit announces entries.
func NewPathsLimit(entries ...PathsLimit) Capability {
	c := Capability{Code: CapPathsLimit}
	for _, e := range entries {
		c.Value = append(appendFamily(c.Value, e.Family), byte(e.Limit>>8), byte(e.Limit))
	}
	return c
}

// LabelSet is the set of families with labels in which more than one may stand before
// a prefix. Only SAFI 4, 76, 128 and 129 of IPv4 and IPv6 have labels in that place, so
// that it fits into an octet of [Ctx].
type LabelSet uint8

// labelBit is the set of f alone, empty where f has no labels.
func labelBit(f inet.Family) LabelSet {
	var s LabelSet
	switch f.SAFI() {
	case inet.SAFILabelled:
		s = 1
	case inet.SAFIMPLSVPN:
		s = 1 << 2
	case inet.SAFIMVPN:
		s = 1 << 4
	case inet.SAFIClassfulTransport:
		s = 1 << 6
	}
	switch f.AFI() {
	case inet.AFIIPv4:
		return s
	case inet.AFIIPv6:
		return s << 1
	}
	return 0
}

// With returns the set with f added, or unchanged where f has no labels.
func (s LabelSet) With(f inet.Family) LabelSet { return s | labelBit(f) }

// Has reports whether f is in the set.
func (s LabelSet) Has(f inet.Family) bool { return s&labelBit(f) != 0 }

// labelSet is the set of the families of MultipleLabels.
func (o Open) labelSet() LabelSet {
	var s LabelSet
	for _, l := range o.MultipleLabels() {
		s = s.With(l.Family)
	}
	return s
}
