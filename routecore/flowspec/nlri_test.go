package flowspec

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/inet"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var comparePrefixes = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

func TestWhatIsBuiltParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRule(t)
		wire := mustAppend(t, r)
		if n := Size(append(wire, 1, 2, 3)); n != len(wire) {
			t.Fatalf("size %d of %d octets", n, len(wire))
		}
		if err := Check(r.Family, wire); err != nil {
			t.Fatal(err)
		}
		got, err := Parse(r.Family, wire)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, got, comparePrefixes); d != "" {
			t.Fatal(d)
		}
		again, err := ParseText(r.Family, r.String())
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, again, comparePrefixes); d != "" {
			t.Fatalf("%s\n%s", r, d)
		}
		var fromJSON Rule
		text, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &fromJSON); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff(r, fromJSON, comparePrefixes); d != "" {
			t.Fatalf("%s\n%s", text, d)
		}
	})
}

func TestExamplesOfTheRFCs(t *testing.T) {
	const v4, v6 = inet.IPv4FlowSpec, inet.IPv6FlowSpec
	for _, tt := range []struct {
		f         inet.Family
		hex, text string
	}{
		{v4, "0b" + "0118c00002" + "038106" + "048119", "destination-ipv4 192.0.2.0/24 protocol =tcp port =25"}, // RFC 8955 §4.3
		{v4, "10" + "0118c00002" + "0208cb" + "040389458b911f90", "destination-ipv4 192.0.2.0/24 source-ipv4 203.0.0.0/8 port [ >=137&<=139 =8080 ]"},
		{v4, "09" + "0120c0000201" + "0c8005", "destination-ipv4 192.0.2.1/32 fragment dont-fragment+first-fragment"},
		{v6, "12" + "01200020010db8" + "026840123456789a" + "038106", "destination-ipv6 2001:db8::/32 source-ipv6 ::1234:5678:9a00:0/104/64 next-header =tcp"}, // RFC 8956 §3.8
		{v6, "0f" + "01200020010db8" + "0268412468acf134", "destination-ipv6 2001:db8::/32 source-ipv6 ::1234:5678:9a00:0/104/65"},
	} {
		b, err := hex.DecodeString(tt.hex)
		if err != nil {
			t.Fatal(err)
		}
		if r, err := Parse(tt.f, b); err != nil || r.String() != tt.text {
			t.Errorf("%s reads as %v, %v", tt.hex, r, err)
		}
		if got := mustAppend(t, mustText(t, tt.f, tt.text)); !bytes.Equal(got, b) {
			t.Errorf("%s is built as %x, want %s", tt.text, got, tt.hex)
		}
	}
}

func TestComponentsAreSentInOrder(t *testing.T) {
	r := mustText(t, inet.IPv4FlowSpec, "protocol tcp destination 10.0.0.0/8")
	r.Components[0], r.Components[1] = r.Components[1], r.Components[0]
	if got := hex.EncodeToString(mustAppend(t, r)); got != "0601080a038106" {
		t.Error(got)
	}
	if r.Components[0].Type != Protocol {
		t.Error("the caller's rule was sorted")
	}
}

func TestLengthField(t *testing.T) {
	for _, n := range []int{3, 238, 239, 240, 241, 255, 256, 4094, 4095, 4096} {
		r := Rule{Family: inet.IPv4FlowSpec, Raw: append([]byte{200}, make([]byte, n-1)...)}
		b, err := r.Append([]byte{7})
		if n > MaxLength {
			if err == nil {
				t.Errorf("%d octets are accepted", n)
			}
			continue
		}
		if err != nil {
			t.Fatal(n, err)
		}
		b = b[1:]
		head := []byte{byte(n)}
		if n >= 240 {
			head = []byte{0xf0 | byte(n>>8), byte(n)}
		}
		if !bytes.HasPrefix(b, head) || len(b) != len(head)+n || Size(b) != len(b) {
			t.Errorf("%d octets: %x..., %d in all", n, b[:3], len(b))
		}
		if back, err := Parse(r.Family, b); err != nil || !bytes.Equal(back.Raw, r.Raw) {
			t.Errorf("%d octets: %v", n, err)
		}
	}
	// What needs one octet may come with two.
	if r, err := Parse(inet.IPv4FlowSpec, []byte{0xf0, 3, 3, 0x81, 6}); err != nil || r.String() != "protocol =tcp" {
		t.Errorf("%v, %v", r, err)
	}
}

