package bmp

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestPeersAndActionsPrintAsInALog(t *testing.T) {
	peer := PeerHeader{Addr: netip.MustParseAddr("192.0.2.7"), ASN: 64496}
	loc := PeerHeader{Type: LocRIBPeer, Addr: netip.IPv4Unspecified(), ASN: 64496, RD: [8]byte{0, 0, 0xfb, 0xf0, 0, 0, 0, 1}}
	for _, test := range []struct {
		value any
		want  string
	}{
		{peer, "inPre of 192.0.2.7 AS64496"},
		{loc, "loc of 0.0.0.0 AS64496 rd 64496:1"},
		{ActPeerUp, "peer up"},
		{ActSnapshot, "snapshot"},
		{ActSnapshot + 1, "unknown action"},
	} {
		if got := fmt.Sprint(test.value); got != test.want {
			t.Errorf("%T prints %q, want %q", test.value, got, test.want)
		}
	}
}
