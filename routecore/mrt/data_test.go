package mrt

import (
	"os"
	"path/filepath"
	"testing"
)

// data returns the path of a file in ../shared/data beside the module. Without
// it the test skips, or fails where ROTONDA_DATA=required.
func data(t testing.TB, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ROTONDA_DATA") == "required" {
			t.Fatalf("test data is required: %v", err)
		}
		t.Skipf("no test data: %v", err)
	}
	return path
}

func open(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Open(data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