// The facts of OpenBGPD's unit tests (regress/usr.sbin/bgpd/unittests,
// rde_flowspec_test.c), components without length field. Two differ: a type
// that is not known makes a rule unusable, not malformed, and an AND before the
// first term is ignored, as RFC 8955 §4.2.1.1 says.
func TestWhatOpenBGPDKnowsAboutValidity(t *testing.T) {
	const v4, v6 = inet.IPv4FlowSpec, inet.IPv6FlowSpec
	tests := []struct {
		f    inet.Family
		hex  string
		want string // "" is well-formed
	}{
		{v4, "", "no components"},
		{v4, "0000", "type 0 is reserved"},
		{v4, "0e00", "-"},
		{v4, "fe00", "-"},
		{v4, "01000200038000", ""},
		{v4, "02000100038000", "types do not ascend"},
		{v4, "02000380000100", "types do not ascend"},
		{v4, "01000100038000", "types do not ascend"},
		{v4, "0d8000", "-"},
		{v6, "0d8000", ""},
		{v4, "04c000", ""},
		{v4, "040000c000", ""},
		{v4, "04", "list has no end"},
		{v4, "0480", "value runs past the end"},
		{v4, "049000", "value runs past the end"},
		{v4, "04c0000000", "type 0 is reserved"},
		{v4, "040000", "list has no end"},
		{v4, "04000080", "value runs past the end"},
		{v4, "04100080", "list has no end"},
		{v4, "01", "prefix length is missing"},
		{v4, "0107", "prefix runs past the end"},
		{v4, "010aef", "prefix runs past the end"},
		{v4, "0111ef00", "prefix runs past the end"},
		{v4, "0121ef00000100", "prefix length is too large for the family"},
		{v6, "01", "prefix length is missing"},
		{v6, "0107", "prefix offset is missing"},
		{v6, "011001", "prefix runs past the end"},
		{v6, "01100120", "prefix runs past the end"},
		{v6, "0181732001", "prefix length is too large for the family"},
		{v6, "0180832001", "offset is not below the prefix length"},
		{v6, "0140402001", "offset is not below the prefix length"},
		{v6, "010000", ""},
		{v6, "010001", "offset is not below the prefix length"},
		{v4, "099000ff", ""},
		{v4, "09a0000000ff", "value is wider than this component allows"},
		{v4, "0b900001", "value is wider than this component allows"},
		{v4, "0c900001", "value is wider than this component allows"},
	}
	for _, tt := range tests {
		body, err := hex.DecodeString(tt.hex)
		if err != nil {
			t.Fatal(err)
		}
		wire := append([]byte{byte(len(body))}, body...)
		r, err := Parse(tt.f, wire)
		text, usable := "", true
		var e *Error
		switch {
		case errors.As(err, &e):
			text = e.Text
		case !r.Usable():
			text = "-"
			usable = false
		}
		if text != tt.want {
			t.Errorf("%s: %q (%v), want %q", tt.hex, text, err, tt.want)
		}
		if (Check(tt.f, wire) == nil) != (err == nil) {
			t.Errorf("%s: Check and Parse disagree", tt.hex)
		}
		if err == nil && usable && r.Match(&Packet{}) {
			t.Errorf("%s: matches a packet without addresses", tt.hex)
		}
	}
}

func TestErrorsNameThePlace(t *testing.T) {
	for in, want := range map[string]string{
		"0601080a040000": "flowspec: offset 4: component 4: list has no end (RFC 8955 §4.2.2.4)",
		"0a01":           "flowspec: offset 0: length runs past the end (RFC 8955 §4.1)",
		"00":             "flowspec: offset 1: no components (RFC 8955 §4.2)",
		"02010000":       "flowspec: offset 3: octets behind the rule (RFC 8955 §4.1)",
	} {
		b, _ := hex.DecodeString(in)
		if err := Check(inet.IPv4FlowSpec, b); err == nil || err.Error() != want {
			t.Errorf("%s: %v", in, err)
		}
	}
	if err := Check(inet.IPv4FlowSpecVPN, []byte{2, 1, 0}); err == nil || err.Error() != "flowspec: offset 1: route distinguisher runs past the end (RFC 8955 §8)" {
		t.Error(err)
	}
}

