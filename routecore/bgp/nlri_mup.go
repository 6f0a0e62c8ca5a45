package bgp

// The route types of MUP for [MUPArchitecture5G].
const (
	MUPInterworkDiscovery = 1
	MUPDirectDiscovery    = 2
	MUPSessionType1       = 3
	MUPSessionType2       = 4

	MUPArchitecture5G = 1 // 3gpp-5g, the only architecture there is
)

const rfcMUP = "draft-ietf-bess-mup-safi §3.1"

// mupFamily is the table of MUP route types. Of a type 1 session only the prefix
// is key.
var mupFamily = typedFamily{skip: 3, rfc: rfcMUP, wanted: MUPArchitecture5G, types: []typedLayout{
	{MUPInterworkDiscovery, "interwork-segment-discovery", rfcMUP, []typedPart{
		{fieldRD, true}, {fieldPrefix, true}}},
	{MUPDirectDiscovery, "direct-segment-discovery", rfcMUP, []typedPart{
		{fieldRD, true}, {fieldLastAddress, true}}},
	{MUPSessionType1, "type-1-session-transformed", rfcMUP, []typedPart{
		{fieldRD, true}, {fieldPrefix, true}, {fieldTEID, false}, {fieldQFI, false}, {fieldEndpoint, false}, {fieldTunnelSource, false}}},
	{MUPSessionType2, "type-2-session-transformed", rfcMUP, []typedPart{
		{fieldRD, true}, {fieldEndpointTEID, true}}},
}}
