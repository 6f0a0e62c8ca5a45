package bgp

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"
)

// comma appends a comma unless dst ends where the list began.
func comma(dst []byte, from int) []byte {
	if len(dst) > from {
		return append(dst, ',')
	}
	return dst
}

// jsonString appends a JSON string (RFC 8259 §7).
func jsonString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', "0123456789abcdef"[r>>4], "0123456789abcdef"[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}

// jsonText appends text from a peer, made printable.
func jsonText(dst, v []byte) []byte { return jsonString(dst, printable(v)) }

// jsonHex appends octets as hexadecimal text.
func jsonHex(dst, v []byte) []byte {
	return append(hex.AppendEncode(append(dst, '"'), v), '"')
}

// jsonBytes appends octets as a list of numbers.
func jsonBytes(dst, v []byte) []byte {
	dst = append(dst, '[')
	for i, b := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(b), 10)
	}
	return append(dst, ']')
}

// jsonEntries appends a list with an element for each size octets.
func jsonEntries(dst, v []byte, size int, one func(dst, v []byte) []byte) []byte {
	dst = append(dst, '[')
	for i := 0; i+size <= len(v); i += size {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = one(dst, v[i:i+size])
	}
	return append(dst, ']')
}

// jsonTexts is jsonEntries of values that print as text.
func jsonTexts(dst, v []byte, size int, text func(dst, v []byte) ([]byte, error)) []byte {
	return jsonEntries(dst, v, size, func(dst, v []byte) []byte {
		dst, _ = text(append(dst, '"'), v)
		return append(dst, '"')
	})
}
