package bgp

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// SRPolicy is one NLRI of the SR Policy family (RFC 9830 §2.1): a candidate path
// of the policy that Color and Endpoint name. It is comparable.
type SRPolicy struct {
	Distinguisher uint32 // makes several candidate paths of one policy different NLRI
	Color         uint32
	Endpoint      netip.Addr // of the family's AFI; unspecified for any
}

// ParseSRPolicy reads one whole NLRI without path identifier. Its length is in
// bits: 96 for IPv4 and 192 for IPv6.
func ParseSRPolicy(f inet.Family, b []byte) (SRPolicy, error) {
	if at := checkSRPolicy(f, b); at >= 0 {
		return SRPolicy{}, fmt.Errorf("SR Policy NLRI: offset %d: length does not go with the family (RFC 9830 §2.1)", at)
	}
	a, _ := netip.AddrFromSlice(b[9:])
	return SRPolicy{binary.BigEndian.Uint32(b[1:]), binary.BigEndian.Uint32(b[5:]), a}, nil
}

// AppendSRPolicy appends p in wire form, without path identifier. It appends
// nothing for a policy without an endpoint.
func AppendSRPolicy(dst []byte, p SRPolicy) []byte {
	if !p.Endpoint.IsValid() {
		return dst
	}
	dst = append(dst, byte(64+p.Endpoint.BitLen()))
	dst = binary.BigEndian.AppendUint32(dst, p.Distinguisher)
	dst = binary.BigEndian.AppendUint32(dst, p.Color)
	return append(dst, p.Endpoint.AsSlice()...)
}

// AppendText appends [distinguisher][color][endpoint].
func (p SRPolicy) AppendText(dst []byte) []byte {
	dst = strconv.AppendUint(append(dst, '['), uint64(p.Distinguisher), 10)
	dst = strconv.AppendUint(append(dst, "]["...), uint64(p.Color), 10)
	return append(p.Endpoint.AppendTo(append(dst, "]["...)), ']')
}

// sizeSRPolicy is the length of the first NLRI in b.
func sizeSRPolicy(_ inet.Family, b []byte) int { return bitsSize(b, 192) }

// checkSRPolicy wants the one length that the AFI has.
func checkSRPolicy(f inet.Family, b []byte) int {
	bits := 96
	if f.AFI() == inet.AFIIPv6 {
		bits = 192
	}
	if len(b) != 1+bits/8 || int(b[0]) != bits {
		return 0
	}
	return -1
}

func textSRPolicy(dst []byte, f inet.Family, b []byte) []byte {
	p, err := ParseSRPolicy(f, b)
	if err != nil {
		return appendHexText(dst, b)
	}
	return p.AppendText(dst)
}

func jsonSRPolicy(dst []byte, f inet.Family, b []byte) []byte {
	p, err := ParseSRPolicy(f, b)
	if err != nil {
		return append(jsonHex(append(dst, `{"raw":`...), b), '}')
	}
	dst = strconv.AppendUint(append(dst, `{"distinguisher":`...), uint64(p.Distinguisher), 10)
	dst = strconv.AppendUint(append(dst, `,"color":`...), uint64(p.Color), 10)
	return append(p.Endpoint.AppendTo(append(dst, `,"endpoint":"`...)), `"}`...)
}

// keySRPolicy is the whole NLRI.
func keySRPolicy(dst []byte, _ inet.Family, b []byte) []byte { return append(dst, b...) }
