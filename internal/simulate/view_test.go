package simulate

import (
	"bytes"
	"crypto/sha256"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// ears keeps what a receiver of UPDATEs would: a table of canonical attributes.
type ears struct {
	t      *testing.T
	update bgp.Update
	table  map[netip.Prefix]string
	ends   []inet.Family

	messages, announced, withdrawn, changed int
}

func newEars(t *testing.T) *ears { return &ears{t: t, table: map[netip.Prefix]string{}} }

// hear reads one message as a daemon does and demands that nothing is wrong with it.
func (e *ears) hear(raw []byte) {
	e.t.Helper()
	m, n, err := bgp.ReadMessage(raw, maxMessage)
	if err != nil || n != len(raw) || m.Type != bgp.MsgUpdate {
		e.t.Fatalf("message of %d bytes: type %v, %d read: %v", len(raw), m.Type, n, err)
	}
	bgp.ParseUpdate(&e.update, m.Body(), bgp.Ctx{ASN4: true})
	if e.update.Verdict.Action != bgp.Accept {
		e.t.Fatalf("UPDATE %x: %v: %s", raw, e.update.Verdict.Action, e.update.Verdict.Text())
	}
	if f, ok := e.update.EndOfRIB(); ok {
		e.ends = append(e.ends, f)
		return
	}
	e.messages++
	reach, _ := e.update.MPReach()
	for _, n := range []bgp.NLRI{e.update.Announced(), reach} {
		if n.Len() == 0 {
			continue
		}
		attrs := string(e.update.AppendAttrs(nil, n.Family))
		for _, p := range n.Prefixes() {
			e.announced++
			if old, ok := e.table[p]; ok && old != attrs {
				e.changed++
			}
			e.table[p] = attrs
		}
	}
	unreach, _ := e.update.MPUnreach()
	for _, n := range []bgp.NLRI{e.update.Withdrawn(), unreach} {
		for _, p := range n.Prefixes() {
			e.withdrawn++
			if _, ok := e.table[p]; !ok {
				e.t.Fatalf("%v is withdrawn but was not announced", p)
			}
			delete(e.table, p)
		}
	}
}

func TestATableIsReadBackWhole(t *testing.T) {
	w := New(1, 50_000)
	v := w.View(3)
	e := newEars(t)
	for update := range v.Table(true, true) {
		e.hear(update)
	}
	ipv4, ipv6 := v.Count()
	if len(e.table) != ipv4+ipv6 || e.announced != ipv4+ipv6 || e.withdrawn != 0 {
		t.Errorf("%d prefixes in %d announcements, want %d + %d once each", len(e.table), e.announced, ipv4, ipv6)
	}
	if share := float64(ipv4+ipv6) / float64(w.Len()); share < 0.94 || share > 0.96 {
		t.Errorf("the neighbour has %.3f of all prefixes, want 0.95", share)
	}
	if diff := cmp.Diff([]inet.Family{inet.IPv4Unicast, inet.IPv6Unicast}, e.ends); diff != "" {
		t.Errorf("End-of-RIB markers: %s", diff)
	}
	if mean := float64(e.announced) / float64(e.messages); mean < 2.5 || mean > 9 {
		t.Errorf("%.2f prefixes a message, want some", mean)
	}
	t.Logf("%d prefixes in %d messages", e.announced, e.messages)
	for prefix, attrs := range e.table {
		a := bgp.Attrs(attrs)
		if first, _ := a.NeighbourAS(); first != v.ASN() {
			t.Fatalf("%v: path begins with %v, want %v", prefix, first, v.ASN())
		}
		want := v.addr4
		if prefix.Addr().Is6() {
			want = v.addr6
		}
		if a.NextHop() != want {
			t.Fatalf("%v: next hop %v, want %v", prefix, a.NextHop(), want)
		}
	}
}

func TestAttributesAreSpreadAsOnTheInternet(t *testing.T) {
	w := New(1, 50_000)
	n := 0
	count := map[string]int{}
	for i := range 4 {
		e := newEars(t)
		for update := range w.View(i).Table(true, true) {
			e.hear(update)
		}
		for _, attrs := range e.table {
			a := bgp.Attrs(attrs)
			n++
			tally(count, a)
		}
	}
	for _, c := range []struct {
		what      string
		low, high float64
	}{
		{"igp", 0.88, 0.97}, {"hops", 4, 5.8}, {"prepended", 0.08, 0.3}, {"communities", 0.5, 0.95},
		{"community values", 1, 8}, {"large", 0.05, 0.6}, {"med", 0.02, 0.5}, {"aggregator", 0.01, 0.1}, {"otc", 0.01, 0.06},
	} {
		got := float64(count[c.what]) / float64(n)
		t.Logf("%-17s %.3f a route", c.what, got)
		if got < c.low || got > c.high {
			t.Errorf("%s: %.3f a route, want %.2f to %.2f", c.what, got, c.low, c.high)
		}
	}
}

// tally counts what a route has.
func tally(count map[string]int, a bgp.Attrs) {
	flag := func(what string, is bool) {
		if is {
			count[what]++
		}
	}
	origin, _ := a.Origin()
	flag("igp", origin == 0)
	last, prepended := inet.ASN(0), false
	for asn := range a.ASPath().Hops() {
		count["hops"]++
		prepended = prepended || asn == last
		last = asn
	}
	flag("prepended", prepended)
	flag("communities", a.Has(bgp.AttrCode(attrCommunities)))
	for range a.Communities() {
		count["community values"]++
	}
	flag("large", a.Has(bgp.AttrCode(attrLargeCommunity)))
	flag("med", a.Has(bgp.AttrCode(attrMED)))
	flag("aggregator", a.Has(bgp.AttrCode(attrAggregator)))
	flag("otc", a.Has(bgp.AttrCode(attrOnlyToCustomer)))
}

func TestChangesLeadToTheTableThatIsSentNext(t *testing.T) {
	w := New(9, 5_000)
	v := w.View(0)
	live := newEars(t)
	for update := range v.Table(true, true) {
		live.hear(update)
	}
	live.messages, live.announced = 0, 0
	for range 20_000 {
		live.hear(v.Next())
	}
	again := newEars(t)
	for update := range v.Table(true, true) {
		again.hear(update)
	}
	if diff := cmp.Diff(len(again.table), len(live.table)); diff != "" {
		t.Fatal(diff)
	}
	for p, attrs := range again.table {
		if live.table[p] != attrs {
			t.Fatalf("%v: after the changes %x, in the next table %x", p, live.table[p], attrs)
		}
	}
	t.Logf("%d messages: %d announced, %d of them a change, %d withdrawn", live.messages, live.announced, live.changed, live.withdrawn)
	if live.withdrawn < 1000 || live.withdrawn > 3000 || live.changed < 10_000 {
		t.Errorf("%d withdrawn, %d changed of 20000", live.withdrawn, live.changed)
	}
	if single := float64(live.announced+live.withdrawn) / float64(live.messages); single > 2 {
		t.Errorf("%.2f prefixes a message, want mostly one", single)
	}
}

func TestSameSeedSameMessagesOtherSeedOthers(t *testing.T) {
	digest := func(seed uint64, view int) [32]byte {
		h := sha256.New()
		v := New(seed, 3000).View(view)
		for update := range v.Table(true, true) {
			h.Write(update)
		}
		for range 2000 {
			h.Write(v.Next())
		}
		return [32]byte(h.Sum(nil))
	}
	one := digest(1, 0)
	if one != digest(1, 0) {
		t.Error("the same seed and view told something else the second time")
	}
	if one == digest(2, 0) || one == digest(1, 1) {
		t.Error("another seed or view told the same")
	}
}

func TestNeighboursHaveTheirOwnASAndAddress(t *testing.T) {
	w := New(1, 20_000)
	asns, addrs := map[inet.ASN]bool{}, map[netip.Addr]bool{}
	const n = 60
	for i := range n {
		v := w.View(i)
		asns[v.ASN()], addrs[v.Address()] = true, true
	}
	for i := range 400 {
		addrs[neighbour4(i)], addrs[neighbour6(i)] = true, true
	}
	if len(asns) != n || len(addrs) != 800 {
		t.Errorf("%d AS numbers for %d neighbours, %d addresses of 800", len(asns), n, len(addrs))
	}
}

func TestLongRunsAreSplitBelowTheLargestMessage(t *testing.T) {
	attrs := bytes.Repeat([]byte{flagOptional | flagTransitive, 200, 1, 0}, 300)
	for _, v6 := range []bool{false, true} {
		run := make([]prefix, 3000)
		for i := range run {
			run[i] = prefix{addr: uint64(i+1) << 40, bits: 24, v6: v6}
			if v6 {
				run[i] = prefix{addr: 0x2a<<56 | uint64(i)<<16, bits: 48, v6: true}
			}
		}
		messages := 0
		for rest := run; len(rest) > 0; messages++ {
			var msg []byte
			before := len(rest)
			if v6 {
				msg, rest = appendUpdate6(nil, attrs, neighbour6(0), rest)
			} else {
				msg, rest = appendUpdate4(nil, attrs, rest)
			}
			if len(msg) > maxMessage || len(rest) == before {
				t.Fatalf("v6 %v: message of %d bytes took %d prefixes", v6, len(msg), before-len(rest))
			}
			if len(rest) > 0 && len(msg) < maxMessage-8 {
				t.Errorf("v6 %v: message of %d bytes has room left", v6, len(msg))
			}
		}
		if messages < 3 {
			t.Errorf("v6 %v: %d messages", v6, messages)
		}
	}
}
