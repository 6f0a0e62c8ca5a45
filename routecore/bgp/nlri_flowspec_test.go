package bgp

import (
	"bytes"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/flowspec"
	"example.com/rotonda/routecore/inet"
)

func TestFlowSpecNLRI(t *testing.T) {
	checkVectors(t, []nlriVector{
		{inet.IPv4FlowSpec, "0c0118c633640381060591" + "01bb", "destination-ipv4 198.51.100.0/24 protocol =tcp destination-port =443",
			`{"type":"flowspec","afi":1,"destination":"198.51.100.0/24","protocol":["=tcp"],"destinationPort":["=443"]}`, "0c0118c633640381060591" + "01bb", ""},
		{inet.IPv6FlowSpec, "08026840" + "1234567898", "source-ipv6 ::1234:5678:9800:0/104/64",
			`{"type":"flowspec","afi":2,"source":"::1234:5678:9800:0/104/64"}`, "08026840" + "1234567898", ""},
		{inet.IPv4FlowSpecVPN, "0b" + "0000fbf400000007" + "038106", "rd 64500:7 protocol =tcp",
			`{"type":"flowspec-vpn","afi":1,"rd":"64500:7","protocol":["=tcp"]}`, "0b" + "0000fbf400000007" + "038106", ""},
		{inet.IPv4FlowSpec, "0603810" + "62a0102", "protocol =tcp raw 0x2a0102", // a component that nobody knows
			`{"type":"flowspec","afi":1,"protocol":["=tcp"],"usable":false,"raw":"2a0102"}`, "0603810" + "62a0102", ""},
		{inet.NewFamily(inet.AFIL2VPN, inet.SAFIFlowSpecVPN), "0b" + "0000fbf400000007" + "0e8101", "rd 64500:7 raw 0x0e8101",
			`{"type":"flowspec-vpn","afi":25,"rd":"64500:7","usable":false,"raw":"0e8101"}`, "0b" + "0000fbf400000007" + "0e8101", ""},
	}, func(f inet.Family, b []byte) ([]byte, error) {
		r, err := flowspec.Parse(f, b)
		if err != nil {
			return nil, err
		}
		return r.Append(nil)
	})
	checkSameRoute(t, inet.IPv4FlowSpec, unhex(t, "03038106"), unhex(t, "f003038106"), unhex(t, "03038111"))
}

// What GoBGP's issue 3596 is about: the high nibble of a long length is a mark,
// not a part of it.
func TestLongFlowSpecNLRI(t *testing.T) {
	body := append([]byte{4}, bytes.Repeat([]byte{1, 80}, 119)...)
	body = append(body, 0x91, 0x1f, 0x90) // 242 octets
	wire := append([]byte{0xf0, byte(len(body))}, body...)
	run := NLRI{Family: inet.IPv4FlowSpec, Bytes: bytes.Repeat(wire, 2)}
	if run.Len() != 2 || checkNLRI(run.Family, false, run.Bytes) != -1 {
		t.Fatalf("%d rules", run.Len())
	}
	if text := AppendNLRIText(nil, inet.IPv4FlowSpec, wire); !bytes.HasSuffix(text, []byte(" =80 =8080 ]")) {
		t.Errorf("%s", text)
	}
	if key := AppendNLRIKey(nil, inet.IPv4FlowSpec, wire); !bytes.Equal(key, wire) {
		t.Errorf("%x", key)
	}
}

func TestWhatFlowSpecValidationLooksAt(t *testing.T) {
	peer, router := netip.MustParseAddr("198.51.100.1"), netip.MustParseAddr("192.0.2.1")
	tests := []struct {
		name     string
		attrs    Attrs
		external bool
		want     flowspec.Route
	}{
		{"a path", set(t, AttrASPath, "02020000fbf40000fbf5"), true, flowspec.Route{Originator: peer, NeighborAS: 64500, External: true}},
		{"a reflected path", set(t, AttrASPath, "02010000fbf4", AttrOriginatorID, "c0000201"), false, flowspec.Route{Originator: router, NeighborAS: 64500}},
		{"an empty path", set(t, AttrASPath, ""), false, flowspec.Route{Originator: peer, Local: true}},
		{"a confederation", set(t, AttrASPath, "03010000fde9"), false, flowspec.Route{Originator: peer, Local: true}},
		{"a set in a confederation", set(t, AttrASPath, "04010000fde9"), false, flowspec.Route{Originator: peer}}, // RFC 9117 §4.1 names the sequence only
		{"from outside through a confederation", set(t, AttrASPath, "03010000fde902010000fbf4"), false, flowspec.Route{Originator: peer, NeighborAS: 64500}},
	}
	for _, tt := range tests {
		if got := tt.attrs.FlowRoute(peer, tt.external); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
