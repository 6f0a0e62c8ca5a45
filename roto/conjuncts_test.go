package roto

import (
	"fmt"
	"strings"
	"testing"
)

// TestConjuncts: what a predicate or filter demands, as text, and whether that
// is all. `…` ends an answer that does not suffice.
func TestConjuncts(t *testing.T) {
	rt := New()
	Type[community](rt, "Community", "")
	Type[*route](rt, "Route", "").
		Method("prefix", "", Fn1((*route).Prefix), Pure()).
		Method("origin", "", Fn1((*route).Origin), Pure()).
		Method("passes", "", Fn2((*route).Passes), Pure()).
		Method("bump", "", Fn1((*route).Bump)).
		Const("BLACKHOLE", "", community(666)).
		Method("has", "", Fn2((*route).Has), Pure())
	for script, want := range map[string]string{
		`fn f(r: Route) -> bool { r.origin() == AS1 && r.prefix().len() > 8 }`:                                         "origin == AS1; prefix.len > 8",
		`fn f(r: Route) -> bool { AS1 == r.origin() && 24 >= r.prefix().len() }`:                                       "origin == AS1; prefix.len <= 24",
		`fn f(r: Route) -> bool { r.origin() == AS1 || r.origin() == AS2 }`:                                            "…",
		`fn f(r: Route) -> bool { !(r.origin() == AS1 || r.passes(AS2)) }`:                                             "origin != AS1; passes(AS2) !",
		`fn f(r: Route) -> bool { r.passes(AS174) && (r.origin() == AS1 || r.has(Route.BLACKHOLE)) }`:                  "passes(AS174) ; …",
		`fn f(r: Route) -> bool { r.has(Route.BLACKHOLE) }`:                                                            "has(666) ",
		`fn f(r: Route) -> bool { true }`:                                                                              "",
		`fn f(r: Route) -> bool { let p = r.prefix(); let n = p.len(); n == 24 }`:                                      "prefix.len == 24",
		`fn f(r: Route) -> bool { let n = 1; n = 2; r.prefix().len() == n }`:                                           "…",
		`filter f(r: Route) { if r.origin() == AS1 { reject } if r.prefix().len() > 24 { reject } accept }`:            "origin != AS1; prefix.len <= 24",
		`filter f(r: Route) { if r.origin() == AS1 { accept } reject }`:                                                "origin == AS1",
		`filter f(r: Route) { if r.origin() == AS1 { accept } else { reject } }`:                                       "origin == AS1",
		`filter f(r: Route) { if r.origin() != AS1 { reject } else { if r.passes(AS3) { accept } reject } }`:           "origin == AS1; passes(AS3) ",
		`filter f(r: Route) { if r.origin() == AS1 { reject } r.bump(); if r.prefix().len() > 24 { reject } accept }`:  "origin != AS1; …",
		`filter f(r: Route) { if r.bump().origin() == AS1 { reject } accept }`:                                         "…",
		`filter f(r: Route) { if r.origin() == AS1 { r.bump(); reject } if r.passes(AS2) { reject } accept }`:          "…",
		`const L: List[Prefix] = [10.0.0.0 / 8]; filter f(r: Route) { if r.prefix().covered_by(L) { accept } reject }`: "prefix.covered_by([10.0.0.0/8]) ",
		`const MAX: u8 = 24; fn f(r: Route) -> bool { r.prefix().len() <= MAX && r.prefix() != 0.0.0.0 / 0 }`:          "prefix.len <= 24; prefix != 0.0.0.0/0",
		`fn f(r: Route) -> bool { g(r) } fn g(r: Route) -> bool { r.origin() == AS1 }`:                                 "…",
		`fn f(r: Route) -> bool { while r.origin() == AS1 { r.bump(); } true }`:                                        "…",
	} {
		p := compile(t, rt, script)
		var terms []Conjunct
		var exact bool
		if strings.Contains(script, "filter f") {
			f, err := Get1[func(*route) Verdict](p, "f")
			if err != nil {
				t.Fatal(err)
			}
			terms, exact = f.Conjuncts()
		} else {
			f, err := Get1[func(*route) bool](p, "f")
			if err != nil {
				t.Fatal(err)
			}
			terms, exact = f.Conjuncts()
		}
		if got := conjunctText(terms, exact); got != want {
			t.Errorf("%s\ngot  %q\nwant %q", script, got, want)
		}
	}
}

func conjunctText(terms []Conjunct, exact bool) string {
	var parts []string
	for _, c := range terms {
		var names []string
		for i, name := range c.Path {
			name = name[strings.LastIndex(name, ".")+1:]
			if len(c.Args[i]) > 0 {
				name += "(" + fmt.Sprint(c.Args[i]...) + ")"
			}
			names = append(names, name)
		}
		text := strings.Join(names, ".") + " " + c.Op
		if c.Value != nil {
			text += fmt.Sprint(" ", c.Value)
		}
		parts = append(parts, text)
	}
	if !exact {
		parts = append(parts, "…")
	}
	return strings.Join(parts, "; ")
}
