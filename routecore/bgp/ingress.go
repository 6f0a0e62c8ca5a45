package bgp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// Reject is why a route that is well formed may not be used.
type Reject uint8

// The reasons; RejectNone lets the route in.
const (
	RejectNone       Reject = iota
	RejectFirstAS           // the path does not begin with the neighbour's AS number
	RejectASLoop            // our own AS number is in the path
	RejectOriginator        // we brought the route into the AS ourselves
	RejectCluster           // the route has been in our cluster
	RejectLeak              // Only to Customer says that it must not come from there
	RejectASSet             // the path has a set in it, and policy wants none
	RejectNextHop           // the next hop is no host, or we are it
)

var rejects = [...]struct{ text, rfc string }{
	RejectNone:       {"", ""},
	RejectFirstAS:    {"the path does not begin with the neighbour's AS number", "RFC 4271 §6.3"},
	RejectASLoop:     {"our AS number is in the path", "RFC 4271 §9.1.2"},
	RejectOriginator: {"we are the originator", "RFC 4456 §8"},
	RejectCluster:    {"our cluster is in the list", "RFC 4456 §8"},
	RejectLeak:       {"route leak by Only to Customer", "RFC 9234 §5"},
	RejectASSet:      {"AS_SET in the path", "RFC 9774 §3"},
	RejectNextHop:    {"the next hop is no host, or we are it", "RFC 4271 §6.3"},
}

// String says what is wrong, "" for RejectNone.
func (r Reject) String() string {
	if int(r) >= len(rejects) {
		return "unknown"
	}
	return rejects[r].text
}

// RFC names the section with the rule, "" for RejectNone.
func (r Reject) RFC() string {
	if int(r) >= len(rejects) {
		return ""
	}
	return rejects[r].rfc
}

// Ingress is what a session knows about routes that come in. External sessions need
// Peer: without it no path begins with the right AS number. A collector that only
// watches uses none of it.
type Ingress struct {
	Local, Peer inet.ASN
	IBGP        bool
	Confed      bool // the peer is in our confederation

	// RouteServer says that the peer is one and leaves itself out of the path, so
	// that the first AS number is not its own (RFC 7947 §2.2.2.1).
	RouteServer bool
	// OwnAS is how often our own AS number may stand in the path; 0 is the rule.
	OwnAS int
	// RejectASSet refuses paths with AS_SET or AS_CONFED_SET (RFC 9774 §3).
	RejectASSet bool

	// Addr is our address on the session, which no route may have as its next hop;
	// the zero Addr switches the check for it off.
	Addr netip.Addr

	ID, Cluster uint32 // BGP identifier and cluster as numbers; 0 switches the check off

	Role    Role // our role on the session (RFC 9234)
	HasRole bool
}

// Check judges the attributes of a route of family f. It is about routes that a
// [Verdict] accepts, and it changes nothing: what Only to Customer adds on the way
// in is [Ingress.AppendAttrs].
func (i Ingress) Check(a Attrs, f inet.Family) Reject {
	p := a.ASPath()
	switch {
	case !i.IBGP && !i.RouteServer && !i.firstAS(p):
		return RejectFirstAS
	case i.Local != 0 && p.count(i.Local) > i.OwnAS:
		return RejectASLoop
	case i.RejectASSet && p.hasSet():
		return RejectASSet
	case !i.nextHop(a):
		return RejectNextHop
	case i.IBGP && i.ID != 0 && i.originated(a):
		return RejectOriginator
	case i.IBGP && i.Cluster != 0 && i.clustered(a):
		return RejectCluster
	case i.HasRole && i.Role.OTCIngress(i.Peer, f, a) == OTCLeak:
		return RejectLeak
	}
	return RejectNone
}

// firstAS wants the peer's number in front: in a sequence, or from a member of the
// confederation in a confederation sequence (RFC 4271 §6.3, RFC 5065 §4).
func (i Ingress) firstAS(p ASPath) bool {
	s, _, ok := p.next()
	want := ASSequence
	if i.Confed {
		want = ASConfedSequence
	}
	return ok && s.Type == want && s.ASNs.Len() > 0 && s.ASNs.At(0) == i.Peer
}

// nextHop wants a host that is not us. A route without next hop, as of FlowSpec, has
// none that could be wrong.
func (i Ingress) nextHop(a Attrs) bool {
	hop := a.NextHop()
	return !hop.IsValid() || !hop.IsUnspecified() && !hop.IsMulticast() && !hop.IsLoopback() && hop != i.Addr
}

func (i Ingress) originated(a Attrs) bool {
	v, ok := a.Get(AttrOriginatorID)
	return ok && len(v) == 4 && binary.BigEndian.Uint32(v) == i.ID
}

func (i Ingress) clustered(a Attrs) bool {
	v, _ := a.Get(AttrClusterList)
	for ; len(v) >= 4; v = v[4:] {
		if binary.BigEndian.Uint32(v) == i.Cluster {
			return true
		}
	}
	return false
}

// AppendAttrs appends the attributes as they come in: with the peer's AS number in
// Only to Customer where our role wants it and it is absent (RFC 9234 §5).
func (i Ingress) AppendAttrs(dst []byte, a Attrs, f inet.Family) []byte {
	if i.HasRole && i.Role.OTCIngress(i.Peer, f, a) == OTCAdd {
		var v [4]byte
		binary.BigEndian.PutUint32(v[:], uint32(i.Peer))
		return AppendSet(dst, a, AttrOTC, v[:])
	}
	return append(dst, a...)
}

// count is how often asn stands in the path, sets included.
func (p ASPath) count(asn inet.ASN) int {
	n := 0
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		for b := s.ASNs; len(b) >= 4; b = b[4:] {
			if inet.ASN(binary.BigEndian.Uint32(b)) == asn {
				n++
			}
		}
	}
	return n
}

func (p ASPath) hasSet() bool {
	for s, rest, ok := p.next(); ok; s, rest, ok = rest.next() {
		if s.Type == ASSet || s.Type == ASConfedSet {
			return true
		}
	}
	return false
}
