package bgp

import (
	"encoding/hex"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// hopInfo is a row of the table of next hops in MP_REACH_NLRI.
type hopInfo struct {
	lengths hopLengths
	rd      bool // a route distinguisher, zero by definition, stands before each address
	rfc     string
}

// hopLengths is a set of lengths in units of four octets; the zero value takes
// every length.
type hopLengths uint16

const (
	hop0, hop4, hop12, hop16, hop24, hop32, hop48 hopLengths = 1 << 0, 1 << 1, 1 << 3, 1 << 4, 1 << 6, 1 << 8, 1 << 12

	// One address or, of IPv6, a global and a link-local one (RFC 2545 §3). IPv6
	// with IPv4 families is RFC 8950; four octets with IPv6 families are wrong but
	// seen, and harmless.
	hopAddr = hop4 | hop16 | hop32
	// The same behind route distinguishers; twelve octets with IPv6 as above.
	hopVPN = hop12 | hop24 | hop48
)

// hopTable is the one table of next hops, by SAFI. It is data, never modified. A
// family without a row takes whatever comes.
var hopTable = [256]hopInfo{
	inet.SAFIUnicast:     {hopAddr, false, "RFC 4760 §3"},
	inet.SAFIMulticast:   {hopAddr, false, "RFC 4760 §3"},
	inet.SAFILabelled:    {hopAddr, false, "RFC 8277 §2"},
	inet.SAFIMCASTVPN:    {hopAddr, false, "RFC 6514 §4"},
	inet.SAFIVPLS:        {hopAddr, false, "RFC 4761 §3.2.2"},
	inet.SAFIEVPN:        {hopAddr, false, "RFC 7432 §7"},
	inet.SAFIBGPLS:       {hopAddr, false, "RFC 9552 §5.5"},
	inet.SAFIBGPLSVPN:    {hopAddr | hopVPN, true, "RFC 9552 §5.5"},
	inet.SAFIBGPLSSPF:    {hopAddr, false, "RFC 9815 §5"},
	inet.SAFISRPolicy:    {hopAddr, false, "RFC 9830 §2.1"},
	inet.SAFIMUP:         {hopAddr, false, "draft-ietf-bess-mup-safi §3.1"},
	inet.SAFIMPLSVPN:     {hopVPN, true, "RFC 4364 §4.3.2"},
	inet.SAFIMVPN:        {hopVPN, true, "RFC 6513 §5.1"},
	inet.SAFIRTC:         {hopAddr, false, "RFC 4684 §4"},
	inet.SAFIFlowSpec:    {hop0 | hopAddr, false, "RFC 8955 §4"},
	inet.SAFIFlowSpecVPN: {hop0 | hopAddr | hopVPN, false, "RFC 8955 §8"},
}

// hopRow returns the row of the family.
func hopRow(f inet.Family) *hopInfo { return &hopTable[f.SAFI()] }

// isVPN tells whether NLRI of the family are labels, route distinguisher and prefix.
func isVPN(f inet.Family) bool { return hopHasRD(f) && f.MaxBits() != 0 }

// hopHasRD tells whether next hops of the family carry a route distinguisher.
func hopHasRD(f inet.Family) bool {
	return hopRow(f).rd && (f.MaxBits() != 0 || f.AFI() == inet.AFIBGPLS)
}

// nextHopFits tells whether a next hop of n octets may stand in MP_REACH_NLRI of
// the family. Families that have no name take every length.
func nextHopFits(f inet.Family, n int) bool {
	l := hopRow(f).lengths
	if l == 0 || familyIndex(f) < 0 {
		return true
	}
	return n%4 == 0 && n <= 48 && l>>(n/4)&1 != 0
}

// NextHop is the next hop of MP_REACH_NLRI. It is comparable; the zero value is
// none, as FlowSpec has it.
type NextHop struct {
	RD        inet.RD // zero by definition, in VPN families alone
	Addr      netip.Addr
	LinkLocal netip.Addr // second address, IPv6 alone; the zero Addr where there is one
}

// ParseNextHop reads the next hop field of a family as it stands on the wire (see
// [Update.MPNextHop]). The error is an [*Error].
func ParseNextHop(f inet.Family, b []byte) (NextHop, error) {
	var n NextHop
	if !nextHopFits(f, len(b)) && len(b) != 0 {
		return n, nlriError(0, "next hop length does not go with the family", hopRow(f).rfc)
	}
	switch len(b) {
	case 0:
	case 4, 16:
		n.Addr = inet.AddrFromWire(b)
	case 32:
		n.Addr, n.LinkLocal = inet.AddrFromWire(b[:16]), inet.AddrFromWire(b[16:])
	case 12, 24:
		n.RD, n.Addr = inet.RD(b), inet.AddrFromWire(b[8:])
	case 48:
		n.RD, n.Addr, n.LinkLocal = inet.RD(b), inet.AddrFromWire(b[8:24]), inet.AddrFromWire(b[32:])
	default:
		return n, nlriError(0, "next hop of no known length", "RFC 4760 §3")
	}
	return n, nil
}

// AppendNextHop appends the wire form for the family.
func AppendNextHop(dst []byte, f inet.Family, n NextHop) []byte {
	for _, a := range [...]netip.Addr{n.Addr, n.LinkLocal} {
		if !a.IsValid() {
			break
		}
		if hopHasRD(f) {
			dst = append(dst, n.RD[:]...)
		}
		dst = inet.AppendAddr(dst, a)
	}
	return dst
}

// AppendNextHopText appends the next hop field of a family as text: "192.0.2.1",
// "2001:db8::1 fe80::1" or, in VPN families, "rd 0:0 192.0.2.1"; "none" where it
// is empty, and octets where it is of no known length.
func AppendNextHopText(dst []byte, f inet.Family, b []byte) []byte {
	n, err := ParseNextHop(f, b)
	if err != nil {
		return hex.AppendEncode(append(dst, "0x"...), b)
	}
	if !n.Addr.IsValid() {
		return append(dst, "none"...)
	}
	if hopHasRD(f) {
		dst, _ = n.RD.AppendText(append(dst, "rd "...))
		dst = append(dst, ' ')
	}
	dst = n.Addr.AppendTo(dst)
	if n.LinkLocal.IsValid() {
		dst = n.LinkLocal.AppendTo(append(dst, ' '))
	}
	return dst
}

// String returns the addresses, "none" where there is none, with "rd RD" in front
// unless the distinguisher is zero, as it should be.
func (n NextHop) String() string {
	if !n.Addr.IsValid() {
		return "none"
	}
	text := n.Addr.String()
	if n.RD != (inet.RD{}) {
		text = "rd " + n.RD.String() + " " + text
	}
	if n.LinkLocal.IsValid() {
		text += " " + n.LinkLocal.String()
	}
	return text
}
