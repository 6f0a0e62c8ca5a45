package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/internal/simulate"
)

func TestQuerySavesAnMRTFile(t *testing.T) {
	var table bytes.Buffer
	if err := simulate.WriteMRT(&table, simulate.New(3, 1000), 2); err != nil {
		t.Fatal(err)
	}
	whole := table.String()
	addr, asked := fakeDaemon(t, map[string]string{
		"/api/v1/ribs/default/routes": whole, "/api/v1/ribs/cut/routes": whole[:len(whole)/2] + "BROKEN", "/api/v1/ribs/none/routes": "",
	})
	dir := t.TempDir()
	file := filepath.Join(dir, "routes.mrt")
	save := func(args ...string) (string, error) {
		return runCommand(queryCommand(), append(args, "--mrt", file, "--server", addr)...)
	}
	if out, err := save("10.0.0.0/8", "--more", "--require"); err != nil || out != "" {
		t.Fatalf("%v, printed %q", err, out)
	}
	if want := "?format=mrt&match=more&prefix=10.0.0.0%2F8"; !strings.HasSuffix(*asked, want) {
		t.Errorf("asked %s, want %s", *asked, want)
	}
	if n, err := countMRT(strings.NewReader(whole)); err != nil || n < 1000 {
		t.Errorf("%d routes, %v; want a thousand or more", n, err)
	}
	for _, c := range []struct{ rib, want string }{{"cut", "broke off after"}, {"other", "there is no such parameter"}} {
		if _, err := save("--rib", c.rib); err == nil || !failed(err) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.rib, err, c.want)
		}
		if b, err := os.ReadFile(file); err != nil || string(b) != whole {
			t.Errorf("%s: the file before is not there as it was: %d bytes, %v", c.rib, len(b), err)
		}
	}
	if _, err := save("--rib", "none", "--require"); err == nil || !failed(err) {
		t.Errorf("no route where one is required: %v", err)
	}
	if _, err := save("--json"); err == nil || failed(err) {
		t.Errorf("two forms at once: %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("files left: %v, %v", left, err)
	}
}
