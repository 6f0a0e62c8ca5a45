package bgp

import (
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"example.com/rotonda/internal/testkit"
)

// dispatch parses a whole message of any type and reports the verdict of an
// UPDATE; ok is false where the message is not whole or its type says no more.
func dispatch(t *testing.T, u *Update, raw []byte, ctx Ctx) (ok bool) {
	t.Helper()
	m, n, err := ReadMessage(raw, MaxExtMessage)
	if err != nil || n == 0 {
		return false
	}
	switch m.Type {
	case MsgOpen:
		o, err := ParseOpen(m.Body())
		_ = o.Validate()
		Negotiate(o, o)
		return err == nil
	case MsgUpdate:
		ParseUpdate(u, m.Body(), ctx)
		use(t, u)
		return u.Verdict.Action == Accept
	case MsgNotification:
		n, err := ParseNotification(m.Body())
		_, _ = n.Shutdown()
		_ = n.String()
		return err == nil
	case MsgRouteRefresh:
		_, err := ParseRouteRefresh(m.Body())
		return err == nil
	}
	return true
}

// vectorFaults counts the whole messages of each project that are rightly not
// accepted.
var vectorFaults = map[string]struct {
	bad int
	why string
}{
	"bgpkit-parser": {1, "an UPDATE without mandatory attributes"},
	"bio-rd":        {9, "messages cut or bent on purpose: no attributes, NEXT_HOP with flags 0, parameters of 5 octets where 0x64 are said"},
	"exabgp.dev":    {2, "attribute 153 with the optional bit off"},
	"frr":           {1, "an OPEN of 19 octets"},
	"gobgp":         {1, "an SRv6 SID structure that is one octet longer than it says"},
	"routecore":     {2, "MP_UNREACH_NLRI whose lengths do not add up, one of them from a fuzzer"},
	"scapy":         {5, "headers alone, and withdrawals whose length leaves a rest"},
}

// TestVectorsOfOtherProjects reads every message that was cut out of the tests of
// other projects, in every context that it could have had.
func TestVectorsOfOtherProjects(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Data(t, "bgp/vectors"), "*.tsv"))
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".tsv")
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var u Update
			whole, bad := 0, 0
			for i, line := range strings.Split(strings.TrimSpace(string(b)), "\n")[1:] {
				c := strings.Split(line, "\t")
				raw, err := hex.DecodeString(c[5])
				if err != nil {
					t.Fatalf("line %d: %v", i+2, err)
				}
				accepted := false
				for _, ctx := range []Ctx{MonitorCtx(true), MonitorCtx(false), {ASN4: true, Monitor: true, AddPathUnknown: true}, {ASN4: true, Monitor: true, AddPath: ^FamilySet(0)}, {}} {
					accepted = dispatch(t, &u, raw, ctx) || accepted
				}
				if c[4] != "1" || c[3] == "6" {
					continue
				}
				whole++
				if !accepted {
					bad++
					ParseUpdate(&u, raw[min(len(raw), HeaderLen):], MonitorCtx(true))
					t.Logf("%s:%s type %s: %s (%s) at %d: %s", c[1], c[2], c[3], u.Verdict.Text(), u.Verdict.RFC(), u.Verdict.Offset, c[5])
				}
			}
			if want := vectorFaults[name]; bad != want.bad {
				t.Errorf("%d of %d whole messages are not accepted, want %d (%s)", bad, whole, want.bad, want.why)
			}
		})
	}
}

// TestExaBGPEncodings reads what another speaker's tests expect it to send.
func TestExaBGPEncodings(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(testkit.Data(t, "bgp/exabgp-qa-encoding"), "*.ci"))
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var u Update
	messages := 0
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			_, text, ok := strings.Cut(strings.TrimSpace(line), ":raw:")
			if !ok {
				continue
			}
			raw, err := hex.DecodeString(strings.ReplaceAll(text, ":", ""))
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			messages++
			accepted := false
			for _, ctx := range []Ctx{MonitorCtx(true), MonitorCtx(false), {ASN4: true, Monitor: true, AddPath: ^FamilySet(0)}} {
				accepted = accepted || dispatch(t, &u, raw, ctx)
			}
			if wellKnown153 := strings.Contains(file, "generic-attribute"); !accepted && !wellKnown153 {
				ParseUpdate(&u, raw[HeaderLen:], MonitorCtx(true))
				t.Errorf("%s: %s (%s) at %d: %x", filepath.Base(file), u.Verdict.Text(), u.Verdict.RFC(), u.Verdict.Offset, raw)
			}
		}
	}
	if messages < 100 {
		t.Errorf("only %d messages", messages)
	}
}

// TestMalformedCorpora feeds the fuzz corpora of two daemons: nothing may panic, hang
// or grow.
func TestMalformedCorpora(t *testing.T) {
	var u Update
	files, messages := 0, 0
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	err := filepath.WalkDir(testkit.Data(t, "malformed"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files++
		for rest := b; len(rest) >= HeaderLen; {
			for i := range 16 {
				dispatch(t, &u, rest, fuzzCtx(uint8(i*4+1)))
			}
			_, n, err := ReadMessage(rest, MaxExtMessage)
			if err != nil || n == 0 {
				break
			}
			messages++
			rest = rest[n:]
		}
		if len(b) > HeaderLen && len(b) < 1<<16 {
			for i := range 16 {
				ParseUpdate(&u, b[HeaderLen:], fuzzCtx(uint8(i*4+1)))
				use(t, &u)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d files, %d whole messages", files, messages)
	if took := time.Since(begin); took > 2*time.Minute {
		t.Errorf("it took %v: something hangs", took)
	}
	if after.HeapAlloc > before.HeapAlloc+8<<20 {
		t.Errorf("%d octets stayed behind", after.HeapAlloc-before.HeapAlloc)
	}
	if files < 1000 || messages < 1000 {
		t.Errorf("only %d files with %d whole messages", files, messages)
	}
}
