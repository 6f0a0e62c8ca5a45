package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"iter"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// BGPsecPath is the value of a BGPsec_Path attribute (RFC 8205 §3): a view, for
// those who show it. Building, signing and verifying are in routecore/bgpsec.
type BGPsecPath []byte

// BGPsecHop is a Secure_Path Segment (RFC 8205 §3.1).
type BGPsecHop struct {
	PCount uint8
	Flags  uint8 // 0x80 marks a member AS of a confederation
	ASN    inet.ASN
}

// BGPsecSignature is a Signature Segment, with the algorithm suite of the block in
// which it stands (RFC 8205 §3.2).
type BGPsecSignature struct {
	Suite uint8
	SKI   [20]byte
	Value []byte
}

const (
	bgpsecHopSize   = 6
	bgpsecBlockHead = 3
	bgpsecSigHead   = 22
)

// BGPsecPath returns the BGPsec_Path of the route, nil where it has none.
func (a Attrs) BGPsecPath() BGPsecPath {
	v, _ := a.Get(AttrBGPsecPath)
	return v
}

// cut returns the octets of the hops and of the blocks, or false where the length
// of the Secure_Path is wrong.
func (p BGPsecPath) cut() (hops, blocks []byte, ok bool) {
	if len(p) < 2 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(p))
	if n < 2+bgpsecHopSize || (n-2)%bgpsecHopSize != 0 || n > len(p) {
		return nil, nil, false
	}
	return p[2:n:n], p[n:], true
}

// Hops yields the hops, the one added last first.
func (p BGPsecPath) Hops() iter.Seq[BGPsecHop] {
	return func(yield func(BGPsecHop) bool) {
		hops, _, _ := p.cut()
		for ; len(hops) > 0; hops = hops[bgpsecHopSize:] {
			if !yield(BGPsecHop{hops[0], hops[1], inet.ASN(binary.BigEndian.Uint32(hops[2:]))}) {
				return
			}
		}
	}
}

// Signatures yields the signatures of all blocks, in the order of the hops in each.
// It stops at a fault.
func (p BGPsecPath) Signatures() iter.Seq[BGPsecSignature] {
	return func(yield func(BGPsecSignature) bool) {
		_, blocks, _ := p.cut()
		for {
			suite, body, rest, ok := nextBGPsecBlock(blocks)
			if !ok {
				return
			}
			for len(body) > 0 {
				ski, value, more, ok := nextBGPsecSignature(body)
				if !ok || !yield(BGPsecSignature{suite, [20]byte(ski), value}) {
					return
				}
				body = more
			}
			blocks = rest
		}
	}
}

func nextBGPsecBlock(b []byte) (suite uint8, body, rest []byte, ok bool) {
	if len(b) < bgpsecBlockHead {
		return 0, nil, nil, false
	}
	n := int(binary.BigEndian.Uint16(b))
	if n < bgpsecBlockHead || n > len(b) {
		return 0, nil, nil, false
	}
	return b[2], b[bgpsecBlockHead:n:n], b[n:], true
}

func nextBGPsecSignature(b []byte) (ski, value, rest []byte, ok bool) {
	if len(b) < bgpsecSigHead {
		return nil, nil, nil, false
	}
	n := bgpsecSigHead + int(binary.BigEndian.Uint16(b[20:]))
	if n > len(b) {
		return nil, nil, nil, false
	}
	return b[:20:20], b[bgpsecSigHead:n:n], b[n:], true
}

// checkBGPsecPath checks that there are hops, one or two Signature_Blocks of
// different suites, and in each a signature for every hop (RFC 8205 §5.2).
func checkBGPsecPath(v []byte, _ Ctx) (Fault, int) {
	hops, blocks, ok := BGPsecPath(v).cut()
	if !ok || len(blocks) == 0 {
		return FaultLength, 0
	}
	want, first := len(hops)/bgpsecHopSize, uint8(0)
	for count := 0; len(blocks) > 0; count++ {
		at := len(v) - len(blocks)
		suite, body, rest, ok := nextBGPsecBlock(blocks)
		if !ok || count == 2 {
			return FaultTLV, at
		}
		if count == 1 && suite == first {
			return FaultValue, at
		}
		signatures := 0
		for ; len(body) > 0; signatures++ {
			if _, _, body, ok = nextBGPsecSignature(body); !ok {
				return FaultTLV, at
			}
		}
		if signatures != want {
			return FaultLength, at
		}
		first, blocks = suite, rest
	}
	return FaultNone, 0
}

// jsonBGPsecPath prints hops and blocks; the values are what nobody reads, but
// somebody compares.
func jsonBGPsecPath(dst, v []byte, _ inet.Family) []byte {
	dst = append(dst, `{"securePath":[`...)
	from := len(dst)
	for h := range BGPsecPath(v).Hops() {
		dst = strconv.AppendUint(append(comma(dst, from), `{"asn":`...), uint64(h.ASN), 10)
		dst = strconv.AppendUint(append(dst, `,"pCount":`...), uint64(h.PCount), 10)
		dst = strconv.AppendUint(append(dst, `,"flags":`...), uint64(h.Flags), 10)
		dst = append(dst, '}')
	}
	dst = append(dst, `],"signatures":[`...)
	from = len(dst)
	for s := range BGPsecPath(v).Signatures() {
		dst = strconv.AppendUint(append(comma(dst, from), `{"suite":`...), uint64(s.Suite), 10)
		dst = hex.AppendEncode(append(dst, `,"ski":"`...), s.SKI[:])
		dst = append(hex.AppendEncode(append(dst, `","value":"`...), s.Value), `"}`...)
	}
	return append(dst, "]}"...)
}
