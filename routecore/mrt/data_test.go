package mrt

import (
	"os"
	"testing"

	"example.com/rotonda/internal/testkit"
)

func open(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(testkit.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
