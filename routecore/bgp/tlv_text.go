package bgp

import (
	"encoding/hex"
	"net/netip"
	"strconv"
)

// appendText appends TLVs as words with blanks between them: name=value, or
// name{...} where the TLV has several values, in the order received. Unknown and
// broken ones are their type and octets in hexadecimal.
func (t *tlvTable) appendText(dst []byte, list []TLV) []byte {
	for i, v := range list {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = t.appendOneText(dst, v)
	}
	return dst
}

func (t *tlvTable) appendOneText(dst []byte, v TLV) []byte {
	row := t.row(v.Type)
	if row != nil {
		if values, err := decodeFields(row.fields, v.Value); err == nil {
			return appendValuesText(append(dst, row.JSON...), row.fields, values)
		}
	}
	dst = strconv.AppendUint(append(dst, "type"...), uint64(v.Type), 10)
	return appendHexText(append(dst, '='), v.Value)
}

// appendValuesText appends "=value" where there is one without a key, "{...}" for
// several and nothing for none.
func appendValuesText(dst []byte, layout []field, values []Field) []byte {
	switch {
	case len(values) == 0:
		return dst
	case len(values) == 1 && values[0].Key == "":
		return appendValueText(append(dst, '='), fieldOf(layout, values[0]), values[0].Value)
	}
	dst = append(dst, '{')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ' ')
		}
		f := fieldOf(layout, v)
		if list, ok := v.Value.([]TLV); ok {
			dst = f.inner.table().appendText(dst, list)
			continue
		}
		dst = appendValueText(append(append(dst, v.Key...), '='), f, v.Value)
	}
	return append(dst, '}')
}

func appendValueText(dst []byte, f *field, value any) []byte {
	switch v := value.(type) {
	case uint64:
		if f != nil && f.kind == kindFlags {
			return strconv.AppendUint(append(dst, "0x"...), v, 16)
		}
		return strconv.AppendUint(dst, v, 10)
	case float32:
		return strconv.AppendFloat(dst, float64(v), 'g', -1, 32)
	case netip.Addr:
		if !v.IsValid() {
			return append(dst, '-')
		}
		return v.AppendTo(dst)
	case string:
		return strconv.AppendQuote(dst, v)
	case []byte:
		if f != nil && f.kind != kindBytes {
			return f.appendID(dst, v)
		}
		return appendHexText(dst, v)
	case []TLV:
		return append(f.inner.table().appendText(append(dst, '{'), v), '}')
	case [][]Field:
		dst = append(dst, '[')
		for i, one := range v {
			if i > 0 {
				dst = append(dst, ' ')
			}
			if len(one) == 1 && one[0].Key == "" {
				dst = appendValueText(dst, fieldOf(f.group, one[0]), one[0].Value)
			} else {
				dst = appendValuesText(dst, f.group, one)
			}
		}
		return append(dst, ']')
	}
	return dst
}

func appendHexText(dst, b []byte) []byte { return hex.AppendEncode(append(dst, "0x"...), b) }
