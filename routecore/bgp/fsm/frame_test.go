package fsm

import (
	"bytes"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"pgregory.net/rapid"
)

func TestFramesSurviveTheWire(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Frame{Addressed: rapid.Bool().Draw(t, "addressed"), Payload: rapid.SliceOfN(rapid.Byte(), 19, 200).Draw(t, "payload")}
		if f.Addressed {
			f.Stream = rapid.Uint64Range(0, 1<<62-1).Draw(t, "stream")
		}
		b := f.Append(nil)
		for n := range b {
			if _, used, err := ReadFrame(b[:n:n]); used != 0 || err != nil {
				t.Fatalf("%d of %d octets give %d %v", n, len(b), used, err)
			}
		}
		got, n, err := ReadFrame(append(b, 1, 2, 3))
		if err != nil || n != len(b) || got.Addressed != f.Addressed || got.Stream != f.Stream || !bytes.Equal(got.Payload, f.Payload) {
			t.Fatalf("%+v became %+v, %d, %v", f, got, n, err)
		}
	})
}

func TestFrameOfALongMessage(t *testing.T) {
	f := Frame{Payload: make([]byte, bgp.MaxExtMessage)}
	if _, n, err := ReadFrame(f.Append(nil)); err != nil || n != bgp.MaxExtMessage+4 {
		t.Errorf("%d %v", n, err)
	}
	if b := (Frame{Payload: make([]byte, bgp.MaxExtMessage+1)}).Append(nil); b != nil {
		t.Errorf("a payload that does not fit became %d octets", len(b))
	}
}

func TestStreamIsShiftedByTwo(t *testing.T) {
	b := Frame{Addressed: true, Stream: 6, Payload: bgp.AppendKeepalive(nil)}.Append(nil)
	if want := []byte{0, 1, 0, 19, 0, 0, 0, 0, 0, 0, 0, 24}; !bytes.Equal(b[:12], want) {
		t.Errorf("got % x, want % x", b[:12], want)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(Frame{Payload: bgp.AppendKeepalive(nil)}.Append(nil))
	f.Add(Frame{Addressed: true, Stream: 4, Payload: bgp.AppendKeepalive(nil)}.Append(nil))
	f.Add([]byte{0, 2, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		frame, n, err := ReadFrame(b)
		if err != nil || n == 0 {
			return
		}
		if again := frame.Append(nil); !bytes.Equal(again, b[:n]) {
			t.Fatalf("% x became % x", b[:n], again)
		}
		_, _ = frame.message(bgp.MaxMessage)
	})
}
