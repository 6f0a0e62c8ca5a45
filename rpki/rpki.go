// Package rpki validates routes against what the holders of addresses and AS
// numbers authorised: their origin against validated ROA payloads (VRPs), their
// path against the providers that each AS names (ASPA). It also finds the keys
// with which routers sign BGPsec paths.
//
// A [Table] merges the records of several named sources and publishes each state
// as an immutable [Snapshot], which many goroutines read while the next one is
// built. The package talks to no cache (routecore/rtr and units/rtrin do) and
// checks no signatures: what it is given has been validated. Start reading at
// [Table], [Snapshot.Validate] and [Snapshot.VerifyPath]; [ParseDump] reads what
// validators write, [ParseSLURM] the exceptions of an operator.
//
// Sources: RFC 6811 (origin validation), RFC 6907 (its corner cases), RFC 7607
// (AS 0), RFC 6482 (ROAs), draft-ietf-sidrops-aspa-verification and -profile,
// RFC 8209 (router keys), RFC 8416 (SLURM) with draft-ietf-sidrops-aspa-slurm.
package rpki

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// VRP is a validated ROA payload: the AS may originate the prefix and what is
// inside it down to MaxLen bits. AS 0 authorises nobody (RFC 7607). VRPs are
// comparable; those of a table have their host bits cleared.
type VRP struct {
	Prefix netip.Prefix
	MaxLen uint8
	ASN    inet.ASN
}

// String returns "192.0.2.0/24-24 from AS64500".
func (v VRP) String() string {
	return v.Prefix.String() + "-" + strconv.Itoa(int(v.MaxLen)) + " from " + v.ASN.String()
}

// Check returns why a VRP makes no sense, nil if it does.
func (v VRP) Check() error {
	switch {
	case !v.Prefix.IsValid():
		return errors.New("the prefix is missing")
	case int(v.MaxLen) < v.Prefix.Bits() || int(v.MaxLen) > v.Prefix.Addr().BitLen():
		return fmt.Errorf("maximum length %d of %s is not from %d to %d", v.MaxLen, v.Prefix, v.Prefix.Bits(), v.Prefix.Addr().BitLen())
	}
	return nil
}

// Status is the outcome of validating the origin of a route. The zero value is
// NotChecked.
type Status uint8

// The outcomes (RFC 6811 §2), and that of a route nobody looked at.
const (
	NotChecked Status = iota
	NotFound          // no VRP covers the prefix
	Valid             // one that covers it allows the origin and the length
	Invalid           // some cover it, none allows it
)

var statusNames = [...][3]string{
	{"notChecked", "not-checked", "NotChecked"},
	{"notFound", "not-found", "NotFound"},
	{"valid", "valid", "Valid"},
	{"invalid", "invalid", "Invalid"},
}

func (s Status) name(style int) string {
	if int(s) >= len(statusNames) {
		s = NotChecked
	}
	return statusNames[s][style]
}

// String returns the name used in JSON and in queries: notFound.
func (s Status) String() string { return s.name(0) }

// Dashed returns the name that scripts print: not-found.
func (s Status) Dashed() string { return s.name(1) }

// Title returns the name used in reports of a change: NotFound.
func (s Status) Title() string { return s.name(2) }

// ParseStatus reads a status in any of the three spellings.
func ParseStatus(text string) (Status, bool) {
	for s, names := range statusNames {
		for _, name := range names {
			if name == text {
				return Status(s), true
			}
		}
	}
	return NotChecked, false
}

// item is a VRP in the form tables keep: 24 bytes, addresses left-aligned in
// 128 bits. Items of the two families are never mixed in one slice.
type item struct {
	hi, lo uint64
	asn    uint32
	bits   uint8
	max    uint8
}

func itemOf(v VRP) item {
	it := item{asn: uint32(v.ASN), bits: uint8(v.Prefix.Bits()), max: v.MaxLen}
	it.hi, it.lo = words(v.Prefix.Masked().Addr())
	return it
}

func (it item) prefix(v6 bool) netip.Prefix {
	return netip.PrefixFrom(addr(it.hi, it.lo, v6), int(it.bits))
}

func (it item) vrp(v6 bool) VRP { return VRP{it.prefix(v6), it.max, inet.ASN(it.asn)} }

// compare orders by address, then length, so that a prefix comes right before
// what is inside it, then by AS and maximum length.
func (it item) compare(o item) int {
	if c := cmpPrefix(it.hi, it.lo, it.bits, o.hi, o.lo, o.bits); c != 0 {
		return c
	}
	if c := cmp.Compare(it.asn, o.asn); c != 0 {
		return c
	}
	return cmp.Compare(it.max, o.max)
}

func cmpPrefix(hi, lo uint64, bits uint8, hi2, lo2 uint64, bits2 uint8) int {
	switch {
	case hi != hi2:
		return cmp.Compare(hi, hi2)
	case lo != lo2:
		return cmp.Compare(lo, lo2)
	}
	return cmp.Compare(bits, bits2)
}

// words splits an address into two words, IPv4 in the upper half of the first.
func words(a netip.Addr) (hi, lo uint64) {
	if a.Is4() {
		b := a.As4()
		return uint64(b[0])<<56 | uint64(b[1])<<48 | uint64(b[2])<<40 | uint64(b[3])<<32, 0
	}
	b := a.As16()
	for i := range 8 {
		hi = hi<<8 | uint64(b[i])
		lo = lo<<8 | uint64(b[i+8])
	}
	return hi, lo
}

func addr(hi, lo uint64, v6 bool) netip.Addr {
	if !v6 {
		return netip.AddrFrom4([4]byte{byte(hi >> 56), byte(hi >> 48), byte(hi >> 40), byte(hi >> 32)})
	}
	var b [16]byte
	for i := range 8 {
		b[i] = byte(hi >> (56 - 8*i))
		b[i+8] = byte(lo >> (56 - 8*i))
	}
	return netip.AddrFrom16(b)
}
