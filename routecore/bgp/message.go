package bgp

import "encoding/binary"

// MsgType is the type of a message (RFC 4271 §4.1).
type MsgType uint8

// The message types.
const (
	MsgOpen         MsgType = 1
	MsgUpdate       MsgType = 2
	MsgNotification MsgType = 3
	MsgKeepalive    MsgType = 4
	MsgRouteRefresh MsgType = 5 // RFC 2918
)

var msgNames = [...]string{"", "OPEN", "UPDATE", "NOTIFICATION", "KEEPALIVE", "ROUTE-REFRESH"}

// String returns the name in capitals, or "unknown".
func (t MsgType) String() string {
	if t == 0 || int(t) >= len(msgNames) {
		return "unknown"
	}
	return msgNames[t]
}

// Lengths of messages in octets, header included.
const (
	HeaderLen     = 19    // RFC 4271 §4.1
	MaxMessage    = 4096  // RFC 4271 §4.1
	MaxExtMessage = 65535 // RFC 8654 §4
)

// Message is one whole message. Raw begins with the marker and belongs to whoever
// owns the buffer that was read.
type Message struct {
	Type MsgType
	Raw  []byte
}

// Body returns the octets behind the header.
func (m Message) Body() []byte { return m.Raw[HeaderLen:] }

// ReadMessage takes the first message off b. n is its length in octets; n == 0
// without an error means that b does not hold all of it yet. max is the longest
// message allowed, [MaxMessage] or, where RFC 8654 was negotiated,
// [MaxExtMessage]; OPEN and KEEPALIVE never exceed 4096. The error is an
// [*Error] with code 1; n is then 0 too.
func ReadMessage(b []byte, max int) (m Message, n int, err error) {
	if len(b) < HeaderLen {
		return Message{}, 0, nil
	}
	if binary.BigEndian.Uint64(b)&binary.BigEndian.Uint64(b[8:]) != ^uint64(0) {
		return Message{}, 0, headerError(b, 1, 0, 16, "marker is not all ones")
	}
	n = int(binary.BigEndian.Uint16(b[16:]))
	typ := MsgType(b[18])
	if n < HeaderLen || n > max {
		return Message{}, 0, headerError(b, 2, 16, 18, "message length outside the allowed range")
	}
	low, high := lengths(typ)
	if low == 0 {
		return Message{}, 0, headerError(b, 3, 18, 19, "unknown message type")
	}
	if n < low || n > high {
		return Message{}, 0, headerError(b, 2, 16, 18, "message length does not fit the type "+typ.String())
	}
	if len(b) < n {
		return Message{}, 0, nil
	}
	return Message{Type: typ, Raw: b[:n:n]}, n, nil
}

// lengths returns the shortest and longest message of a type, zeros for a type
// that does not exist. ROUTE-REFRESH may be longer than 23 with an ORF payload
// (RFC 5291 §4).
func lengths(t MsgType) (low, high int) {
	switch t {
	case MsgOpen:
		return 29, MaxMessage
	case MsgUpdate:
		return 23, MaxExtMessage
	case MsgNotification:
		return 21, MaxExtMessage
	case MsgKeepalive:
		return HeaderLen, HeaderLen
	case MsgRouteRefresh:
		return 23, MaxExtMessage
	}
	return 0, 0
}

func headerError(b []byte, subcode uint8, from, to int, text string) *Error {
	e := &Error{Code: CodeHeader, Subcode: subcode, Offset: from, RFC: "RFC 4271 §6.1", Text: text}
	if subcode != 1 {
		e.Data = append(e.Data, b[from:to]...)
	}
	return e
}

// beginMessage appends a header with the length left open; endMessage fills it
// in for the message that starts at from.
func beginMessage(dst []byte, t MsgType) []byte {
	return append(dst,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0, 0, byte(t))
}

func endMessage(dst []byte, from int) []byte {
	binary.BigEndian.PutUint16(dst[from+16:], uint16(len(dst)-from))
	return dst
}

// AppendKeepalive appends a KEEPALIVE message (RFC 4271 §4.4).
func AppendKeepalive(dst []byte) []byte {
	from := len(dst)
	return endMessage(beginMessage(dst, MsgKeepalive), from)
}
