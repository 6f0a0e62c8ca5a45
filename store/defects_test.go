package store

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// rig is a store with one table and helpers that speak in text.
type rig struct {
	t     testing.TB
	store *Store
	table Table
	now   int64
}

func newRig(t testing.TB, o Options) *rig {
	s := New(o)
	return &rig{t, s, s.Table("rib"), 1_000_000}
}

func familyOf(p netip.Prefix) inet.Family {
	if p.Addr().Is4() {
		return inet.IPv4Unicast
	}
	return inet.IPv6Unicast
}

func (r *rig) lane(ingress uint32, f inet.Family) *Lane {
	return r.store.Lane(LaneKey{r.table, ingress, f})
}

func (r *rig) apply(ingress uint32, attrs string, prefixes ...string) (Report, []bgp.Change) {
	r.t.Helper()
	c := &Change{Time: r.now}
	if attrs != "" {
		c.Attrs = bgp.Attrs(attrs)
	}
	for _, p := range prefixes {
		prefix := netip.MustParsePrefix(p)
		c.NLRI.Family = familyOf(prefix)
		c.NLRI.Bytes = bgp.AppendNLRI(c.NLRI.Bytes, prefix, 0, false)
	}
	report := r.lane(ingress, c.NLRI.Family).Apply(c)
	return report, c.Marks
}

func (r *rig) announce(ingress uint32, attrs string, prefixes ...string) {
	r.t.Helper()
	if rep, _ := r.apply(ingress, attrs, prefixes...); rep.Err != nil {
		r.t.Fatal(rep.Err)
	}
}

func (r *rig) withdraw(ingress uint32, prefixes ...string) Report {
	r.t.Helper()
	rep, _ := r.apply(ingress, "", prefixes...)
	return rep
}

// ask answers as "prefix ingress attrs status" each.
func (r *rig) ask(m Match, prefix string, change ...func(*Query)) []string {
	r.t.Helper()
	p := netip.MustParsePrefix(prefix)
	q := Query{Table: r.table, Family: familyOf(p), Match: m, Prefix: p}
	for _, f := range change {
		f(&q)
	}
	var out []string
	for e, err := range r.store.Query(context.Background(), q) {
		if err != nil {
			r.t.Fatal(err)
		}
		out = append(out, fmt.Sprintf("%s %d %s %s", e.Prefix, e.Ingress, []byte(e.Attrs), e.Status))
	}
	return out
}

