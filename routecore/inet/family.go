package inet

import "strconv"

// AFI is an address family identifier (IANA address-family-numbers).
type AFI uint16

// SAFI is a subsequent address family identifier (RFC 4760 §6).
type SAFI uint8

// The address families that carry routes today.
const (
	AFIIPv4  AFI = 1
	AFIIPv6  AFI = 2
	AFIL2VPN AFI = 25
	AFIBGPLS AFI = 16388
)

// The subsequent address families with a name of their own in this library.
const (
	SAFIUnicast     SAFI = 1
	SAFIMulticast   SAFI = 2
	SAFILabelled    SAFI = 4
	SAFIMCASTVPN    SAFI = 5
	SAFIVPLS        SAFI = 65
	SAFIEVPN        SAFI = 70
	SAFIBGPLS       SAFI = 71
	SAFIBGPLSVPN    SAFI = 72
	SAFISRPolicy    SAFI = 73
	SAFIMUP         SAFI = 85
	SAFIMPLSVPN     SAFI = 128
	SAFIMVPN        SAFI = 129
	SAFIRTC         SAFI = 132
	SAFIFlowSpec    SAFI = 133
	SAFIFlowSpecVPN SAFI = 134
)

// Family is a pair of AFI and SAFI in one comparable word: AFI<<8 | SAFI. The
// zero value is no family.
type Family uint32

// The families whose routes the RIB keeps as prefixes, and the further ones
// that have a name in [Families].
const (
	IPv4Unicast     Family = Family(AFIIPv4)<<8 | Family(SAFIUnicast)
	IPv6Unicast     Family = Family(AFIIPv6)<<8 | Family(SAFIUnicast)
	IPv4Multicast   Family = Family(AFIIPv4)<<8 | Family(SAFIMulticast)
	IPv6Multicast   Family = Family(AFIIPv6)<<8 | Family(SAFIMulticast)
	IPv4Labelled    Family = Family(AFIIPv4)<<8 | Family(SAFILabelled)
	IPv6Labelled    Family = Family(AFIIPv6)<<8 | Family(SAFILabelled)
	IPv4MPLSVPN     Family = Family(AFIIPv4)<<8 | Family(SAFIMPLSVPN)
	IPv6MPLSVPN     Family = Family(AFIIPv6)<<8 | Family(SAFIMPLSVPN)
	IPv4FlowSpec    Family = Family(AFIIPv4)<<8 | Family(SAFIFlowSpec)
	IPv6FlowSpec    Family = Family(AFIIPv6)<<8 | Family(SAFIFlowSpec)
	IPv4FlowSpecVPN Family = Family(AFIIPv4)<<8 | Family(SAFIFlowSpecVPN)
	IPv6FlowSpecVPN Family = Family(AFIIPv6)<<8 | Family(SAFIFlowSpecVPN)
	IPv4RTC         Family = Family(AFIIPv4)<<8 | Family(SAFIRTC)
	L2VPNVPLS       Family = Family(AFIL2VPN)<<8 | Family(SAFIVPLS)
	L2VPNEVPN       Family = Family(AFIL2VPN)<<8 | Family(SAFIEVPN)
	BGPLS           Family = Family(AFIBGPLS)<<8 | Family(SAFIBGPLS)
)

// FamilyInfo is a row of [Families].
type FamilyInfo struct {
	Family Family
	Name   string // as in JSON and on the command line: "ipv4 unicast"
	Config string // as in upstream's configuration: "Ipv4Unicast"
	RFC    string
	Prefix bool // NLRI are plain prefixes: a length octet in bits and the significant octets
}

// Families lists every family that has a name. It is data, never modified.
var Families = [...]FamilyInfo{
	{IPv4Unicast, "ipv4 unicast", "Ipv4Unicast", "RFC 4760", true},
	{IPv6Unicast, "ipv6 unicast", "Ipv6Unicast", "RFC 2545", true},
	{IPv4Multicast, "ipv4 multicast", "Ipv4Multicast", "RFC 4760", true},
	{IPv6Multicast, "ipv6 multicast", "Ipv6Multicast", "RFC 4760", true},
	{IPv4Labelled, "ipv4 labelled", "Ipv4MplsUnicast", "RFC 8277", false},
	{IPv6Labelled, "ipv6 labelled", "Ipv6MplsUnicast", "RFC 8277", false},
	{IPv4MPLSVPN, "ipv4 mpls-vpn", "Ipv4MplsVpnUnicast", "RFC 4364", false},
	{IPv6MPLSVPN, "ipv6 mpls-vpn", "Ipv6MplsVpnUnicast", "RFC 4659", false},
	{IPv4FlowSpec, "ipv4 flowspec", "Ipv4FlowSpec", "RFC 8955", false},
	{IPv6FlowSpec, "ipv6 flowspec", "Ipv6FlowSpec", "RFC 8956", false},
	{IPv4FlowSpecVPN, "ipv4 flowspec-vpn", "Ipv4FlowSpecVpn", "RFC 8955", false},
	{IPv6FlowSpecVPN, "ipv6 flowspec-vpn", "Ipv6FlowSpecVpn", "RFC 8956", false},
	{IPv4RTC, "ipv4 rtc", "Ipv4RouteTarget", "RFC 4684", false},
	{L2VPNVPLS, "l2vpn vpls", "L2VpnVpls", "RFC 4761", false},
	{L2VPNEVPN, "l2vpn evpn", "L2VpnEvpn", "RFC 7432", false},
	{BGPLS, "bgp-ls", "BgpLs", "RFC 9552", false},
}

// NewFamily joins the two identifiers.
func NewFamily(afi AFI, safi SAFI) Family { return Family(afi)<<8 | Family(safi) }

// AFI returns the address family identifier.
func (f Family) AFI() AFI { return AFI(f >> 8) }

// SAFI returns the subsequent address family identifier.
func (f Family) SAFI() SAFI { return SAFI(f) }

// IsPrefix reports whether NLRI of the family are plain IPv4 or IPv6 prefixes.
func (f Family) IsPrefix() bool {
	afi, safi := f.AFI(), f.SAFI()
	return (afi == AFIIPv4 || afi == AFIIPv6) && (safi == SAFIUnicast || safi == SAFIMulticast)
}

// MaxBits returns the longest prefix length of the address family: 32, 128, or
// 0 where the AFI is neither IPv4 nor IPv6.
func (f Family) MaxBits() int {
	switch f.AFI() {
	case AFIIPv4:
		return 32
	case AFIIPv6:
		return 128
	}
	return 0
}

// String returns the name in [Families], or "afi N safi M" for another family.
func (f Family) String() string {
	for i := range Families {
		if Families[i].Family == f {
			return Families[i].Name
		}
	}
	return "afi " + strconv.Itoa(int(f.AFI())) + " safi " + strconv.Itoa(int(f.SAFI()))
}

// FamilyByName finds a family by either of its names in [Families].
func FamilyByName(name string) (Family, bool) {
	for i := range Families {
		if Families[i].Name == name || Families[i].Config == name {
			return Families[i].Family, true
		}
	}
	return 0, false
}
