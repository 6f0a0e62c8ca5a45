// Package rtr speaks the RPKI to Router protocol, versions 0 (RFC 6810), 1 (RFC
// 8210) and 2 (draft-ietf-sidrops-8210bis): its PDUs, and both sides of a
// session as pure step functions: [Client] is a router, [Cache] with one
// [Server] a connection is a cache.
//
// It opens no connection, reads no clock and validates no route: who connects
// is a unit, what VRPs mean is package rpki. Start reading at [Client]; what the
// PDUs look like is the table in pdu.go, and [Message] is any of them decoded.
//
// ASPA PDUs are read in the encoding of the current draft and in that of
// revision 10, which StayRTR 0.5 speaks: the two cannot be mistaken.
package rtr

import (
	"encoding/binary"
	"errors"
	"fmt"
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

// String returns the name of RFC 8210.
func (t Type) String() string {
	if info := t.info(); info != nil {
		return info.name
	}
	return fmt.Sprintf("PDU type %d", uint8(t))
}

// The highest version spoken, and the longest PDU accepted, in bytes. Only an
// Error Report or an ASPA comes near it.
const (
	MaxVersion = 2
	MaxLen     = 64<<10 - 1 // 8210bis §5.1
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
func (p PDU) Session() uint16 { return binary.BigEndian.Uint16(p[2:]) }

// String returns type, version and length: "Cache Response, version 2, 8 octets".
func (p PDU) String() string {
	if len(p) < headerLen {
		return fmt.Sprintf("no PDU, %d octets", len(p))
	}
	return fmt.Sprintf("%s, version %d, %d octets", p.Type(), p.Version(), len(p))
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
	ProviderList       ErrorCode = 9  // 8210bis: the providers of an ASPA
	TransportFailed    ErrorCode = 10 // 8210bis
	OrderingError      ErrorCode = 11 // 8210bis
	CacheRestart       ErrorCode = 12 // 8210bis §8.5
	CacheShutdown      ErrorCode = 13 // 8210bis §8.6
)

var errorNames = [...]string{
	"corrupt data", "internal error", "no data available", "invalid request", "unsupported protocol version",
	"unsupported PDU type", "withdrawal of unknown record", "duplicate announcement", "unexpected protocol version",
	"ASPA provider list error", "transport failed", "ordering error", "cache restart", "cache shutdown",
}

// String returns the name of RFC 8210.
func (c ErrorCode) String() string {
	if int(c) < len(errorNames) {
		return errorNames[c]
	}
	return fmt.Sprintf("error code %d", uint16(c))
}

// Fatal tells whether a router has to forget what it learned from the cache
// (8210bis §12). Codes that nobody defined are fatal.
func (c ErrorCode) Fatal() bool {
	return c != NoDataAvailable && c != UnsupportedVersion && c != CacheRestart
}

// in is the code as the version of a session has it (8210bis §12): RFC 6810 knows
// of no unexpected version.
func (c ErrorCode) in(version uint8) ErrorCode {
	if c == UnexpectedVersion && version == 0 {
		return UnsupportedVersion
	}
	return c
}

// Reported is an Error Report of the other side.
type Reported struct {
	Code ErrorCode
	Text string
}

// Error returns the code and what the other side says.
func (e *Reported) Error() string {
	return fmt.Sprintf("rtr: the other side reports: %s: %q", e.Code, e.Text)
}

// Fatal tells whether a router that got this error from [ReadPDU] or
// [Client.Handle] has to forget what it learned from the cache, besides dropping
// the connection (8210bis §12).
func Fatal(err error) bool {
	var found *Error
	var reported *Reported
	switch {
	case errors.Is(err, ErrDowngrade):
		return false
	case errors.As(err, &found):
		return found.Code.Fatal()
	case errors.As(err, &reported):
		return reported.Code.Fatal()
	}
	return false
}
