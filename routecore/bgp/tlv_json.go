package bgp

import (
	"encoding/hex"
	"math"
	"net/netip"
	"strconv"
	"strings"
)

// appendJSON appends TLVs as one object: a key for each type in the order of
// first appearance, the value a list where the type may stand several times.
// What is unknown, broken or there too often stands under "raw", as a list of
// {"type": N, "value": "hex"}.
func (t *tlvTable) appendJSON(dst []byte, list []TLV) []byte {
	dst = append(dst, '{')
	return append(t.appendMembers(dst, len(dst), list), '}')
}

// appendMembers is appendJSON without the braces; from is where the object's
// members began. Types of which the object has the key already are in taken.
func (t *tlvTable) appendMembers(dst []byte, from int, list []TLV, taken ...uint16) []byte {
	var raw []TLV
	done, sequence := make(map[uint16]bool), false
	for _, typ := range taken {
		done[typ] = true
	}
	for i, v := range list {
		row := t.row(v.Type)
		if row == nil {
			raw = append(raw, v)
			continue
		}
		if done[v.Type] {
			if !row.many {
				raw = append(raw, v)
			}
			continue
		}
		done[v.Type] = true
		if row.many {
			if t.sequence == "" || !sequence {
				dst, raw = t.appendMany(dst, from, row, list[i:], raw)
			}
			sequence = true
		} else if values, err := decodeFields(row.fields, v.Value); err != nil {
			raw = append(raw, v)
		} else {
			dst = appendValuesJSON(appendKey(dst, from, row.JSON), row.fields, values)
		}
	}
	return appendRawJSON(dst, from, raw)
}

// appendRawJSON appends the member "raw" for TLVs that have no other form, if any.
func appendRawJSON(dst []byte, from int, raw []TLV) []byte {
	if len(raw) == 0 {
		return dst
	}
	dst = append(appendKey(dst, from, "raw"), '[')
	for i, v := range raw {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(append(dst, `{"type":`...), uint64(v.Type), 10)
		dst = append(jsonHex(append(dst, `,"value":`...), v.Value), '}')
	}
	return append(dst, ']')
}

// appendMany appends one list of the TLVs whose type may repeat: those of one row, or
// with a sequence those of all such rows, each with its "type". Broken ones go to raw.
func (t *tlvTable) appendMany(dst []byte, from int, only *TLVInfo, list, raw []TLV) ([]byte, []TLV) {
	key := t.sequence
	if key == "" {
		key = only.JSON
	}
	start := len(dst)
	dst = append(appendKey(dst, from, key), '[')
	first := len(dst)
	for _, v := range list {
		row := t.row(v.Type)
		if row == nil || !row.many || t.sequence == "" && row != only {
			continue
		}
		values, err := decodeFields(row.fields, v.Value)
		if err != nil {
			raw = append(raw, v)
			continue
		}
		dst = comma(dst, first)
		if t.sequence == "" {
			dst = appendValuesJSON(dst, row.fields, values)
			continue
		}
		dst = append(append(append(dst, `{"type":"`...), row.JSON...), '"')
		dst = append(appendMembersJSON(dst, 0, row.fields, values), '}')
	}
	if len(dst) == first {
		return dst[:start], raw
	}
	return append(dst, ']'), raw
}

func appendKey(dst []byte, from int, key string) []byte {
	return append(append(append(comma(dst, from), '"'), key...), `":`...)
}

// appendValuesJSON appends the values of one TLV or element: bare where there is
// one without a key, else an object.
func appendValuesJSON(dst []byte, layout []field, values []Field) []byte {
	if len(values) == 1 && values[0].Key == "" {
		return appendValueJSON(dst, fieldOf(layout, values[0]), values[0].Value)
	}
	if len(values) == 0 {
		return append(dst, "null"...)
	}
	dst = append(dst, '{')
	return append(appendMembersJSON(dst, len(dst), layout, values), '}')
}

