package store

import (
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// FuzzApply hands any bytes to a lane as NLRI and looks whether it holds exactly
// what the library of messages reads from them.
func FuzzApply(f *testing.F) {
	f.Add([]byte{24, 192, 0, 2, 0}, false, false)
	f.Add([]byte{0, 0, 0, 1, 65, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0xff}, true, true)
	f.Add([]byte{13, 11, 15, 33}, false, false)
	f.Fuzz(func(t *testing.T, b []byte, v6, addPath bool) {
		n := bgp.NLRI{Family: inet.IPv4Unicast, AddPath: addPath, Bytes: b}
		if v6 {
			n.Family = inet.IPv6Unicast
		}
		type key struct {
			path   uint32
			prefix netip.Prefix
		}
		want, count := map[key]bool{}, 0
		for path, p := range n.Prefixes() {
			want[key{path, p}] = true
			count++
		}
		s := New(Options{})
		table := s.Table("rib")
		lane := s.Lane(LaneKey{table, 1, n.Family})
		c := &Change{NLRI: n, Attrs: bgp.Attrs("a")}
		rep := lane.Apply(c)
		if len(c.Marks) != count || rep.New != len(want) || rep.New+rep.Same != count {
			t.Fatalf("%+v, %d marks, want %d NLRI, %d of them different", rep, len(c.Marks), count, len(want))
		}
		for e, err := range s.Query(t.Context(), Query{Table: table, Family: n.Family}) {
			if err != nil || !want[key{e.PathID, e.Prefix}] || e.HasPathID != addPath {
				t.Fatalf("%+v, %v", e, err)
			}
		}
		c.Attrs, c.Marks = nil, c.Marks[:0]
		if rep := lane.Apply(c); rep.Withdrawn != len(want) || lane.Stats().Routes() != 0 {
			t.Fatalf("%+v, %d left", rep, lane.Stats().Routes())
		}
	})
}
