package roto

import (
	"math/rand/v2"
	"net/netip"
	"testing"
)

// TestCoveredByTwin compares the index of a constant list with a scan, which a
// list made in the call has.
func TestCoveredByTwin(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	random := func() netip.Prefix {
		if r.IntN(2) == 0 {
			if r.IntN(2) == 0 { // many in one /16, for the look-up's window
				a := netip.AddrFrom4([4]byte{9, 9, byte(r.IntN(256)), byte(r.IntN(4) << 6)})
				return netip.PrefixFrom(a, 22+r.IntN(11)).Masked()
			}
			a := netip.AddrFrom4([4]byte{byte(r.IntN(4)), byte(r.IntN(4) << 6), byte(r.IntN(3)), 0})
			return netip.PrefixFrom(a, r.IntN(33)).Masked()
		}
		a := netip.AddrFrom16([16]byte{0x20, byte(r.IntN(4)), byte(r.IntN(3) << 6), 0, 0, 0, 0, 0, byte(r.IntN(2) << 7)})
		return netip.PrefixFrom(a, r.IntN(129)).Masked()
	}
	for round := range 200 {
		list := make([]netip.Prefix, 1+r.IntN(1+round))
		for i := range list {
			for list[i] = random(); list[i].Bits() < 4 && r.IntN(20) > 0; list[i] = random() {
			}
		}
		rt := New()
		rt.Func("list", "", Fn0(func() []netip.Prefix { return list }))
		p := compile(t, rt, `
const L: List[Prefix] = list();
fn fast(p: Prefix) -> bool { p.covered_by(L) }
fn slow(p: Prefix) -> bool { p.covered_by(list()) }
fn in_fast(p: Prefix) -> bool { L.contains(p) }
fn in_slow(p: Prefix) -> bool { list().contains(p) }
`)
		w := p.Worker(Limits{})
		call := func(name string, x netip.Prefix) bool {
			f, err := Get1[func(netip.Prefix) bool](p, name)
			if err != nil {
				t.Fatal(err)
			}
			v, fault := f.Call1(w, x)
			if fault != nil {
				t.Fatal(fault)
			}
			return v
		}
		for range 50 {
			x := random()
			if call("fast", x) != call("slow", x) || call("in_fast", x) != call("in_slow", x) {
				t.Fatalf("round %d: %v in %v: covered %v, contained %v", round, x, list, call("fast", x), call("in_fast", x))
			}
		}
	}
}
