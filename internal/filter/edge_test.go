package filter

import (
	"fmt"
	"strings"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

func TestChangedAttributesSplitTheRun(t *testing.T) {
	b := load(t, `
filter rib_in_pre(r: Route, i: IngressInfo) {
    if r.prefix().len() < 24 {
        r.set_med(77);
        r.add_community(Community.from("1:2"));
    }
    accept
}
`)
	in := b.batch(attrs(1), "8.0.0.0/8", "9.0.0.0/8", "8.8.8.0/24", "8.8.4.0/24", "11.0.0.0/8")
	in.Add(&unit.EndOfRIB{})
	out := b.Edge("").Filter(in)
	expect(t, show(out), "+8.0.0.0/8 med=77 AS1:2; +9.0.0.0/8 med=77 AS1:2; +8.8.8.0/24; +8.8.4.0/24; +11.0.0.0/8 med=77 AS1:2; *unit.EndOfRIB")
	if len(out.Events) != 4 {
		t.Errorf("%d events, want 3 runs and the End-of-RIB", len(out.Events))
	}
	expect(t, show(in), "+8.0.0.0/8; +9.0.0.0/8; +8.8.8.0/24; +8.8.4.0/24; +11.0.0.0/8; *unit.EndOfRIB")
}

func TestFilterWithoutPrefixRunsOncePerRun(t *testing.T) {
	b := load(t, `
filter rib_in_pre(r: Route, i: IngressInfo) {
    if r.aspath_contains(AS666) { reject }
    r.set_local_pref(50);
    r.remove_community(NO_EXPORT);
    accept
}
`)
	a := with(attrs(1), bgp.AttrCommunities, 0xff, 0xff, 0xff, 1, 0, 1, 0, 2)
	expect(t, b.route(a, "8.0.0.0/8", "9.0.0.0/8"), "+8.0.0.0/8 AS1:2; +9.0.0.0/8 AS1:2")
	expect(t, b.route(attrs(666), "8.0.0.0/8", "9.0.0.0/8"), "-8.0.0.0/8; -9.0.0.0/8")
	if n := b.tallies[tallyRoute].accepted.Load() + b.tallies[tallyRoute].rejected.Load(); n != 2 {
		t.Errorf("called %d times for two runs", n)
	}
}

func TestRejectedWithdrawalIsHiddenOnly(t *testing.T) {
	b := load(t, `filter rib_in_pre(r: Route, i: IngressInfo) { if r.has_attribute(2) { accept } reject }`)
	expect(t, b.route(nil, "8.0.0.0/8"), "~8.0.0.0/8")
	expect(t, b.route(attrs(1), "8.0.0.0/8"), "+8.0.0.0/8")
}

func TestFaultRejectsAndIsCounted(t *testing.T) {
	b := load(t, `filter rib_in_pre(r: Route, i: IngressInfo) {
    let zero = 0;
    if r.prefix().len() / 0 == 1 { accept }
    accept
}`)
	expect(t, b.route(attrs(1), "8.0.0.0/8", "9.0.0.0/8"), "-8.0.0.0/8; -9.0.0.0/8")
	expect(t, b.route(nil, "8.0.0.0/8"), "-8.0.0.0/8")
	if _, _, n := b.Count("rib_in_pre"); n != 3 {
		t.Errorf("%d faults", n)
	}
	if !strings.Contains(b.said.String(), "s.roto:3:8: division by zero") {
		t.Error(b.said.String())
	}
}

func TestMarksFollowTheSplit(t *testing.T) {
	b := load(t, `filter rib_in_pre(r: Route, i: IngressInfo) { if r.prefix() == 9.0.0.0 / 8 { reject } accept }`)
	in := b.batch(attrs(1), "8.0.0.0/8", "9.0.0.0/8", "11.0.0.0/8")
	in.Events[0].(*unit.Routes).Marks = []bgp.Change{bgp.ChangeNew, bgp.ChangeReplaced, bgp.ChangeSame}
	var got []bgp.Change
	for _, ev := range b.Edge("").Filter(in).Events {
		got = append(got, ev.(*unit.Routes).Marks...)
	}
	expect(t, fmt.Sprint(got), "[new replaced same]")
}

func TestEventsKeepTheirOrder(t *testing.T) {
	b := load(t, `filter rib_in_pre(r: Route, i: IngressInfo) { if r.aspath_contains(AS666) { output.log_matched_asn(AS666); reject } accept }`)
	in := new(unit.Batch)
	in.Add(&unit.PeerUp{})
	in.Announce(b.peer, inet.IPv4Unicast, false, nlri("8.0.0.0/8"), attrs(1), 0)
	in.Announce(b.peer, inet.IPv4Unicast, false, nlri("9.0.0.0/8"), attrs(666), 0)
	in.Announce(b.peer, inet.IPv4Unicast, false, nlri("11.0.0.0/8"), attrs(2), 0)
	in.Add(&unit.PeerDown{})
	edge := b.Edge("")
	for range 2 {
		expect(t, show(edge.Filter(in)), "*unit.PeerUp; +8.0.0.0/8; !asn AS666 of 9.0.0.0/8; -9.0.0.0/8; +11.0.0.0/8; *unit.PeerDown")
	}
}

// A filter_name that the script does not have is answered by rib_in_pre: a
// filter never fails open.
func TestAnUnknownFilterNameMeansRibInPre(t *testing.T) {
	b := load(t, "filter rib_in_pre(r: Route, i: IngressInfo) { reject }\n")
	expect(t, show(b.Edge("no_such").Filter(b.batch(attrs(1), "8.0.0.0/8"))), "-8.0.0.0/8")
}
