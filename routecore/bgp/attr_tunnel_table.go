package bgp

import "strconv"

// tunnelSubTable is the one table of sub-TLVs of a tunnel (IANA "BGP Tunnel
// Encapsulation Attribute Sub-TLVs"). What the encapsulation sub-TLV holds
// depends on the tunnel type: see encapsulationTable. Octets of flags of which none
// is defined count as reserved.
var tunnelSubTable = tlvTable{frame: frameTunnel, rows: []TLVInfo{
	{1, "Encapsulation", "encapsulation", "RFC 9012 §3.2", false, whole(kindBytes)},
	{2, "Protocol Type", "protocolType", "RFC 9012 §3.4.1", false, []field{num("", 2)}},
	{4, "Color", "color", "RFC 9012 §3.4.2", false, []field{num("communityType", 2), flags(2, ""), num("color", 4)}},
	{5, "Load-Balancing Block", "loadBalancingBlock", "RFC 5640", false, whole(kindBytes)},
	{6, "Tunnel Egress Endpoint", "egressEndpoint", "RFC 9012 §3.1", false, []field{skip(4), part("address", kindAFAddr)}},
	{7, "DS Field", "dsField", "RFC 9012 §3.3.1", false, lsNum1},
	{8, "UDP Destination Port", "udpPort", "RFC 9012 §3.3.2", false, []field{num("", 2)}},
	{9, "Embedded Label Handling", "embeddedLabelHandling", "RFC 9012 §3.5", false, lsNum1},
	{10, "MPLS Label Stack", "labelStack", "RFC 9012 §3.6", false, []field{many("", labelEntry()...)}},
	{11, "Prefix-SID", "prefixSid", "RFC 9012 §3.7", false, []field{inner(tablePrefixSID)}},
	{12, "Preference", "preference", "RFC 9830 §2.4.1", false, []field{skip(2), num("", 4)}},
	{13, "Binding SID", "bindingSid", "RFC 9830 §2.4.2", false,
		[]field{flags(1, "specified dropUponInvalid"), skip(1), optional(part("", kindBindingSID))}},
	{14, "Explicit NULL Label Policy", "explicitNull", "RFC 9830 §2.4.5", false, []field{skip(2), num("", 1)}},
	{15, "Policy Priority", "priority", "RFC 9830 §2.4.6", false, []field{num("", 1), skip(1)}},
	{16, "SPI/SI Representation", "spiSiRepresentation", "RFC 9015", false, whole(kindBytes)},
	{20, "SRv6 Binding SID", "srv6BindingSid", "RFC 9830 §2.4.3", true,
		append([]field{flags(1, "specified dropUponInvalid behavior"), skip(1), addr("sid", 16)}, behavior()...)},
	{128, "Segment List", "segmentLists", "RFC 9830 §2.4.4", true, []field{skip(1), inner(tableSegments)}},
	{129, "Policy Candidate Path Name", "candidatePathName", "RFC 9830 §2.4.7", false, []field{skip(1), part("", kindText)}},
	{130, "Policy Name", "policyName", "RFC 9830 §2.4.8", false, []field{skip(1), part("", kindText)}},
}}

// encapsulationTable is the table of what the encapsulation sub-TLV holds, by tunnel
// type. Types without a row keep their octets.
var encapsulationTable = tlvTable{frame: frame22, rows: []TLVInfo{
	{1, "L2TPv3 over IP", "encapsulation", "RFC 9012 §3.2.3", false, []field{num("sessionId", 4), optional(part("cookie", kindBytes))}},
	{2, "GRE", "encapsulation", "RFC 9012 §3.2.4", false, []field{num("key", 4)}},
	{8, "VXLAN", "encapsulation", "RFC 9012 §3.2.1", false, vxlan},
	{9, "NVGRE", "encapsulation", "RFC 9012 §3.2.2", false, vxlan},
	{11, "MPLS-in-GRE", "encapsulation", "RFC 9012 §3.2.5", false, []field{num("key", 4)}},
}}

// vxlan is the layout of both tunnels that carry Ethernet with an identifier of a
// virtual network.
var vxlan = []field{flags(1, "identifier mac"), num("vni", 3), field{key: "mac", kind: kindBytes, size: 6}, skip(2)}

