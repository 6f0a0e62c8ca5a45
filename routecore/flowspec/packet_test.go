package flowspec

import (
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestPacketsAgainstRules(t *testing.T) {
	a4 := func(p Packet) Packet {
		p.Source, p.Destination = netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.7")
		return p
	}
	a6 := func(p Packet) Packet {
		p.Source, p.Destination = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:1:2:3:4:5:6")
		return p
	}
	tcp := a4(Packet{Protocol: 6, SourcePort: 40000, DestinationPort: 80, TCPFlags: 0x5012, Length: 1500, DSCP: 46})
	first, later, last := tcp, tcp, tcp
	first.Fragment, later.Fragment, last.Fragment = FirstFragment|DontFragment, IsFragment, IsFragment|LastFragment
	opaque := tcp
	opaque.Opaque = true
	ping := a4(Packet{Protocol: 1, ICMPType: 8, Length: 84})
	tcp6 := a6(Packet{Protocol: 6, SourcePort: 80, DestinationPort: 40000, TCPFlags: 0x112, FlowLabel: 0x12345, Fragment: DontFragment})
	ping6 := a6(Packet{Protocol: 58, ICMPType: 128, ICMPCode: 0})
	ping6as4 := a6(Packet{Protocol: 1, ICMPType: 128, ICMPCode: 0})

	tests := []struct {
		f    inet.Family
		rule string
		p    Packet
		want bool
	}{
		{inet.IPv4FlowSpec, "destination 192.0.2.0/24", tcp, true},
		{inet.IPv4FlowSpec, "destination 192.0.3.0/24", tcp, false},
		{inet.IPv4FlowSpec, "destination 0.0.0.0/0", tcp, true},
		{inet.IPv4FlowSpec, "source 10.0.0.1/32 destination 192.0.2.0/24", tcp, true},
		{inet.IPv4FlowSpec, "source 10.0.0.2/32 destination 192.0.2.0/24", tcp, false},
		{inet.IPv6FlowSpec, "destination ::/0", tcp, false},
		{inet.IPv4FlowSpec, "destination 0.0.0.0/0", tcp6, false},
		{inet.IPv4FlowSpec, "protocol 6,17", tcp, true},
		{inet.IPv4FlowSpec, "protocol !=6", tcp, false},
		{inet.IPv4FlowSpec, "protocol true", tcp, true},
		{inet.IPv4FlowSpec, "protocol false", tcp, false},
		{inet.IPv4FlowSpec, "port 80", tcp, true},
		{inet.IPv4FlowSpec, "port 40000", tcp, true},
		{inet.IPv4FlowSpec, "port 100-200", tcp, false}, // no single port is in the range, though one is above and one below
		{inet.IPv4FlowSpec, "destination-port [ <80 >80 ]", tcp, false},
		{inet.IPv4FlowSpec, "destination-port [ <80 >=80&<81 ]", tcp, true},
		{inet.IPv4FlowSpec, "destination-port [ =80 >100&<200 ]", tcp, true}, // AND binds tighter
		{inet.IPv4FlowSpec, "destination-port [ =80&=81 =79 ]", tcp, false},
		{inet.IPv4FlowSpec, "destination-port [ =79 =80&!=81 =5 ]", tcp, true},
		{inet.IPv4FlowSpec, "source-port 80", tcp, false},
		{inet.IPv4FlowSpec, "port 80", ping, false},
		{inet.IPv4FlowSpec, "port !=7", ping, false},
		{inet.IPv4FlowSpec, "port 80", first, true},
		{inet.IPv4FlowSpec, "port 80", later, false},
		{inet.IPv4FlowSpec, "port 80", opaque, false},
		{inet.IPv4FlowSpec, "icmp-type 8 icmp-code 0", ping, true},
		{inet.IPv4FlowSpec, "icmp-type 8", tcp, false},
		{inet.IPv6FlowSpec, "icmp-type 128 icmp-code 0", ping6, true},
		{inet.IPv6FlowSpec, "icmp-type 128", ping6as4, false},
		{inet.IPv4FlowSpec, "tcp-flags syn", tcp, true},
		{inet.IPv4FlowSpec, "tcp-flags syn+rst", tcp, true},         // any
		{inet.IPv4FlowSpec, "tcp-flags =syn+rst", tcp, false},       // all
		{inet.IPv4FlowSpec, "tcp-flags =syn+ack", tcp, true},        //
		{inet.IPv4FlowSpec, "tcp-flags syn&!ack", tcp, false},       //
		{inet.IPv4FlowSpec, "tcp-flags !fin+rst", tcp, true},        //
		{inet.IPv6FlowSpec, "tcp-flags ns", tcp6, true},             //
		{inet.IPv6FlowSpec, "tcp-flags =0x0", tcp6, true},           // no bit wanted
		{inet.IPv4FlowSpec, "tcp-flags syn", ping, false},           //
		{inet.IPv4FlowSpec, "packet-length >=1500", tcp, true},      //
		{inet.IPv4FlowSpec, "dscp 46", tcp, true},                   //
		{inet.IPv4FlowSpec, "dscp 0", tcp, false},                   //
		{inet.IPv4FlowSpec, "fragment first-fragment", first, true}, //
		{inet.IPv4FlowSpec, "fragment dont-fragment", first, true},  //
		{inet.IPv4FlowSpec, "fragment is-fragment", first, false},   //
		{inet.IPv4FlowSpec, "fragment is-fragment&!last-fragment", last, false},
		{inet.IPv4FlowSpec, "fragment =is-fragment+last-fragment", last, true},
		{inet.IPv6FlowSpec, "fragment first-fragment+is-fragment", tcp6, false},
		{inet.IPv6FlowSpec, "flow-label 0x12345", tcp6, true},
		{inet.IPv6FlowSpec, "flow-label 0x2345", tcp6, false},
		{inet.IPv6FlowSpec, "destination 2001:db8:1::/48", tcp6, true},
		{inet.IPv6FlowSpec, "destination ::3:4:5:6/128/64", tcp6, true},
		{inet.IPv6FlowSpec, "destination ::3:4:5:7/128/64", tcp6, false},
		{inet.IPv6FlowSpec, "destination ::4:0:0/96/80", tcp6, true},
		{inet.IPv4FlowSpec, "protocol 6 raw 0x2000", tcp, false}, // not understood, not used
		{inet.IPv4FlowSpecVPN, "rd 1:1 protocol 6", tcp, true},
	}
	for _, tt := range tests {
		if got := mustText(t, tt.f, tt.rule).Match(&tt.p); got != tt.want {
			t.Errorf("%s against %+v: %t", tt.rule, tt.p, got)
		}
	}
}

// Bits that a component does not have are ignored in what is received: DSCP's two
// high bits, the data offset beside the TCP flags, Don't Fragment in IPv6.
func TestBitsThatDoNotCount(t *testing.T) {
	for wire, want := range map[string]string{
		"030b81ae":   "dscp =46",
		"040991f010": "tcp-flags =ack@2",
		"030c81f1":   "fragment =dont-fragment",
	} {
		b := fromHex(t, wire)
		if r, err := Parse(inet.IPv4FlowSpec, b); err != nil || r.String() != want {
			t.Errorf("%s: %v, %v", wire, r, err)
		}
	}
	for wire, want := range map[string]string{
		"030c81f3":       "fragment =is-fragment",
		"060da1fff12345": "flow-label =74565",
		"040d9107dd":     "flow-label =2013@2",
	} {
		if r, err := Parse(inet.IPv6FlowSpec, fromHex(t, wire)); err != nil || r.String() != want {
			t.Errorf("%s: %v, %v", wire, r, err)
		}
	}
	for _, text := range []string{"dscp 64", "tcp-flags 0x1000"} {
		if r, err := ParseText(inet.IPv4FlowSpec, text); err == nil {
			t.Errorf("%s is %v", text, r)
		}
	}
	if r, err := ParseText(inet.IPv6FlowSpec, "fragment 0x1"); err == nil {
		t.Errorf("%v", r)
	}
	// RFC 8956 §3.7 prefers flow labels in four octets.
	if got := mustAppend(t, mustText(t, inet.IPv6FlowSpec, "flow-label 7")); string(got) != "\x06\x0d\xa1\x00\x00\x00\x07" {
		t.Errorf("%x", got)
	}
}
