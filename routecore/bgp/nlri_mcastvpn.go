package bgp

// The route types of MCAST-VPN.
const (
	MCASTVPNIntraASIPMSI   = 1
	MCASTVPNInterASIPMSI   = 2
	MCASTVPNSPMSI          = 3
	MCASTVPNLeaf           = 4
	MCASTVPNSourceActive   = 5
	MCASTVPNSharedTreeJoin = 6
	MCASTVPNSourceTreeJoin = 7
)

// mcastVPNFamily is the table of MCAST-VPN route types; all fields are key.
var mcastVPNFamily = typedFamily{skip: 1, rfc: "RFC 6514 §4", types: []typedLayout{
	{MCASTVPNIntraASIPMSI, "intra-as-i-pmsi", "RFC 6514 §4.1", []typedPart{
		{fieldRD, true}, {fieldLastOriginator, true}}},
	{MCASTVPNInterASIPMSI, "inter-as-i-pmsi", "RFC 6514 §4.2", []typedPart{
		{fieldRD, true}, {fieldSourceAS, true}}},
	{MCASTVPNSPMSI, "s-pmsi", "RFC 6514 §4.3", []typedPart{
		{fieldRD, true}, {fieldSource, true}, {fieldGroup, true}, {fieldLastOriginator, true}}},
	{MCASTVPNLeaf, "leaf", "RFC 6514 §4.4", []typedPart{
		{fieldRouteKey, true}, {fieldLastOriginator, true}}},
	{MCASTVPNSourceActive, "source-active", "RFC 6514 §4.5", []typedPart{
		{fieldRD, true}, {fieldSource, true}, {fieldGroup, true}}},
	{MCASTVPNSharedTreeJoin, "shared-tree-join", "RFC 6514 §4.6", []typedPart{
		{fieldRD, true}, {fieldSourceAS, true}, {fieldSource, true}, {fieldGroup, true}}},
	{MCASTVPNSourceTreeJoin, "source-tree-join", "RFC 6514 §4.6", []typedPart{
		{fieldRD, true}, {fieldSourceAS, true}, {fieldSource, true}, {fieldGroup, true}}},
}}
