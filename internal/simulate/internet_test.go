package simulate

import (
	"math"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"
)

// netipOf is the prefix in the form that the standard library can judge.
func netipOf(p *prefix) netip.Prefix {
	if p.v6 {
		var b [16]byte
		for i := range 8 {
			b[i] = byte(p.addr >> (56 - 8*i))
		}
		return netip.PrefixFrom(netip.AddrFrom16(b), int(p.bits))
	}
	var b [4]byte
	for i := range b {
		b[i] = byte(p.addr >> (56 - 8*i))
	}
	return netip.PrefixFrom(netip.AddrFrom4(b), int(p.bits))
}

func TestPrefixesAreUniqueMaskedSortedAndPublic(t *testing.T) {
	special := []netip.Prefix{}
	for _, s := range []string{
		"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
		"192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
		"2001::/16", "2002::/16", "fc00::/7", "fe80::/10", "ff00::/8",
	} {
		special = append(special, netip.MustParsePrefix(s))
	}
	for _, n := range []int{MinPrefixes, 20_000, 200_000} {
		w := New(7, n)
		if w.Len() != n {
			t.Fatalf("%d prefixes asked for, %d drawn", n, w.Len())
		}
		v6 := 0
		for i := range w.prefixes {
			p := netipOf(&w.prefixes[i])
			if p != p.Masked() {
				t.Fatalf("%v has bits behind its length", p)
			}
			for _, s := range special {
				if p.Overlaps(s) {
					t.Fatalf("%v is in %v", p, s)
				}
			}
			if p.Addr().Is6() {
				v6++
			}
			if i == 0 {
				continue
			}
			before := netipOf(&w.prefixes[i-1])
			if c := before.Addr().Compare(p.Addr()); c > 0 || c == 0 && before.Bits() >= p.Bits() {
				t.Fatalf("%v stands before %v", before, p)
			}
		}
		if got := float64(v6) / float64(n); math.Abs(got-share6) > 0.001 {
			t.Errorf("%d prefixes: %.3f of them IPv6, want %.3f", n, got, share6)
		}
	}
}

func TestLengthsAreSpreadAsInTheGlobalTable(t *testing.T) {
	w := New(3, 100_000)
	count := map[bool]map[uint8]int{false: {}, true: {}}
	for i := range w.prefixes {
		count[w.prefixes[i].v6][w.prefixes[i].bits]++
	}
	n6 := w.Len() - w.first6
	for _, c := range []struct {
		v6        bool
		bits      uint8
		low, high float64
	}{
		{false, 24, 0.58, 0.62}, {false, 23, 0.09, 0.12}, {false, 22, 0.10, 0.14}, {false, 20, 0.04, 0.06}, {false, 16, 0.01, 0.02},
		{true, 48, 0.44, 0.50}, {true, 32, 0.12, 0.16}, {true, 44, 0.08, 0.10}, {true, 29, 0.02, 0.04},
	} {
		total := w.first6
		if c.v6 {
			total = n6
		}
		if got := float64(count[c.v6][c.bits]) / float64(total); got < c.low || got > c.high {
			t.Errorf("v6 %v /%d: %.3f of the family, want %.2f to %.2f", c.v6, c.bits, got, c.low, c.high)
		}
	}
}

func TestMoreSpecificsAreAsCommonAsInTheGlobalTable(t *testing.T) {
	w := New(3, 100_000)
	inside, end := 0, uint64(0)
	for i := range w.prefixes[:w.first6] {
		p := &w.prefixes[i]
		if p.addr < end {
			inside++
			continue
		}
		end = p.addr + 1<<(64-p.bits)
	}
	if got := float64(inside) / float64(w.first6); got < 0.35 || got > 0.65 {
		t.Errorf("%.2f of the IPv4 prefixes lie inside another, want about half", got)
	}
}

