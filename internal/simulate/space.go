package simulate

import "math/bits"

// prefix is one route's destination: 16 bytes, since there are a million. An
// IPv4 address stands in the upper half of addr; an IPv6 prefix is never longer
// than 48 bits here, so the upper 64 bits are enough.
type prefix struct {
	addr   uint64
	origin int32 // index of the AS
	bits   uint8
	v6     bool
	policy uint8 // prefixes of one origin and policy always travel together
}

// mix is how prefix lengths are spread: the length, and how many in a million.
type mix []struct {
	bits  uint8
	parts int
}

// The spread in the global tables of 2024. Lengths that few announce are left
// out: blocks shorter than a dozen bits would fill a simulated space of their own.
var (
	mix4 = mix{
		{12, 380}, {13, 640}, {14, 1330}, {15, 2330}, {16, 15000}, {17, 9100}, {18, 15300}, {19, 27600},
		{20, 47200}, {21, 56300}, {22, 120400}, {23, 107000}, {24, 597420},
	}
	mix6 = mix{
		{28, 1200}, {29, 27300}, {30, 4100}, {31, 1800}, {32, 140800}, {33, 18300}, {34, 16300}, {35, 6500},
		{36, 37400}, {37, 5500}, {38, 10100}, {39, 8600}, {40, 83800}, {41, 5600}, {42, 14400}, {43, 6300},
		{44, 89700}, {45, 9700}, {46, 19000}, {47, 19700}, {48, 473900},
	}
)

// counts spreads n over the lengths of m; what rounding leaves goes to the last.
func (m mix) counts(n int) []int {
	out := make([]int, len(m))
	left := n
	for i, row := range m {
		out[i] = n * row.parts / 1_000_000
		left -= out[i]
	}
	out[len(m)-1] += left
	return out
}

// space hands out blocks of address space that nobody has yet. It is cut into
// chunks of equal size, each filled from a random place on, so that what is
// handed out lies all over the space. Blocks must be asked for from large to small.
type space struct {
	chunks []uint64 // first address of each
	used   []uint64 // per chunk
	size   uint64   // of a chunk
}

// Chunk sizes, in bits of the prefix.
const (
	chunk4 = 12
	chunk6 = 20
)

// newSpace4 cuts up what IANA has given to the registries, leaving out chunks
// with anything special in them (RFC 6890). full is how much of it will be used.
func newSpace4(d *dice, full float64) *space {
	var chunks []uint64
	for c := uint64(1 << 4); c < 224<<4; c++ {
		switch first, second := c>>4, c&15; {
		case first == 10, first == 127,
			first == 100 && second >= 4 && second < 8, // 100.64.0.0/10
			first == 169 && second == 15,              // 169.254.0.0/16
			first == 172 && second == 1,               // 172.16.0.0/12
			first == 192 && (second == 0 || second == 5 || second == 10),
			first == 198 && (second == 1 || second == 3),
			first == 203 && second == 0:
			continue
		}
		chunks = append(chunks, c<<52)
	}
	return newSpace(d, chunks, chunk4, full)
}

// newSpace6 cuts up the large blocks of the five registries.
func newSpace6(d *dice, full float64) *space {
	var chunks []uint64
	for _, registry := range []uint64{0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00} {
		for i := range uint64(256) {
			chunks = append(chunks, registry<<48|i<<44)
		}
	}
	return newSpace(d, chunks, chunk6, full)
}

func newSpace(d *dice, chunks []uint64, bits uint8, full float64) *space {
	s := &space{chunks: chunks, used: make([]uint64, len(chunks)), size: 1 << (64 - bits)}
	if free := 0.9 * (1 - min(1, full)); free > 0 {
		for i := range s.used {
			if i%4 != 0 { // the others have room for the largest blocks
				s.used[i] = uint64(d.unit() * free * float64(s.size))
			}
		}
	}
	return s
}

// take hands out a block, or says that it found no room.
func (s *space) take(d *dice, bits uint8) (uint64, bool) {
	size := uint64(1) << (64 - bits)
	for range 8 {
		i := d.below(len(s.chunks))
		at := (s.used[i] + size - 1) &^ (size - 1)
		if at+size <= s.size {
			s.used[i] = at + size
			return s.chunks[i] + at, true
		}
	}
	return 0, false
}

// seen is a set of prefixes in one flat slice. A prefix is its address with the
// length in the low bits, which no prefix here reaches; 0 is no prefix.
type seen struct {
	slots []uint64
	shift int
}

func newSeen(n int) *seen {
	log := bits.Len(uint(2 * n))
	return &seen{slots: make([]uint64, 1<<log), shift: 64 - log}
}

// add reports whether the prefix is new.
func (s *seen) add(addr uint64, bits uint8) bool {
	key := addr | uint64(bits)
	for i := scramble(key) >> s.shift; ; i = (i + 1) & uint64(len(s.slots)-1) {
		switch s.slots[i] {
		case 0:
			s.slots[i] = key
			return true
		case key:
			return false
		}
	}
}
