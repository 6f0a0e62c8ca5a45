package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// ExtCommunity is an extended community (RFC 4360): type, sub-type and value in
// eight octets. It is comparable.
type ExtCommunity [8]byte

// Types and sub-types of extended communities that have a text form.
const (
	extAS2, extIPv4, extAS4             = 0x00, 0x01, 0x02
	extRouteTarget, extRouteOrigin      = 0x02, 0x03
	extTransitiveMask              byte = 0x40
)

// Type returns the type octet: bit 0x80 marks those of the IANA registry's
// reserved half, bit 0x40 non-transitive ones.
func (e ExtCommunity) Type() uint8 { return e[0] }

// Subtype returns the second octet.
func (e ExtCommunity) Subtype() uint8 { return e[1] }

// Transitive reports whether it may cross the border of an AS (RFC 4360 §2).
func (e ExtCommunity) Transitive() bool { return e[0]&extTransitiveMask == 0 }

// String prints route targets and route origins as "rt:64500:1" and
// "ro:192.0.2.1:1" and everything else as "0x" and sixteen hexadecimal digits.
func (e ExtCommunity) String() string {
	b, _ := e.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst. An AS number of four octets that
// would fit into two is marked with an L, so that reading the text back gives
// the same type (RFC 5668).
func (e ExtCommunity) AppendText(dst []byte) ([]byte, error) {
	name := "rt:"
	switch e[1] {
	case extRouteTarget:
	case extRouteOrigin:
		name = "ro:"
	default:
		return hex.AppendEncode(append(dst, "0x"...), e[:]), nil
	}
	switch e[0] {
	case extAS2:
		dst = strconv.AppendUint(append(dst, name...), uint64(binary.BigEndian.Uint16(e[2:])), 10)
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint32(e[4:])), 10), nil
	case extIPv4:
		dst = netip.AddrFrom4([4]byte(e[2:6])).AppendTo(append(dst, name...))
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint16(e[6:])), 10), nil
	case extAS4:
		asn := binary.BigEndian.Uint32(e[2:])
		dst = strconv.AppendUint(append(dst, name...), uint64(asn), 10)
		if asn <= 65535 {
			dst = append(dst, 'L')
		}
		return strconv.AppendUint(append(dst, ':'), uint64(binary.BigEndian.Uint16(e[6:])), 10), nil
	}
	return hex.AppendEncode(append(dst, "0x"...), e[:]), nil
}

// ParseExtCommunity reads every form that String prints.
func ParseExtCommunity(s string) (ExtCommunity, error) {
	if digits, ok := strings.CutPrefix(s, "0x"); ok && len(digits) == 16 {
		var e ExtCommunity
		if _, err := hex.Decode(e[:], []byte(digits)); err == nil {
			return e, nil
		}
	}
	bad := fmt.Errorf("extended community %q: want rt:ASN:NUMBER, ro:ASN:NUMBER, an IPv4 address in place of ASN, or 0x and sixteen digits", s)
	kind, rest, _ := strings.Cut(s, ":")
	var e ExtCommunity
	switch strings.ToLower(kind) {
	case "rt":
		e[1] = extRouteTarget
	case "ro":
		e[1] = extRouteOrigin
	default:
		return e, bad
	}
	left, right, ok := strings.Cut(rest, ":")
	if !ok {
		return e, bad
	}
	n, err := strconv.ParseUint(right, 10, 32)
	if err != nil {
		return e, bad
	}
	if a, err := netip.ParseAddr(left); err == nil && a.Is4() && n <= 65535 {
		ip := a.As4()
		e[0] = extIPv4
		copy(e[2:], ip[:])
		binary.BigEndian.PutUint16(e[6:], uint16(n))
		return e, nil
	}
	digits, long := strings.CutSuffix(left, "L")
	asn, err := inet.ParseASN(digits)
	if err != nil {
		return e, bad
	}
	if long || asn > 65535 {
		if n > 65535 {
			return e, bad
		}
		e[0] = extAS4
		binary.BigEndian.PutUint32(e[2:], uint32(asn))
		binary.BigEndian.PutUint16(e[6:], uint16(n))
		return e, nil
	}
	binary.BigEndian.PutUint16(e[2:], uint16(asn))
	binary.BigEndian.PutUint32(e[4:], uint32(n))
	return e, nil
}

// ExtCommunities yields the extended communities in the order they were sent.
func (a Attrs) ExtCommunities() iter.Seq[ExtCommunity] {
	return func(yield func(ExtCommunity) bool) {
		v, _ := a.Get(AttrExtCommunities)
		for ; len(v) >= 8; v = v[8:] {
			if !yield(ExtCommunity(v)) {
				return
			}
		}
	}
}

// HasExtCommunity reports whether the route carries e.
func (a Attrs) HasExtCommunity(e ExtCommunity) bool {
	if a.hints()&HintExtended == 0 {
		return false
	}
	for c := range a.ExtCommunities() {
		if c == e {
			return true
		}
	}
	return false
}

func jsonExtCommunities(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, '[')
	for i := 0; i+8 <= len(v); i += 8 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = ExtCommunity(v[i:]).AppendText(append(dst, '"'))
		dst = append(dst, '"')
	}
	return append(dst, ']')
}
