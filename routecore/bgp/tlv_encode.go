package bgp

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
)

// encodeFields appends values by the layout, which must be in its order. Reserved
// octets are zero. It is the reverse of decodeFields.
func encodeFields(dst []byte, layout []field, values []Field) ([]byte, error) {
	for i := range layout {
		f := &layout[i]
		if f.kind == kindSkip {
			if !f.opt || len(values) > 0 {
				dst = append(dst, make([]byte, f.size)...)
			}
			continue
		}
		take := f.takes(values)
		if take < 0 || take > len(values) {
			return nil, fmt.Errorf("%s: missing", f.name())
		}
		var err error
		if dst, err = f.encode(dst, values[:take]); err != nil {
			return nil, fmt.Errorf("%s: %w", f.name(), err)
		}
		values = values[take:]
	}
	if len(values) > 0 {
		return nil, fmt.Errorf("%s: no such value here", values[0].Key)
	}
	return dst, nil
}

// takes is how many values the field is made of, negative where they are not
// the next ones.
func (f *field) takes(values []Field) int {
	if len(values) == 0 {
		if f.opt || f.kind == kindTLVs {
			return 0
		}
		return -1
	}
	switch key := values[0].Key; f.kind {
	case kindMasks, kindPrefix:
		return 2
	case kindStackEntry:
		if key == "label" && len(values) >= 4 {
			return 4
		}
	case kindBindingSID:
		if key == "label" || key == "sid" {
			return 1
		}
	case kindSID, kindSIDTLV:
		if key == "label" || key == "index" {
			return 1
		}
	case kindTLVs:
		if key != f.key {
			return 0
		}
		return 1
	default:
		if key == f.key {
			return 1
		}
	}
	if f.opt {
		return 0
	}
	return -1
}

// encode appends the octets of the values of one field.
func (f *field) encode(dst []byte, values []Field) ([]byte, error) {
	if len(values) == 0 {
		return dst, nil
	}
	switch v := values[0].Value.(type) {
	case uint64:
		if f.kind == kindPrefix {
			return encodePrefixField(dst, v, values[1].Value)
		}
		if f.kind == kindStackEntry {
			return encodeStackEntry(dst, values)
		}
		return f.encodeUint(dst, values[0].Key, v)
	case float32:
		if f.kind == kindFloat {
			return binary.BigEndian.AppendUint32(dst, math.Float32bits(v)), nil
		}
	case string:
		if f.kind == kindText {
			return append(dst, v...), nil
		}
	case netip.Addr:
		return f.encodeAddr(dst, v)
	case []byte:
		if f.kind == kindMasks {
			return encodeMasks(dst, v, values[1].Value)
		}
		fits := f.kind == kindBytes && (f.size == 0 || f.size == len(v)) || f.kind == kindSystem && len(v) == 6 ||
			f.kind == kindArea || f.kind == kindRouterID && len(v) >= 4 && len(v) <= 8 && len(v) != 5
		if fits {
			return append(dst, v...), nil
		}
	case []TLV:
		if f.kind == kindTLVs {
			return encodeInner(dst, f.inner.table().frame, v)
		}
	case [][]Field:
		if f.kind == kindList {
			return encodeList(dst, f.group, v)
		}
	}
	return nil, fmt.Errorf("%T does not go here", values[0].Value)
}

func encodeInner(dst []byte, frame tlvFrame, list []TLV) ([]byte, error) {
	for _, t := range list {
		if !frame.fits(t) {
			return nil, fmt.Errorf("type %d of %d octets does not fit", t.Type, len(t.Value))
		}
		dst = frame.append(dst, t)
	}
	return dst, nil
}

func encodeList(dst []byte, group []field, list [][]Field) ([]byte, error) {
	for _, one := range list {
		var err error
		if dst, err = encodeFields(dst, group, one); err != nil {
			return nil, err
		}
	}
	return dst, nil
}

func (f *field) encodeUint(dst []byte, key string, v uint64) ([]byte, error) {
	size := f.size
	switch f.kind {
	case kindUint, kindFlags:
		for size == 0 || f.size == 0 && size < 8 && v>>(8*size) != 0 {
			size++
		}
	case kindBindingSID, kindPolicySID:
		if v > 0xfffff {
			return nil, fmt.Errorf("%d is too large", v)
		}
		return binary.BigEndian.AppendUint32(dst, uint32(v)<<12), nil
	case kindSID, kindSIDTLV:
		if size = 4; key == "label" {
			size = 3
		}
		if f.kind == kindSIDTLV {
			dst = binary.BigEndian.AppendUint16(dst, typeSIDLabel)
			dst = append(dst, 0, byte(size))
		}
	default:
		return nil, fmt.Errorf("%T does not go here", v)
	}
	if label := key == "label" && size == 3; size < 8 && v>>(8*size) != 0 || label && v > 0xfffff {
		return nil, fmt.Errorf("%d is too large", v)
	}
	for size--; size >= 0; size-- {
		dst = append(dst, byte(v>>(8*size)))
	}
	return dst, nil
}

func (f *field) encodeAddr(dst []byte, a netip.Addr) ([]byte, error) {
	n := a.BitLen() / 8
	switch {
	case f.kind == kindAddr && (f.size == n || f.size == 0), f.kind == kindWideAddr && n > 0, f.kind == kindSystem && n == 4, (f.kind == kindBindingSID || f.kind == kindPolicySID) && n == 16:
	case f.kind == kindAFAddr:
		dst = append(dst, 0, byte((n+8)/12)) // 0 for none, 1 for IPv4, 2 for IPv6
	default:
		return nil, fmt.Errorf("%v does not go here", a)
	}
	return append(dst, a.AsSlice()...), nil
}

func encodePrefixField(dst []byte, bits uint64, octets any) ([]byte, error) {
	b, ok := octets.([]byte)
	if !ok || bits > 128 || len(b) != (int(bits)+7)/8 {
		return nil, errLength
	}
	return append(append(dst, byte(bits)), b...), nil
}

func encodeMasks(dst, standard []byte, user any) ([]byte, error) {
	u, ok := user.([]byte)
	if !ok || len(standard)%4 != 0 || len(standard) > 8 || len(u)%4 != 0 || len(u) > 8 {
		return nil, errLength
	}
	dst = append(dst, byte(len(standard)), byte(len(u)), 0, 0)
	return append(append(dst, standard...), u...), nil
}

func encodeStackEntry(dst []byte, values []Field) ([]byte, error) {
	v := uint64(0)
	for i, limit := range []uint64{0xfffff, 7, 1, 0xff} {
		n, ok := values[i].Value.(uint64)
		if !ok || n > limit {
			return nil, fmt.Errorf("%s is not a number up to %d", values[i].Key, limit)
		}
		v = v<<[...]int{0, 3, 1, 8}[i] | n
	}
	return binary.BigEndian.AppendUint32(dst, uint32(v)), nil
}
