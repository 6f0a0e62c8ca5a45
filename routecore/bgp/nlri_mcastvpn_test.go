package bgp

import "testing"

func TestMCASTVPN(t *testing.T) {
	const rd = "0000fde80001869f"
	checkVectors(t, []nlriVector{
		{ipv4MCASTVPN, "010c" + rd + "c0000201", "intra-as-i-pmsi rd 65000:99999 originator 192.0.2.1",
			`{"type":1,"name":"intra-as-i-pmsi","rd":"65000:99999","originator":"192.0.2.1"}`, "01" + rd + "c0000201", ""},
		{ipv4MCASTVPN, "020c" + rd + "0000fde8", "inter-as-i-pmsi rd 65000:99999 sourceAsn 65000",
			`{"type":2,"name":"inter-as-i-pmsi","rd":"65000:99999","sourceAsn":65000}`, "02" + rd + "0000fde8", ""},
		{ipv4MCASTVPN, "0316" + rd + "20c6336401" + "20e8000001" + "c0000201", "s-pmsi rd 65000:99999 source 198.51.100.1 group 232.0.0.1 originator 192.0.2.1",
			`{"type":3,"name":"s-pmsi","rd":"65000:99999","source":"198.51.100.1","group":"232.0.0.1","originator":"192.0.2.1"}`,
			"03" + rd + "20c6336401" + "20e8000001" + "c0000201", ""},
		{ipv4MCASTVPN, "030e" + rd + "00" + "00" + "c0000201", "s-pmsi rd 65000:99999 source * group * originator 192.0.2.1", // RFC 6625
			`{"type":3,"name":"s-pmsi","rd":"65000:99999","source":"*","group":"*","originator":"192.0.2.1"}`, "03" + rd + "0000" + "c0000201", ""},
		{ipv4MCASTVPN, "0412" + "010c" + rd + "c0000201" + "c0000202", "leaf routeKey (intra-as-i-pmsi rd 65000:99999 originator 192.0.2.1) originator 192.0.2.2",
			`{"type":4,"name":"leaf","routeKey":{"type":1,"name":"intra-as-i-pmsi","rd":"65000:99999","originator":"192.0.2.1"},"originator":"192.0.2.2"}`,
			"04" + "010c" + rd + "c0000201" + "c0000202", ""},
		{ipv4MCASTVPN, "0407" + "aabbcc" + "c0000202", "leaf routeKey 0xaabbcc originator 192.0.2.2",
			`{"type":4,"name":"leaf","routeKey":"aabbcc","originator":"192.0.2.2"}`, "04" + "aabbcc" + "c0000202", ""},
		{ipv4MCASTVPN, "040d" + "0407aabbccc0000202" + "c0000203", "leaf routeKey 0x0407aabbccc0000202 originator 192.0.2.3", // a leaf answers no leaf
			`{"type":4,"name":"leaf","routeKey":"0407aabbccc0000202","originator":"192.0.2.3"}`, "04" + "0407aabbccc0000202" + "c0000203", ""},
		{ipv4MCASTVPN, "0512" + rd + "200a630c04" + "20effbffe4", "source-active rd 65000:99999 source 10.99.12.4 group 239.251.255.228",
			`{"type":5,"name":"source-active","rd":"65000:99999","source":"10.99.12.4","group":"239.251.255.228"}`,
			"05" + rd + "200a630c04" + "20effbffe4", ""},
		{ipv4MCASTVPN, "0616" + rd + "0000fde8" + "200a63c701" + "20effbffe4", "shared-tree-join rd 65000:99999 sourceAsn 65000 source 10.99.199.1 group 239.251.255.228",
			`{"type":6,"name":"shared-tree-join","rd":"65000:99999","sourceAsn":65000,"source":"10.99.199.1","group":"239.251.255.228"}`,
			"06" + rd + "0000fde8" + "200a63c701" + "20effbffe4", ""},
		{ipv6MCASTVPN, "072e" + rd + "0000fde8" + "80fd120000000000000000000000000002" + "80ff0e0000000000000000000000000001",
			"source-tree-join rd 65000:99999 sourceAsn 65000 source fd12::2 group ff0e::1",
			`{"type":7,"name":"source-tree-join","rd":"65000:99999","sourceAsn":65000,"source":"fd12::2","group":"ff0e::1"}`,
			"07" + rd + "0000fde8" + "80fd120000000000000000000000000002" + "80ff0e0000000000000000000000000001", ""},
	}, rebuildTyped)
}
