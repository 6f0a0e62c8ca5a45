package mrt

import (
	"bytes"
	"compress/bzip2"
	"io"
	"testing"

	"example.com/rotonda/routecore/mrt/compress"
)

const labRIB = "lab-frr/frr-8.4.4.rib-3peers.mrt.gz"

// countEntries walks every RIB entry of a stream.
func countEntries(t testing.TB, src io.Reader) (records, entries int) {
	r := NewReader(src)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return records, entries
		}
		if err != nil {
			t.Fatal(err)
		}
		records++
		if !rec.IsRIB() {
			continue
		}
		rib, err := ParseRIB(&rec)
		if err != nil {
			t.Fatal(err)
		}
		var e RIBEntry
		for rib.Next(&e) {
			entries++
		}
		if err := rib.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkTableDumpV2 frames and walks the 1,219,633 entries of a RIB that FRR
// wrote: from memory, and from the gzip file.
func BenchmarkTableDumpV2(b *testing.B) {
	run := func(b *testing.B, src func() io.Reader) {
		total := 0
		for b.Loop() {
			_, n := countEntries(b, src())
			total += n
		}
		b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "entries/s")
	}
	f := open(b, labRIB)
	raw, err := io.ReadAll(f)
	if err != nil {
		b.Fatal(err)
	}
	unpack := func() io.Reader {
		r, err := compress.NewReader(bytes.NewReader(raw))
		if err != nil {
			b.Fatal(err)
		}
		return r
	}
	plain, err := io.ReadAll(unpack())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("plain", func(b *testing.B) { run(b, func() io.Reader { return bytes.NewReader(plain) }) })
	b.Run("gzip", func(b *testing.B) { run(b, unpack) })
}

// BenchmarkBzip2 decodes 6.5 MB of updates, 2026, into nothing.
func BenchmarkBzip2(b *testing.B) {
	raw, err := io.ReadAll(open(b, "mrt/mrtparser/updates.20260222.1530.bz2"))
	if err != nil {
		b.Fatal(err)
	}
	run := func(b *testing.B, open func() (io.Reader, error)) float64 {
		total := int64(0)
		for b.Loop() {
			r, err := open()
			if err != nil {
				b.Fatal(err)
			}
			n, err := io.Copy(io.Discard, r)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(n)
			total += n
		}
		return float64(total) / b.Elapsed().Seconds()
	}
	ours := 0.0
	b.Run("ours", func(b *testing.B) {
		ours = run(b, func() (io.Reader, error) { return compress.NewReader(bytes.NewReader(raw)) })
	})
	b.Run("std", func(b *testing.B) {
		std := run(b, func() (io.Reader, error) { return bzip2.NewReader(bytes.NewReader(raw)), nil })
		if ours > 0 {
			b.ReportMetric(ours/std, "ratio")
		}
	})
}
