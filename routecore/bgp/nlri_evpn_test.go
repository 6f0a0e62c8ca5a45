package bgp

import (
	"testing"

	"example.com/rotonda/routecore/inet"
)

const (
	testRD  = "0001252c37370001"
	testESI = "00000000000000000000"
)

func TestEVPN(t *testing.T) {
	f := inet.L2VPNEVPN
	const rd, esi = `"rd":"37.44.55.55:1"`, `"esi":"00:00:00:00:00:00:00:00:00:00"`
	checkVectors(t, []nlriVector{
		{f, "0119" + testRD + "01020304050607080900" + "ffffffff" + "493501",
			"ethernet-ad rd 37.44.55.55:1 esi 01:02:03:04:05:06:07:08:09:00 ethernetTag 4294967295 labels 299856",
			`{"type":1,"name":"ethernet-ad",` + rd + `,"esi":"01:02:03:04:05:06:07:08:09:00","ethernetTag":4294967295,"labels":[299856],"vnis":[4797697]}`,
			"01" + testRD + "01020304050607080900" + "ffffffff", ""},
		{f, "0221" + testRD + testESI + "0000076d" + "30fc15b4787b8f" + "00" + "002774",
			"mac-ip rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 1901 mac fc:15:b4:78:7b:8f labels 631",
			`{"type":2,"name":"mac-ip",` + rd + "," + esi + `,"ethernetTag":1901,"mac":"fc:15:b4:78:7b:8f","labels":[631],"vnis":[10100]}`,
			"02" + testRD + "0000076d" + "30fc15b4787b8f" + "00", ""},
		{f, "0228" + testRD + testESI + "0000076d" + "30fc15b4787b8f" + "200a2888d0" + "000641" + "000c81",
			"mac-ip rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 1901 mac fc:15:b4:78:7b:8f ip 10.40.136.208 labels 100/200",
			`{"type":2,"name":"mac-ip",` + rd + "," + esi + `,"ethernetTag":1901,"mac":"fc:15:b4:78:7b:8f","ip":"10.40.136.208","labels":[100,200],"vnis":[1601,3201]}`,
			"02" + testRD + "0000076d" + "30fc15b4787b8f" + "200a2888d0", ""},
		{f, "0311" + testRD + "00000000" + "20c0000201", "inclusive-multicast rd 37.44.55.55:1 ethernetTag 0 originator 192.0.2.1",
			`{"type":3,"name":"inclusive-multicast",` + rd + `,"ethernetTag":0,"originator":"192.0.2.1"}`,
			"03" + testRD + "00000000" + "20c0000201", ""},
		{f, "0423" + testRD + "03aabbccddeeff000001" + "8020010db8000000000000000000000001",
			"ethernet-segment rd 37.44.55.55:1 esi 03:aa:bb:cc:dd:ee:ff:00:00:01 originator 2001:db8::1",
			`{"type":4,"name":"ethernet-segment",` + rd + `,"esi":"03:aa:bb:cc:dd:ee:ff:00:00:01","originator":"2001:db8::1"}`,
			"04" + testRD + "03aabbccddeeff000001" + "8020010db8000000000000000000000001", ""},
		{f, "0522" + testRD + testESI + "00000000" + "1ac633647f" + "c0000201" + "002329",
			"ip-prefix rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 0 prefix 198.51.100.64/26 gateway 192.0.2.1 labels 562",
			`{"type":5,"name":"ip-prefix",` + rd + "," + esi + `,"ethernetTag":0,"prefix":"198.51.100.64/26","gateway":"192.0.2.1","labels":[562],"vnis":[9001]}`,
			"05" + testRD + "00000000" + "1ac6336440", "0522" + testRD + testESI + "00000000" + "1ac6336440" + "c0000201" + "002329"},
		{f, "053a" + testRD + testESI + "00000000" + "2020010db8000000000000000000000000" + "00000000000000000000000000000000" + "002329",
			"ip-prefix rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 0 prefix 2001:db8::/32 gateway :: labels 562",
			`{"type":5,"name":"ip-prefix",` + rd + "," + esi + `,"ethernetTag":0,"prefix":"2001:db8::/32","gateway":"::","labels":[562],"vnis":[9001]}`,
			"05" + testRD + "00000000" + "2020010db8000000000000000000000000", ""},
		{f, "0618" + testRD + "00000007" + "00" + "20e8000001" + "20c0000201" + "02",
			"selective-multicast rd 37.44.55.55:1 ethernetTag 7 source * group 232.0.0.1 originator 192.0.2.1 flags 2",
			`{"type":6,"name":"selective-multicast",` + rd + `,"ethernetTag":7,"source":"*","group":"232.0.0.1","originator":"192.0.2.1","flags":2}`,
			"06" + testRD + "00000007" + "00" + "20e8000001" + "20c0000201", ""},
		{f, "0726" + testRD + testESI + "00000007" + "20c6336401" + "20e8000001" + "20c0000201" + "04",
			"multicast-membership rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 7 source 198.51.100.1 group 232.0.0.1 originator 192.0.2.1 flags 4",
			`{"type":7,"name":"multicast-membership",` + rd + "," + esi + `,"ethernetTag":7,"source":"198.51.100.1","group":"232.0.0.1","originator":"192.0.2.1","flags":4}`,
			"07" + testRD + testESI + "00000007" + "20c6336401" + "20e8000001" + "20c0000201", ""},
		{f, "0827" + testRD + testESI + "00000007" + "00" + "20e8000001" + "20c0000201" + "00000000" + "0a" + "04",
			"multicast-leave rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 7 source * group 232.0.0.1 originator 192.0.2.1 maxResponseTime 10 flags 4",
			`{"type":8,"name":"multicast-leave",` + rd + "," + esi + `,"ethernetTag":7,"source":"*","group":"232.0.0.1","originator":"192.0.2.1","maxResponseTime":10,"flags":4}`,
			"08" + testRD + testESI + "00000007" + "00" + "20e8000001" + "20c0000201", ""},
		{f, "0826" + testRD + testESI + "00000007" + "00" + "20e8000001" + "20c0000201" + "00000009" + "0a", // as drafts before RFC 9251 had it
			"multicast-leave rd 37.44.55.55:1 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 7 source * group 232.0.0.1 originator 192.0.2.1 maxResponseTime 10",
			`{"type":8,"name":"multicast-leave",` + rd + "," + esi + `,"ethernetTag":7,"source":"*","group":"232.0.0.1","originator":"192.0.2.1","maxResponseTime":10}`,
			"08" + testRD + testESI + "00000007" + "00" + "20e8000001" + "20c0000201", ""},
		{f, "0914" + testRD + "00000007" + "0002fbf400000000", "region-i-pmsi rd 37.44.55.55:1 ethernetTag 7 regionId 0x0002fbf400000000",
			`{"type":9,"name":"region-i-pmsi",` + rd + `,"ethernetTag":7,"regionId":"0002fbf400000000"}`, "09" + testRD + "00000007" + "0002fbf400000000", ""},
		{f, "0a" + "1b" + testRD + "00000007" + "20c6336401" + "20e8000001" + "20c0000201",
			"s-pmsi rd 37.44.55.55:1 ethernetTag 7 source 198.51.100.1 group 232.0.0.1 originator 192.0.2.1",
			`{"type":10,"name":"s-pmsi",` + rd + `,"ethernetTag":7,"source":"198.51.100.1","group":"232.0.0.1","originator":"192.0.2.1"}`,
			"0a" + testRD + "00000007" + "20c6336401" + "20e8000001" + "20c0000201", ""},
		{f, "0b18" + "0311" + testRD + "00000000" + "20c0000201" + "20c0000202",
			"leaf routeKey (inclusive-multicast rd 37.44.55.55:1 ethernetTag 0 originator 192.0.2.1) originator 192.0.2.2",
			`{"type":11,"name":"leaf","routeKey":{"type":3,"name":"inclusive-multicast",` + rd + `,"ethernetTag":0,"originator":"192.0.2.1"},"originator":"192.0.2.2"}`,
			"0b" + "0311" + testRD + "00000000" + "20c0000201" + "20c0000202", ""},
		{f, "0b08" + "aabbcc" + "20c0000202", "leaf routeKey 0xaabbcc originator 192.0.2.2", `{"type":11,"name":"leaf","routeKey":"aabbcc","originator":"192.0.2.2"}`,
			"0b" + "aabbcc" + "20c0000202", ""},
	}, rebuildTyped)
}

