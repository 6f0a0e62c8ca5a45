package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// IPv6ExtCommunity is an IPv6-address-specific extended community (RFC 5701 §2):
// type, sub-type, address and two octets of a number. It is comparable.
type IPv6ExtCommunity [20]byte

// String prints "rt:[2001:db8::1]:1", "ro:…", or "0x" and forty digits.
func (e IPv6ExtCommunity) String() string {
	b, _ := e.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst.
func (e IPv6ExtCommunity) AppendText(dst []byte) ([]byte, error) {
	switch {
	case e[0] == 0 && e[1] == extRouteTarget:
		dst = append(dst, "rt:["...)
	case e[0] == 0 && e[1] == extRouteOrigin:
		dst = append(dst, "ro:["...)
	default:
		return hex.AppendEncode(append(dst, "0x"...), e[:]), nil
	}
	dst = netip.AddrFrom16([16]byte(e[2:18])).AppendTo(dst)
	return strconv.AppendUint(append(dst, "]:"...), uint64(binary.BigEndian.Uint16(e[18:])), 10), nil
}

// IPv6ExtCommunities yields them in the order they were sent.
func (a Attrs) IPv6ExtCommunities() iter.Seq[IPv6ExtCommunity] {
	return func(yield func(IPv6ExtCommunity) bool) {
		v, _ := a.Get(AttrIPv6ExtComm)
		for ; len(v) >= 20; v = v[20:] {
			if !yield(IPv6ExtCommunity(v)) {
				return
			}
		}
	}
}

func jsonIPv6ExtCommunities(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, '[')
	for i := 0; i+20 <= len(v); i += 20 {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst, _ = IPv6ExtCommunity(v[i:]).AppendText(append(dst, '"'))
		dst = append(dst, '"')
	}
	return append(dst, ']')
}
