package fsm

import (
	"encoding/binary"
	"math"

	"example.com/rotonda/routecore/bgp"
)

// Frame is a unit of a stream of BGP over QUIC: one BGP message and the channel
// that it belongs to.
//
//	Data           0 (16 bits), length (16), payload
//	Control-data   1 (16 bits), length (16), stream (62), 0 (2), payload
//
// The length counts the payload only, so that a message of 65535 octets fits.
type Frame struct {
	// Addressed says that this is a Control-data frame: it came on the control
	// channel, but is about the function channel on Stream. Data frames belong
	// to the stream on which they came.
	Addressed bool
	Stream    uint64 // below 2^62
	Payload   []byte // aliases the input after ReadFrame
}

const (
	frameData    = 0
	frameControl = 1
	dataHead     = 4
	controlHead  = 12
)

// ReadFrame takes the first frame off b. n is 0 without an error where b does
// not hold all of it yet. The error is a [*bgp.Error] with code 1: the stream
// cannot be read any further.
func ReadFrame(b []byte) (f Frame, n int, err error) {
	if len(b) < dataHead {
		return Frame{}, 0, nil
	}
	head, size := dataHead, int(binary.BigEndian.Uint16(b[2:]))
	switch binary.BigEndian.Uint16(b) {
	case frameData:
	case frameControl:
		head, f.Addressed = controlHead, true
	default:
		return Frame{}, 0, &bgp.Error{Code: bgp.CodeHeader, Subcode: 3, Data: b[:2:2], RFC: draftBoQ, Text: "unknown type of frame"}
	}
	if size < bgp.HeaderLen {
		return Frame{}, 0, &bgp.Error{Code: bgp.CodeHeader, Subcode: 2, Offset: 2, Data: b[2:4:4], RFC: draftBoQ, Text: "frame too short for a message"}
	}
	if f.Addressed && len(b) >= controlHead {
		id := binary.BigEndian.Uint64(b[dataHead:])
		if id&3 != 0 {
			return Frame{}, 0, &bgp.Error{Code: bgp.CodeHeader, Subcode: 2, Offset: 4, RFC: draftBoQ, Text: "the two bits after the stream are not 0"}
		}
		f.Stream = id >> 2
	}
	if len(b) < head+size {
		return Frame{}, 0, nil
	}
	f.Payload = b[head : head+size : head+size]
	return f, head + size, nil
}

// Append appends the frame. Payload is one message of 19 to 65535 octets; a
// frame with another one is not written.
func (f Frame) Append(dst []byte) []byte {
	if len(f.Payload) < bgp.HeaderLen || len(f.Payload) > math.MaxUint16 {
		return dst
	}
	kind := uint16(frameData)
	if f.Addressed {
		kind = frameControl
	}
	dst = binary.BigEndian.AppendUint16(dst, kind)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(f.Payload)))
	if f.Addressed {
		dst = binary.BigEndian.AppendUint64(dst, f.Stream<<2)
	}
	return append(dst, f.Payload...)
}

// message reads the one message of a frame.
func (f Frame) message(most int) (bgp.Message, error) {
	m, n, err := bgp.ReadMessage(f.Payload, most)
	if err == nil && n != len(f.Payload) {
		err = &bgp.Error{Code: bgp.CodeHeader, Subcode: 2, Offset: 16, RFC: draftBoQ, Text: "the frame is not one whole message"}
	}
	return m, err
}
