package bench

import (
	"bytes"
	"io"
	"os"
	"testing"

	"example.com/rotonda/internal/testkit"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/mrt/compress"
	gomrt "github.com/osrg/gobgp/v4/pkg/packet/mrt"
)

// ribSample is how much of the real table is walked: GoBGP keeps what it reads,
// so that the whole of it would be a benchmark of the collector.
const ribSample = 16 << 20

func table(tb testing.TB) []byte {
	tb.Helper()
	f, err := os.Open(testkit.Data(tb, "lab-frr/frr-8.4.4.rib-3peers.mrt.gz"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	src, err := compress.NewReader(f)
	if err != nil {
		tb.Fatal(err)
	}
	defer src.Close()
	b, err := io.ReadAll(io.LimitReader(src, ribSample))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func oursWalk(tb testing.TB, b []byte) (entries int) {
	for r := mrt.NewReader(bytes.NewReader(b)); ; {
		rec, err := r.Next()
		if err != nil { // the sample ends within a record
			return entries
		}
		if !rec.IsRIB() {
			continue
		}
		rib, err := mrt.ParseRIB(&rec)
		if err != nil {
			tb.Fatal(err)
		}
		for e := (mrt.RIBEntry{}); rib.Next(&e); {
			entries++
		}
	}
}

func gobgpWalk(tb testing.TB, b []byte) (entries int) {
	for len(b) >= gomrt.MRT_COMMON_HEADER_LEN {
		h, err := gomrt.ParseHeader(b)
		if err != nil {
			tb.Fatal(err)
		}
		b = b[gomrt.MRT_COMMON_HEADER_LEN:]
		if int(h.Len) > len(b) {
			break
		}
		m, err := gomrt.ParseBody(b[:h.Len], h)
		if err != nil {
			tb.Fatal(err)
		}
		b = b[h.Len:]
		if rib, ok := m.Body.(*gomrt.Rib); ok {
			entries += len(rib.Entries)
		}
	}
	return entries
}

// BenchmarkTableDumpV2 walks the first 16 MiB of a real RIB from memory. Ours
// leaves attributes as octets until somebody asks; GoBGP reads them at once.
func BenchmarkTableDumpV2(b *testing.B) {
	raw := table(b)
	race := contest{b: b}
	walk := func(f func(testing.TB, []byte) int) func(*testing.B) {
		return func(b *testing.B) {
			total := 0
			for b.Loop() {
				total += f(b, raw)
			}
			b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "entries/s")
		}
	}
	race.run("ours", walk(oursWalk))
	race.run("gobgp", walk(gobgpWalk))
}

// TestTableDumpV2Agree: both find the same number of entries.
func TestTableDumpV2Agree(t *testing.T) {
	raw := table(t)
	if a, b := oursWalk(t, raw), gobgpWalk(t, raw); a != b || a < 100_000 {
		t.Errorf("ours %d entries, GoBGP %d", a, b)
	}
}
