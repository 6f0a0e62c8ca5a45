package lsp

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/rotonda/roto"
)

// TestMistakesAreSentWhenTheEditorIsQuiet: a hundred keystrokes are one analysis.
func TestMistakesAreSentWhenTheEditorIsQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, t.TempDir(), roto.New())
		defer c.to.Close()
		c.step(`initialize {"capabilities":{}}`)
		c.step("text s.roto fn f() {}")
		c.take()
		for range 100 {
			c.step("edit s.roto 0:0-0:0 x")
			time.Sleep(Delay / 2)
		}
		if got := c.take(); len(got) != 0 {
			t.Fatalf("sent while typing: %q", got)
		}
		time.Sleep(Delay)
		if got := c.take(); len(got) != 1 || !strings.Contains(got[0], `"version":102`) || strings.Contains(got[0], `"diagnostics":[]`) {
			t.Fatalf("%q", got)
		}
	})
}

func TestRelatedPlacesAreToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, t.TempDir(), roto.New())
		defer c.to.Close()
		c.step(`initialize {"capabilities":{}}`)
		c.step(`text s.roto fn f() {}\nfn f() {}`)
		got := c.take()
		var m struct{ Params diagnosticsParams }
		if err := json.Unmarshal([]byte(got[len(got)-1]), &m); err != nil {
			t.Fatal(err)
		}
		d := m.Params.Diagnostics
		if len(d) != 1 || len(d[0].Related) != 1 || d[0].Related[0].Location.URI != c.uri("s.roto") || d[0].Related[0].Location.Range == d[0].Range {
			t.Fatalf("%+v", d)
		}
	})
}

// TestALargeTextIsNotLookedAt, and is again when it is small.
func TestALargeTextIsNotLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := connect(t, t.TempDir(), roto.New())
		defer c.to.Close()
		c.step(`initialize {"capabilities":{}}`)
		c.open("s.roto", "fn f( "+strings.Repeat(" ", maxText))
		c.step("hover s.roto")
		c.step("formatting s.roto")
		c.step("edit s.roto 0:0-0:0 x")
		c.step("text s.roto fn f() {}")
		c.step("hover s.roto fn ^f")
		got := strings.Join(c.take(), "\n")
		if !strings.Contains(got, "too large") || !strings.Contains(got, "fn f()") || strings.Contains(got, "error") {
			t.Fatal(got)
		}
	})
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

// TestAClientThatReadsNoMoreEndsTheSession.
func TestAClientThatReadsNoMoreEndsTheSession(t *testing.T) {
	in := "Content-Length: 46\r\n\r\n" + `{"jsonrpc":"2.0","id":1,"method":"initialize"}`
	if err := New(roto.New()).Run(strings.NewReader(in), broken{}); !errors.Is(err, io.ErrClosedPipe) {
		t.Fatal(err)
	}
	if err := New(roto.New()).Run(strings.NewReader(in[:50]), io.Discard); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}
