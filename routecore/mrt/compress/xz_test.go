package compress

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"
)

func packXz(t *testing.T, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, part := range parts {
		z, err := xz.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(z, part); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

func TestXzIsReadAndConcatenated(t *testing.T) {
	text := strings.Repeat("a route to 192.0.2.0/24, and another. ", 5000)
	raw := packXz(t, text, text[:100])
	if Detect(raw) != Xz {
		t.Fatal("not detected")
	}
	got, err := read(t, raw)
	if err != nil || string(got) != text+text[:100] {
		t.Errorf("%d bytes, %v", len(got), err)
	}
}

func TestCutXzYieldsWhatItHolds(t *testing.T) {
	var text strings.Builder
	for i := range 40000 {
		text.WriteByte(byte(i * i >> 3))
	}
	raw := packXz(t, text.String())
	some := false
	for n := 6; n < len(raw); n += 1 + len(raw)/97 {
		got, err := read(t, raw[:n])
		var place *Error
		if !errors.As(err, &place) || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut to %d of %d: %v", n, len(raw), err)
		}
		if !strings.HasPrefix(text.String(), string(got)) {
			t.Fatalf("cut to %d: other content", n)
		}
		some = some || len(got) > 0
	}
	if !some {
		t.Error("no cut yielded anything")
	}
}

// A header may not ask for gigabytes.
func TestXzWindowIsBounded(t *testing.T) {
	raw := packXz(t, "text")
	if w := xzWindow(raw); w < 4096 || w > maxXzWindow {
		t.Fatalf("window %d", w)
	}
	at := bytes.Index(raw[12:], []byte{0x21, 1}) + 14
	raw[at] = 40 // 4 GiB
	if _, err := read(t, raw); err == nil || !strings.Contains(err.Error(), "over the limit") {
		t.Errorf("%v", err)
	}
	for n := range raw {
		xzWindow(raw[:n])
	}
}
