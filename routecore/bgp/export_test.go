package bgp

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// TestExport changes one route in every way; want lists what differs from it, "-"
// for an attribute that stays behind.
func TestExport(t *testing.T) {
	const path = "02020000fbf40000fbf5"
	base := []any{AttrOrigin, "00", AttrASPath, path, AttrNextHop, "c0000201", AttrMED, "00000007", AttrLocalPref, "000000c8",
		AttrCommunities, "fbf40001", AttrOriginatorID, "01010101", AttrClusterList, "02020202",
		AttrExtCommunities, "0002fbf4000000014302fbf400000002", AttrIPv6ExtComm, "4002" + strings.Repeat("00", 18), AttrAIGP, "01000b0000000000000009", AttrLargeCommunities, "000000010000000200000003"}
	us := netip.MustParseAddr("198.51.100.1")
	external := Export{Local: 64496, NextHop: us}
	inside := Export{Local: 64496, IBGP: true, NextHop: us, Preference: 100}
	with := func(e Export, f func(*Export)) Export { f(&e); return e }
	stripped := []any{AttrASPath, "02030000fbf00000fbf40000fbf5", AttrNextHop, "c6336401", AttrMED, "-", AttrLocalPref, "-", AttrOriginatorID, "-", AttrClusterList, "-",
		AttrExtCommunities, "0002fbf400000001", AttrIPv6ExtComm, "-", AttrAIGP, "-"}
	more := func(a []any, b ...any) []any { return append(append([]any{}, a...), b...) }
	tests := []struct {
		name string
		e    Export
		from Source
		f    inet.Family
		add  []any // to the route before
		want []any // against base and add
	}{
		{"external", external, Source{Peer: 64500}, inet.IPv4Unicast, nil, stripped},
		{"external with MED", with(external, func(e *Export) { e.KeepMED = true }), Source{}, inet.IPv4Unicast, nil, more(stripped, AttrMED, "00000007")},
		{"external with AIGP", with(external, func(e *Export) { e.KeepAIGP = true }), Source{AIGP: true}, inet.IPv4Unicast, nil, more(stripped, AttrAIGP, "01000b0000000000000009")},
		{"external with AIGP, from where it is not enabled", with(external, func(e *Export) { e.KeepAIGP = true }), Source{}, inet.IPv4Unicast, nil, stripped},
		{"internal, from where AIGP is not enabled", inside, Source{}, inet.IPv4Unicast, nil, []any{AttrAIGP, "-"}},
		{"external with the third party's next hop", with(external, func(e *Export) { e.KeepNextHop = true }), Source{}, inet.IPv4Unicast, nil, more(stripped, AttrNextHop, "c0000201")},
		{"external without an address of ours", with(external, func(e *Export) { e.NextHop = netip.Addr{} }), Source{}, inet.IPv4Unicast, nil, more(stripped, AttrNextHop, "c0000201")},
		{"external, IPv6", with(external, func(e *Export) { e.NextHop = netip.MustParseAddr("2001:db8::1") }), Source{}, inet.IPv6Unicast, nil, more(stripped, AttrNextHop, "20010db8000000000000000000000001")},
		{"FlowSpec keeps its next hop", external, Source{}, inet.IPv4FlowSpec, nil, more(stripped, AttrNextHop, "c0000201")},
		{"route server", with(external, func(e *Export) { e.Transparent = true }), Source{}, inet.IPv4Unicast, nil, more(stripped, AttrASPath, path, AttrNextHop, "c0000201", AttrMED, "00000007")},
		{"route server, confederation segments go", with(external, func(e *Export) { e.Transparent = true }), Source{}, inet.IPv4Unicast,
			[]any{AttrASPath, "03010000fde9" + path}, more(stripped, AttrASPath, path, AttrNextHop, "c0000201", AttrMED, "00000007")},
		{"external, confederation segments go", external, Source{}, inet.IPv4Unicast, []any{AttrASPath, "03010000fde9" + path}, stripped},
		{"external, a set in front gets a new segment", external, Source{}, inet.IPv4Unicast, []any{AttrASPath, "01010000fbf4"}, more(stripped, AttrASPath, "02010000fbf001010000fbf4")},
		{"confederation", Export{Local: 64496, Confed: true, Member: 65001, NextHop: us, Preference: 100}, Source{AIGP: true}, inet.IPv4Unicast, nil, []any{AttrASPath, "03010000fde9" + path, AttrOriginatorID, "-", AttrClusterList, "-"}},
		{"confederation, joined", Export{Local: 64496, Confed: true, Member: 65001}, Source{AIGP: true}, inet.IPv4Unicast, []any{AttrASPath, "03010000fdea" + path}, []any{AttrASPath, "03020000fde90000fdea" + path, AttrOriginatorID, "-", AttrClusterList, "-"}},
		{"internal", inside, Source{AIGP: true}, inet.IPv4Unicast, nil, nil},
		{"internal with our next hop", with(inside, func(e *Export) { e.Self = true }), Source{AIGP: true}, inet.IPv4Unicast, nil, []any{AttrNextHop, "c6336401"}},
		{"reflected", with(inside, func(e *Export) { e.Reflect, e.Cluster = true, 0x03030303 }), Source{IBGP: true, ID: 0x09090909}, inet.IPv4Unicast, nil, []any{AttrClusterList, "0303030302020202"}},
		{"Only to Customer for a customer", with(external, func(e *Export) { e.HasRole, e.Role = true, RoleProvider }), Source{}, inet.IPv4Unicast, nil, more(stripped, AttrOTC, "0000fbf0")},
		{"Only to Customer kept for a customer", with(external, func(e *Export) { e.HasRole, e.Role = true, RoleProvider }), Source{}, inet.IPv4Unicast, []any{AttrOTC, "0000fbf4"}, stripped},
		{"no Only to Customer for a provider", with(external, func(e *Export) { e.HasRole, e.Role = true, RoleCustomer }), Source{}, inet.IPv4Unicast, nil, stripped},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			route := set(t, more(base, tt.add...)...)
			want := set(t, more(base, tt.add...)...)
			for i := 0; i < len(tt.want); i += 2 {
				code, v := tt.want[i].(AttrCode), tt.want[i+1].(string)
				if v == "-" {
					want = AppendUnset(nil, want, code)
				} else {
					want = AppendSet(nil, want, code, unhex(t, v))
				}
			}
			got := Attrs(tt.e.AppendAttrs([]byte("x"), route, tt.f, tt.from)[1:])
			if !got.Valid() || !bytes.Equal(got, want) {
				t.Errorf("\n got %x\nwant %x", []byte(got), []byte(want))
			}
		})
	}
	bare := set(t, AttrOrigin, "00", AttrASPath, path, AttrNextHop, "c0000201")
	got := Attrs(with(inside, func(e *Export) { e.Reflect, e.Cluster = true, 7 }).AppendAttrs(nil, bare, inet.IPv4Unicast, Source{IBGP: true, ID: 9}))
	if want := set(t, AttrOrigin, "00", AttrASPath, path, AttrNextHop, "c0000201", AttrLocalPref, "00000064", AttrOriginatorID, "00000009", AttrClusterList, "00000007"); !bytes.Equal(got, want) {
		t.Errorf("a bare route reflected: %x", []byte(got))
	}
	made := Attrs(external.AppendAttrs(nil, set(t, AttrOrigin, "00"), inet.IPv4Unicast, Source{Local: true}))
	if want := set(t, AttrOrigin, "00", AttrASPath, "02010000fbf0", AttrNextHop, "c6336401"); !bytes.Equal(made, want) {
		t.Errorf("a route of our own: %x", []byte(made))
	}
}

