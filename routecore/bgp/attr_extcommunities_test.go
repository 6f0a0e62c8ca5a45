package bgp

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"example.com/rotonda/internal/testkit"
	"pgregory.net/rapid"
)

func TestExtCommunityForms(t *testing.T) {
	tests := []struct{ hex, text, fields string }{
		{"0002fbf400000001", "rt:64500:1", `"asn":64500,"number":1`},
		{"0102c00002010007", "rt:192.0.2.1:7", `"address":"192.0.2.1","number":7`},
		{"0202000300000007", "rt:196608:7", `"asn":196608,"number":7`},
		{"02020000fbf40007", "rt:64500L:7", `"asn":64500,"number":7`},
		{"0003fbf400000001", "ro:64500:1", `"asn":64500,"number":1`},
		{"4004fbf44b3ebc20", "link-bandwidth:64500:12500000", `"asn":64500,"rate":12500000`},
		{"0004fbf43f000000", "link-bandwidth-transitive:64500:0.5", `"asn":64500,"rate":0.5`},
		{"0105c00002010200", "ospf-domain:192.0.2.1:512", `"address":"192.0.2.1","number":512`},
		{"0306000000640501", "ospf-route:0.0.0.100:5:0x1", `"area":"0.0.0.100","routeType":5,"options":"0x1"`},
		{"0306000000640200", "ospf-route:0.0.0.100:2", `"area":"0.0.0.100","routeType":2,"options":"0x0"`},
		{"0107c00002010000", "ospf-router:192.0.2.1", `"address":"192.0.2.1"`},
		{"0009fbf400000000", "source-as:64500", `"asn":64500,"number":0`},
		{"010bc00002010007", "vrf-import:192.0.2.1:7", `"address":"192.0.2.1","number":7`},
		{"0112c00002010000", "segmented-next-hop:192.0.2.1", `"address":"192.0.2.1","number":0`},
		{"0304000000000000", "extranet-source", ""},
		{"0305000000000000", "extranet-separation", ""},
		{"060fe8000000" + "8000", "service-carving-time:3892314112:32768", `"seconds":3892314112,"fraction":32768`},
		{"4300000000000000", "validation:valid", `"state":"valid"`},
		{"4300000000000001", "validation:not-found", `"state":"not-found"`},
		{"4300000000000002", "validation:invalid", `"state":"invalid"`},
		{"4300000000000009", "validation:9", `"state":"9"`},
		{"4301808000000064", "cost:128:128:100", `"insertion":128,"id":128,"cost":100`},
		{"030b000000000064", "color:100", `"color":100,"flags":"0x0"`},
		{"030b400000000064", "color:100:0x4000", `"color":100,"flags":"0x4000"`},
		{"030c000000000008", "encapsulation:vxlan", `"tunnelType":"vxlan"`},
		{"030c000000000063", "encapsulation:99", `"tunnelType":"99"`},
		{"030d000000000000", "default-gateway", ""},
		{"0600000000000007", "mac-mobility:7", `"sequence":7,"flags":"0x0"`},
		{"0600010000000007", "mac-mobility:7:sticky", `"sequence":7,"flags":"sticky"`},
		{"0601010000000640", "esi-label:1600:single-active", `"label":1600,"flags":"single-active"`},
		{"0602001122aabbcc", "es-import:00:11:22:aa:bb:cc", `"mac":"00:11:22:aa:bb:cc"`},
		{"0603001122aabbcc", "router-mac:00:11:22:aa:bb:cc", `"mac":"00:11:22:aa:bb:cc"`},
		{"0604000605dc0000", "l2-attributes:1500:primary+control-word", `"mtu":1500,"flags":"primary+control-word"`},
		{"0605010000000640", "e-tree:1600:leaf", `"label":1600,"flags":"leaf"`},
		{"060602c000000064", "df-election:2:dont-preempt+ac-influenced:100", `"algorithm":2,"capabilities":"dont-preempt+ac-influenced","preference":100`},
		{"0606010000000000", "df-election:1", `"algorithm":1,"capabilities":"0x0","preference":0`},
		{"06080b0000000000", "arp-nd:router+override+immutable", `"flags":"router+override+immutable"`},
		{"0609000300000000", "multicast-flags:igmp-proxy+mld-proxy", `"flags":"igmp-proxy+mld-proxy"`},
		{"800a130005dc006f", "l2info:19:0:1500:111", `"encapsulation":19,"flags":0,"mtu":1500,"preference":111`},
		{"0c00000a0000000a", "mup:10:10", `"segment":10,"number":10`},
		{"8006000046160000", "rate-bytes:9600", `"rate":9600,"asn":0`},
	}
	names := map[string]bool{}
	for _, tt := range tests {
		e := ExtCommunity(unhex(t, tt.hex))
		names[e.Name()] = true
		if e.String() != tt.text {
			t.Errorf("%s: %q, want %q", tt.hex, e, tt.text)
		}
		for _, s := range []string{tt.text, strings.ToUpper(tt.text)} {
			if strings.Contains(s, "0X") {
				continue
			}
			if back, err := ParseExtCommunity(s); err != nil || back != e {
				t.Errorf("%q: %x, %v", s, back, err)
			}
		}
		want := fmt.Sprintf(`{"type":%q,"code":"0x%s","transitive":%t`, e.Name(), tt.hex[:4], e.Transitive())
		if tt.fields != "" {
			want += "," + tt.fields
		}
		if got := string(e.AppendJSON(nil)); got != want+"}" {
			t.Errorf("%s:\n got %s\nwant %s}", tt.hex, got, want)
		}
	}
	for i := range extTable {
		if name := extTable[i].name; !names[name] && !strings.HasPrefix(extTable[i].rfc, "RFC 8955") && !strings.Contains(extTable[i].rfc, "flowspec") {
			if name != "data-collection" && name != "l2vpn-id" && name != "evi-rt" {
				t.Errorf("%s is not tested", name)
			}
		}
	}
}

