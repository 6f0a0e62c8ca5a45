package bgp

import (
	"testing"

	"pgregory.net/rapid"
)

func TestCommunityText(t *testing.T) {
	for in, want := range map[string]Community{
		"64500:1": 0xfbf40001, "AS64500:1": 0xfbf40001, "as64500:1": 0xfbf40001, "AS0:7": 7, "0x00000007": 7, "0xFFFF1234": 0xffff1234,
		"NO_EXPORT": NoExport, "NoExport": NoExport, "no-export": NoExport, "NOPEER": NoPeer, "NO_PEER": NoPeer,
		"NO_EXPORT_SUBCONFED": NoExportSubconfed, "blackhole": Blackhole, "GRACEFUL_SHUTDOWN": GracefulShutdown, "LLGR_STALE": LLGRStale,
		"ROUTE_FILTER_v4": 0xffff0003, "accept-own-nexthop": 0xffff0008, "Standby PE": 0xffff0009,
	} {
		got, err := ParseCommunity(in)
		if err != nil || got != want {
			t.Errorf("%q: %#x, %v", in, uint32(got), err)
		}
		if back, err := ParseCommunity(got.String()); err != nil || back != want {
			t.Errorf("%q prints as %q, which reads as %#x, %v", in, got.String(), uint32(back), err)
		}
	}
	for _, in := range []string{"", "1", "1:", ":1", "65536:1", "1:65536", "1:2:3", "0x", "0x123456789", "NO_SUCH", "AS:1"} {
		if got, err := ParseCommunity(in); err == nil {
			t.Errorf("%q reads as %v", in, got)
		}
	}
	for c, want := range map[Community]string{7: "AS0:7", 0xfbf40001: "AS64500:1", 0xffffff04: "NOPEER", 0xffff1234: "0xFFFF1234"} {
		if c.String() != want {
			t.Errorf("%#x prints as %q, not %q", uint32(c), c.String(), want)
		}
	}
}

func TestLargeCommunityText(t *testing.T) {
	for in, want := range map[string]LargeCommunity{
		"211321:1:2": {211321, 1, 2}, "AS211321:1:2": {211321, 1, 2}, "0:0:0": {}, "4294967295:4294967295:4294967295": {1<<32 - 1, 1<<32 - 1, 1<<32 - 1},
	} {
		got, err := ParseLargeCommunity(in)
		if err != nil || got != want {
			t.Errorf("%q: %v, %v", in, got, err)
		}
		if back, err := ParseLargeCommunity(got.String()); err != nil || back != want {
			t.Errorf("%q prints as %q", in, got.String())
		}
	}
	for _, in := range []string{"", "1:2", "1:2:3:4", "1:2:4294967296", "a:b:c"} {
		if got, err := ParseLargeCommunity(in); err == nil {
			t.Errorf("%q reads as %v", in, got)
		}
	}
}

func TestExtCommunityText(t *testing.T) {
	for in, want := range map[string]ExtCommunity{
		"rt:64500:1":         {0, 2, 0xfb, 0xf4, 0, 0, 0, 1},
		"ro:64500:1":         {0, 3, 0xfb, 0xf4, 0, 0, 0, 1},
		"rt:192.0.2.1:7":     {1, 2, 192, 0, 2, 1, 0, 7},
		"rt:196608:7":        {2, 2, 0, 3, 0, 0, 0, 7},
		"rt:64500L:7":        {2, 2, 0, 0, 0xfb, 0xf4, 0, 7},
		"0x8006000000000001": {0x80, 6, 0, 0, 0, 0, 0, 1},
	} {
		got, err := ParseExtCommunity(in)
		if err != nil || got != want {
			t.Errorf("%q: %x, %v", in, got, err)
		}
		if got.String() != in {
			t.Errorf("%q prints as %q", in, got.String())
		}
	}
	for _, in := range []string{"", "rt:", "rt:1", "xx:1:2", "rt:196608:65536", "0x12", "rt:1:4294967296", "rt:192.0.2.1:65536"} {
		if got, err := ParseExtCommunity(in); err == nil {
			t.Errorf("%q reads as %v", in, got)
		}
	}
	if (ExtCommunity{0x43, 0}).Transitive() || !(ExtCommunity{0x03, 0}).Transitive() {
		t.Error("bit 0x40 marks non-transitive communities")
	}
}

// TestCommunityTextComesBack: what prints parses to the same value, for standard and
// large communities of any kind.
func TestCommunityTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := Community(rapid.Uint32().Draw(t, "c"))
		if rapid.Bool().Draw(t, "reserved") {
			c |= 0xffff0000
		}
		if got, err := ParseCommunity(c.String()); err != nil || got != c {
			t.Fatalf("%v came back as %v, %v", c, got, err)
		}
		l := LargeCommunity{rapid.Uint32().Draw(t, "g"), rapid.Uint32().Draw(t, "1"), rapid.Uint32().Draw(t, "2")}
		if got, err := ParseLargeCommunity(l.String()); err != nil || got != l {
			t.Fatalf("%v came back as %v, %v", l, got, err)
		}
		if got, err := ParseCommunityJSON(c.AppendJSON(nil)); err != nil || got != c {
			t.Fatalf("%s came back as %v, %v", c.AppendJSON(nil), got, err)
		}
		if got, err := ParseLargeCommunityJSON(l.AppendJSON(nil)); err != nil || got != l {
			t.Fatalf("%s came back as %v, %v", l.AppendJSON(nil), got, err)
		}
	})
	for i := range WellKnown {
		if got, err := ParseCommunity(WellKnown[i].Name); err != nil || got != WellKnown[i].Community {
			t.Errorf("%s is read as %v, %v", WellKnown[i].Name, got, err)
		}
	}
}

func TestCommunityJSON(t *testing.T) {
	for got, want := range map[string]string{
		string(Community(0xfbf40001).AppendJSON(nil)):        `{"type":"standard","code":"0xfbf40001","asn":64500,"number":1}`,
		string(NoExport.AppendJSON(nil)):                     `{"type":"NO_EXPORT","code":"0xffffff01","asn":65535,"number":65281}`,
		string(LargeCommunity{211321, 1, 2}.AppendJSON(nil)): `{"type":"large","global":211321,"local1":1,"local2":2}`,
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, bad := range []string{"", "1", "{}", `{"asn":1}`, `{"asn":65536,"number":1}`, `{"global":1,"local1":2}`, `{"global":1,"local1":2,"local2":-1}`} {
		if c, err := ParseCommunityJSON([]byte(bad)); err == nil {
			t.Errorf("%s is read as %v", bad, c)
		}
		if l, err := ParseLargeCommunityJSON([]byte(bad)); err == nil {
			t.Errorf("%s is read as %v", bad, l)
		}
	}
}
