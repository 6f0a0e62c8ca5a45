package bgp

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/inet"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// set makes attributes from pairs of code and hexadecimal value.
func set(t testing.TB, pairs ...any) Attrs {
	t.Helper()
	a := Attrs(endAttrs(beginAttrs(nil), 0))
	for i := 0; i < len(pairs); i += 2 {
		a = AppendSet(nil, a, pairs[i].(AttrCode), unhex(t, pairs[i+1].(string)))
	}
	return a
}

func TestJSONOfEveryAttribute(t *testing.T) {
	const v6 = "20010db8000000000000000000000001"
	const link = "fe80000000000000000000000000000a"
	tests := []struct {
		name   string
		family inet.Family
		attrs  Attrs
		want   string
	}{
		{"a withdrawn route", inet.IPv4Unicast, nil, `[]`},
		{"ORIGIN", inet.IPv4Unicast, set(t, AttrOrigin, "02"), `[{"origin":"Incomplete"}]`},
		{"AS_PATH", inet.IPv4Unicast, set(t, AttrASPath, "02020000fbf40000fbf5"), `[{"asPath":["AS64500","AS64501"]}]`},
		{"AS_PATH with a set", inet.IPv4Unicast, set(t, AttrASPath, "02010000fbf401020000000100000002"),
			`[{"asPath":["AS64500","AS_SET(AS1, AS2)"]}]`},
		{"AS_PATH with confederation segments", inet.IPv4Unicast, set(t, AttrASPath, "0301000000010401000000020201000000ff"),
			`[{"asPath":["AS_CONFED_SEQUENCE(AS1)","AS_CONFED_SET(AS2)","AS255"]}]`},
		{"AS_PATH empty", inet.IPv4Unicast, set(t, AttrASPath, ""), `[{"asPath":[]}]`},
		{"NEXT_HOP", inet.IPv4Unicast, set(t, AttrNextHop, "c0000201"), `[{"conventionalNextHop":"192.0.2.1"}]`},
		{"MULTI_EXIT_DISC and LOCAL_PREF", inet.IPv4Unicast, set(t, AttrMED, "ffffffff", AttrLocalPref, "00000064"),
			`[{"multiExitDisc":4294967295},{"localPref":100}]`},
		{"ATOMIC_AGGREGATE and AGGREGATOR", inet.IPv4Unicast, set(t, AttrAtomicAggregate, "", AttrAggregator, "0000fbf4c0000201"),
			`[{"atomicAggregate":null},{"aggregator":{"asn":64500,"address":"192.0.2.1"}}]`},
		{"COMMUNITIES", inet.IPv4Unicast, set(t, AttrCommunities, "fbf40001ffffff01ffff1234ffff029a"),
			`[{"standardCommunities":["AS64500:1","NO_EXPORT","0xFFFF1234","BLACKHOLE"]}]`},
		{"ORIGINATOR_ID and CLUSTER_LIST", inet.IPv4Unicast, set(t, AttrOriginatorID, "c0000201", AttrClusterList, "0102030405060708"),
			`[{"originatorId":"192.0.2.1"},{"clusterList":{"cluster_ids":[[1,2,3,4],[5,6,7,8]]}}]`},
		{"IPv6 next hop before and behind other attributes", inet.IPv6Unicast,
			set(t, AttrNextHop, v6, AttrOrigin, "00", AttrMED, "00000001", AttrOTC, "0000fbf4"),
			`[{"origin":"Igp"},{"multiExitDisc":1},{"mpReachNlri":{"nextHop":{"ipv6Unicast":"2001:db8::1"}}},{"otc":"AS64500"}]`},
		{"IPv6 next hop with link-local", inet.IPv6Unicast, set(t, AttrNextHop, v6+link),
			`[{"mpReachNlri":{"nextHop":{"ipv6LL":{"global":"2001:db8::1","linkLocal":"fe80::a"}}}}]`},
		{"multicast next hop", inet.IPv4Multicast, set(t, AttrNextHop, "c0000201"), `[{"mpReachNlri":{"nextHop":{"multicast":"192.0.2.1"}}}]`},
		{"IPv4 with an IPv6 next hop", inet.IPv4Unicast, set(t, AttrNextHop, v6), `[{"mpReachNlri":{"nextHop":{"ipv6Unicast":"2001:db8::1"}}}]`},
		{"IPv4 next hop of another family", inet.L2VPNEVPN, set(t, AttrNextHop, "c0000201"), `[{"mpReachNlri":{"nextHop":{"ipv4Unicast":"192.0.2.1"}}}]`},
		{"VPN next hop", inet.IPv4MPLSVPN, set(t, AttrNextHop, "c0000201"), `[{"mpReachNlri":{"nextHop":{"mplsVpnUnicast":["0:0","192.0.2.1"]}}}]`},
		{"VPN next hop with a distinguisher", inet.IPv4MPLSVPN, set(t, AttrNextHop, "0000fbf400000007c0000201"),
			`[{"mpReachNlri":{"nextHop":{"mplsVpnUnicast":["64500:7","192.0.2.1"]}}}]`},
		{"FlowSpec without next hop", inet.IPv4FlowSpec, set(t, AttrOrigin, "00"), `[{"origin":"Igp"},{"mpReachNlri":{"nextHop":"empty"}}]`},
		{"next hop of an odd length", inet.IPv6Unicast, set(t, AttrNextHop, "0102"), `[{"mpReachNlri":{"nextHop":{"unimplemented":[1,2]}}}]`},
		{"EXTENDED COMMUNITIES", inet.IPv4Unicast, set(t, AttrExtCommunities, "0002fbf4000000010103c0000201000702020003000000080002fbf400000001800600000000000a"),
			`[{"extendedCommunities":["rt:64500:1","ro:192.0.2.1:7","rt:196608:8","rt:64500:1","0x800600000000000a"]}]`},
		{"Connector and AS_PATHLIMIT", inet.IPv4Unicast, set(t, AttrConnector, "c0000201", AttrASPathLimit, "050000fbf4"),
			`[{"connector":"192.0.2.1"},{"asPathLimit":{"upper_bound":5,"attacher":64500}}]`},
		{"Connector of an odd length", inet.IPv4Unicast, set(t, AttrConnector, "c0"), `[{"unimplemented":{"flags":192,"type_code":20,"value":[192]}}]`},
		{"IPv6 extended communities", inet.IPv4Unicast, set(t, AttrIPv6ExtComm, "0002"+v6+"0007"), `[{"ipv6ExtendedCommunities":["rt:[2001:db8::1]:7"]}]`},
		{"LARGE_COMMUNITY", inet.IPv4Unicast, set(t, AttrLargeCommunities, "000339890000000100000002"), `[{"largeCommunities":["211337:1:2"]}]`},
		{"ATTR_SET", inet.IPv4Unicast, set(t, AttrSet, "0000fbf440010100"), `[{"attrSet":{"origin":"AS64500","attributes":[64,1,1,0]}}]`},
		{"the reserved attribute", inet.IPv4Unicast, set(t, AttrReserved, "0102"), `[{"reserved":{"raw":[1,2]}}]`},
		{"an attribute known by name", inet.IPv4Unicast, set(t, AttrCode(36), "0102"), `[{"unimplemented":{"flags":192,"type_code":36,"value":[1,2]}}]`},
		{"an attribute without a form", inet.IPv4Unicast, set(t, AttrCode(241), "0102"),
			`[{"unimplemented":{"flags":192,"type_code":241,"value":[1,2]}}]`},
		{"a metric", inet.IPv4Unicast, set(t, AttrAIGP, "01000b0000000000000001"), `[{"aigp":{"metric":1}}]`},
		{"a broken value", inet.IPv4Unicast, set(t, AttrMED, "0102"), `[{"invalid":[128,4,[1,2]]}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !tt.attrs.Valid() {
				t.Fatalf("not canonical: %x", tt.attrs)
			}
			if got := string(tt.attrs.AppendJSON(nil, tt.family)); got != tt.want {
				t.Errorf("\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestGetters(t *testing.T) {
	a := set(t, AttrLargeCommunities, "000339890000000100000002", AttrOrigin, "01", AttrASPath, "02030000fbf40000fbf50000fbf6",
		AttrNextHop, "c0000201", AttrMED, "00000007", AttrLocalPref, "00000064", AttrAtomicAggregate, "", AttrAggregator, "00030000c0000202",
		AttrCommunities, "fbf40001ffffff01", AttrOriginatorID, "c0000203", AttrClusterList, "01020304", AttrExtCommunities, "0002fbf400000001",
		AttrAIGP, "01000b0000000000000009", AttrOTC, "0000fbf4", AttrCode(99), "aa")
	var codes []AttrCode
	for e := range a.All() {
		codes = append(codes, e.Code)
	}
	if !slices.IsSorted(codes) || len(codes) != 15 {
		t.Errorf("codes %v", codes)
	}
	type facts struct {
		Origin              Origin
		Path                string
		OriginAS, Neighbour inet.ASN
		Hops                uint8
		NextHop             string
		MED, Pref           uint32
		Aggregator          string
		Originator          string
		AIGP                uint64
		OTC                 inet.ASN
	}
	var f facts
	f.Origin, _ = a.Origin()
	f.Path = a.ASPath().String()
	f.OriginAS, _ = a.OriginAS()
	f.Neighbour, _ = a.NeighbourAS()
	f.Hops = a.Hops()
	f.NextHop = a.NextHop().String()
	f.MED, _ = a.MED()
	f.Pref, _ = a.LocalPref()
	g, _ := a.Aggregator()
	f.Aggregator = g.ASN.String() + " " + g.Addr.String()
	f.Originator = a.OriginatorID().String()
	f.AIGP, _ = a.AIGP()
	f.OTC, _ = a.OTC()
	want := facts{OriginEGP, "64500 64501 64502", 64502, 64500, 3, "192.0.2.1", 7, 100, "AS196608 192.0.2.2", "192.0.2.3", 9, 64500}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Error(diff)
	}
	if got, want := slices.Collect(a.Communities()), []Community{0xfbf40001, NoExport}; !slices.Equal(got, want) {
		t.Errorf("communities %v", got)
	}
	if !a.HasCommunity(NoExport) || a.HasCommunity(NoPeer) || !a.HasLargeCommunity(LargeCommunity{211337, 1, 2}) || a.HasLargeCommunity(LargeCommunity{}) {
		t.Error("look-up of communities")
	}
	e, _ := ParseExtCommunity("rt:64500:1")
	if !a.HasExtCommunity(e) || a.HasExtCommunity(ExtCommunity{}) {
		t.Error("look-up of extended communities")
	}
	if !a.AtomicAggregate() || !a.Has(99) || a.Has(98) || a.Has(200) {
		t.Error("presence")
	}
	if got := slices.Collect(a.ClusterList()); len(got) != 1 || got[0] != [4]byte{1, 2, 3, 4} {
		t.Errorf("clusters %v", got)
	}
	if h := HintOrigin | HintNeighbour | HintCommunities | HintLarge | HintExtended | HintOTC; a.Hints() != h {
		t.Errorf("hints %08b, want %08b", a.Hints(), h)
	}
}

func TestGettersOfNothing(t *testing.T) {
	for _, a := range []Attrs{nil, set(t), {1, 2, 3}} {
		_, origin := a.Origin()
		_, med := a.MED()
		_, as := a.OriginAS()
		_, otc := a.OTC()
		_, aggregator := a.Aggregator()
		if origin || med || as || otc || aggregator || a.NextHop().IsValid() || a.HasCommunity(0) || len(a.ASPath()) != 0 || a.Hops() != 0 {
			t.Errorf("%x has something", a)
		}
	}
}

func TestHeaderFollowsThePath(t *testing.T) {
	tests := []struct {
		name, path string
		hops       uint8
		origin     inet.ASN // 0 for none
		neighbour  inet.ASN
		hints      Hints
	}{
		{"empty", "", 0, 0, 0, 0},
		{"one hop", "020100000001", 1, 1, 1, HintOrigin | HintNeighbour},
		{"two segments", "0201000000010202000000020000000a", 3, 10, 1, HintOrigin | HintNeighbour},
		{"ends in a set", "02010000000101020000000200000003", 2, 0, 1, HintNeighbour | HintSet},
		{"begins with a set", "010100000002020100000003", 2, 3, 0, HintOrigin | HintSet},
		{"behind a confederation", "030100000009020100000003", 1, 3, 3, HintOrigin | HintNeighbour | HintConfed},
		{"ends in a confederation", "020100000003030100000009", 1, 0, 3, HintNeighbour | HintConfed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := set(t, AttrASPath, tt.path)
			origin, hasOrigin := a.OriginAS()
			neighbour, hasNeighbour := a.NeighbourAS()
			if a.Hops() != tt.hops || origin != tt.origin || neighbour != tt.neighbour || a.Hints() != tt.hints {
				t.Errorf("hops %d origin %d neighbour %d hints %08b", a.Hops(), origin, neighbour, a.Hints())
			}
			p := a.ASPath()
			if o, ok := p.Origin(); o != origin || ok != hasOrigin {
				t.Errorf("path says origin %d %t", o, ok)
			}
			if n, ok := p.Neighbour(); n != neighbour || ok != hasNeighbour {
				t.Errorf("path says neighbour %d %t", n, ok)
			}
			if p.Len() != int(tt.hops) {
				t.Errorf("path says %d hops", p.Len())
			}
		})
	}
	long := AppendPrepended(nil, nil, 7, 300)
	if a := Attrs(AppendSet(nil, set(t), AttrASPath, long)); a.Hops() != 255 || a.ASPath().Len() != 300 {
		t.Errorf("300 hops: header %d, path %d", a.Hops(), a.ASPath().Len())
	}
}

func TestSetAndUnset(t *testing.T) {
	a := set(t, AttrOrigin, "00", AttrCommunities, "fbf40001")
	before := bytes.Clone(a)
	b := Attrs(AppendSet([]byte("x"), a, AttrMED, unhex(t, "00000005"))[1:])
	if m, ok := b.MED(); !ok || m != 5 || !b.Has(AttrOrigin) || !b.HasCommunity(0xfbf40001) {
		t.Errorf("%x", b)
	}
	if !bytes.Equal(a, before) {
		t.Error("the source was modified")
	}
	c := Attrs(AppendUnset(nil, b, AttrMED))
	if !bytes.Equal(c, a) {
		t.Errorf("set and unset leave %x, not %x", c, a)
	}
	if d := Attrs(AppendUnset(nil, a, AttrCommunities)); d.Hints() != 0 {
		t.Errorf("hints %08b after the communities went", d.Hints())
	}
	if d := Attrs(AppendSet(nil, a, AttrMPReach, []byte{1})); !bytes.Equal(d, a) {
		t.Errorf("MP_REACH_NLRI came into the canonical form: %x", d)
	}
	if d := Attrs(AppendSet(nil, nil, AttrMED, unhex(t, "00000005"))); !bytes.Equal(d, set(t, AttrMED, "00000005")) {
		t.Errorf("set on nil: %x", d)
	}
	// Whatever the order of setting, the bytes are the same.
	x := set(t, AttrOTC, "00000001", AttrOrigin, "00", AttrMED, "00000002")
	y := set(t, AttrMED, "00000002", AttrOrigin, "02", AttrOTC, "00000001", AttrOrigin, "00")
	if !bytes.Equal(x, y) {
		t.Errorf("equal sets are different bytes\n%x\n%x", x, y)
	}
}

func TestNextHops(t *testing.T) {
	const v6, link = "20010db8000000000000000000000001", "fe80000000000000000000000000000a"
	tests := []struct{ wire, canonical, global string }{
		{"c0000201", "c0000201", "192.0.2.1"},
		{v6, v6, "2001:db8::1"},
		{v6 + link, v6 + link, "2001:db8::1"},
		{"0000000000000000c0000201", "c0000201", "192.0.2.1"},
		{"0000000000000000" + v6, v6, "2001:db8::1"},
		{"0000000000000000" + v6 + "0000000000000000" + link, v6 + link, "2001:db8::1"},
		{"0000fbf400000001c0000201", "0000fbf400000001c0000201", "192.0.2.1"},
	}
	for _, tt := range tests {
		got := appendNextHop(nil, unhex(t, tt.wire))
		if hex.EncodeToString(got) != tt.canonical || nextHopAddr(got) != netip.MustParseAddr(tt.global) {
			t.Errorf("%s: %x, %v", tt.wire, got, nextHopAddr(got))
		}
	}
	if a := set(t, AttrNextHop, v6+link); a.LinkLocal() != netip.MustParseAddr("fe80::a") {
		t.Errorf("link-local %v", a.LinkLocal())
	}
}

// TestExampleOfTheFormat holds docs/formats/attributes.md to its word.
func TestExampleOfTheFormat(t *testing.T) {
	doc, err := os.ReadFile("../../docs/formats/attributes.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(doc), "## Example")
	_, example, _ = strings.Cut(example, "```\n")
	example, _, _ = strings.Cut(example, "```")
	var digits strings.Builder
	for line := range strings.Lines(example) {
		octets, _, _ := strings.Cut(line, "   ")
		digits.WriteString(strings.ReplaceAll(octets, " ", ""))
	}
	want := set(t, AttrOrigin, "00", AttrASPath, "02020000fbf40000fbf5", AttrNextHop, "c0000201", AttrCommunities, "fbf40001")
	if got := unhex(t, digits.String()); !bytes.Equal(got, want) {
		t.Errorf("the page says %x, the code %x", got, []byte(want))
	}
}
