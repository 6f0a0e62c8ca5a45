package bgp

import (
	"encoding/json"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// pmsiVectors are values of the attribute as the RFCs draw them; the first is
// what FRR sends for VNI 10100.
var pmsiVectors = []struct {
	hex, text, first, second string
	sessionFault             bool // an own session does not take it
}{
	{"0006002774c0000201", "type 6 name ingress-replication flags 0 label 631 vni 10100 endpoint 192.0.2.1", "192.0.2.1", "", false},
	{"0106000000", "type 6 name ingress-replication flags 1 label 0 vni 0", "", "", true},
	{"0000000000", "type 0 name none flags 0 label 0 vni 0", "", "", false},
	{"0101000641" + "c0000201" + "0000" + "0007" + "00000009",
		"type 1 name rsvp-te-p2mp flags 1 label 100 vni 1601 extendedTunnelId 192.0.2.1 tunnelId 7 p2mpId 9", "192.0.2.1", "", false},
	{"0002000000" + "06000104c0000201" + "0007" + "01000400000005",
		"type 2 name mldp-p2mp flags 0 label 0 vni 0 root 192.0.2.1 opaque 01000400000005", "192.0.2.1", "", false},
	{"0002000000" + "06000104c0000201" + "0008" + "01000400000005",
		"type 2 name mldp-p2mp flags 0 label 0 vni 0 identifier 06000104c0000201000801000400000005", "", "", true},
	{"0003000000" + "c0000201e8000001", "type 3 name pim-ssm flags 0 label 0 vni 0 root 192.0.2.1 group 232.0.0.1", "192.0.2.1", "232.0.0.1", false},
	{"0004000000" + "20010db8000000000000000000000001" + "ff0e0000000000000000000000000001",
		"type 4 name pim-sm flags 0 label 0 vni 0 sender 2001:db8::1 group ff0e::1", "2001:db8::1", "ff0e::1", false},
	{"0005000000" + "c0000201e80001", "type 5 name bidir-pim flags 0 label 0 vni 0 identifier c0000201e80001", "", "", true},
	{"0007000000" + "08000104c0000201" + "0000", "type 7 name mldp-mp2mp flags 0 label 0 vni 0 root 192.0.2.1 opaque ", "192.0.2.1", "", false},
	{"4008000000" + "c000020100000003", "type 8 name transport flags 64 label 0 vni 0 source 192.0.2.1 localNumber 3", "192.0.2.1", "", false},
	{"000b000000" + "00010203", "type 11 name bier flags 0 label 0 vni 0 identifier 00010203", "", "", false},
	{"00ff000000" + "00", "type 255 flags 0 label 0 vni 0 identifier 00", "", "", false},
}

func TestPMSITunnels(t *testing.T) {
	for _, tt := range pmsiVectors {
		v := unhex(t, tt.hex)
		p, err := ParsePMSITunnel(v)
		if err != nil {
			t.Errorf("%s: %v", tt.hex, err)
			continue
		}
		if text, _ := p.AppendText(nil); string(text) != tt.text {
			t.Errorf("%s: %s\nwant %s", tt.hex, text, tt.text)
		}
		first, second := p.Addrs()
		for i, pair := range []struct {
			got  netip.Addr
			want string
		}{{first, tt.first}, {second, tt.second}} {
			if pair.got.IsValid() != (pair.want != "") || pair.want != "" && pair.got.String() != pair.want {
				t.Errorf("%s: address %d is %v, want %q", tt.hex, i, pair.got, pair.want)
			}
		}
		if js := jsonPMSI(nil, v, 0); !json.Valid(js) {
			t.Errorf("%s: %s", tt.hex, js)
		}
		if got := AppendPMSITunnel(nil, p); !cmp.Equal(got, v) {
			t.Errorf("%s: built as %x", tt.hex, got)
		}
		if fault, _ := checkPMSI(v, Ctx{}); (fault != FaultNone) != tt.sessionFault {
			t.Errorf("%s: fault %d on a session", tt.hex, fault)
		}
		if fault, _ := checkPMSI(v, Ctx{Monitor: true}); fault != FaultNone {
			t.Errorf("%s: fault %d for a monitor", tt.hex, fault)
		}
		for i := range v {
			cut := v[:i:i]
			p, err := ParsePMSITunnel(cut)
			if (err == nil) != (i >= 5) || !json.Valid(jsonPMSI(nil, cut, 0)) {
				t.Errorf("%x: %v, %s", cut, err, jsonPMSI(nil, cut, 0))
			}
			if fault, _ := checkPMSI(cut, Ctx{Monitor: true}); (fault == FaultNone) != (i >= 5) {
				t.Errorf("%x: fault %d", cut, fault)
			}
			p.Addrs()
		}
	}
}

func TestPMSITunnelJSON(t *testing.T) {
	got := string(jsonPMSI(nil, unhex(t, "0006002774c0000201"), 0))
	want := `{"type":6,"name":"ingress-replication","flags":0,"label":631,"vni":10100,"endpoint":"192.0.2.1"}`
	if got != want {
		t.Errorf("%s", got)
	}
}

func TestPMSITunnelComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := PMSITunnel{
			Flags: rapid.Uint8().Draw(t, "flags"), Type: rapid.Uint8Range(0, 15).Draw(t, "type"),
			Label:      Label(rapid.Uint32Range(0, 1<<24-1).Draw(t, "label")),
			Identifier: string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "identifier")),
		}
		v := AppendPMSITunnel(nil, p)
		got, err := ParsePMSITunnel(v)
		if err != nil || got != p {
			t.Fatalf("%+v, %v", got, err)
		}
		if js := jsonPMSI(nil, v, 0); !json.Valid(js) {
			t.Fatalf("%s", js)
		}
	})
}
