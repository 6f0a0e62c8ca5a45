package bgp

import (
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// The code points below are those of the IANA registries, written down apart from
// the tables that they check.

func TestAttributesAgainstIANA(t *testing.T) {
	want := map[AttrCode]string{
		1: "ORIGIN", 2: "AS_PATH", 3: "NEXT_HOP", 4: "MULTI_EXIT_DISC", 5: "LOCAL_PREF", 6: "ATOMIC_AGGREGATE", 7: "AGGREGATOR",
		8: "COMMUNITIES", 9: "ORIGINATOR_ID", 10: "CLUSTER_LIST", 11: "DPA", 12: "ADVERTISER", 13: "RCID_PATH",
		14: "MP_REACH_NLRI", 15: "MP_UNREACH_NLRI", 16: "EXTENDED COMMUNITIES", 17: "AS4_PATH", 18: "AS4_AGGREGATOR",
		19: "SAFI Specific Attribute", 20: "Connector", 21: "AS_PATHLIMIT", 22: "PMSI_TUNNEL", 23: "Tunnel Encapsulation", 24: "Traffic Engineering",
		25: "IPv6 Address Specific Extended Community", 26: "AIGP", 27: "PE Distinguisher Labels", 28: "BGP Entropy Label Capability",
		29: "BGP-LS Attribute", 30: "deprecated", 31: "deprecated", 32: "LARGE_COMMUNITY", 33: "BGPsec_Path", 34: "BGP Community Container",
		35: "Only to Customer", 36: "BGP Domain Path", 37: "SFP attribute", 38: "BFD Discriminator", 39: "Next Hop Dependent Characteristics",
		40: "BGP Prefix-SID", 41: "BIER", 42: "Edge Metadata Path Attribute", 128: "ATTR_SET", 129: "deprecated",
		241: "deprecated", 242: "deprecated", 243: "deprecated", 255: "Reserved for development",
	}
	flags := map[AttrFlags][]AttrCode{
		0x40: {1, 2, 3, 5, 6},
		0x80: {4, 9, 10, 14, 15, 26, 29, 33},
		0xc0: {7, 8, 16, 17, 18, 22, 23, 25, 32, 35, 40, 128},
	}
	known := map[AttrCode]AttrFlags{}
	for f, codes := range flags {
		for _, c := range codes {
			known[c] = f
		}
	}
	json := map[string]AttrCode{}
	for i := range attrTable {
		code, row := AttrCode(i), attrTable[i]
		if row.Name != want[code] {
			t.Errorf("%d is %q, want %q", i, row.Name, want[code])
		}
		if code.Known() != (known[code] != 0) || code.Known() && row.Flags != known[code] {
			t.Errorf("%v: known %t with flags %#x, want %#x", code, code.Known(), row.Flags, known[code])
		}
		if row.Name != "" && row.RFC == "" || (row.JSON == "") != (row.json == nil) && code != AttrMPReach {
			t.Errorf("%v: the row is not whole", code)
		}
		if code.Known() && !(strings.HasPrefix(row.Policy.RFC, "RFC ") && row.Policy.External >= DiscardAttribute && row.Policy.Internal >= DiscardAttribute) {
			t.Errorf("%v: policy %+v", code, row.Policy)
		}
		if other, taken := json[row.JSON]; taken && row.JSON != "" {
			t.Errorf("%v and %v share the JSON name %s", code, other, row.JSON)
		}
		json[row.JSON] = code
	}
	if AttrCode(99).String() != "attribute 99" {
		t.Errorf("%v", AttrCode(99))
	}
}

func TestCapabilitiesAgainstIANA(t *testing.T) {
	codes := []CapCode{1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 65, 66, 67, 68, 69, 70, 71, 72, 73, 74, 75, 76, 77, 128, 129, 130, 131, 184, 185}
	if len(codes) != len(Capabilities) {
		t.Fatalf("%d rows, want %d", len(Capabilities), len(codes))
	}
	for i, c := range codes {
		if row := Capabilities[i]; row.Code != c || row.Name == "" || row.RFC == "" || c.Info().Name != row.Name {
			t.Errorf("row %d is %+v, want code %d", i, row, c)
		}
	}
	named := map[CapCode]string{1: "multiprotocol", 2: "route refresh", 5: "extended next hop", 6: "extended message", 9: "role",
		64: "graceful restart", 65: "4-octet AS number", 69: "add-path", 70: "enhanced route refresh", 71: "long-lived graceful restart", 73: "fqdn", 239: "capability 239"}
	for c, name := range named {
		if c.String() != name {
			t.Errorf("%d is %q, want %q", c, c.String(), name)
		}
	}
}

func TestNotificationCodesAgainstIANA(t *testing.T) {
	subcodes := map[uint8]int{1: 3, 2: 11, 3: 11, 4: 0, 5: 3, 6: 10, 7: 1, 8: 0} // highest of each
	for code, high := range subcodes {
		if strings.HasPrefix(CodeName(code), "code ") {
			t.Errorf("code %d has no name", code)
		}
		for s := 1; s <= high+1; s++ {
			unnamed := strings.HasPrefix(SubcodeName(code, uint8(s)), "subcode ")
			if gap := code == 3 && s == 7; unnamed != (s > high) && !gap {
				t.Errorf("%d/%d is %q", code, s, SubcodeName(code, uint8(s)))
			}
		}
	}
	if len(Codes) != len(subcodes) {
		t.Errorf("%d codes", len(Codes))
	}
	for _, tt := range []struct {
		code, subcode uint8
		name          string
	}{{1, 1, "Connection Not Synchronized"}, {2, 7, "Unsupported Capability"}, {2, 11, "Role Mismatch"}, {3, 11, "Malformed AS_PATH"},
		{5, 2, "Unexpected Message in OpenConfirm State"}, {6, 9, "Hard Reset"}, {6, 10, "BFD Down"}, {7, 1, "Invalid Message Length"}} {
		if got := SubcodeName(tt.code, tt.subcode); got != tt.name {
			t.Errorf("%d/%d is %q", tt.code, tt.subcode, got)
		}
	}
}

func TestFamiliesAgainstIANA(t *testing.T) {
	want := map[string][2]int{"ipv4 unicast": {1, 1}, "ipv6 unicast": {2, 1}, "ipv4 multicast": {1, 2}, "ipv6 multicast": {2, 2},
		"ipv4 labelled": {1, 4}, "ipv6 labelled": {2, 4}, "ipv4 mpls-vpn": {1, 128}, "ipv6 mpls-vpn": {2, 128}, "ipv4 flowspec": {1, 133}, "ipv6 flowspec": {2, 133},
		"ipv4 flowspec-vpn": {1, 134}, "ipv6 flowspec-vpn": {2, 134}, "ipv4 rtc": {1, 132}, "l2vpn vpls": {25, 65}, "l2vpn evpn": {25, 70}, "bgp-ls": {16388, 71}}
	for name, pair := range want {
		f, ok := inet.FamilyByName(name)
		if !ok || int(f.AFI()) != pair[0] || int(f.SAFI()) != pair[1] {
			t.Errorf("%s is %d/%d", name, f.AFI(), f.SAFI())
		}
	}
	for _, row := range inet.Families {
		if row.Prefix != row.Family.IsPrefix() {
			t.Errorf("%s: the row and IsPrefix differ", row.Name)
		}
	}
}

func TestMessageTypesAgainstIANA(t *testing.T) {
	for typ, name := range map[MsgType]string{1: "OPEN", 2: "UPDATE", 3: "NOTIFICATION", 4: "KEEPALIVE", 5: "ROUTE-REFRESH", 0: "unknown", 6: "unknown"} {
		if typ.String() != name {
			t.Errorf("%d is %q", typ, typ.String())
		}
	}
}
