package inet

import (
	"bytes"
	"errors"
	"net/netip"
	"testing"
)

func TestReaderNeverPassesTheEnd(t *testing.T) {
	r := NewReader([]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, 100)
	if a, b, c, d := r.U8(), r.U16(), r.U32(), r.U64(); a != 1 || b != 0x0203 || c != 0x04050607 || d != 0x08090a0b0c0d0e0f {
		t.Errorf("%x %x %x %x", a, b, c, d)
	}
	if r.Len() != 1 || r.Offset() != 115 || r.Err() != nil || !r.OK() {
		t.Errorf("%d left at %d, %v", r.Len(), r.Offset(), r.Err())
	}
	if r.U32() != 0 || r.U8() != 0 {
		t.Error("a reader that was short goes on")
	}
	var s Short
	if !errors.As(r.Err(), &s) || s != (Short{115, 4, 1}) || s.Error() != "offset 115: short by 3 octets" {
		t.Errorf("%v", r.Err())
	}
	r = NewReader([]byte{1, 2, 3}, 0)
	if !bytes.Equal(r.Bytes(2), []byte{1, 2}) || !bytes.Equal(r.Rest(), []byte{3}) || r.Rest() == nil || r.Err() != nil {
		t.Error("bytes and rest")
	}
	if r.Bytes(-1) != nil || r.OK() {
		t.Error("a negative length is served")
	}
	var zero Reader
	if zero.U8() != 0 || zero.OK() {
		t.Error("the zero reader has octets")
	}
}

func TestPrefixFromWire(t *testing.T) {
	tests := []struct {
		family Family
		bits   uint8
		in     []byte
		want   string // "" for none
	}{
		{IPv4Unicast, 0, nil, "0.0.0.0/0"},
		{IPv4Unicast, 13, []byte{192, 255}, "192.248.0.0/13"},
		{IPv4Unicast, 24, []byte{198, 51, 100}, "198.51.100.0/24"},
		{IPv4Unicast, 32, []byte{198, 51, 100, 1, 9, 9}, "198.51.100.1/32"},
		{IPv4Unicast, 33, []byte{198, 51, 100, 1, 9, 9}, ""},
		{IPv4Unicast, 24, []byte{198, 51}, ""},
		{IPv6Unicast, 33, []byte{0x20, 1, 0xd, 0xb8, 0xff}, "2001:db8:8000::/33"},
		{IPv6Multicast, 0, nil, "::/0"},
		{IPv6Unicast, 129, make([]byte, 17), ""},
		{L2VPNEVPN, 0, nil, ""},
	}
	for _, tt := range tests {
		got := PrefixFromWire(tt.family, tt.bits, tt.in)
		if tt.want == "" && got.IsValid() || tt.want != "" && got != netip.MustParsePrefix(tt.want) {
			t.Errorf("%v %d %x: %v, want %q", tt.family, tt.bits, tt.in, got, tt.want)
		}
		if wire := AppendPrefix(nil, got); got.IsValid() && PrefixFromWire(tt.family, wire[0], wire[1:]) != got {
			t.Errorf("%v does not come back from %x", got, wire)
		}
	}
	if got := AppendPrefix(nil, netip.MustParsePrefix("198.51.100.129/25")); !bytes.Equal(got, []byte{25, 198, 51, 100, 128}) {
		t.Errorf("%x", got)
	}
	if got := AppendPrefix(nil, netip.Prefix{}); len(got) != 0 {
		t.Errorf("%x", got)
	}
}

func FuzzPrefixFromWire(f *testing.F) {
	f.Add(uint8(24), []byte{198, 51, 100}, true)
	f.Fuzz(func(t *testing.T, bits uint8, b []byte, v6 bool) {
		family := IPv4Unicast
		if v6 {
			family = IPv6Unicast
		}
		p := PrefixFromWire(family, bits, b)
		if !p.IsValid() {
			return
		}
		wire := AppendPrefix(nil, p)
		if p != p.Masked() || int(wire[0]) != int(bits) || PrefixFromWire(family, wire[0], wire[1:]) != p {
			t.Fatalf("%v from %x", p, wire)
		}
	})
}

func TestAddresses(t *testing.T) {
	for _, s := range []string{"192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1"} {
		a := netip.MustParseAddr(s)
		if got := AddrFromWire(AppendAddr(nil, a)); got != a {
			t.Errorf("%v came back as %v", a, got)
		}
	}
	if AddrFromWire(make([]byte, 5)).IsValid() || len(AppendAddr(nil, netip.Addr{})) != 0 {
		t.Error("an address of no length")
	}
}

func TestRouteDistinguishers(t *testing.T) {
	for text, want := range map[string]RD{
		"0:0":                {},
		"64500:7":            {0, 0, 0xfb, 0xf4, 0, 0, 0, 7},
		"192.0.2.1:7":        {0, 1, 192, 0, 2, 1, 0, 7},
		"196608:7":           {0, 2, 0, 3, 0, 0, 0, 7},
		"2:64500:7":          {0, 2, 0, 0, 0xfb, 0xf4, 0, 7},
		"0x0003000000000001": {0, 3, 0, 0, 0, 0, 0, 1},
	} {
		if want.String() != text {
			t.Errorf("%x prints as %q, want %q", want[:], want.String(), text)
		}
		if got, err := ParseRD(text); err != nil || got != want {
			t.Errorf("%q: %x, %v", text, got[:], err)
		}
	}
	for _, bad := range []string{"", "1", "1:", "a:1", "196608:65536", "192.0.2.1:65536", "1:4294967296", "0x00", "0x00030000000000000001", "1:2:3"} {
		if got, err := ParseRD(bad); err == nil {
			t.Errorf("%q reads as %v", bad, got)
		}
	}
}

func TestASNumbers(t *testing.T) {
	for text, want := range map[string]ASN{"0": 0, "64500": 64500, "AS64500": 64500, "as4294967295": 1<<32 - 1, "1.10": 65546, "AS0.1": 1} {
		if got, err := ParseASN(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "AS", "4294967296", "-1", "1.65536", "65536.1", "1.2.3", "x"} {
		if got, err := ParseASN(bad); err == nil {
			t.Errorf("%q reads as %v", bad, got)
		}
	}
	if got := ASN(64500).String(); got != "AS64500" {
		t.Errorf("%q", got)
	}
}

func TestFamilyNames(t *testing.T) {
	for _, row := range Families {
		for _, name := range []string{row.Name, row.Config} {
			if f, ok := FamilyByName(name); !ok || f != row.Family {
				t.Errorf("%q: %v %t", name, f, ok)
			}
		}
		if NewFamily(row.Family.AFI(), row.Family.SAFI()) != row.Family || row.Family.String() != row.Name {
			t.Errorf("%+v", row)
		}
	}
	if _, ok := FamilyByName("ipx"); ok {
		t.Error("ipx is a family")
	}
	if got := NewFamily(9, 8).String(); got != "afi 9 safi 8" {
		t.Errorf("%q", got)
	}
}
