package bgp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// nlriVector is an NLRI and what is to be read out of it.
type nlriVector struct {
	family inet.Family
	hex    string
	text   string
	json   string
	key    string // in hexadecimal
	build  string // what building it again gives where that is not hex: what was masked
}

// checkVectors compares text, JSON and key, builds the NLRI again by rebuild, and
// tries every truncation, alone and with the length repaired.
func checkVectors(t *testing.T, vectors []nlriVector, rebuild func(f inet.Family, b []byte) ([]byte, error)) {
	t.Helper()
	for _, v := range vectors {
		b := unhex(t, v.hex)
		name := fmt.Sprintf("%v %s", v.family, v.hex)
		if at := nlriTable[v.family.SAFI()].check(v.family, b); at != -1 {
			t.Errorf("%s: fault at %d", name, at)
		}
		if got := string(AppendNLRIText(nil, v.family, b)); got != v.text {
			t.Errorf("%s:\n got %s\nwant %s", name, got, v.text)
		}
		if got := string(AppendNLRIJSON(nil, v.family, b)); got != v.json || !json.Valid([]byte(got)) {
			t.Errorf("%s:\n got %s\nwant %s", name, got, v.json)
		}
		if got := AppendNLRIKey(nil, v.family, b); !bytes.Equal(got, unhex(t, v.key)) {
			t.Errorf("%s: key %x, want %s", name, got, v.key)
		}
		want := b
		if v.build != "" {
			want = unhex(t, v.build)
		}
		if got, err := rebuild(v.family, b); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: built as %x, %v", name, got, err)
		}
		for _, addPath := range []bool{false, true} {
			run := NLRI{Family: v.family, AddPath: addPath, Bytes: bytes.Repeat(b, 3)}
			if addPath {
				run.Bytes = bytes.Repeat(append([]byte{0, 0, 0, 9}, b...), 3)
			}
			if run.Len() != 3 || checkNLRI(v.family, addPath, run.Bytes) != -1 {
				t.Errorf("%s: three are %d, with path identifiers %t", name, run.Len(), addPath)
			}
		}
		for i := range b {
			cut := b[:i:i]
			if got := string(AppendNLRIJSON(nil, v.family, cut)); got != fmt.Sprintf(`{"raw":"%x"}`, cut) {
				t.Errorf("%s cut to %d octets: %s", name, i, got)
			}
			AppendNLRIText(nil, v.family, cut)
			AppendNLRIKey(nil, v.family, cut)
			if got, err := rebuild(v.family, cut); err == nil {
				t.Errorf("%s cut to %d octets is accepted as %x", name, i, got)
			}
		}
		for n := range 256 { // the length octet of those that have one octet
			other := bytes.Clone(b)
			other[lengthOctet(v.family)] = byte(n)
			for i := range len(other) + 1 {
				if js := AppendNLRIJSON(nil, v.family, other[:i:i]); !json.Valid(js) {
					t.Errorf("%s as %x: %s", name, other[:i], js)
				}
			}
		}
	}
}

// lengthOctet is where the low octet of the length stands.
func lengthOctet(f inet.Family) int {
	switch f.SAFI() {
	case inet.SAFIEVPN, inet.SAFIMCASTVPN, inet.SAFIVPLS:
		return 1
	case inet.SAFIMUP:
		return 3
	}
	return 0
}

// checkSameRoute wants equal keys of a and b, and another key of c.
func checkSameRoute(t *testing.T, f inet.Family, a, b, c []byte) {
	t.Helper()
	ka, kb, kc := AppendNLRIKey(nil, f, a), AppendNLRIKey(nil, f, b), AppendNLRIKey(nil, f, c)
	if !bytes.Equal(ka, kb) {
		t.Errorf("%v: %x and %x are the same route but have keys %x and %x", f, a, b, ka, kb)
	}
	if bytes.Equal(ka, kc) {
		t.Errorf("%v: %x and %x have the same key", f, a, c)
	}
}

