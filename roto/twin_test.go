package roto

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/internal/twin"
	"example.com/rotonda/roto/internal/vm"
	"example.com/rotonda/roto/syntax"
)

// limitReached is the outcome of a program that hits a limit: the engine and the
// twin count in different ways, so what they say of it is not compared.
const limitReached = "fault: a limit"

// engineOutcome is what the engine makes of a program: the text of main, or kind,
// line and text of a fault. ok is false when it does not compile.
func engineOutcome(rt *Runtime, script []Source) (outcome string, ok bool) {
	p, err := rt.Compile(script...)
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		return engineFault(fault), true
	case err != nil:
		return err.Error(), false
	}
	f, err := Get0[func() string](p, "main")
	if err != nil {
		return err.Error(), false
	}
	text, fault := f.Call0(p.Worker(Limits{}))
	if fault != nil {
		return engineFault(fault), true
	}
	return text, true
}

func engineFault(f *Fault) string {
	kind, line := "value", 0
	switch f.Kind {
	case vm.FuelFault, vm.DepthFault, vm.MemoryFault:
		return limitReached
	case vm.ArithmeticFault:
		kind = "arithmetic"
	case vm.HostFault:
		kind = "host"
	}
	if f.At.File != nil {
		line = f.At.Position().Line
	}
	return fmt.Sprintf("fault: %s in line %d: %s", kind, line, f.Text)
}

// twinOutcome is what the twin makes of the same program.
func twinOutcome(rt *Runtime, script []Source) (string, error) {
	p, err := checkedProgram(rt, script)
	if err != nil {
		return "", err
	}
	text, fault, err := twin.Run(p, "pkg.main")
	switch {
	case err != nil:
		return "", err
	case fault == nil:
		return text, nil
	case fault.Kind == twin.Limit:
		return limitReached, nil
	}
	kind := "value"
	if fault.Kind == twin.Arithmetic {
		kind = "arithmetic"
	}
	return fmt.Sprintf("fault: %s in line %d: %s", kind, fault.At.Position().Line, fault.Text), nil
}

func checkedProgram(rt *Runtime, script []Source) (*check.Program, error) {
	var diags syntax.Diagnostics
	mods, err := parse(script, &diags)
	if err != nil {
		return nil, err
	}
	p := check.Check(rt.u, mods, &diags, check.Options{})
	if diags.Failed() {
		return nil, &Report{diags.List}
	}
	return p, nil
}

// TestCasesTwin runs every case that has a main on the twin too.
func TestCasesTwin(t *testing.T) {
	rt := New()
	ran := 0
	for _, c := range append(cases(t, "testdata/run/*.txt"), cases(t, "testdata/upstream/*.txt")...) {
		script := packageSources(c.script)
		want, ok := engineOutcome(rt, script)
		if !ok || want == limitReached {
			continue
		}
		ran++
		got, err := twinOutcome(rt, script)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		} else if got != want {
			t.Errorf("%s:\nengine %s\ntwin   %s", c.name, want, got)
		}
	}
	if ran < 150 {
		t.Errorf("only %d cases ran", ran)
	}
}

// packageSources are the files of a case: a line `=== path` begins a further one.
func packageSources(script string) (out []Source) {
	parts := strings.Split("\n"+script, "\n=== ")
	if len(parts) == 1 {
		return []Source{Text("main.roto", script)}
	}
	for _, part := range parts[1:] {
		name, text, _ := strings.Cut(part, "\n")
		if name == "pkg.roto" {
			out = append(out, Text(name, text))
			continue
		}
		module := strings.TrimSuffix(name, ".roto")
		module = strings.TrimSuffix(strings.TrimSuffix(module, "/mod"), "/lib")
		out = append(out, TextModule(strings.ReplaceAll(module, "/", "."), name, text))
	}
	return out
}

// agree fails when the engine and the twin differ about a program. It tells
// whether the program ended with a text, a fault, or at a limit.
func agree(t *testing.T, rt *Runtime, text string) string {
	t.Helper()
	script := []Source{Text("made.roto", text)}
	want, ok := engineOutcome(rt, script)
	if !ok {
		t.Fatalf("a made program does not compile:\n%s\n%s", want, text)
	}
	got, err := twinOutcome(rt, script)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	switch {
	case got == limitReached || want == limitReached:
		return "limit"
	case got != want:
		t.Fatalf("engine %s\ntwin   %s\n%s", want, got, text)
	case strings.HasPrefix(got, "fault: "):
		return "fault"
	}
	return "text"
}

// TestRandomProgramsTwin wants the engine and the twin to agree about programs
// made by chance.
func TestRandomProgramsTwin(t *testing.T) {
	rt := New()
	n := uint64(800)
	if testing.Short() {
		n = 200
	}
	ends := map[string]int{}
	for seed := range n {
		ends[agree(t, rt, twin.Program(twin.Seeded(seed)))]++
	}
	t.Log(ends)
	if ends["text"] < int(n)/2 || ends["fault"] == 0 || ends["limit"] > int(n)/20 {
		t.Errorf("the programs say little: %v", ends)
	}
}

// FuzzProgramsTwin makes programs of bytes.
func FuzzProgramsTwin(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("a seed of moderate length, from which a program with several declarations grows"))
	f.Add([]byte{255, 3, 7, 1, 9, 14, 200, 31, 77, 5, 13, 17, 8, 16, 12, 2, 99, 42, 11, 6, 4, 10, 15, 21, 33})
	rt := New()
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4096 {
			agree(t, rt, twin.Program(twin.Drawn(data)))
		}
	})
}
