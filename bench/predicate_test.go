package bench

import (
	"context"
	"testing"

	"example.com/rotonda/roto"
	"github.com/expr-lang/expr/vm"
	"github.com/google/cel-go/cel"
	"go.starlark.net/starlark"
)

const (
	predicateRoto = `fn p(a: u32, b: u32, c: u8, d: u8, e: u32) -> bool { a == 64500 && b > 100 && c <= 24 && d >= 8 && e != 174 }`
	predicateExpr = `a == 64500 && b > 100 && c <= 24 && d >= 8 && e != 174`
	predicateStar = "def p(a, b, c, d, e):\n    return a == 64500 and b > 100 and c <= 24 and d >= 8 and e != 174\n"
)

// scalars is the environment of expr, by value of its own types.
type scalars struct {
	A uint32 `expr:"a"`
	B uint32 `expr:"b"`
	C uint8  `expr:"c"`
	D uint8  `expr:"d"`
	E uint32 `expr:"e"`
}

//go:noinline
func predicateNative(a, b uint32, c, d uint8, e uint32) bool {
	return a == 64500 && b > 100 && c <= 24 && d >= 8 && e != 174
}

// predicates are the five-comparison predicate in every engine.
func predicates(tb testing.TB) []engine {
	p := rotoFunc(tb, roto.New(), predicateRoto)
	f, err := roto.Get5[func(uint32, uint32, uint8, uint8, uint32) bool](p, "p")
	if err != nil {
		tb.Fatal(err)
	}
	w := p.Worker(roto.Limits{Fuel: 1 << 40})

	env := &scalars{64500, 200, 24, 8, 1}
	program, machine := exprProgram(tb, scalars{}, predicateExpr), &vm.VM{}

	types := []cel.EnvOption{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		types = append(types, cel.Variable(name, cel.IntType))
	}
	celp := celProgram(tb, predicateExpr, types...)
	vars := map[string]any{"a": int64(64500), "b": int64(200), "c": int64(24), "d": int64(8), "e": int64(1)}

	thread, star := starlarkFunc(tb, predicateStar, "p")
	args := starlark.Tuple{starlark.MakeInt(64500), starlark.MakeInt(200), starlark.MakeInt(24), starlark.MakeInt(8), starlark.MakeInt(1)}

	wasm, stack := wasmFunc(tb, "p"), make([]uint64, 5)
	return []engine{
		{"ours", func() (bool, error) { v, fault := f.Call5(w, 64500, 200, 24, 8, 1); return v, asError(fault) }},
		{"native", func() (bool, error) { return predicateNative(64500, 200, 24, 8, 1), nil }},
		{"expr", func() (bool, error) {
			v, err := machine.Run(program, env)
			return err == nil && v.(bool), err
		}},
		{"cel", func() (bool, error) {
			v, _, err := celp.Eval(vars)
			return err == nil && v.Value().(bool), err
		}},
		{"starlark", func() (bool, error) {
			v, err := starlark.Call(thread, star, args, nil)
			return err == nil && bool(v.Truth()), err
		}},
		{"wazero", func() (bool, error) {
			stack[0], stack[1], stack[2], stack[3], stack[4] = 64500, 200, 24, 8, 1
			err := wasm.CallWithStack(context.Background(), stack)
			return stack[0] == 1, err
		}},
	}
}

// engine is one library's way to answer.
type engine struct {
	name string
	call func() (bool, error)
}

func asError(f *roto.Fault) error {
	if f != nil {
		return f
	}
	return nil
}

// race runs all on one task, which is true for the input that they are given.
func race(b *testing.B, engines []engine) {
	c := contest{b: b}
	for _, e := range engines {
		c.run(e.name, func(b *testing.B) {
			for b.Loop() {
				if v, err := e.call(); !v || err != nil {
					b.Fatal(v, err)
				}
			}
		})
	}
}

// BenchmarkPredicate is five comparisons of integers, fuel and depth checked.
func BenchmarkPredicate(b *testing.B) {
	b.Run("scalar", func(b *testing.B) { race(b, predicates(b)) })
}

// BenchmarkFib20 is 21,891 calls of a recursive function. Neither expr nor CEL
// can recurse.
func BenchmarkFib20(b *testing.B) {
	p := rotoFunc(b, roto.New(), `fn fib(n: u32) -> u32 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }`)
	f, err := roto.Get1[func(uint32) uint32](p, "fib")
	if err != nil {
		b.Fatal(err)
	}
	w := p.Worker(roto.Limits{Fuel: 1 << 40})
	thread, star := starlarkFunc(b, "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n", "fib")
	arg := starlark.Tuple{starlark.MakeInt(20)}
	wasm, stack := wasmFunc(b, "fib"), make([]uint64, 1)
	race(b, []engine{
		{"ours", func() (bool, error) { v, fault := f.Call1(w, 20); return v == 6765, asError(fault) }},
		{"native", func() (bool, error) { return fibNative(20) == 6765, nil }},
		{"starlark", func() (bool, error) {
			v, err := starlark.Call(thread, star, arg, nil)
			return err == nil && v.String() == "6765", err
		}},
		{"wazero", func() (bool, error) {
			stack[0] = 20
			err := wasm.CallWithStack(context.Background(), stack)
			return stack[0] == 6765, err
		}},
	})
}

//go:noinline
func fibNative(n uint32) uint32 {
	if n < 2 {
		return n
	}
	return fibNative(n-1) + fibNative(n-2)
}
