package bgpsec

import (
	"crypto/sha256"
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// AppendDigestInput appends the octets that a signature covers (RFC 8205 §4.2,
// §5.2). hops begins with the signer, signatures with that of the hop before it,
// so that there is one hop more; target is the AS to which the signer sends.
//
//	target | signature 1 | hop 0 | signature 2 | hop 1 | ... | hop of the origin
//	       | suite | AFI | SAFI | prefix as in NLRI
func AppendDigestInput(dst []byte, target inet.ASN, hops []Hop, signatures []Signature, suite Suite, route Route) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(target))
	for i, h := range hops {
		if i < len(signatures) {
			dst = signatures[i].append(dst)
		}
		dst = h.append(dst)
	}
	dst = append(dst, byte(suite))
	dst = binary.BigEndian.AppendUint16(dst, uint16(route.Family.AFI()))
	dst = append(dst, byte(route.Family.SAFI()))
	return inet.AppendPrefix(dst, route.Prefix)
}

// digest hashes the input for the hop i of a block, using scratch for the octets.
func (p Path) digest(scratch []byte, b Block, i int, target inet.ASN, route Route) ([sha256.Size]byte, []byte) {
	scratch = AppendDigestInput(scratch[:0], target, p.Hops[i:], b.Signatures[i+1:], b.Suite, route)
	return sha256.Sum256(scratch), scratch
}

// target is the AS to which hop i sent: the hop after it, or, for the first, us.
func (p Path) target(i int, ours inet.ASN) inet.ASN {
	if i == 0 {
		return ours
	}
	return p.Hops[i-1].ASN
}
