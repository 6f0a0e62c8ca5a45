package bgp

import (
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// NextHop returns the next hop of the route's family: of two IPv6 addresses the
// global one. It is the zero Addr where there is none, as for FlowSpec.
func (a Attrs) NextHop() netip.Addr {
	v, _ := a.Get(AttrNextHop)
	return nextHopAddr(v)
}

// LinkLocal returns the link-local address that came with a global next hop (RFC
// 2545 §3), or the zero Addr.
func (a Attrs) LinkLocal() netip.Addr {
	if v, _ := a.Get(AttrNextHop); len(v) == 32 {
		return inet.AddrFromWire(v[16:])
	}
	return netip.Addr{}
}

// nextHopAddr reads every length that the canonical form can hold; those that are
// no address lengths have a route distinguisher in front.
func nextHopAddr(v []byte) netip.Addr {
	switch len(v) {
	case 32:
		v = v[:16]
	case 12, 24:
		v = v[8:]
	case 48:
		v = v[8:24]
	}
	return inet.AddrFromWire(v)
}

// appendNextHop appends the canonical next hop of a wire form: addresses alone
// where the route distinguishers of VPN families are zero, as they are by
// definition (RFC 4364 §4.3.2, RFC 4659 §3.2.1), else as it came.
func appendNextHop(dst, v []byte) []byte {
	size := 0
	switch len(v) {
	case 12:
		size = 12
	case 24, 48:
		size = 24
	default:
		return append(dst, v...)
	}
	for at := 0; at < len(v); at += size {
		if inet.RD(v[at:]) != (inet.RD{}) {
			return append(dst, v...)
		}
	}
	for at := 0; at < len(v); at += size {
		dst = append(dst, v[at+8:at+size]...)
	}
	return dst
}

// classic tells whether a route of the family with this next hop travels in the
// NEXT_HOP attribute and the NLRI field of the UPDATE.
func classic(f inet.Family, nextHop []byte) bool {
	return f == inet.IPv4Unicast && len(nextHop) == 4
}

func jsonAddr(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, '"')
	dst = inet.AddrFromWire(v).AppendTo(dst)
	return append(dst, '"')
}

func jsonNextHop(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, '"')
	dst = nextHopAddr(v).AppendTo(dst)
	return append(dst, '"')
}

// jsonMPNextHop is the value of mpReachNlri: the next hop alone.
func jsonMPNextHop(dst, v []byte, f inet.Family) []byte {
	dst = append(dst, `{"nextHop":`...)
	switch {
	case len(v) == 0:
		dst = append(dst, `"empty"`...)
	case !nextHopAddr(v).IsValid():
		dst = append(jsonBytes(append(dst, `{"unimplemented":`...), v), '}')
	case f.SAFI() == inet.SAFIMulticast:
		dst = append(jsonNextHop(append(dst, `{"multicast":`...), v, f), '}')
	case isVPN(f):
		var rd inet.RD
		if len(v) == 12 || len(v) == 24 || len(v) == 48 {
			rd = inet.RD(v)
		}
		dst = append(dst, `{"mplsVpnUnicast":["`...)
		dst, _ = rd.AppendText(dst)
		dst = append(jsonNextHop(append(dst, `",`...), v, f), "]}"...)
	case len(v) == 32:
		dst = jsonAddr(append(dst, `{"ipv6LL":{"global":`...), v[:16], f)
		dst = append(jsonAddr(append(dst, `,"linkLocal":`...), v[16:], f), "}}"...)
	case len(v) == 4:
		dst = append(jsonAddr(append(dst, `{"ipv4Unicast":`...), v, f), '}')
	default:
		dst = append(jsonAddr(append(dst, `{"ipv6Unicast":`...), v, f), '}')
	}
	return append(dst, '}')
}