// TestMovedHosts wants a withdrawal to match whatever segment and labels the
// announcement had (RFC 7432 §7.2).
func TestMovedHosts(t *testing.T) {
	mac := TypedNLRI{Type: EVPNMACIP, EthernetTag: 7, MAC: MAC{2, 0, 0, 0, 0, 1}, Labels: NewLabelStack(100)}
	moved, other := mac, mac
	moved.ESI, moved.Labels = ESI{0: 1}, NewLabelStack(100, 200)
	other.MAC[5]++
	checkSameRoute(t, inet.L2VPNEVPN, AppendTypedNLRI(nil, inet.L2VPNEVPN, mac), AppendTypedNLRI(nil, inet.L2VPNEVPN, moved), AppendTypedNLRI(nil, inet.L2VPNEVPN, other))
}

func TestEVPNThatDoesNotFit(t *testing.T) {
	for _, hex := range []string{
		"0221" + testRD + testESI + "0000076d" + "2ffc15b4787b8f" + "00" + "002774",          // 47 bits of MAC
		"0225" + testRD + testESI + "0000076d" + "30fc15b4787b8f" + "210a2888d0" + "002774",  // 33 bits of IP
		"0225" + testRD + testESI + "0000076d" + "30fc15b4787b8f" + "00" + "00277400277400",  // two labels and an octet
		"0312" + testRD + "00000000" + "20c000020100",                                        // an octet too many
		"030d" + testRD + "00000000" + "00",                                                  // no originator
		"0522" + testRD + testESI + "00000000" + "21c633647f" + "c0000201" + "002329",        // 33 bits of prefix
		"0523" + testRD + testESI + "00000000" + "1ac633647f" + "c0000201" + "002329" + "00", //
		"0b04" + "20c00002", // no route key
	} {
		b := unhex(t, hex)
		if n, err := ParseTypedNLRI(inet.L2VPNEVPN, b); err == nil {
			t.Errorf("%s is %+v", hex, n)
		}
		if at := checkTyped(inet.L2VPNEVPN, b); at < 2 || at > len(b) {
			t.Errorf("%s: fault at %d", hex, at)
		}
	}
}
