package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	h := &host{path: "allow.roto"}
	if err := h.reload(); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := h.serve(&out, strings.NewReader("192.0.2.1\n198.51.100.1\n2001:db8::1\nx\n"), 3); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	slices.Sort(lines)
	if got := strings.Join(lines, "|"); got != `192.0.2.1 allowed|198.51.100.1 denied|2001:db8::1 allowed|x ParseAddr("x"): unable to parse IP` {
		t.Error(got)
	}
}

// TestReload: a judge sees the new script with its next call, and the old one as
// long as the new one has a mistake.
func TestReload(t *testing.T) {
	h := &host{path: filepath.Join(t.TempDir(), "s.roto")}
	write := func(text string) error {
		if err := os.WriteFile(h.path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return h.reload()
	}
	j := judge{host: h}
	for _, c := range []struct {
		script, want, mistake string
	}{
		{"fn allow(a: IpAddr) -> bool { a == 192.0.2.1 }", "allowed", ""},
		{"fn allow(a: IpAddr) -> bool { a == 192.0.2.2 }", "denied", ""},
		{"fn allow(a: IpAddr) -> bool { true", "denied", "unexpected end of input"},
		{"fn allow(a: Prefix) -> bool { true }", "denied", "wrong type"},
		{"fn allow(a: IpAddr) -> bool { true } test never { reject }", "denied", "test pkg.never fails"},
		{"fn allow(a: IpAddr) -> bool { while true {} true }", "denied: " + h.path + ":1:31: stopped after 100000 calls and loop rounds", ""},
		{"fn allow(a: IpAddr) -> bool { true }", "allowed", ""},
	} {
		err := write(c.script)
		if (err == nil) != (c.mistake == "") || err != nil && !strings.Contains(err.Error(), c.mistake) {
			t.Errorf("%s: %v", c.script, err)
		}
		if got := j.answer(netip.MustParseAddr("192.0.2.1").String()); got != c.want {
			t.Errorf("%s: %s, want %s", c.script, got, c.want)
		}
	}
}
