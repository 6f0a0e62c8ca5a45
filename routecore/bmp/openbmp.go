package bmp

import (
	"encoding/binary"
	"net/netip"
)

// OpenBMP is the envelope in which collectors put BMP messages onto a message bus
// (OpenBMP message bus specification, binary header version 1.7).
//
//	0      4       5       6        8        12      13     14      18      22     38
//	| OBMP | major | minor | header | content | flags | type | s     | µs    | hash |
//	| admin id: length 2, text | router hash 16 | router address 16 | group: length 2, text | rows 4 |
type OpenBMP struct {
	Flags      uint8
	Time       int64 // when the collector received it, Unix microseconds
	Collector  [16]byte
	AdminID    string
	RouterHash [16]byte
	Router     netip.Addr
	Group      string
	Rows       uint32 // messages in the payload
}

// The bits and numbers of the envelope.
const (
	openBMPMagic = "OBMP"
	openBMPRaw   = 12   // the content is BMP as it came
	openBMPIPv6  = 0x40 // its address has 16 octets
	openBMPFixed = 38   // up to the admin id
)

// IsOpenBMP reports whether b begins with such an envelope.
func IsOpenBMP(b []byte) bool { return len(b) >= 4 && string(b[:4]) == openBMPMagic }

// ParseOpenBMP takes the envelope off. payload is what [ReadMessage] frames, and n how
// many octets of b the two take together.
func ParseOpenBMP(b []byte) (o OpenBMP, payload []byte, n int, err error) {
	if !IsOpenBMP(b) {
		return o, nil, 0, fault(0, "openbmp: no OBMP at the start")
	}
	if len(b) < openBMPFixed {
		return o, nil, 0, fault(len(b), "openbmp: header is short by %d octets", openBMPFixed-len(b))
	}
	if b[4] != 1 {
		return o, nil, 0, fault(4, "openbmp: version %d.%d is not 1", b[4], b[5])
	}
	head, size := int(binary.BigEndian.Uint16(b[6:])), uint64(binary.BigEndian.Uint32(b[8:]))
	if head < openBMPFixed || head > len(b) || size > uint64(len(b)-head) {
		return o, nil, 0, fault(6, "openbmp: %d octets of header and %d of content, there are %d", head, size, len(b))
	}
	o.Flags = b[12]
	if b[13] != openBMPRaw {
		return o, nil, 0, fault(13, "openbmp: content of type %d is no raw BMP", b[13])
	}
	o.Time = int64(binary.BigEndian.Uint32(b[14:]))*1e6 + int64(binary.BigEndian.Uint32(b[18:]))%1e6
	copy(o.Collector[:], b[22:])
	rest := b[openBMPFixed:head]
	ok := true
	o.AdminID, rest, ok = counted(rest)
	if !ok || len(rest) < 32 {
		return o, nil, 0, fault(openBMPFixed, "openbmp: header is cut behind the admin id")
	}
	copy(o.RouterHash[:], rest)
	addr := [16]byte(rest[16:])
	o.Router = netip.AddrFrom4([4]byte(addr[:4]))
	if o.Flags&openBMPIPv6 != 0 {
		o.Router = netip.AddrFrom16(addr)
	}
	o.Group, rest, ok = counted(rest[32:])
	if !ok || len(rest) < 4 {
		return o, nil, 0, fault(head, "openbmp: header is cut behind the router")
	}
	o.Rows = binary.BigEndian.Uint32(rest)
	return o, b[head : head+int(size)], head + int(size), nil
}

// counted reads a text behind its length.
func counted(b []byte) (text string, rest []byte, ok bool) {
	if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
		return "", b, false
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	return string(b[2:n]), b[n:], true
}

// AppendOpenBMP appends payload in an envelope. The flag of the address follows Router.
func AppendOpenBMP(dst []byte, o OpenBMP, payload []byte) []byte {
	start := len(dst)
	flags := o.Flags &^ openBMPIPv6
	var addr [16]byte
	switch {
	case o.Router.Is4():
		v4 := o.Router.As4()
		copy(addr[:], v4[:])
	case o.Router.IsValid():
		flags |= openBMPIPv6
		addr = o.Router.As16()
	}
	dst = append(dst, openBMPMagic...)
	dst = append(dst, 1, 7, 0, 0)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(payload)))
	dst = append(dst, flags, openBMPRaw)
	dst = binary.BigEndian.AppendUint32(dst, uint32(o.Time/1e6))
	dst = binary.BigEndian.AppendUint32(dst, uint32(o.Time%1e6))
	dst = append(dst, o.Collector[:]...)
	dst = appendCounted(dst, o.AdminID)
	dst = append(append(dst, o.RouterHash[:]...), addr[:]...)
	dst = appendCounted(dst, o.Group)
	dst = binary.BigEndian.AppendUint32(dst, o.Rows)
	binary.BigEndian.PutUint16(dst[start+6:], uint16(len(dst)-start))
	return append(dst, payload...)
}

// appendCounted appends a text, cut at 255 octets, behind its length.
func appendCounted(dst []byte, text string) []byte {
	text = text[:min(len(text), 255)]
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(text))), text...)
}
