package main

import (
	"strings"
	"testing"

	"example.com/rotonda/roto"
)

func TestLists(t *testing.T) {
	var out strings.Builder
	if err := run(&out); err != nil {
		t.Fatal(err)
	}
	if want := "[22 443 8080]\ntrue 53\n"; out.String() != want {
		t.Errorf("got %q", out.String())
	}
}

// TestIndex: a constant list and one made by the call give the same answers.
func TestIndex(t *testing.T) {
	rt, err := runtime()
	if err != nil {
		t.Fatal(err)
	}
	p, err := rt.Compile(roto.Text("t.roto", `
const L: List[Span] = [Span.new(5, 9), Span.new(65535, 65535), Span.new(0, 0)];
fn constant(p: u16) -> bool { p.is_in(L) }
fn made(p: u16) -> bool { p.is_in([] + L) }
`))
	if err != nil {
		t.Fatal(err)
	}
	constant, err := roto.Get1[func(uint16) bool](p, "constant")
	if err != nil {
		t.Fatal(err)
	}
	made, err := roto.Get1[func(uint16) bool](p, "made")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Worker(roto.Limits{})
	for port, want := range map[uint16]bool{0: true, 1: false, 4: false, 5: true, 9: true, 10: false, 65534: false, 65535: true} {
		a, fault := constant.Call1(w, port)
		if fault != nil {
			t.Fatal(fault)
		}
		b, fault := made.Call1(w, port)
		if fault != nil || a != want || b != want {
			t.Errorf("%d: %v, %v, want %v; %v", port, a, b, want, fault)
		}
	}
}

func TestHostErrorIsAFault(t *testing.T) {
	rt, err := runtime()
	if err != nil {
		t.Fatal(err)
	}
	_, err = rt.Compile(roto.Text("t.roto", "const L: Span = Span.new(9, 5);"))
	if err == nil || err.Error() != "t.roto:1:17: a range cannot go from 9 to 5" {
		t.Error(err)
	}
}
