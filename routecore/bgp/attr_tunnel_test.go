package bgp

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

func TestTunnelsReadWhatTheyBuild(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Tunnel
		for range rapid.IntRange(0, 3).Draw(t, "tunnels") {
			want = append(want, Tunnel{TunnelType(rapid.Uint16().Draw(t, "type")), drawTLVs(t, &tunnelSubTable, 2)})
		}
		b, err := AppendTunnels(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseTunnels(b)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%x: %s", b, d)
		}
		if fault, at := checkTunnelEncap(b, Ctx{}); fault != FaultNone {
			t.Fatalf("%x: fault %d at %d", b, fault, at)
		}
		AppendTunnelsText(nil, b)
		for n := range len(b) {
			list, err := ParseTunnels(b[:n:n])
			if fault, _ := checkTunnelEncap(b[:n:n], Ctx{}); (fault != FaultNone) != (err != nil) {
				t.Fatalf("%x: fault %d, %+v, %v", b[:n], fault, list, err)
			}
			jsonTunnels(nil, b[:n:n], 0)
		}
	})
}

// exaPolicies are the SR policies that ExaBGP's tests announce, with what their
// commands say. The last has the JSON that ExaBGP expects to read.
var exaPolicies = map[string]string{
	"ipv4 sr-policy distinguisher 0 color 100 endpoint 10.0.0.1 next-hop 192.0.2.1 preference 100 binding-sid mpls 24000 segment-list weight 1 segment type-a mpls 16001": `[{"type":15,"name":"SR Policy","preference":100,"bindingSid":{"flags":["bit3"],"label":24000},` +
		`"segmentLists":[{"weight":1,"segments":[{"type":"A","flags":[],"label":16001,"trafficClass":0,"bottom":1,"ttl":0}]}]}]`,
	"ipv4 sr-policy distinguisher 1 color 200 endpoint 10.0.0.2 next-hop 192.0.2.1 preference 200 srv6-binding-sid fc00::1 segment-list weight 2 segment type-b srv6 fc00::1 endpoint-behavior 65 32 0 16 0 policy-name \"my-policy\" candidate-path-name \"primary\"": `[{"type":15,"name":"SR Policy","preference":200,"srv6BindingSid":[{"flags":[],"sid":"fc00::1"}],` +
		`"segmentLists":[{"weight":2,"segments":[{"type":"B","flags":["behavior"],"sid":"fc00::1","behavior":65,"locatorBlock":32,"locatorNode":0,"function":16,"argument":0}]}],"policyName":"my-policy","candidatePathName":"primary"}]`,
	"ipv4 sr-policy distinguisher 0 color 300 endpoint 10.0.0.3 next-hop 192.0.2.1 preference 300 segment-list weight 1 segment type-a mpls 16001 segment-list weight 2 segment type-a mpls 16002": `[{"type":15,"name":"SR Policy","preference":300,` +
		`"segmentLists":[{"weight":1,"segments":[{"type":"A","flags":[],"label":16001,"trafficClass":0,"bottom":1,"ttl":0}]},{"weight":2,"segments":[{"type":"A","flags":[],"label":16002,"trafficClass":0,"bottom":1,"ttl":0}]}]}]`,
	"ipv6 sr-policy distinguisher 0 color 100 endpoint 2001:db8::1 next-hop 2001:db8::2 preference 100 segment-list weight 1 segment type-b srv6 2001:db8:1::1": `[{"type":15,"name":"SR Policy","preference":100,` +
		`"segmentLists":[{"weight":1,"segments":[{"type":"B","flags":[],"sid":"2001:db8:1::1"}]}]}]`,
}

func TestPoliciesOfExaBGP(t *testing.T) {
	b, err := os.ReadFile(testkit.Data(t, "bgp/exabgp-qa-encoding/qa__encoding__conf-sr-policy.ci"))
	if err != nil {
		t.Fatal(err)
	}
	command, policies := "", 0
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "1:cmd:announce "); ok {
			command = text
		}
		text, ok := strings.CutPrefix(line, "1:raw:")
		if !ok || strings.HasPrefix(command, "eor") {
			continue
		}
		var u Update
		ParseUpdate(&u, exaBody(t, text), MonitorCtx(true))
		run, ok := u.MPReach()
		if !ok || u.Verdict.Action != Accept {
			t.Fatalf("%s: %s", command, u.Verdict.Text())
		}
		p, err := ParseSRPolicy(run.Family, run.Bytes)
		if err != nil || !bytes.Equal(AppendSRPolicy(nil, p), run.Bytes) {
			t.Errorf("%s: %+v, %v", command, p, err)
		}
		if words := strings.Fields(command); string(p.AppendText(nil)) != "["+words[3]+"]["+words[5]+"]["+words[7]+"]" {
			t.Errorf("%s: %s", command, p.AppendText(nil))
		}
		v, _ := Attrs(u.AppendAttrs(nil, run.Family)).Get(AttrTunnelEncap)
		if got := string(jsonTunnels(nil, v, run.Family)); got != exaPolicies[command] {
			t.Errorf("%s:\n got %s\nwant %s", command, got, exaPolicies[command])
		}
		// The bits behind the label of a binding SID are reserved; ExaBGP sets one.
		rebuildTunnels(t, bytes.Replace(v, []byte{0x05, 0xdc, 0x01, 0x00}, []byte{0x05, 0xdc, 0, 0}, 1))
		policies++
	}
	if policies != len(exaPolicies) {
		t.Errorf("%d policies", policies)
	}
}