// appendMembersJSON appends values as members of an object that began at from.
func appendMembersJSON(dst []byte, from int, layout []field, values []Field) []byte {
	for _, v := range values {
		f := fieldOf(layout, v)
		if list, ok := v.Value.([]TLV); ok {
			dst = f.inner.table().appendMembers(dst, from, list)
			continue
		}
		dst = appendValueJSON(appendKey(dst, from, v.Key), f, v.Value)
	}
	return dst
}

// fieldOf finds the part of the layout that a value came from, nil for those
// whose key depends on the octets (label, index and the like).
func fieldOf(layout []field, v Field) *field {
	for i := range layout {
		if f := &layout[i]; f.key == v.Key && f.kind != kindSkip && !f.ownKeys() {
			return f
		}
	}
	return nil
}

// ownKeys tells whether the octets decide under which key the value stands.
func (f *field) ownKeys() bool {
	switch f.kind {
	case kindSkip, kindSID, kindSIDTLV, kindBindingSID, kindStackEntry:
		return true
	}
	return false
}

func appendValueJSON(dst []byte, f *field, value any) []byte {
	switch v := value.(type) {
	case uint64:
		if f != nil && f.names != "" {
			return appendFlagsJSON(dst, v, 8*f.size, f.names)
		}
		return strconv.AppendUint(dst, v, 10)
	case float32:
		return appendFloatJSON(dst, v)
	case netip.Addr:
		if !v.IsValid() {
			return append(dst, "null"...)
		}
		return append(v.AppendTo(append(dst, '"')), '"')
	case string:
		return jsonString(dst, v)
	case []byte:
		if f != nil && f.kind != kindBytes {
			return append(f.appendID(append(dst, '"'), v), '"')
		}
		return jsonHex(dst, v)
	case []TLV:
		return f.inner.table().appendJSON(dst, v)
	case [][]Field:
		dst = append(dst, '[')
		for i, one := range v {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendValuesJSON(dst, f.group, one)
		}
		return append(dst, ']')
	}
	return append(dst, "null"...)
}

// appendFlagsJSON lists the names of the bits that are set; a bit without a name
// is "bitN", counted from the most significant, which is 0, as the RFCs do.
func appendFlagsJSON(dst []byte, v uint64, bits int, names string) []byte {
	words := strings.Fields(names)
	dst = append(dst, '[')
	from := len(dst)
	for i := range bits {
		if v>>(bits-1-i)&1 == 0 {
			continue
		}
		dst = append(comma(dst, from), '"')
		if i < len(words) && words[i] != "-" {
			dst = append(dst, words[i]...)
		} else {
			dst = strconv.AppendInt(append(dst, "bit"...), int64(i), 10)
		}
		dst = append(dst, '"')
	}
	return append(dst, ']')
}

// appendFloatJSON prints a bandwidth; what JSON has no number for is null.
func appendFloatJSON(dst []byte, v float32) []byte {
	if f := float64(v); math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if a := math.Abs(float64(v)); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, float64(v), format, -1, 32)
}

// appendID prints identifiers of the IGPs: OSPF's as addresses, those of IS-IS as
// groups of hexadecimal digits, with the pseudonode after a dot of its own.
func (f *field) appendID(dst, b []byte) []byte {
	switch {
	case f.kind == kindPrefix:
		return hex.AppendEncode(dst, b)
	case f.kind == kindArea && len(b) > 0:
		dst = hex.AppendEncode(dst, b[:1])
		return appendDotted(dst, b[1:], true)
	case len(b) == 4 || len(b) == 8:
		dst = netip.AddrFrom4([4]byte(b)).AppendTo(dst)
		if len(b) == 8 {
			dst = netip.AddrFrom4([4]byte(b[4:])).AppendTo(append(dst, ':'))
		}
		return dst
	}
	return appendDotted(dst, b, false)
}

// appendDotted prints pairs of octets with dots between them.
func appendDotted(dst, b []byte, dot bool) []byte {
	for i := 0; i < len(b); i += 2 {
		if i > 0 || dot {
			dst = append(dst, '.')
		}
		dst = hex.AppendEncode(dst, b[i:min(i+2, len(b))])
	}
	return dst
}
