package bgp

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/inet"
)

// probe is a line of testdata/verdicts.tsv.
type probe struct {
	rule, name string
	ctx        Ctx
	body       []byte
	want       judgement
}

// judgement is the part of a verdict that the file fixes.
type judgement struct {
	Action                  string
	Code, Subcode, Attr, At int
	RFC                     string
}

func judge(v Verdict) judgement {
	return judgement{v.Action.String(), int(v.Code), int(v.Subcode), int(v.Attr), int(v.Offset), v.RFC()}
}

func parseSession(t testing.TB, s string) Ctx {
	t.Helper()
	var c Ctx
	for word := range strings.SplitSeq(s, ",") {
		key, value, _ := strings.Cut(word, "=")
		switch {
		case key == "ebgp":
		case key == "ibgp":
			c.IBGP = true
		case key == "monitor":
			c.Monitor = true
		case key == "asn4":
			c.ASN4 = true
		case key == "confed":
			c.Confed = true
		case key == "labels":
			c.Labels = ^LabelSet(0)
		case value == "unknown":
			c.AddPathUnknown = true
		case key == "addpath":
			f, ok := inet.FamilyByName(value)
			if !ok {
				t.Fatalf("no family %q", value)
			}
			c.AddPath = c.AddPath.With(f)
		default:
			t.Fatalf("no session word %q", word)
		}
	}
	return c
}

func readProbes(t testing.TB) []probe {
	t.Helper()
	var out []probe
	for _, c := range testkit.Table(t, "testdata/verdicts.tsv", 9) {
		p := probe{rule: c[0], name: c[1], ctx: parseSession(t, c[2])}
		var err error
		if p.body, err = hex.DecodeString(c[3]); err != nil {
			t.Fatal(err)
		}
		number := func(s string) int {
			n, err := strconv.Atoi(s)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		p.want = judgement{Action: c[4], Subcode: number(c[5]), Attr: number(c[6]), At: number(c[7]), RFC: c[8]}
		if p.want.Action != "accept" {
			p.want.Code = int(CodeUpdate)
		}
		out = append(out, p)
	}
	return out
}

func TestVerdicts(t *testing.T) {
	probes := readProbes(t)
	if len(probes) < 130 {
		t.Fatalf("only %d probes", len(probes))
	}
	var u Update
	for _, p := range probes {
		t.Run(p.rule+" "+p.name, func(t *testing.T) {
			ParseUpdate(&u, p.body, p.ctx)
			if diff := cmp.Diff(p.want, judge(u.Verdict)); diff != "" {
				t.Errorf("%s\n%s", u.Verdict.Text(), diff)
			}
			if (u.Verdict.Text() == "") != (p.want.Action == "accept") {
				t.Errorf("text %q", u.Verdict.Text())
			}
			if err := u.Verdict.Err(); (err != nil) != (p.want.Action == "reset") {
				t.Errorf("Err() = %v", err)
			}
		})
	}
}

// TestNotificationAboutAnUpdate carries the attribute at fault (RFC 4271 §6.3).
func TestNotificationAboutAnUpdate(t *testing.T) {
	want := map[string]string{
		"unknown attribute 99 that claims to be well-known":         "40630178",
		"MP_REACH_NLRI twice":                                       "",
		"IPv6 next hop of 15 octets":                                "800e190002010f20010db80000000000000000000000002020010db8",
		"malformed attribute with withdrawals alone":                "c00803616263",
		"only withdrawals and a broken ORIGIN":                      "40010107",
		"IPv4 prefix of 33 bits":                                    "",
		"ORIGIN of 32 octets in an attribute section of 4, no NLRI": "",
		"attribute length past the end":                             "",
	}
	var u Update
	for _, p := range readProbes(t) {
		data, ok := want[p.name]
		if !ok {
			continue
		}
		delete(want, p.name)
		ParseUpdate(&u, p.body, p.ctx)
		n := u.Notification()
		if n.Code != CodeUpdate || n.Subcode != u.Verdict.Subcode || hex.EncodeToString(n.Data) != data {
			t.Errorf("%s: %v with %x, want %s", p.name, n, n.Data, data)
		}
	}
	if len(want) > 0 {
		t.Errorf("no probes: %v", want)
	}
}

// TestVerdictsLeaveTheRestReadable asks the probes what remains of them.
func TestVerdictsLeaveTheRestReadable(t *testing.T) {
	byName := map[string]probe{}
	for _, p := range readProbes(t) {
		byName[p.name] = p
	}
	parse := func(name string) *Update {
		p, ok := byName[name]
		if !ok {
			t.Fatalf("no probe %q", name)
		}
		u := new(Update)
		ParseUpdate(u, p.body, p.ctx)
		return u
	}

	u := parse("ORIGIN overruns the attribute section, with NLRI")
	if n := u.Announced(); n.Len() != 1 {
		t.Errorf("an overrun hides the NLRI that the total length locates: %d", n.Len())
	}
	u = parse("AGGREGATOR of 7 octets")
	if _, ok := u.Get(AttrAggregator); ok || !u.Discarded(AttrAggregator) {
		t.Error("a discarded attribute is still there")
	}
	raw := 0
	for a := range u.RawAttrs() {
		if a.Code == AttrAggregator && string(a.Value) == "1234567" {
			raw++
		}
	}
	if raw != 1 {
		t.Error("the octets of a discarded attribute cannot be reached")
	}
	if Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)).Has(AttrAggregator) {
		t.Error("a discarded attribute is in the canonical form")
	}
	u = parse("NEXT_HOP twice with another value")
	if a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)); a.NextHop().String() != "192.0.2.1" {
		t.Errorf("of two attributes the first counts, not %v", a.NextHop())
	}
	u = parse("AFI 1 SAFI 200")
	if n, ok := u.MPReach(); !ok || hex.EncodeToString(n.Bytes) != "ffffffff" || n.Len() != 1 {
		t.Errorf("an unknown family keeps its octets: %v %t", n, ok)
	}
	u = parse("unknown family beside classic NLRI")
	if u.Announced().Len() != 1 {
		t.Error("an unknown family hides the classic routes")
	}
	u = parse("MP_REACH_NLRI with an SNPA of 3 half octets")
	if n, _ := u.MPReach(); hex.EncodeToString(n.Bytes) != "2020010db8" {
		t.Errorf("NLRI behind an SNPA: %x", n.Bytes)
	}
	u = parse("path identifiers that nobody announced")
	if n := u.Announced(); !n.AddPath || n.Len() != 2 || u.Guessed() != GuessAddPath {
		t.Errorf("guess: %v, %d NLRI, flag %d", n.AddPath, n.Len(), u.Guessed())
	}
	u = parse("default route, no guess")
	if n := u.Announced(); n.AddPath || n.Len() != 2 || u.Guessed() != 0 {
		t.Errorf("guess: %v, %d NLRI, flag %d", n.AddPath, n.Len(), u.Guessed())
	}
	for _, name := range []string{"AS_PATH of four octets in a record that says two", "AS_PATH of two octets in a record that says four"} {
		u = parse(name)
		if u.Guessed() != GuessASNWidth {
			t.Errorf("%s: guess flag %d", name, u.Guessed())
		}
		if as, ok := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)).NeighbourAS(); !ok || as != 64500 {
			t.Errorf("%s: neighbour %v", name, as)
		}
	}
	u = parse("host bits set behind the prefix")
	for _, p := range u.Announced().Prefixes() {
		if p.String() != "192.248.0.0/13" {
			t.Errorf("host bits: %v", p)
		}
	}
	for name, want := range map[string]inet.Family{
		"End-of-RIB of IPv4 unicast": inet.IPv4Unicast, "End-of-RIB of IPv6 unicast": inet.IPv6Unicast, "a valid UPDATE": 0, "labelled withdrawal": 0,
	} {
		if f, ok := parse(name).EndOfRIB(); f != want || ok != (want != 0) {
			t.Errorf("%s: EndOfRIB %v %t", name, f, ok)
		}
	}
}

