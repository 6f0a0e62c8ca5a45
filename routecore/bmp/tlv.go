package bmp

import (
	"encoding/binary"
	"iter"
)

// TLV is one information field (RFC 7854 §4.4).
type TLV struct {
	Type  uint16
	Value []byte
}

// The TLV types of Initiation and Termination messages (RFC 7854 §4.3, §4.5).
const (
	InitString   uint16 = 0
	InitSysDescr uint16 = 1
	InitSysName  uint16 = 2

	TermString uint16 = 0
	TermReason uint16 = 1
)

// The TLV types of Peer Up messages, and of Peer Down for a Loc-RIB (RFC 9736 §3).
const (
	PeerString     uint16 = 0
	PeerTableName  uint16 = 3
	PeerAdminLabel uint16 = 4
)

// The TLV types of Route Mirroring messages (RFC 7854 §4.7).
const (
	MirrorMessage     uint16 = 0
	MirrorInformation uint16 = 1
)

// TLVs is a run of information fields. Types may repeat.
type TLVs []byte

// Next returns the first field and moves behind it. ok is false at the end, and
// where the rest is no whole field; then the rest stays.
func (t *TLVs) Next() (v TLV, ok bool) {
	b := *t
	if len(b) < 4 {
		return v, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if len(b)-4 < n {
		return v, false
	}
	*t = b[4+n:]
	return TLV{Type: binary.BigEndian.Uint16(b), Value: b[4 : 4+n]}, true
}

// All yields the whole fields.
func (t TLVs) All() iter.Seq[TLV] {
	return func(yield func(TLV) bool) {
		for v, ok := t.Next(); ok; v, ok = t.Next() {
			if !yield(v) {
				return
			}
		}
	}
}

// Err says whether the run ends inside a field.
func (t TLVs) Err() error {
	whole := len(t)
	for _, ok := t.Next(); ok; _, ok = t.Next() {
	}
	if len(t) == 0 {
		return nil
	}
	return fault(whole-len(t), "information TLV is cut")
}

// Find returns the value of the first field of a type.
func (t TLVs) Find(typ uint16) ([]byte, bool) {
	for v := range t.All() {
		if v.Type == typ {
			return v.Value, true
		}
	}
	return nil, false
}

// AppendTLV appends one field; a value over 65,535 octets is cut there.
func AppendTLV(dst []byte, v TLV) []byte {
	value := v.Value[:min(len(v.Value), 0xffff)]
	dst = binary.BigEndian.AppendUint16(dst, v.Type)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(value)))
	return append(dst, value...)
}

func appendTLVs(dst []byte, tlvs []TLV) []byte {
	for _, v := range tlvs {
		dst = AppendTLV(dst, v)
	}
	return dst
}

// AppendInitiation appends an Initiation message.
func AppendInitiation(dst []byte, tlvs ...TLV) []byte {
	start := len(dst)
	return finish(appendTLVs(begin(dst, Initiation), tlvs), start)
}

// AppendTermination appends a Termination message.
func AppendTermination(dst []byte, tlvs ...TLV) []byte {
	start := len(dst)
	return finish(appendTLVs(begin(dst, Termination), tlvs), start)
}

// AppendMirroring appends a Route Mirroring message.
func AppendMirroring(dst []byte, h PeerHeader, tlvs ...TLV) []byte {
	start := len(dst)
	return finish(appendTLVs(h.append(begin(dst, RouteMirroring)), tlvs), start)
}

// AppendRouteMonitoring appends a Route Monitoring message around a whole BGP UPDATE.
func AppendRouteMonitoring(dst []byte, h PeerHeader, update []byte) []byte {
	start := len(dst)
	return finish(append(h.append(begin(dst, RouteMonitoring)), update...), start)
}

// TerminationText names the reason of a Termination message (RFC 7854 §4.5).
func TerminationText(code uint16) string {
	names := [...]string{"session administratively closed", "unspecified reason", "out of resources", "redundant connection", "session permanently administratively closed"}
	if int(code) < len(names) {
		return names[code]
	}
	return "unknown reason"
}
