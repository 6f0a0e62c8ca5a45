// Package mrt reads and writes routing archives: RIB snapshots and BGP message
// logs as route collectors and routers keep them.
//
// [Reader] frames records from a byte stream, whatever their type. The typed parsers
// turn a record's body into values that point into it: [ParsePeerIndex] and [ParseRIB]
// for TABLE_DUMP_V2, [ParseTableDump] for its predecessor, [ParseMessage] and
// [ParseStateChange] for BGP4MP, its _ET form and the BGP type of 1999, [ParseGeoPeers]
// for positions, [ParseEntry] for what only drafts had. [Reader.Resync] finds the next
// record behind a damaged one. [Sessions] follows the OPENs in a message log, so that
// UPDATEs are read with the context their speakers agreed on. [Writer] is the other
// direction.
//
// Decompression is not here but in mrt/compress, and path attributes stay bytes:
// routecore/bgp reads them. Start reading at [Reader.Next].
//
// Sources: RFC 6396 (the format), RFC 8050 (ADD-PATH), RFC 6397 (type numbers),
// and the files of RIS, RouteViews and PCH since 1999, which differ from all three.
package mrt

import (
	"strconv"
)

// Type is the type of an MRT record (RFC 6396 §4).
type Type uint16

// The record types that carry BGP.
const (
	TypeBGP         Type = 5 // before RFC 6396; the first RIS files
	TypeTableDump   Type = 12
	TypeTableDumpV2 Type = 13
	TypeBGP4MP      Type = 16
	TypeBGP4MPET    Type = 17 // BGP4MP with microseconds
)

// highestType bounds what is taken for a record without a look at what follows it. The
// last type of the registry is 49, OSPFv3_ET; the rest is room for later ones.
const highestType = 64

// The subtypes of TABLE_DUMP_V2 (RFC 6396 §4.3, RFC 6397 §2, RFC 8050 §4).
const (
	PeerIndexTable          uint16 = 1
	RIBIPv4Unicast          uint16 = 2
	RIBIPv4Multicast        uint16 = 3
	RIBIPv6Unicast          uint16 = 4
	RIBIPv6Multicast        uint16 = 5
	RIBGeneric              uint16 = 6
	GeoPeerTable            uint16 = 7
	RIBIPv4UnicastAddPath   uint16 = 8
	RIBIPv4MulticastAddPath uint16 = 9
	RIBIPv6UnicastAddPath   uint16 = 10
	RIBIPv6MulticastAddPath uint16 = 11
	RIBGenericAddPath       uint16 = 12
)

// The subtypes of BGP4MP and BGP4MP_ET (RFC 6396 §4.4, RFC 8050 §3).
const (
	StateChangeAS2         uint16 = 0
	MessageAS2             uint16 = 1
	MessageAS4             uint16 = 4
	StateChangeAS4         uint16 = 5
	MessageAS2Local        uint16 = 6
	MessageAS4Local        uint16 = 7
	MessageAS2AddPath      uint16 = 8
	MessageAS4AddPath      uint16 = 9
	MessageAS2LocalAddPath uint16 = 10
	MessageAS4LocalAddPath uint16 = 11
)

// The subtypes of the BGP type of 1999.
const (
	bgpUpdate      uint16 = 1
	bgpStateChange uint16 = 3
	bgpOpen        uint16 = 5
	bgpNotify      uint16 = 6
	bgpKeepalive   uint16 = 7
)

// Error says what is wrong with a stream or a record, and where.
type Error struct {
	Offset int64  // of the record's header in the decompressed stream
	Text   string // what is wrong
	Err    error  // the cause, when a reader gave one
}

// Error returns "mrt: offset N: what is wrong".
func (e *Error) Error() string {
	s := "mrt: offset " + strconv.FormatInt(e.Offset, 10) + ": " + e.Text
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }
