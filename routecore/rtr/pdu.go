package rtr

import (
	"encoding/binary"
	"fmt"
)

// pduInfo is a row of the table of PDUs.
type pduInfo struct {
	name  string
	since uint8  // first version that has it
	size  uint32 // the length in octets; the least one where it varies
	exact bool   // no other length is allowed
	from  sides
	parse func(*Message, PDU) // of a PDU whose length fits
	build func([]byte, *Message) []byte
}

// sides says who sends a PDU.
type sides uint8

const (
	fromCache  sides = 1
	fromRouter sides = 2
)

// pdus is the table, by type (RFC 8210 §5, 8210bis §5.12).
var pdus = [...]pduInfo{
	SerialNotify:  {name: "Serial Notify", size: 12, exact: true, from: fromCache, parse: parseSerial, build: appendSerial},
	SerialQuery:   {name: "Serial Query", size: 12, exact: true, from: fromRouter, parse: parseSerial, build: appendSerial},
	ResetQuery:    {name: "Reset Query", size: 8, exact: true, from: fromRouter, build: appendPlain},
	CacheResponse: {name: "Cache Response", size: 8, exact: true, from: fromCache, build: appendPlain},
	IPv4Prefix:    {name: "IPv4 Prefix", size: 20, exact: true, from: fromCache, parse: parseVRP, build: appendVRP},
	IPv6Prefix:    {name: "IPv6 Prefix", size: 32, exact: true, from: fromCache, parse: parseVRP, build: appendVRP},
	EndOfData:     {name: "End of Data", size: 24, exact: true, from: fromCache, parse: parseEnd, build: appendEndOfData},
	CacheReset:    {name: "Cache Reset", size: 8, exact: true, from: fromCache, build: appendPlain},
	RouterKey:     {name: "Router Key", since: 1, size: 32, from: fromCache, parse: parseKey, build: appendKey},
	ErrorReport:   {name: "Error Report", size: 16, from: fromCache | fromRouter, parse: parseReport, build: appendReport},
	ASPA:          {name: "ASPA", since: 2, size: 12, from: fromCache, parse: parseVAP, build: appendVAP},
}

// info returns the row of a type, nil where there is none.
func (t Type) info() *pduInfo {
	if int(t) < len(pdus) && pdus[t].name != "" {
		return &pdus[t]
	}
	return nil
}

// ReadPDU takes one PDU from the front of b. n is 0 where more bytes are
// needed. A length that its type cannot have is an *Error; nothing is
// allocated for it. Types that do not exist are read, so that the side that
// got them can say so.
func ReadPDU(b []byte) (p PDU, n int, err error) {
	if len(b) < headerLen {
		return nil, 0, nil
	}
	length := binary.BigEndian.Uint32(b[4:])
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
	want, exact := uint32(headerLen), false
	if info := head.Type().info(); info != nil {
		want, exact = info.size, info.exact
		if head.Type() == EndOfData && head.Version() == 0 {
			want = 12 // RFC 6810 §5.7 has no intervals
		}
	}
	switch {
	case length > MaxLen:
		return &Error{CorruptData, head.Type(), fmt.Sprintf("length %d, at most %d is accepted", length, MaxLen)}
	case exact && length != want:
		return &Error{CorruptData, head.Type(), fmt.Sprintf("length %d, want %d", length, want)}
	case length < want:
		return &Error{CorruptData, head.Type(), fmt.Sprintf("length %d, want at least %d", length, want)}
	}
	return nil
}

func appendHeader(dst []byte, version uint8, t Type, session uint16, length uint32) []byte {
	return append(dst, version, byte(t), byte(session>>8), byte(session), byte(length>>24), byte(length>>16), byte(length>>8), byte(length))
}

func appendU32(dst []byte, v uint32) []byte {
	return append(dst, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
}

// AppendResetQuery asks for everything.
func AppendResetQuery(dst []byte, version uint8) []byte {
	return Message{Version: version, Type: ResetQuery}.Append(dst)
}

// AppendSerialQuery asks for what changed since a serial number.
func AppendSerialQuery(dst []byte, version uint8, session uint16, serial uint32) []byte {
	return Message{Version: version, Type: SerialQuery, Session: session, Serial: serial}.Append(dst)
}

// maxAbout bounds the copy of a PDU in an Error Report about it.
const maxAbout = 2048

// AppendError reports an error about a PDU, of which at most 2048 octets are
// copied. Error Reports are never answered.
func AppendError(dst []byte, version uint8, code ErrorCode, about PDU, text string) []byte {
	return Message{Version: version, Type: ErrorReport, Code: code, About: about[:min(len(about), maxAbout)], Text: text}.Append(dst)
}

// AppendProblem reports what [ReadPDU] found at the front of b. It appends
// nothing where that is an Error Report (RFC 8210 §5.11).
func AppendProblem(dst []byte, version uint8, b []byte, err error) []byte {
	e, ok := err.(*Error)
	if !ok || e.PDU == ErrorReport {
		return dst
	}
	return AppendError(dst, version, e.Code, PDU(b[:min(len(b), headerLen)]), e.Text)
}

// SerialLess reports whether serial a is before b in the arithmetic of RFC 1982.
// Of two that are exactly half the circle apart neither is.
func SerialLess(a, b uint32) bool {
	d := b - a
	return d != 0 && d < 1<<31
}
