package rtr

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"example.com/rotonda/internal/testkit"
)

func appendVRP4(dst []byte, version uint8, announce bool, a [4]byte, bits, most uint8, asn uint32) []byte {
	flags := byte(0)
	if announce {
		flags = 1
	}
	dst = append(appendHeader(dst, version, IPv4Prefix, 0, 20), flags, bits, most, 0)
	return appendU32(append(dst, a[:]...), asn)
}

func appendEnd(dst []byte, version uint8, session uint16, serial uint32) []byte {
	if version == 0 {
		return appendU32(appendHeader(dst, 0, EndOfData, session, 12), serial)
	}
	dst = appendU32(appendHeader(dst, version, EndOfData, session, 24), serial)
	for _, s := range []uint32{3600, 600, 7200} {
		dst = appendU32(dst, s)
	}
	return dst
}

// feed hands a stream to the client, and returns what it answered.
func feed(t *testing.T, c *Client, stream []byte) (reply []byte, updates []*Update, err error) {
	t.Helper()
	for len(stream) > 0 {
		p, n, rerr := ReadPDU(stream)
		if rerr != nil {
			return reply, updates, rerr
		}
		if n == 0 {
			t.Fatalf("cut PDU at the end: % x", stream)
		}
		stream = stream[n:]
		var u *Update
		reply, u, err = c.Handle(reply, p)
		if u != nil {
			updates = append(updates, u)
		}
		if err != nil {
			return reply, updates, err
		}
	}
	return reply, updates, nil
}

func TestAFullAnswerThenAChange(t *testing.T) {
	c := NewClient(1)
	if got, want := c.Query(nil), AppendResetQuery(nil, 1); !bytes.Equal(got, want) {
		t.Fatalf("first query % x, want a reset", got)
	}
	s := appendHeader(nil, 1, CacheResponse, 7, 8)
	s = appendVRP4(s, 1, true, [4]byte{192, 0, 2, 0}, 24, 26, 64500)
	s = appendEnd(s, 1, 7, 100)
	_, updates, err := feed(t, c, s)
	if err != nil || len(updates) != 1 {
		t.Fatalf("%d updates, %v", len(updates), err)
	}
	want := &Update{Full: true, Session: 7, Serial: 100, Intervals: Intervals{time.Hour, 10 * time.Minute, 2 * time.Hour},
		VRPs: []VRP{{netip.MustParsePrefix("192.0.2.0/24"), 26, 64500, true}}}
	if diff := cmp.Diff(want, updates[0], cmpopts.EquateComparable(netip.Prefix{})); diff != "" {
		t.Error(diff)
	}
	reply, _, err := feed(t, c, appendU32(appendHeader(nil, 1, SerialNotify, 7, 12), 101))
	if wantQuery := AppendSerialQuery(nil, 1, 7, 100); err != nil || !bytes.Equal(reply, wantQuery) {
		t.Fatalf("after a notify % x, %v; want % x", reply, err, wantQuery)
	}
	s = appendVRP4(appendHeader(nil, 1, CacheResponse, 7, 8), 1, false, [4]byte{192, 0, 2, 0}, 24, 26, 64500)
	_, updates, err = feed(t, c, appendEnd(s, 1, 7, 101))
	if err != nil || len(updates) != 1 || updates[0].Full || updates[0].VRPs[0].Announce {
		t.Errorf("change: %+v, %v", updates, err)
	}
}

func TestACacheThatRestartedIsAskedForEverything(t *testing.T) {
	c := NewClient(1)
	c.Query(nil)
	if _, _, err := feed(t, c, appendEnd(appendHeader(nil, 1, CacheResponse, 7, 8), 1, 7, 100)); err != nil {
		t.Fatal(err)
	}
	c.Query(nil)
	reply, _, err := feed(t, c, appendHeader(nil, 1, CacheReset, 0, 8))
	if err != nil || !bytes.Equal(reply, AppendResetQuery(nil, 1)) {
		t.Errorf("after Cache Reset: % x, %v", reply, err)
	}
}

func TestAnOldCacheMakesTheClientStepDown(t *testing.T) {
	for cache, want := range map[uint8]uint8{0: 0, 1: 1, 2: 1, 9: 1} { // the report is in the version that the cache speaks
		c := NewClient(2)
		c.Query(nil)
		_, _, err := feed(t, c, AppendError(nil, cache, UnsupportedVersion, nil, "no"))
		if !errors.Is(err, ErrDowngrade) || c.Version() != want {
			t.Errorf("a cache of version %d: version %d, %v; want %d", cache, c.Version(), err, want)
		}
	}
}

