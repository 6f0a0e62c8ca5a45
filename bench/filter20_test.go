package bench

import (
	"testing"

	"example.com/rotonda/roto"
	"github.com/expr-lang/expr/vm"
)

// Twenty rules with a prefix list, AS-path and community tests, in each language.
const filterRoto = `
const BOGONS: List[Prefix] = [10.0.0.0 / 8, 127.0.0.0 / 8, 172.16.0.0 / 12, 192.168.0.0 / 16, fc00:: / 7];
const BAD: Community = Community.from(1);
const NO_EXPORT: Community = Community.from(0xffffff01);
filter f(r: Route) {
    let p = r.prefix();
    let o = r.origin();
    if p.covered_by(BOGONS) { reject }
    if p.len() > 24 || p.len() < 8 { reject }
    if o == AS0 || o == AS23456 || o == AS65535 || o == AS4294967295 { reject }
    if r.passes(AS64496) || r.passes(AS64497) || r.passes(AS64498) || r.passes(AS64499) { reject }
    if r.passes(AS64500) || r.passes(AS64501) || r.passes(AS64502) || r.passes(AS64503) { reject }
    if r.has(BAD) || r.has(NO_EXPORT) { reject }
    if p == 0.0.0.0 / 0 || p == 192.88.99.0 / 24 || p == 198.18.0.0 / 15 { reject }
    accept
}`

const filterExpr = `!r.CoveredBy(bogons) && r.Len() <= 24 && r.Len() >= 8 &&
	r.OriginNumber() != 0 && r.OriginNumber() != 23456 && r.OriginNumber() != 65535 && r.OriginNumber() != 4294967295 &&
	!r.PassesNumber(64496) && !r.PassesNumber(64497) && !r.PassesNumber(64498) && !r.PassesNumber(64499) &&
	!r.PassesNumber(64500) && !r.PassesNumber(64501) && !r.PassesNumber(64502) && !r.PassesNumber(64503) &&
	!r.HasNumber(1) && !r.HasNumber(4294967041) && !r.Is(s0) && !r.Is(s1) && !r.Is(s2)`

const filterCEL = `!r.bogon() && r.len() <= 24 && r.len() >= 8 &&
	r.origin() != 0 && r.origin() != 23456 && r.origin() != 65535 && r.origin() != 4294967295 &&
	!r.passes(64496) && !r.passes(64497) && !r.passes(64498) && !r.passes(64499) &&
	!r.passes(64500) && !r.passes(64501) && !r.passes(64502) && !r.passes(64503) &&
	!r.has(1) && !r.has(4294967041) && !r.is(0) && !r.is(1) && !r.is(2)`

func filterNative(r *Route) bool {
	o := r.Origin()
	return !r.CoveredBy(&bogons) && r.Len() <= 24 && r.Len() >= 8 &&
		o != 0 && o != 23456 && o != 65535 && o != 4294967295 &&
		!r.Passes(64496) && !r.Passes(64497) && !r.Passes(64498) && !r.Passes(64499) &&
		!r.Passes(64500) && !r.Passes(64501) && !r.Passes(64502) && !r.Passes(64503) &&
		!r.Has(1) && !r.Has(4294967041) && !r.Is(special[0]) && !r.Is(special[1]) && !r.Is(special[2])
}

func filters(tb testing.TB, r *Route) []engine {
	p := rotoFunc(tb, rotoRuntime(tb), filterRoto)
	f, err := roto.Get1[func(*Route) roto.Verdict](p, "f")
	if err != nil {
		tb.Fatal(err)
	}
	w := p.Worker(roto.Limits{Fuel: 1 << 40})

	env := map[string]any{"r": r, "bogons": &bogons, "s0": special[0], "s1": special[1], "s2": special[2]}
	program, machine := exprProgram(tb, env, filterExpr), &vm.VM{}
	celp, vars := celProgram(tb, filterCEL, celOptions()...), map[string]any{"r": celRoute{r: r}}
	return []engine{
		{"ours", func() (bool, error) { v, fault := f.Call1(w, r); return v == roto.Accept, asError(fault) }},
		{"native", func() (bool, error) { return filterNative(r), nil }},
		{"expr", func() (bool, error) {
			v, err := machine.Run(program, env)
			return err == nil && v.(bool), err
		}},
		{"cel", func() (bool, error) {
			v, _, err := celp.Eval(vars)
			return err == nil && v.Value().(bool), err
		}},
	}
}

// BenchmarkFilter20 runs twenty rules on a real route of 2026 that passes all.
func BenchmarkFilter20(b *testing.B) { race(b, filters(b, realRoute(b))) }

// TestEnginesAgree: every engine gives native code's answer on a route that
// passes and on ones that a rule of the list, the length, the path and the
// communities rejects.
func TestEnginesAgree(t *testing.T) {
	good := realRoute(t)
	bad := []*Route{good}
	for _, change := range []func(*Route){
		func(r *Route) { r.prefix = bogons[1] },
		func(r *Route) { r.prefix = special[1] },
		func(r *Route) { r.path = append(r.path[:1:1], 64503, 1) },
		func(r *Route) { r.path = append(r.path[:1:1], 23456) },
		func(r *Route) { r.communities = append(r.communities[:1:1], 1) },
	} {
		r := *good
		change(&r)
		bad = append(bad, &r)
	}
	for i, r := range bad {
		for _, e := range filters(t, r) {
			if v, err := e.call(); err != nil || v != (i == 0) {
				t.Errorf("route %d: %s says %t, %v", i, e.name, v, err)
			}
		}
	}
	for _, e := range predicates(t) {
		if v, err := e.call(); err != nil || !v {
			t.Errorf("predicate: %s says %t, %v", e.name, v, err)
		}
	}
}