func TestAppendRefusesWhatCannotBeSent(t *testing.T) {
	p4 := Prefix{Prefix: netip.MustParsePrefix("192.0.2.0/24")}
	p6 := Prefix{Prefix: netip.MustParsePrefix("2001:db8::/32")}
	one := []Term{{Equal, 1, 1}}
	for name, r := range map[string]Rule{
		"nothing":             {Family: inet.IPv4FlowSpec},
		"IPv6 in IPv4":        {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Destination, Prefix: p6}}},
		"IPv4 in IPv6":        {Family: inet.IPv6FlowSpec, Components: []Component{{Type: Destination, Prefix: p4}}},
		"offset in IPv4":      {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Destination, Prefix: Prefix{p4.Prefix, 8}}}},
		"offset too large":    {Family: inet.IPv6FlowSpec, Components: []Component{{Type: Destination, Prefix: Prefix{p6.Prefix, 32}}}},
		"no prefix":           {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Destination}}},
		"no terms":            {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Port}}},
		"twice":               {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Port, Terms: one}, {Type: Port, Terms: one}}},
		"flow label in IPv4":  {Family: inet.IPv4FlowSpec, Components: []Component{{Type: FlowLabel, Terms: one}}},
		"unknown type":        {Family: inet.IPv4FlowSpec, Components: []Component{{Type: 99, Terms: one}}},
		"too wide":            {Family: inet.IPv4FlowSpec, Components: []Component{{Type: DSCP, Terms: []Term{{Equal, 2, 1}}}}},
		"value over width":    {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Port, Terms: []Term{{Equal, 1, 256}}}}},
		"width 3":             {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Port, Terms: []Term{{Equal, 3, 1}}}}},
		"reserved bit":        {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Port, Terms: []Term{{0x08, 1, 1}}}}},
		"prefix and terms":    {Family: inet.IPv4FlowSpec, Components: []Component{{Type: Port, Prefix: p4, Terms: one}}},
		"known type as raw":   {Family: inet.IPv4FlowSpec, Raw: []byte{5, 0x81, 1}},
		"raw before the last": {Family: inet.IPv6FlowSpec, Components: []Component{{Type: FlowLabel, Terms: one}}, Raw: []byte{13, 1}},
		"RD without VPN":      {Family: inet.IPv4FlowSpec, RD: inet.RD{1}, Components: []Component{{Type: Port, Terms: one}}},
	} {
		b, err := r.Append([]byte{1, 2})
		if err == nil || !bytes.Equal(b, []byte{1, 2}) {
			t.Errorf("%s: %x, %v", name, b, err)
		}
		if _, err := json.Marshal(r); err == nil {
			t.Errorf("%s: has JSON", name)
		}
	}
}

func TestReservedBitsAreIgnored(t *testing.T) {
	// Numeric bit 3, bitmask bits 3 and 2, and host bits of a prefix.
	if _, err := Parse(inet.IPv4FlowSpec, []byte{12, 1, 9, 10, 255, 4, 0x89, 80, 9, 0x8d, 2, 12, 0x80}); err == nil {
		t.Fatal("a list without value")
	}
	r, err := Parse(inet.IPv4FlowSpec, []byte{10, 1, 9, 10, 255, 4, 0x89, 80, 9, 0x8d, 2})
	if err != nil || r.String() != "destination-ipv4 10.128.0.0/9 port =80 tcp-flags =syn" {
		t.Errorf("%v, %v", r, err)
	}
}

