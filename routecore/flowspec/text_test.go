package flowspec

import (
	"encoding/json"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func TestTextOfRules(t *testing.T) {
	const v4, v6, vpn4 = inet.IPv4FlowSpec, inet.IPv6FlowSpec, inet.IPv4FlowSpecVPN
	tests := []struct {
		f        inet.Family
		in, want string // want "" is in itself
	}{
		{v4, "destination 10.0.0.2/32 protocol tcp", "destination-ipv4 10.0.0.2/32 protocol =tcp"},
		{v4, "protocol 6 source 10.1.2.3/8", "source-ipv4 10.0.0.0/8 protocol =tcp"},
		{v4, "Protocol TCP tcp-flags SYN+Ack", "protocol =tcp tcp-flags syn+ack"},
		{v4, "port 80,443", "port [ =80 =443 ]"},
		{v4, "port [80 443]", "port [ =80 =443 ]"},
		{v4, "port [ =80,>8080&<8088 ] dscp 46", "port [ =80 >8080&<8088 ] dscp =46"},
		{v4, "destination-port 1024-65535", "destination-port >=1024&<=65535"},
		{v4, "source-port !=0", ""},
		{v4, "icmp-type =8 icmp-code <=0x10", "icmp-type =8 icmp-code <=16"},
		{v4, "tcp-flags [ =rst =fin+push ]", ""},
		{v4, "tcp-flags [ ack cwr&!fin&!ece ]", ""},
		{v4, "tcp-flags !=push+0x200", ""},
		{v4, "tcp-flags 0x0", ""},
		{v4, "tcp-flags syn@2", ""},
		{v4, "fragment [ dont-fragment is-fragment&!last-fragment ]", ""},
		{v4, "packet-length [ false true true:9 =7@8 ]", ""},
		{v4, "packet-length =70000", ""},
		{v6, "next-header udp traffic-class 12 flow-label 2013", "next-header =udp traffic-class =12 flow-label =2013"},
		{v6, "protocol udp dscp 12", "next-header =udp traffic-class =12"},
		{v6, "destination 2001:db8:1::/48/32", "destination-ipv6 0:0:1::/48/32"},
		{v6, "destination-ipv6 2001:db8:1::/48/0", "destination-ipv6 2001:db8:1::/48"},
		{vpn4, "protocol 6 rd 65000:1", "rd 65000:1 protocol =tcp"},
		{v4, "protocol 6 raw 0x1a2b", "protocol =tcp raw 0x1a2b"},
		{inet.NewFamily(inet.AFIL2VPN, inet.SAFIFlowSpecVPN), "rd 1:1 raw 0x0e8100", ""},
	}
	for _, tt := range tests {
		r, err := ParseText(tt.f, tt.in)
		want := tt.want
		if want == "" {
			want = tt.in
		}
		if err != nil || r.String() != want {
			t.Errorf("%q: %q, %v", tt.in, r.String(), err)
		}
	}
}

func TestTextErrorsNameThePlace(t *testing.T) {
	const v4 = inet.IPv4FlowSpec
	for in, want := range map[string]string{
		"":                          `flowspec: offset 0 at "": no components`,
		"port":                      `flowspec: offset 4 at the end: want a value of port`,
		"protocol 6 porto 7":        `flowspec: offset 11 at "porto": no component of ipv4 flowspec has this name`,
		"protocol tpc":              `flowspec: offset 9 at "tpc": want an operator and a number or a name such as icmp`,
		"port [ 80":                 `flowspec: offset 9 at the end: want ]`,
		"port [ ]":                  `flowspec: offset 7 at "]": want a term`,
		"port 80, ":                 `flowspec: offset 9 at the end: want a term behind the comma`,
		"port =80&":                 `flowspec: offset 5 at "=80&": want an operator and a number`,
		"port =80@3":                `flowspec: offset 5 at "=80@3": want @1, @2, @4 or @8`,
		"port =256@1":               `flowspec: offset 5 at "=256@1": a value does not fit its width`,
		"dscp 256":                  `flowspec: offset 5 at "256": a value does not fit its width`,
		"port 9-8":                  `flowspec: offset 5 at "9-8": want an operator and a number`,
		"tcp-flags =foo":            `flowspec: offset 10 at "=foo": want [!][=] and bits joined by +, such as fin or 0x10`,
		"destination 10.0.0.0":      `flowspec: offset 12 at "10.0.0.0": want ADDRESS/LENGTH, in IPv6 also ADDRESS/LENGTH/OFFSET with an offset below the length`,
		"destination ::/0":          `flowspec: offset 12 at "::/0": a prefix of the other address family than that of ipv4 flowspec rules`,
		"port =80 =443":             `flowspec: offset 9 at "=443": no component of ipv4 flowspec has this name; several values of one component are written A,B or [ A B ]`,
		"source 10.0.0.0/8/4":       `flowspec: offset 7 at "10.0.0.0/8/4": want ADDRESS/LENGTH, in IPv6 also ADDRESS/LENGTH/OFFSET with an offset below the length`,
		"port 1 port 2":             `flowspec: offset 7 at "port": stands twice`,
		"flow-label 1":              `flowspec: offset 0 at "flow-label": no component of ipv4 flowspec has this name`,
		"rd 1:1 port 1":             `flowspec: offset 0 at "rd": the family has no route distinguishers`,
		"raw 0x":                    `flowspec: offset 4 at "0x": want 0x and hexadecimal digits, once`,
		"port 18446744073709551616": `flowspec: offset 5 at "18446744073709551616": want an operator and a number`,
	} {
		_, err := ParseText(v4, in)
		if in == "" {
			if err == nil {
				t.Error("nothing is a rule")
			}
			continue
		}
		if err == nil || err.Error() != want {
			t.Errorf("%q:\n got %v\nwant %s", in, err, want)
		}
	}
	if _, err := ParseText(inet.IPv4FlowSpecVPN, "port 1"); err == nil || err.Error() != "flowspec: offset 6 at the end: want rd RD: the family has route distinguishers" {
		t.Error(err)
	}
}

func TestJSONOfRules(t *testing.T) {
	r := mustText(t, inet.IPv4FlowSpecVPN, "rd 65000:1 destination 192.0.2.0/24 protocol tcp port [ =80 >8080&<8088 ] tcp-flags =syn raw 0x1a2b")
	want := `{"type":"flowspec-vpn","afi":1,"rd":"65000:1","destination":"192.0.2.0/24","protocol":["=tcp"],"port":["=80",">8080&<8088"],"tcpFlags":["=syn"],"usable":false,"raw":"1a2b"}`
	if got := string(r.AppendJSON(nil)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	r6 := mustText(t, inet.IPv6FlowSpec, "destination 2001:db8::/32 next-header udp traffic-class 12 flow-label 2013")
	want = `{"type":"flowspec","afi":2,"destination":"2001:db8::/32","nextHeader":["=udp"],"trafficClass":["=12"],"flowLabel":["=2013"]}`
	if got := string(r6.AppendJSON(nil)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	for _, bad := range []string{
		`[]`, `{}`, `{"type":"flowspec"}`, `{"type":"flow","afi":1,"port":["=1"]}`, `{"type":"flowspec","afi":1}`,
		`{"type":"flowspec","afi":1,"rd":"1:1","port":["=1"]}`, `{"type":"flowspec-vpn","afi":1,"port":["=1"]}`,
		`{"type":"flowspec","afi":1,"port":[]}`, `{"type":"flowspec","afi":1,"port":"=1"}`, `{"type":"flowspec","afi":1,"port":["x"]}`,
		`{"type":"flowspec","afi":1,"flowLabel":["=1"]}`, `{"type":"flowspec","afi":1,"destination":["192.0.2.0/24"]}`,
		`{"type":"flowspec","afi":1,"raw":"01"}`, `{"type":"flowspec","afi":1,"raw":""}`, `{"type":"flowspec","afi":1,"nextHeader":["=1"]}`,
		`{"type":"flowspec-vpn","afi":1,"rd":"x","port":["=1"]}`, `{"type":"flowspec","afi":"1","port":["=1"]}`,
	} {
		var r Rule
		if err := json.Unmarshal([]byte(bad), &r); err == nil {
			t.Errorf("%s reads as %v", bad, r)
		}
	}
}

func TestOneComponentPrintsAsInItsRule(t *testing.T) {
	for f, texts := range map[inet.Family][]string{
		inet.IPv4FlowSpec: {"destination-ipv4 192.0.2.0/24", "protocol =udp", "port [ =53 >=1024&<=2047 ]", "tcp-flags syn&!ack"},
		inet.IPv6FlowSpec: {"destination-ipv6 ::1:0:0/96/64", "flow-label =1"},
	} {
		for _, text := range texts {
			rule, err := ParseText(f, text)
			if err != nil {
				t.Fatal(err)
			}
			if got := rule.Components[0].String(); got != text {
				t.Errorf("got %q, want %q", got, text)
			}
		}
	}
	if got := (Component{Type: 200}).String(); got != "component 200" {
		t.Errorf("got %q", got)
	}
}
