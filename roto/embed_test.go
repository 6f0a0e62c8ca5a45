package roto

import (
	"errors"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"example.com/rotonda/routecore/inet"
)

// route is a host type by pointer, community one by value.
type route struct {
	prefix netip.Prefix
	origin inet.ASN
	path   []inet.ASN
	seen   int
}

type community uint32

func (r *route) Prefix() netip.Prefix   { return r.prefix }
func (r *route) Origin() inet.ASN       { return r.origin }
func (r *route) Bump() *route           { r.seen++; return r }
func (r *route) Has(c community) bool   { return c == 666 }
func (r *route) Path() []inet.ASN       { return r.path }
func (r *route) OTC() Option[inet.ASN]  { return Option[inet.ASN]{Value: r.origin, Some: r.origin != 0} }
func (r *route) Passes(a inet.ASN) bool { return len(r.path) > 0 && r.path[0] == a }

type context struct {
	Log   *[]string `roto:"log" doc:"What scripts said."`
	Local inet.ASN  `roto:"local_as"`
}

func testRuntime(t testing.TB) *Runtime {
	rt := New()
	Type[*[]string](rt, "Log", "").Method("say", "", Proc2(func(l *[]string, s string) { *l = append(*l, s) }))
	Type[community](rt, "Community", "").
		Func("from", "", Fn1(func(n uint32) community { return community(n) })).
		Const("NO_EXPORT", "", community(65281))
	Type[*route](rt, "Route", "One route.").
		Method("prefix", "Its prefix.", Fn1((*route).Prefix), Touches("nlri")).
		Method("origin", "", Fn1((*route).Origin)).
		Method("bump", "", Fn1((*route).Bump)).
		Method("has", "", Fn2((*route).Has)).
		Method("path", "", Fn1((*route).Path)).
		Method("otc", "", Fn1((*route).OTC)).
		Method("passes", "", Fn2((*route).Passes))
	rt.Module("math").Func("add", "", Fn2(func(a, b int8) int8 { return a + b }))
	rt.Func("explode", "", Proc0(func() { panic("boom") }))
	Context[context](rt)
	if err := rt.Err(); err != nil {
		t.Fatal(err)
	}
	return rt
}

