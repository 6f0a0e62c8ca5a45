package filter

import (
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/unit"
)

// small is the filter of the issue on Roto: it compares the prefix and looks
// for an AS on the path.
const small = `filter rib_in_pre(r: Route, i: IngressInfo) {
    if r.prefix() == 10.0.0.0 / 8 { reject }
    if r.aspath_contains(AS666) { reject }
    accept
}`

// BenchmarkEdge gives ns per route of a run of eight.
func BenchmarkEdge(b *testing.B) {
	for name, script := range map[string]string{
		"small":   small,
		"e1":      `filter rib_in_pre(r: Route, i: IngressInfo) { accept }`,
		"example": example(b),
		"med":     `filter rib_in_pre(r: Route, i: IngressInfo) { if r.prefix().len() > 23 { r.set_med(1); } accept }`,
	} {
		b.Run(name, func(b *testing.B) {
			x := load(b, script)
			in := x.batch(attrs(174, 3356, 1299, 13335), "8.8.8.0/24", "8.8.4.0/24", "1.1.1.0/24", "9.9.9.0/24", "5.5.0.0/16", "6.6.6.0/24", "7.7.7.0/24", "4.4.0.0/16")
			edge := x.Edge("")
			b.ReportAllocs()
			for b.Loop() {
				edge.Filter(in)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8, "ns/route")
		})
	}
}

// BenchmarkJudge gives ns per UPDATE of bgp_in of the example.
func BenchmarkJudge(b *testing.B) {
	x := load(b, example(b))
	m, _, err := bgp.ReadMessage(update(b, attrs(174, 3356), "8.8.8.0/24"), bgp.MaxExtMessage)
	if err != nil {
		b.Fatal(err)
	}
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	hook, out := x.Hook("bgp_in"), new(unit.Batch)
	b.ReportAllocs()
	for b.Loop() {
		hook.Judge(out, x.peer, &u, 1)
	}
}
