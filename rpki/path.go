package rpki

import (
	"bytes"
	"iter"
	"maps"
	"slices"

	"example.com/rotonda/routecore/inet"
)

// PathStatus is the outcome of verifying an AS path. The zero value is
// PathUnknown.
type PathStatus uint8

// The outcomes (draft-ietf-sidrops-aspa-verification §5).
const (
	PathUnknown PathStatus = iota // nothing is wrong, but not all hops are attested
	PathValid
	PathInvalid
)

var pathStatusNames = [...]string{"unknown", "valid", "invalid"}

// String returns the name in lower case.
func (s PathStatus) String() string { return pathStatusNames[min(int(s), len(pathStatusNames)-1)] }

// Direction says where a route came from, and thus what its path may look like.
type Direction uint8

// The directions, by the neighbour's role (RFC 9234): a path from a customer or
// a lateral peer may only go up, one from a provider goes up and then down. A
// route server and its clients count as peers.
const (
	Upstream   Direction = iota // from a customer, a peer, a route server or its client
	Downstream                  // from a provider
)

// Path is what is verified of a route.
type Path struct {
	// ASes are those of the AS_SEQUENCEs, the neighbour first and the origin
	// last, prepends included and confederation segments left out.
	ASes []inet.ASN
	// Set says that the path has an AS_SET, which makes it Invalid.
	Set bool
	// Neighbour is the AS that sent the route, which must be the first one; 0
	// where it need not be: the neighbour is a route server.
	Neighbour inet.ASN
}

// hop is what an AS attests about the next one.
type hop uint8

const (
	noAttestation hop = iota
	isProvider
	notProvider
)

func (s *Snapshot) hop(customer, provider inet.ASN) hop {
	list, ok := s.providers[customer]
	if !ok {
		return noAttestation
	}
	if _, ok := slices.BinarySearch(list, provider); ok && provider != 0 {
		return isProvider
	}
	return notProvider
}

// VerifyPath finds route leaks and forged paths (draft-ietf-sidrops-
// aspa-verification §5). From the origin up, as many hops as possible are taken
// as customer to provider; from the neighbour down likewise. Where hops without
// attestation are given the benefit of the doubt the ramps are as long as they
// could be, else as long as they surely are. A path is Invalid if even the
// longest ramps do not meet, and Valid if the shortest do.
//
//	          ....AS....
//	up ramp  /          \  down ramp
//	        AS           AS neighbour
//	 origin               \ we, in the direction Downstream
func (s *Snapshot) VerifyPath(p Path, d Direction) PathStatus {
	if len(p.ASes) == 0 || p.Set || p.Neighbour != 0 && p.ASes[0] != p.Neighbour {
		return PathInvalid
	}
	if s == nil {
		s = &Snapshot{}
	}
	n := 1 // ASes, without prepends
	for i := 1; i < len(p.ASes); i++ {
		if p.ASes[i] != p.ASes[i-1] {
			n++
		}
	}
	surely, most := s.ramp(p.ASes, len(p.ASes)-1, -1)
	if d == Downstream {
		// Both ramps contain the AS at the top, or end at two that are peers.
		surelyDown, mostDown := s.ramp(p.ASes, 0, 1)
		surely, most = surely+surelyDown, most+mostDown
	}
	switch {
	case most < n:
		return PathInvalid
	case surely < n:
		return PathUnknown
	}
	return PathValid
}

// ramp counts the ASes of the ramp that begins at index at and goes in steps:
// how many there surely are, and how many there can be at most.
func (s *Snapshot) ramp(path []inet.ASN, at, step int) (surely, most int) {
	surely, most = 1, 1
	certain := true
	for next := at + step; next >= 0 && next < len(path); at, next = next, next+step {
		if path[at] == path[next] {
			continue
		}
		switch s.hop(path[at], path[next]) {
		case notProvider:
			return surely, most
		case noAttestation:
			certain = false
		}
		most++
		if certain {
			surely++
		}
	}
	return surely, most
}

// Providers returns the providers that a customer AS attests, sorted, and false
// where it attests nothing. AS 0 alone stands for none. The slice must not be
// changed.
func (s *Snapshot) Providers(customer inet.ASN) ([]inet.ASN, bool) {
	if s == nil {
		return nil, false
	}
	list, ok := s.providers[customer]
	return list, ok
}

// ASPAs iterates over the attestations in the order of the customers, those of
// several sources and families joined.
func (s *Snapshot) ASPAs() iter.Seq[ASPA] {
	return func(yield func(ASPA) bool) {
		if s == nil {
			return
		}
		for _, customer := range slices.Sorted(maps.Keys(s.providers)) {
			if !yield(ASPA{Customer: customer, Providers: s.providers[customer]}) {
				return
			}
		}
	}
}

// Customers returns the number of ASes that attest their providers.
func (s *Snapshot) Customers() int {
	if s == nil {
		return 0
	}
	return len(s.providers)
}

// RouterKeys returns all router keys, sorted by SKI. The slice must not be
// changed.
func (s *Snapshot) RouterKeys() []RouterKey {
	if s == nil {
		return nil
	}
	return s.keys
}

// Keys returns the keys of an AS with a subject key identifier, which a BGPsec
// signature names (RFC 8205 §5.2). There may be more than one, as an SKI is a
// mere SHA-1. The slice must not be changed.
func (s *Snapshot) Keys(ski [20]byte, asn inet.ASN) []RouterKey {
	if s == nil {
		return nil
	}
	at, _ := slices.BinarySearchFunc(s.keys, RouterKey{SKI: ski, ASN: asn}, compareKey)
	end := at
	for end < len(s.keys) && s.keys[end].ASN == asn && bytes.Equal(s.keys[end].SKI[:], ski[:]) {
		end++
	}
	return s.keys[at:end:end]
}
