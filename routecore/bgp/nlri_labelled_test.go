package bgp

import (
	"bytes"
	"encoding/json"
	"net/netip"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestLabelFieldsDoNotNameRoutes: on a session without the capability for several
// labels the first is the only one whatever is in its field, in announcements (RFC 8277
// §2.2) and in withdrawals (§2.4). The octets behind the label are such that they would
// be taken for another one at the bottom of the stack.
func TestLabelFieldsDoNotNameRoutes(t *testing.T) {
	key := make([]byte, 0, 64)
	for _, tt := range []struct {
		f          inet.Family
		rest, text string // behind the label
		key        string
	}{
		{inet.IPv4Labelled, "cb0071", "203.0.113.0/24 label ", "18cb0071"},
		{inet.IPv4Labelled, "", "0.0.0.0/0 label ", "00"},
		{inet.IPv6Labelled, "20010db8", "2001:db8::/32 label ", "2020010db8"},
		{inet.IPv4MPLSVPN, "0000000100000064cb0071", "rd 1:100 203.0.113.0/24 label ", "000000010000006418cb0071"},
		{inet.IPv6MPLSVPN, "000000010000006420010db8", "rd 1:100 2001:db8::/32 label ", "00000001000000642020010db8"},
		{ipv4VPNMulticast, "0000000100000064cb0071", "rd 1:100 203.0.113.0/24 label ", "000000010000006418cb0071"},
		{inet.NewFamily(inet.AFIIPv4, inet.SAFIClassfulTransport), "0000000100000064cb0071", "rd 1:100 203.0.113.0/24 label ", "000000010000006418cb0071"},
	} {
		for _, field := range []Label{0x641, 0x640, LabelWithdrawn, LabelZero, 0x123456, 0xfffffe} {
			one := StackOf(field).AppendWire([]byte{byte(24 + len(tt.rest)*4)})
			one = append(one, unhex(t, tt.rest)...)
			for _, addPath := range []bool{false, true} {
				n := labelledRun(t, tt.f, addPath, append(bytes.Clone(one), one...))
				if n.Len() != 2 || !n.OneLabel {
					t.Fatalf("%v %x: %+v", tt.f, one, n)
				}
				if got := n.AppendKey(nil, one); !bytes.Equal(got, unhex(t, tt.key)) {
					t.Errorf("%v %x: key %x", tt.f, one, got)
				}
				want := tt.text + strconv.Itoa(int(field.Value()))
				if got := string(n.AppendText(nil, one)); got != want {
					t.Errorf("%v %x is %s, want %s", tt.f, one, got, want)
				}
				if js := n.AppendJSON(nil, one); !json.Valid(js) || !bytes.HasSuffix(js, []byte(`"labels":[`+strconv.Itoa(int(field.Value()))+`]}`)) {
					t.Errorf("%v %x: %s", tt.f, one, js)
				}
				if allocs := testing.AllocsPerRun(10, func() { key = n.AppendKey(key[:0], one) }); allocs != 0 {
					t.Errorf("the key allocates %v times", allocs)
				}
			}
		}
	}
}

// labelledRun brings the run of NLRI through UPDATEs of a session without several
// labels, announced and withdrawn, and wants the same of both.
func labelledRun(t *testing.T, f inet.Family, addPath bool, run []byte) NLRI {
	t.Helper()
	ctx := Ctx{ASN4: true}
	with := run
	if addPath {
		ctx.AddPath = NewFamilySet(f)
		with = nil
		for raw := range (NLRI{Family: f, Bytes: run}).All() {
			with = append(append(with, 0, 0, 0, 7), raw...)
		}
	}
	hop := make([]byte, wireNextHopLen(f, make([]byte, 4)))
	reach := append(append(appendFamily(nil, f), byte(len(hop))), hop...)
	reach = append(append(reach, 0), with...)
	var u Update
	ParseUpdate(&u, unreachUpdate(append(appendFamily(nil, f), with...)), ctx)
	down, _ := u.MPUnreach()
	if u.Verdict.Action != Accept {
		t.Errorf("%v %x: %s", f, run, u.Verdict.Text())
	}
	body := attrsUpdate(append(appendWireAttr(nil, Attr{AttrMPReach, FlagOptional, reach}), unhex(t, "40010100"+"40020602010000fbf4")...))
	ParseUpdate(&u, body, ctx)
	up, _ := u.MPReach()
	if u.Verdict.Action != Accept || !cmp.Equal(up, down) {
		t.Errorf("%v %x: %s, %+v", f, run, u.Verdict.Text(), up)
	}
	return up
}

func attrsUpdate(attrs []byte) []byte {
	return append([]byte{0, 0, byte(len(attrs) >> 8), byte(len(attrs))}, attrs...)
}

func unreachUpdate(v []byte) []byte {
	return attrsUpdate(appendWireAttr(nil, Attr{AttrMPUnreach, FlagOptional, v}))
}

// TestStacksNeedTheCapability reads the same octets on sessions with and without the
// capability and on one that is only watched.
func TestStacksNeedTheCapability(t *testing.T) {
	two := unhex(t, "60"+"000640"+"000c81"+"20010db80000")
	body := unreachUpdate(append(appendFamily(nil, inet.IPv6Labelled), two...))
	for _, tt := range []struct {
		ctx  Ctx
		want string
	}{
		{Ctx{}, "c:8120:10d:b800::/72 label 100"},
		{Ctx{Labels: LabelSet(0).With(inet.IPv6Labelled)}, "2001:db8::/48 label 100/200"},
		{Ctx{Labels: LabelSet(0).With(inet.IPv4Labelled)}, "c:8120:10d:b800::/72 label 100"},
		{Ctx{Monitor: true}, "2001:db8::/48 label 100/200"},
		{MonitorCtx(true), "2001:db8::/48 label 100/200"},
	} {
		var u Update
		ParseUpdate(&u, body, tt.ctx)
		n, _ := u.MPUnreach()
		for raw := range n.All() {
			if got := string(n.AppendText(nil, raw)); got != tt.want {
				t.Errorf("%+v: %s, want %s", tt.ctx, got, tt.want)
			}
		}
	}
}
