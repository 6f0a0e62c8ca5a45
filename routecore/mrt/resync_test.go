package mrt

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// logOf is a message log of n records, and where each starts.
func logOf(t rapid.TB, n int) ([]byte, []int64) {
	var b bytes.Buffer
	w := NewWriter(&b)
	var starts []int64
	for i := range n {
		starts = append(starts, w.Offset())
		m := Message{Session: Session{PeerAS: 64501, LocalAS: 64500, Peer: addr4, Local: local}, AS4: true, Raw: keepalive()}
		if err := w.Message(1_700_000_000e6+int64(i)*1e6, m); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes(), starts
}

// readOn reads all records, over faults.
func readOn(src io.Reader) (offsets []int64, faults []error) {
	r := NewReader(src)
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return offsets, faults
		}
		if err == nil {
			offsets = append(offsets, rec.Offset)
			continue
		}
		faults = append(faults, err)
		if _, err := r.Resync(); err != nil {
			return offsets, faults
		}
	}
}

func TestResyncFindsTheNextRecord(t *testing.T) {
	stream, starts := logOf(t, 10)
	bad := bytes.Clone(stream)
	copy(bad[starts[4]:], "garbage in place of a header")
	for name, src := range map[string]io.Reader{"whole": bytes.NewReader(bad), "by bytes": iotest.OneByteReader(bytes.NewReader(bad))} {
		got, faults := readOn(src)
		want := append(append([]int64(nil), starts[:4]...), starts[5:]...)
		if len(faults) != 1 || len(got) != len(want) || got[4] != want[4] || got[8] != want[8] {
			t.Errorf("%s: records at %v, faults %v", name, got, faults)
		}
		var place *Error
		if len(faults) > 0 && (!errors.As(faults[0], &place) || place.Offset != starts[4]) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

// A length that reaches behind the end looks like a cut; the records in it are found.
func TestResyncBelievesNoLength(t *testing.T) {
	stream, starts := logOf(t, 10)
	stream[starts[4]+9] = 0x0f // about a megabyte
	got, faults := readOn(bytes.NewReader(stream))
	if len(got) != 9 || len(faults) != 1 {
		t.Errorf("records at %v, faults %v", got, faults)
	}
}

// A hole in a file is one fault, however many empty headers would fit into it.
func TestResyncPassesOverZeros(t *testing.T) {
	stream, starts := logOf(t, 4)
	for _, n := range []int{12, 24, 4096, 1 << 20} {
		hole := slices.Concat(stream[:starts[2]], make([]byte, n), stream[starts[2]:])
		got, faults := readOn(bytes.NewReader(hole))
		if len(got) != 4 || len(faults) != 1 || got[2] != starts[2]+int64(n) {
			t.Errorf("%d zeros: records at %v, faults %v", n, got, faults)
		}
		got, faults = readOn(bytes.NewReader(append(bytes.Clone(stream), make([]byte, n)...)))
		if len(got) != 4 || len(faults) != 1 {
			t.Errorf("%d zeros at the end: records at %v, faults %v", n, got, faults)
		}
	}
}

func TestResyncEndsWithTheStream(t *testing.T) {
	stream, starts := logOf(t, 3)
	got, faults := readOn(bytes.NewReader(stream[:starts[2]+20]))
	if len(got) != 2 || len(faults) != 1 {
		t.Errorf("records at %v, faults %v", got, faults)
	}
	r := NewReader(bytes.NewReader([]byte("nothing of MRT in it, whatever one looks for")))
	if _, err := r.Next(); err == nil {
		t.Fatal("text is a record")
	}
	if n, err := r.Resync(); err != io.EOF || n != 44 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("%v", err)
	}
}

// Whatever is damaged, a whole record is read, or lies in what a false length made the
// body of another.
func TestResyncPassesOverAnyDamage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stream, starts := logOf(t, 40)
		at := int64(rapid.IntRange(0, int(starts[20])).Draw(t, "at"))
		junk := rapid.SliceOfN(rapid.Byte(), 1, 60).Draw(t, "junk")
		copy(stream[at:], junk)
		got, _ := readOn(bytes.NewReader(stream))
		behind := at + int64(len(junk))
		for i, start := range starts {
			end := int64(len(stream))
			if i+1 < len(starts) {
				end = starts[i+1]
			}
			if end > at && start < behind {
				continue
			}
			if !slices.ContainsFunc(got, func(o int64) bool {
				return o == start || o < start && start < o+headerLen+int64(binary.BigEndian.Uint32(stream[o+8:]))
			}) {
				t.Fatalf("the record at %d is lost; damage at %d-%d, read %v", start, at, behind, got)
			}
		}
	})
}
