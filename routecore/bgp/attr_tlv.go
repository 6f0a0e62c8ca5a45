package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// checkTLVs walks over TLVs whose type has typeLen octets and whose length has
// two; body tells whether the length counts the header too.
func checkTLVs(v []byte, typeLen int, inclusive bool) (Fault, int) {
	for at := 0; at < len(v); {
		if len(v)-at < typeLen+2 {
			return FaultTLV, at
		}
		n := int(binary.BigEndian.Uint16(v[at+typeLen:]))
		if !inclusive {
			n += typeLen + 2
		}
		if n < typeLen+2 || at+n > len(v) {
			return FaultTLV, at
		}
		at += n
	}
	return FaultNone, 0
}

// checkTunnelEncap checks the framing of tunnel TLVs; what is inside them is
// judged by whoever uses the tunnel (RFC 9012 §13).
func checkTunnelEncap(v []byte, _ Ctx) (Fault, int) { return checkTLVs(v, 2, false) }

// checkBGPLS checks the framing of the TLVs of a BGP-LS attribute (RFC 9552 §8.2.2).
func checkBGPLS(v []byte, _ Ctx) (Fault, int) { return checkTLVs(v, 2, false) }

// checkPrefixSID checks the framing of the TLVs, and the length of a label index,
// the only one that is fixed (RFC 8669 §3).
func checkPrefixSID(v []byte, _ Ctx) (Fault, int) {
	if fault, at := checkTLVs(v, 1, false); fault != FaultNone {
		return fault, at
	}
	for at := 0; at < len(v); {
		n := int(binary.BigEndian.Uint16(v[at+1:]))
		if v[at] == 1 && n != 7 {
			return FaultLength, at
		}
		at += 3 + n
	}
	return FaultNone, 0
}

// checkAIGP checks the framing and the length of the AIGP TLV, which counts its
// header (RFC 7311 §3).
func checkAIGP(v []byte, _ Ctx) (Fault, int) {
	if fault, at := checkTLVs(v, 1, true); fault != FaultNone {
		return fault, at
	}
	if len(v) > 0 && v[0] == 1 && binary.BigEndian.Uint16(v[1:]) != 11 {
		return FaultLength, 0
	}
	return FaultNone, 0
}

// AIGP returns the accumulated metric of the first AIGP TLV (RFC 7311 §3).
func (a Attrs) AIGP() (uint64, bool) {
	v, _ := a.Get(AttrAIGP)
	for len(v) >= 3 {
		n := int(binary.BigEndian.Uint16(v[1:]))
		if n < 3 || n > len(v) {
			break
		}
		if v[0] == 1 && n == 11 {
			return binary.BigEndian.Uint64(v[3:]), true
		}
		v = v[n:]
	}
	return 0, false
}

// checkPMSI wants flags, tunnel type and label (RFC 6514 §5).
func checkPMSI(v []byte, _ Ctx) (Fault, int) {
	if len(v) < 5 {
		return FaultLength, 0
	}
	return FaultNone, 0
}

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
