package bgp

import (
	"encoding/json"
	"math"
	"net/netip"
	"slices"
	"testing"

	"example.com/rotonda/routecore/inet"
	"pgregory.net/rapid"
)

func TestFlowActions(t *testing.T) {
	rt, _ := NewRouteTarget(64500, 7)
	rt4, _ := NewRouteTarget(196608, 7)
	v6 := netip.MustParseAddr("2001:db8::1")
	rt6 := ipv6ExtRow{sub: extRouteTarget}.build(v6, 7)
	tests := []struct {
		hex, text string
		want      FlowAction
	}{
		{"8006000000000000", "rate-bytes:0", FlowAction{Kind: FlowRateBytes}},
		{"8006000046160000", "rate-bytes:9600", FlowAction{Kind: FlowRateBytes, Rate: 9600}},
		{"8006fbf449742400", "rate-bytes:1000000:64500", FlowAction{Kind: FlowRateBytes, Rate: 1e6, ASN: 64500}},
		{"800c0000447a0000", "rate-packets:1000", FlowAction{Kind: FlowRatePackets, Rate: 1000}},
		{"8007000000000003", "traffic-action:terminal+sample", FlowAction{Kind: FlowControl, Continue: true, Sample: true}},
		{"8007000000000000", "traffic-action:0x0", FlowAction{Kind: FlowControl}},
		{"8008fbf400000007", "redirect:64500:7", FlowAction{Kind: FlowRedirect, Target: rt}},
		{"8108c00002010007", "redirect:192.0.2.1:7", FlowAction{Kind: FlowRedirect, Target: ExtCommunity{1, 2, 192, 0, 2, 1, 0, 7}}},
		{"8208000300000007", "redirect:196608:7", FlowAction{Kind: FlowRedirect, Target: rt4}},
		{"80082345" + "00000001", "redirect:9029:1", FlowAction{Kind: FlowRedirect, Target: ExtCommunity{0, 2, 0x23, 0x45, 0, 0, 0, 1}}},
		{"800900000000000a", "mark:10", FlowAction{Kind: FlowMark, DSCP: 10}},
		{"0800000000000000", "redirect-next-hop", FlowAction{Kind: FlowRedirectNextHop}},
		{"0800000000000001", "redirect-next-hop:copy", FlowAction{Kind: FlowRedirectNextHop, Copy: true}},
		{"010cc00002010000", "redirect-ip:192.0.2.1", FlowAction{Kind: FlowRedirectIP, Addr: netip.MustParseAddr("192.0.2.1")}},
		{"010cc00002010001", "redirect-ip:192.0.2.1:copy", FlowAction{Kind: FlowRedirectIP, Addr: netip.MustParseAddr("192.0.2.1"), Copy: true}},
		{"07020000fbf4c005", "interface-set:64500L:5:input+output", FlowAction{Kind: FlowInterfaceSet, ASN: 64500, Group: 5, In: true, Out: true}},
		{"470200030000" + "8005", "interface-set-nontransitive:196608:5:output", FlowAction{Kind: FlowInterfaceSet, ASN: 196608, Group: 5, Out: true, Local: true}},
		{"000c20010db8000000000000000000000001" + "0001", "redirect-ip:[2001:db8::1]:copy", FlowAction{Kind: FlowRedirectIP, Addr: v6, Copy: true}},
		{"000c20010db8000000000000000000000001" + "0000", "redirect-ip:[2001:db8::1]", FlowAction{Kind: FlowRedirectIP, Addr: v6}},
		{"000d20010db8000000000000000000000001" + "0007", "redirect:[2001:db8::1]:7", FlowAction{Kind: FlowRedirectIPv6, Target6: rt6}},
	}
	for _, tt := range tests {
		b := unhex(t, tt.hex)
		var got FlowAction
		var ok bool
		if len(b) == 8 {
			got, ok = ExtCommunity(b).FlowAction()
		} else {
			got, ok = IPv6ExtCommunity(b).FlowAction()
		}
		if !ok || got != tt.want || got.String() != tt.text {
			t.Errorf("%s: %+v %q, %t", tt.hex, got, got.String(), ok)
		}
		if back, err := ParseFlowAction(tt.text); err != nil || back != tt.want {
			t.Errorf("%s: %+v, %v", tt.text, back, err)
		}
		code := AttrExtCommunities
		if len(b) == 20 {
			code = AttrIPv6ExtComm
		}
		list := slices.Collect(set(t, code, tt.hex).AllFlowActions())
		if len(list) != 1 || list[0] != tt.want {
			t.Errorf("%s in a route: %+v", tt.hex, list)
		}
	}
	for _, s := range []string{"", "rt:1:1", "rate-bytes", "rate-bytes:NaN", "rate-bytes:Inf", "mark:64", "mark:x", "redirect:1", "redirect-ip:1", "interface-set:1L:16384:input"} {
		if a, err := ParseFlowAction(s); err == nil {
			t.Errorf("%q is %+v", s, a)
		}
	}
}

func TestOddRatesCountAsZero(t *testing.T) {
	for _, hex := range []string{"80060000c6160000", "800600007fc00000", "800600007f800000", "80060000ff800000", "8006000080000000"} {
		a, ok := ExtCommunity(unhex(t, hex)).FlowAction()
		if !ok || a.Rate != 0 || math.Signbit(float64(a.Rate)) {
			t.Errorf("%s: %+v", hex, a)
		}
	}
	for _, a := range []FlowAction{
		{Kind: FlowRateBytes, Rate: -1}, {Kind: FlowRatePackets, Rate: float32(math.NaN())}, {Kind: FlowRateBytes, Rate: float32(math.Inf(1))},
		{Kind: FlowRateBytes, ASN: 65536}, {Kind: FlowMark, DSCP: 64}, {Kind: FlowRedirect}, {Kind: FlowRedirectIPv6}, {Kind: FlowRedirectIP},
		{Kind: FlowInterfaceSet, Group: 16384}, {},
	} {
		if e, err := a.ExtCommunity(); err == nil {
			t.Errorf("%+v is sent as %v", a, e)
		}
		if e, err := a.IPv6ExtCommunity(); err == nil {
			t.Errorf("%+v is sent as %v", a, e)
		}
		if a.String() != "" {
			t.Errorf("%+v prints as %s", a, a)
		}
	}
}

