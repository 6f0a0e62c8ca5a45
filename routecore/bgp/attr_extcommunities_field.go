package bgp

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// plainRate tells whether the bits of a float32 are a number that text can show
// exactly. Infinite values and those that are no number have no text; subnormal
// ones are integers that somebody put into the wrong field.
func plainRate(bits uint64) bool {
	exponent := bits >> 23 & 0xff
	return exponent != 0xff && (exponent != 0 || bits&0x7fffff == 0)
}

func (f *extField) appendText(dst []byte, n uint64) []byte {
	switch f.kind {
	case extASN4:
		dst = strconv.AppendUint(dst, n, 10)
		if n <= 65535 {
			dst = append(dst, 'L')
		}
		return dst
	case extHex:
		return strconv.AppendUint(append(dst, "0x"...), n, 16)
	case extAddr:
		return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}).AppendTo(dst)
	case extRate:
		return strconv.AppendFloat(dst, float64(math.Float32frombits(uint32(n))), 'f', -1, 32)
	case extMAC:
		return fmt.Appendf(dst, "%02x:%02x:%02x:%02x:%02x:%02x", byte(n>>40), byte(n>>32), byte(n>>24), byte(n>>16), byte(n>>8), byte(n))
	case extEnum:
		for _, v := range f.names {
			if v.value == n {
				return append(dst, v.name...)
			}
		}
	case extBits:
		return appendBits(dst, f.names, n)
	}
	return strconv.AppendUint(dst, n, 10)
}

func appendBits(dst []byte, names []extName, n uint64) []byte {
	from := len(dst)
	for _, v := range names {
		if n&v.value == 0 {
			continue
		}
		if len(dst) > from {
			dst = append(dst, '+')
		}
		dst, n = append(dst, v.name...), n&^v.value
	}
	if n == 0 && len(dst) > from {
		return dst
	}
	if len(dst) > from {
		dst = append(dst, '+')
	}
	return strconv.AppendUint(append(dst, "0x"...), n, 16)
}

// parseText reads what appendText prints; the caller checks the range.
func (f *extField) parseText(s string) (uint64, bool) {
	switch f.kind {
	case extASN2:
		asn, err := inet.ParseASN(s)
		return uint64(asn), err == nil
	case extASN4:
		digits, long := strings.CutSuffix(s, "L")
		asn, err := inet.ParseASN(digits)
		return uint64(asn), err == nil && (long || asn > 65535)
	case extAddr:
		a, err := netip.ParseAddr(s)
		if err != nil || !a.Is4() {
			return 0, false
		}
		b := a.As4()
		return uint64(b[0])<<24 | uint64(b[1])<<16 | uint64(b[2])<<8 | uint64(b[3]), true
	case extRate:
		x, err := strconv.ParseFloat(s, 32)
		bits := uint64(math.Float32bits(float32(x)))
		return bits, err == nil && plainRate(bits)
	case extMAC:
		return parseMAC(s)
	case extBits:
		var n uint64
		for word := range strings.SplitSeq(s, "+") {
			bit, ok := f.word(word)
			if !ok {
				return 0, false
			}
			n |= bit
		}
		return n, true
	}
	return f.word(s)
}

// word reads a name or a number.
func (f *extField) word(s string) (uint64, bool) {
	for _, v := range f.names {
		if strings.EqualFold(v.name, s) {
			return v.value, true
		}
	}
	base := 10
	if digits, ok := strings.CutPrefix(s, "0x"); ok {
		s, base = digits, 16
	}
	n, err := strconv.ParseUint(s, base, 48)
	return n, err == nil
}

func parseMAC(s string) (n uint64, ok bool) {
	parts := strings.Split(s, ":")
	for _, p := range parts {
		b, err := strconv.ParseUint(p, 16, 8)
		if err != nil || len(p) != 2 {
			return 0, false
		}
		n = n<<8 | b
	}
	return n, len(parts) == 6
}

// AppendJSON appends the machine's form: an object with "type" (the name, or
// "unknown"), "code" (type and sub-type), "transitive", and the fields; "raw" has
// the six octets of what is unknown. Numbers and AS numbers are numbers;
// addresses, flags and names are strings. The list of an attribute in
// [Attrs.AppendJSON] has the texts instead.
//
//	{"type":"rt","code":"0x0002","transitive":true,"asn":64500,"number":1}
func (e ExtCommunity) AppendJSON(dst []byte) []byte {
	r := e.row()
	name := "unknown"
	if r != nil {
		name = r.name
	}
	dst = fmt.Appendf(dst, `{"type":%q,"code":"0x%04x","transitive":%t`, name, e[:2], e.Transitive())
	if r == nil {
		return append(hex.AppendEncode(append(dst, `,"raw":"`...), e[2:]), `"}`...)
	}
	for i := range r.fields {
		f := &r.fields[i]
		n := f.of(e.value())
		dst = append(append(append(dst, `,"`...), f.name...), `":`...)
		switch f.kind {
		case extNumber, extASN2, extASN4:
			dst = strconv.AppendUint(dst, n, 10)
		case extRate:
			dst = f.appendText(dst, n)
		default:
			dst = append(f.appendText(append(dst, '"'), n), '"')
		}
	}
	return append(dst, '}')
}

// ParseExtCommunityJSON reads the form of AppendJSON. "code" decides what it is;
// a field that is absent is 0.
func ParseExtCommunityJSON(b []byte) (ExtCommunity, error) {
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		return ExtCommunity{}, fmt.Errorf("extended community: %w", err)
	}
	code, _ := fields["code"].(string)
	n, err := strconv.ParseUint(strings.TrimPrefix(code, "0x"), 16, 16)
	if err != nil || len(code) != 6 {
		return ExtCommunity{}, fmt.Errorf("extended community: code %q: want 0x and four digits", code)
	}
	e := ExtCommunity{byte(n >> 8), byte(n)}
	if raw, ok := fields["raw"].(string); ok {
		octets, err := hex.DecodeString(raw)
		if err != nil || len(octets) != 6 {
			return ExtCommunity{}, fmt.Errorf("extended community: raw %q: want twelve digits", raw)
		}
		copy(e[2:], octets)
		return e, nil
	}
	r := findExt(e[0], e[1])
	if r == nil {
		return ExtCommunity{}, fmt.Errorf("extended community: code %s is unknown and there is no raw", code)
	}
	var v uint64
	for i := range r.fields {
		f := &r.fields[i]
		n, ok := f.fromJSON(fields[f.name])
		if !ok || n > 1<<f.bits-1 {
			return ExtCommunity{}, fmt.Errorf("extended community: %s: %v does not fit %s", f.name, fields[f.name], r.form())
		}
		v |= n << f.low
	}
	return r.build(v), nil
}

func (f *extField) fromJSON(v any) (uint64, bool) {
	switch v := v.(type) {
	case nil:
		return 0, true
	case string:
		return f.parseText(v)
	case float64:
		if f.kind == extRate {
			bits := uint64(math.Float32bits(float32(v)))
			return bits, plainRate(bits)
		}
		if v < 0 || v >= 1<<48 || v != math.Trunc(v) {
			return 0, false
		}
		return uint64(v), true
	}
	return 0, false
}
