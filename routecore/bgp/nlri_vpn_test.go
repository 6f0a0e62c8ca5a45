package bgp

import (
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func rebuildVPN(f inet.Family, b []byte) ([]byte, error) {
	p, err := ParseVPNPrefix(f, b)
	return AppendVPNPrefix(nil, p), err
}

var (
	ipv4VPNMulticast = inet.NewFamily(inet.AFIIPv4, inet.SAFIMVPN)
	ipv6VPNMulticast = inet.NewFamily(inet.AFIIPv6, inet.SAFIMVPN)
)

func TestVPNPrefixes(t *testing.T) {
	checkVectors(t, []nlriVector{
		{inet.IPv4MPLSVPN, "70000311" + "0000000400000064" + "0a0100", "rd 4:100 10.1.0.0/24 label 49",
			`{"rd":"4:100","prefix":"10.1.0.0/24","labels":[49]}`, "0000000400000064" + "180a0100", ""},
		{inet.IPv4MPLSVPN, "88" + "000640" + "000c81" + "0001c00002010007" + "0a0100", "rd 192.0.2.1:7 10.1.0.0/24 label 100/200",
			`{"rd":"192.0.2.1:7","prefix":"10.1.0.0/24","labels":[100,200]}`, "0001c00002010007" + "180a0100", ""},
		{inet.IPv4MPLSVPN, "58" + "800000" + "0002000300000007", "rd 196608:7 0.0.0.0/0 label 524288",
			`{"rd":"196608:7","prefix":"0.0.0.0/0","labels":[524288]}`, "0002000300000007" + "00", ""},
		{inet.IPv6MPLSVPN, "98" + "e00501" + "0002000100070069" + "20010db800410000", "rd 65543:105 2001:db8:41::/64 label 917584",
			`{"rd":"65543:105","prefix":"2001:db8:41::/64","labels":[917584]}`, "0002000100070069" + "4020010db800410000", ""},
		{inet.IPv4MPLSVPN, "70" + "000310" + "0000fbf500000064" + "0a0100", "rd 64501:100 10.1.0.0/24 label 49", // what looks like another label is the distinguisher
			`{"rd":"64501:100","prefix":"10.1.0.0/24","labels":[49]}`, "0000fbf500000064" + "180a0100", ""},
		{inet.IPv4MPLSVPN, "6f" + "000311" + "0003000400000064" + "0a0101", "rd 0x0003000400000064 10.1.0.0/23 label 49",
			`{"rd":"0x0003000400000064","prefix":"10.1.0.0/23","labels":[49]}`, "0003000400000064" + "170a0100", "6f00031100030004000000640a0100"},
		{inet.NewFamily(inet.AFIIPv4, inet.SAFIClassfulTransport), "78" + "000311" + "0001c00002010007" + "c0000201", "rd 192.0.2.1:7 192.0.2.1/32 label 49",
			`{"rd":"192.0.2.1:7","prefix":"192.0.2.1/32","labels":[49]}`, "0001c00002010007" + "20c0000201", ""},
		{ipv4VPNMulticast, "70" + "000311" + "0000000400000064" + "0a0100", "rd 4:100 10.1.0.0/24 label 49",
			`{"rd":"4:100","prefix":"10.1.0.0/24","labels":[49]}`, "0000000400000064" + "180a0100", ""},
		{ipv4VPNMulticast, "50" + "0000000400000064" + "0a01", "rd 4:100 10.1.0.0/16 label -",
			`{"rd":"4:100","prefix":"10.1.0.0/16","labels":[]}`, "0000000400000064" + "100a01", ""},
		{ipv6VPNMulticast, "60" + "0000000400000064" + "20010db8", "rd 4:100 2001:db8::/32 label -",
			`{"rd":"4:100","prefix":"2001:db8::/32","labels":[]}`, "0000000400000064" + "2020010db8", ""},
	}, rebuildVPN)
}

func TestVPNPrefixesThatDoNotFit(t *testing.T) {
	for _, hex := range []string{
		"40" + "0000000400000064",                                // no label
		"7f" + "000311" + "0000000400000064" + "0a010000" + "00", // 39 bits of prefix
		"18000311",
	} {
		if p, err := ParseVPNPrefix(inet.IPv4MPLSVPN, unhex(t, hex)); err == nil {
			t.Errorf("%s is %+v", hex, p)
		}
	}
	if _, err := ParseVPNPrefix(ipv4VPNMulticast, unhex(t, "3800000004000000")); err == nil {
		t.Error("a multicast VPN prefix without room for a route distinguisher")
	}
}

func TestVPNPrefixComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]inet.Family{inet.IPv4MPLSVPN, inet.IPv6MPLSVPN, ipv4VPNMulticast, ipv6VPNMulticast}).Draw(t, "family")
		p := VPNPrefix{drawStack(t, 2), drawRD(t), drawPrefixOf(t, f)}
		if f.SAFI() == inet.SAFIMVPN || p.Labels.Len() > 1 { // an unknown type could be taken for labels
			p.RD[0], p.RD[1] = 0, 1
		}
		wire := AppendVPNPrefix(nil, p)
		got, err := ParseVPNPrefix(f, wire)
		if err != nil || got != p {
			t.Fatalf("%+v, %v from %x", got, err, wire)
		}
	})
}

func drawRD(t *rapid.T) inet.RD {
	return inet.RD(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "rd"))
}
