package lsp

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	for _, body := range []string{"", "ä", strings.Repeat("x", 100000)} {
		if err := writeFrame(&b, []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	whole := b.String()
	r := bufio.NewReader(&b)
	for _, want := range []string{"", "ä", strings.Repeat("x", 100000)} {
		if got, err := readFrame(r); err != nil || string(got) != want {
			t.Fatalf("%d bytes, %v", len(got), err)
		}
	}
	if _, err := readFrame(r); err != io.EOF {
		t.Error(err)
	}
	// Cut anywhere within the first two, it says so, or ends between them.
	for n := range len(whole) - 100000 {
		r := bufio.NewReader(strings.NewReader(whole[:n]))
		var err error
		for err == nil {
			_, err = readFrame(r)
		}
		between := n == 0 || n == 21 || n == 44
		if (err == io.EOF) != between || !errors.Is(err, io.EOF) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}

// TestALargeFrameIsSkipped promises more than is read and then goes on.
func TestALargeFrameIsSkipped(t *testing.T) {
	big := io.MultiReader(strings.NewReader("Content-Length: 70000000\r\n\r\n"), io.LimitReader(zeros{}, 70000000),
		strings.NewReader("Content-Length: 2\r\n\r\n{}"))
	r := bufio.NewReader(big)
	var bad errFrame
	if _, err := readFrame(r); !errors.As(err, &bad) {
		t.Fatal(err)
	}
	if body, err := readFrame(r); err != nil || string(body) != "{}" {
		t.Fatal(string(body), err)
	}
	// What is promised and does not come costs nothing.
	r = bufio.NewReader(strings.NewReader("Content-Length: 60000000\r\n\r\n{}"))
	if n := testing.AllocsPerRun(1, func() { readFrame(r) }); n > 100 {
		t.Error(n)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// FuzzFrame reads anything to its end, and what was read once it reads again.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{"", "Content-Length: 2\r\n\r\n{}", "content-length:0\n\nX: y\r\n\r\n", "Content-Length: 9999999999999999999\r\n\r\n", "\r\n\r\n:\n\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := bufio.NewReader(bytes.NewReader(data))
		for range len(data) + 1 {
			body, err := readFrame(r)
			var bad errFrame
			if errors.As(err, &bad) {
				continue
			}
			if err != nil {
				return
			}
			var b bytes.Buffer
			if err := writeFrame(&b, body); err != nil {
				t.Fatal(err)
			}
			if again, err := readFrame(bufio.NewReader(&b)); err != nil || !bytes.Equal(again, body) {
				t.Fatal(again, err)
			}
			parseMessage(body)
		}
		t.Fatal("more messages than bytes")
	})
}
