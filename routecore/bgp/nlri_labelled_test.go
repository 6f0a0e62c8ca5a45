package bgp

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func rebuildLabelled(f inet.Family, b []byte) ([]byte, error) {
	p, err := ParseLabelledPrefix(f, b)
	return AppendLabelledPrefix(nil, p), err
}

func TestLabelledPrefixes(t *testing.T) {
	checkVectors(t, []nlriVector{
		{inet.IPv4Labelled, "30000641c63364", "198.51.100.0/24 label 100", `{"prefix":"198.51.100.0/24","labels":[100]}`, "18c63364", ""},
		{inet.IPv4Labelled, "48000640000c81c63364", "198.51.100.0/24 label 100/200", `{"prefix":"198.51.100.0/24","labels":[100,200]}`, "18c63364", ""},
		{inet.IPv4Labelled, "30800000c63364", "198.51.100.0/24 label 524288", `{"prefix":"198.51.100.0/24","labels":[524288]}`, "18c63364", ""},
		{inet.IPv4Labelled, "30000000c63364", "198.51.100.0/24 label 0", `{"prefix":"198.51.100.0/24","labels":[0]}`, "18c63364", ""},
		{inet.IPv4Labelled, "30000640c63364", "198.51.100.0/24 label 100", `{"prefix":"198.51.100.0/24","labels":[100]}`, "18c63364", ""}, // no bottom of stack anywhere
		{inet.IPv4Labelled, "38000640c6336401", "198.51.100.1/32 label 100", `{"prefix":"198.51.100.1/32","labels":[100]}`, "20c6336401", ""},
		{inet.IPv4Labelled, "18000031", "0.0.0.0/0 label 3", `{"prefix":"0.0.0.0/0","labels":[3]}`, "00", ""},
		{inet.IPv4Labelled, "2f000641c63365", "198.51.100.0/23 label 100", `{"prefix":"198.51.100.0/23","labels":[100]}`, "17c63364", "2f000641c63364"},
		{inet.IPv6Labelled, "98100b6120010db8000000000000000000000012", "2001:db8::12/128 label 65718",
			`{"prefix":"2001:db8::12/128","labels":[65718]}`, "8020010db8000000000000000000000012", ""},
	}, rebuildLabelled)
}

func TestWithdrawalsMatchWhateverTheLabel(t *testing.T) {
	p := netip.MustParsePrefix("198.51.100.0/24")
	for _, s := range []LabelStack{NewLabelStack(100), NewLabelStack(100, 200, 300), StackOf(LabelZero), StackOf(LabelWithdrawn)} {
		checkSameRoute(t, inet.IPv4Labelled, AppendLabelledPrefix(nil, LabelledPrefix{s, p}), AppendLabelledPrefix(nil, WithdrawLabelled(p)),
			AppendLabelledPrefix(nil, LabelledPrefix{s, netip.MustParsePrefix("198.51.101.0/24")}))
		rd := inet.RD{0, 0, 0xfb, 0xf4, 0, 0, 0, 1}
		checkSameRoute(t, inet.IPv4MPLSVPN, AppendVPNPrefix(nil, VPNPrefix{s, rd, p}), AppendVPNPrefix(nil, WithdrawVPN(rd, p)),
			AppendVPNPrefix(nil, VPNPrefix{s, inet.RD{0, 0, 0xfb, 0xf4, 0, 0, 0, 2}, p}))
	}
}

func TestLabelledPrefixesThatDoNotFit(t *testing.T) {
	for _, hex := range []string{
		"17000641",                           // shorter than a label
		"39000641c633640180",                 // 33 bits of prefix
		"78000640000640000640000640c6336401", // four labels without bottom: 96 bits of prefix
	} {
		if p, err := ParseLabelledPrefix(inet.IPv4Labelled, unhex(t, hex)); err == nil {
			t.Errorf("%s is %+v", hex, p)
		}
	}
	if _, err := ParseLabelledPrefix(inet.BGPLS, unhex(t, "30000641c63364")); err == nil {
		t.Error("BGP-LS has labelled prefixes")
	}
	if got := AppendLabelledPrefix(nil, LabelledPrefix{}); got != nil {
		t.Errorf("%x", got)
	}
}

// drawStack draws labels with the bottom-of-stack bit on the last alone, the form
// that the wire can express.
func drawStack(t *rapid.T, most int) LabelStack {
	if rapid.Bool().Draw(t, "withdrawn") {
		return StackOf(LabelWithdrawn)
	}
	values := rapid.SliceOfN(rapid.Uint32Range(1, 1<<20-1), 1, most).Draw(t, "labels")
	if len(values) > 1 && values[0] == 1<<19 {
		values[0]++
	}
	return NewLabelStack(values...)
}

func drawPrefixOf(t *rapid.T, f inet.Family) netip.Prefix {
	b := rapid.SliceOfN(rapid.Byte(), f.MaxBits()/8, f.MaxBits()/8).Draw(t, "address")
	return netip.PrefixFrom(inet.AddrFromWire(b), rapid.IntRange(0, f.MaxBits()).Draw(t, "bits")).Masked()
}

func TestLabelledPrefixComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]inet.Family{inet.IPv4Labelled, inet.IPv6Labelled}).Draw(t, "family")
		p := LabelledPrefix{drawStack(t, 5), drawPrefixOf(t, f)}
		wire := AppendLabelledPrefix(nil, p)
		got, err := ParseLabelledPrefix(f, wire)
		if err != nil || got != p {
			t.Fatalf("%+v, %v from %x", got, err, wire)
		}
	})
}

func TestLabels(t *testing.T) {
	l := NewLabel(1<<20-1, true)
	if l.Value() != 1<<20-1 || !l.Bottom() || l.VNI() != 0xfffff1 || NewLabel(1<<20, false) != 0 {
		t.Errorf("%x", l)
	}
	s := NewLabelStack(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
	n := 0
	for l := range s.All() {
		if n++; l.Bottom() != (n == 11) || l.Value() != uint32(n) {
			t.Errorf("label %d is %x", n, l)
		}
		if n == 2 {
			break
		}
	}
	if s.Len() != 10 || StackOf(make([]Label, 20)...).Len() != 10 {
		t.Errorf("%d labels", s.Len())
	}
	if text, _ := (LabelStack{}).AppendText(nil); string(text) != "-" {
		t.Errorf("%s", text)
	}
}
