package inet

import "strconv"

// AFI is an address family identifier (IANA address-family-numbers).
type AFI uint16

// SAFI is a subsequent address family identifier (RFC 4760 §6).
type SAFI uint8

// The address families that carry routes today.
const (
	AFIIPv4          AFI = 1
	AFIIPv6          AFI = 2
	AFIEthernet      AFI = 6
	AFIL2VPN         AFI = 25
	AFISFC           AFI = 31
	AFIBGPLS         AFI = 16388
	AFIOpaque        AFI = 16397 // UUID in the registry; GoBGP uses it for pairs of key and value
	AFIRoutingPolicy AFI = 16398
)

// The subsequent address families with a name of their own in this library.
const (
	SAFIUnicast           SAFI = 1
	SAFIMulticast         SAFI = 2
	SAFIUnicastMulticast  SAFI = 3 // deprecated (RFC 4760 §6); in old archives
	SAFILabelled          SAFI = 4
	SAFIMCASTVPN          SAFI = 5
	SAFIMSPW              SAFI = 6
	SAFIEncapsulation     SAFI = 7
	SAFIMCASTVPLS         SAFI = 8
	SAFISFC               SAFI = 9
	SAFIVPLS              SAFI = 65
	SAFIMDT               SAFI = 66
	SAFIEVPN              SAFI = 70
	SAFIBGPLS             SAFI = 71
	SAFIBGPLSVPN          SAFI = 72
	SAFISRPolicy          SAFI = 73
	SAFISDWAN             SAFI = 74
	SAFIRoutingPolicy     SAFI = 75
	SAFIClassfulTransport SAFI = 76
	SAFITunnelledFlowSpec SAFI = 77
	SAFIMCASTTree         SAFI = 78
	SAFIBGPLSSPF          SAFI = 80
	SAFICAR               SAFI = 83
	SAFIVPNCAR            SAFI = 84
	SAFIMUP               SAFI = 85
	SAFIMPLSVPN           SAFI = 128
	SAFIMVPN              SAFI = 129
	SAFIRTC               SAFI = 132
	SAFIFlowSpec          SAFI = 133
	SAFIFlowSpecVPN       SAFI = 134
	SAFIVPNDiscovery      SAFI = 140
	SAFIKeyValue          SAFI = 241 // private use, GoBGP's
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

// Families lists every family that has a name: those whose NLRI are decoded, then
// those that are only named and kept as octets. It is data, never modified; rows
// are added at the end and there may be 64.
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
	{NewFamily(AFIIPv4, SAFIMCASTVPN), "ipv4 mcast-vpn", "Ipv4McastVpn", "RFC 6514", false},
	{NewFamily(AFIIPv6, SAFIMCASTVPN), "ipv6 mcast-vpn", "Ipv6McastVpn", "RFC 6514", false},
	{NewFamily(AFIIPv4, SAFISRPolicy), "ipv4 sr-policy", "Ipv4SrPolicy", "RFC 9830", false},
	{NewFamily(AFIIPv6, SAFISRPolicy), "ipv6 sr-policy", "Ipv6SrPolicy", "RFC 9830", false},
	{NewFamily(AFIIPv4, SAFIMUP), "ipv4 mup", "Ipv4Mup", "draft-ietf-bess-mup-safi", false},
	{NewFamily(AFIIPv6, SAFIMUP), "ipv6 mup", "Ipv6Mup", "draft-ietf-bess-mup-safi", false},
	{NewFamily(AFIIPv4, SAFIMVPN), "ipv4 mpls-vpn-multicast", "Ipv4MplsVpnMulticast", "RFC 6513", false},
	{NewFamily(AFIIPv6, SAFIMVPN), "ipv6 mpls-vpn-multicast", "Ipv6MplsVpnMulticast", "RFC 6513", false},
	{NewFamily(AFIBGPLS, SAFIBGPLSVPN), "bgp-ls-vpn", "BgpLsVpn", "RFC 9552", false},
	{NewFamily(AFIIPv6, SAFIRTC), "ipv6 rtc", "Ipv6RouteTarget", "RFC 4684", false},
	{NewFamily(AFIIPv4, SAFIClassfulTransport), "ipv4 classful-transport", "Ipv4ClassfulTransport", "RFC 9832", false},
	{NewFamily(AFIIPv6, SAFIClassfulTransport), "ipv6 classful-transport", "Ipv6ClassfulTransport", "RFC 9832", false},
	{NewFamily(AFIIPv4, SAFIUnicastMulticast), "ipv4 unicast-multicast", "Ipv4UnicastMulticast", "RFC 2858", false},
	{NewFamily(AFIIPv6, SAFIUnicastMulticast), "ipv6 unicast-multicast", "Ipv6UnicastMulticast", "RFC 2858", false},
	{NewFamily(AFIL2VPN, SAFIMSPW), "l2vpn ms-pw", "L2VpnMsPw", "RFC 7267", false},
	{NewFamily(AFIIPv4, SAFIEncapsulation), "ipv4 encapsulation", "Ipv4Encapsulation", "RFC 5512", false},
	{NewFamily(AFIIPv6, SAFIEncapsulation), "ipv6 encapsulation", "Ipv6Encapsulation", "RFC 5512", false},
	{NewFamily(AFIL2VPN, SAFIMCASTVPLS), "l2vpn mcast-vpls", "L2VpnMcastVpls", "RFC 7117", false},
	{NewFamily(AFISFC, SAFISFC), "sfc", "Sfc", "RFC 9015", false},
	{NewFamily(AFIIPv4, SAFIMDT), "ipv4 mdt", "Ipv4Mdt", "RFC 6037", false},
	{NewFamily(AFIIPv6, SAFIMDT), "ipv6 mdt", "Ipv6Mdt", "RFC 6037", false},
	{NewFamily(AFIIPv4, SAFISDWAN), "ipv4 sd-wan", "Ipv4SdWan", "draft-ietf-idr-sdwan-edge-discovery", false},
	{NewFamily(AFIIPv6, SAFISDWAN), "ipv6 sd-wan", "Ipv6SdWan", "draft-ietf-idr-sdwan-edge-discovery", false},
	{NewFamily(AFIRoutingPolicy, SAFIRoutingPolicy), "routing-policy", "RoutingPolicy", "draft-ietf-idr-rpd", false},
	{NewFamily(AFIIPv4, SAFITunnelledFlowSpec), "ipv4 tunnelled-flowspec", "Ipv4TunnelledFlowSpec", "draft-ietf-idr-flowspec-nvo3", false},
	{NewFamily(AFIIPv6, SAFITunnelledFlowSpec), "ipv6 tunnelled-flowspec", "Ipv6TunnelledFlowSpec", "draft-ietf-idr-flowspec-nvo3", false},
	{NewFamily(AFIIPv4, SAFIMCASTTree), "ipv4 mcast-tree", "Ipv4McastTree", "draft-ietf-bess-bgp-multicast", false},
	{NewFamily(AFIIPv6, SAFIMCASTTree), "ipv6 mcast-tree", "Ipv6McastTree", "draft-ietf-bess-bgp-multicast", false},
	{NewFamily(AFIBGPLS, SAFIBGPLSSPF), "bgp-ls-spf", "BgpLsSpf", "RFC 9815", false},
	{NewFamily(AFIIPv4, SAFICAR), "ipv4 car", "Ipv4Car", "RFC 9871", false},
	{NewFamily(AFIIPv6, SAFICAR), "ipv6 car", "Ipv6Car", "RFC 9871", false},
	{NewFamily(AFIIPv4, SAFIVPNCAR), "ipv4 vpn-car", "Ipv4VpnCar", "RFC 9871", false},
	{NewFamily(AFIIPv6, SAFIVPNCAR), "ipv6 vpn-car", "Ipv6VpnCar", "RFC 9871", false},
	{NewFamily(AFIL2VPN, SAFIFlowSpec), "l2vpn flowspec", "L2VpnFlowSpec", "draft-ietf-idr-flowspec-l2vpn", false},
	{NewFamily(AFIL2VPN, SAFIFlowSpecVPN), "l2vpn flowspec-vpn", "L2VpnFlowSpecVpn", "draft-ietf-idr-flowspec-l2vpn", false},
	{NewFamily(AFIEthernet, SAFIFlowSpec), "ethernet flowspec", "EthernetFlowSpec", "draft-ietf-idr-flowspec-l2vpn", false},
	{NewFamily(AFIIPv4, SAFIVPNDiscovery), "ipv4 vpn-discovery", "Ipv4VpnDiscovery", "RFC 6074", false},
	{NewFamily(AFIIPv6, SAFIVPNDiscovery), "ipv6 vpn-discovery", "Ipv6VpnDiscovery", "RFC 6074", false},
	{NewFamily(AFIOpaque, SAFIKeyValue), "key-value", "KeyValue", "GoBGP", false},
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