func TestProtocolErrorsAreReportedOnce(t *testing.T) {
	for name, stream := range map[string][]byte{
		"payload outside an answer": appendVRP4(nil, 1, true, [4]byte{192, 0, 2, 0}, 24, 24, 1),
		"max length below length":   appendVRP4(appendHeader(nil, 1, CacheResponse, 1, 8), 1, true, [4]byte{192, 0, 2, 0}, 24, 20, 1),
		"withdrawal in full answer": appendVRP4(appendHeader(nil, 1, CacheResponse, 1, 8), 1, false, [4]byte{192, 0, 2, 0}, 24, 24, 1),
		"other version":             appendHeader(nil, 0, CacheReset, 0, 8),
	} {
		c := NewClient(1)
		c.Query(nil)
		reply, _, err := feed(t, c, stream)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v, want a protocol error", name, err)
			continue
		}
		p, n, rerr := ReadPDU(reply)
		if rerr != nil || n != len(reply) || p.Type() != ErrorReport || ErrorCode(p.Session()) != e.Code {
			t.Errorf("%s: reply % x, %v", name, reply, rerr)
		}
		if _, ok := p.ErrorText(); !ok {
			t.Errorf("%s: the report's own lengths are wrong", name)
		}
	}
}

func TestLengthsAreCheckedBeforeAnythingIsRead(t *testing.T) {
	for _, head := range [][]byte{
		appendHeader(nil, 1, IPv4Prefix, 0, 0xffffffff), appendHeader(nil, 1, IPv4Prefix, 0, 0),
		appendHeader(nil, 1, ErrorReport, 0, MaxLen+1), appendHeader(nil, 0, EndOfData, 0, 24),
	} {
		if _, _, err := ReadPDU(head); err == nil {
			t.Errorf("% x was accepted", head)
		}
	}
}

// The captures are answers of a real cache to real data (TRUTH.tsv).
func TestRealAnswers(t *testing.T) {
	for file, want := range map[string]struct {
		version uint8
		full    bool
		vrps    int
		keys    int
	}{
		"v0-reset-full.rtr.gz": {0, true, 580366 + 143155, 0}, "v1-reset-full.rtr.gz": {1, true, 580366 + 143155, 2},
		"v1-serial-delta.rtr": {1, false, 13 + 502, 0}, "v0-serial-nochange.rtr": {0, false, 0, 0}, "v1-serial-nochange.rtr": {1, false, 0, 0},
	} {
		stream := capture(t, file)
		c := NewClient(want.version)
		if !want.full {
			c.synced, c.session = true, PDU(stream).Session()
		}
		c.Query(nil)
		_, updates, err := feed(t, c, stream)
		if err != nil || len(updates) != 1 {
			t.Errorf("%s: %d updates, %v", file, len(updates), err)
			continue
		}
		if u := updates[0]; u.Full != want.full || len(u.VRPs) != want.vrps || len(u.Keys) != want.keys {
			t.Errorf("%s: full %v, %d VRPs, %d keys; want %+v", file, u.Full, len(u.VRPs), len(u.Keys), want)
		}
	}
}

func capture(t *testing.T, name string) []byte {
	t.Helper()
	f, err := os.Open(testkit.Data(t, "rtr", "stayrtr-0.5.1", name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if filepath.Ext(name) == ".gz" {
		if r, err = gzip.NewReader(f); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func FuzzClient(f *testing.F) {
	f.Add(appendEnd(appendVRP4(appendHeader(nil, 1, CacheResponse, 7, 8), 1, true, [4]byte{192, 0, 2, 0}, 24, 24, 1), 1, 7, 1))
	f.Add(AppendError(nil, 1, CorruptData, nil, "x"))
	f.Fuzz(func(t *testing.T, stream []byte) {
		c := NewClient(1)
		c.Query(nil)
		for {
			p, n, err := ReadPDU(stream)
			if err != nil || n == 0 {
				return
			}
			stream = stream[n:]
			if _, _, err := c.Handle(nil, p); err != nil {
				return
			}
		}
	})
}

// BenchmarkFullAnswer reads a full answer of 723,521 VRPs and finds no double.
func BenchmarkFullAnswer(b *testing.B) {
	f, err := os.Open(testkit.Data(b, "rtr", "stayrtr-0.5.1", "v1-reset-full.rtr.gz"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	stream, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(stream)))
	b.ReportAllocs()
	for b.Loop() {
		c := NewClient(1)
		c.Query(nil)
		for rest := stream; len(rest) > 0; {
			p, n, err := ReadPDU(rest)
			if err != nil {
				b.Fatal(err)
			}
			if _, _, err := c.Handle(nil, p); err != nil {
				b.Fatal(err)
			}
			rest = rest[n:]
		}
	}
}
