package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// AttributeSet is the value of ATTR_SET: attributes of a customer's route that a
// VPN carries without looking at them (RFC 6368 §5). AS numbers inside have four
// octets whatever the session has.
type AttributeSet struct {
	Origin inet.ASN // the customer's AS number
	Attrs  []Attr   // in the order they came
}

// ParseAttributeSet reads the value of an ATTR_SET. Values alias b. It is an error
// where an attribute is not whole or is one that has no place there: NEXT_HOP,
// MP_REACH_NLRI, MP_UNREACH_NLRI.
func ParseAttributeSet(b []byte) (AttributeSet, error) {
	if fault, at := checkAttrSet(b, Ctx{}); fault != FaultNone {
		return AttributeSet{}, &Error{Code: CodeUpdate, Subcode: fault.info().subcode, Offset: at,
			RFC: "RFC 6368 §5", Text: "ATTR_SET: " + fault.info().text}
	}
	s := AttributeSet{Origin: inet.ASN(binary.BigEndian.Uint32(b))}
	for b = b[4:]; len(b) > 0; {
		flags, code, value, size := cutAttr(b)
		s.Attrs = append(s.Attrs, Attr{code, flags &^ FlagExtended & 0xf0, value})
		b = b[size:]
	}
	return s, nil
}

// AppendAttributeSet appends what [ParseAttributeSet] reads. Values over 65535
// octets are left out.
func AppendAttributeSet(dst []byte, s AttributeSet) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(s.Origin))
	for _, t := range s.Attrs {
		if len(t.Value) <= 65535 {
			dst = appendWireAttr(dst, t)
		}
	}
	return dst
}

// AttributeSet returns the ATTR_SET of a route.
func (a Attrs) AttributeSet() (AttributeSet, bool) {
	v, ok := a.Get(AttrSet)
	if !ok {
		return AttributeSet{}, false
	}
	s, err := ParseAttributeSet(v)
	return s, err == nil
}

// checkAttrSet checks the framing of the attributes inside; next hops and NLRI
// have no place there (RFC 6368 §5).
func checkAttrSet(v []byte, _ Ctx) (Fault, int) {
	if len(v) < 4 {
		return FaultLength, 0
	}
	for at := 4; at < len(v); {
		_, code, _, size := cutAttr(v[at:])
		if size == 0 {
			return FaultTLV, at
		}
		if code == AttrNextHop || code == AttrMPReach || code == AttrMPUnreach {
			return FaultValue, at
		}
		at += size
	}
	return FaultNone, 0
}

func jsonAttrSet(dst, v []byte, _ inet.Family) []byte {
	asn := inet.ASN(binary.BigEndian.Uint32(v))
	dst, _ = asn.AppendText(append(dst, `{"origin":"`...))
	return append(jsonBytes(append(dst, `","attributes":`...), v[4:]), '}')
}