// Nothing is lost: reserved bits, unknown types, and rates that are no numbers
// print in hexadecimal.
func TestWhatTextCannotShowStaysHexadecimal(t *testing.T) {
	for _, hex := range []string{
		"0099fbf400000001", "4002fbf400000001", "c30b000000000064", "030d000000000001", "4300000001000002",
		"800600007fc00001", "800600007f800000", "8006000000000001", "8009000000000040", "0800000000000002", "9900000000000000",
	} {
		e := ExtCommunity(unhex(t, hex))
		if e.String() != "0x"+hex || e.Name() != "" || e.RFC() != "" {
			t.Errorf("%s: %q", hex, e)
		}
		js := string(e.AppendJSON(nil))
		if want := fmt.Sprintf(`{"type":"unknown","code":"0x%s","transitive":%t,"raw":"%s"}`, hex[:4], e.Transitive(), hex[4:]); js != want {
			t.Errorf("%s: %s", hex, js)
		}
	}
	if !(ExtCommunity{0x80}).FirstCome() || (ExtCommunity{0x43}).FirstCome() {
		t.Error("bit 0x80 is the authority")
	}
	if e := (ExtCommunity{6, 0, 2, 0, 0, 0, 0, 7}); e.String() != "mac-mobility:7:0x2" {
		t.Errorf("%s", e) // a flag without a name is still a flag
	}
}

func TestExtCommunityErrorsShowTheForm(t *testing.T) {
	for in, want := range map[string]string{
		"rt:1":                 `extended community "rt:1": want rt:ASN:NUMBER, rt:IPV4:NUMBER, rt:ASN4:NUMBER`,
		"mac-mobility:x":       `extended community "mac-mobility:x": want mac-mobility:SEQUENCE[:FLAGS]`,
		"mac-mobility:1:2:3":   `extended community "mac-mobility:1:2:3": want mac-mobility:SEQUENCE[:FLAGS]`,
		"color:4294967296":     `extended community "color:4294967296": want color:COLOR[:FLAGS]`,
		"default-gateway:1":    `extended community "default-gateway:1": want default-gateway`,
		"es-import:00:11:22":   `extended community "es-import:00:11:22": want es-import:MAC`,
		"what:1":               `extended community "what:1": want rt:ASN:NUMBER, ro:ASN:NUMBER, another known name, or 0x and sixteen digits`,
		"link-bandwidth:1:1e9": "",
		"link-bandwidth:1:NaN": `extended community "link-bandwidth:1:NaN": want link-bandwidth:ASN:RATE`,
	} {
		e, err := ParseExtCommunity(in)
		if want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("%q: %v, %v", in, e, err)
		}
	}
	for _, in := range []string{
		"", "[]", "{}", `{"code":"1"}`, `{"code":"0xzzzz"}`, `{"code":"0x9999"}`, `{"code":"0x0099","raw":"00"}`, `{"code":"0x0002","asn":65536}`,
		`{"code":"0x0002","asn":1.5}`, `{"code":"0x0002","number":-1}`, `{"code":"0x0002","number":true}`, `{"code":"0x0102","address":"::"}`,
	} {
		if e, err := ParseExtCommunityJSON([]byte(in)); err == nil {
			t.Errorf("%s: %v", in, e)
		}
	}
}

func TestEveryExtCommunityRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := ExtCommunity(rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "octets"))
		if rapid.IntRange(0, 9).Draw(t, "known") > 0 {
			row := rapid.SampledFrom(extTable[:]).Draw(t, "row")
			v := e.value()
			if rapid.Bool().Draw(t, "plain") {
				v &^= row.reserved()
			}
			e = row.build(v)
		}
		checkExtCommunity(t, e)
	})
}

func checkExtCommunity(t interface{ Fatalf(string, ...any) }, e ExtCommunity) {
	if back, err := ParseExtCommunity(e.String()); err != nil || back != e {
		t.Fatalf("%x: %s: %x, %v", e, e, back, err)
	}
	js := e.AppendJSON(nil)
	if back, err := ParseExtCommunityJSON(js); err != nil || back != e || !json.Valid(js) {
		t.Fatalf("%x: %s: %x, %v", e, js, back, err)
	}
}

