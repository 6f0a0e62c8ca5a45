// Package testkit is what tests of several packages share. It is not linked
// into any program. Start reading at [Data].
package testkit

import (
	"os"
	"path/filepath"
	"testing"
)

// Data returns the path of a file or folder of the test data that lies beside
// the repository (../shared/data) and is never part of it. The test is skipped
// where there is none, and fails where ROTONDA_DATA=required.
func Data(tb testing.TB, name ...string) string {
	tb.Helper()
	dir, err := os.Getwd()
	if err != nil {
		tb.Fatal(err)
	}
	root := ""
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			root = dir // the outermost: bench/ is a module inside the module
		}
	}
	if root == "" {
		tb.Fatal("no go.mod above the working directory")
	}
	path := filepath.Join(append([]string{root, "..", "shared", "data"}, name...)...)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("ROTONDA_DATA") == "required" {
			tb.Fatalf("test data are required: %v", err)
		}
		tb.Skipf("no test data: %v", err)
	}
	return path
}
