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
	CapDynamic              CapCode = 67
	CapMultisession         CapCode = 68
	CapAddPath              CapCode = 69
	CapEnhancedRouteRefresh CapCode = 70
	CapLLGR                 CapCode = 71
	CapFQDN                 CapCode = 73
	CapBFDStrict            CapCode = 74
	CapSoftwareVersion      CapCode = 75
	CapPathsLimit           CapCode = 76
	CapLinkLocalNextHop     CapCode = 77
	CapCiscoRouteRefresh    CapCode = 128
	CapOldORF               CapCode = 129
	CapCiscoORF             CapCode = 130
	CapOldMultisession      CapCode = 131
)

// Info returns the row of the code, with an empty Name where there is none.
func (c CapCode) Info() CapInfo { return *c.info() }

func (c CapCode) info() *CapInfo {
	for i := range Capabilities {
		if Capabilities[i].Code == c {
			return &Capabilities[i]
		}
	}
	return &CapInfo{Code: c, size: anySize}
}

// String returns the name, or "capability N".
func (c CapCode) String() string {
	if info := c.Info(); info.Name != "" {
		return info.Name
	}
	return "capability " + strconv.Itoa(int(c))
}

// Capability is one announced capability. Value is at most 255 octets and
// aliases the input after [ParseOpen]; unknown ones are kept as they came. A list
// of families longer than that has to go into several capabilities of one code.
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
// that repeats itself corrects itself. That is the rule for all capabilities that
// say one thing (RFC 5492 §4 leaves it to each of them). Those that list families
// may be repeated by design, once per family or with several in one; their getters
// look at all, and of two entries for one family the later counts. Repeated flags
// change nothing, and two roles that differ refuse the session ([Open.Validate]).
func (o Open) Capability(code CapCode) ([]byte, bool) {
	for i := len(o.Caps) - 1; i >= 0; i-- {
		if o.Caps[i].Code == code {
			return o.Caps[i].Value, true
		}
	}
	return nil, false
}
