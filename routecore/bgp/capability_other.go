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

// FQDN returns host and domain name as announced, made printable.
func (o Open) FQDN() (host, domain string, ok bool) {
	v, ok := o.Capability(CapFQDN)
	if !ok || len(v) == 0 || len(v) < 1+int(v[0]) {
		return "", "", false
	}
	host, v = printable(v[1:1+int(v[0])]), v[1+int(v[0]):]
	if len(v) > 0 && len(v) >= 1+int(v[0]) {
		domain = printable(v[1 : 1+int(v[0])])
	}
	return host, domain, true
}

// SoftwareVersion returns the announced version text, made printable.
func (o Open) SoftwareVersion() (string, bool) {
	v, ok := o.Capability(CapSoftwareVersion)
	if !ok || len(v) == 0 || len(v) < 1+int(v[0]) {
		return "", false
	}
	return printable(v[1 : 1+int(v[0])]), true
}

// NewASN4 announces the 4-octet AS number (RFC 6793 §3).
func NewASN4(asn inet.ASN) Capability {
	return Capability{CapASN4, binary.BigEndian.AppendUint32(nil, uint32(asn))}
}

// NewRole announces a role (RFC 9234 §4.1).
func NewRole(r Role) Capability { return Capability{CapRole, []byte{byte(r)}} }

// NewFlag announces a capability without a value, such as [CapRouteRefresh] or
// [CapExtendedMessage].
func NewFlag(code CapCode) Capability { return Capability{Code: code} }
