package bgpsec

import (
	"encoding/binary"
	"slices"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// ParsePath reads the value of a BGPsec_Path attribute (RFC 8205 §3). Signatures
// alias v. Errors are [*Error].
func ParsePath(v []byte) (Path, error) {
	r := inet.NewReader(v, 0)
	n := int(r.U16())
	if !r.OK() || n < 2+hopSize || (n-2)%hopSize != 0 || n > len(v) {
		return Path{}, &Error{0, "RFC 8205 §3.1", "length of the Secure_Path"}
	}
	p := Path{Hops: make([]Hop, (n-2)/hopSize)}
	for i := range p.Hops {
		p.Hops[i] = Hop{r.U8(), r.U8(), inet.ASN(r.U32())}
	}
	for r.Len() > 0 {
		if len(p.Blocks) == 2 {
			return Path{}, &Error{r.Offset(), "RFC 8205 §3", "more than two Signature_Blocks"}
		}
		b, err := parseBlock(&r, len(p.Hops))
		if err != nil {
			return Path{}, err
		}
		p.Blocks = append(p.Blocks, b)
	}
	if len(p.Blocks) == 0 {
		return Path{}, &Error{len(v), "RFC 8205 §3", "no Signature_Block"}
	}
	if len(p.Blocks) == 2 && p.Blocks[0].Suite == p.Blocks[1].Suite {
		return Path{}, &Error{n, "RFC 8205 §3.2", "two Signature_Blocks of one suite"}
	}
	return p, nil
}

func parseBlock(r *inet.Reader, hops int) (Block, error) {
	at := r.Offset()
	body := r.Bytes(int(r.U16()) - 2)
	if !r.OK() || len(body) < 1 {
		return Block{}, &Error{at, "RFC 8205 §3.2", "length of a Signature_Block"}
	}
	b := Block{Suite: Suite(body[0])}
	in := inet.NewReader(body[1:], at+blockHead)
	for in.Len() > 0 {
		from := in.Offset()
		s := Signature{}
		copy(s.SKI[:], in.Bytes(len(s.SKI)))
		s.Value = in.Bytes(int(in.U16()))
		if !in.OK() {
			return Block{}, &Error{from, "RFC 8205 §3.2", "a Signature Segment runs past the end of its block"}
		}
		b.Signatures = append(b.Signatures, s)
	}
	if len(b.Signatures) != hops {
		return Block{}, &Error{at, "RFC 8205 §5.2", "a Signature_Block has not one signature for each hop"}
	}
	return b, nil
}

// Append appends the value of the attribute. It fails where the path has no hops,
// not one or two blocks of different suites, a block without exactly one signature
// for each hop, or more octets than an attribute holds.
func (p Path) Append(dst []byte) ([]byte, error) {
	if len(p.Hops) == 0 || len(p.Blocks) == 0 || len(p.Blocks) > 2 || len(p.Blocks) == 2 && p.Blocks[0].Suite == p.Blocks[1].Suite {
		return dst, &Error{-1, "RFC 8205 §3", "want at least one hop, and one or two Signature_Blocks of different suites"}
	}
	size := 2 + hopSize*len(p.Hops)
	for _, b := range p.Blocks {
		if len(b.Signatures) != len(p.Hops) {
			return dst, &Error{-1, "RFC 8205 §3.2", "a Signature_Block has not one signature for each hop"}
		}
		size += b.size()
	}
	if size > maxAttr {
		return dst, &Error{-1, "RFC 4271 §4.3", "the path is longer than an attribute can be"}
	}
	dst = slices.Grow(dst, size)
	dst = binary.BigEndian.AppendUint16(dst, uint16(2+hopSize*len(p.Hops)))
	for _, h := range p.Hops {
		dst = h.append(dst)
	}
	for _, b := range p.Blocks {
		dst = append(binary.BigEndian.AppendUint16(dst, uint16(b.size())), byte(b.Suite))
		for _, s := range b.Signatures {
			dst = s.append(dst)
		}
	}
	return dst, nil
}

func (b Block) size() int {
	n := blockHead
	for _, s := range b.Signatures {
		n += signatureHead + len(s.Value)
	}
	return n
}

func (h Hop) append(dst []byte) []byte {
	return binary.BigEndian.AppendUint32(append(dst, h.PCount, h.Flags), uint32(h.ASN))
}

func (s Signature) append(dst []byte) []byte {
	dst = append(dst, s.SKI[:]...)
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s.Value))), s.Value...)
}

// Len returns the length of the path for the choice of the best route: the sum of
// the pCounts, hops inside a confederation left out (RFC 8205 §4.4, RFC 5065 §5.3).
func (p Path) Len() int {
	n := 0
	for _, h := range p.Hops {
		if !h.Confed() {
			n += int(h.PCount)
		}
	}
	return n
}

// ASPath appends the AS_PATH that the path stands for, with AS numbers of four
// octets: each AS as often as its pCount says, those of a confederation in
// AS_CONFED_SEQUENCE segments (RFC 8205 §4.4).
func (p Path) ASPath(dst []byte) bgp.ASPath {
	segment := -1 // where the open segment starts
	for _, h := range p.Hops {
		t := bgp.ASSequence
		if h.Confed() {
			t = bgp.ASConfedSequence
		}
		for range h.PCount {
			if segment < 0 || dst[segment] != byte(t) || dst[segment+1] == 255 {
				segment = len(dst)
				dst = append(dst, byte(t), 0)
			}
			dst[segment+1]++
			dst = binary.BigEndian.AppendUint32(dst, uint32(h.ASN))
		}
	}
	return bgp.ASPath(dst)
}

// Peer is what the checks of a received path have to know about its sender.
type Peer struct {
	ASN         inet.ASN // the sender's; inside a confederation that of its member AS
	Transparent bool     // a route server that may leave itself out by a pCount of 0
	Confed      bool     // in our confederation, in another member AS
	Internal    bool     // in our own AS, which adds nothing
}

// Check applies the rules of RFC 8205 §5.2 to a path that came from a peer, before
// any signature is looked at. Errors are [*Error].
func (p Path) Check(peer Peer) error {
	const rfc = "RFC 8205 §5.2"
	if len(p.Hops) == 0 {
		return &Error{-1, rfc, "no hops"}
	}
	if peer.Internal {
		return nil
	}
	first := p.Hops[0]
	if first.ASN != peer.ASN {
		return &Error{2, rfc, "the first hop is " + first.ASN.String() + ", the peer is " + peer.ASN.String()}
	}
	if peer.Confed {
		if !first.Confed() {
			return &Error{2, rfc, "a hop of our confederation without the flag Confed_Segment"}
		}
		return nil
	}
	for i, h := range p.Hops {
		if h.Confed() {
			return &Error{2 + hopSize*i, rfc, "a hop of a confederation from outside it"}
		}
	}
	if first.PCount == 0 && !peer.Transparent {
		return &Error{2, rfc, "pCount 0 from a peer that is no route server"}
	}
	return nil
}

// LeaveConfed drops the hops of our confederation and their signatures, before the
// path goes out of it (RFC 8205 §4.3).
func (p Path) LeaveConfed() Path {
	n := 0
	for n < len(p.Hops) && p.Hops[n].Confed() {
		n++
	}
	out := Path{Hops: p.Hops[n:]}
	for _, b := range p.Blocks {
		if len(b.Signatures) >= n {
			out.Blocks = append(out.Blocks, Block{b.Suite, b.Signatures[n:]})
		}
	}
	return out
}
