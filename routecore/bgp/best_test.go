package bgp

import (
	"encoding/binary"
	"net/netip"
	"testing"

	"pgregory.net/rapid"

	"example.com/rotonda/routecore/inet"
)

// TestBestPath has a pair for each step: of two routes equal up to it, the first wins.
func TestBestPath(t *testing.T) {
	path := func(asns ...inet.ASN) string {
		b := []byte{2, byte(len(asns))}
		for _, n := range asns {
			b = binary.BigEndian.AppendUint32(b, uint32(n))
		}
		return string(hexOf(b))
	}
	route := func(p string, more ...any) Attrs {
		return set(t, append([]any{AttrOrigin, "00", AttrASPath, p}, more...)...)
	}
	base := Candidate{Attrs: route(path(1, 2)), ID: 10, Peer: netip.MustParseAddr("192.0.2.10")}
	with := func(f func(*Candidate)) Candidate { c := base; f(&c); return c }
	attrs := func(p string, more ...any) Candidate { return with(func(c *Candidate) { c.Attrs = route(p, more...) }) }
	pref := func(s string) Candidate { return attrs(path(1, 2), AttrLocalPref, s) }
	for _, tt := range []struct {
		name         string
		s            Selection
		better, less Candidate
	}{
		{"not stale", Selection{}, attrs(path(1, 2, 3)), attrs(path(1, 2), AttrCommunities, "ffff0006", AttrLocalPref, "000000ff")},
		{"higher LOCAL_PREF", Selection{}, attrs(path(1, 2, 3), AttrLocalPref, "00000065"), pref("00000064")},
		{"LOCAL_PREF over none", Selection{}, pref("00000001"), base},
		{"the preference that stands in", Selection{Preference: 100}, base, pref("00000063")},
		{"least AIGP", Selection{AIGP: true}, attrs(path(1, 2, 3), AttrAIGP, "01000b0000000000000005"), attrs(path(1), AttrAIGP, "01000b0000000000000006")},
		{"AIGP over none", Selection{AIGP: true}, attrs(path(1, 2, 3), AttrAIGP, "01000b0000000000000005"), attrs(path(1))},
		{"shorter path", Selection{}, attrs(path(9)), base},
		{"a set counts one", Selection{}, attrs("010300000001000000020000000302010000000a"), attrs(path(1, 2, 3))},
		{"confederation segments count none", Selection{}, attrs("0303000000010000000200000003" + path(1)), base},
		{"lower ORIGIN", Selection{}, base, with(func(c *Candidate) { c.Attrs = set(t, AttrOrigin, "01", AttrASPath, path(1, 2)) })},
		{"lower MED of one neighbour", Selection{}, with(func(c *Candidate) { c.Attrs, c.IBGP = route(path(1, 2), AttrMED, "00000004"), true }), attrs(path(1, 2), AttrMED, "00000005")},
		{"no MED is the lowest", Selection{}, with(func(c *Candidate) { c.IBGP = true }), attrs(path(1, 3), AttrMED, "00000001")},
		{"MED of two neighbours does not count", Selection{}, attrs(path(1, 2), AttrMED, "00000009"), with(func(c *Candidate) { c.Attrs, c.ID = route(path(7, 2), AttrMED, "00000001"), 11 })},
		{"MED of two neighbours where it always counts", Selection{AlwaysMED: true}, with(func(c *Candidate) { c.Attrs, c.ID = route(path(7, 2), AttrMED, "00000001"), 11 }), attrs(path(1, 2), AttrMED, "00000009")},
		{"MED skipped", Selection{SkipMED: true}, attrs(path(1, 2), AttrMED, "00000009"), with(func(c *Candidate) { c.Attrs, c.ID = route(path(1, 2), AttrMED, "00000001"), 11 })},
		{"external over internal", Selection{}, base, with(func(c *Candidate) { c.IBGP, c.ID = true, 1 })},
		{"lower cost", Selection{}, with(func(c *Candidate) { c.IGP, c.ID = 4, 11 }), with(func(c *Candidate) { c.IGP = 5 })},
		{"lower identifier", Selection{}, base, with(func(c *Candidate) { c.ID, c.Peer = 11, netip.MustParseAddr("192.0.2.1") })},
		{"ORIGINATOR_ID instead of the identifier", Selection{}, with(func(c *Candidate) { c.Attrs, c.ID = route(path(1, 2), AttrOriginatorID, "00000002"), 99 }), base},
		{"shorter CLUSTER_LIST", Selection{}, base, attrs(path(1, 2), AttrClusterList, "01020304")},
		{"lower address", Selection{}, base, with(func(c *Candidate) { c.Peer = netip.MustParseAddr("192.0.2.11") })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, back := tt.s.Compare(tt.better, tt.less), tt.s.Compare(tt.less, tt.better); got >= 0 || back <= 0 {
				t.Errorf("compares as %d, the other way as %d", got, back)
			}
			if i := tt.s.Best([]Candidate{tt.less, tt.better}); i != 1 {
				t.Errorf("best is %d", i)
			}
			if i := tt.s.Best([]Candidate{tt.better, tt.less}); i != 0 {
				t.Errorf("turned around, best is %d", i)
			}
		})
	}
	if (Selection{}).Compare(base, base) != 0 {
		t.Error("a route is not equal to itself")
	}
	if (Selection{}).Best(nil) != -1 || (Selection{}).Best([]Candidate{{}, attrs("")}) != -1 {
		t.Error("routes without ORIGIN or without hops are chosen")
	}
	if (Selection{}).Best([]Candidate{with(func(c *Candidate) { c.Attrs, c.IBGP = route(""), true })}) != 0 {
		t.Error("an internal route needs no hops")
	}
	// The three-way cycle of RFC 4271: A beats B by identifier, B beats C by MED, C
	// beats A by cost. Over the set the RFC's steps choose one whatever the order.
	a := with(func(c *Candidate) { c.Attrs, c.ID, c.IGP = route(path(1, 2), AttrMED, "00000000"), 1, 2 })
	b := with(func(c *Candidate) { c.Attrs, c.ID, c.IGP = route(path(7, 2), AttrMED, "00000001"), 2, 3 })
	c := with(func(c *Candidate) { c.Attrs, c.ID, c.IGP = route(path(7, 2), AttrMED, "00000002"), 3, 1 })
	s := Selection{}
	if s.Compare(a, b) >= 0 || s.Compare(b, c) >= 0 || s.Compare(c, a) >= 0 {
		t.Error("no cycle: the test proves nothing")
	}
	for _, list := range [][]Candidate{{a, b, c}, {b, c, a}, {c, b, a}, {c, a, b}} {
		if got := list[s.Best(list)]; got.ID != 1 {
			t.Errorf("chose %d", got.ID)
		}
	}
	if got := s.Backup([]Candidate{a, b, c}, 0); got != -1 {
		t.Errorf("backup %d comes from the same peer", got)
	}
	b.Peer, c.Peer = netip.MustParseAddr("192.0.2.20"), netip.MustParseAddr("192.0.2.30")
	if got := s.Backup([]Candidate{a, b, c}, 0); got != 1 {
		t.Errorf("backup %d", got)
	}
}

