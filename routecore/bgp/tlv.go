package bgp

import (
	"encoding/binary"
	"fmt"
	"sort"
)

// TLV is one type, length and value. Value aliases what was parsed. What it
// means depends on the table it belongs to: BGP-LS, tunnel encapsulation,
// Prefix-SID. The zero value is type 0 without octets.
type TLV struct {
	Type  uint16
	Value []byte
}

// tlvFrame is how the TLVs of a table are framed.
type tlvFrame uint8

const (
	frame22     tlvFrame = iota // two octets of type, two of length
	frame12                     // one of type, two of length
	frame12All                  // the same, and the length counts the header
	frame11                     // one of each
	frameTunnel                 // one of type; of length one below type 128, else two (RFC 9012 §2)
)

// cut takes the first TLV off b. size 0 means that b is empty or that the TLV
// runs past its end.
func (f tlvFrame) cut(b []byte) (t TLV, size int) {
	head := f.head(b)
	if head == 0 || len(b) < head {
		return TLV{}, 0
	}
	t.Type = uint16(b[0])
	if f == frame22 {
		t.Type = binary.BigEndian.Uint16(b)
	}
	n := int(b[head-1])
	if f.wide(t.Type) {
		n = int(binary.BigEndian.Uint16(b[head-2:]))
	}
	if f == frame12All {
		n -= head
	}
	if n < 0 || n > len(b)-head {
		return TLV{}, 0
	}
	t.Value = b[head : head+n : head+n]
	return t, head + n
}

// head is the length of the header at b, 0 where b is empty.
func (f tlvFrame) head(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case f == frame22:
		return 4
	case f == frame11 || f == frameTunnel && b[0] < 128:
		return 2
	}
	return 3
}

// wide tells whether the length of a type has two octets.
func (f tlvFrame) wide(typ uint16) bool {
	return f != frame11 && (f != frameTunnel || typ >= 128)
}

// append appends a TLV. Types and values that do not fit the frame are cut off
// by [tlvFrame.fits], which whoever builds asks first.
func (f tlvFrame) append(dst []byte, t TLV) []byte {
	n := len(t.Value)
	if f == frame12All {
		n += 3
	}
	if f == frame22 {
		dst = binary.BigEndian.AppendUint16(dst, t.Type)
	} else {
		dst = append(dst, byte(t.Type))
	}
	if f.wide(t.Type) {
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	} else {
		dst = append(dst, byte(n))
	}
	return append(dst, t.Value...)
}

// fits tells whether type and length can be written in this frame.
func (f tlvFrame) fits(t TLV) bool {
	limit := 65535
	if f == frame12All {
		limit -= 3
	}
	if !f.wide(t.Type) {
		limit = 255
	}
	return len(t.Value) <= limit && (f == frame22 || t.Type <= 255)
}

// check returns the offset of the first TLV that runs past the end of b, or -1.
func (f tlvFrame) check(b []byte) int {
	for at := 0; at < len(b); {
		_, size := f.cut(b[at:])
		if size == 0 {
			return at
		}
		at += size
	}
	return -1
}

// fault is check in the form of an attribute's check.
func (f tlvFrame) fault(b []byte) (Fault, int) {
	if at := f.check(b); at >= 0 {
		return FaultTLV, at
	}
	return FaultNone, 0
}

// parse cuts b into TLVs. rfc names the rule in the error.
func (f tlvFrame) parse(b []byte, rfc string) ([]TLV, error) {
	var out []TLV
	for at := 0; at < len(b); {
		t, size := f.cut(b[at:])
		if size == 0 {
			return nil, fmt.Errorf("offset %d: TLV runs past the end (%s)", at, rfc)
		}
		out = append(out, t)
		at += size
	}
	return out, nil
}

// appendAll appends TLVs in the order given.
func (f tlvFrame) appendAll(dst []byte, list []TLV) []byte {
	for _, t := range list {
		dst = f.append(dst, t)
	}
	return dst
}

// TLVInfo is a row of a table of TLVs.
type TLVInfo struct {
	Type uint16
	Name string // as in the registry
	JSON string // key in JSON
	RFC  string

	many   bool // may stand several times: a list in JSON
	fields []field
}

// tlvTable describes the TLVs of one registry, ascending by type. It is data,
// never modified. A TLV to be added is a row; parse, build, text and JSON follow.
type tlvTable struct {
	frame    tlvFrame
	rows     []TLVInfo
	sequence string // JSON key of one list of all types that may repeat, where their order matters
}

// row finds a type, nil where the registry has none.
func (t *tlvTable) row(typ uint16) *TLVInfo {
	i := sort.Search(len(t.rows), func(i int) bool { return t.rows[i].Type >= typ })
	if i == len(t.rows) || t.rows[i].Type != typ {
		return nil
	}
	return &t.rows[i]
}

// decode reads the value of a TLV by its row.
func (t *tlvTable) decode(v TLV) ([]Field, error) {
	row := t.row(v.Type)
	if row == nil {
		return nil, fmt.Errorf("type %d is unknown", v.Type)
	}
	out, err := decodeFields(row.fields, v.Value)
	if err != nil {
		return nil, fmt.Errorf("%s: %w (%s)", row.Name, err, row.RFC)
	}
	return out, nil
}

// encode makes a TLV of values; the reverse of decode. Values that are good each
// but cannot be told apart again are an error too, such as an IPv6 address
// without the flag that announces it.
func (t *tlvTable) encode(typ uint16, values []Field) (TLV, error) {
	row := t.row(typ)
	if row == nil {
		return TLV{}, fmt.Errorf("type %d is unknown", typ)
	}
	b, err := encodeFields(nil, row.fields, values)
	if err != nil {
		return TLV{}, fmt.Errorf("%s: %w (%s)", row.Name, err, row.RFC)
	}
	out := TLV{typ, b}
	if _, err := decodeFields(row.fields, b); err != nil {
		return TLV{}, fmt.Errorf("%s: values that do not go together: %w (%s)", row.Name, err, row.RFC)
	}
	if !t.frame.fits(out) {
		return TLV{}, fmt.Errorf("%s: %d octets are too many", row.Name, len(b))
	}
	return out, nil
}
