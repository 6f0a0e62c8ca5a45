package unit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// update is an UPDATE that withdraws 192.0.2.0/24 and announces
// 198.51.100.0/24 and 203.0.113.0/24.
var update = []byte{
	0, 4, 24, 192, 0, 2,
	0, 20,
	0x40, 1, 1, 0, // ORIGIN IGP
	0x40, 2, 6, 2, 1, 0, 0, 0xfb, 0xf4, // AS_PATH 64500
	0x40, 3, 4, 192, 0, 2, 1, // NEXT_HOP
	24, 198, 51, 100, 24, 203, 0, 113,
}

func parse(t testing.TB, body []byte) *bgp.Update {
	t.Helper()
	u := new(bgp.Update)
	bgp.ParseUpdate(u, body, bgp.Ctx{ASN4: true})
	if u.Verdict.Action != bgp.Accept {
		t.Fatalf("verdict %+v", u.Verdict)
	}
	return u
}

func routesOf(b *Batch) []*Routes {
	var list []*Routes
	for _, ev := range b.Events {
		if r, ok := ev.(*Routes); ok {
			list = append(list, r)
		}
	}
	return list
}

func TestAnUpdateGivesOneRoutesForEachSection(t *testing.T) {
	b := new(Batch)
	b.AddUpdate(Peer{1, 2}, parse(t, update), 42)
	list := routesOf(b)
	if len(list) != 2 {
		t.Fatalf("%d routes, want 2", len(list))
	}
	w, a := list[0], list[1]
	if !w.Withdrawn() || w.Run().Len() != 1 || w.Family != inet.IPv4Unicast {
		t.Errorf("withdrawn: %+v", w)
	}
	if a.Withdrawn() || a.Run().Len() != 2 || a.Time != 42 || a.Peer != (Peer{1, 2}) {
		t.Errorf("announced: %+v", a)
	}
	if as, ok := a.Attrs.OriginAS(); !ok || as != 64500 {
		t.Errorf("origin AS %v, %v", as, ok)
	}
}

// TestRoutesRememberThatLabelsAreOne: the key of a withdrawal is that of its route also
// where the octets behind the label look like another one.
func TestRoutesRememberThatLabelsAreOne(t *testing.T) {
	b := new(Batch)
	b.AddUpdate(Peer{1, 2}, parse(t, []byte{0, 0, 0, 13, 0x80, 15, 10, 0, 1, 4, 48, 0x12, 0x34, 0x56, 203, 0, 113}), 42)
	run := routesOf(b)[0].Run()
	if got := run.String(); got != "ipv4 labelled 203.0.113.0/24 label 74565" {
		t.Error(got)
	}
}

func TestABadAttributeWithdrawsWhatTheUpdateAnnounces(t *testing.T) {
	bad := append([]byte(nil), update...)
	bad[11] = 9 // ORIGIN 9: RFC 7606 §7.1
	u := new(bgp.Update)
	bgp.ParseUpdate(u, bad, bgp.Ctx{ASN4: true})
	b := new(Batch)
	b.AddUpdate(Peer{1, 1}, u, 0)
	for _, r := range routesOf(b) {
		if !r.Withdrawn() {
			t.Errorf("announced in spite of %+v", u.Verdict)
		}
	}
	if len(routesOf(b)) != 2 {
		t.Errorf("%d routes, want both sections", len(routesOf(b)))
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	b, u, stage := new(Batch), parse(t, update), &Stage{"rib"}
	fill := func() {
		b.Reset()
		b.AddUpdate(Peer{1, 1}, u, 0)
		n := b.Next(stage)
		for _, ev := range b.Events {
			n.Add(ev)
		}
	}
	fill()
	if n := testing.AllocsPerRun(100, fill); n != 0 {
		t.Errorf("%v allocations a message, want 0", n)
	}
}

func TestACloneSharesNoBytes(t *testing.T) {
	body := append([]byte(nil), update...)
	b := new(Batch)
	b.AddUpdate(Peer{1, 1}, parse(t, body), 7)
	b.Add(&PeerUp{Peer: Peer{1, 1}, Sent: body[:4]})
	b.Add(&Output{Topic: "prefix", Route: routesOf(b)[1]})
	for _, r := range routesOf(b) {
		r.Marks = append(r.Marks, bgp.ChangeNew)
	}
	want := b.Clone()
	c := b.Clone()
	clear(body)
	clear(b.arena)
	b.Reset()
	if diff := cmp.Diff(want.Events, c.Events); diff != "" {
		t.Errorf("the clone changed with its original:\n%s", diff)
	}
	if as, _ := routesOf(c)[1].Attrs.OriginAS(); as != 64500 {
		t.Errorf("origin %v after the original was reused", as)
	}
}

func TestDetachedRoutesSurviveGrowth(t *testing.T) {
	b := new(Batch)
	var list []*Routes
	for i := range 1000 {
		r := b.NewRoutes()
		r.Time = int64(i)
		list = append(list, r)
	}
	for i, r := range list {
		if r.Time != int64(i) || b.Events[i] != Event(r) {
			t.Fatalf("routes %d moved", i)
		}
	}
}
