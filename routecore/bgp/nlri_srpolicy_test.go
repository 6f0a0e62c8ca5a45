package bgp

import (
	"bytes"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

const (
	familySRPolicy4 = inet.Family(inet.AFIIPv4)<<8 | inet.Family(inet.SAFISRPolicy)
	familySRPolicy6 = inet.Family(inet.AFIIPv6)<<8 | inet.Family(inet.SAFISRPolicy)
)

func TestSRPolicyReadsWhatItBuilds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f, size := familySRPolicy4, 4
		if rapid.Bool().Draw(t, "ipv6") {
			f, size = familySRPolicy6, 16
		}
		want := SRPolicy{rapid.Uint32().Draw(t, "distinguisher"), rapid.Uint32().Draw(t, "color"), drawAddr(t, size)}
		b := AppendSRPolicy(nil, want)
		got, err := ParseSRPolicy(f, b)
		if err != nil || got != want {
			t.Fatalf("%x: %+v, %v, want %+v", b, got, err, want)
		}
		if want.Endpoint = (netip.Addr{}); len(AppendSRPolicy(nil, want)) != 0 {
			t.Fatal("built without an endpoint")
		}
		for n := range len(b) {
			if _, err := ParseSRPolicy(f, b[:n:n]); err == nil {
				t.Fatalf("%x is whole without its end", b[:n])
			}
		}
		if _, err := ParseSRPolicy(familySRPolicy4^familySRPolicy6^f, b); err == nil {
			t.Fatalf("%x is good for both families", b)
		}
	})
}

func TestSRPolicyForms(t *testing.T) {
	p := SRPolicy{1, 200, netip.MustParseAddr("2001:db8::1")}
	b := AppendSRPolicy(nil, p)
	if got := string(AppendNLRIText(nil, familySRPolicy6, b)); got != "[1][200][2001:db8::1]" {
		t.Error(got)
	}
	if got := string(AppendNLRIJSON(nil, familySRPolicy6, b)); got != `{"distinguisher":1,"color":200,"endpoint":"2001:db8::1"}` {
		t.Error(got)
	}
	if got := AppendNLRIKey(nil, familySRPolicy6, b); !bytes.Equal(got, b) {
		t.Errorf("%x", got)
	}
	if got := string(AppendNLRIJSON(nil, familySRPolicy4, b)); got[:7] != `{"raw":` {
		t.Error(got)
	}
}
