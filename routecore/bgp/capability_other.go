package bgp

import (
	"encoding/binary"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Role is the part that the sender plays on the session (RFC 9234 §4.1).
type Role uint8

// The roles.
const (
	RoleProvider Role = 0
	RoleRS       Role = 1
	RoleRSClient Role = 2
	RoleCustomer Role = 3
	RolePeer     Role = 4
)

var roleNames = [...]string{"provider", "rs", "rs-client", "customer", "peer"}

// String returns the name in lower case, or "role N".
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return "role " + strconv.Itoa(int(r))
}

// Role returns the role where it was announced in the right length.
func (o Open) Role() (Role, bool) {
	v, ok := o.Capability(CapRole)
	if !ok || len(v) != 1 {
		return 0, false
	}
	return Role(v[0]), true
}

// Matches tells whether a session between the two roles is possible, whichever
// end announced which (RFC 9234 §4.2, table 2).
func (r Role) Matches(remote Role) bool {
	switch r {
	case RoleProvider:
		return remote == RoleCustomer
	case RoleCustomer:
		return remote == RoleProvider
	case RoleRS:
		return remote == RoleRSClient
	case RoleRSClient:
		return remote == RoleRS
	}
	return r == RolePeer && remote == RolePeer
}

// cutFQDN returns host and domain name of a value that [checkCapFQDN] accepts.
func cutFQDN(v []byte) (host, domain []byte) {
	host, v = v[1:1+int(v[0])], v[1+int(v[0]):]
	if len(v) > 0 {
		domain = v[1 : 1+int(v[0])]
	}
	return host, domain
}

// checkCapFQDN wants a host name and, unless the value ends there, a domain name.
func checkCapFQDN(v []byte) bool {
	if len(v) == 0 || len(v) < 1+int(v[0]) {
		return false
	}
	v = v[1+int(v[0]):]
	return len(v) == 0 || len(v) == 1+int(v[0])
}

// checkCapText wants one text behind its length.
func checkCapText(v []byte) bool { return len(v) > 0 && len(v) == 1+int(v[0]) }

// FQDN returns host and domain name as announced, made printable.
func (o Open) FQDN() (host, domain string, ok bool) {
	v, ok := o.Capability(CapFQDN)
	if !ok || !checkCapFQDN(v) {
		return "", "", false
	}
	h, d := cutFQDN(v)
	return printable(h), printable(d), true
}

// NewFQDN announces host and domain name, each cut after 64 octets as the draft
// wants.
func NewFQDN(host, domain string) Capability {
	host, domain = host[:min(len(host), 64)], domain[:min(len(domain), 64)]
	v := append([]byte{byte(len(host))}, host...)
	return Capability{CapFQDN, append(append(v, byte(len(domain))), domain...)}
}

// SoftwareVersion returns the announced version text, made printable.
func (o Open) SoftwareVersion() (string, bool) {
	v, ok := o.Capability(CapSoftwareVersion)
	if !ok || !checkCapText(v) {
		return "", false
	}
	return printable(v[1:]), true
}

// NewSoftwareVersion announces a version text, cut after 64 octets as the draft wants.
func NewSoftwareVersion(text string) Capability {
	text = text[:min(len(text), 64)]
	return Capability{CapSoftwareVersion, append([]byte{byte(len(text))}, text...)}
}

// DynamicCapabilities returns the codes that may change without a new session
// (draft-ietf-idr-dynamic-cap §3).
func (o Open) DynamicCapabilities() []CapCode { return o.codes(CapDynamic, 0) }

// NewDynamicCapability announces such codes.
func NewDynamicCapability(codes ...CapCode) Capability {
	return Capability{CapDynamic, appendCodes(nil, codes)}
}

// Multisession returns the flags and the codes that tell sessions apart
// (draft-ietf-idr-bgp-multisession §4); code is [CapMultisession] or
// [CapOldMultisession].
func (o Open) Multisession(code CapCode) (flags uint8, codes []CapCode, ok bool) {
	v, ok := o.Capability(code)
	if ok && len(v) > 0 {
		flags = v[0]
	}
	return flags, o.codes(code, 1), ok
}

// NewMultisession announces flags and codes.
func NewMultisession(code CapCode, flags uint8, codes ...CapCode) Capability {
	return Capability{code, appendCodes([]byte{flags}, codes)}
}

func (o Open) codes(code CapCode, skip int) []CapCode {
	v, _ := o.Capability(code)
	var out []CapCode
	for i := skip; i < len(v); i++ {
		out = append(out, CapCode(v[i]))
	}
	return out
}

func appendCodes(dst []byte, codes []CapCode) []byte {
	for _, c := range codes {
		dst = append(dst, byte(c))
	}
	return dst
}

// BoQRole is the part of a speaker in setting up BGP over QUIC
// (draft-retana-idr-bgp-quic).
type BoQRole uint8

// The roles of BGP over QUIC.
const (
	BoQAny    BoQRole = 0
	BoQClient BoQRole = 1
	BoQServer BoQRole = 2
)

// BoQRole returns the role announced under a code. The draft has no code point
// yet, so that both ends must be told the same one, out of 239 to 254 (RFC 8810).
func (o Open) BoQRole(code CapCode) (BoQRole, bool) {
	v, ok := o.Capability(code)
	if !ok || len(v) != 1 || v[0] > byte(BoQServer) {
		return 0, false
	}
	return BoQRole(v[0]), true
}

// NewBoQRole announces a role of BGP over QUIC under a code as in [Open.BoQRole].
func NewBoQRole(code CapCode, r BoQRole) Capability { return Capability{code, []byte{byte(r)}} }

// NewASN4 announces the 4-octet AS number (RFC 6793 §3).
func NewASN4(asn inet.ASN) Capability {
	return Capability{CapASN4, binary.BigEndian.AppendUint32(nil, uint32(asn))}
}

// NewRole announces a role (RFC 9234 §4.1).
func NewRole(r Role) Capability { return Capability{CapRole, []byte{byte(r)}} }

// NewFlag announces a capability without a value, such as [CapRouteRefresh] or
// [CapExtendedMessage].
func NewFlag(code CapCode) Capability { return Capability{Code: code} }
