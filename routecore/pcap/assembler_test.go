package pcap

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var flow = Flow{Src: netip.MustParseAddrPort("192.0.2.1:1000"), Dst: netip.MustParseAddrPort("192.0.2.2:179")}

// put adds a segment and returns what came out, gaps as "[n]", a start as "^".
func put(a *Assembler, seq uint32, flags Flags, payload string) string {
	var out strings.Builder
	for c := range a.Add(&Packet{}, Segment{Flow: flow, Seq: seq, Flags: flags, Payload: []byte(payload)}) {
		write(&out, c)
	}
	return out.String()
}

func write(out *strings.Builder, c Chunk) {
	if c.Start {
		out.WriteByte('^')
	}
	if c.Lost > 0 {
		out.WriteString("[" + strings.Repeat("x", c.Lost) + "]")
	}
	out.Write(c.Bytes)
}

func flush(a *Assembler) string {
	var out strings.Builder
	for c := range a.Flush() {
		write(&out, c)
	}
	return out.String()
}

func TestAssemblerOrdersAndDropsRepetitions(t *testing.T) {
	type step struct {
		seq   uint32
		flags Flags
		in    string
		out   string
	}
	for name, steps := range map[string][]step{
		"in order":        {{9, SYN, "", ""}, {10, 0, "ab", "^ab"}, {12, 0, "cd", "cd"}},
		"out of order":    {{9, SYN, "", ""}, {12, 0, "cd", ""}, {10, 0, "ab", "^abcd"}},
		"repeated":        {{9, SYN, "", ""}, {10, 0, "ab", "^ab"}, {10, 0, "ab", ""}, {11, 0, "bcd", "cd"}},
		"overlap waits":   {{9, SYN, "", ""}, {12, 0, "cde", ""}, {10, 0, "abcd", "^abcde"}},
		"joined late":     {{500, 0, "ab", "^ab"}, {502, 0, "c", "c"}},
		"wraps around":    {{0xfffffffe, SYN, "", ""}, {1, 0, "cd", ""}, {0xffffffff, 0, "ab", "^abcd"}},
		"second session":  {{9, SYN, "", ""}, {10, 0, "ab", "^ab"}, {5000, SYN, "", ""}, {5001, 0, "x", "^x"}},
		"repeated SYN":    {{9, SYN, "", ""}, {10, 0, "ab", "^ab"}, {9, SYN, "", ""}, {12, 0, "cd", "cd"}},
		"data with SYN":   {{9, SYN, "ab", "^ab"}, {12, 0, "cd", "cd"}},
		"SYN not counted": {{9, SYN, "ab", "^ab"}, {11, 0, "cd", "cd"}, {13, 0, "e", "e"}},
		"no counting":     {{1, 0, "ab", "^ab"}, {1, 0, "cd", "cd"}, {1, 0, "cd", ""}},
		"far off":         {{1, 0, "ab", "^ab"}, {1 << 30, 0, "cd", "^cd"}},
	} {
		var a Assembler
		for i, s := range steps {
			if got := put(&a, s.seq, s.flags, s.in); got != s.out {
				t.Errorf("%s, step %d: %q, want %q", name, i, got, s.out)
			}
		}
		if got := flush(&a); got != "" {
			t.Errorf("%s: %q was left", name, got)
		}
	}
}

func TestAssemblerTellsTheSizeOfAGap(t *testing.T) {
	var a Assembler
	got := put(&a, 9, SYN, "") + put(&a, 10, 0, "ab") + put(&a, 15, 0, "fg") + put(&a, 18, 0, "i")
	if got != "^ab" {
		t.Errorf("%q", got)
	}
	if got := flush(&a); got != "[xxx]fg[x]i" {
		t.Errorf("%q", got)
	}
}

func TestAssemblerTellsOfPacketsThatWereCut(t *testing.T) {
	var a Assembler
	var out strings.Builder
	for c := range a.Add(&Packet{}, Segment{Flow: flow, Seq: 1, Payload: []byte("ab"), Cut: 2}) {
		write(&out, c)
	}
	out.WriteString(put(&a, 5, 0, "ef"))
	if out.String() != "^ab[xx]ef" {
		t.Errorf("%q", out.String())
	}
}

func TestAssemblerGivesUpAGapWhenTooMuchWaits(t *testing.T) {
	var a Assembler
	put(&a, 1, 0, "a")
	part := strings.Repeat("z", 1000)
	seq, got := uint32(5), 0
	for range 3000 {
		got += len(put(&a, seq, 0, part))
		seq += uint32(len(part))
	}
	if got < 1_900_000 || a.waiting > maxWaiting {
		t.Errorf("%d bytes came out, %d wait", got, a.waiting)
	}
}

// Whatever the order of the segments and how often they come, the bytes are those
// that were sent.
func TestAssemblerPutsAnyOrderRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sent := rapid.StringMatching(`[a-z]{1,200}`).Draw(t, "sent")
		first := rapid.Uint32().Draw(t, "first")
		type part struct{ from, to int }
		var parts []part
		for at := 0; at < len(sent); {
			to := min(len(sent), at+rapid.IntRange(1, 20).Draw(t, "size"))
			parts = append(parts, part{max(0, at-rapid.IntRange(0, 3).Draw(t, "overlap")), to})
			at = to
		}
		parts = rapid.Permutation(append(parts, parts...)).Draw(t, "order")
		var a Assembler
		got := put(&a, first-1, SYN, "")
		for _, p := range parts {
			got += put(&a, first+uint32(p.from), 0, sent[p.from:p.to])
		}
		if got += flush(&a); got != "^"+sent {
			t.Fatalf("%q, want %q", got, sent)
		}
	})
}
