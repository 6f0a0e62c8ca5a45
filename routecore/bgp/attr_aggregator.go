package bgp

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Aggregator names who aggregated a route (RFC 4271 §5.1.7).
type Aggregator struct {
	ASN  inet.ASN
	Addr netip.Addr // IPv4
}

// Aggregator returns the AGGREGATOR, merged with AS4_AGGREGATOR.
func (a Attrs) Aggregator() (Aggregator, bool) {
	v, ok := a.Get(AttrAggregator)
	if !ok || len(v) != 8 {
		return Aggregator{}, false
	}
	return Aggregator{inet.ASN(binary.BigEndian.Uint32(v)), netip.AddrFrom4([4]byte(v[4:]))}, true
}

// Append appends the value in its canonical form of eight octets.
func (g Aggregator) Append(dst []byte) []byte {
	var addr [4]byte
	if g.Addr.Is4() {
		addr = g.Addr.As4()
	}
	return append(binary.BigEndian.AppendUint32(dst, uint32(g.ASN)), addr[:]...)
}

// AtomicAggregate reports whether ATOMIC_AGGREGATE is there (RFC 4271 §5.1.6).
func (a Attrs) AtomicAggregate() bool {
	_, ok := a.Get(AttrAtomicAggregate)
	return ok
}

// checkAggregator wants six octets, or eight with 4-octet AS numbers. Where we
// only watch, the other length is read as what it is. AS 0 makes the attribute
// malformed, not the AS path: RFC 7607 §2 leaves what follows to RFC 7606, which
// says to discard a malformed AGGREGATOR (§7.7).
func checkAggregator(v []byte, c Ctx) (Fault, int) {
	want := 6
	if c.ASN4 {
		want = 8
	}
	if len(v) != want && !(c.Monitor && len(v) == 14-want) {
		return FaultLength, 0
	}
	if len(v) == 6 && v[0]|v[1] == 0 || len(v) == 8 && binary.BigEndian.Uint32(v) == 0 {
		return FaultZeroAggregator, 0
	}
	return FaultNone, 0
}

func checkAS4Aggregator(v []byte, _ Ctx) (Fault, int) {
	if len(v) != 8 {
		return FaultLength, 0
	}
	if binary.BigEndian.Uint32(v) == 0 {
		return FaultZeroAggregator, 0
	}
	return FaultNone, 0
}

func checkEmpty(v []byte, _ Ctx) (Fault, int) {
	if len(v) != 0 {
		return FaultLength, 0
	}
	return FaultNone, 0
}

// appendAggregator appends the canonical value of an AGGREGATOR as received and
// the AS4_AGGREGATOR that came with it, if any (RFC 6793 §4.2.3).
func appendAggregator(dst, v, as4 []byte) []byte {
	if len(v) != 6 {
		return append(dst, v...)
	}
	if len(as4) == 8 && inet.ASN(binary.BigEndian.Uint16(v)) == inet.ASTrans {
		return append(dst, as4...)
	}
	return append(append(dst, 0, 0), v...)
}

func jsonAggregator(dst, v []byte, f inet.Family) []byte {
	at := len(v) - 4
	asn := uint64(binary.BigEndian.Uint16(v))
	if at == 4 {
		asn = uint64(binary.BigEndian.Uint32(v))
	}
	dst = strconv.AppendUint(append(dst, `{"asn":`...), asn, 10)
	return append(jsonAddr(append(dst, `,"address":`...), v[at:], f), '}')
}

func jsonNull(dst, _ []byte, _ inet.Family) []byte { return append(dst, "null"...) }
