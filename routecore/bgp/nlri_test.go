package bgp

import (
	"bytes"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestNLRIOfEveryFamily(t *testing.T) {
	tests := []struct {
		family  inet.Family
		addPath bool
		hex     string
		count   int // NLRI read
		fault   int // offset of the fault, -1 for none
	}{
		{inet.IPv4Unicast, false, "00" + "18c63364" + "20c6336401", 3, -1},
		{inet.IPv4Unicast, true, "0000000100" + "0000000218c63364", 2, -1},
		{inet.IPv4Unicast, false, "18c63364" + "21c633640100", 1, 4},
		{inet.IPv4Unicast, false, "18c63364" + "18c633", 1, 4},
		{inet.IPv4Unicast, true, "0000000118c63364" + "000000", 1, 8},
		{inet.IPv6Multicast, false, "2020010db8" + "80" + "20010db8000000000000000000000001", 2, -1},
		{inet.IPv6Unicast, false, "8120010db80000000000000000000000010000", 0, 0},
		{inet.IPv4Labelled, false, "30000641c63364" + "48000640000641c63364", 2, -1},
		{inet.IPv4MPLSVPN, true, "00000001" + "680006410000fbf400000001c633" + "00", 1, 18},
		{inet.IPv4FlowSpec, false, "030108" + "0a" + "f003" + "01080a", 2, -1},
		{inet.IPv4FlowSpec, false, "f0", 0, 0},
		{inet.L2VPNEVPN, false, "0304aabbccdd" + "f900", 2, -1},
		{inet.L2VPNEVPN, false, "0304aabbcc", 0, 0},
		{inet.L2VPNVPLS, false, "0002aabb", 1, -1},
		{inet.IPv4RTC, false, "00" + "600000fbf40002fbf400000001", 2, -1},
		{inet.BGPLS, false, "00010002aabb" + "ffff0000", 2, -1},
		{inet.NewFamily(1, 73), false, "60aabbccddaabbccddaabbccdd", 1, -1},
		{inet.NewFamily(1, 85), false, "01000102aabb", 1, -1},
		{inet.NewFamily(9, 9), false, "aabbcc", 1, -1},
		{inet.NewFamily(25, 1), false, "ffff", 1, -1},
		{inet.NewFamily(25, 133), false, "03010c08" + "03010c09", 2, -1},
		{inet.NewFamily(57, 65), false, "0002aabb" + "0002aabb", 1, -1},
		{inet.NewFamily(25, 128), true, "000000010001", 1, -1},
	}
	for _, tt := range tests {
		n := NLRI{Family: tt.family, AddPath: tt.addPath, Bytes: unhex(t, tt.hex)}
		if n.Len() != tt.count {
			t.Errorf("%v %s: %d NLRI, want %d", tt.family, tt.hex, n.Len(), tt.count)
		}
		if got := checkNLRI(tt.family, tt.addPath, n.Bytes); got != tt.fault {
			t.Errorf("%v %s: fault at %d, want %d", tt.family, tt.hex, got, tt.fault)
		}
		var joined []byte
		for raw := range n.All() {
			joined = append(joined, raw...)
		}
		if tt.fault < 0 && !bytes.Equal(joined, n.Bytes) {
			t.Errorf("%v %s: the pieces are %x", tt.family, tt.hex, joined)
		}
		for i := range n.Bytes { // no cut may be read past its end
			cut := n.with(n.Bytes[:i:i])
			if got := cut.Len(); got > tt.count {
				t.Errorf("%v %x has %d NLRI", tt.family, cut.Bytes, got)
			}
		}
	}
}

func TestPrefixesMaskHostBits(t *testing.T) {
	n := NLRI{Family: inet.IPv4Unicast, AddPath: true, Bytes: unhex(t, "000000070dc0ff"+"0000000000"+"ffffffff20c6336401")}
	want := []struct {
		id     uint32
		prefix string
	}{{7, "192.248.0.0/13"}, {0, "0.0.0.0/0"}, {1<<32 - 1, "198.51.100.1/32"}}
	i := 0
	for id, p := range n.Prefixes() {
		if id != want[i].id || p != netip.MustParsePrefix(want[i].prefix) {
			t.Errorf("%d %v, want %v", id, p, want[i])
		}
		i++
	}
	if i != len(want) {
		t.Errorf("%d prefixes", i)
	}
	n = NLRI{Family: inet.IPv6Unicast, Bytes: unhex(t, "2120010db8ff")}
	for _, p := range n.Prefixes() {
		if p != netip.MustParsePrefix("2001:db8:8000::/33") {
			t.Errorf("%v", p)
		}
	}
	for _, p := range (NLRI{Family: inet.IPv4Labelled, Bytes: unhex(t, "30000641c63364")}).Prefixes() {
		t.Errorf("a labelled NLRI is no plain prefix: %v", p)
	}
	if got := AppendNLRI(nil, netip.MustParsePrefix("198.51.100.129/25"), 7, true); !bytes.Equal(got, unhex(t, "0000000719c6336480")) {
		t.Errorf("%x", got)
	}
}

func TestGuessOfPathIdentifiers(t *testing.T) {
	for hex, want := range map[string]bool{
		"0000000118c63364" + "0000000218c63364": true,
		"0000000118c63364":                      true,
		"18c63364":                              false,
		"00" + "18c63364":                       false,
		"18c63364" + "18c63365":                 false,
		"0000000000":                            true,  // path identifier 0 of a default route
		"0000":                                  false, // too short for any identifier
		"ffffffff18c63364":                      true,
		"ffffffff":                              false,
	} {
		if got := guessAddPath(inet.IPv4Unicast, unhex(t, hex)); got != want {
			t.Errorf("%s: %t, want %t", hex, got, want)
		}
	}
}

func TestGuessOfPathIdentifiersInOtherFamilies(t *testing.T) {
	vpn := "70000311" + "0000000400000064" + "0a0100"
	mac := "0311" + "0001252c37370001" + "00000000" + "20c0000201"
	for _, tt := range []struct {
		family inet.Family
		hex    string
		want   bool
	}{
		{inet.IPv4MPLSVPN, vpn + vpn, false},
		{inet.IPv4MPLSVPN, "00000001" + vpn + "00000002" + vpn, true},
		{inet.IPv4Labelled, "00000000" + "30000641c63364", true},
		{inet.IPv4Labelled, "30000641c63364", false},
		{inet.L2VPNEVPN, mac + mac, false},
		{inet.L2VPNEVPN, "00000007" + mac, true},
		{inet.L2VPNEVPN, "f903aabbcc", false},                                                // an unknown type, plainly
		{inet.BGPLS, "00000000" + "0001000d" + "02" + "0000000000000000" + "01000000", true}, // not two routes of type 0
		{inet.BGPLS, "0001000d" + "02" + "0000000000000000" + "01000000", false},
		{inet.BGPLS, "00f90002abcd", false},
		{inet.NewFamily(9, 9), "00000001" + vpn, false},
	} {
		if got := guessAddPath(tt.family, unhex(t, tt.hex)); got != tt.want {
			t.Errorf("%v %s: %t, want %t", tt.family, tt.hex, got, tt.want)
		}
	}
}
