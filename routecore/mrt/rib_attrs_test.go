package mrt

import (
	"bytes"
	"net/netip"
	"testing"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

func TestEntriesOfARIBComeBackAsTheyWereMade(t *testing.T) {
	for _, test := range []struct {
		family  inet.Family
		prefix  string
		hop     string
		addPath bool
	}{
		{inet.IPv4Unicast, "198.51.100.0/24", "192.0.2.7", false},
		{inet.IPv4Unicast, "0.0.0.0/0", "192.0.2.7", true},
		{inet.IPv6Unicast, "2001:db8:1::/48", "2001:db8::7", true},
		{inet.IPv6Multicast, "2001:db8:1::/48", "2001:db8::7", true},
	} {
		prefix := netip.MustParsePrefix(test.prefix)
		attrs := bgp.NewAttrs(bgp.WithOrigin(bgp.OriginIGP), bgp.WithASPath(64496, 4200000000), bgp.WithNextHop(netip.MustParseAddr(test.hop)))
		rib := RIB{Family: test.family, AddPath: test.addPath, NLRI: inet.AppendPrefix(nil, prefix)}
		var file bytes.Buffer
		if err := NewWriter(&file).RIB(0, rib, []RIBEntry{{PathID: 7, Attrs: rib.AppendAttrs(nil, attrs)}}); err != nil {
			t.Fatal(err)
		}
		rec, err := NewReader(&file).Next()
		if err != nil {
			t.Fatal(err)
		}
		got, err := ParseRIB(&rec)
		var e RIBEntry
		if err != nil || !got.Next(&e) || got.Prefix() != prefix || test.addPath != (e.PathID == 7) {
			t.Errorf("%v: %v %v id %d %v", test, got.Family, got.Prefix(), e.PathID, err)
		}
		var u bgp.Update
		got.ParseAttrs(&u, &e)
		if back := u.AppendAttrs(nil, got.Family); !bytes.Equal(back, attrs) {
			t.Errorf("%v: got %v", test, bgp.Attrs(back))
		}
	}
}

func TestWhatHasNoPrefixOrPeerSaysSo(t *testing.T) {
	for _, r := range []RIB{{}, {Family: inet.L2VPNEVPN, NLRI: []byte{1, 0}}, {Family: inet.IPv4Unicast, NLRI: []byte{99, 1}}} {
		if p := r.Prefix(); p.IsValid() {
			t.Errorf("%v has the prefix %v", r.Family, p)
		}
	}
	index := PeerIndex{Peers: []Peer{{ASN: 64496}}}
	first, ok := index.Peer(0)
	if _, beyond := index.Peer(1); !ok || beyond || first.ASN != 64496 {
		t.Errorf("got %v %v, beyond the end %v", first, ok, beyond)
	}
}