// A Loc-RIB holds routes of the router's own, which have no next hop: a session
// is reset for them, a monitor keeps them.
func TestAMonitorKeepsRoutesWithoutANextHop(t *testing.T) {
	body := []byte{0, 0, 0, 23,
		0x40, 1, 1, 0, // ORIGIN
		0x40, 2, 0, // AS_PATH, empty
		0x80, 14, 13, 0, 1, 1, 0, 0, 24, 192, 0, 2, 24, 198, 51, 100, // MP_REACH_NLRI, next hop of 0 octets
	}
	var u Update
	ParseUpdate(&u, body, Ctx{ASN4: true, Families: NewFamilySet(inet.IPv4Unicast)})
	if u.Verdict.Action != Reset {
		t.Errorf("on a session: %v", u.Verdict)
	}
	ParseUpdate(&u, body, MonitorCtx(true))
	n, ok := u.MPReach()
	if u.Verdict.Action != Accept || !ok || n.Len() != 2 {
		t.Fatalf("by a monitor: %v, %d NLRI", u.Verdict, n.Len())
	}
	if a := Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)); a.Has(AttrNextHop) || !a.Has(AttrOrigin) {
		t.Errorf("attributes %s", a.AppendJSON(nil, inet.IPv4Unicast))
	}
}