func TestIPv6Offsets(t *testing.T) {
	// RFC 8956 §3.8: the pattern starts at the offset.
	tests := []struct{ text, wire string }{
		{"destination-ipv6 2001:db8::/32", "07 01 20 00 20010db8"},
		{"source-ipv6 ::1234:5678:9800:0/104/64", "08 02 68 40 1234567898"},
		{"source-ipv6 ::1234:5678:9a00:0/104/65", "08 02 68 41 2468acf134"},
		{"source-ipv6 ::/0", "03 02 00 00"},
		{"source-ipv6 ::1/128/127", "04 02 80 7f 80"},
	}
	for _, tt := range tests {
		r := mustText(t, inet.IPv6FlowSpec, tt.text)
		want, _ := hex.DecodeString(string(bytes.ReplaceAll([]byte(tt.wire), []byte(" "), nil)))
		if got := mustAppend(t, r); !bytes.Equal(got, want) {
			t.Errorf("%s: %x, want %x", tt.text, got, want)
		}
		if r.String() != tt.text {
			t.Errorf("%s prints as %s", tt.text, r)
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := genRule(t)
		r.Raw = nil
		if len(r.Components) == 0 {
			return
		}
		wire := mustAppend(t, r)
		head := headSize(wire)
		ends := map[int]bool{}
		at := head
		if vpn(r.Family) {
			at += 8
		}
		for b, last := wire[at:], Type(0); len(b) > 0; {
			_, n, _ := next(r.Family, b, last)
			last, b = Type(b[0]), b[n:]
			ends[len(wire)-len(b)] = true
		}
		for n := range wire {
			if Size(wire[:n:n]) != 0 || Check(r.Family, wire[:n:n]) == nil {
				t.Fatalf("%d of %d octets are a rule", n, len(wire))
			}
			if n <= head {
				continue
			}
			cutShort := append([]byte{0xf0 | byte((n-head)>>8), byte(n - head)}, wire[head:n]...)
			if ok := Check(r.Family, cutShort) == nil; ok != ends[n] {
				t.Fatalf("%x cut to %d: well-formed is %t", wire, n, ok)
			}
		}
	})
}

func TestCheckAndCompareDoNotAllocate(t *testing.T) {
	wire := mustAppend(t, mustText(t, inet.IPv4FlowSpecVPN, "rd 1:2 destination 192.0.2.0/24 protocol tcp port 80,443 tcp-flags syn"))
	if n := testing.AllocsPerRun(100, func() {
		if Check(inet.IPv4FlowSpecVPN, wire) != nil || Compare(inet.IPv4FlowSpecVPN, wire, wire) != 0 {
			t.Error("broken")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"0601080a038106", "12012000 20010db8 0380110d9107dd", "f00303 8106"} {
		b, _ := hex.DecodeString(string(bytes.ReplaceAll([]byte(s), []byte(" "), nil)))
		for i := range families {
			f.Add(uint8(i), b)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, b []byte) {
		fam := families[int(i)%len(families)]
		r, err := Parse(fam, b)
		if (Check(fam, b) == nil) != (err == nil) {
			t.Fatal("Check and Parse disagree")
		}
		if err != nil {
			return
		}
		wire := mustAppend(t, r)
		again, err := Parse(fam, wire)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(r, again, comparePrefixes); d != "" {
			t.Fatal(d)
		}
		if back, err := ParseText(fam, r.String()); err != nil || !bytes.Equal(mustAppend(t, back), wire) {
			t.Fatalf("%s: %v, %v", r, back, err)
		}
	})
}

func FuzzParseText(f *testing.F) {
	f.Add(uint8(0), "destination 10.0.0.0/8 protocol tcp,17 port [ >8080&<8088 =3128 ] tcp-flags =syn&!ack")
	f.Add(uint8(3), "rd 65000:1 source ::1/128/64 flow-label true:7@4 raw 0x2a00")
	f.Fuzz(func(t *testing.T, i uint8, s string) {
		fam := families[int(i)%len(families)]
		r, err := ParseText(fam, s)
		if err != nil {
			return
		}
		again, err := ParseText(fam, r.String())
		if err != nil {
			t.Fatalf("%q prints as %q: %v", s, r, err)
		}
		if d := cmp.Diff(r, again, comparePrefixes); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzCompare(f *testing.F) {
	f.Add(uint8(0), []byte{2, 1, 0}, []byte{4, 1, 0, 2, 0}, []byte{3, 3, 0x81, 6})
	f.Fuzz(func(t *testing.T, i uint8, a, b, c []byte) {
		fam := families[int(i)%len(families)]
		ab, ba := Compare(fam, a, b), Compare(fam, b, a)
		if ab != -ba {
			t.Fatalf("%d and %d", ab, ba)
		}
		if ab <= 0 && Compare(fam, b, c) <= 0 && Compare(fam, a, c) > 0 {
			t.Fatalf("order is not transitive: %x %x %x", a, b, c)
		}
	})
}
