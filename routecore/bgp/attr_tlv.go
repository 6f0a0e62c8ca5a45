package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// checkBGPsecPath checks the framing of the Secure_Path and the Signature_Blocks
// (RFC 8205 §3).
func checkBGPsecPath(v []byte, _ Ctx) (Fault, int) {
	if len(v) < 2 {
		return FaultLength, 0
	}
	at := int(binary.BigEndian.Uint16(v))
	if at < 2 || (at-2)%6 != 0 || at >= len(v) {
		return FaultLength, 0
	}
	for blocks := 0; at < len(v); blocks++ {
		if blocks == 2 || len(v)-at < 3 {
			return FaultTLV, at
		}
		n := int(binary.BigEndian.Uint16(v[at:]))
		if n < 3 || at+n > len(v) {
			return FaultTLV, at
		}
		at += n
	}
	return FaultNone, 0
}

// checkAttrSet checks the framing of the attributes inside; next hops and NLRI
// have no place there (RFC 6368 §5).
func checkAttrSet(v []byte, _ Ctx) (Fault, int) {
	if len(v) < 4 {
		return FaultLength, 0
	}
	for at := 4; at < len(v); {
		_, code, value, size := cutAttr(v[at:])
		if size == 0 {
			return FaultTLV, at
		}
		_ = value
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