func drawCandidate(t *rapid.T) Candidate {
	small := func(name string) uint32 { return rapid.Uint32Range(0, 2).Draw(t, name) }
	number := func(code AttrCode, a Attrs) Attrs {
		if rapid.Bool().Draw(t, "there") {
			return AppendSet(nil, a, code, binary.BigEndian.AppendUint32(nil, small("n")))
		}
		return a
	}
	a := Attrs(AppendSet(nil, nil, AttrOrigin, []byte{byte(small("origin"))}))
	p := AppendPrepended(nil, nil, 9, int(small("hops")))
	a = AppendSet(nil, a, AttrASPath, AppendPrepended(nil, p, inet.ASN(1+small("neighbour")), 1))
	for _, code := range []AttrCode{AttrMED, AttrLocalPref, AttrOriginatorID, AttrClusterList} {
		a = number(code, a)
	}
	return Candidate{a, rapid.Bool().Draw(t, "ibgp"), small("igp"), small("id"), netip.AddrFrom4([4]byte{192, 0, 2, byte(small("peer"))})}
}

// TestSelectionIsAnOrder: without MED, or with it between all, Compare is a total
// preorder; Best agrees with it; and with MED Best does not depend on the order.
func TestSelectionIsAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(drawCandidate), 3, 6).Draw(t, "routes")
		s := Selection{SkipMED: rapid.Bool().Draw(t, "skip")}
		s.AlwaysMED = !s.SkipMED
		a, b, c := list[0], list[1], list[2]
		if sign(s.Compare(a, b)) != -sign(s.Compare(b, a)) {
			t.Fatal("not antisymmetric")
		}
		if s.Compare(a, b) <= 0 && s.Compare(b, c) <= 0 && s.Compare(a, c) > 0 {
			t.Fatal("not transitive")
		}
		best := s.Best(list)
		for i := range list {
			if s.Compare(list[i], list[best]) < 0 {
				t.Fatalf("%d is better than the best, %d", i, best)
			}
		}
		s = Selection{}
		turned := rapid.Permutation(list).Draw(t, "turned")
		if x, y := list[s.Best(list)], turned[s.Best(turned)]; s.Compare(x, y) != 0 {
			t.Fatal("the order of candidates matters")
		}
	})
}

func sign(n int) int { return max(-1, min(1, n)) }

func TestSelectionAllocatesNothing(t *testing.T) {
	a := set(t, AttrOrigin, "00", AttrASPath, "02010000fbf4", AttrMED, "00000001")
	list := []Candidate{{Attrs: a, ID: 1}, {Attrs: a, ID: 2}, {Attrs: a, ID: 3}}
	if n := testing.AllocsPerRun(50, func() { Selection{}.Best(list) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
