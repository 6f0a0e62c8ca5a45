package filter

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// program writes an executable shell script.
func program(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// running is a filter that rejects what command says no to.
func running(t *testing.T, path string) *bench {
	return load(t, fmt.Sprintf(`filter rib_in_pre(r: Route, i: IngressInfo) { if command(%q, [f"{r.prefix()}", "two words"]) { accept } reject }`, path))
}

func TestCommandRunsWhatIsAllowed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	path := program(t, `echo "$# $1 $2 $HOME" >> `+file+"\necho hello; echo problem >&2\n[ \"$1\" = 8.8.8.0/24 ]\n")
	b := running(t, path)
	expect(t, b.route(attrs(1), "8.8.8.0/24"), "-8.8.8.0/24")
	if _, err := os.Stat(file); err == nil {
		t.Fatal("a program ran that nobody allowed")
	}
	if !strings.Contains(b.said.String(), "not in roto_commands") {
		t.Error(b.said.String())
	}
	b.AllowCommands([]string{path})
	expect(t, b.route(attrs(1), "8.8.8.0/24", "9.0.0.0/8"), "+8.8.8.0/24; -9.0.0.0/8")
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, string(got), "2 8.8.8.0/24 two words \n2 9.0.0.0/8 two words \n")
	if !strings.Contains(b.said.String(), `output="hello\nproblem\n"`) {
		t.Error(b.said.String())
	}
	b.AllowCommands(nil)
	expect(t, b.route(attrs(1), "8.8.8.0/24"), "-8.8.8.0/24")
}

func TestCommandIsBounded(t *testing.T) {
	slow := program(t, "exec sleep 30\n")
	b := running(t, slow)
	b.AllowCommands([]string{slow})
	b.host.limit = 50 * time.Millisecond
	began := time.Now()
	expect(t, b.route(attrs(1), "8.8.8.0/24"), "-8.8.8.0/24")
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if !strings.Contains(b.said.String(), "deadline exceeded") {
		t.Error(b.said.String())
	}
	for range maxCommands {
		b.host.running <- struct{}{}
	}
	expect(t, b.route(attrs(1), "8.8.8.0/24"), "-8.8.8.0/24")
	if !strings.Contains(b.said.String(), "too many run already") {
		t.Error(b.said.String())
	}

	loud := program(t, "i=0; while [ $i -lt 2000 ]; do echo 0123456789; i=$((i+1)); done\n")
	b = running(t, loud)
	b.AllowCommands([]string{loud})
	expect(t, b.route(attrs(1), "8.8.8.0/24"), "+8.8.8.0/24")
	if n := b.said.Len(); n > 3*maxCommandOutput || !strings.Contains(b.said.String(), fmt.Sprint("dropped=", 22000-maxCommandOutput)) {
		t.Errorf("%d octets logged", n)
	}
	expect(t, running(t, filepath.Join(t.TempDir(), "nothing")).route(attrs(1), "8.8.8.0/24"), "-8.8.8.0/24")
}

func TestQueriesRunNoCommand(t *testing.T) {
	b := load(t, `
fn inner() -> bool { command("/bin/true", []) }
filter q(a: PathAttributes) { if inner() { accept } reject }
filter fine(a: PathAttributes) { accept }
`)
	b.AllowCommands([]string{"/bin/true"})
	if _, err := b.Query("q"); err == nil || !strings.Contains(err.Error(), "queries must not") {
		t.Error(err)
	}
	if _, err := b.Query("fine"); err != nil {
		t.Error(err)
	}
}