// TestUnknownAttributesOnTheWayOut: transitive ones get the Partial bit, others go,
// known ones keep the bit as it came (RFC 4271 §5).
func TestUnknownAttributesOnTheWayOut(t *testing.T) {
	var u Update
	body := unhex(t, "0000"+"0036"+"40010100"+"4002060201"+"0000fbf4"+"400304c0000201"+"e00804fbf40001"+"c063017f"+"8064017f"+"e0650180"+"c024017f"+"8024017f"+"c01506"+"010203040506"+"18c63364")
	body[3] = byte(len(body) - 4 - 4)
	ParseUpdate(&u, body, Ctx{ASN4: true})
	if u.Verdict.Action != Accept {
		t.Fatal(u.Verdict.Text())
	}
	in := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
	for _, e := range []Export{{Local: 64496, IBGP: true}, {Local: 64496}} {
		out := Attrs(e.AppendAttrs(nil, in, inet.IPv4Unicast, Source{}))
		flags := map[AttrCode]AttrFlags{}
		for a := range out.All() {
			flags[a.Code] = a.Flags
		}
		for code, want := range map[AttrCode]AttrFlags{99: 0xe0, 101: 0xe0, 36: 0xe0, 21: 0xe0, 8: 0xe0, 1: 0x40} {
			if flags[code] != want {
				t.Errorf("attribute %d has flags %#x, want %#x", code, flags[code], want)
			}
		}
		if out.Has(100) {
			t.Error("an unknown non-transitive attribute went on")
		}
	}
	if own := Attrs(Export{}.AppendAttrs(nil, set(t, AttrCode(99), "7f"), inet.IPv4Unicast, Source{Local: true})); bytes.Contains(own, []byte{99, 0xe0}) {
		t.Error("the maker of an attribute marks it as partial")
	}
}

