package bgp

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
	"github.com/google/go-cmp/cmp"
)

func TestBGPsecPathViewAndJSON(t *testing.T) {
	ski := strings.Repeat("ab", 20)
	block := "001b01" + ski + "0002" + "beef"
	v := "000e" + "010000010000" + "0280" + "0000fbf0" + "002f" + "01" + ski + "0000" + ski + "0000"
	a := set(t, AttrBGPsecPath, v)
	want := `[{"bgpsecPath":{"securePath":[{"asn":65536,"pCount":1,"flags":0},{"asn":64496,"pCount":2,"flags":128}],` +
		`"signatures":[{"suite":1,"ski":"` + ski + `","value":""},{"suite":1,"ski":"` + ski + `","value":""}]}}]`
	if got := string(a.AppendJSON(nil, inet.IPv4Unicast)); got != want || !json.Valid([]byte(got)) {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if d := cmp.Diff([]BGPsecHop{{1, 0, 65536}, {2, 0x80, 64496}}, slices.Collect(a.BGPsecPath().Hops())); d != "" {
		t.Error(d)
	}
	tests := []struct {
		hex   string
		fault Fault
		at    int
	}{
		{"0008" + "010000010000" + block, FaultNone, 0},
		{"0008" + "010000010000" + block + strings.Replace(block, "001b01", "001b02", 1), FaultNone, 0},
		{"0008" + "010000010000" + block + block, FaultValue, 8 + 27},
		{"0002" + block, FaultLength, 0},
		{"0008" + "010000010000", FaultLength, 0},
		{"0008" + "010000010000" + "000301", FaultLength, 8},
		{"0008" + "010000010000" + "002f" + "01" + ski + "0000" + ski + "0000", FaultLength, 8},
		{"0008" + "010000010000" + "001b01" + ski + "0003" + "beef", FaultTLV, 8},
		{"0008" + "010000010000" + "001c01" + ski + "0002" + "beef", FaultTLV, 8},
	}
	for _, tt := range tests {
		b := unhex(t, tt.hex)
		if fault, at := checkBGPsecPath(b, Ctx{}); fault != tt.fault || at != tt.at {
			t.Errorf("%s: fault %d at %d, want %d at %d", tt.hex, fault, at, tt.fault, tt.at)
		}
		for n := range b {
			cut := b[:n:n]
			_, _ = checkBGPsecPath(cut, Ctx{})
			if js := jsonBGPsecPath(nil, cut, 0); !json.Valid(js) {
				t.Errorf("%x: %s", cut, js)
			}
		}
	}
	for range (BGPsecPath)(nil).Hops() {
		t.Error("nothing has a hop")
	}
}

func TestBGPsecCapability(t *testing.T) {
	for hex, want := range map[string]BGPsecSupport{
		"000001": {AFI: inet.AFIIPv4}, "080002": {Send: true, AFI: inet.AFIIPv6}, "f80001": {15, true, inet.AFIIPv4}, "170001": {1, false, inet.AFIIPv4},
	} {
		o := Open{Caps: []Capability{{CapBGPsec, unhex(t, hex)}}}
		if got := o.BGPsec(); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %+v", hex, got)
		}
		c := NewBGPsec(want)
		if back := (Open{Caps: []Capability{c}}).BGPsec(); !c.Valid() || len(back) != 1 || back[0] != want {
			t.Errorf("%+v: %x", want, c.Value)
		}
		js := fmt.Sprintf(`{"code":7,"name":"bgpsec","value":{"version":%d,"send":%t,"afi":%d}}`, want.Version, want.Send, want.AFI)
		if got := string(c.AppendJSON(nil)); got != js {
			t.Errorf("%s, want %s", got, js)
		}
	}
	if got := (Open{Caps: []Capability{{CapBGPsec, []byte{0, 0}}}}).BGPsec(); got != nil {
		t.Errorf("two octets are %+v", got)
	}
}

func TestWhoMaySendSignedRoutes(t *testing.T) {
	full := func(caps ...Capability) Open {
		base := []Capability{NewMultiprotocol(inet.IPv4Unicast), NewMultiprotocol(inet.IPv6Unicast), NewASN4(64500)}
		return Open{Version: Version, AS: 64500, HoldTime: 90, ID: netip.MustParseAddr("192.0.2.1"), Caps: append(base, caps...)}
	}
	send := func(v uint8, afi inet.AFI) Capability { return NewBGPsec(BGPsecSupport{v, true, afi}) }
	receive := func(v uint8, afi inet.AFI) Capability { return NewBGPsec(BGPsecSupport{v, false, afi}) }
	tests := []struct {
		name     string
		from, to Open
		version  uint8
		ok       bool
	}{
		{"both", full(send(0, 1)), full(receive(0, 1)), 0, true},
		{"nobody receives", full(send(0, 1)), full(send(0, 1)), 0, false},
		{"nobody sends", full(receive(0, 1)), full(receive(0, 1)), 0, false},
		{"another family", full(send(0, 2)), full(receive(0, 1)), 0, false},
		{"another version", full(send(1, 1)), full(receive(0, 1)), 0, false},
		{"the highest common version", full(send(0, 1), send(1, 1), send(2, 1)), full(receive(1, 1), receive(0, 1)), 1, true},
		{"no 4-octet AS numbers", full(send(0, 1)), Open{Caps: []Capability{NewMultiprotocol(inet.IPv4Unicast), receive(0, 1)}}, 0, false},
		{"no multiprotocol", full(send(0, 1)), Open{Caps: []Capability{NewASN4(1), NewMultiprotocol(inet.IPv6Unicast), receive(0, 1)}}, 0, false},
		{"nothing", Open{}, Open{}, 0, false},
	}
	for _, tt := range tests {
		if v, ok := BGPsecFlows(tt.from, tt.to, inet.AFIIPv4); v != tt.version || ok != tt.ok {
			t.Errorf("%s: %d, %t", tt.name, v, ok)
		}
	}
}
