package bgp

import (
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// CapCode is the code of a capability (RFC 5492).
type CapCode uint8

// Capabilities by name; [Capabilities] has them all.
const (
	CapMultiprotocol        CapCode = 1
	CapRouteRefresh         CapCode = 2
	CapORF                  CapCode = 3
	CapExtendedNextHop      CapCode = 5
	CapExtendedMessage      CapCode = 6
	CapBGPsec               CapCode = 7
	CapMultipleLabels       CapCode = 8
	CapRole                 CapCode = 9
	CapGracefulRestart      CapCode = 64
	CapASN4                 CapCode = 65
	CapAddPath              CapCode = 69
	CapEnhancedRouteRefresh CapCode = 70
	CapLLGR                 CapCode = 71
	CapFQDN                 CapCode = 73
	CapSoftwareVersion      CapCode = 75
	CapPathsLimit           CapCode = 76
	CapLinkLocalNextHop     CapCode = 77
	CapCiscoRouteRefresh    CapCode = 128
)

// CapInfo is a row of [Capabilities].
type CapInfo struct {
	Code   CapCode
	Name   string
	RFC    string
	fixed  int8 // length of the value in octets, -1 where it varies
	strict bool // a wrong length makes the OPEN useless
}

// Capabilities lists every capability that has a name (IANA "Capability Codes").
// It is data, never modified.
var Capabilities = [...]CapInfo{
	{CapMultiprotocol, "multiprotocol", "RFC 4760 §8", 4, true},
	{CapRouteRefresh, "route refresh", "RFC 2918 §2", 0, false},
	{CapORF, "outbound route filtering", "RFC 5291 §5", -1, false},
	{4, "multiple routes (deprecated)", "RFC 8277", -1, false},
	{CapExtendedNextHop, "extended next hop", "RFC 8950 §4", -1, false},
	{CapExtendedMessage, "extended message", "RFC 8654 §3", 0, false},
	{CapBGPsec, "bgpsec", "RFC 8205 §2.1", 3, false},
	{CapMultipleLabels, "multiple labels", "RFC 8277 §2.1", -1, false},
	{CapRole, "role", "RFC 9234 §4.1", 1, false},
	{CapGracefulRestart, "graceful restart", "RFC 4724 §3", -1, false},
	{CapASN4, "4-octet AS number", "RFC 6793 §3", 4, true},
	{66, "deprecated", "RFC 8810", -1, false},
	{67, "dynamic capability", "draft-ietf-idr-dynamic-cap", -1, false},
	{68, "multisession", "draft-ietf-idr-bgp-multisession", -1, false},
	{CapAddPath, "add-path", "RFC 7911 §4", -1, false},
	{CapEnhancedRouteRefresh, "enhanced route refresh", "RFC 7313 §3.1", 0, false},
	{CapLLGR, "long-lived graceful restart", "RFC 9494 §3.1", -1, false},
	{72, "routing policy distribution", "draft-ietf-idr-rpd", -1, false},
	{CapFQDN, "fqdn", "draft-walton-bgp-hostname-capability", -1, false},
	{74, "bfd strict mode", "draft-ietf-idr-bgp-bfd-strict-mode", -1, false},
	{CapSoftwareVersion, "software version", "draft-abraitis-bgp-version-capability", -1, false},
	{CapPathsLimit, "paths limit", "draft-abraitis-idr-addpath-paths-limit", -1, false},
	{CapLinkLocalNextHop, "link-local next hop", "draft-ietf-idr-linklocal-capability", 0, false},
	{CapCiscoRouteRefresh, "route refresh (pre-standard)", "RFC 8810", -1, false},
	{129, "outbound route filtering (pre-standard)", "RFC 8810", -1, false},
	{130, "outbound route filtering (pre-standard, Cisco)", "RFC 8810", -1, false},
	{131, "multisession (pre-standard)", "RFC 8810", -1, false},
	{184, "fqdn (pre-standard)", "RFC 8810", -1, false},
	{185, "operational message (pre-standard)", "RFC 8810", -1, false},
}

// Info returns the row of the code, with an empty Name where there is none.
func (c CapCode) Info() CapInfo {
	for i := range Capabilities {
		if Capabilities[i].Code == c {
			return Capabilities[i]
		}
	}
	return CapInfo{Code: c, fixed: -1}
}

// String returns the name, or "capability N".
func (c CapCode) String() string {
	if info := c.Info(); info.Name != "" {
		return info.Name
	}
	return "capability " + strconv.Itoa(int(c))
}

// Capability is one announced capability. Value is at most 255 octets and
// aliases the input after [ParseOpen]; unknown ones are kept as they came.
type Capability struct {
	Code  CapCode
	Value []byte
}

func (c Capability) append(dst []byte) []byte {
	return append(append(dst, byte(c.Code), byte(len(c.Value))), c.Value...)
}

// AppendCapabilities appends capabilities in wire form without any parameter
// around them: code, length, value (RFC 5492 §4).
func AppendCapabilities(dst []byte, caps []Capability) []byte {
	for _, c := range caps {
		if len(c.Value) <= 255 {
			dst = c.append(dst)
		}
	}
	return dst
}

// ParseCapabilities reads what [AppendCapabilities] writes. Values alias b.
func ParseCapabilities(b []byte) ([]Capability, error) { return appendCapabilities(nil, b, 0) }

func appendCapabilities(caps []Capability, b []byte, base int) ([]Capability, error) {
	r := inet.NewReader(b, base)
	for r.Len() > 0 {
		at := r.Offset()
		code := CapCode(r.U8())
		value := r.Bytes(int(r.U8()))
		if !r.OK() {
			return caps, openError(at, "RFC 5492 §4", "capability runs past the end of its parameter")
		}
		caps = append(caps, Capability{Code: code, Value: value})
	}
	return caps, nil
}

// Has reports whether the capability was announced.
func (o Open) Has(code CapCode) bool {
	_, ok := o.Capability(code)
	return ok
}

// Capability returns the value of the last capability with that code: a speaker
// that repeats itself corrects itself. Those that are repeated by design have
// getters that look at all.
func (o Open) Capability(code CapCode) ([]byte, bool) {
	for i := len(o.Caps) - 1; i >= 0; i-- {
		if o.Caps[i].Code == code {
			return o.Caps[i].Value, true
		}
	}
	return nil, false
}
