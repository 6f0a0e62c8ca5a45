package bgp

import (
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"example.com/rotonda/internal/testkit"
)

// readData reads a file, decompressed by its name.
func readData(t testing.TB, name string) []byte {
	t.Helper()
	f, err := os.Open(testkit.Data(t, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	switch filepath.Ext(name) {
	case ".gz":
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	case ".bz2":
		r = bzip2.NewReader(f)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// captured is the body of an UPDATE and whether its AS numbers have four octets.
type captured struct {
	body []byte
	asn4 bool
}

// mrtUpdates cuts the UPDATEs out of BGP4MP and BGP4MP_ET records (RFC 6396 §4.4).
func mrtUpdates(t testing.TB, b []byte) []captured {
	t.Helper()
	var out []captured
	for len(b) >= 12 {
		typ, sub := binary.BigEndian.Uint16(b[4:]), binary.BigEndian.Uint16(b[6:])
		n := int(binary.BigEndian.Uint32(b[8:]))
		if 12+n > len(b) {
			t.Fatal("record runs past the end of the file")
		}
		rec := b[12 : 12+n]
		b = b[12+n:]
		if typ == 17 {
			rec = rec[4:]
		} else if typ != 16 {
			continue
		}
		width := 2
		switch sub {
		case 1:
		case 4:
			width = 4
		default:
			continue
		}
		addr := 4
		if binary.BigEndian.Uint16(rec[2*width+2:]) == 2 {
			addr = 16
		}
		m, size, err := ReadMessage(rec[2*width+4+2*addr:], MaxExtMessage)
		if err != nil || size == 0 || m.Type != MsgUpdate {
			continue
		}
		out = append(out, captured{m.Body(), width == 4})
	}
	if len(out) == 0 {
		t.Fatal("no UPDATE found")
	}
	return out
}

// realUpdates are the two corpora of the benchmarks.
var realUpdates = []struct{ name, file string }{
	{"2015", "mrt/bgpdump/updates.et-header.2015.gz"},
	{"2026", "mrt/mrtparser/updates.20260222.1530.bz2"},
}

func TestRealUpdatesAreAccepted(t *testing.T) {
	for _, c := range realUpdates {
		t.Run(c.name, func(t *testing.T) {
			updates := mrtUpdates(t, readData(t, c.file))
			var u Update
			var routes, withdrawn int
			actions := map[Action]int{}
			for _, m := range updates {
				ParseUpdate(&u, m.body, MonitorCtx(m.asn4))
				actions[u.Verdict.Action]++
				if u.Verdict.Action != Accept {
					t.Logf("%v %s (%s) at %d: %x", u.Verdict.Action, u.Verdict.Text(), u.Verdict.RFC(), u.Verdict.Offset, m.body)
				}
				routes += u.Announced().Len()
				withdrawn += u.Withdrawn().Len()
				if n, ok := u.MPReach(); ok {
					routes += n.Len()
				}
				if n, ok := u.MPUnreach(); ok {
					withdrawn += n.Len()
				}
			}
			t.Logf("%d UPDATEs, %d announced, %d withdrawn, %v", len(updates), routes, withdrawn, actions)
			if actions[Accept] < len(updates)*999/1000 {
				t.Errorf("of %d real UPDATEs only %d are accepted", len(updates), actions[Accept])
			}
		})
	}
}

// TestCanonicalFormOfRealUpdates brings every real announcement into canonical
// form, back onto the wire and into canonical form again.
func TestCanonicalFormOfRealUpdates(t *testing.T) {
	for _, c := range realUpdates {
		t.Run(c.name, func(t *testing.T) {
			var u, again Update
			var attrs, second, wire, text []byte
			checked := 0
			for _, m := range mrtUpdates(t, readData(t, c.file)) {
				ctx := MonitorCtx(m.asn4)
				ParseUpdate(&u, m.body, ctx)
				n := u.Announced()
				if mp, ok := u.MPReach(); ok && len(n.Bytes) == 0 {
					n = mp
				}
				if u.Verdict.Action != Accept || len(n.Bytes) == 0 {
					continue
				}
				attrs = u.AppendAttrs(attrs[:0], n.Family)
				if !Attrs(attrs).Valid() {
					t.Fatalf("not canonical: %x from %x", attrs, m.body)
				}
				for _, ctx := range []Ctx{{ASN4: true, IBGP: true}, {IBGP: true}} {
					wire = AppendUpdates(wire[:0], ctx, attrs, n)
					msg, size, err := ReadMessage(wire, MaxMessage)
					if err != nil || size == 0 {
						t.Fatalf("not a message: %x: %v", wire, err)
					}
					ParseUpdate(&again, msg.Body(), ctx)
					if again.Verdict.Action != Accept {
						t.Fatalf("%s: %x", again.Verdict.Text(), msg.Raw)
					}
					second = again.AppendAttrs(second[:0], n.Family)
					if !bytes.Equal(attrs, second) {
						t.Fatalf("came back as other attributes (asn4=%t)\n%x\n%x", ctx.ASN4, attrs, second)
					}
				}
				text = Attrs(attrs).AppendJSON(text[:0], n.Family)
				if bytes.Contains(text, []byte(`"invalid"`)) {
					t.Fatalf("invalid: %s", text)
				}
				checked++
			}
			if checked < 1000 {
				t.Errorf("only %d announcements", checked)
			}
		})
	}
}

// BenchmarkParseUpdate parses every UPDATE of a real capture, with all checks of
// attributes and NLRI: mrt/bgpdump/updates.et-header.2015.gz, a full table
// transfer, and mrt/mrtparser/updates.20260222.1530.bz2, churn of 20 peers.
func BenchmarkParseUpdate(b *testing.B) {
	for _, c := range realUpdates {
		b.Run(c.name, func(b *testing.B) {
			updates := mrtUpdates(b, readData(b, c.file))
			var u Update
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				m := &updates[i%len(updates)]
				ParseUpdate(&u, m.body, Ctx{ASN4: m.asn4, Monitor: true})
			}
		})
	}
}

// BenchmarkAppendAttrs is BenchmarkParseUpdate followed by the canonical form.
func BenchmarkAppendAttrs(b *testing.B) {
	for _, c := range realUpdates {
		b.Run(c.name, func(b *testing.B) {
			updates := mrtUpdates(b, readData(b, c.file))
			var u Update
			buf := make([]byte, 0, 1<<16)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i++ {
				m := &updates[i%len(updates)]
				ParseUpdate(&u, m.body, Ctx{ASN4: m.asn4, Monitor: true})
				if n := u.Announced(); len(n.Bytes) > 0 {
					buf = u.AppendAttrs(buf[:0], n.Family)
				} else if n, ok := u.MPReach(); ok {
					buf = u.AppendAttrs(buf[:0], n.Family)
				}
			}
		})
	}
}
