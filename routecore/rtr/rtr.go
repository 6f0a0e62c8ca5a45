// Package rtr speaks the RPKI to Router protocol, versions 0 (RFC 6810), 1 (RFC
// 8210) and 2 (draft-ietf-sidrops-8210bis): its PDUs, and the router's side of
// a session as a pure step function.
//
// It opens no connection, reads no clock and validates no route: who connects
// is a unit, what VRPs mean is package rpki. Start reading at [Client].
package rtr

import (
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// Type is the type of a PDU (RFC 8210 §5).
type Type uint8

// The types of PDUs.
const (
	SerialNotify  Type = 0
	SerialQuery   Type = 1
	ResetQuery    Type = 2
	CacheResponse Type = 3
	IPv4Prefix    Type = 4
	IPv6Prefix    Type = 6
	EndOfData     Type = 7
	CacheReset    Type = 8
	RouterKey     Type = 9
	ErrorReport   Type = 10
	ASPA          Type = 11
)

var typeNames = map[Type]string{
	SerialNotify: "Serial Notify", SerialQuery: "Serial Query", ResetQuery: "Reset Query", CacheResponse: "Cache Response",
	IPv4Prefix: "IPv4 Prefix", IPv6Prefix: "IPv6 Prefix", EndOfData: "End of Data", CacheReset: "Cache Reset",
	RouterKey: "Router Key", ErrorReport: "Error Report", ASPA: "ASPA",
}

// String returns the name of RFC 8210.
func (t Type) String() string {
	if name, ok := typeNames[t]; ok {
		return name
	}
	return fmt.Sprintf("PDU type %d", uint8(t))
}

// The highest version spoken, and the longest PDU accepted, in bytes. Only an
// Error Report or an ASPA comes near it.
const (
	MaxVersion = 2
	MaxLen     = 64 << 10
)

const headerLen = 8

// PDU is one PDU in wire form, its length checked against its type. The bytes
// are those that were read.
type PDU []byte

// Version returns the protocol version.
func (p PDU) Version() uint8 { return p[0] }

// Type returns the type.
func (p PDU) Type() Type { return Type(p[1]) }

// Session returns the session id of the PDUs that carry one, the error code of
// an Error Report.
func (p PDU) Session() uint16 { return uint16(p[2])<<8 | uint16(p[3]) }

func be32(b []byte) uint32 {
	return uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
}

// Error is a violation of the protocol with the code to report (RFC 8210 §12).
type Error struct {
	Code ErrorCode
	PDU  Type
	Text string
}

// Error returns the code, the PDU and what is wrong with it.
func (e *Error) Error() string { return fmt.Sprintf("rtr: %s: %s: %s", e.Code, e.PDU, e.Text) }

// ErrorCode is a code of RFC 8210 §12.
type ErrorCode uint16

// The error codes.
const (
	CorruptData        ErrorCode = 0
	InternalError      ErrorCode = 1
	NoDataAvailable    ErrorCode = 2
	InvalidRequest     ErrorCode = 3
	UnsupportedVersion ErrorCode = 4
	UnsupportedPDU     ErrorCode = 5
	WithdrawUnknown    ErrorCode = 6
	DuplicateAnnounce  ErrorCode = 7
	UnexpectedVersion  ErrorCode = 8
)

var errorNames = [...]string{
	"corrupt data", "internal error", "no data available", "invalid request", "unsupported protocol version",
	"unsupported PDU type", "withdrawal of unknown record", "duplicate announcement", "unexpected protocol version",
}

// String returns the name of RFC 8210.
func (c ErrorCode) String() string {
	if int(c) < len(errorNames) {
		return errorNames[c]
	}
	return fmt.Sprintf("error code %d", uint16(c))
}

// ReadPDU takes one PDU from the front of b. n is 0 where more bytes are
// needed. A length that its type cannot have is an *Error; nothing is
// allocated for it.
func ReadPDU(b []byte) (p PDU, n int, err error) {
	if len(b) < headerLen {
		return nil, 0, nil
	}
	length := be32(b[4:])
	p = PDU(b[:headerLen])
	if err := checkLen(p, length); err != nil {
		return nil, 0, err
	}
	if uint32(len(b)) < length {
		return nil, 0, nil
	}
	return PDU(b[:length:length]), int(length), nil
}

func checkLen(head PDU, length uint32) error {
	want := uint32(0) // 0: at least least
	least := uint32(headerLen)
	switch head.Type() {
	case SerialNotify, SerialQuery:
		want = 12
	case ResetQuery, CacheResponse, CacheReset:
		want = 8
	case IPv4Prefix:
		want = 20
	case IPv6Prefix:
		want = 32
	case EndOfData:
		want = 24
		if head.Version() == 0 {
			want = 12
		}
	case RouterKey:
		least = 32
	case ErrorReport:
		least = 16
	case ASPA:
		least = 12
	}
	switch {
	case length > MaxLen:
		return &Error{CorruptData, head.Type(), fmt.Sprintf("length %d, at most %d is accepted", length, MaxLen)}
	case want != 0 && length != want:
		return &Error{CorruptData, head.Type(), fmt.Sprintf("length %d, want %d", length, want)}
	case length < least:
		return &Error{CorruptData, head.Type(), fmt.Sprintf("length %d, want at least %d", length, least)}
	}
	return nil
}

// VRP is a validated ROA payload (RFC 8210 §5.6 and §5.7).
type VRP struct {
	Prefix   netip.Prefix
	MaxLen   uint8
	ASN      inet.ASN
	Announce bool // false: withdrawn
}

// VRP reads an IPv4 Prefix or IPv6 Prefix PDU.
func (p PDU) VRP() (VRP, error) {
	addr, most := netip.Addr{}, 32
	rest := p[12:]
	if p.Type() == IPv6Prefix {
		addr, most = netip.AddrFrom16([16]byte(rest[:16])), 128
		rest = rest[16:]
	} else {
		addr = netip.AddrFrom4([4]byte(rest[:4]))
		rest = rest[4:]
	}
	bits, maxLen := int(p[9]), int(p[10])
	if bits > maxLen || maxLen > most {
		return VRP{}, &Error{CorruptData, p.Type(), fmt.Sprintf("prefix length %d, max length %d of %d", bits, maxLen, most)}
	}
	return VRP{netip.PrefixFrom(addr, bits).Masked(), uint8(maxLen), inet.ASN(be32(rest)), p[8]&1 == 1}, nil
}

// ErrorText returns the text of an Error Report, and false where the lengths
// inside it do not fit.
func (p PDU) ErrorText() (string, bool) {
	inner := be32(p[8:])
	if uint64(inner)+16 > uint64(len(p)) {
		return "", false
	}
	rest := p[12+inner:]
	if uint64(be32(rest))+4 > uint64(len(rest)) {
		return "", false
	}
	return string(rest[4 : 4+be32(rest)]), true
}

func appendHeader(dst []byte, version uint8, t Type, session uint16, length uint32) []byte {
	return append(dst, version, byte(t), byte(session>>8), byte(session), byte(length>>24), byte(length>>16), byte(length>>8), byte(length))
}

func appendU32(dst []byte, v uint32) []byte {
	return append(dst, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// AppendResetQuery asks for everything.
func AppendResetQuery(dst []byte, version uint8) []byte {
	return appendHeader(dst, version, ResetQuery, 0, 8)
}

// AppendSerialQuery asks for what changed since a serial number.
func AppendSerialQuery(dst []byte, version uint8, session uint16, serial uint32) []byte {
	return appendU32(appendHeader(dst, version, SerialQuery, session, 12), serial)
}

// AppendError reports an error about a PDU. Error Reports are never answered.
func AppendError(dst []byte, version uint8, code ErrorCode, about PDU, text string) []byte {
	length := uint32(16 + len(about) + len(text))
	dst = appendHeader(dst, version, ErrorReport, uint16(code), length)
	dst = append(appendU32(dst, uint32(len(about))), about...)
	return append(appendU32(dst, uint32(len(text))), text...)
}
