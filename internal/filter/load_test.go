package filter

import (
	"strings"
	"testing"
)

func TestReloadKeepsTheOldScriptOnError(t *testing.T) {
	b := load(t, `filter rib_in_pre(r: Route, i: IngressInfo) { reject }`)
	edge := b.Edge("")
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "-8.0.0.0/8")
	for _, bad := range []string{"filter rib_in_pre(", "filter rib_in_pre(r: Route, n: u8) { accept }", "const A: u8 = 1 / 0;"} {
		if err := b.LoadText("bad.roto", bad); err == nil {
			t.Errorf("%q was loaded", bad)
		}
	}
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "-8.0.0.0/8")
	if err := b.LoadText("good.roto", `filter rib_in_pre(r: Route, i: IngressInfo) { accept }`); err != nil {
		t.Fatal(err)
	}
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "+8.0.0.0/8")
	if err := b.Load(""); err != nil {
		t.Fatal(err)
	}
	expect(t, show(edge.Filter(b.batch(attrs(1), "8.0.0.0/8"))), "+8.0.0.0/8")
}

func TestWrongHookNamesTheRightOne(t *testing.T) {
	err := New(Options{}).LoadText("w.roto", "filter bgp_in(m: BmpMsg, i: IngressInfo) { accept }\nfilter rib_in_pre(r: Route, n: u8) { accept }\n")
	if err == nil {
		t.Fatal("loaded")
	}
	for _, want := range []string{
		"w.roto:1:8: function `bgp_in` has the wrong type: the script has fn(BmpMsg, IngressInfo) -> Verdict[(), ()], the host wants fn(BgpMsg, IngressInfo) -> Verdict[(), ()]",
		"the hook is declared: filter bgp_in(msg: BgpMsg, ingress: IngressInfo)",
		"w.roto:2:8: function `rib_in_pre`",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in\n%v", want, err)
		}
	}
}

func TestEveryMemberIsDocumented(t *testing.T) {
	if _, err := Runtime(); err != nil {
		t.Fatal(err)
	}
}
