package roto

import (
	"net/netip"
	"strings"
	"testing"

	"example.com/rotonda/routecore/inet"
)

const eventFields = "prefix: Prefix, origin: Asn?, tags: List[String], hops: u8, text: String, fast: bool, load: f64"

func TestSchema(t *testing.T) {
	rt := New()
	s := rt.Schema("Event", "What the queue holds.", eventFields)
	p := compile(t, rt, `
const MINE: List[Prefix] = [10.0.0.0 / 8];
fn f(e: Event) -> String {
    let tags = "";
    for t in e.tags { tags = tags + t + ";"; }
    f"{e.prefix} {e.origin.unwrap_or(AS0)} {tags} {e.hops + 1} {e.text.to_uppercase()} {e.fast} {e.load} {e.prefix.covered_by(MINE)}"
}
filter keep(e: Event, least: u8) { if e.hops < least { reject } accept }
`)
	f, err := Get1[func(*Row) string](p, "f")
	if err != nil {
		t.Fatal(err)
	}
	keep, err := Get2[func(*Row, uint8) Verdict](p, "keep")
	if err != nil {
		t.Fatal(err)
	}
	w := p.Worker(Limits{})
	want := "10.1.0.0/16 AS65000 a;b; 8 X true 0.5 true"
	row := s.Row()
	for field, v := range map[string]any{"prefix": netip.MustParsePrefix("10.1.0.0/16"), "origin": Some(inet.ASN(65000)), "tags": []string{"a", "b"},
		"hops": uint8(7), "text": "x", "fast": true, "load": 0.5} {
		if err := row.Set(field, v); err != nil {
			t.Fatal(err)
		}
	}
	if got, fault := f.Call1(w, row); got != want || fault != nil {
		t.Errorf("%q, %v", got, fault)
	}
	row, err = s.FromJSON([]byte(`{"prefix":"10.1.2.3/16","origin":65000,"tags":["a","b"],"hops":7,"text":"x","fast":true,"load":0.5,"more":{}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call1(w, row); got != want || fault != nil {
		t.Errorf("JSON: %q, %v", got, fault)
	}
	if v, fault := keep.Call2(w, row, 8); v != Reject || fault != nil {
		t.Error(v, fault)
	}
	row, err = s.FromText([]string{"10.1.0.0/16", "AS65000", "a b", "7", "x", "true", "0.5"})
	if err != nil {
		t.Fatal(err)
	}
	if got, fault := f.Call1(w, row); got != want || fault != nil {
		t.Errorf("text: %q, %v", got, fault)
	}
	if got, fault := f.Call1(w, s.Row()); got != "0.0.0.0/0 AS0  1  false 0 false" || fault != nil {
		t.Errorf("zero: %q, %v", got, fault)
	}
	other := New().Schema("Other", "", "a: u8")
	if _, fault := f.Call1(w, other.Row()); fault == nil || !strings.Contains(fault.Error(), "no row of schema Event") {
		t.Error(fault)
	}
}

func TestSchemaErrors(t *testing.T) {
	rt := New()
	s := rt.Schema("Event", "", eventFields)
	for script, want := range map[string]string{
		`fn f(e: Event) -> u8 { e.hop }`:                  "did you mean `hops`?",
		`fn f(e: Event) -> String { e.hops }`:             "expected `String`, found `u8`",
		`fn f(e: Event) -> Asn { e.origin }`:              "expected `Asn`, found `Option[Asn]`",
		`fn f(e: Event) { e.hops = 3; }`:                  "cannot assign",
		`fn f(e: Event) -> u8 { e.hops() }`:               "no method `hops`",
		`fn f() -> u8 { Event.hops(1) }`:                  "mismatched types",
		`fn f(e: Event) -> bool { e.prefix == e.origin }`: "mismatched types",
	} {
		if _, err := rt.Compile(Text("s.roto", script)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", script, err, want)
		}
	}
	for text, want := range map[string]string{
		`{"hops":300}`:         `field hops: "300" is no u8`,
		`{"prefix":"x"}`:       `field prefix: "x" is no Prefix`,
		`{"tags":"x"}`:         "field tags",
		`{"origin":{}}`:        "field origin: wants one value",
		`[]`:                   "schema Event",
		`{"origin":"ASx"}`:     "is no Asn",
		`{"fast":"perhaps"}`:   "is no bool",
		`{"tags":["a",["b"]]}`: "field tags: wants one value",
	} {
		if _, err := s.FromJSON([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", text, err, want)
		}
	}
	if _, err := s.FromText([]string{"x"}); err == nil {
		t.Error("too few texts")
	}
	if err := s.Row().Set("hops", 7); err == nil || !strings.Contains(err.Error(), "wants uint8, not int") {
		t.Error(err)
	}
	if err := s.Row().Set("hop", uint8(7)); err == nil {
		t.Error("set a field that is not there")
	}
	bad := New()
	bad.Schema("Bad", "", "a: Route, b: u8")
	bad.Schema("Worse", "", "a b")
	if err := bad.Err(); err == nil || !strings.Contains(err.Error(), "schema Bad: field a: no type `Route`") || !strings.Contains(err.Error(), "schema Worse") {
		t.Error(err)
	}
}