// rebuildTunnels builds the attribute from the values of each TLV, down to the
// segments, and wants the same octets.
func rebuildTunnels(t *testing.T, v []byte) {
	t.Helper()
	tunnels, err := ParseTunnels(v)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tunnels {
		for j, sub := range tunnels[i].Sub {
			values, err := DecodeTunnelSub(sub)
			if err != nil {
				t.Fatal(err)
			}
			for k := range values {
				list, ok := values[k].Value.([]TLV)
				for l := range list {
					fields, err := DecodeSegment(list[l])
					if err != nil {
						t.Fatal(err)
					}
					if list[l], err = EncodeSegment(list[l].Type, fields...); err != nil {
						t.Fatal(err)
					}
				}
				if ok {
					values[k].Value = list
				}
			}
			if tunnels[i].Sub[j], err = EncodeTunnelSub(sub.Type, values...); err != nil {
				t.Fatal(err)
			}
		}
	}
	if again, err := AppendTunnels(nil, tunnels); err != nil || !bytes.Equal(again, v) {
		t.Errorf("built %x of %x, %v", again, v, err)
	}
}

func TestTunnelForms(t *testing.T) {
	for _, tt := range []struct{ name, hex, json, text string }{
		{"VXLAN to an endpoint", "0008001d" + "060a00000000" + "0001c0000201" + "0408030b000000000064" + "080212b5" + "0701b8",
			`[{"type":8,"name":"VXLAN","egressEndpoint":{"address":"192.0.2.1"},"color":{"communityType":779,"flags":0,"color":100},"udpPort":4789,"dsField":184}]`,
			`[VXLAN egressEndpoint{address=192.0.2.1} color{communityType=779 flags=0x0 color=100} udpPort=4789 dsField=184]`},
		{"an encapsulation of VXLAN", "00080012" + "010c" + "c0000064" + "020000000001" + "0000" + "080212b5",
			`[{"type":8,"name":"VXLAN","encapsulation":{"flags":["identifier","mac"],"vni":100,"mac":"020000000001"},"udpPort":4789}]`, ""},
		{"a second encapsulation, which does not count", "00020011" + "010400000001" + "010400000002" + "0703aabbcc",
			`[{"type":2,"name":"GRE","encapsulation":{"key":1},"raw":[{"type":1,"value":"00000002"},{"type":7,"value":"aabbcc"}]}]`, ""},
		{"a GRE key of two octets", "00020004" + "01020001", `[{"type":2,"name":"GRE","encapsulation":"0001"}]`, ""},
		{"any endpoint", "00020008" + "0606000000000000",
			`[{"type":2,"name":"GRE","egressEndpoint":{"address":null}}]`, `[GRE egressEndpoint{address=-}]`},
		{"an encapsulation and what nobody knows", "00630009" + "0102aabb" + "c80002ccdd",
			`[{"type":99,"name":"tunnel type 99","encapsulation":"aabb","raw":[{"type":200,"value":"ccdd"}]}]`, `[tunnel type 99 encapsulation=0xaabb type200=0xccdd]`},
		{"an endpoint of no family counts as unknown", "0008000c" + "060a00000000" + "0009c0000201",
			`[{"type":8,"name":"VXLAN","raw":[{"type":6,"value":"000000000009c0000201"}]}]`, `[VXLAN type6=0x000000000009c0000201]`},
		{"a segment that runs past its list", "000f0016" + "80001300" + "0612" + "2000" + "c0000201" + "c0000202" + "00064140" + "0000",
			`[{"type":15,"name":"SR Policy","raw":[{"type":128,"value":"0006122000c0000201c0000202000641400000"}]}]`, ""},
		{"segments of RFC 9831", "000f0023" + "80002000" + "060e" + "2000" + "c0000201" + "c0000202" + "00064140" + "030a" + "0080" + "c0000203" + "00064140" + "ff0100",
			`[{"type":15,"name":"SR Policy","segmentLists":[{"segments":[{"type":"F","flags":["sid"],"local":"192.0.2.1","remote":"192.0.2.2","label":100,"trafficClass":0,"bottom":1,"ttl":64},` +
				`{"type":"C","flags":[],"algorithm":128,"node":"192.0.2.3","label":100,"trafficClass":0,"bottom":1,"ttl":64}],"raw":[{"type":255,"value":"00"}]}]}]`, ""},
		{"priority and explicit null", "000f000d" + "0e0300" + "0004" + "0f020a00" + "0d020000",
			`[{"type":15,"name":"SR Policy","explicitNull":4,"priority":10,"bindingSid":{"flags":[]}}]`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			if fault, at := checkTunnelEncap(v, Ctx{}); fault != FaultNone {
				t.Fatalf("fault %d at %d", fault, at)
			}
			if got := string(jsonTunnels(nil, v, inet.IPv4Unicast)); got != tt.json {
				t.Errorf("\n got %s\nwant %s", got, tt.json)
			}
			if got := string(AppendTunnelsText(nil, v)); tt.text != "" && got != tt.text {
				t.Errorf("\n got %s\nwant %s", got, tt.text)
			}
		})
	}
}