func TestUnknownLayoutsStayRaw(t *testing.T) {
	tests := []struct {
		family inet.Family
		hex    string
		json   string
	}{
		{inet.NewFamily(9, 9), "aabb", `{"raw":"aabb"}`},
		{inet.NewFamily(inet.AFIL2VPN, inet.SAFIUnicast), "18c63364", `{"raw":"18c63364"}`},
		{inet.NewFamily(inet.AFIL2VPN, inet.SAFILabelled), "30000641c63364", `{"raw":"30000641c63364"}`},
		{inet.NewFamily(57, inet.SAFIVPLS), "000c0000fbf400000001c0000201", `{"raw":"000c0000fbf400000001c0000201"}`},
		{inet.IPv4Unicast, "21c633640101", `{"raw":"21c633640101"}`},
		{inet.IPv4Unicast, "", `{"raw":""}`},
		{inet.L2VPNEVPN, "f903aabbcc", `{"type":249,"raw":"f903aabbcc"}`},
		{inet.NewFamily(inet.AFIIPv4, inet.SAFIMUP), "0100b902aabb", `{"architecture":1,"type":185,"raw":"0100b902aabb"}`},
		{inet.NewFamily(inet.AFIIPv4, inet.SAFIMUP), "02000100", `{"architecture":2,"type":1,"raw":"02000100"}`},
		{inet.L2VPNVPLS, "000100", `{"raw":"000100"}`},
	}
	for _, tt := range tests {
		b := unhex(t, tt.hex)
		if got := string(AppendNLRIJSON(nil, tt.family, b)); got != tt.json {
			t.Errorf("%v %s: %s", tt.family, tt.hex, got)
		}
		if got := AppendNLRIKey(nil, tt.family, b); !bytes.Equal(got, b) {
			t.Errorf("%v %s: key %x", tt.family, tt.hex, got)
		}
	}
	if got := string(AppendNLRIText(nil, inet.L2VPNEVPN, unhex(t, "f903aabbcc"))); got != "type 249 0xaabbcc" {
		t.Errorf("%s", got)
	}
	if got := string(AppendNLRIText(nil, inet.NewFamily(1, inet.SAFIMUP), unhex(t, "0200010155"))); got != "architecture 2 type 1 0x55" {
		t.Errorf("%s", got)
	}
}

func TestPlainPrefixes(t *testing.T) {
	checkVectors(t, []nlriVector{
		{inet.IPv4Unicast, "00", "0.0.0.0/0", `{"prefix":"0.0.0.0/0"}`, "00", ""},
		{inet.IPv4Unicast, "0dc0ff", "192.248.0.0/13", `{"prefix":"192.248.0.0/13"}`, "0dc0f8", "0dc0f8"},
		{inet.IPv6Multicast, "2120010db8ff", "2001:db8:8000::/33", `{"prefix":"2001:db8:8000::/33"}`, "2120010db880", "2120010db880"},
		{inet.IPv4Multicast, "20e0000001", "224.0.0.1/32", `{"prefix":"224.0.0.1/32"}`, "20e0000001", ""},
	}, func(f inet.Family, b []byte) ([]byte, error) {
		_, p, size := NextPrefix(b, f == inet.IPv6Multicast, false)
		if size == 0 {
			return nil, fmt.Errorf("no prefix")
		}
		return AppendNLRI(nil, p, 0, false), nil
	})
}

