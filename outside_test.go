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
	copyOutside(t, dir)
	build := exec.Command("go", "build", "-o", bin, ".")
	build.Dir = filepath.Join(dir, "src")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
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

func copyOutside(t *testing.T, dir string) {
	t.Helper()
	root, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	src := filepath.Join(dir, "src")
	if err := os.Mkdir(src, 0o755); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("testdata/outside/main.go")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(src, "main.go"), string(text))
	// The requirements are those of this module: nothing is looked up.
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	own := strings.Replace(string(mod), "module example.com/rotonda", "module outside.example.net/ticker", 1)
	own += "\nrequire example.com/rotonda v0.0.0\nreplace example.com/rotonda => " + root + "\n"
	write(t, filepath.Join(src, "go.mod"), own)
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(src, "go.sum"), string(sum))
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
