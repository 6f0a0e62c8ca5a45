package bmp

import (
	"encoding/binary"
	"iter"
	"strconv"
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

// The TLV types of Route Mirroring messages, and the codes inside the second (RFC
// 7854 §4.7).
const (
	MirrorMessage     uint16 = 0
	MirrorInformation uint16 = 1

	MirrorErrored uint16 = 0
	MirrorLost    uint16 = 1
)

// EnterpriseBit marks a TLV type of version 4 as one of a company's own: its value
// begins with the private enterprise number (draft-ietf-grow-bmp-tlv §4.2). In
// version 3 it is a bit like the others.
const EnterpriseBit uint16 = 0x8000

// Enterprise takes an enterprise TLV of version 4 apart. ok is false for the types
// of IANA's and for values that are too short.
func (v TLV) Enterprise() (pen uint32, typ uint16, value []byte, ok bool) {
	if v.Type&EnterpriseBit == 0 || len(v.Value) < 4 {
		return 0, 0, nil, false
	}
	return binary.BigEndian.Uint32(v.Value), v.Type &^ EnterpriseBit, v.Value[4:], true
}

// EnterpriseTLV returns a TLV of a company's own.
func EnterpriseTLV(pen uint32, typ uint16, value []byte) TLV {
	return TLV{Type: typ | EnterpriseBit, Value: append(binary.BigEndian.AppendUint32(nil, pen), value...)}
}

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
func (t TLVs) Err() error { return t.errAt(0) }

// errAt is Err for a run that starts at octet at of its message.
func (t TLVs) errAt(at int) error {
	whole := len(t)
	for _, ok := t.Next(); ok; _, ok = t.Next() {
	}
	if len(t) == 0 {
		return nil
	}
	return fault(at+whole-len(t), "information TLV is cut")
}

// collect returns the whole fields as a slice.
func (t TLVs) collect() []TLV {
	var out []TLV
	for v, ok := t.Next(); ok; v, ok = t.Next() {
		out = append(out, v)
	}
	return out
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

// TerminationText names the reason of a Termination message (RFC 7854 §4.5), or gives its
// number.
func TerminationText(code uint16) string {
	if info, ok := TerminationReasons.Lookup(code); ok {
		return info.Name
	}
	return "reason " + strconv.Itoa(int(code))
}
