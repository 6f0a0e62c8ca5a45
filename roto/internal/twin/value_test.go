package twin

import (
	"math"
	"math/big"
	"testing"

	"example.com/rotonda/roto/internal/check"
)

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		p        check.Prim
		n, want  int64
		overflow bool
	}{
		{check.U8, 255, 255, false}, {check.U8, 256, 0, true}, {check.U8, -1, 255, true},
		{check.I8, 127, 127, false}, {check.I8, 128, -128, true}, {check.I8, -129, 127, true}, {check.I8, -128, -128, false},
		{check.U32, -1, 1<<32 - 1, true}, {check.I64, -1 << 63, -1 << 63, false},
	} {
		got, ok := fits(c.p, big.NewInt(c.n))
		if got.N.Int64() != c.want || ok == c.overflow {
			t.Errorf("%d: got %v, %v, want %d", c.n, got.N, ok, c.want)
		}
	}
	if got := wrap(check.I64, new(big.Int).Lsh(big.NewInt(1), 63)); got.N.Int64() != -1<<63 {
		t.Errorf("2**63 as i64 is %v", got.N)
	}
}

func TestText(t *testing.T) {
	for want, v := range map[string]Value{"10": float64(10), "0.1": float32(0.1), "1000000000000000000000": 1e21, "-0": -1 / inf(), "inf": inf(), "-inf": -inf(),
		"NaN": inf() - inf(), "AS5": ASN(5), "é": Char('é'), "true": true, "-3": Int{check.I8, big.NewInt(-3)}} {
		if got := text(v); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func inf() float64 { return math.Inf(1) }

func TestProgramsAreTheirSeed(t *testing.T) {
	first, again, other := Program(Seeded(7)), Program(Seeded(7)), Program(Seeded(8))
	if first != again || first == other {
		t.Error("a seed does not decide the program")
	}
}
