package simulate

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// Sizes of BGP messages (RFC 4271 §4.1).
const (
	headerLen  = 19
	maxMessage = 4096
)

// Never modified.
var (
	endOfRIB4 = finish(append(begin(nil), 0, 0, 0, 0), 0)
	endOfRIB6 = finish(append(begin(nil), 0, 0, 0, 6, flagOptional, attrMPUnreach, 3, 0, 2, 1), 0)
)

// begin appends the header of an UPDATE whose length is filled in by finish.
func begin(dst []byte) []byte {
	for range 16 {
		dst = append(dst, 0xff)
	}
	return append(dst, 0, 0, 2)
}

// finish sets the length of the message that starts at start and ends with dst.
func finish(dst []byte, start int) []byte {
	binary.BigEndian.PutUint16(dst[start+16:], uint16(len(dst)-start))
	return dst
}

// appendNLRI appends a prefix in wire form.
func appendNLRI(dst []byte, p *prefix) []byte {
	dst = append(dst, p.bits)
	for i := range (int(p.bits) + 7) / 8 {
		dst = append(dst, byte(p.addr>>(56-8*i)))
	}
	return dst
}

// appendRun appends prefixes while they fit below the largest message.
func appendRun(dst []byte, start int, run []prefix) ([]byte, []prefix) {
	for len(run) > 0 && len(dst)-start+9 <= maxMessage {
		dst = appendNLRI(dst, &run[0])
		run = run[1:]
	}
	return dst, run
}

// appendUpdate4 appends one UPDATE that announces IPv4 prefixes, and returns
// those that did not fit.
func appendUpdate4(dst, attrs []byte, run []prefix) ([]byte, []prefix) {
	start := len(dst)
	dst = append(begin(dst), 0, 0)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(attrs)))
	dst = append(dst, attrs...)
	dst, run = appendRun(dst, start, run)
	return finish(dst, start), run
}

// appendUpdate6 is the same for IPv6: MP_REACH_NLRI goes first (RFC 7606 §5.1).
func appendUpdate6(dst, attrs []byte, nextHop netip.Addr, run []prefix) ([]byte, []prefix) {
	start := len(dst)
	dst = append(begin(dst), 0, 0, 0, 0)
	dst = append(dst, flagOptional|flagExtended, attrMPReach, 0, 0, 0, 2, 1, 16)
	value := len(dst) - 4
	dst = append(dst, nextHop.AsSlice()...)
	dst = append(dst, 0)
	dst, run = appendRun(dst, start-len(attrs), run)
	binary.BigEndian.PutUint16(dst[value-2:], uint16(len(dst)-value))
	dst = append(dst, attrs...)
	binary.BigEndian.PutUint16(dst[start+headerLen+2:], uint16(len(dst)-start-headerLen-4))
	return finish(dst, start), run
}

// appendWithdraw appends one UPDATE that withdraws prefixes of one family, few
// enough for one message.
func appendWithdraw(dst []byte, run []prefix) []byte {
	start := len(dst)
	dst = begin(dst)
	if !run[0].v6 {
		dst = append(dst, 0, 0)
		dst, _ = appendRun(dst, start, run)
		binary.BigEndian.PutUint16(dst[start+headerLen:], uint16(len(dst)-start-headerLen-2))
		return finish(append(dst, 0, 0), start)
	}
	dst = append(dst, 0, 0, 0, 0, flagOptional|flagExtended, attrMPUnreach, 0, 0, 0, 2, 1)
	value := len(dst) - 3
	dst, _ = appendRun(dst, start, run)
	binary.BigEndian.PutUint16(dst[value-2:], uint16(len(dst)-value))
	binary.BigEndian.PutUint16(dst[start+headerLen+2:], uint16(len(dst)-start-headerLen-4))
	return finish(dst, start)
}

// offer is the OPEN of one end of a simulated session: what routers of today
// announce. hold is in seconds.
func offer(asn inet.ASN, hold uint16, id netip.Addr) bgp.Open {
	both := bgp.NewFamilySet(inet.IPv4Unicast, inet.IPv6Unicast)
	return bgp.NewOpen(asn, hold, id,
		bgp.NewMultiprotocol(inet.IPv4Unicast),
		bgp.NewMultiprotocol(inet.IPv6Unicast),
		bgp.NewFlag(bgp.CapRouteRefresh),
		bgp.NewGracefulRestart(bgp.GracefulRestart{Time: 120, Families: both, Forwarding: both}))
}
