package bench

import "testing"

// contest times several libraries on one task. Ours runs first; each of the
// others reports how many times longer it took.
type contest struct {
	b    *testing.B
	ours float64 // ns an operation
}

func (c *contest) run(name string, f func(b *testing.B)) {
	c.b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		f(b)
		ns := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
		switch {
		case name == "ours":
			c.ours = ns
		case c.ours > 0:
			b.ReportMetric(ns/c.ours, "ratio")
		}
	})
}
