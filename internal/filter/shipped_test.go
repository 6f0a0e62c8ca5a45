package filter

import (
	"os"
	"path/filepath"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// TestShippedExamplesAct loads each of examples/*.roto, runs its tests and gives
// it routes.
func TestShippedExamplesAct(t *testing.T) {
	flow := func(b *bench) *unit.Batch {
		in := new(unit.Batch)
		in.Announce(b.peer, inet.IPv4FlowSpec, false, []byte{3, 1, 8, 10}, attrs(666), 1)
		return in
	}
	hole := with(attrs(64500), bgp.AttrCommunities, 0xff, 0xff, 2, 0x9a)
	for name, act := range map[string]func(*testing.T, *bench){
		"filters.roto": func(t *testing.T, b *bench) {
			expect(t, b.route(attrs(64500, 174), "8.8.8.0/24", "10.1.0.0/16"), "+8.8.8.0/24; -10.1.0.0/16")
		},
		"rpki.roto": func(t *testing.T, b *bench) {
			expect(t, b.route(attrs(1, 64499), "203.0.113.0/24", "8.8.8.0/24"), "+203.0.113.0/24; +8.8.8.0/24")
			expect(t, b.route(attrs(1, 2), "203.0.113.0/24"), "!prefix 203.0.113.0/24 of 203.0.113.0/24; -203.0.113.0/24")
		},
		"families.roto": func(t *testing.T, b *bench) {
			expect(t, b.route(attrs(1), "8.8.8.0/24", "8.8.8.8/32"), "+8.8.8.0/24; -8.8.8.8/32")
			out := b.Edge("").Filter(flow(b))
			if len(out.Events) != 1 || out.Events[0].(*unit.Routes).Attrs != nil {
				t.Error("FlowSpec was accepted")
			}
			expect(t, b.line.String(), "AS64500: destination-ipv4 10.0.0.0/8\n")
		},
		"blackhole.roto": func(t *testing.T, b *bench) {
			expect(t, b.route(attrs(64500), "8.8.8.8/32"), "+8.8.8.8/32")
			expect(t, b.route(hole, "8.8.8.0/24", "8.8.8.8/32"), "-8.8.8.0/24; +8.8.8.8/32 BLACKHOLE NO_EXPORT")
			expect(t, b.line.String(), "the blackhole for 8.8.8.8/32 was not set\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("..", "..", "examples", name))
			if err != nil {
				t.Fatal(err)
			}
			b := load(t, string(text))
			w := b.worker(b.cur.Load())
			for _, x := range b.cur.Load().pkg.Tests() {
				if pass, fault := x.Run(w.roto); !pass || fault != nil {
					t.Error(x.Name, fault)
				}
			}
			act(t, b)
		})
	}
	files, err := filepath.Glob("../../examples/*.roto")
	if err != nil || len(files) != 4 {
		t.Errorf("%d examples, want 4: give new ones an entry here (%v)", len(files), err)
	}
}

func example(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "examples", "filters.roto"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExampleBindsEveryHook(t *testing.T) {
	b := load(t, example(t))
	cur := b.cur.Load()
	if cur.bgp == nil || cur.bmp == nil || cur.vrp == nil || cur.status == nil || cur.edges["rib_in_pre"] == nil || !cur.pkg.Has("compile_lists") {
		t.Error("a hook is missing")
	}
	if _, err := b.Query("leaked"); err != nil {
		t.Error(err)
	}
	w := b.worker(cur)
	for _, x := range cur.pkg.Tests() {
		if pass, fault := x.Run(w.roto); !pass || fault != nil {
			t.Error(x.Name, fault)
		}
	}
	if len(cur.pkg.Tests()) == 0 {
		t.Error("no tests")
	}
	expect(t, b.route(attrs(64500, 174), "8.8.8.0/24", "10.1.0.0/16"), "+8.8.8.0/24; -10.1.0.0/16")
	expect(t, b.route(attrs(174, 64512), "8.8.8.0/24"), "-8.8.8.0/24")
	if err := Check(filepath.Join("..", "..", "examples", "filters.roto")); err != nil {
		t.Error(err)
	}
}

func TestExampleFilterDoesNotAllocate(t *testing.T) {
	b := load(t, example(t))
	in := b.batch(attrs(174, 3356), "8.8.8.0/24", "8.8.4.0/24", "1.1.1.0/24")
	changed := b.batch(attrs(64500, 3356), "8.8.8.0/24", "8.8.4.0/24", "1.1.1.0/24")
	edge := b.Edge("")
	edge.Filter(in)
	if n := testing.AllocsPerRun(200, func() { edge.Filter(in); edge.Filter(changed) }); n != 0 {
		t.Errorf("%v allocations a batch", n)
	}
	var u bgp.Update
	m, _, err := bgp.ReadMessage(update(t, attrs(174, 3356), "8.8.8.0/24"), bgp.MaxExtMessage)
	if err != nil {
		t.Fatal(err)
	}
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	hook, out := b.Hook("bgp_in"), new(unit.Batch)
	if n := testing.AllocsPerRun(200, func() { hook.Judge(out, b.peer, &u, 1) }); n != 0 {
		t.Errorf("%v allocations a message", n)
	}
}
