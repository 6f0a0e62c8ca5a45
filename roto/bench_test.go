package roto

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

func testRoute() *route {
	return &route{prefix: netip.MustParsePrefix("192.0.2.0/24"), origin: 64500, path: []inet.ASN{1, 2, 3}}
}

const predicate = `fn p(a: u32, b: u32, c: u8, d: u8, e: u32) -> bool { a == 64500 && b > 100 && c <= 24 && d >= 8 && e != 174 }`

func BenchmarkPredicate(b *testing.B) {
	b.Run("scalar", func(b *testing.B) {
		p := compile(b, New(), predicate)
		f, err := Get5[func(uint32, uint32, uint8, uint8, uint32) bool](p, "p")
		if err != nil {
			b.Fatal(err)
		}
		w := p.Worker(Limits{})
		b.ReportAllocs()
		for b.Loop() {
			if v, fault := f.Call5(w, 64500, 200, 24, 8, 1); !v || fault != nil {
				b.Fatal(fault)
			}
		}
	})
	b.Run("route", func(b *testing.B) {
		p := compile(b, testRuntime(b), `fn p(r: Route, b: u32, c: u8, d: u8) -> bool { r.origin() == AS64500 && b > 100 && c <= 24 && d >= 8 && b != 174 }`)
		f, err := Get4[func(*route, uint32, uint8, uint8) bool](p, "p")
		if err != nil {
			b.Fatal(err)
		}
		w, r := p.Worker(Limits{}), testRoute()
		b.ReportAllocs()
		for b.Loop() {
			if v, fault := f.Call4(w, r, 200, 24, 8); !v || fault != nil {
				b.Fatal(fault)
			}
		}
	})
}

// filter20 has twenty rules on a route.
const filter20 = `
const BOGONS: List[Prefix] = [10.0.0.0 / 8, 127.0.0.0 / 8, 172.16.0.0 / 12, fc00:: / 7];
const BAD: Community = Community.from(1);
filter f(r: Route) {
    let p = r.prefix();
    let o = r.origin();
    if p.covered_by(BOGONS) { reject }
    if p.len() > 24 || p.len() < 8 { reject }
    if o == AS0 || o == AS23456 || o == AS65535 || o == AS4294967295 { reject }
    if r.passes(AS174) || r.passes(AS3356) || r.passes(AS1299) || r.passes(AS2914) { reject }
    if r.passes(AS6939) || r.passes(AS3257) || r.passes(AS6762) || r.passes(AS701) { reject }
    if r.has(BAD) || r.has(Community.NO_EXPORT) { reject }
    if p == 0.0.0.0 / 0 || p == 192.88.99.0 / 24 || p == 198.18.0.0 / 15 { reject }
    accept
}`

func BenchmarkFilter20(b *testing.B) {
	p := compile(b, testRuntime(b), filter20)
	f, err := Get1[func(*route) Verdict](p, "f")
	if err != nil {
		b.Fatal(err)
	}
	w, r := p.Worker(Limits{}), testRoute()
	b.ReportAllocs()
	for b.Loop() {
		if v, fault := f.Call1(w, r); v != Accept || fault != nil {
			b.Fatal(v, fault)
		}
	}
}

// BenchmarkHostCall is the cost of one call of the host more.
func BenchmarkHostCall(b *testing.B) {
	const calls = 10
	script := "fn f(r: Route) -> bool { " + strings.TrimSuffix(strings.Repeat("r.passes(AS1) && ", calls), " && ") + " }"
	p := compile(b, testRuntime(b), script)
	f, err := Get1[func(*route) bool](p, "f")
	if err != nil {
		b.Fatal(err)
	}
	w, r := p.Worker(Limits{}), testRoute()
	b.ReportAllocs()
	for b.Loop() {
		if v, fault := f.Call1(w, r); !v || fault != nil {
			b.Fatal(fault)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/calls, "ns/call")
}

func BenchmarkFib20(b *testing.B) {
	p := compile(b, New(), `fn fib(n: u32) -> u32 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }`)
	f, err := Get1[func(uint32) uint32](p, "fib")
	if err != nil {
		b.Fatal(err)
	}
	w := p.Worker(Limits{})
	b.ReportAllocs()
	for b.Loop() {
		if v, fault := f.Call1(w, 20); v != 6765 || fault != nil {
			b.Fatal(fault)
		}
	}
}

func BenchmarkCoveredBy(b *testing.B) {
	for _, n := range []int{10, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			rt := New()
			prefixes := make([]netip.Prefix, n)
			for i := range prefixes {
				prefixes[i] = netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(20 + i>>16), byte(i >> 8), byte(i), 0}), 24)
			}
			rt.Func("many", "", Fn0(func() []netip.Prefix { return prefixes }))
			p := compile(b, rt, `const L: List[Prefix] = many(); fn f(p: Prefix) -> bool { p.covered_by(L) }`)
			f, err := Get1[func(netip.Prefix) bool](p, "f")
			if err != nil {
				b.Fatal(err)
			}
			w := p.Worker(Limits{})
			probes := make([]netip.Prefix, 1<<13) // of all over the list, themselves in the cache
			for i := range probes {
				probes[i] = prefixes[i*7919%n]
			}
			i := 0
			b.ReportAllocs()
			for b.Loop() {
				i++
				if v, fault := f.Call1(w, probes[i%len(probes)]); !v || fault != nil {
					b.Fatal(fault)
				}
			}
		})
	}
}

func BenchmarkCompile1000(b *testing.B) {
	var text strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, `
fn f%d(p: Prefix, l: u8) -> bool {
    let max = if p.addr().is_ipv4() { 24 } else { 48 };
    if p.len() > max || p.len() > l {
        return false;
    }
    let text = f"{p} is {l}";
    text.contains("%d") || p == 10.0.0.0 / 8
}
`, i, i)
	}
	rt := New()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rt.Compile(Text("x.roto", text.String())); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms")
}
