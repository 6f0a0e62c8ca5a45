package bgp

import (
	"fmt"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// What people see who print a value with %v while they debug.
func TestValuesPrintAsPeopleWriteThem(t *testing.T) {
	p4, p6 := netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")
	rd, _ := inet.ParseRD("64496:100")
	a4, local := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("fe80::1")
	labels := NewLabelStack(100, 200)
	evpn := AppendTypedNLRI(nil, inet.L2VPNEVPN, TypedNLRI{Type: EVPNInclusiveMulticast, RD: rd, Originator: a4})
	for _, test := range []struct {
		value any
		want  string
	}{
		{NewLabel(100, true), "100"},
		{labels, "100/200"},
		{LabelStack{}, "-"},
		{VPNPrefix{Labels: labels, RD: rd, Prefix: p4}, "rd 64496:100 192.0.2.0/24 label 100/200"},
		{VPNPrefix{Labels: labels, RD: rd, Prefix: p6}, "rd 64496:100 2001:db8::/32 label 100/200"},
		{VPNPrefix{}, "invalid"},
		{LabelledPrefix{Labels: NewLabelStack(3), Prefix: p6}, "2001:db8::/32 label 3"},
		{LabelledPrefix{}, "invalid"},
		{LabelledPrefix{Labels: StackOf(0x640), Prefix: netip.MustParsePrefix("203.0.113.0/24")}, "203.0.113.0/24 label 100"},
		{VPNPrefix{RD: rd, Prefix: p4}, "rd 64496:100 192.0.2.0/24 label -"},
		{NLRI{}, "afi 0 safi 0"},
		{NewNLRI(inet.IPv4Unicast, p4, p6, netip.MustParsePrefix("0.0.0.0/0")), "ipv4 unicast 192.0.2.0/24, 0.0.0.0/0"},
		{NewNLRI(inet.IPv6Multicast, p4, p6), "ipv6 multicast 2001:db8::/32"},
		{NewNLRI(inet.L2VPNEVPN, p4), "l2vpn evpn"},
		{NLRI{Family: inet.IPv4Unicast, AddPath: true, Bytes: AppendNLRI(nil, p4, 7, true)}, "ipv4 unicast 192.0.2.0/24 id 7"},
		{NLRI{Family: inet.IPv4Unicast, Bytes: []byte{8, 10, 99}}, "ipv4 unicast 10.0.0.0/8,0x63"},
		{NLRI{Family: inet.L2VPNEVPN, Bytes: evpn}, "l2vpn evpn inclusive-multicast rd 64496:100 ethernetTag 0 originator 192.0.2.1"},
		{NextHop{}, "none"},
		{NextHop{Addr: a4}, "192.0.2.1"},
		{NextHop{RD: rd, Addr: netip.MustParseAddr("2001:db8::1"), LinkLocal: local}, "rd 64496:100 2001:db8::1 fe80::1"},
		{Segment{ASSet, ASNs{0, 0, 0, 1, 0, 0, 0, 2}}, "{AS_SET 1 2}"},
		{NewMultiprotocol(inet.IPv6Unicast), `multiprotocol {"family":"ipv6 unicast"}`},
		{NewASN4(4200000000), "4-octet AS number 4200000000"},
		{NewFlag(CapRouteRefresh), "route refresh"},
		{Capability{CapASN4, []byte{1}}, "4-octet AS number 0x01"},
		{Capability{250, []byte{1}}, "capability 250 0x01"},
		{Guess(0), "none"},
		{GuessAddPath | GuessASNWidth, "pathId|asnWidth"},
		{PMSITunnel{Type: PMSINone, Label: NewLabel(5, false)}, "type 0 name none flags 0 label 5 vni 80"},
	} {
		if got := fmt.Sprint(test.value); got != test.want {
			t.Errorf("%T prints %q, want %q", test.value, got, test.want)
		}
	}
}
