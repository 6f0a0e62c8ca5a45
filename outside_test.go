package rotonda

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A module of its own, outside of this one, adds a source and is a complete
// daemon: what it announces comes out of a file target behind the RIB.
func TestAModuleOutsideAddsAUnit(t *testing.T) {
	dir := t.TempDir()
	bin := filepath.Join(dir, "ticker")
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = filepath.Join("testdata", "outside")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s\nAfter a change of go.mod run: cd testdata/outside && go mod tidy", err, out)
	}
	conf := filepath.Join(dir, "ticker.conf")
	write(t, conf, `
[units.tick]
type = "ticker"
every = "5ms"
[units.rib]
type = "rib"
sources = ["tick"]
[targets.out]
type = "file-out"
format = "json"
filename = "out.jsonl"
sources = "rib"
`)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	run := exec.CommandContext(ctx, bin, "-c", conf)
	var log strings.Builder
	run.Stderr = &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	found := waitFor(ctx, filepath.Join(dir, "out.jsonl"), "192.0.2.7/32")
	if err := run.Process.Signal(os.Interrupt); err != nil {
		t.Error(err)
	}
	if err := run.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	if !found {
		t.Errorf("192.0.2.7/32 did not come out; the daemon said:\n%s", log.String())
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func waitFor(ctx context.Context, path, prefix string) bool {
	for ctx.Err() == nil {
		time.Sleep(50 * time.Millisecond)
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			var row struct{ Prefix string }
			if json.Unmarshal(lines.Bytes(), &row) == nil && row.Prefix == prefix {
				f.Close()
				return true
			}
		}
		f.Close()
	}
	return false
}
