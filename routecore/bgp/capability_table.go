package bgp

// CapInfo is a row of [Capabilities].
type CapInfo struct {
	Code   CapCode
	Name   string
	RFC    string
	size   capSize
	strict bool // a wrong length makes the OPEN useless
	check  func(v []byte) bool
	json   func(dst, v []byte) []byte // a whole and valid value; nil shows nothing but flags and raw octets
}

// capSize is how long a value may be: head octets and any number of units.
type capSize struct{ head, unit int16 }

var anySize = capSize{0, 1}

func (s capSize) fits(n int) bool {
	n -= int(s.head)
	return n == 0 || n > 0 && s.unit > 0 && n%int(s.unit) == 0
}

// Capabilities lists every capability that has a name (IANA "Capability Codes").
// It is data, never modified. It drives names, length checks, what stands inside a
// value and JSON.
var Capabilities = [...]CapInfo{
	{CapMultiprotocol, "multiprotocol", "RFC 4760 §8", capSize{4, 0}, true, nil, jsonCapMultiprotocol},
	{CapRouteRefresh, "route refresh", "RFC 2918 §2", capSize{}, false, nil, nil},
	{CapORF, "outbound route filtering", "RFC 5291 §5", anySize, false, checkCapORF, jsonCapORF},
	{4, "multiple routes (deprecated)", "RFC 8277", anySize, false, nil, nil},
	{CapExtendedNextHop, "extended next hop", "RFC 8950 §4", capSize{0, 6}, false, nil, jsonCapExtendedNextHop},
	{CapExtendedMessage, "extended message", "RFC 8654 §3", capSize{}, false, nil, nil},
	{CapBGPsec, "bgpsec", "RFC 8205 §2.1", capSize{3, 0}, false, nil, jsonCapBGPsec},
	{CapMultipleLabels, "multiple labels", "RFC 8277 §2.1", capSize{0, 4}, false, nil, jsonCapMultipleLabels},
	{CapRole, "role", "RFC 9234 §4.1", capSize{1, 0}, false, nil, jsonCapRole},
	{CapGracefulRestart, "graceful restart", "RFC 4724 §3", capSize{2, 4}, false, nil, jsonCapGracefulRestart},
	{CapASN4, "4-octet AS number", "RFC 6793 §3", capSize{4, 0}, true, nil, jsonCapASN4},
	{66, "deprecated", "RFC 8810", anySize, false, nil, nil},
	{CapDynamic, "dynamic capability", "draft-ietf-idr-dynamic-cap", anySize, false, nil, jsonCapCodes},
	{CapMultisession, "multisession", "draft-ietf-idr-bgp-multisession", anySize, false, nil, jsonCapMultisession},
	{CapAddPath, "add-path", "RFC 7911 §4", capSize{0, 4}, false, nil, jsonCapAddPath},
	{CapEnhancedRouteRefresh, "enhanced route refresh", "RFC 7313 §3.1", capSize{}, false, nil, nil},
	{CapLLGR, "long-lived graceful restart", "RFC 9494 §3.1", capSize{0, 7}, false, nil, jsonCapLLGR},
	{72, "routing policy distribution", "draft-ietf-idr-rpd", anySize, false, nil, nil},
	{CapFQDN, "fqdn", "draft-walton-bgp-hostname-capability", anySize, false, checkCapFQDN, jsonCapFQDN},
	{CapBFDStrict, "bfd strict mode", "draft-ietf-idr-bgp-bfd-strict-mode", capSize{}, false, nil, nil},
	{CapSoftwareVersion, "software version", "draft-abraitis-bgp-version-capability", anySize, false, checkCapText, jsonCapSoftwareVersion},
	{CapPathsLimit, "paths limit", "draft-abraitis-idr-addpath-paths-limit", capSize{0, 5}, false, nil, jsonCapPathsLimit},
	{CapLinkLocalNextHop, "link-local next hop", "draft-ietf-idr-linklocal-capability", capSize{}, false, nil, nil},
	{CapCiscoRouteRefresh, "route refresh (pre-standard)", "RFC 8810", capSize{}, false, nil, nil},
	{CapOldORF, "outbound route filtering (pre-standard)", "RFC 8810", anySize, false, checkCapORF, jsonCapORF},
	{CapCiscoORF, "outbound route filtering (pre-standard, Cisco)", "RFC 8810", anySize, false, checkCapORF, jsonCapORF},
	{CapOldMultisession, "multisession (pre-standard)", "RFC 8810", anySize, false, nil, jsonCapMultisession},
	{184, "fqdn (pre-standard)", "RFC 8810", anySize, false, nil, nil},
	{185, "operational message (pre-standard)", "RFC 8810", anySize, false, nil, nil},
}

// Valid reports whether the value has the form that the capability's definition
// wants. A capability without a row is always valid. What is not valid is ignored
// by the getters as far as it cannot be read (RFC 5492 §5), and shown raw.
func (c Capability) Valid() bool {
	info := c.Code.info()
	return info.size.fits(len(c.Value)) && (info.check == nil || info.check(c.Value))
}
