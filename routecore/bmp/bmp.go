// Package bmp reads and writes the BGP Monitoring Protocol, and keeps what a
// monitoring station has to know about one router.
//
// [ReadMessage] frames messages; [ParsePeerHeader], [ParsePeerUp], [ParsePeerDown],
// [ParseStats] and [TLVs] look inside, and each has an Append twin. [Station] is the
// state behind one connection: messages in, actions out, so that Route Monitoring is read
// with the context that the monitored session agreed on.
//
// [ParseMessage] takes a whole message of either version apart and [AppendMessage]
// puts it together; [Upgrade] and [Downgrade] change its version, and [ParseOpenBMP]
// takes the envelope of a message bus off. Version 4 is a draft whose TLVs are numbered
// differently by its revisions: see [Revision].
//
// The package opens no sockets and keeps no routes: units/bmpin does. Start reading at
// [Station.Step].
//
// Sources: RFC 7854, RFC 8671 (Adj-RIB-Out), RFC 9069 (Loc-RIB), RFC 9736 (Peer Up
// TLVs), RFC 9972 (statistics), draft-ietf-grow-bmp-tlv (version 4),
// draft-ietf-grow-bmp-path-marking-tlv, draft-lucente-grow-bmp-offline (snapshots).
package bmp

import (
	"encoding/binary"
	"fmt"
	"strconv"
)

// The protocol versions: that of RFC 7854 §4.1, and the draft with TLVs in all
// messages (draft-ietf-grow-bmp-tlv §3).
const (
	Version  = 3
	Version4 = 4
)

// HeaderLen is the length of the common header in octets.
const HeaderLen = 6

// DefaultMax bounds a message in octets. It is above 64 KiB because a mirrored
// message of RFC 8654 with its headers is.
const DefaultMax = 1 << 20

// Type is a message type (RFC 7854 §4.1).
type Type uint8

// The message types.
const (
	RouteMonitoring Type = 0
	StatsReport     Type = 1
	PeerDown        Type = 2
	PeerUp          Type = 3
	Initiation      Type = 4
	Termination     Type = 5
	RouteMirroring  Type = 6

	typeCount = 7

	// Snapshot marks the start or the end of a copy of the router's state, in
	// version 4 only (draft-lucente-grow-bmp-offline; the number is the one in use).
	Snapshot Type = 251
)

// String returns the name that counters and JSON use, or the number.
func (t Type) String() string {
	if t == Snapshot {
		return "Snapshot"
	}
	return MessageTypes.Name(uint16(t))
}

// HasPeer reports whether a per-peer header follows the common one. Types that
// have no number yet are taken to have none.
func (t Type) HasPeer() bool { return t <= PeerUp || t == RouteMirroring }

// Message is one framed message.
type Message struct {
	Version uint8
	Type    Type
	Raw     []byte // with the common header
	// Station is the state of the stream that the message is of; nil is none. It
	// lets [Message.Update] say how the UPDATE inside is to be read.
	Station *Station
}

// Body returns what follows the common header.
func (m Message) Body() []byte { return m.Raw[HeaderLen:] }

// Error says that a stream or a message is no BMP, and where.
type Error struct {
	Offset int // octets into the message
	Text   string
	// Odd says that the message should not be as it is, but that nothing in it went
	// unread.
	Odd bool
}

// Error returns "bmp: octet N: what is wrong".
func (e *Error) Error() string { return "bmp: octet " + strconv.Itoa(e.Offset) + ": " + e.Text }

func fault(offset int, format string, args ...any) *Error {
	return &Error{Offset: offset, Text: fmt.Sprintf(format, args...)}
}

func odd(offset int, format string, args ...any) *Error {
	return &Error{Offset: offset, Text: fmt.Sprintf(format, args...), Odd: true}
}

// ReadMessage frames the first message in b, of at most max octets (0 means
// [DefaultMax]), and returns how many octets it takes. With n == 0 and no error
// more bytes are needed. The version is judged by the first octet and the length by the
// fifth, before anybody makes room for the message. After an error the stream
// cannot be followed any further.
func ReadMessage(b []byte, max int) (m Message, n int, err error) {
	if max <= 0 {
		max = DefaultMax
	}
	if len(b) == 0 {
		return m, 0, nil
	}
	if b[0] != Version && b[0] != Version4 {
		return m, 0, fault(0, "version %d is not %d: the other end does not speak BMP", b[0], Version)
	}
	if len(b) < HeaderLen-1 {
		return m, 0, nil
	}
	size := binary.BigEndian.Uint32(b[1:])
	if size < HeaderLen {
		return m, 0, fault(1, "message length %d is shorter than the header", size)
	}
	if uint64(size) > uint64(max) {
		return m, 0, fault(1, "message length %d is over the limit of %d", size, max)
	}
	if len(b) < int(size) {
		return m, 0, nil
	}
	return Message{Version: b[0], Type: Type(b[5]), Raw: b[:size]}, int(size), nil
}

// Wanted returns how long the message that starts in b is, and 0 while its
// length has not arrived. It is for readers that size a buffer after [ReadMessage]
// asked for more.
func Wanted(b []byte) int {
	if len(b) < HeaderLen-1 {
		return 0
	}
	return int(binary.BigEndian.Uint32(b[1:]))
}

// begin appends a common header whose length finish fills in.
func begin(dst []byte, t Type) []byte { return beginAs(dst, Version, t) }

func beginAs(dst []byte, version uint8, t Type) []byte {
	return append(dst, version, 0, 0, 0, 0, byte(t))
}

func finish(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start+1:], uint32(len(dst)-start))
	return dst
}
