package bgp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
)

// Field is one value inside a TLV. Value is one of
//
//	uint64        numbers, flags, labels and indices
//	float32       bandwidths, in octets per second (IEEE 754)
//	netip.Addr    addresses and router ids
//	string        names
//	[]byte        octets without a meaning known here
//	[]TLV         TLVs inside
//	[][]Field     a list, one []Field an element
//
// Key is the name in JSON; it is empty where the TLV is a single value.
type Field struct {
	Key   string
	Value any
}

// typeSIDLabel is the TLV that holds a label or an index inside others.
const typeSIDLabel = 1161

// FieldValue finds the first value of a key and of type T among fields, as
//
//	asn, ok := bgp.FieldValue[uint64](fields, "peerAsn")
func FieldValue[T any](fields []Field, key string) (T, bool) {
	for _, f := range fields {
		if v, ok := f.Value.(T); ok && f.Key == key {
			return v, true
		}
	}
	var none T
	return none, false
}

// FirstTLV finds the first TLV of a type in a list, such as the AS number among the
// descriptors of a node.
func FirstTLV(list []TLV, typ uint16) (TLV, bool) {
	for _, t := range list {
		if t.Type == typ {
			return t, true
		}
	}
	return TLV{}, false
}

var (
	errShort    = errors.New("too short")
	errTrailing = errors.New("octets left over")
	errLength   = errors.New("length that no form of it has")
)

// decodeFields reads all of b by the layout.
func decodeFields(layout []field, b []byte) ([]Field, error) {
	out, rest, err := cutFields(nil, layout, b)
	if err == nil && len(rest) > 0 {
		err = errTrailing
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func cutFields(out []Field, layout []field, b []byte) ([]Field, []byte, error) {
	start := b
	for i := range layout {
		f := &layout[i]
		if f.opt && len(b) == 0 {
			break
		}
		n := f.width(start, b)
		if n < 0 || n > len(b) {
			return nil, nil, fmt.Errorf("%s: %w", f.name(), errShort)
		}
		var err error
		if out, err = f.decode(out, b[:n:n]); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.name(), err)
		}
		b = b[n:]
	}
	return out, b, nil
}

func (f *field) name() string {
	if f.key == "" {
		return "value"
	}
	return f.key
}

// width is how many octets of b, which is what is left of start, belong to the
// field, negative where it is broken.
func (f *field) width(start, b []byte) int {
	switch f.kind {
	case kindWideAddr:
		if len(start) > 1 && start[1]<<f.size&0x80 != 0 {
			return 16
		}
		return 4
	case kindPolicySID:
		if len(start) > 0 && start[0]&0x80 != 0 {
			return 16
		}
		return 4
	case kindFloat, kindStackEntry:
		return 4
	case kindSIDTLV:
		if len(b) < 4 {
			return -1
		}
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	case kindSystem:
		switch {
		case f.size > 0:
			return f.size
		case len(b) > 8:
			return 6
		}
		return 4
	case kindMasks:
		if len(b) < 4 {
			return -1
		}
		return 4 + int(b[0]) + int(b[1])
	case kindPrefix:
		if len(b) == 0 || b[0] > 128 {
			return -1
		}
	case kindUint, kindFlags, kindAddr, kindBytes, kindSkip:
		if f.size > 0 {
			return f.size
		}
	}
	return len(b)
}

// decode reads the octets of one field, which are all of b.
func (f *field) decode(out []Field, b []byte) ([]Field, error) {
	var v any
	switch f.kind {
	case kindSkip:
		return out, nil
	case kindUint, kindFlags:
		if len(b) == 0 || len(b) > 8 {
			return nil, errLength
		}
		v = beUint(b)
	case kindFloat:
		v = math.Float32frombits(binary.BigEndian.Uint32(b))
	case kindPolicySID:
		if v = beUint(b) >> 12; len(b) == 16 {
			v = netip.AddrFrom16([16]byte(b))
		}
	case kindAddr, kindWideAddr:
		a, ok := addrOf(b)
		if !ok {
			return nil, errLength
		}
		v = a
	case kindText:
		v = string(b)
	case kindBytes, kindArea:
		v = b
	case kindRouterID:
		if n := len(b); n != 4 && n != 6 && n != 7 && n != 8 {
			return nil, errLength
		}
		v = b
	case kindSystem:
		if len(b) == 4 {
			v = netip.AddrFrom4([4]byte(b))
		} else {
			v = b
		}
	case kindSID:
		return decodeSID(out, b)
	case kindBindingSID:
		if len(b) == 4 {
			return append(out, Field{"label", beUint(b) >> 12}), nil
		}
		if len(b) == 16 {
			return append(out, Field{"sid", netip.AddrFrom16([16]byte(b))}), nil
		}
		return nil, errLength
	case kindStackEntry:
		v := beUint(b)
		return append(out, Field{"label", v >> 12}, Field{"trafficClass", v >> 9 & 7}, Field{"bottom", v >> 8 & 1}, Field{"ttl", v & 0xff}), nil
	case kindSIDTLV:
		if binary.BigEndian.Uint16(b) != typeSIDLabel || len(b) > 8 {
			return nil, errLength
		}
		return decodeSID(out, b[4:])
	case kindMasks:
		if b[0]%4 != 0 || b[1]%4 != 0 || b[0] > 8 || b[1] > 8 {
			return nil, errLength
		}
		n := 4 + b[0]
		return append(out, Field{"standardApplications", b[4:n:n]}, Field{"userApplications", b[n:]}), nil
	case kindPrefix:
		return decodePrefixField(out, f.key, b)
	case kindAFAddr:
		if len(b) < 2 {
			return nil, errShort
		}
		a, ok := addrOf(b[2:])
		want := [...]int{0: 0, 1: 4, 2: 16}
		if afi := int(binary.BigEndian.Uint16(b)); !ok || afi >= len(want) || want[afi] != len(b)-2 {
			return nil, errLength
		}
		v = a
	case kindTLVs:
		list, err := f.inner.table().frame.parse(b, "inside")
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return out, nil
		}
		v = list
	case kindList:
		list, err := decodeList(f.group, b)
		if err != nil {
			return nil, err
		}
		v = list
	}
	return append(out, Field{f.key, v}), nil
}

func decodeList(group []field, b []byte) ([][]Field, error) {
	list := [][]Field{}
	for len(b) > 0 {
		one, rest, err := cutFields(nil, group, b)
		if err != nil {
			return nil, err
		}
		if len(rest) == len(b) {
			return nil, errLength
		}
		list, b = append(list, one), rest
	}
	return list, nil
}

// decodeSID tells label and index apart by their length, which RFC 9085 §2.1.1
// fixes for each.
func decodeSID(out []Field, b []byte) ([]Field, error) {
	switch len(b) {
	case 3:
		return append(out, Field{"label", beUint(b) & 0xfffff}), nil
	case 4:
		return append(out, Field{"index", beUint(b)}), nil
	}
	return nil, errLength
}

// decodePrefixField gives the length in bits and the octets; which family they are of
// only the NLRI around them says.
func decodePrefixField(out []Field, key string, b []byte) ([]Field, error) {
	if len(b) != 1+(int(b[0])+7)/8 {
		return nil, errLength
	}
	return append(out, Field{"length", uint64(b[0])}, Field{key, b[1:]}), nil
}

func beUint(b []byte) uint64 {
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// addrOf reads 4 or 16 octets; none are the zero Addr.
func addrOf(b []byte) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(b)
	return a, ok || len(b) == 0
}