// TestScopeOfAReset: where nothing but the routes of one family is broken, the
// verdict names it, so that a transport with a channel per family need not end the
// session (RFC 7606 §2).
func TestScopeOfAReset(t *testing.T) {
	const good = "4001010040020a02020000fbf40000fbf5"
	reach := func(f, hop, nlri string) string {
		v := f + hex.EncodeToString([]byte{byte(len(hop) / 2)}) + hop + "00" + nlri
		return "800e" + hex.EncodeToString([]byte{byte(len(v) / 2)}) + v
	}
	v6 := "20010db8000000000000000000000001"
	tests := []struct {
		name, withdrawn, attrs, nlri string
		scope                        inet.Family
		beside                       Action
	}{
		{"IPv6 NLRI past the end", "", good + reach("000201", v6, "4020010db8"), "", inet.IPv6Unicast, Accept},
		{"IPv6 next hop of 15 octets", "", good + reach("000201", v6[2:], "2020010db8"), "", inet.IPv6Unicast, Accept},
		{"the same beside a discarded attribute", "", good + "4006017f" + reach("000201", v6, "4020010db8"), "", inet.IPv6Unicast, DiscardAttribute},
		{"the same with an ORIGIN that withdraws behind it", "", reach("000201", v6, "4020010db8") + "40010107", "", inet.IPv6Unicast, TreatAsWithdraw},
		{"IPv4 prefix of 33 bits", "", good + "400304c0000201", "21c633640000", inet.IPv4Unicast, Accept},
		{"IPv4 withdrawal of 33 bits", "21c633640000", good + "400304c0000201", "18c63364", inet.IPv4Unicast, Accept},
		{"IPv4 and IPv6", "", good + "400304c0000201" + reach("000201", v6, "4020010db8"), "21c633640000", 0, Accept},
		{"MP_REACH_NLRI and MP_UNREACH_NLRI of one family", "", good + reach("000201", v6, "4020010db8") + "800f0400020181", "", inet.IPv6Unicast, Accept},
		{"MP_REACH_NLRI and MP_UNREACH_NLRI of two", "", good + reach("000201", v6, "4020010db8") + "800f0400010221", "", 0, Accept},
		{"MP_REACH_NLRI of two octets", "", good + "800e020002", "", 0, Accept},
		{"MP_UNREACH_NLRI twice", "", "800f03000201800f03000201", "", 0, Accept},
		{"an unknown well-known attribute beside broken NLRI", "", good + reach("000201", v6, "4020010db8") + "406300", "", 0, Accept},
		{"a malformed attribute without any route", "", good + "c0080101", "", 0, Accept},
		{"section lengths", "", good, "", 0, Accept},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, a := unhex(t, tt.withdrawn), unhex(t, tt.attrs)
			body := append([]byte{0, byte(len(w))}, w...)
			body = append(append(body, byte(len(a)>>8), byte(len(a))), a...)
			body = append(body, unhex(t, tt.nlri)...)
			if tt.name == "section lengths" {
				body[3]++
			}
			var u Update
			ParseUpdate(&u, body, Ctx{ASN4: true})
			if v := u.Verdict; v.Action != Reset || v.DisableFamily != tt.scope || v.Beside != tt.beside {
				t.Errorf("%v %s: disable %v beside %v, want %v beside %v", v.Action, v.Text(), v.DisableFamily, v.Beside, tt.scope, tt.beside)
			}
		})
	}
}

// TestPolicyTable holds the reactions to malformed attributes against RFC 7606 §7 and
// the RFCs of the attributes: external, then internal.
func TestPolicyTable(t *testing.T) {
	const w, d, r = TreatAsWithdraw, DiscardAttribute, Reset
	want := map[AttrCode][2]Action{
		AttrOrigin: {w, w}, AttrASPath: {w, w}, AttrNextHop: {w, w}, AttrMED: {w, w}, AttrLocalPref: {d, w},
		AttrAtomicAggregate: {d, d}, AttrAggregator: {d, d}, AttrAS4Aggregator: {d, d}, AttrAS4Path: {d, d},
		AttrCommunities: {w, w}, AttrExtCommunities: {w, w}, AttrIPv6ExtComm: {w, w}, AttrLargeCommunities: {w, w},
		AttrSet: {w, w}, AttrOTC: {w, w}, AttrBGPsecPath: {w, w}, AttrPMSITunnel: {w, w},
		AttrOriginatorID: {d, w}, AttrClusterList: {d, w}, AttrMPReach: {r, r}, AttrMPUnreach: {r, r},
		AttrPrefixSID: {d, d}, AttrTunnelEncap: {w, w}, AttrAIGP: {d, d}, AttrBGPLS: {d, d},
	}
	for i := range attrTable {
		code := AttrCode(i)
		got := [2]Action{attrTable[i].Policy.action(Ctx{}, code), attrTable[i].Policy.action(Ctx{IBGP: true}, code)}
		if want, ok := want[code]; ok != code.Known() || got != want {
			t.Errorf("%v: %v, want %v", code, got, want)
		}
	}
	if attrTable[AttrLocalPref].Policy.action(Ctx{Confed: true}, AttrLocalPref) != w || attrTable[AttrClusterList].Policy.action(Ctx{Confed: true}, AttrClusterList) != d {
		t.Error("LOCAL_PREF has a place between members of a confederation, CLUSTER_LIST has none")
	}
}
