package bgp

import (
	"encoding/binary"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// MED returns MULTI_EXIT_DISC (RFC 4271 §5.1.4).
func (a Attrs) MED() (uint32, bool) { return a.number(AttrMED) }

// LocalPref returns LOCAL_PREF (RFC 4271 §5.1.5).
func (a Attrs) LocalPref() (uint32, bool) { return a.number(AttrLocalPref) }

func (a Attrs) number(code AttrCode) (uint32, bool) {
	v, ok := a.Get(code)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(v), true
}

func jsonNumber(dst, v []byte, _ inet.Family) []byte {
	return strconv.AppendUint(dst, uint64(binary.BigEndian.Uint32(v)), 10)
}