func (r *rig) want(what string, got []string, want ...string) {
	r.t.Helper()
	if !slices.Equal(got, want) {
		r.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

func (r *rig) stats() TableStats { return r.table.Stats(inet.IPv4Unicast) }

// Each of these was wrong in the store that this one follows; the numbers are
// those of the list in the inventory (docs/decisions/0010-store.md).

func TestDefect01TheDefaultRouteIsARoute(t *testing.T) {
	for _, p := range []string{"0.0.0.0/0", "::/0"} {
		r := newRig(t, Options{})
		inside := map[string]string{"0.0.0.0/0": "192.0.2.0/24", "::/0": "2001:db8::/32"}[p]
		r.announce(1, "a", p)
		r.want("exact", r.ask(Exact, p), p+" 1 a active")
		r.want("longest", r.ask(Longest, inside), p+" 1 a active")
		r.want("less", r.ask(Less, inside), p+" 1 a active")
		r.want("less of itself", r.ask(Less, p), p+" 1 a active")
		r.want("more", r.ask(More, p), p+" 1 a active")
		r.want("all", r.ask(All, p), p+" 1 a active")
		r.want("more without itself", r.ask(More, p, func(q *Query) { q.ExcludeSelf = true }))
	}
}

func TestDefect02LongestFallsBackToARouteThatIsActive(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	r.announce(1, "a", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24")
	r.withdraw(1, "10.1.2.0/24")
	r.want("longest", r.ask(Longest, "10.1.2.3/32"), "10.1.0.0/16 1 a active")
	r.want("of another peer", r.ask(Longest, "10.1.2.3/32", func(q *Query) { q.Ingress = func(id uint32) bool { return id == 2 } }))
	r.announce(2, "b", "10.0.0.0/8")
	r.want("that fits", r.ask(Longest, "10.1.2.3/32", func(q *Query) { q.Attrs = func(a bgp.Attrs) bool { return a[0] == 'b' } }), "10.0.0.0/8 2 b active")
}

func TestDefect03AnExactHitOfLongestIsThePrefixItself(t *testing.T) {
	r := newRig(t, Options{})
	r.announce(1, "a", "10.1.0.0/16", "10.0.0.0/8")
	r.want("longest", r.ask(Longest, "10.1.0.0/16"), "10.1.0.0/16 1 a active")
}

func TestDefect04APeerThatIsDownIsNotActive(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	r.announce(1, "a", "10.0.0.0/8")
	r.lane(1, inet.IPv4Unicast).Down(2e6, false)
	only := func(q *Query) { q.Ingress = func(id uint32) bool { return id == 1 } }
	r.want("exact", r.ask(Exact, "10.0.0.0/8", only))
	r.want("with withdrawn", r.ask(Exact, "10.0.0.0/8", only, func(q *Query) { q.Status = AnyStatus }), "10.0.0.0/8 1 a withdrawn")
}

func TestDefect05MoreAndLessYieldTheRoutesOfEachPrefix(t *testing.T) {
	r := newRig(t, Options{})
	r.announce(1, "eight", "10.0.0.0/8")
	r.announce(1, "sixteen", "10.1.0.0/16")
	r.announce(2, "twentyfour", "10.1.2.0/24")
	without := func(q *Query) { q.ExcludeSelf = true }
	r.want("more", r.ask(More, "10.0.0.0/8", without), "10.1.0.0/16 1 sixteen active", "10.1.2.0/24 2 twentyfour active")
	r.want("less", r.ask(Less, "10.1.2.0/24", without), "10.0.0.0/8 1 eight active", "10.1.0.0/16 1 sixteen active")
}

func TestDefect06And11APeerNeverSeenHoldsNothing(t *testing.T) {
	r := newRig(t, Options{})
	r.announce(1, "a", "10.0.0.0/8")
	r.want("exact", r.ask(Exact, "10.0.0.0/8", func(q *Query) { q.Ingress = func(id uint32) bool { return id == 7 } }))
	if st := r.lane(7, inet.IPv4Unicast).Stats(); st != (LaneStats{}) {
		t.Errorf("a peer that never spoke has %+v", st)
	}
}

func TestDefect07And08CountsFollowRoutesNotMessages(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	for range 3 {
		r.announce(1, "a", "10.0.0.0/8", "10.1.0.0/16")
	}
	r.announce(2, "b", "10.0.0.0/8")
	rep, marks := r.apply(1, "c", "10.0.0.0/8")
	if rep.Replaced != 1 || rep.New != 0 || !slices.Equal(marks, []bgp.Change{bgp.ChangeReplaced}) {
		t.Errorf("%+v, marks %v", rep, marks)
	}
	if got, want := r.stats(), (TableStats{Prefixes: 2, Routes: 3, Active: 3, Peers: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	r.withdraw(1, "10.1.0.0/16")
	if got, want := r.stats(), (TableStats{Prefixes: 1, Routes: 2, Active: 2, Withdrawn: 1, Peers: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestDefect09PrefixesAreCountedOnceByManyWriters(t *testing.T) {
	r := newRig(t, Options{})
	const n, writers = 20_000, 4
	var wg sync.WaitGroup
	for w := range uint32(writers) {
		wg.Go(func() {
			lane := r.lane(w, inet.IPv4Unicast)
			c := &Change{Attrs: bgp.Attrs("attribute set"), NLRI: bgp.NLRI{Family: inet.IPv4Unicast}}
			for i := range uint32(n) {
				c.NLRI.Bytes = append(c.NLRI.Bytes[:0], 24, byte(i>>16), byte(i>>8), byte(i))
				c.Marks = c.Marks[:0]
				lane.Apply(c)
			}
		})
	}
	wg.Wait()
	if got, want := r.stats(), (TableStats{Prefixes: n, Routes: n * writers, Active: n * writers, Peers: writers}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if st := r.store.Stats(); st.Prefixes != n || st.AttributeSets != 1 {
		t.Errorf("%+v", st)
	}
}

func TestDefect10AReturningPeerBringsNoOldRoutesBack(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	lane := r.lane(1, inet.IPv4Unicast)
	for session := range 9 { // more than there are generations
		r.announce(1, fmt.Sprint("session ", session), "10.0.0.0/8", fmt.Sprintf("10.%d.0.0/16", session))
		lane.Down(2e6, false)
		lane.Up(3e6)
		r.want("after Up", r.ask(All, "0.0.0.0/0"))
	}
	r.announce(1, "new", "10.0.0.0/8")
	r.want("refreshed", r.ask(All, "0.0.0.0/0"), "10.0.0.0/8 1 new active")
	if st := lane.Stats(); st.Active != 1 || st.Withdrawn != 9 {
		t.Errorf("%+v", st)
	}
}

func TestDefect12And13StatusChangesByManyAtOnceAreNotLost(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	var wg sync.WaitGroup
	for id := range uint32(8) {
		wg.Go(func() {
			lane := r.lane(id, inet.IPv4Unicast)
			for range 500 {
				r.announce(id, "a", "10.0.0.0/8")
				lane.Down(2e6, id%2 == 0)
				lane.Up(3e6)
			}
		})
	}
	wg.Wait()
	if got, want := r.stats(), (TableStats{Prefixes: 1, Routes: 4, Stale: 4, Withdrawn: 4, Peers: 4}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if b := r.store.Stats().Lanes; b > 8*4096 {
		t.Errorf("%d bytes for 8 lanes of one route", b)
	}
}

func TestDefect15To17AWithdrawnRouteKeepsItsAttributesAndComesBackActive(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	r.announce(1, "a", "10.0.0.0/8")
	r.now = 5e6
	r.withdraw(1, "10.0.0.0/8")
	any := func(q *Query) { q.Status = AnyStatus }
	r.want("withdrawn", r.ask(Exact, "10.0.0.0/8", any), "10.0.0.0/8 1 a withdrawn")
	rep, marks := r.apply(1, "a", "10.0.0.0/8")
	if rep.New != 1 || marks[0] != bgp.ChangeNew {
		t.Errorf("%+v, %v", rep, marks)
	}
	r.want("back", r.ask(Exact, "10.0.0.0/8", any), "10.0.0.0/8 1 a active")
}

func TestDefect15And20NothingIsPrinted(t *testing.T) {
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = out, out
	r := newRig(t, Options{KeepWithdrawn: time.Hour})
	r.announce(1, "a", "10.0.0.0/8", "10.1.0.0/16")
	r.withdraw(1, "10.0.0.0/8", "172.16.0.0/12")
	got := r.ask(More, "0.0.0.0/0")
	os.Stdout, os.Stderr = stdout, stderr
	if st, err := out.Stat(); err != nil || st.Size() != 0 || len(got) != 1 {
		t.Errorf("%d bytes were printed (%v), %q", st.Size(), err, got)
	}
}

func TestDefect21EverythingCanBeForgotten(t *testing.T) {
	r := newRig(t, Options{KeepWithdrawn: time.Minute})
	r.announce(1, "a", "10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16")
	r.withdraw(1, "10.1.0.0/16")
	r.lane(1, inet.IPv4Unicast).Down(2e6, false)
	ctx := context.Background()
	for _, step := range []struct {
		now  int64
		left int64
	}{{60e6, 3}, {61e6, 2}, {62e6, 0}} { // the first went a second before the peer
		if err := r.store.Maintain(ctx, step.now); err != nil {
			t.Fatal(err)
		}
		if got := r.stats().Withdrawn; got != step.left {
			t.Errorf("at %d: %d withdrawn, want %d", step.now/1e6, got, step.left)
		}
	}
	if err := r.store.Compact(ctx); err != nil {
		t.Fatal(err)
	}
	if st := r.store.Stats(); st.Prefixes != 0 || st.AttributeSets != 0 || st.Lanes != 0 {
		t.Errorf("%+v", st)
	}
}

func TestDefect24FamiliesDoNotAnswerForEachOther(t *testing.T) {
	r := newRig(t, Options{})
	multicast := r.store.Lane(LaneKey{r.table, 1, inet.IPv4Multicast})
	multicast.Apply(&Change{Attrs: bgp.Attrs("m"), NLRI: bgp.NLRI{Family: inet.IPv4Multicast, Bytes: []byte{8, 10}}})
	r.want("unicast", r.ask(Exact, "10.0.0.0/8"))
	r.want("multicast", r.ask(Exact, "10.0.0.0/8", func(q *Query) { q.Family = inet.IPv4Multicast }), "10.0.0.0/8 1 m active")
	r.announce(1, "a", "10.0.0.0/9", "10.128.0.0/9", "11.0.0.0/8", "9.0.0.0/8")
	r.want("more", r.ask(More, "10.128.0.0/9"), "10.128.0.0/9 1 a active")
}

func TestDefect25WithdrawalsOfWhatIsNotThereTakeNoMemory(t *testing.T) {
	r := newRig(t, Options{})
	lane := r.lane(1, inet.IPv4Unicast)
	before := r.store.Stats()
	c := &Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast}}
	for i := range uint32(100_000) {
		c.NLRI.Bytes = append(c.NLRI.Bytes[:0], 32, byte(i>>24), byte(i>>16), byte(i>>8), byte(i))
		c.NLRI.AddPath, c.Marks = false, c.Marks[:0]
		if rep := lane.Apply(c); rep.Unknown != 1 || rep.Err != nil {
			t.Fatalf("%+v", rep)
		}
	}
	if after := r.store.Stats(); after != before {
		t.Errorf("%+v became %+v", before, after)
	}
}

func TestHostBitsAreMaskedAndCounted(t *testing.T) {
	r := newRig(t, Options{})
	lane := r.lane(1, inet.IPv4Unicast)
	rep := lane.Apply(&Change{Attrs: bgp.Attrs("a"), NLRI: bgp.NLRI{Family: inet.IPv4Unicast, Bytes: []byte{13, 11, 8 + 7, 9, 10, 127, 16, 10, 1}}})
	if rep.Masked != 2 || rep.New != 3 {
		t.Errorf("%+v", rep)
	}
	r.want("all", r.ask(All, "0.0.0.0/0"), "10.0.0.0/9 1 a active", "10.1.0.0/16 1 a active", "11.8.0.0/13 1 a active")
	v6 := r.lane(1, inet.IPv6Unicast)
	rep = v6.Apply(&Change{Attrs: bgp.Attrs("a"), NLRI: bgp.NLRI{Family: inet.IPv6Unicast, Bytes: []byte{65, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0xff}}})
	if rep.Masked != 1 {
		t.Errorf("%+v", rep)
	}
	r.want("IPv6", r.ask(All, "::/0"), "2001:db8:0:0:8000::/65 1 a active")
}

func TestBrokenRunsSayHowFarTheyWentAndDoNotPanic(t *testing.T) {
	for _, b := range [][]byte{{33, 1, 2, 3, 4, 5}, {24, 10}, {8, 10, 24}, {8, 10, 255, 1}} {
		r := newRig(t, Options{})
		rep := r.lane(1, inet.IPv4Unicast).Apply(&Change{Attrs: bgp.Attrs("a"), NLRI: bgp.NLRI{Family: inet.IPv4Unicast, Bytes: b}})
		if rep.Err == nil || !strings.Contains(rep.Err.Error(), "broken NLRI") {
			t.Errorf("%v: %+v", b, rep)
		}
		rep = r.lane(1, inet.IPv4Unicast).Apply(&Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast, AddPath: true, Bytes: b[:2]}})
		if rep.Err == nil {
			t.Errorf("%v with path ids: %+v", b[:2], rep)
		}
	}
}

func TestOtherFamiliesAreRefusedAndCounted(t *testing.T) {
	r := newRig(t, Options{})
	c := &Change{Attrs: bgp.Attrs("a"), NLRI: bgp.NLRI{Family: inet.L2VPNEVPN, Bytes: []byte{3, 1, 9, 4, 1, 8}}}
	rep := r.lane(1, inet.L2VPNEVPN).Apply(c)
	if !errors.Is(rep.Err, ErrFamily) || rep.Refused != 2 || len(c.Marks) != 2 || !strings.Contains(rep.Err.Error(), "evpn") {
		t.Errorf("%+v, %v", rep, c.Marks)
	}
}

func TestTheMemoryLimitRefusesNewRoutesAndTakesWithdrawals(t *testing.T) {
	const limit = 8 << 20
	r := newRig(t, Options{MemoryLimit: limit, KeepWithdrawn: time.Hour})
	lane := r.lane(1, inet.IPv4Unicast)
	refused, taken := 0, []uint32{}
	c := &Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast}}
	at := func(i uint32) {
		c.NLRI.Bytes = append(c.NLRI.Bytes[:0], 32, byte(i>>24), byte(i>>16), byte(i>>8), byte(i))
		c.Marks = c.Marks[:0]
	}
	for i := range uint32(200_000) {
		at(i)
		c.Attrs = bgp.Attrs(fmt.Sprintf("a set of its own for route %d", i))
		switch rep := lane.Apply(c); {
		case rep.Refused == 1 && c.Marks[0] == bgp.ChangeRefused:
			refused++
			if !errors.Is(rep.Err, ErrMemoryLimit) || !strings.Contains(rep.Err.Error(), fmt.Sprint(limit)) {
				t.Fatal(rep.Err)
			}
		case rep.New == 1:
			taken = append(taken, i)
		default:
			t.Fatalf("%+v", rep)
		}
	}
	if refused == 0 || len(taken) < 20_000 {
		t.Fatalf("%d refused, %d taken", refused, len(taken))
	}
	if m := r.store.Stats().Memory; m > limit {
		t.Errorf("%d bytes over a limit of %d", m, limit)
	}
	sn := r.store.Snapshot() // pages have to be copied now
	defer sn.Close()
	c.Attrs = nil
	for _, i := range taken {
		at(i)
		if rep := lane.Apply(c); rep.Withdrawn != 1 || rep.Err != nil {
			t.Fatalf("%+v", rep)
		}
	}
	if st := r.stats(); st.Routes != 0 || st.Withdrawn != int64(len(taken)) {
		t.Errorf("%+v", st)
	}
}

func TestAFilterOverManyAttributeSetsFindsEachRoute(t *testing.T) {
	r := newRig(t, Options{})
	lane, c := r.lane(1, inet.IPv4Unicast), &Change{NLRI: bgp.NLRI{Family: inet.IPv4Unicast}}
	const n = 3 * judgeOneByOne
	for i := range uint32(n) {
		c.NLRI.Bytes = append(c.NLRI.Bytes[:0], 32, 10, byte(i>>16), byte(i>>8), byte(i))
		c.Attrs, c.Marks = bgp.Attrs(fmt.Sprintf("%d is its number", i)), c.Marks[:0]
		lane.Apply(c)
	}
	sn := r.store.Snapshot()
	defer sn.Close()
	calls := 0
	for _, digit := range []byte("19") {
		q := Query{Table: r.table, Family: inet.IPv4Unicast, Attrs: func(a bgp.Attrs) bool { calls++; return a[0] == digit }}
		want := 0
		for i := range n {
			if fmt.Sprint(i)[0] == digit {
				want++
			}
		}
		calls = 0
		if live, then := len(flatten(t, r.store.Query(context.Background(), q))), len(flatten(t, sn.Query(context.Background(), q))); live != want || then != want {
			t.Errorf("%d routes live and %d in the snapshot, want %d", live, then, want)
		}
		if calls != 2*n {
			t.Errorf("the filter was called %d times for %d sets and two walks", calls, n)
		}
	}
}
