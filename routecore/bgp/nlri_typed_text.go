package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// AppendText appends six pairs of digits with colons.
func (m MAC) AppendText(dst []byte) ([]byte, error) { return appendColons(dst, m[:]), nil }

// String returns six pairs of digits with colons.
func (m MAC) String() string { return string(appendColons(nil, m[:])) }

// AppendText appends ten pairs of digits with colons.
func (e ESI) AppendText(dst []byte) ([]byte, error) { return appendColons(dst, e[:]), nil }

// String returns ten pairs of digits with colons.
func (e ESI) String() string { return string(appendColons(nil, e[:])) }

func appendColons(dst, b []byte) []byte {
	for i := range b {
		if i > 0 {
			dst = append(dst, ':')
		}
		dst = hex.AppendEncode(dst, b[i:i+1])
	}
	return dst
}

// textTyped prints the name of the type and name and value of each field.
func textTyped(dst []byte, f inet.Family, b []byte) []byte {
	t := typedFamilyOf(f)
	arch, code, l := t.head(b)
	if l == nil {
		if t.skip == 3 {
			dst = strconv.AppendUint(append(dst, "architecture "...), uint64(arch), 10)
			dst = append(dst, ' ')
		}
		dst = strconv.AppendUint(append(dst, "type "...), uint64(code), 10)
		return hex.AppendEncode(append(dst, " 0x"...), b[t.skip+1:])
	}
	dst = append(dst, l.name...)
	l.walk(f, b[t.skip+1:], func(p typedPart, v []byte) {
		info := &typedFields[p.field]
		if !info.kind.silent(v) {
			dst = append(append(append(dst, ' '), info.name...), ' ')
			dst = info.kind.text(dst, f, v)
		}
	})
	return dst
}

// jsonTyped prints type, name and fields; of an unknown type the octets of the
// whole NLRI.
func jsonTyped(dst []byte, f inet.Family, b []byte) []byte {
	t := typedFamilyOf(f)
	arch, code, l := t.head(b)
	dst = append(dst, '{')
	if t.skip == 3 {
		dst = append(strconv.AppendUint(append(dst, `"architecture":`...), uint64(arch), 10), ',')
	}
	dst = strconv.AppendUint(append(dst, `"type":`...), uint64(code), 10)
	if l == nil {
		return append(appendHex(append(dst, `,"raw":`...), b), '}')
	}
	dst = append(append(append(dst, `,"name":"`...), l.name...), '"')
	l.walk(f, b[t.skip+1:], func(p typedPart, v []byte) {
		info := &typedFields[p.field]
		if !info.kind.silent(v) {
			dst = append(append(append(dst, `,"`...), info.name...), `":`...)
			dst = info.kind.json(dst, f, v)
		}
	})
	return append(dst, '}')
}

// silent tells whether a field says nothing that is worth printing.
func (k typedKind) silent(v []byte) bool {
	switch k {
	case wireHidden32:
		return true
	case wireAddrOrNone:
		return v[0] == 0
	case wireU8OrEnd, wireAddrOrEnd:
		return len(v) == 0 || k == wireAddrOrEnd && v[0] == 0
	}
	return false
}

// text prints a field that was cut by its kind.
func (k typedKind) text(dst []byte, f inet.Family, v []byte) []byte {
	switch k {
	case wireRD:
		dst, _ = inet.RD(v).AppendText(dst)
	case wireESI:
		return appendColons(dst, v)
	case wireMAC:
		return appendColons(dst, v[1:])
	case wireU8, wireU8OrEnd:
		return strconv.AppendUint(dst, uint64(v[0]), 10)
	case wireU32:
		return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(v)), 10)
	case wireAddr, wireAddrOrNone, wireAddrOrAny, wireAddrOrEnd:
		if v[0] == 0 {
			return append(dst, '*')
		}
		return inet.AddrFromWire(v[1:]).AppendTo(dst)
	case wireLastAddr, wireGateway:
		return inet.AddrFromWire(v).AppendTo(dst)
	case wirePrefix:
		return inet.PrefixFromWire(f, v[0], v[1:]).AppendTo(dst)
	case wireWidePrefix:
		return netip.PrefixFrom(inet.AddrFromWire(v[1:]), int(v[0])).Masked().AppendTo(dst)
	case wireLabel, wireLabels:
		dst, _ = stackOfWire(v).AppendText(dst)
	case wireEndpointTEID:
		a, teid, bits := endpointTEID(v)
		dst = strconv.AppendUint(append(a.AppendTo(dst), " teid "...), uint64(teid), 10)
		return strconv.AppendUint(append(dst, '/'), uint64(bits), 10)
	case wireRouteKey:
		if inner := routeKey(f, v); inner {
			return append(textTyped(append(dst, '('), f, v), ')')
		}
		return hex.AppendEncode(append(dst, "0x"...), v)
	default:
		return hex.AppendEncode(append(dst, "0x"...), v)
	}
	return dst
}

// json prints a field as a JSON value; some add further members.
func (k typedKind) json(dst []byte, f inet.Family, v []byte) []byte {
	switch k {
	case wireU8, wireU8OrEnd, wireU32:
		return k.text(dst, f, v)
	case wireLabel, wireLabels:
		dst = append(stackOfWire(v).appendJSON(dst), `,"vnis":[`...)
		for i := 0; i+3 <= len(v); i += 3 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, uint64(labelAt(v[i:]).VNI()), 10)
		}
		return append(dst, ']')
	case wireEndpointTEID:
		a, teid, bits := endpointTEID(v)
		dst = append(a.AppendTo(append(dst, '"')), `","teid":`...)
		dst = strconv.AppendUint(dst, uint64(teid), 10)
		return strconv.AppendUint(append(dst, `,"teidBits":`...), uint64(bits), 10)
	case wireOctets8:
		return appendHex(dst, v)
	case wireRouteKey:
		if routeKey(f, v) {
			return jsonTyped(dst, f, v)
		}
		return appendHex(dst, v)
	}
	return append(k.text(append(dst, '"'), f, v), '"')
}

func stackOfWire(v []byte) LabelStack {
	var s LabelStack
	for ; len(v) >= 3 && s.n < maxLabels; v = v[3:] {
		s.push(labelAt(v))
	}
	return s
}

// routeKey tells whether the route key of a leaf is a good NLRI of a known type.
// A leaf answers no leaf, which bounds the nesting.
func routeKey(f inet.Family, v []byte) bool {
	if lengthSize(v, 1, 1) != len(v) || len(v) == 0 {
		return false
	}
	_, _, l := typedFamilyOf(f).head(v)
	return l != nil && l.fields[0].field != fieldRouteKey && l.walk(f, v[2:], nil) < 0
}
