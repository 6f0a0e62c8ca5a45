package bgp

import (
	"fmt"

	"example.com/rotonda/routecore/inet"
)

// PrefixSID TLV types (RFC 8669 §3, RFC 9252 §2).
const (
	PrefixSIDLabelIndex uint16 = 1
	PrefixSIDSRGB       uint16 = 3
	PrefixSIDL3Service  uint16 = 5
	PrefixSIDL2Service  uint16 = 6
)

// ParsePrefixSID cuts the value of a Prefix-SID attribute into its TLVs, which
// alias b (RFC 8669 §3).
func ParsePrefixSID(b []byte) ([]TLV, error) {
	list, err := frame12.parse(b, "RFC 8669 §6")
	if err != nil {
		return nil, fmt.Errorf("Prefix-SID: %w", err)
	}
	return list, nil
}

// AppendPrefixSID appends the value of a Prefix-SID attribute.
func AppendPrefixSID(dst []byte, list []TLV) ([]byte, error) {
	dst, err := encodeInner(dst, frame12, list)
	if err != nil {
		return nil, fmt.Errorf("Prefix-SID: %w", err)
	}
	return dst, nil
}

// DecodePrefixSID reads the value of one TLV of the attribute.
func DecodePrefixSID(t TLV) ([]Field, error) { return prefixSIDTable.decode(t) }

// EncodePrefixSID makes a TLV of values, the reverse of [DecodePrefixSID].
func EncodePrefixSID(typ uint16, values ...Field) (TLV, error) {
	return prefixSIDTable.encode(typ, values)
}

// DecodeService reads a sub-TLV of an SRv6 service TLV (RFC 9252 §3).
func DecodeService(t TLV) ([]Field, error) { return serviceTable.decode(t) }

// EncodeService makes a sub-TLV of an SRv6 service TLV.
func EncodeService(typ uint16, values ...Field) (TLV, error) { return serviceTable.encode(typ, values) }

// DecodeServiceSub reads a sub-TLV of SRv6 SID Information (RFC 9252 §3.2).
func DecodeServiceSub(t TLV) ([]Field, error) { return serviceSubTable.decode(t) }

// EncodeServiceSub makes a sub-TLV of SRv6 SID Information.
func EncodeServiceSub(typ uint16, values ...Field) (TLV, error) {
	return serviceSubTable.encode(typ, values)
}

// AppendPrefixSIDText appends the value of a Prefix-SID attribute as one line of text.
func AppendPrefixSIDText(dst, v []byte) []byte {
	list, err := ParsePrefixSID(v)
	if err != nil {
		return appendHexText(dst, v)
	}
	return prefixSIDTable.appendText(dst, list)
}

// checkPrefixSID checks the framing of the TLVs and the lengths that are fixed: a
// label index has seven octets, an originator SRGB flags and at least one range
// of six (RFC 8669 §3). SRv6 service TLVs with broken framing inside or a broken
// SID make the routes unusable, which is treat-as-withdraw instead of discard
// (RFC 9252 §7); of later ones of a type only the first counts.
func checkPrefixSID(v []byte, _ Ctx) (Fault, int) {
	var seen [256]bool
	for at := 0; at < len(v); {
		t, size := frame12.cut(v[at:])
		if size == 0 {
			return FaultTLV, at
		}
		n := len(t.Value)
		switch first := !seen[t.Type]; {
		case !first:
		case t.Type == PrefixSIDLabelIndex && n != 7,
			t.Type == PrefixSIDSRGB && (n < 8 || (n-2)%6 != 0):
			return FaultLength, at
		case t.Type == PrefixSIDL3Service || t.Type == PrefixSIDL2Service:
			if in := checkService(t.Value); in >= 0 {
				return FaultService, at + 3 + in
			}
		}
		seen[t.Type] = true
		at += size
	}
	return FaultNone, 0
}

// checkService returns the offset of the first fault in a service TLV, or -1.
func checkService(v []byte) int {
	if len(v) < 1 {
		return 0
	}
	for at := 1; at < len(v); {
		t, size := frame12.cut(v[at:])
		if size == 0 {
			return at
		}
		if t.Type == 1 {
			if len(t.Value) < 21 {
				return at
			}
			if in := frame12.check(t.Value[21:]); in >= 0 {
				return at + 3 + 21 + in
			}
		}
		at += size
	}
	return -1
}

func jsonPrefixSID(dst, v []byte, _ inet.Family) []byte {
	list, err := ParsePrefixSID(v)
	if err != nil {
		return nil
	}
	return prefixSIDTable.appendJSON(dst, list)
}
