package bgp

import "encoding/binary"

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
