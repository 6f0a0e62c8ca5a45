package bgp

// The route types of EVPN.
const (
	EVPNEthernetAD          = 1
	EVPNMACIP               = 2
	EVPNInclusiveMulticast  = 3
	EVPNEthernetSegment     = 4
	EVPNIPPrefix            = 5
	EVPNSelectiveMulticast  = 6
	EVPNMulticastMembership = 7
	EVPNMulticastLeave      = 8
	EVPNRegionIPMSI         = 9
	EVPNSPMSI               = 10
	EVPNLeaf                = 11
)

// evpnFamily is the table of EVPN route types. Labels, gateways, flags and, where
// a host is meant, the Ethernet segment do not belong to the key (RFC 7432 §7,
// RFC 9136 §3.1, RFC 9251 §9).
var evpnFamily = typedFamily{skip: 1, rfc: "RFC 7432 §7", types: []typedLayout{
	{EVPNEthernetAD, "ethernet-ad", "RFC 7432 §7.1", []typedPart{
		{fieldRD, true}, {fieldESI, true}, {fieldEthernetTag, true}, {fieldLabel, false}}},
	{EVPNMACIP, "mac-ip", "RFC 7432 §7.2", []typedPart{
		{fieldRD, true}, {fieldESI, false}, {fieldEthernetTag, true}, {fieldMAC, true}, {fieldIP, true}, {fieldLabels, false}}},
	{EVPNInclusiveMulticast, "inclusive-multicast", "RFC 7432 §7.3", []typedPart{
		{fieldRD, true}, {fieldEthernetTag, true}, {fieldOriginator, true}}},
	{EVPNEthernetSegment, "ethernet-segment", "RFC 7432 §7.4", []typedPart{
		{fieldRD, true}, {fieldESI, true}, {fieldOriginator, true}}},
	{EVPNIPPrefix, "ip-prefix", "RFC 9136 §3.1", []typedPart{
		{fieldRD, true}, {fieldESI, false}, {fieldEthernetTag, true}, {fieldWidePrefix, true}, {fieldGateway, false}, {fieldLabel, false}}},
	{EVPNSelectiveMulticast, "selective-multicast", "RFC 9251 §9.1", []typedPart{
		{fieldRD, true}, {fieldEthernetTag, true}, {fieldSource, true}, {fieldGroup, true}, {fieldOriginator, true}, {fieldFlags, false}}},
	{EVPNMulticastMembership, "multicast-membership", "RFC 9251 §9.2", []typedPart{
		{fieldRD, true}, {fieldESI, true}, {fieldEthernetTag, true}, {fieldSource, true}, {fieldGroup, true}, {fieldOriginator, true}, {fieldFlags, false}}},
	{EVPNMulticastLeave, "multicast-leave", "RFC 9251 §9.3", []typedPart{
		{fieldRD, true}, {fieldESI, true}, {fieldEthernetTag, true}, {fieldSource, true}, {fieldGroup, true}, {fieldOriginator, true},
		{fieldLeaveNumber, false}, {fieldMaxResponse, false}, {fieldLateFlags, false}}},
	{EVPNRegionIPMSI, "region-i-pmsi", "RFC 9572 §3.1", []typedPart{
		{fieldRD, true}, {fieldEthernetTag, true}, {fieldRegionID, true}}},
	{EVPNSPMSI, "s-pmsi", "RFC 9572 §3.2", []typedPart{
		{fieldRD, true}, {fieldEthernetTag, true}, {fieldSource, true}, {fieldGroup, true}, {fieldOriginator, true}}},
	{EVPNLeaf, "leaf", "RFC 9572 §3.3", []typedPart{
		{fieldRouteKey, true}, {fieldOriginator, true}}},
}}
