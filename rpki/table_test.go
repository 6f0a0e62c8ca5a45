package rpki_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"sync"
	"testing"

	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/rpki"
	"github.com/google/go-cmp/cmp"
)

func vrp(prefix string, max int, asn inet.ASN) rpki.VRP {
	return rpki.VRP{Prefix: netip.MustParsePrefix(prefix), MaxLen: uint8(max), ASN: asn}
}

var samePrefix = cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })

// TestValidate goes through RFC 6811 §2 and the cases of RFC 6907.
func TestValidate(t *testing.T) {
	var table rpki.Table
	table.Replace("a", []rpki.VRP{
		vrp("10.1.0.0/16", 16, 64496), vrp("10.1.0.0/16", 24, 64511), vrp("10.1.5.0/24", 24, 64500), vrp("10.2.0.0/16", 20, 64496),
		vrp("10.3.0.0/16", 24, 0), vrp("0.0.0.0/0", 4, 64497), vrp("2001:db8::/32", 48, 64496), vrp("2001:db8:0:1::/64", 128, 64499),
		vrp("2001:db8::1:0:0/96", 100, 64498), vrp("192.0.2.1/32", 32, 64496),
	})
	table.Apply("a", nil, []rpki.VRP{vrp("0.0.0.0/0", 4, 64497)})
	for _, tc := range []struct {
		name, prefix string
		origin       inet.ASN // 0: the path has no origin
		want         rpki.Status
	}{
		{"no VRP around it", "10.9.0.0/16", 64496, rpki.NotFound},
		{"only a longer VRP", "10.0.0.0/8", 64496, rpki.NotFound},
		{"exact", "10.1.0.0/16", 64496, rpki.Valid},
		{"the other VRP of the prefix", "10.1.0.0/24", 64511, rpki.Valid},
		{"too long", "10.1.0.0/17", 64496, rpki.Invalid},
		{"wrong origin", "10.1.0.0/16", 64497, rpki.Invalid},
		{"an outer VRP allows it", "10.1.5.0/24", 64511, rpki.Valid},
		{"the inner VRP allows it", "10.1.5.0/24", 64500, rpki.Valid},
		{"longer than the inner one", "10.1.5.128/25", 64500, rpki.Invalid},
		{"AS_SET and covered", "10.1.0.0/16", 0, rpki.Invalid},
		{"AS_SET and not covered", "10.9.0.0/16", 0, rpki.NotFound},
		{"at the maximum", "10.2.16.0/20", 64496, rpki.Valid},
		{"above the maximum", "10.2.16.0/21", 64496, rpki.Invalid},
		{"AS 0 allows nobody", "10.3.0.0/16", 64496, rpki.Invalid},
		{"a host route", "192.0.2.1/32", 64496, rpki.Valid},
		{"beside a host route", "192.0.2.0/32", 64496, rpki.NotFound},
		{"the default route", "0.0.0.0/0", 64497, rpki.NotFound},
		{"host bits are ignored", "10.1.0.9/16", 64496, rpki.Valid},
		{"IPv6", "2001:db8:1::/48", 64496, rpki.Valid},
		{"IPv6 too long", "2001:db8:1::/49", 64496, rpki.Invalid},
		{"IPv6 at 64 bits", "2001:db8:0:1::/64", 64499, rpki.Valid},
		{"IPv6 below 64 bits", "2001:db8:0:1::1/128", 64499, rpki.Valid},
		{"IPv6 beside it", "2001:db8:0:2::1/128", 64499, rpki.Invalid},
		{"IPv6 beyond 64 bits", "2001:db8::1:f000:0/100", 64498, rpki.Valid},
		{"IPv6 default", "::/0", 64496, rpki.NotFound},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := table.Snapshot().Validate(netip.MustParsePrefix(tc.prefix), tc.origin, tc.origin != 0); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	for v := range table.Snapshot().All() {
		other := v
		other.ASN = 77
		if !table.Snapshot().Has(v) || table.Snapshot().Has(other) {
			t.Errorf("Has is wrong about %s", v)
		}
	}
	if table.Snapshot().Validate(netip.MustParsePrefix("10.3.0.0/16"), 0, true) != rpki.Invalid {
		t.Error("an origin of AS 0 was found valid")
	}
	var none *rpki.Snapshot
	if none.Validate(netip.MustParsePrefix("10.0.0.0/8"), 1, true) != rpki.NotFound || none.Len() != 0 || none.Prefixes() != 0 || none.Version() != 0 {
		t.Error("no snapshot is not an empty one")
	}
}

func TestSources(t *testing.T) {
	var table rpki.Table
	a, b, c := vrp("10.0.0.0/8", 8, 1), vrp("10.0.0.0/8", 9, 1), vrp("2001:db8::/32", 32, 2)
	bad := vrp("10.0.0.0/8", 7, 1)
	steps := []struct {
		name   string
		do     func() rpki.Change
		change rpki.Change
		want   []rpki.VRP
	}{
		{"full", func() rpki.Change { return table.Replace("x", []rpki.VRP{c, a, a, bad, vrp("10.9.9.9/8", 8, 1)}) }, rpki.Change{Added: 2, Double: 2, Refused: 1}, []rpki.VRP{a, c}},
		{"second source", func() rpki.Change { return table.Replace("y", []rpki.VRP{a, b}) }, rpki.Change{Added: 2}, []rpki.VRP{a, b, c}},
		{"delta", func() rpki.Change { return table.Apply("x", []rpki.VRP{a, b}, []rpki.VRP{c, b}) }, rpki.Change{Added: 1, Removed: 1, Double: 1, Unknown: 1}, []rpki.VRP{a, b}},
		{"the same again", func() rpki.Change { return table.Replace("x", []rpki.VRP{b, a}) }, rpki.Change{}, []rpki.VRP{a, b}},
		{"withdrawn and announced", func() rpki.Change { return table.Apply("x", []rpki.VRP{a}, []rpki.VRP{a}) }, rpki.Change{Double: 1}, []rpki.VRP{a, b}},
		{"away in one source", func() rpki.Change { return table.Apply("x", nil, []rpki.VRP{a}) }, rpki.Change{Removed: 1}, []rpki.VRP{a, b}},
		{"source gone", func() rpki.Change { return table.Remove("y") }, rpki.Change{Removed: 2}, []rpki.VRP{b}},
		{"cleared", func() rpki.Change { return table.Replace("x", nil) }, rpki.Change{Removed: 1}, nil},
	}
	for _, s := range steps {
		before := table.Snapshot()
		held := slices.Collect(before.All())
		if diff := cmp.Diff(s.change, s.do()); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
		now := table.Snapshot()
		if diff := cmp.Diff(s.want, slices.Collect(now.All()), samePrefix); diff != "" {
			t.Errorf("%s: %s", s.name, diff)
		}
		if !slices.Equal(held, slices.Collect(before.All())) {
			t.Errorf("%s: an old snapshot changed", s.name)
		}
		if (now.Version() == before.Version()) != (s.change.Added == 0 && s.change.Removed == 0) {
			t.Errorf("%s: version %d after %d", s.name, now.Version(), before.Version())
		}
	}
	if diff := cmp.Diff([]string{"x"}, table.Sources()); diff != "" {
		t.Error(diff)
	}
	table.Replace("z", []rpki.VRP{c})
	if table.Source("y") != nil || table.Source("z").Len() != 1 || table.Source("x").Len() != 0 {
		t.Error("the sources alone are wrong")
	}
}

// small returns a random VRP from a space so small that VRPs nest and repeat.
func small(r *rand.Rand) rpki.VRP {
	if r.IntN(2) == 0 {
		bits := r.IntN(9) + r.IntN(2)*24
		a := [4]byte{10, byte(r.IntN(4)), 0, byte(r.IntN(3))}
		p := netip.PrefixFrom(netip.AddrFrom4(a), min(bits, 32)).Masked()
		return rpki.VRP{Prefix: p, MaxLen: uint8(p.Bits() + r.IntN(33-p.Bits())), ASN: inet.ASN(r.IntN(3))}
	}
	a := [16]byte{0x20, byte(r.IntN(3)), 7: byte(r.IntN(2)), 8: byte(r.IntN(3)), 15: byte(r.IntN(2))}
	p := netip.PrefixFrom(netip.AddrFrom16(a), []int{0, 7, 8, 16, 60, 63, 64, 65, 72, 120, 127, 128}[r.IntN(12)]).Masked()
	return rpki.VRP{Prefix: p, MaxLen: uint8(p.Bits() + r.IntN(129-p.Bits())), ASN: inet.ASN(r.IntN(3))}
}

// TestTwinValidate compares random tables with a list that is searched whole.
func TestTwinValidate(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	statuses := map[rpki.Status]int{}
	for round := range 60 {
		var table rpki.Table
		twin := map[rpki.VRP]bool{}
		for range 1 + r.IntN(20) {
			before, beforeTwin := table.Snapshot(), cloneSet(twin)
			var in, out []rpki.VRP
			for range r.IntN(12) {
				out = append(out, small(r))
			}
			for range r.IntN(20) {
				in = append(in, small(r))
			}
			for _, v := range out {
				delete(twin, v)
			}
			for _, v := range in {
				twin[v] = true
			}
			c := table.Apply("s", in, out)
			checkChanges(t, before, table.Snapshot(), beforeTwin, twin, c)
		}
		s := table.Snapshot()
		if s.Len() != len(twin) {
			t.Fatalf("seed %d round %d: %d VRPs, want %d", seed, round, s.Len(), len(twin))
		}
		for range 200 {
			q := small(r)
			origin := r.IntN(4) > 0
			want, around := slow(twin, q.Prefix, q.ASN, origin)
			if got := s.Validate(q.Prefix, q.ASN, origin); got != want {
				t.Fatalf("seed %d: %s from %s (%v): %s, want %s", seed, q.Prefix, q.ASN, origin, got, want)
			}
			statuses[want]++
			if got := count(s.Covering(q.Prefix)); got != around {
				t.Fatalf("seed %d: %d VRPs cover %s, want %d", seed, got, q.Prefix, around)
			}
			inside := 0
			for v := range twin {
				if contains(q.Prefix, v.Prefix) {
					inside++
				}
			}
			if got := count(s.Inside(q.Prefix)); got != inside {
				t.Fatalf("seed %d: %d VRPs inside %s, want %d", seed, got, q.Prefix, inside)
			}
		}
	}
	if len(statuses) != 3 {
		t.Errorf("not every status occurred: %v", statuses)
	}
}

func cloneSet(m map[rpki.VRP]bool) map[rpki.VRP]bool {
	c := map[rpki.VRP]bool{}
	for v := range m {
		c[v] = true
	}
	return c
}

func checkChanges(t *testing.T, before, after *rpki.Snapshot, was, is map[rpki.VRP]bool, c rpki.Change) {
	t.Helper()
	added, removed := 0, 0
	for v, in := range after.Changes(before) {
		if in {
			added++
		} else {
			removed++
		}
		if was[v] == in || is[v] != in {
			t.Fatalf("%v was %v and is %v, reported %v", v, was[v], is[v], in)
		}
	}
	if added != c.Added || removed != c.Removed {
		t.Fatalf("%d added and %d removed, reported %+v", added, removed, c)
	}
}

func count[T any](seq func(func(T) bool)) int {
	n := 0
	for range seq {
		n++
	}
	return n
}

func contains(outer, inner netip.Prefix) bool {
	return outer.Addr().Is4() == inner.Addr().Is4() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

func slow(twin map[rpki.VRP]bool, p netip.Prefix, origin inet.ASN, hasOrigin bool) (rpki.Status, int) {
	status, around := rpki.NotFound, 0
	for v := range twin {
		if !contains(v.Prefix, p) {
			continue
		}
		around++
		if hasOrigin && origin != 0 && v.ASN == origin && p.Bits() <= int(v.MaxLen) {
			status = rpki.Valid
		}
		if status != rpki.Valid {
			status = rpki.Invalid
		}
	}
	return status, around
}

func TestReadersSeeWholeStates(t *testing.T) {
	var table rpki.Table
	p := netip.MustParsePrefix("10.0.0.0/8")
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				s := table.Snapshot()
				if n := s.Len(); n != 0 && n != 2 {
					t.Errorf("%d VRPs", n)
				}
				if st := s.Validate(p, 1, true); (st == rpki.NotFound) != (s.Len() == 0) {
					t.Errorf("%s with %d VRPs", st, s.Len())
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for n := range 500 {
		table.Replace("a", []rpki.VRP{vrp("10.0.0.0/8", 8, inet.ASN(n)), vrp("2001:db8::/32", 32, 1)})
		table.Remove("a")
	}
	close(done)
	wg.Wait()
}

func TestStatusNames(t *testing.T) {
	want := [][3]string{{"notChecked", "not-checked", "NotChecked"}, {"notFound", "not-found", "NotFound"}, {"valid", "valid", "Valid"}, {"invalid", "invalid", "Invalid"}}
	for s := rpki.NotChecked; s <= rpki.Invalid; s++ {
		names := [3]string{s.String(), s.Dashed(), s.Title()}
		if names != want[s] {
			t.Errorf("%v", names)
		}
		for _, name := range names {
			if got, ok := rpki.ParseStatus(name); !ok || got != s {
				t.Errorf("%s became %s", name, got)
			}
		}
	}
	if _, ok := rpki.ParseStatus("unknown"); ok || rpki.Status(9).String() != "notChecked" {
		t.Error("an unknown status is known")
	}
}

func TestValidateDoesNotAllocate(t *testing.T) {
	var table rpki.Table
	table.Replace("a", []rpki.VRP{vrp("10.0.0.0/8", 24, 1), vrp("10.1.0.0/16", 24, 2)})
	s, p := table.Snapshot(), netip.MustParsePrefix("10.1.2.0/24")
	if n := testing.AllocsPerRun(100, func() {
		if s.Validate(p, 1, true) != rpki.Valid {
			t.Fatal("not valid")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