func FuzzExtCommunity(f *testing.F) {
	f.Add([]byte{0, 2, 0xfb, 0xf4, 0, 0, 0, 1}, "rt:64500:1")
	f.Add([]byte{0x80, 6, 0, 0, 0x46, 0x16, 0, 0}, "mac-mobility:7:sticky")
	f.Fuzz(func(t *testing.T, b []byte, s string) {
		if len(b) == 8 {
			checkExtCommunity(t, ExtCommunity(b))
			ExtCommunity(b).FlowAction()
		}
		if len(b) == 20 {
			e := IPv6ExtCommunity(b)
			if back, err := ParseIPv6ExtCommunity(e.String()); err != nil || back != e {
				t.Fatalf("%x: %s: %x, %v", e, e, back, err)
			}
			js := e.AppendJSON(nil)
			if back, err := ParseIPv6ExtCommunityJSON(js); err != nil || back != e || !json.Valid(js) {
				t.Fatalf("%x: %s: %x, %v", e, js, back, err)
			}
		}
		if e, err := ParseExtCommunity(s); err == nil {
			checkExtCommunity(t, e)
		}
		_, _ = ParseExtCommunityJSON([]byte(s))
		_, _ = ParseIPv6ExtCommunity(s)
	})
}

func TestIPv6ExtCommunityForms(t *testing.T) {
	const a = "20010db8000000000000000000000001"
	for hex, text := range map[string]string{
		"0002" + a + "0007": "rt:[2001:db8::1]:7",
		"0003" + a + "0007": "ro:[2001:db8::1]:7",
		"000b" + a + "0007": "vrf-import:[2001:db8::1]:7",
		"000c" + a + "0000": "redirect-ip:[2001:db8::1]",
		"000c" + a + "0001": "redirect-ip:[2001:db8::1]:copy",
		"000d" + a + "ffff": "redirect:[2001:db8::1]:65535",
		"4002" + a + "0007": "rt-nt:[2001:db8::1]:7",
		"000c" + a + "0002": "0x000c" + a + "0002",
		"0099" + a + "0002": "0x0099" + a + "0002",
	} {
		e := IPv6ExtCommunity(unhex(t, hex))
		if e.String() != text || e.Transitive() != (hex[0] == '0') || e.Type() != e[0] || e.Subtype() != e[1] {
			t.Errorf("%s: %q", hex, e)
		}
		if back, err := ParseIPv6ExtCommunity(text); err != nil || back != e {
			t.Errorf("%q: %x, %v", text, back, err)
		}
	}
	for _, s := range []string{"", "rt:[2001:db8::1]", "rt:[192.0.2.1]:1", "rt:2001:db8::1:1", "rt:[2001:db8::1]:65536", "xx:[2001:db8::1]:1", "redirect-ip:[2001:db8::1]:1", "0x00", "rt:[fe80::1%eth0]:1"} {
		if e, err := ParseIPv6ExtCommunity(s); err == nil {
			t.Errorf("%q is %v", s, e)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		e := IPv6ExtCommunity(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "octets"))
		row := rapid.SampledFrom(ipv6ExtTable[:]).Draw(t, "row")
		e[0], e[1] = row.typ, row.sub
		if back, err := ParseIPv6ExtCommunity(e.String()); err != nil || back != e {
			t.Fatalf("%x: %s: %x, %v", e, e, back, err)
		}
	})
}

// exaCommunity turns exabgp's words for an extended community into ours.
func exaCommunity(s string) string {
	switch s {
	case "redirect-to-nexthop":
		return "redirect-next-hop"
	case "copy-to-nexthop":
		return "redirect-next-hop:copy"
	case "action sample-terminal":
		return "traffic-action:terminal+sample"
	}
	if rate, ok := strings.CutPrefix(s, "rate-limit:"); ok {
		if packets, ok := strings.CutSuffix(rate, ":packets"); ok {
			return "rate-packets:" + packets
		}
		return "rate-bytes:" + rate
	}
	return strings.NewReplacer("target:", "rt:", "mark ", "mark:").Replace(s)
}

func TestExabgpExtCommunities(t *testing.T) {
	one := regexp.MustCompile(`\{ ?"value": ?(\d+), ?"string": ?"([^"]+)" ?\}`)
	seen := map[string]bool{}
	for _, dir := range [][]string{{"bgp", "exabgp-qa-encoding"}, {"bgp", "exabgp-qa-api"}, {"bgp", "exabgp-qa-decoding"}, {"flowspec", "exabgp"}} {
		files, _ := filepath.Glob(filepath.Join(testkit.Data(t, dir...), "*"))
		for _, file := range files {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range one.FindAllStringSubmatch(string(b), -1) {
				v, err := strconv.ParseUint(m[1], 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				var e ExtCommunity
				binary.BigEndian.PutUint64(e[:], v)
				seen[e.Name()] = true
				if e.String() != exaCommunity(m[2]) {
					t.Errorf("%s: %x is %s, exabgp says %s", file, e, e, m[2])
				}
			}
		}
	}
	for _, name := range []string{"rt", "redirect", "rate-bytes", "rate-packets", "mark", "traffic-action", "redirect-next-hop", "l2info", "mup"} {
		if !seen[name] {
			t.Errorf("no vector has %s", name)
		}
	}
}
