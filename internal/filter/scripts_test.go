package filter

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/rotonda/roto"
	"example.com/rotonda/unit"
)

func TestE12ModulesOfAFolder(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"pkg.roto":         `import lists.{setup, is_mine}; fn compile_lists() { setup(); } filter rib_in_pre(r: Route, i: IngressInfo) { if is_mine(r) { reject } accept }`,
		"lists/mod.roto":   `fn setup() { prefix_lists.add("m", names.MINE); } fn is_mine(r: Route) -> bool { prefix_lists.contains("m", r.prefix()) }`,
		"lists/names.roto": `const MINE: String = "192.0.2.0/24";`,
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b := load(t, "")
	if err := b.Load(dir); err != nil {
		t.Fatal(err)
	}
	expect(t, b.route(attrs(1), "192.0.2.0/24", "8.8.8.0/24"), "-192.0.2.0/24; +8.8.8.0/24")
}

func TestE10AndE11Compute(t *testing.T) {
	b := load(t, `
fn shorten(path: List[Asn], max: u64) -> String {
    let out = StringBuf.new();
    let n = 0;
    for a in path {
        if n == max { out.push_string("…"); }
        if n < max { out.push_string(f"{a} "); }
        n += 1;
    }
    out.as_string().trim_end()
}
fn short() -> String { shorten([AS1, AS2, AS3, AS4], 2) }
record Pair[A, B] { first: A, second: B }
fn check(len: u8) -> Result[u8, String] { if len > 24 { Err(f"/{len} too long") } else { Ok(len) } }
filtermap judge(len: u8) {
    match check(len) {
        Ok(n) => accept Pair { first: n, second: true },
        Err(e) => reject e,
    }
}
test judge_ok { match judge(24) { Accept(p) => if p.first == 24 { accept } else { reject }, Reject(_) => reject } }
test judge_bad { match judge(25) { Accept(_) => reject, Reject(e) => if e == "/25 too long" { accept } else { reject } } }
`)
	cur := b.cur.Load()
	f, err := roto.Get0[func() string](cur.pkg, "short")
	if err != nil {
		t.Fatal(err)
	}
	w := b.worker(cur)
	text, fault := f.Call0(w.roto)
	if fault != nil {
		t.Fatal(fault)
	}
	expect(t, text, "AS1 AS2 …")
	tests := cur.pkg.Tests()
	if len(tests) != 2 {
		t.Fatalf("%d tests", len(tests))
	}
	for _, x := range tests {
		if pass, fault := x.Run(w.roto); !pass || fault != nil {
			t.Error(x.Name, fault)
		}
	}
}

func TestE14TheOldestStyle(t *testing.T) {
	b := load(t, `
filter bgp-in(output: Log, bgp_msg: BgpMsg, prov: Provenance) {
    define { bh = 0xffff029a; }
    apply { if bgp_msg.contains_community(bh) { output.log_matched_community(bh) } accept }
}
`)
	for _, c := range []struct {
		value []byte
		out   string
	}{{[]byte{0xff, 0xff, 2, 0x9a}, "!community BLACKHOLE"}, {[]byte{0, 1, 0, 1}, ""}} {
		ok, out := b.bgp(t, with(attrs(1), 8, c.value...), "8.8.8.0/24")
		if !ok {
			t.Error("rejected")
		}
		expect(t, out, c.out)
	}
	if out := b.Edge("").Filter(new(unit.Batch)); len(out.Events) != 0 {
		t.Error(show(out))
	}
}

// A text that is no community is 0, as in the original, but said.
func TestTextsThatAreNoCommunityAreLogged(t *testing.T) {
	b := load(t, `
const TYPO: Community = Community.from("65000;1");
const LARGE: LargeCommunity = LargeCommunity.from("1:2");
const FINE: Community = Community.from("65000:1");
filter rib_in_pre(r: Route, i: IngressInfo) { if TYPO == Community.new(0) && LARGE == LargeCommunity.from("0:0:0") { accept } reject }
`)
	expect(t, b.route(attrs(1), "8.8.8.0/24"), "+8.8.8.0/24")
	said := b.said.String()
	if strings.Count(said, "that is none") != 2 || !strings.Contains(said, "text=65000;1") || !strings.Contains(said, "function=LargeCommunity.from text=1:2") {
		t.Error(said)
	}
}
