package bgp

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// VPLS is an NLRI of SAFI 65: a block of labels (RFC 4761 §3.2.2), or, where PE
// is set, a member that auto-discovery found (RFC 6074 §3.2.2.1). Point-to-point
// L2VPNs share the family and may have TLVs behind the label base (RFC 6624 §3).
// It is comparable.
type VPLS struct {
	RD          inet.RD
	VE          uint16 // identifier of the edge
	BlockOffset uint16
	BlockSize   uint16
	LabelBase   Label
	TLVs        string     // octets, such as the circuit status vector, whose length counts bits
	PE          netip.Addr // IPv4; the zero Addr means a block of labels
}

const rfcVPLS = "RFC 4761 §3.2.2"

// The octets behind the length, which tell the two forms apart; a block may have
// more.
const (
	vplsBlock     = 17
	vplsDiscovery = 12
)

// ParseVPLS reads one whole NLRI without path identifier. The error is an [*Error].
func ParseVPLS(b []byte) (VPLS, error) {
	if fault := faultVPLS(b); fault.text != "" {
		return VPLS{}, fault.err()
	}
	return readVPLS(b[2:]), nil
}

func faultVPLS(b []byte) nlriFault {
	switch n := len(b) - 2; {
	case n < 0 || lengthSize(b, 0, 2) != len(b):
		return nlriFault{0, "length does not fit", rfcVPLS}
	case n != vplsDiscovery && n < vplsBlock:
		return nlriFault{0, "length is neither 12 nor 17 or more", rfcVPLS}
	}
	return nlriFault{}
}

// readVPLS reads what is behind the length, which faultVPLS found good.
func readVPLS(b []byte) VPLS {
	v := VPLS{RD: inet.RD(b)}
	if len(b) == vplsDiscovery {
		v.PE = netip.AddrFrom4([4]byte(b[8:]))
		return v
	}
	v.VE = binary.BigEndian.Uint16(b[8:])
	v.BlockOffset = binary.BigEndian.Uint16(b[10:])
	v.BlockSize = binary.BigEndian.Uint16(b[12:])
	v.LabelBase = labelAt(b[14:])
	v.TLVs = string(b[vplsBlock:])
	return v
}

// AppendVPLS appends the wire form. It appends nothing where the TLVs do not fit.
func AppendVPLS(dst []byte, v VPLS) []byte {
	if v.PE.Is4() {
		dst = append(binary.BigEndian.AppendUint16(dst, vplsDiscovery), v.RD[:]...)
		return inet.AppendAddr(dst, v.PE)
	}
	if vplsBlock+len(v.TLVs) > 65535 {
		return dst
	}
	dst = append(binary.BigEndian.AppendUint16(dst, uint16(vplsBlock+len(v.TLVs))), v.RD[:]...)
	for _, n := range [...]uint16{v.VE, v.BlockOffset, v.BlockSize} {
		dst = binary.BigEndian.AppendUint16(dst, n)
	}
	return append(StackOf(v.LabelBase).AppendWire(dst), v.TLVs...)
}

func checkVPLS(_ inet.Family, b []byte) int { return faultVPLS(b).offset() }

func textVPLS(dst []byte, _ inet.Family, b []byte) []byte {
	v := readVPLS(b[2:])
	dst, _ = v.RD.AppendText(append(dst, "rd "...))
	if v.PE.IsValid() {
		return v.PE.AppendTo(append(dst, " pe "...))
	}
	for _, m := range v.members() {
		dst = append(append(append(dst, ' '), m.name...), ' ')
		dst = strconv.AppendUint(dst, uint64(m.value), 10)
	}
	if v.TLVs != "" {
		dst = appendHexText(append(dst, " tlvs "...), []byte(v.TLVs))
	}
	return dst
}

func jsonVPLS(dst []byte, _ inet.Family, b []byte) []byte {
	v := readVPLS(b[2:])
	dst, _ = v.RD.AppendText(append(dst, `{"rd":"`...))
	if v.PE.IsValid() {
		return append(v.PE.AppendTo(append(dst, `","pe":"`...)), `"}`...)
	}
	dst = append(dst, '"')
	for _, m := range v.members() {
		dst = append(append(append(dst, `,"`...), m.name...), `":`...)
		dst = strconv.AppendUint(dst, uint64(m.value), 10)
	}
	if v.TLVs != "" {
		dst = appendHex(append(dst, `,"tlvs":`...), []byte(v.TLVs))
	}
	return append(dst, '}')
}

type vplsMember struct {
	name  string
	value uint32
}

func (v VPLS) members() [4]vplsMember {
	return [...]vplsMember{{"veId", uint32(v.VE)}, {"blockOffset", uint32(v.BlockOffset)},
		{"blockSize", uint32(v.BlockSize)}, {"labelBase", v.LabelBase.Value()}}
}

// keyVPLS leaves out how large the block is, where its labels begin and the TLVs.
func keyVPLS(dst []byte, _ inet.Family, b []byte) []byte {
	if len(b) >= 2+vplsBlock {
		return append(dst, b[2:2+12]...)
	}
	return append(dst, b...)
}
