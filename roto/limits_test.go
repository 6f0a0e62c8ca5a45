package roto

import (
	"strings"
	"testing"

	"example.com/rotonda/roto/internal/vm"
)

// TestLimits: each limit ends the call with its own fault that names the line,
// and the worker works again afterwards.
func TestLimits(t *testing.T) {
	p := compile(t, New(), `
fn texts() { let s = "x"; while true { s = s + s; } }
fn lists() { let l = [1]; while true { l.push(1); } }
fn maps() { let m = Map.new(); let i = 0; while true { m.insert(i, i); i += 1; } }
fn spin() { while true {} }
fn deep(n: u32) -> u32 { deep(n + 1) }
fn stack() { deep(0); }
fn fine() { let s = "x"; let i = 0; while i < 100000 { i += 1; } }
`)
	asked := 0
	for _, c := range []struct {
		name  string
		limit Limits
		kind  vm.FaultKind
		want  string
	}{
		{"texts", Limits{Memory: 1 << 20, Fuel: 1 << 40}, vm.MemoryFault, "s.roto:2:44: makes more than 1048576 bytes"},
		{"lists", Limits{Memory: 1 << 20, Fuel: 1 << 40}, vm.MemoryFault, "s.roto:3:40: makes more than"},
		{"maps", Limits{Memory: 1 << 20, Fuel: 1 << 40}, vm.MemoryFault, "s.roto:4:56: makes more than"},
		{"spin", Limits{Fuel: 1000}, vm.FuelFault, "s.roto:5:13: stopped after 1000"},
		{"spin", Limits{Fuel: 1 << 50, Expired: func() bool { asked++; return asked > 3 }}, vm.TimeFault, "s.roto:5:13: stopped because its time is over"},
		{"stack", Limits{Stack: 1 << 12}, vm.DepthFault, "calls nest too deep"},
	} {
		w := p.Worker(c.limit)
		for range 2 {
			f, err := Get0[func() Unit](p, c.name)
			if err != nil {
				t.Fatal(err)
			}
			_, fault := f.Call0(w)
			if fault == nil || fault.Kind != c.kind || !strings.Contains(fault.Error(), c.want) {
				t.Errorf("%s: %v, want %s", c.name, fault, c.want)
			}
		}
	}
	if asked != 5 {
		t.Errorf("asked %d times for the time", asked)
	}
	f, err := Get0[func() Unit](p, "fine")
	if err != nil {
		t.Fatal(err)
	}
	if _, fault := f.Call0(p.Worker(Limits{Memory: 1000, Expired: func() bool { return false }})); fault != nil {
		t.Error(fault)
	}
	// Fuel is the same whether or not somebody asks for the time.
	for _, expired := range []func() bool{nil, func() bool { return false }} {
		if _, fault := f.Call0(p.Worker(Limits{Fuel: 99_999, Expired: expired})); fault == nil || fault.Kind != vm.FuelFault {
			t.Errorf("99,999 units: %v", fault)
		}
		if _, fault := f.Call0(p.Worker(Limits{Fuel: 100_001, Expired: expired})); fault != nil {
			t.Errorf("100,001 units: %v", fault)
		}
	}
}