func TestTunnelRegistry(t *testing.T) {
	for typ, name := range map[TunnelType]string{2: "GRE", 7: "IP in IP", 8: "VXLAN", 9: "NVGRE", 10: "MPLS", 11: "MPLS-in-GRE", 12: "VXLAN GPE", 13: "MPLS-in-UDP", 15: "SR Policy", 19: "Geneve", 65000: "tunnel type 65000"} {
		if typ.String() != name {
			t.Errorf("%d is %q", typ, typ.String())
		}
	}
	for typ, name := range map[uint16]string{1: "Encapsulation", 2: "Protocol Type", 4: "Color", 6: "Tunnel Egress Endpoint", 7: "DS Field", 8: "UDP Destination Port",
		9: "Embedded Label Handling", 10: "MPLS Label Stack", 11: "Prefix-SID", 12: "Preference", 13: "Binding SID", 14: "Explicit NULL Label Policy", 15: "Policy Priority",
		20: "SRv6 Binding SID", 128: "Segment List", 129: "Policy Candidate Path Name", 130: "Policy Name"} {
		if row := tunnelSubTable.row(typ); row == nil || row.Name != name {
			t.Errorf("%d is %+v", typ, row)
		}
	}
	for typ, letter := range map[uint16]string{1: "A", 13: "B", 3: "C", 4: "D", 5: "E", 6: "F", 7: "G", 8: "H", 14: "I", 15: "J", 16: "K", 9: "weight"} {
		if row := segmentTable.row(typ); row == nil || row.JSON != letter {
			t.Errorf("%d is %+v", typ, row)
		}
	}
}

func TestBuildAPolicy(t *testing.T) {
	segment := func(label uint64) TLV {
		v, err := EncodeSegment(1, Field{"flags", uint64(0)}, Field{"label", label}, Field{"trafficClass", uint64(0)}, Field{"bottom", uint64(1)}, Field{"ttl", uint64(0)})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	list, err := EncodeTunnelSub(128, Field{"tlvs", []TLV{segment(16001), segment(16002)}})
	if err != nil {
		t.Fatal(err)
	}
	end, err := EncodeTunnelSub(6, Field{"address", netip.MustParseAddr("2001:db8::1")})
	if err != nil {
		t.Fatal(err)
	}
	v, err := AppendTunnels(nil, []Tunnel{{TunnelSRPolicy, []TLV{end, list}}})
	if err != nil {
		t.Fatal(err)
	}
	want := "000f002e" + "0616" + "00000000" + "0002" + "20010db8000000000000000000000001" + "800011" + "00" + "01060000" + "03e81100" + "01060000" + "03e82100"
	if got := hex.EncodeToString(v); got[8:] != want[8:] {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestEncapsulationReadsWhatItBuilds(t *testing.T) {
	for _, row := range encapsulationTable.rows {
		rapid.Check(t, func(t *rapid.T) {
			want := drawFields(t, row.fields, 0)
			sub, err := EncodeEncapsulation(TunnelType(row.Type), want...)
			if err != nil {
				t.Fatal(err)
			}
			got, at := Tunnel{TunnelType(row.Type), []TLV{{7, nil}, sub}}.Encapsulation()
			if d := cmp.Diff(want, got); d != "" || at != 1 {
				t.Fatalf("%x: at %d %s", sub.Value, at, d)
			}
		})
	}
	if _, err := EncodeEncapsulation(TunnelSRPolicy, Field{"key", uint64(1)}); err == nil {
		t.Error("an SR policy has an encapsulation")
	}
}
