package bgp

import (
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func rebuildRTC(_ inet.Family, b []byte) ([]byte, error) {
	p, err := ParseRouteTargetPrefix(b)
	return AppendRouteTargetPrefix(nil, p), err
}

func TestRouteTargetPrefixes(t *testing.T) {
	checkVectors(t, []nlriVector{
		{inet.IPv4RTC, "00", "default", `{"length":0}`, "00", ""},
		{inet.IPv4RTC, "60" + "00000064" + "0002006400000001", "origin 100 rt:100:1/96",
			`{"length":96,"originAsn":100,"routeTarget":"rt:100:1"}`, "60000000640002006400000001", ""},
		{inet.IPv4RTC, "20" + "00000064", "origin 100 0x0000000000000000/32", `{"length":32,"originAsn":100}`, "2000000064", ""},
		{inet.IPv4RTC, "40" + "00000064" + "00020064", "origin 100 0x0002006400000000/64",
			`{"length":64,"originAsn":100,"routeTarget":"0x0002006400000000"}`, "400000006400020064", ""},
		{inet.IPv4RTC, "3f" + "00000064" + "00020065", "origin 100 0x0002006400000000/63",
			`{"length":63,"originAsn":100,"routeTarget":"0x0002006400000000"}`, "3f0000006400020064", "3f0000006400020064"},
	}, rebuildRTC)
}

func TestRouteTargetPrefixesThatDoNotFit(t *testing.T) {
	for _, hex := range []string{"0100", "1f00000064", "61" + "00000064" + "0002006400000001" + "00"} {
		if p, err := ParseRouteTargetPrefix(unhex(t, hex)); err == nil {
			t.Errorf("%s is %+v", hex, p)
		}
	}
}

func TestRouteTargetPrefixCovers(t *testing.T) {
	one, other := ExtCommunity{0, 2, 0, 100, 0, 0, 0, 1}, ExtCommunity{0, 2, 0, 100, 0, 0, 0, 2}
	tests := []struct {
		hex        string
		one, other bool
	}{
		{"00", true, true},
		{"2000000064", true, true},
		{"400000006400020064", true, true},
		{"60000000640002006400000001", true, false},
		{"5e000000640002006400000001", true, true},
		{"400000006400020065", false, false},
	}
	for _, tt := range tests {
		p, err := ParseRouteTargetPrefix(unhex(t, tt.hex))
		if err != nil || p.Covers(one) != tt.one || p.Covers(other) != tt.other {
			t.Errorf("%s: %t %t, %v", tt.hex, p.Covers(one), p.Covers(other), err)
		}
	}
}

func TestRouteTargetPrefixComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := RouteTargetPrefix{
			Bits:   rapid.SampledFrom([]uint8{0, 32, 33, 40, 47, 64, 95, 96}).Draw(t, "bits"),
			Origin: inet.ASN(rapid.Uint32().Draw(t, "origin")),
			Target: ExtCommunity(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "target")),
		}
		p.mask()
		wire := AppendRouteTargetPrefix(nil, p)
		if got, err := ParseRouteTargetPrefix(wire); err != nil || got != p {
			t.Fatalf("%+v, %v from %x", got, err, wire)
		}
	})
}
