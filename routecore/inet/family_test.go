package inet

import "testing"

// TestFamiliesHaveTheirNumbers gives AFI and SAFI of every row of Families as IANA's
// registries have them ("Address Family Numbers", "SAFI Values").
func TestFamiliesHaveTheirNumbers(t *testing.T) {
	both := func(n int) [][2]int { return [][2]int{{1, n}, {2, n}} }
	want := map[string][][2]int{
		"unicast": both(1), "multicast": both(2), "unicast-multicast": both(3), "labelled": both(4), "mcast-vpn": both(5),
		"encapsulation": both(7), "mdt": both(66), "sr-policy": both(73), "sd-wan": both(74), "classful-transport": both(76),
		"tunnelled-flowspec": both(77), "mcast-tree": both(78), "car": both(83), "vpn-car": both(84), "mup": both(85), "mpls-vpn": both(128),
		"mpls-vpn-multicast": both(129), "rtc": both(132), "flowspec": both(133), "flowspec-vpn": both(134), "vpn-discovery": both(140),
		"l2vpn ms-pw": {{25, 6}}, "l2vpn mcast-vpls": {{25, 8}}, "l2vpn vpls": {{25, 65}}, "l2vpn evpn": {{25, 70}},
		"l2vpn flowspec": {{25, 133}}, "l2vpn flowspec-vpn": {{25, 134}}, "ethernet flowspec": {{6, 133}},
		"bgp-ls": {{16388, 71}}, "bgp-ls-vpn": {{16388, 72}}, "bgp-ls-spf": {{16388, 80}},
		"sfc": {{31, 9}}, "routing-policy": {{16398, 75}}, "key-value": {{16397, 241}},
	}
	rows := 0
	for name, numbers := range want {
		for i, pair := range numbers {
			full := name
			if len(numbers) == 2 {
				full = [...]string{"ipv4 ", "ipv6 "}[i] + name
			}
			rows++
			f, ok := FamilyByName(full)
			if !ok || int(f.AFI()) != pair[0] || int(f.SAFI()) != pair[1] || f != NewFamily(AFI(pair[0]), SAFI(pair[1])) || f.String() != full {
				t.Errorf("%q is %d/%d, want %d/%d", full, f.AFI(), f.SAFI(), pair[0], pair[1])
			}
		}
	}
	if rows != len(Families) || rows > 64 {
		t.Errorf("%d rows, %d checked; a set of families has 64 bits", len(Families), rows)
	}
	seen := map[string]bool{}
	for _, row := range Families {
		if seen[row.Name] || seen[row.Config] || row.RFC == "" {
			t.Errorf("%+v: a name that another row has, or no source", row)
		}
		seen[row.Name], seen[row.Config] = true, true
	}
}