func TestConflictingFlowActions(t *testing.T) {
	tests := []struct {
		hex                string
		actions, conflicts []string
	}{
		{"8006000046160000" + "8006000046160000" + "800c0000447a0000", []string{"rate-bytes:9600", "rate-packets:1000"}, nil},
		{"8006000046160000" + "8006000000000000", []string{"rate-bytes:9600"}, []string{"rate-bytes:0"}},
		{"8008fbf400000007" + "0800000000000000" + "800900000000000a", []string{"redirect:64500:7", "mark:10"}, []string{"redirect-next-hop"}},
		{"07020000fbf44005" + "07020000fbf48006", []string{"interface-set:64500L:5:input", "interface-set:64500L:6:output"}, nil},
		{"0002fbf400000001", nil, nil},
	}
	texts := func(list []FlowAction) (out []string) {
		for _, a := range list {
			out = append(out, a.String())
		}
		return out
	}
	for _, tt := range tests {
		actions, conflicts := set(t, AttrExtCommunities, tt.hex).FlowActions()
		if !slices.Equal(texts(actions), tt.actions) || !slices.Equal(texts(conflicts), tt.conflicts) {
			t.Errorf("%s: %v, conflicts %v", tt.hex, actions, conflicts)
		}
	}
}

func TestFlowActionsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := FlowAction{Kind: FlowActionKind(rapid.IntRange(1, int(FlowInterfaceSet)).Draw(t, "kind"))}
		on := func() bool { return rapid.Bool().Draw(t, "flag") }
		switch a.Kind {
		case FlowRateBytes, FlowRatePackets:
			a.Rate = rapid.Float32Range(0, math.MaxFloat32).Draw(t, "rate")
			a.ASN = inet.ASN(rapid.Uint16().Draw(t, "asn"))
		case FlowControl:
			a.Continue, a.Sample = on(), on()
		case FlowRedirect:
			copy(a.Target[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "target"))
			a.Target[0], a.Target[1] = a.Target[0]%3, extRouteTarget
		case FlowRedirectIPv6:
			copy(a.Target6[:], rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "target"))
			a.Target6[0], a.Target6[1] = 0, extRouteTarget
		case FlowMark:
			a.DSCP = rapid.Uint8Range(0, 63).Draw(t, "dscp")
		case FlowRedirectNextHop:
			a.Copy = on()
		case FlowRedirectIP:
			a.Addr, a.Copy = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "ip"))), on()
			if on() {
				a.Addr = netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "ip")))
			}
		case FlowInterfaceSet:
			a.ASN, a.Group = inet.ASN(rapid.Uint32().Draw(t, "asn")), rapid.Uint16Range(0, 0x3fff).Draw(t, "group")
			a.In, a.Out, a.Local = on(), on(), on()
		}
		if back, err := ParseFlowAction(a.String()); err != nil || back != a {
			t.Fatalf("%+v\n%s\n%+v, %v", a, a, back, err)
		}
		js := a.AppendJSON(nil)
		if back, err := ParseFlowActionJSON(js); err != nil || back != a || !json.Valid(js) {
			t.Fatalf("%+v\n%s\n%+v, %v", a, js, back, err)
		}
		if e, err := a.ExtCommunity(); err == nil {
			if back, ok := e.FlowAction(); !ok || back != a {
				t.Fatalf("%+v\n%+v", a, back)
			}
		}
	})
}

func TestFlowActionJSON(t *testing.T) {
	for text, want := range map[string]string{
		"redirect:64500:7":                           `{"type":"redirect","code":"0x8008","transitive":true,"asn":64500,"number":7}`,
		"rate-bytes:9600":                            `{"type":"rate-bytes","code":"0x8006","transitive":true,"rate":9600,"asn":0}`,
		"redirect-ip:[2001:db8::1]:copy":             `{"type":"redirect-ip","code":"0x000c","transitive":true,"address":"2001:db8::1","number":1}`,
		"redirect:[2001:db8::1]:7":                   `{"type":"redirect","code":"0x000d","transitive":true,"address":"2001:db8::1","number":7}`,
		"redirect-ip:192.0.2.1":                      `{"type":"redirect-ip","code":"0x010c","transitive":true,"address":"192.0.2.1","flags":"0x0"}`,
		"interface-set-nontransitive:64500L:5:input": `{"type":"interface-set-nontransitive","code":"0x4702","transitive":false,"asn":64500,"group":5,"direction":"input"}`,
	} {
		a, err := ParseFlowAction(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(a.AppendJSON(nil)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", text, got, want)
		}
	}
	if got := string(FlowAction{}.AppendJSON(nil)); got != "null" {
		t.Errorf("%s", got)
	}
	for _, in := range []string{"", "null", "{}", `{"code":"0x0002","asn":1}`, `{"code":"0x0002","address":"::1"}`, `{"code":"x","address":"::1"}`} {
		if a, err := ParseFlowActionJSON([]byte(in)); err == nil {
			t.Errorf("%s is %+v", in, a)
		}
	}
}
