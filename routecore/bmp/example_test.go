package bmp_test

import (
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

// A router says who it is, that a peer is up, and what that peer announced. The
// station tells what to do about each message.
func ExampleStation() {
	open := bgp.NewOpen(64496, 90, netip.MustParseAddr("192.0.2.7")).Append(nil)
	peer := bmp.PeerHeader{Addr: netip.MustParseAddr("192.0.2.7"), ASN: 64496, ID: netip.MustParseAddr("192.0.2.7")}
	attrs := bgp.NewAttrs(bgp.WithOrigin(bgp.OriginIGP), bgp.WithASPath(64496), bgp.WithNextHop(peer.Addr))
	update := bgp.AppendUpdates(nil, bgp.Ctx{ASN4: true}, attrs, bgp.NewNLRI(inet.IPv4Unicast, netip.MustParsePrefix("198.51.100.0/24")))

	stream := bmp.AppendInitiation(nil, bmp.TLV{Type: bmp.InitSysName, Value: []byte("core-1")})
	stream = bmp.AppendPeerUp(stream, peer, bmp.PeerUpMessage{Local: netip.MustParseAddr("192.0.2.1"), Sent: open, Received: open})
	stream = bmp.AppendRouteMonitoring(stream, peer, update)
	stream = bmp.AppendPeerDown(stream, peer, bmp.PeerDownMessage{Reason: bmp.DownRemote})

	station := bmp.NewStation()
	var actions []bmp.Action
	for len(stream) > 0 {
		m, n, err := bmp.ReadMessage(stream, bmp.DefaultMax)
		if err != nil || n == 0 {
			fmt.Println("wait for more, or close", err)
			return
		}
		stream = stream[n:]
		actions = station.Step(actions[:0], m)
		for _, a := range actions {
			switch a.Kind {
			case bmp.ActRouter:
				fmt.Println("router", station.Name)
			case bmp.ActPeerUp:
				fmt.Println("up", a.Peer.Header.ASN, a.View.View)
			case bmp.ActRoutes:
				for routes, announced := range a.Update.Routes() {
					fmt.Println(routes, "announced:", announced) // in the table of a.View
				}
			case bmp.ActPeerDown:
				fmt.Println("down", a.Peer.Header.ASN, a.Text)
			}
		}
	}
	// Output:
	// router core-1
	// up AS64496 inPre
	// ipv4 unicast 198.51.100.0/24 announced: true
	// down AS64496 closed by the peer
}

// One message is taken apart without a station.
func ExampleParseMessage() {
	raw := bmp.AppendTermination(nil, bmp.TLV{Type: bmp.TermString, Value: []byte("maintenance")})
	m, _, err := bmp.ReadMessage(raw, bmp.DefaultMax)
	if err != nil {
		fmt.Println(err)
		return
	}
	content, err := bmp.ParseMessage(m)
	fmt.Printf("%v %q %v\n", content.Type, content.TLVs[0].Value, err)
	// Output:
	// Termination "maintenance" <nil>
}
