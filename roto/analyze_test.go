package roto

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const analyzed = `// The longest
// that we take.
const MAX: u8 = 24;
record Limit { len: u8, name: String }
enum Kind { Near, Far(u32) }
fn long(r: Route, limit: Limit) -> bool {
    let p = r.prefix();
    p.len() > limit.len || p.len() > MAX
}
filter f(r: Route) {
    if long(r, Limit { len: 8, name: "x" }) { reject }
    match Kind.Far(1) { Far(n) => log.say(f"{n}"), Near => {} }
    accept
}
`

// at returns the place of the n-th occurrence of a text.
func at(text, part string, n int) int {
	off := 0
	for range n {
		off += strings.Index(text[off:], part) + len(part)
	}
	return off - len(part)
}

func TestAnalysis(t *testing.T) {
	a, err := testRuntime(t).Analyze(Text("s.roto", analyzed))
	if err != nil || len(a.Diagnostics) != 0 {
		t.Fatal(err, a.Diagnostics)
	}
	for _, c := range []struct {
		part string
		n    int
		want string // kind, declaration, documentation, line of the declaration, number of uses
	}{
		{"MAX", 2, "constant|const MAX: u8|The longest\nthat we take.|3|2"},
		{"prefix", 1, "method|fn Route.prefix(self: Route) -> Prefix|Its prefix.|0|0"},
		{"len()", 1, "method|fn Prefix.len(self: Prefix) -> u8|The length in bits.|0|0"},
		{"limit.len", 1, "variable|limit: pkg.Limit||6|2"},
		{"len ||", 1, "field|len: u8||4|3"},
		{"len: 8", 1, "field|len: u8||4|3"},
		{"Limit {", 2, "record|record Limit { len: u8, name: String }||4|3"},
		{"long(r,", 1, "function|fn long(r: Route, limit: pkg.Limit) -> bool||6|2"},
		{"p.len", 2, "variable|p: Prefix||7|3"},
		{"Far(1)", 1, "variant|pkg.Kind.Far(u32)||5|3"},
		{"Far(n)", 1, "variant|pkg.Kind.Far(u32)||5|3"},
		{"n}", 1, "variable|n: u32||12|2"},
		{"log", 1, "context|log: Log|What scripts said.|0|0"},
		{"say", 1, "method|fn Log.say(self: Log, String)||0|0"},
		{"Route", 1, "type|type Route|One route.|0|0"},
		{"f(r: Route)", 1, "filter|filter f(r: Route)||10|1"},
	} {
		off := at(analyzed, c.part, c.n)
		s, ok := a.At("s.roto", off)
		if !ok {
			t.Errorf("%q: nothing there", c.part)
			continue
		}
		got := fmt.Sprintf("%s|%s|%s|%d|%d", s.Kind, s.Text, s.Doc, s.Def.Position().Line, len(a.Uses("s.roto", off)))
		if got != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.part, got, c.want)
		}
	}
	var names []string
	for _, s := range a.Declared("s.roto") {
		names = append(names, s.Kind+" "+s.Name)
	}
	if got := strings.Join(names, ", "); got != "constant MAX, record Limit, enum Kind, function long, filter f" {
		t.Error(got)
	}
	names = nil
	for _, s := range a.Named("s.roto") {
		if names = append(names, s.Kind+" "+s.Span.Text()); s.Span.Position().Line > 7 {
			break
		}
	}
	if got := strings.Join(names, ", "); got != "constant MAX, type u8, record Limit, field len, type u8, field name, type String, enum Kind, variant Near, variant Far, type u32, "+
		"function long, variable r, type Route, variable limit, record Limit, type bool, variable p, variable r, method prefix, variable p" {
		t.Error(got)
	}
	if _, ok := a.At("s.roto", 1); ok {
		t.Error("a comment stands for something")
	}
}

func TestComplete(t *testing.T) {
	rt := testRuntime(t)
	for script, want := range map[string]string{
		`fn f(r: Route) { r.pre| }`:                                               "prefix",
		`fn f(r: Route) { let x = r.| accept }`:                                   "prefix, origin, bump, has, path, otc, passes",
		`fn f(r: Route) { if r.prefix().is_| { } }`:                               "is_ipv4, is_ipv6",
		`fn f(r: Route) { r.prefix().addr().is_ip|(); }`:                          "is_ipv4, is_ipv6",
		`record A { alpha: u8, beta: u8 } fn f(a: A) -> u8 { a.al| }`:             "alpha",
		`fn alpha() {} const ALSO: u8 = 1; fn f(alto: u8) { let albus = 1; al| }`: "albus, alto, alpha",
		`fn f() { Community.N| }`:                                                 "NO_EXPORT",
		`fn f() { math.| }`:                                                       "add",
		`enum Kind { Near, Far } fn f() -> Kind { Kind.F| }`:                      "Far",
		`fn f() { let x = lo| }`:                                                  "log, local_as",
		"fn f() { let s = \"\"; s.to_u|\n let y = 1; }":                           "to_uppercase",
		"fn broken( { }\nfn f(r: Route) { r.pass| }":                              "passes",
	} {
		off := strings.Index(script, "|")
		text := script[:off] + script[off+1:]
		got, err := rt.Complete("s.roto", text, off, Text("s.roto", text))
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, s := range got {
			names = append(names, s.Name)
		}
		for _, n := range strings.Split(want, ", ") {
			if !slices.Contains(names, n) {
				t.Errorf("%s: %v has no %s", script, names, n)
			}
		}
		if len(names) > 12 {
			t.Errorf("%s: %d candidates: %v", script, len(names), names)
		}
	}
}
