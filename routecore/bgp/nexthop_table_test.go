package bgp

import (
	"bytes"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func TestNextHopsOfEveryFamily(t *testing.T) {
	// By family: which of the lengths 0 to 50 are taken.
	plain, vpn := []int{4, 16, 32}, []int{12, 24, 48}
	want := map[inet.Family][]int{
		inet.IPv4Unicast: plain, inet.IPv6Unicast: plain, inet.IPv4Multicast: plain, inet.IPv6Multicast: plain,
		inet.IPv4Labelled: plain, inet.IPv6Labelled: plain, inet.IPv4RTC: plain, inet.L2VPNEVPN: plain, inet.L2VPNVPLS: plain,
		inet.BGPLS: plain, ipv4MUP: plain, ipv6MCASTVPN: plain, inet.NewFamily(1, inet.SAFISRPolicy): plain,
		inet.IPv4MPLSVPN: vpn, inet.IPv6MPLSVPN: vpn, ipv4VPNMulticast: vpn, ipv6VPNMulticast: vpn,
		inet.IPv4FlowSpec: {0, 4, 16, 32}, inet.IPv6FlowSpec: {0, 4, 16, 32}, inet.IPv4FlowSpecVPN: {0, 4, 12, 16, 24, 32, 48},
	}
	for f, lengths := range want {
		taken := map[int]bool{}
		for _, n := range lengths {
			taken[n] = true
		}
		for n := range 256 {
			if got := nextHopFits(f, n); got != taken[n] {
				t.Errorf("%v with %d octets: %t", f, n, got)
			}
		}
	}
	for n := range 256 {
		if !nextHopFits(inet.NewFamily(9, 1), n) || !nextHopFits(inet.NewFamily(1, inet.SAFICAR), n) {
			t.Errorf("a family that is not understood refuses %d octets", n)
		}
	}
}

func TestNextHopText(t *testing.T) {
	tests := []struct {
		family inet.Family
		hex    string
		text   string
		want   NextHop
	}{
		{inet.IPv4Unicast, "c0000201", "192.0.2.1", NextHop{Addr: netip.MustParseAddr("192.0.2.1")}},
		{inet.IPv4Unicast, "20010db8000000000000000000000001", "2001:db8::1", NextHop{Addr: netip.MustParseAddr("2001:db8::1")}}, // RFC 8950
		{inet.IPv6Unicast, "20010db8000000000000000000000001" + "fe800000000000000000000000000001", "2001:db8::1 fe80::1",
			NextHop{Addr: netip.MustParseAddr("2001:db8::1"), LinkLocal: netip.MustParseAddr("fe80::1")}},
		{inet.IPv6Unicast, "00000000000000000000ffffc0000201", "::ffff:192.0.2.1", NextHop{Addr: netip.MustParseAddr("::ffff:192.0.2.1")}},
		{inet.IPv4MPLSVPN, "0000000000000000" + "c0000201", "rd 0:0 192.0.2.1", NextHop{Addr: netip.MustParseAddr("192.0.2.1")}},
		{inet.IPv4MPLSVPN, "0000000000000000" + "cafe0000000000000000000000000001", "rd 0:0 cafe::1", NextHop{Addr: netip.MustParseAddr("cafe::1")}},
		{inet.IPv6MPLSVPN, "0000fbf400000007" + "20010db8000000000000000000000001" + "0000fbf400000007" + "fe800000000000000000000000000001",
			"rd 64500:7 2001:db8::1 fe80::1", NextHop{inet.RD{0, 0, 0xfb, 0xf4, 0, 0, 0, 7}, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("fe80::1")}},
		{familyBGPLSVPN, "0000000000000000" + "c0000201", "rd 0:0 192.0.2.1", NextHop{Addr: netip.MustParseAddr("192.0.2.1")}},
		{inet.L2VPNEVPN, "c0000201", "192.0.2.1", NextHop{Addr: netip.MustParseAddr("192.0.2.1")}},
		{inet.IPv4FlowSpec, "", "none", NextHop{}},
		{inet.IPv4Unicast, "", "none", NextHop{}}, // a Loc-RIB's own routes
	}
	for _, tt := range tests {
		b := unhex(t, tt.hex)
		if got := string(AppendNextHopText(nil, tt.family, b)); got != tt.text {
			t.Errorf("%v %s: %s, want %s", tt.family, tt.hex, got, tt.text)
		}
		n, err := ParseNextHop(tt.family, b)
		if err != nil || n != tt.want {
			t.Errorf("%v %s: %+v, %v", tt.family, tt.hex, n, err)
		}
		if got := AppendNextHop(nil, tt.family, n); !bytes.Equal(got, b) {
			t.Errorf("%v %s: built as %x", tt.family, tt.hex, got)
		}
	}
	for n := range 64 {
		b := make([]byte, n)
		if _, err := ParseNextHop(inet.IPv4Unicast, b); (err == nil) != (n == 0 || n == 4 || n == 16 || n == 32) {
			t.Errorf("%d octets: %v", n, err)
		}
		ParseNextHop(inet.NewFamily(9, 9), b)
	}
	if got := string(AppendNextHopText(nil, inet.IPv4Unicast, []byte{1, 2, 3})); got != "0x010203" {
		t.Errorf("%s", got)
	}
}

func TestNextHopComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]inet.Family{inet.IPv4Unicast, inet.IPv6MPLSVPN, inet.L2VPNEVPN, familyBGPLSVPN}).Draw(t, "family")
		n := NextHop{Addr: drawAnyAddr(t, "address", 4, 16)}
		if hopHasRD(f) {
			n.RD = drawRD(t)
		}
		if n.Addr.Is6() {
			n.LinkLocal = drawAnyAddr(t, "link-local", 0, 16)
		}
		wire := AppendNextHop(nil, f, n)
		if got, err := ParseNextHop(f, wire); err != nil || got != n {
			t.Fatalf("%+v, %v from %x", got, err, wire)
		}
	})
}
