package bgp

import (
	"encoding/binary"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// BGPsecSupport is a BGPsec capability: one version, one direction and one address
// family, in which SAFI 1 is understood (RFC 8205 §2.1). A speaker that does both
// directions, or several families, sends several.
type BGPsecSupport struct {
	Version uint8 // 0 to 15; 0 is the only one defined
	Send    bool  // the speaker can send signed routes; else it can receive them
	AFI     inet.AFI
}

// NewBGPsec announces support of BGPsec.
func NewBGPsec(s BGPsecSupport) Capability {
	return Capability{CapBGPsec, binary.BigEndian.AppendUint16([]byte{s.Version<<4 | bit(s.Send, 8)}, uint16(s.AFI))}
}

// BGPsec returns every BGPsec capability of the OPEN. Reserved bits are ignored.
func (o Open) BGPsec() []BGPsecSupport {
	var out []BGPsecSupport
	for _, c := range o.Caps {
		if c.Code == CapBGPsec && len(c.Value) == 3 {
			out = append(out, readBGPsec(c.Value))
		}
	}
	return out
}

func readBGPsec(v []byte) BGPsecSupport {
	return BGPsecSupport{v[0] >> 4, v[0]&8 != 0, inet.AFI(binary.BigEndian.Uint16(v[1:]))}
}

// BGPsecFlows reports whether signed routes of an address family may go from the
// speaker of one OPEN to that of the other, and with which version, the highest
// that both know: the first has to say that it sends, the second that it receives,
// and both must have announced the family and 4-octet AS numbers (RFC 8205 §2.2).
func BGPsecFlows(from, to Open, afi inet.AFI) (version uint8, ok bool) {
	f := inet.NewFamily(afi, inet.SAFIUnicast)
	for _, o := range []Open{from, to} {
		if !o.Has(CapASN4) || !o.announces(f) {
			return 0, false
		}
	}
	for _, a := range from.BGPsec() {
		for _, b := range to.BGPsec() {
			if a.Send && !b.Send && a.AFI == afi && b.AFI == afi && a.Version == b.Version && (!ok || a.Version > version) {
				version, ok = a.Version, true
			}
		}
	}
	return version, ok
}

func (o Open) announces(f inet.Family) bool {
	for g := range o.AllFamilies() {
		if f == g {
			return true
		}
	}
	return false
}

func jsonCapBGPsec(dst, v []byte) []byte {
	s := readBGPsec(v)
	dst = strconv.AppendUint(append(dst, `{"version":`...), uint64(s.Version), 10)
	dst = jsonBool(dst, "send", s.Send)
	dst = strconv.AppendUint(append(dst, `,"afi":`...), uint64(s.AFI), 10)
	return append(dst, '}')
}