func TestOriginsFollowAPowerLaw(t *testing.T) {
	w := New(5, 100_000)
	held := make([]int, w.ASes())
	for i := range w.prefixes {
		held[w.prefixes[i].origin]++
	}
	slices.Sort(held)
	slices.Reverse(held)
	top, origins, ones := 0, 0, 0
	for i, n := range held {
		if i < len(held)/100 {
			top += n
		}
		if n > 0 {
			origins++
		}
		if n == 1 {
			ones++
		}
	}
	if share := float64(top) / float64(w.Len()); share < 0.1 || share > 0.35 {
		t.Errorf("the largest hundredth of the ASes originates %.2f of all prefixes", share)
	}
	if origins < w.ASes()*8/10 || ones < origins/20 {
		t.Errorf("%d of %d ASes originate anything, %d of them one prefix", origins, w.ASes(), ones)
	}
	t.Logf("largest %d, median %d, %d origins of %d ASes, %d with one prefix", held[0], held[origins/2], origins, w.ASes(), ones)
}

func TestASNumbersAreUniqueAndNotReserved(t *testing.T) {
	w := New(11, 400_000)
	seen := map[uint32]bool{}
	long := 0
	for _, asn := range w.graph.asn {
		reserved := asn == 0 || asn == 23456 || asn >= 64496 && asn <= 131071 || asn >= 4200000000
		if reserved || seen[asn] {
			t.Fatalf("AS%d is reserved or drawn twice", asn)
		}
		seen[asn] = true
		if asn > 0xffff {
			long++
		}
	}
	if share := float64(long) / float64(len(seen)); share < 0.3 || share > 0.6 {
		t.Errorf("%.2f of the AS numbers need four octets, want about half", share)
	}
}

func TestPathsAreValleyFreeAndOfRealisticLength(t *testing.T) {
	w := New(1, 100_000)
	rel := map[[2]int32]byte{} // from, to: u up, a across, d down
	for as := range int32(w.ASes()) {
		for _, c := range w.graph.customers.row(as) {
			rel[[2]int32{as, c}], rel[[2]int32{c, as}] = 'd', 'u'
		}
	}
	for as := range int32(w.ASes()) {
		for _, p := range w.graph.peers.row(as) {
			if rel[[2]int32{as, p}] == 0 {
				rel[[2]int32{as, p}] = 'a'
			}
		}
	}
	total, other, n := 0, 0, 0
	lengths := map[int]int{}
	views := []*View{w.View(0), w.View(1), w.View(2)}
	for i := 0; i < w.Len(); i += 7 {
		p := &w.prefixes[i]
		var first []int32
		for _, v := range views {
			path := v.tree.path(nil, p.origin, uint64(p.policy))
			if path[len(path)-1] != p.origin || loops(path) {
				t.Fatalf("path %v to %d", path, p.origin)
			}
			falling := false
			for k := range path[1:] {
				r := rel[[2]int32{path[k], path[k+1]}]
				if r == 0 || falling && r != 'd' {
					t.Fatalf("path %v goes %q from its hop %d", path, r, k)
				}
				falling = r != 'u'
			}
			total += len(path)
			lengths[len(path)]++
			n++
			if first == nil {
				first = path[1:]
			} else if !slices.Equal(first, path[1:]) {
				other++
			}
		}
	}
	mean := float64(total) / float64(n)
	t.Logf("mean %.2f, lengths %v", mean, lengths)
	if mean < 3.8 || mean > 5.2 {
		t.Errorf("mean path of %.2f ASes, want 4 to 5", mean)
	}
	if other < n/3 {
		t.Errorf("only %d of %d paths differ from the first neighbour's", other, n*2/3)
	}
}

func TestAMillionPrefixesAreDrawnQuicklyAndSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("draws a million prefixes")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := time.Now()
	w := New(1, MaxPrefixes)
	v := w.View(0)
	took := time.Since(start)
	runtime.GC()
	runtime.ReadMemStats(&after)
	live := int64(after.HeapAlloc-before.HeapAlloc) >> 20
	t.Logf("%d prefixes of %d ASes in %v: %d MiB live, %d MiB from the system", w.Len(), w.ASes(), took, live, after.Sys>>20)
	if live > 60 || after.Sys>>20 > 300 {
		t.Errorf("%d MiB live, %d MiB from the system, want at most 60 and 300", live, after.Sys>>20)
	}
	if took > 20*time.Second {
		t.Errorf("took %v", took)
	}
	runtime.KeepAlive(v)
}
