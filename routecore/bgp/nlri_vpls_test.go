package bgp

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func rebuildVPLS(_ inet.Family, b []byte) ([]byte, error) {
	v, err := ParseVPLS(b)
	return AppendVPLS(nil, v), err
}

func TestVPLS(t *testing.T) {
	checkVectors(t, []nlriVector{
		{inet.L2VPNVPLS, "0011" + "0001c0a8c901007b" + "0005" + "0001" + "0008" + "029ce1",
			"rd 192.168.201.1:123 veId 5 blockOffset 1 blockSize 8 labelBase 10702",
			`{"rd":"192.168.201.1:123","veId":5,"blockOffset":1,"blockSize":8,"labelBase":10702}`, "0001c0a8c901007b00050001", ""},
		{inet.L2VPNVPLS, "000c" + "0000fbf400000001" + "c0000201", "rd 64500:1 pe 192.0.2.1", `{"rd":"64500:1","pe":"192.0.2.1"}`,
			"000c0000fbf400000001c0000201", ""},
		{inet.L2VPNVPLS, "0017" + "0001c0a8c901007b" + "0005" + "0001" + "0008" + "029ce1" + "01000aff4000", // a circuit status vector of ten bits
			"rd 192.168.201.1:123 veId 5 blockOffset 1 blockSize 8 labelBase 10702 tlvs 0x01000aff4000",
			`{"rd":"192.168.201.1:123","veId":5,"blockOffset":1,"blockSize":8,"labelBase":10702,"tlvs":"01000aff4000"}`, "0001c0a8c901007b00050001", ""},
	}, rebuildVPLS)
	block := VPLS{RD: inet.RD{0, 0, 0, 1}, VE: 5, BlockOffset: 1, BlockSize: 8, LabelBase: NewLabel(100, true)}
	other, third := block, block
	other.BlockSize, other.LabelBase, other.TLVs = 0, 0, "\x01\x00\x00"
	third.BlockOffset = 9
	checkSameRoute(t, inet.L2VPNVPLS, AppendVPLS(nil, block), AppendVPLS(nil, other), AppendVPLS(nil, third))
}

func TestVPLSComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := VPLS{RD: drawRD(t)}
		if rapid.Bool().Draw(t, "discovery") {
			v.PE = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "pe")))
		} else {
			v.VE, v.BlockOffset, v.BlockSize = rapid.Uint16().Draw(t, "ve"), rapid.Uint16().Draw(t, "offset"), rapid.Uint16().Draw(t, "size")
			v.LabelBase = Label(rapid.Uint32Range(0, 1<<24-1).Draw(t, "label"))
			v.TLVs = string(rapid.SliceOfN(rapid.Byte(), 0, 9).Draw(t, "tlvs"))
		}
		wire := AppendVPLS(nil, v)
		if got, err := ParseVPLS(wire); err != nil || got != v {
			t.Fatalf("%+v, %v from %x", got, err, wire)
		}
	})
}
