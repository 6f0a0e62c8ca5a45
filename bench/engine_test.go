package bench

import (
	"context"
	"testing"

	"example.com/rotonda/roto"
	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"
	"github.com/google/cel-go/cel"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// One closure of each engine for each task, called the way its manual says is
// fastest: compiled once, the environment reused.

func rotoFunc(tb testing.TB, rt *roto.Runtime, script string) *roto.Package {
	tb.Helper()
	p, err := rt.Compile(roto.Text("bench.roto", script))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func exprProgram(tb testing.TB, env any, script string) *vm.Program {
	tb.Helper()
	p, err := expr.Compile(script, expr.Env(env), expr.AsBool())
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func celProgram(tb testing.TB, script string, options ...cel.EnvOption) cel.Program {
	tb.Helper()
	env, err := cel.NewEnv(options...)
	if err != nil {
		tb.Fatal(err)
	}
	ast, issues := env.Compile(script)
	if issues != nil && issues.Err() != nil {
		tb.Fatal(issues.Err())
	}
	p, err := env.Program(ast, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func starlarkFunc(tb testing.TB, script, name string) (*starlark.Thread, starlark.Value) {
	tb.Helper()
	thread := &starlark.Thread{Name: "bench"}
	globals, err := starlark.ExecFileOptions(&syntax.FileOptions{Recursion: true}, thread, "bench.star", script, nil)
	if err != nil {
		tb.Fatal(err)
	}
	globals.Freeze()
	return thread, globals[name]
}

// wasmFunc instantiates the module of [wasmModule] in wazero's compiler.
func wasmFunc(tb testing.TB, name string) api.Function {
	tb.Helper()
	ctx := context.Background()
	rt := wazero.NewRuntime(ctx)
	tb.Cleanup(func() { rt.Close(ctx) })
	m, err := rt.Instantiate(ctx, wasmModule())
	if err != nil {
		tb.Fatal(err)
	}
	return m.ExportedFunction(name)
}
