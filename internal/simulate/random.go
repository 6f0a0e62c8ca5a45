package simulate

import "math/bits"

// dice is a small generator of random numbers (splitmix64). The standard
// library's generators would do as well, but nothing promises that the methods
// above their sources stay as they are, and "same seed, same bytes" is a promise.
type dice struct{ state uint64 }

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return scramble(d.state)
}

// below returns a number from 0 to n-1; n must be positive.
func (d *dice) below(n int) int {
	high, _ := bits.Mul64(d.next(), uint64(n))
	return int(high)
}

// unit returns a number from 0 up to but without 1.
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

func (d *dice) chance(p float64) bool { return d.unit() < p }

// shuffle puts s in random order.
func shuffle[T any](d *dice, s []T) {
	for i := len(s) - 1; i > 0; i-- {
		j := d.below(i + 1)
		s[i], s[j] = s[j], s[i]
	}
}

// scramble spreads every bit of x over the whole word.
func scramble(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// hash makes one word of some, in order. What the Internet "decided" about a
// prefix, a neighbour or an AS is a hash of them, so that it needs no memory.
func hash(words ...uint64) uint64 {
	h := uint64(0x2545f4914f6cdd1d)
	for _, w := range words {
		h = scramble(h^w) + 0x9e3779b97f4a7c15
	}
	return scramble(h)
}

// part turns the low bits of a hash into a decision: true in permille of 1000 cases.
func part(h uint64, permille uint64) bool { return h%1000 < permille }
