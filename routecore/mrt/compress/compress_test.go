package compress

import (
	"bytes"
	stdbzip2 "compress/bzip2"
	"errors"

	"io"
	"os"
	"path/filepath"

	"testing"
)

// data returns the path of a file in ../shared/data beside the module, or skips.
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

const (
	churn = "mrt/mrtparser/updates.20260222.1530.bz2"
	cut   = "mrt/pyasn/rib.20140523.0600_firstMB.bz2"
)

func TestBzip2MatchesTheStandardLibrary(t *testing.T) {
	for _, name := range []string{churn, cut} {
		t.Run(name, func(t *testing.T) {
			raw, err := os.ReadFile(data(t, name))
			if err != nil {
				t.Fatal(err)
			}
			want, wantErr := io.ReadAll(stdbzip2.NewReader(bytes.NewReader(raw)))
			r, err := NewReader(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			got, gotErr := io.ReadAll(r)
			if (gotErr != nil) != (wantErr != nil) {
				t.Errorf("error = %v, the standard library says %v", gotErr, wantErr)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("content of %d bytes differs from the standard library's %d", len(got), len(want))
			}
			var place *Error
			if wantErr != nil && (!errors.As(gotErr, &place) || place.In == 0 || place.Out != int64(len(got))) {
				t.Errorf("error %v does not name the place", gotErr)
			}
			t.Logf("%d bytes, error %v", len(got), gotErr)
		})
	}
}
