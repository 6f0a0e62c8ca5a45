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
