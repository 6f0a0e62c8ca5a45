package compress

import (
	"bytes"
	stdbzip2 "compress/bzip2"
	"io"
	"os"
	"testing"
)

func BenchmarkBzip2(b *testing.B) {
	raw, err := os.ReadFile(data(b, churn))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			r, _ := NewReader(bytes.NewReader(raw))
			n, _ := io.Copy(io.Discard, r)
			b.SetBytes(n)
		}
	})
	b.Run("std", func(b *testing.B) {
		for b.Loop() {
			n, _ := io.Copy(io.Discard, stdbzip2.NewReader(bytes.NewReader(raw)))
			b.SetBytes(n)
		}
	})
}
