package flowspec_test

import (
	"fmt"
	"net/netip"
	"slices"

	"example.com/rotonda/routecore/flowspec"
	"example.com/rotonda/routecore/inet"
)

func ExampleParseText() {
	rule, err := flowspec.ParseText(inet.IPv4FlowSpec, "destination 192.0.2.0/24 protocol udp port 53,123 packet-length >512")
	if err != nil {
		fmt.Println(err)
		return
	}
	wire, err := rule.Append(nil)
	fmt.Printf("%s\n%x %v\n%s\n", rule, wire, err, rule.AppendJSON(nil))

	_, err = flowspec.ParseText(inet.IPv4FlowSpec, "destination 192.0.2.0/24 protocol upd")
	fmt.Println(err)
	// Output:
	// destination-ipv4 192.0.2.0/24 protocol =udp port [ =53 =123 ] packet-length >512
	// 110118c00002038111040135817b0a920200 <nil>
	// {"type":"flowspec","afi":1,"destination":"192.0.2.0/24","protocol":["=udp"],"port":["=53","=123"],"packetLength":[">512"]}
	// flowspec: offset 34 at "upd": want an operator and a number or a name such as icmp
}

func ExampleRule_Match() {
	rule, _ := flowspec.ParseText(inet.IPv4FlowSpec, "destination 192.0.2.0/24 protocol tcp tcp-flags syn&!ack")
	packet := flowspec.Packet{Source: netip.MustParseAddr("198.51.100.1"), Destination: netip.MustParseAddr("192.0.2.7"), Protocol: 6, TCPFlags: 0x02}
	fmt.Println(rule.Match(&packet))
	packet.TCPFlags = 0x12
	fmt.Println(rule.Match(&packet))
	// Output:
	// true
	// false
}

func ExampleCompare() {
	var rules [][]byte
	for _, s := range []string{"destination 192.0.2.0/24", "protocol udp", "destination 192.0.2.0/28", "destination 192.0.2.0/24 protocol udp"} {
		rule, _ := flowspec.ParseText(inet.IPv4FlowSpec, s)
		wire, _ := rule.Append(nil)
		rules = append(rules, wire)
	}
	slices.SortFunc(rules, func(a, b []byte) int { return flowspec.Compare(inet.IPv4FlowSpec, a, b) })
	for _, wire := range rules {
		rule, _ := flowspec.Parse(inet.IPv4FlowSpec, wire)
		fmt.Println(rule)
	}
	// Output:
	// destination-ipv4 192.0.2.0/28
	// destination-ipv4 192.0.2.0/24 protocol =udp
	// destination-ipv4 192.0.2.0/24
	// protocol =udp
}