func compile(t testing.TB, rt *Runtime, script string) *Package {
	t.Helper()
	p, err := rt.Compile(Text("s.roto", script))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestHostTypesAndContext(t *testing.T) {
	p := compile(t, testRuntime(t), `
const BLACKHOLE: Community = Community.from(666);
fn helper(r: Route) -> Prefix { r.prefix() }
filter f(r: Route, n: u32) {
    log.say(f"{r.prefix()} {r.bump().origin()} {n} {local_as}");
    if r.has(BLACKHOLE) && !r.has(Community.NO_EXPORT) && r.path().contains(AS2) {
        match r.otc() { Some(a) => if a == AS5 { reject }, None => reject }
    }
    accept
}
fn uses(r: Route) -> Prefix { helper(r) }
fn idle(r: Route) -> Asn { r.origin() }
fn small(a: i8) -> i8 { math.add(a, -3) }
fn bad(a: i8) -> i8 { explode(); a }
fn opt(a: Asn) -> Asn? { if a == AS0 { None } else { Some(a) } }
`)
	f, err := Get[func(*route, uint32) Verdict](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Worker(Limits{})
	var said []string
	if err := SetContext(w, &context{&said, 65000}); err != nil {
		t.Fatal(err)
	}
	r := &route{prefix: netip.MustParsePrefix("192.0.2.0/24"), origin: 5, path: []inet.ASN{1, 2}}
	if v, fault := f.Call2(w, r, 7); v != Reject || fault != nil {
		t.Error(v, fault)
	}
	r.origin = 6
	if v, fault := f.Call2(w, r, 8); v != Accept || fault != nil {
		t.Error(v, fault)
	}
	if got := strings.Join(said, ";"); got != "192.0.2.0/24 AS5 7 AS65000;192.0.2.0/24 AS6 8 AS65000" {
		t.Error(got)
	}
	uses, err := Get1[func(*route) netip.Prefix](p, "uses")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := uses.Call1(w, r); got != r.prefix || fault != nil {
		t.Error(got, fault)
	}
	idle, err := Get1[func(*route) inet.ASN](p, "idle")
	if err != nil {
		t.Fatal(err)
	}
	if !uses.Uses("Route.prefix") || !uses.Uses("nlri") || idle.Uses("Route.prefix") || !idle.Uses("Route.origin") {
		t.Error("uses")
	}
	small, err := Get1[func(int8) int8](p, "small")
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := small.Call1(w, -100); got != -103 || fault != nil {
		t.Error(got, fault)
	}
	bad, err := Get1[func(int8) int8](p, "bad")
	if err != nil {
		t.Fatal(err)
	}
	if _, fault := bad.Call1(w, 1); fault == nil || fault.Error() != "s.roto:14:23: boom" {
		t.Error(fault)
	}
	opt, err := Get1[func(inet.ASN) Option[inet.ASN]](p, "opt")
	if err != nil {
		t.Fatal(err)
	}
	if a, fault := opt.Call1(w, 9); a != Some(inet.ASN(9)) || fault != nil {
		t.Error(a, fault)
	}
	if a, fault := opt.Call1(w, 0); a.Some || fault != nil {
		t.Error(a, fault)
	}
}

func TestGetNamesBothSignatures(t *testing.T) {
	p := compile(t, testRuntime(t), "filter rib_in_pre(r: Route) { accept }\n")
	_, err := Get[func(*route, uint32) Verdict](p, "rib_in_pre")
	var wrong *SignatureError
	if !errors.As(err, &wrong) {
		t.Fatal(err)
	}
	want := "s.roto:1:8: function `rib_in_pre` has the wrong type: the script has fn(Route) -> Verdict[(), ()], the host wants fn(Route, u32) -> Verdict[(), ()]"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
	_, err = Get[func(*route, uint32) Verdict](p, "rib_out")
	var missing *MissingError
	if !errors.As(err, &missing) || !strings.Contains(err.Error(), "pkg.rib_in_pre") {
		t.Error(err)
	}
}

func TestBindingsAreChecked(t *testing.T) {
	for name, bind := range map[string]func(*Runtime){
		"keyword":                  func(rt *Runtime) { rt.Func("accept", "", Proc0(func() {})) },
		"not a valid":              func(rt *Runtime) { rt.Func("a b", "", Proc0(func() {})) },
		"bound twice in one scope": func(rt *Runtime) { rt.Const("x", "", true); rt.Func("x", "", Proc0(func() {})) },
		"is not bound":             func(rt *Runtime) { rt.Func("x", "", Proc1(func(*route) {})) },
	} {
		rt := New()
		bind(rt)
		if _, err := rt.Compile(Text("", "")); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestScriptWithThreeTypeErrorsReportsThree(t *testing.T) {
	_, err := New().Compile(Text("x.roto", "fn a() -> u8 { true }\nfn b() { c(); }\nfn d(x: Prefix) { x.lenn(); }\n"))
	var r *Report
	if !errors.As(err, &r) || len(r.Diagnostics) != 3 {
		t.Fatal(err)
	}
	json := string(r.AppendJSON(nil))
	if !strings.Contains(json, `"file":"x.roto","line":3,"column":21,"endLine":3,"endColumn":25,"severity":"error"`) || !strings.Contains(json, `"suggestion":"len"`) {
		t.Error(json)
	}
}

func TestPackagesRunFromManyGoroutines(t *testing.T) {
	p := compile(t, New(), `
const L: List[u32] = [1, 2, 3];
fn f(n: u32) -> u32 { let s = 0; for x in L { s += x * n; } s }
`)
	f, err := Get1[func(uint32) uint32](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for n := range uint32(8) {
		wg.Go(func() {
			w := p.Worker(Limits{})
			for range 1000 {
				if got, fault := f.Call1(w, n); got != 6*n || fault != nil {
					t.Error(got, fault)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestFuelIsPerCall(t *testing.T) {
	p := compile(t, New(), "fn f(n: u32) -> u32 { let i = 0; while i < n { i += 1; } i }")
	f, err := Get1[func(uint32) uint32](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Worker(Limits{Fuel: 100})
	for range 3 {
		if got, fault := f.Call1(w, 100); got != 100 || fault != nil {
			t.Error(got, fault)
		}
		if _, fault := f.Call1(w, 101); fault == nil || !strings.Contains(fault.Error(), "s.roto:1:") {
			t.Error(fault)
		}
	}
}

func TestFiltersDoNotAllocate(t *testing.T) {
	p := compile(t, testRuntime(t), filter20)
	f, err := Get1[func(*route) Verdict](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Worker(Limits{})
	r := testRoute()
	if n := testing.AllocsPerRun(100, func() { f.Call1(w, r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
