package bgp

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

var comparePrefix = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

func drawPrefix(t *rapid.T, f inet.Family) netip.Prefix {
	raw := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "addr"))
	addr := netip.AddrFrom16(raw)
	if f.MaxBits() == 32 {
		addr = netip.AddrFrom4([4]byte(raw[:]))
	}
	return netip.PrefixFrom(addr, rapid.IntRange(0, f.MaxBits()).Draw(t, "bits")).Masked()
}

func drawORF(t *rapid.T, f inet.Family) ORF {
	o := ORF{When: rapid.SampledFrom([]uint8{ORFImmediate, ORFDefer}).Draw(t, "when")}
	for range rapid.IntRange(0, 3).Draw(t, "groups") {
		g := ORFGroup{Type: rapid.SampledFrom([]uint8{ORFPrefix, ORFCP, ORFCiscoPrefix, 200}).Draw(t, "type")}
		if g.Type != ORFPrefix && g.Type != ORFCiscoPrefix {
			g.Raw = rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "raw")
			o.Groups = append(o.Groups, g)
			continue
		}
		for range rapid.IntRange(0, 5).Draw(t, "prefixes") {
			p := PrefixORF{Action: ORFAction(rapid.IntRange(0, 2).Draw(t, "action"))}
			if p.Action != ORFRemoveAll {
				p.Deny, p.Sequence = rapid.Bool().Draw(t, "deny"), rapid.Uint32().Draw(t, "seq")
				p.Min, p.Max, p.Prefix = rapid.Uint8().Draw(t, "min"), rapid.Uint8().Draw(t, "max"), drawPrefix(t, f)
			}
			g.Prefixes = append(g.Prefixes, p)
		}
		o.Groups = append(o.Groups, g)
	}
	return o
}

func TestRouteRefreshParseOfAppendIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom([]inet.Family{inet.IPv4Unicast, inet.IPv6Unicast, inet.IPv4Multicast}).Draw(t, "f")
		want := drawORF(t, f)
		r := RouteRefresh{Family: f, ORF: AppendORF(nil, want)}
		m, _, err := ReadMessage(r.Append(nil), MaxMessage)
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRouteRefresh(m.Body())
		if diff := cmp.Diff(r, got); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
		o, ok, err := got.Filters()
		if diff := cmp.Diff(want, o, cmpopts.EquateEmpty(), comparePrefix); err != nil || !ok || diff != "" {
			t.Fatal(err, ok, diff)
		}
		if text := got.AppendJSON(nil); !json.Valid(text) || bytes.Contains(text, []byte(`"family":"ipv4 unicast","subtype":0,"name":"request","raw"`)) {
			t.Fatalf("%s", text)
		}
		for i := range r.ORF {
			if o, err := ParseORF(f, r.ORF[:i:i]); err == nil && cmp.Equal(o, want, cmpopts.EquateEmpty(), comparePrefix) {
				t.Fatalf("cut at %d of %d it still says the same", i, len(r.ORF))
			}
		}
	})
}

func TestRouteRefreshLengths(t *testing.T) {
	for _, tt := range []struct {
		name, body, data string
	}{
		{"a request", "00010001", ""},
		{"begin", "00010101", ""},
		{"begin, too long", "0001010100", "ffffffffffffffffffffffffffffffff0018050001010100"},
		{"end, too long", "000102010000", "ffffffffffffffffffffffffffffffff001905000102010000"},
		{"end, too short", "000102", "ffffffffffffffffffffffffffffffff001605000102"},
		{"an unknown subtype is ignored, whatever it has", "0001080100", ""},
	} {
		_, err := ParseRouteRefresh(unhex(t, tt.body))
		var e *Error
		if errors.As(err, &e) != (tt.data != "") {
			t.Errorf("%s: %v", tt.name, err)
		} else if e != nil && (e.Code != CodeRouteRefresh || e.Subcode != 1 || !bytes.Equal(e.Data, unhex(t, tt.data))) {
			t.Errorf("%s: %d/%d %x", tt.name, e.Code, e.Subcode, e.Data)
		}
	}
}

func TestRouteRefreshJSON(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{"00010001", `{"family":"ipv4 unicast","subtype":0,"name":"request"}`},
		{"00020101", `{"family":"ipv6 unicast","subtype":1,"name":"begin"}`},
		{"00020901", `{"family":"ipv6 unicast","subtype":9}`},
		{"00010001" + "01" + "40000b" + "2000000005181818c63364", `{"family":"ipv4 unicast","subtype":0,"name":"request","orf":{"when":"immediate","groups":[{"type":64,"prefixes":[{"action":"add","deny":true,"sequence":5,"prefix":"198.51.100.0/24","min":24,"max":24}]}]}}`},
		{"00010001" + "02" + "400001" + "80" + "41000200ff", `{"family":"ipv4 unicast","subtype":0,"name":"request","orf":{"when":"defer","groups":[{"type":64,"prefixes":[{"action":"remove-all"}]},{"type":65,"raw":"00ff"}]}}`},
		{"00010001" + "03", `{"family":"ipv4 unicast","subtype":0,"name":"request","raw":"03"}`},
		{"00010001" + "01" + "40000a" + "0000000005000021c6336400", `{"family":"ipv4 unicast","subtype":0,"name":"request","raw":"0140000a0000000005000021c6336400"}`},
	} {
		r, err := ParseRouteRefresh(unhex(t, tt.body))
		if got := string(r.AppendJSON(nil)); err != nil || got != tt.want {
			t.Errorf("%v\n got %s\nwant %s", err, got, tt.want)
		}
	}
}

func TestPrefixFilters(t *testing.T) {
	p := netip.MustParsePrefix
	for _, tt := range []struct {
		filter   string
		min, max uint8
		route    string
		want     bool
	}{
		{"10.0.0.0/8", 0, 0, "10.0.0.0/8", true}, {"10.0.0.0/8", 0, 0, "10.0.0.0/9", false},
		{"10.0.0.0/8", 16, 24, "10.1.0.0/16", true}, {"10.0.0.0/8", 16, 24, "10.0.0.0/8", false}, {"10.0.0.0/8", 16, 24, "10.1.1.0/25", false},
		{"10.0.0.0/8", 16, 0, "10.1.1.1/32", true}, {"10.0.0.0/8", 0, 24, "10.0.0.0/8", true}, {"10.0.0.0/8", 0, 24, "11.0.0.0/16", false},
	} {
		if got := (PrefixORF{Prefix: p(tt.filter), Min: tt.min, Max: tt.max}).Match(p(tt.route)); got != tt.want {
			t.Errorf("%+v: %t", tt, got)
		}
	}
}

func FuzzRouteRefresh(f *testing.F) {
	f.Add(unhex(f, "000100010140000b2000000005181818c63364"))
	f.Add(unhex(f, "0001000102400001804100020000"))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseRouteRefresh(body)
		if err != nil {
			return
		}
		if text := r.AppendJSON(nil); !json.Valid(text) {
			t.Fatalf("%s", text)
		}
		o, ok, err := r.Filters()
		if !ok || err != nil {
			return
		}
		again, err := ParseORF(r.Family, AppendORF(nil, o))
		if diff := cmp.Diff(o, again, cmpopts.EquateEmpty(), comparePrefix); err != nil || diff != "" {
			t.Fatal(err, diff)
		}
	})
}