func TestNLRIAllocateNothing(t *testing.T) {
	buf := make([]byte, 0, 4096)
	for _, tt := range []struct {
		family inet.Family
		hex    string
	}{
		{inet.IPv4Unicast, "18c63364"},
		{inet.IPv4Labelled, "48000640000c81c63364"},
		{inet.IPv6MPLSVPN, "98" + "e00501" + "0002000100070069" + "20010db800410000"},
		{inet.IPv4RTC, "60000000640002006400000001"},
		{inet.L2VPNVPLS, "000c" + "0000fbf400000001" + "c0000201"},
		{inet.L2VPNEVPN, "0311" + testRD + "00000000" + "20c0000201"},
		{inet.L2VPNEVPN, "0312" + testRD + "00000000" + "20c0000201" + "00"}, // broken
		{inet.IPv4Labelled, "17000641"},
		{ipv4MUP, "0100040d" + "0000006400000064" + "200a000001"},
	} {
		b := unhex(t, tt.hex)
		for name, appendTo := range map[string]func([]byte, inet.Family, []byte) []byte{
			"text": AppendNLRIText, "JSON": AppendNLRIJSON, "key": AppendNLRIKey,
		} {
			if n := testing.AllocsPerRun(20, func() { buf = appendTo(buf[:0], tt.family, b) }); n != 0 {
				t.Errorf("%v %s: the %s allocates %v times", tt.family, tt.hex, name, n)
			}
		}
	}
}

func FuzzNLRIPrinting(f *testing.F) {
	for _, seed := range []struct {
		family inet.Family
		b      []byte
	}{
		{inet.IPv4Unicast, []byte{24, 198, 51, 100}},
		{inet.IPv4Labelled, []byte{48, 0, 6, 0x41, 198, 51, 100}},
		{inet.IPv4MPLSVPN, []byte{112, 0, 6, 0x41, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 198, 51, 100}},
		{inet.IPv4RTC, []byte{96, 0, 0, 0xfb, 0xf4, 0, 2, 0xfb, 0xf4, 0, 0, 0, 1}},
		{inet.L2VPNVPLS, []byte{0, 12, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 192, 0, 2, 1}},
		{inet.L2VPNEVPN, []byte{3, 17, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 0, 0, 0, 0, 32, 192, 0, 2, 1}},
		{inet.L2VPNEVPN, []byte{11, 24, 3, 17, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 0, 0, 0, 0, 32, 192, 0, 2, 1, 32, 192, 0, 2, 2}},
		{inet.NewFamily(1, inet.SAFIMCASTVPN), []byte{1, 12, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 192, 0, 2, 1}},
		{inet.NewFamily(1, inet.SAFIMUP), []byte{1, 0, 1, 12, 0, 0, 0xfb, 0xf4, 0, 0, 0, 1, 24, 198, 51, 100}},
		{inet.IPv4FlowSpec, []byte{3, 3, 0x81, 6}},
		{inet.BGPLS, []byte{0, 1, 0, 2, 1, 2}},
		{inet.NewFamily(1, inet.SAFISRPolicy), []byte{96, 0, 0, 0, 1, 0, 0, 0, 2, 192, 0, 2, 1}},
	} {
		f.Add(uint32(seed.family), seed.b)
	}
	f.Fuzz(func(t *testing.T, family uint32, b []byte) {
		fam := inet.Family(family & 0xffffff)
		js := AppendNLRIJSON(nil, fam, b)
		if !json.Valid(js) || len(js) < 2 || js[0] != '{' {
			t.Fatalf("%v %x: %s", fam, b, js)
		}
		if text := AppendNLRIText(nil, fam, b); bytes.ContainsAny(text, "\n\r") || len(text) == 0 {
			t.Fatalf("%v %x: %q", fam, b, text)
		}
		key := AppendNLRIKey(nil, fam, b)
		if again := AppendNLRIKey(nil, fam, bytes.Clone(b)); !bytes.Equal(again, key) {
			t.Fatalf("%v %x: keys %x and %x", fam, b, key, again)
		}
		if typedFamilyOf(fam) == nil {
			return
		}
		n, err := ParseTypedNLRI(fam, b)
		if err != nil {
			return
		}
		wire := AppendTypedNLRI(nil, fam, n)
		if again, err := ParseTypedNLRI(fam, wire); err != nil || again != n || len(wire) != len(b) {
			t.Fatalf("%v %x comes back as %x, %v", fam, b, wire, err)
		}
	})
}
