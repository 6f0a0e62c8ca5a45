package filter

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// constants compiles a script whose constant lists have n entries, as random as
// the prefixes and numbers that ask for them.
func constants(t testing.TB, n int) *roto.Package {
	t.Helper()
	rt := roto.New()
	bindAttributes(rt, nil)
	bindCommunities(rt, nil)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	rt.Func("prefixes", "", roto.Fn0(func() []netip.Prefix {
		list := make([]netip.Prefix, n)
		for i := range list {
			list[i] = randomPrefix(r)
		}
		return list
	}))
	rt.Func("asns", "", roto.Fn0(func() []inet.ASN {
		list := make([]inet.ASN, n)
		for i := range list {
			list[i] = inet.ASN(r.Uint32())
		}
		return list
	}))
	rt.Func("ranges", "", roto.Fn0(func() []asnRange {
		list := make([]asnRange, n)
		for i := range list {
			a := inet.ASN(r.Uint32N(4_200_000_000))
			if i%2 == 0 {
				a = inet.ASN(r.Uint32N(400_000)) // where the Internet's numbers are
			}
			list[i] = newRange(a, a+inet.ASN(r.Uint32N(3)))
		}
		return list
	}))
	rt.Func("communities", "", roto.Fn0(func() []bgp.Community {
		list := make([]bgp.Community, n)
		for i := range list {
			list[i] = bgp.Community(r.Uint32())
		}
		return list
	}))
	p, err := rt.Compile(roto.Text("lists.roto", `
const PREFIXES: List[Prefix] = prefixes();
const ASNS: List[Asn] = asns();
const RANGES: List[AsnRange] = ranges();
const COMMUNITIES: List[Community] = communities();
fn covered_by(p: Prefix) -> bool { p.covered_by(PREFIXES) }
fn contains_prefix(p: Prefix) -> bool { PREFIXES.contains(p) }
fn contains_asn(a: Asn) -> bool { ASNS.contains(a) }
fn appears_on(a: Asn) -> bool { a.appears_on(RANGES) }
fn contains_community(c: Community) -> bool { COMMUNITIES.contains(c) }
`))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func randomPrefix(r *rand.Rand) netip.Prefix {
	n := r.Uint32()
	a := netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
	return netip.PrefixFrom(a, 20+r.IntN(5)).Masked()
}

// call returns a caller of a function of the package with ever new questions.
func caller[A any](t testing.TB, p *roto.Package, name string, ask func(*rand.Rand) A) func() bool {
	f, err := roto.Get1[func(A) bool](p, name)
	if err != nil {
		t.Fatal(err)
	}
	w := p.Worker(roto.Limits{})
	r := rand.New(rand.NewPCG(2, 2))
	questions := make([]A, 1<<12)
	for i := range questions {
		questions[i] = ask(r)
	}
	i := 0
	return func() bool {
		i++
		v, fault := f.Call1(w, questions[i%len(questions)])
		if fault != nil {
			t.Fatal(fault)
		}
		return v
	}
}

// BenchmarkConstantList asks constant lists of ten and of a million entries.
func BenchmarkConstantList(b *testing.B) {
	asn := func(r *rand.Rand) inet.ASN { return inet.ASN(r.Uint32N(400_000)) }
	for _, n := range []int{10, 1_000_000} {
		p := constants(b, n)
		for _, c := range []struct {
			name string
			call func() bool
		}{
			{"covered_by", caller(b, p, "covered_by", randomPrefix)},
			{"contains_prefix", caller(b, p, "contains_prefix", randomPrefix)},
			{"contains_asn", caller(b, p, "contains_asn", asn)},
			{"appears_on", caller(b, p, "appears_on", asn)},
			{"contains_community", caller(b, p, "contains_community", func(r *rand.Rand) bgp.Community { return bgp.Community(r.Uint32()) })},
		} {
			b.Run(fmt.Sprintf("%s/%d", c.name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					c.call()
				}
			})
		}
	}
}

// TestRangesTwin compares the index of a constant list with a scan.
func TestRangesTwin(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	number := func() inet.ASN {
		switch r.IntN(4) {
		case 0:
			return inet.ASN(r.Uint32())
		case 1:
			return inet.ASN(0xffffffff - r.Uint32N(300))
		case 2:
			return inet.ASN(0x10000 - 200 + r.Uint32N(400))
		}
		return inet.ASN(r.Uint32N(3000))
	}
	for range 60 {
		list := make([]asnRange, r.IntN(1500))
		for i := range list {
			a := number()
			list[i] = newRange(a, a+inet.ASN(r.Uint32N(5))) // some wrap: they hold nothing
			if r.IntN(200) == 0 {
				list[i] = newRange(a, number())
			}
		}
		rt := roto.New()
		bindAttributes(rt, nil)
		rt.Func("ranges", "", roto.Fn0(func() []asnRange { return list }))
		p, err := rt.Compile(roto.Text("r.roto", `
const L: List[AsnRange] = ranges();
fn fast(a: Asn) -> bool { a.appears_on(L) }
`))
		if err != nil {
			t.Fatal(err)
		}
		f, err := roto.Get1[func(inet.ASN) bool](p, "fast")
		if err != nil {
			t.Fatal(err)
		}
		w := p.Worker(roto.Limits{})
		for range 500 {
			a, want := number(), false
			for _, x := range list {
				want = want || x.has(a)
			}
			if got, fault := f.Call1(w, a); got != want || fault != nil {
				t.Fatalf("%v in %d ranges: %v, want %v (%v)", a, len(list), got, want, fault)
			}
		}
	}
}