// segmentTable is the one table of what a segment list holds (IANA "SR Policy
// Segment List Sub-TLVs"). The letters are the segment types of RFC 9256 §4.
var segmentTable = tlvTable{frame: frame11, sequence: "segments", rows: []TLVInfo{
	{1, "Segment Type A", "A", "RFC 9830 §2.4.4.2.1", true, append([]field{segmentFlags, skip(1)}, labelEntry()...)},
	{3, "Segment Type C", "C", "RFC 9831 §2.1", true,
		append([]field{segmentFlags, num("algorithm", 1), addr("node", 4)}, optionalLabel()...)},
	{4, "Segment Type D", "D", "RFC 9831 §2.2", true,
		append([]field{segmentFlags, num("algorithm", 1), addr("node", 16)}, optionalLabel()...)},
	{5, "Segment Type E", "E", "RFC 9831 §2.3", true,
		append([]field{segmentFlags, skip(1), num("localInterface", 4), addr("node", 4)}, optionalLabel()...)},
	{6, "Segment Type F", "F", "RFC 9831 §2.4", true,
		append([]field{segmentFlags, skip(1), addr("local", 4), addr("remote", 4)}, optionalLabel()...)},
	{7, "Segment Type G", "G", "RFC 9831 §2.5", true,
		append([]field{segmentFlags, skip(1), num("localInterface", 4), addr("local", 16), num("remoteInterface", 4), addr("remote", 16)}, optionalLabel()...)},
	{8, "Segment Type H", "H", "RFC 9831 §2.6", true,
		append([]field{segmentFlags, skip(1), addr("local", 16), addr("remote", 16)}, optionalLabel()...)},
	{9, "Weight", "weight", "RFC 9830 §2.4.4.1", false, []field{skip(2), num("", 4)}},
	{13, "Segment Type B", "B", "RFC 9830 §2.4.4.2.2", true,
		append([]field{segmentFlags, skip(1), addr("sid", 16)}, behavior()...)},
	{14, "Segment Type I", "I", "RFC 9831 §2.7", true,
		append([]field{segmentFlags, num("algorithm", 1), addr("node", 16), optional(addr("sid", 16))}, behavior()...)},
	{15, "Segment Type J", "J", "RFC 9831 §2.8", true,
		append([]field{segmentFlags, num("algorithm", 1), num("localInterface", 4), addr("local", 16), num("remoteInterface", 4), addr("remote", 16), optional(addr("sid", 16))}, behavior()...)},
	{16, "Segment Type K", "K", "RFC 9831 §2.9", true,
		append([]field{segmentFlags, num("algorithm", 1), addr("local", 16), addr("remote", 16), optional(addr("sid", 16))}, behavior()...)},
}}

// segmentFlags are V: verify the segment, A: the algorithm counts, S: a SID is
// given, B: its behavior and structure are (RFC 9830 §2.4.4.2.3).
var segmentFlags = flags(1, "verify algorithm sid behavior")

func labelEntry() []field { return []field{part("", kindStackEntry)} }

func optionalLabel() []field { return []field{optional(part("", kindStackEntry))} }

// behavior is the eight octets that may follow an SRv6 SID (RFC 9830 §2.4.4.2.4).
func behavior() []field {
	return []field{optional(num("behavior", 2)), optional(skip(2)), optional(num("locatorBlock", 1)), optional(num("locatorNode", 1)),
		optional(num("function", 1)), optional(num("argument", 1))}
}

// TunnelType is the type of a tunnel (IANA "BGP Tunnel Encapsulation Attribute
// Tunnel Types").
type TunnelType uint16

// TunnelSRPolicy is the type whose sub-TLVs describe a candidate path (RFC 9830 §2.2).
const TunnelSRPolicy TunnelType = 15

var tunnelNames = [...]string{
	1: "L2TPv3 over IP", 2: "GRE", 3: "Transmit tunnel endpoint", 4: "IPsec in Tunnel-mode", 5: "IP in IP tunnel with IPsec Transport Mode",
	6: "MPLS-in-IP tunnel with IPsec Transport Mode", 7: "IP in IP", 8: "VXLAN", 9: "NVGRE", 10: "MPLS", 11: "MPLS-in-GRE", 12: "VXLAN GPE",
	13: "MPLS-in-UDP", 14: "IPv6 Tunnel", 15: "SR Policy", 16: "Bare", 17: "SR Tunnel", 18: "Cloud Security", 19: "Geneve", 20: "Any-Encapsulation",
	21: "GTP", 22: "Dynamic Path Selection", 23: "Originating PE", 24: "Dynamic Path Selection Policy", 25: "SD-WAN-Hybrid", 26: "X-over-UDP",
	27: "Distributed Etherlink Switch", 28: "ESP-Protected-Payload",
}

// String returns the name, or "tunnel type N".
func (t TunnelType) String() string {
	if int(t) < len(tunnelNames) && tunnelNames[t] != "" {
		return tunnelNames[t]
	}
	return "tunnel type " + strconv.Itoa(int(t))
}
