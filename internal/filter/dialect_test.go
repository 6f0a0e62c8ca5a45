package filter

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"example.com/rotonda/roto"
	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/unit"
)

// TestScriptsOfEveryRotondaStillRun: each of testdata/dialects says the same as
// its Rotonda wrote it: no blackhole community, no AS64666 as origin, nobody but
// AS64500, no Peer Down, no 10.0.0.0/8.
func TestScriptsOfEveryRotondaStillRun(t *testing.T) {
	files, err := filepath.Glob("testdata/dialects/*.roto")
	if err != nil || len(files) != 5 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			b := load(t, string(text))
			dialectActs(t, b)
			rt, err := RuntimeOf(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := rt.Compile(roto.Path(file)); err != nil {
				t.Error(err)
			}
			if err := Check(file); err != nil {
				t.Error(err)
			}
			if err := b.Load(file); err != nil { // and from disk
				t.Fatal(err)
			}
			dialectActs(t, b)
		})
	}
}

func dialectActs(t *testing.T, b *bench) {
	t.Helper()
	for _, c := range []struct {
		a      bgp.Attrs
		accept bool
		out    string
	}{
		{attrs(64500, 174), true, ""},
		{attrs(64500, 64666), false, ""},
		{with(attrs(64500), bgp.AttrCommunities, 0xff, 0xff, 2, 0x9a), false, "!community BLACKHOLE"},
	} {
		ok, out := b.bgp(t, c.a, "8.8.8.0/24")
		if ok != c.accept {
			t.Errorf("path %v: accepted %v", c.a.ASPath(), ok)
		}
		expect(t, out, c.out)
	}
	peer := b.peer
	b.peer = unit.Peer{} // nobody
	if ok, _ := b.bgp(t, attrs(64500), "8.8.8.0/24"); ok {
		t.Error("accepted from another AS")
	}
	b.peer = peer
	hook := b.Hook("bmp_in")
	from := bmp.PeerHeader{Addr: netip.MustParseAddr("192.0.2.7"), ASN: 64500, ID: netip.MustParseAddr("192.0.2.7")}
	ok, out := b.bmp(t, hook, bmp.AppendPeerDown(nil, from, bmp.PeerDownMessage{Reason: 4}))
	if ok {
		t.Error("Peer Down was accepted")
	}
	expect(t, show(out), "!peerdown")
	if ok, _ := b.bmp(t, hook, bmp.AppendRouteMonitoring(nil, from, update(t, attrs(1), "8.0.0.0/8"))); !ok {
		t.Error("Route Monitoring was rejected")
	}
	expect(t, b.route(attrs(1), "10.0.0.0/8", "8.8.8.0/24"), "!prefix 10.0.0.0/8 of 10.0.0.0/8; -10.0.0.0/8; +8.8.8.0/24")
}

// TestFamiliesWithoutPrefix: a filter about prefixes lets other families pass,
// one that asks for neither judges them, one that asks for family or nlri judges
// each NLRI.
func TestFamiliesWithoutPrefix(t *testing.T) {
	flow := func(b *bench) *unit.Batch {
		in := new(unit.Batch)
		// Two FlowSpec rules: to 10.0.0.0/8, and of TCP.
		in.Announce(b.peer, inet.IPv4FlowSpec, false, []byte{3, 1, 8, 10, 3, 3, 0x81, 6}, attrs(666), 1)
		return in
	}
	for _, c := range []struct{ body, want string }{
		{`if r.prefix() == 10.0.0.0 / 8 || r.aspath_contains(AS666) { reject } accept`, "+2"},
		{`if r.aspath_contains(AS666) { reject } accept`, "-2"},
		{`if r.aspath_contains(AS666) { output.print("seen"); reject } accept`, "-1 -1"},
		{`if r.family() == "ipv4 unicast" && r.prefix() == 10.0.0.0 / 8 { reject } accept`, "+2"},
		{`output.print(f"{r.family()}: {r.nlri()}"); if r.nlri().contains("10.0.0.0/8") { reject } accept`, "-1 +1"},
		{`if r.nlri().contains("10.0.0.0/8") { accept } r.set_med(5); accept`, "+1 +1"},
		{`if r.family() == "x" { accept } if r.prefix() == 10.0.0.0 / 8 { reject } accept`, "-1 -1"},
	} {
		b := load(t, "filter rib_in_pre(r: Route, i: IngressInfo) { "+c.body+" }")
		got := ""
		for _, ev := range b.Edge("").Filter(flow(b)).Events {
			if r, ok := ev.(*unit.Routes); ok {
				got += map[bool]string{true: " -", false: " +"}[r.Attrs == nil] + string(rune('0'+r.Run().Len()))
			}
		}
		expect(t, c.body+got, c.body+" "+c.want)
	}
}