func TestWithhold(t *testing.T) {
	route := func(more ...any) Attrs { return set(t, append([]any{AttrOrigin, "00", AttrASPath, ""}, more...)...) }
	external, inside, confed := Export{}, Export{IBGP: true}, Export{Confed: true}
	provider := Export{HasRole: true, Role: RoleCustomer}
	for _, tt := range []struct {
		name string
		e    Export
		a    Attrs
		from Source
		want Withhold
	}{
		{"plain", external, route(), Source{}, WithholdNone},
		{"NO_ADVERTISE", inside, route(AttrCommunities, "ffffff02"), Source{}, WithholdCommunity},
		{"NO_EXPORT outside", external, route(AttrCommunities, "ffffff01"), Source{}, WithholdCommunity},
		{"NO_EXPORT inside", inside, route(AttrCommunities, "ffffff01"), Source{}, WithholdNone},
		{"NO_EXPORT in the confederation", confed, route(AttrCommunities, "ffffff01"), Source{}, WithholdNone},
		{"NO_EXPORT_SUBCONFED in the confederation", confed, route(AttrCommunities, "ffffff03"), Source{}, WithholdCommunity},
		{"internal to internal", inside, route(), Source{IBGP: true}, WithholdInternal},
		{"internal to internal, reflected", Export{IBGP: true, Reflect: true}, route(), Source{IBGP: true}, WithholdNone},
		{"our own to internal", inside, route(), Source{Local: true, IBGP: true}, WithholdNone},
		{"internal to external", external, route(), Source{IBGP: true}, WithholdNone},
		{"Only to Customer to a provider", provider, route(AttrOTC, "00000001"), Source{}, WithholdLeak},
		{"without AS_PATH", external, set(t, AttrOrigin, "00"), Source{}, WithholdPath},
	} {
		if got := tt.e.Check(tt.a, inet.IPv4Unicast, tt.from); got != tt.want {
			t.Errorf("%s: %q", tt.name, got)
		}
	}
	for w := WithholdNone; int(w) < len(withholds); w++ {
		if (w.String() == "") != (w == WithholdNone) || (w.RFC() == "") != (w == WithholdNone) {
			t.Errorf("%d: %q %q", w, w.String(), w.RFC())
		}
	}
}

// TestExportToTwoOctetPeers follows a route with wide AS numbers to a peer without
// them and back: AS4_PATH and AS4_AGGREGATOR restore what AS_TRANS hides.
func TestExportToTwoOctetPeers(t *testing.T) {
	a := set(t, AttrOrigin, "00", AttrASPath, "0202000300000000fbf5", AttrNextHop, "c0000201", AttrAggregator, "00030001c0000202")
	e := Export{Local: 196700, NextHop: netip.MustParseAddr("198.51.100.1")}
	out := Attrs(e.AppendAttrs(nil, a, inet.IPv4Unicast, Source{}))
	wire := AppendUpdates(nil, Ctx{}, out, NLRI{Family: inet.IPv4Unicast, Bytes: unhex(t, "18c63364")})
	m, _, err := ReadMessage(wire, MaxMessage)
	if err != nil {
		t.Fatal(err)
	}
	var u Update
	ParseUpdate(&u, m.Body(), Ctx{})
	if v, _ := u.Get(AttrASPath); hexOf(v) != "02035ba05ba0fbf5" {
		t.Errorf("AS_PATH %x", v)
	}
	if v, _ := u.Get(AttrAS4Path); hexOf(v) != "02030003005c000300000000fbf5" {
		t.Errorf("AS4_PATH %x", v)
	}
	if v, _ := u.Get(AttrAS4Aggregator); hexOf(v) != "00030001c0000202" {
		t.Errorf("AS4_AGGREGATOR %x", v)
	}
	if back := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)); !bytes.Equal(back, out) {
		t.Errorf("came back as %x", []byte(back))
	}
}

// TestExportStaysCanonical: whatever goes in, what comes out is canonical, and an
// external peer accepts it.
func TestExportStaysCanonical(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var u Update
		probes := readProbes(t)
		p := probes[rapid.IntRange(0, len(probes)-1).Draw(rt, "probe")]
		ParseUpdate(&u, p.body, p.ctx)
		a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
		e := Export{Local: 64496, IBGP: rapid.Bool().Draw(rt, "ibgp"), Confed: rapid.Bool().Draw(rt, "confed"), Self: rapid.Bool().Draw(rt, "self"),
			NextHop: netip.MustParseAddr("198.51.100.1"), Transparent: rapid.Bool().Draw(rt, "rs"), Reflect: rapid.Bool().Draw(rt, "reflect"),
			HasRole: rapid.Bool().Draw(rt, "role"), Role: Role(rapid.Uint8Range(0, 5).Draw(rt, "which"))}
		out := Attrs(e.AppendAttrs(nil, a, inet.IPv4Unicast, Source{IBGP: rapid.Bool().Draw(rt, "from")}))
		if !out.Valid() {
			rt.Fatalf("not canonical: %x", []byte(out))
		}
		if e.outside() && (out.Has(AttrLocalPref) || out.Has(AttrClusterList)) {
			rt.Fatalf("an external peer gets %x", []byte(out))
		}
	})
}
