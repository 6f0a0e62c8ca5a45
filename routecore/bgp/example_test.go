package bgp_test

import (
	"encoding/hex"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// An UPDATE as it came from a peer: two prefixes with an AS path and a community.
const update = "ffffffffffffffffffffffffffffffff003e020000001f" +
	"40010100" + "40020a02020000fbf00000fbf1" + "400304c0000201" + "c00804fbf00064" +
	"18c63364" + "18cb0071"

// The read loop of a session: cut a message out of the stream, read it in the
// context of the session, do what the verdict says.
func ExampleParseUpdate() {
	stream, _ := hex.DecodeString(update)
	ctx := bgp.Ctx{ASN4: true} // from Negotiate
	var u bgp.Update           // used again for each message
	for len(stream) > 0 {
		m, n, err := bgp.ReadMessage(stream, bgp.MaxMessage)
		if err != nil || n == 0 {
			fmt.Println("wait for more, or reset", err)
			return
		}
		stream = stream[n:]
		if m.Type != bgp.MsgUpdate {
			continue
		}
		bgp.ParseUpdate(&u, m.Body(), ctx)
		fmt.Println(u.Verdict.Action)
		attrs := bgp.Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))
		for _, prefix := range u.Announced().Prefixes() {
			fmt.Println(prefix, "via", attrs.NextHop(), "path", attrs.ASPath())
		}
		for c := range attrs.Communities() {
			fmt.Println("community", c)
		}
	}
	// Output:
	// accept
	// 198.51.100.0/24 via 192.0.2.1 path 64496 64497
	// 203.0.113.0/24 via 192.0.2.1 path 64496 64497
	// community AS64496:100
}

// What RFC 7606 says about a message is a value: here an ORIGIN that does not exist
// makes the routes withdrawn ones, and the session stays.
func ExampleVerdict() {
	body, _ := hex.DecodeString("0000" + "0014" + "40010107" + "4002060201" + "0000fbf0" + "400304c0000201" + "18c63364")
	var u bgp.Update
	bgp.ParseUpdate(&u, body, bgp.Ctx{ASN4: true})
	v := u.Verdict
	fmt.Printf("%v: %s at octet %d (%s)\n", v.Action, v.Text(), v.Offset, v.RFC())
	// Output:
	// withdraw: ORIGIN: undefined value at octet 7 (RFC 7606 §7.1)
}

// Two OPENs settle how the messages of each direction are read.
func ExampleNegotiate() {
	v6 := bgp.NewFamilySet(inet.IPv6Unicast)
	ours := bgp.NewOpen(64500, 90, netip.MustParseAddr("192.0.2.1"),
		bgp.NewMultiprotocol(inet.IPv6Unicast), bgp.NewAddPath(bgp.AddPathSets{Receive: v6}))
	theirs := bgp.NewOpen(64501, 90, netip.MustParseAddr("192.0.2.2"),
		bgp.NewMultiprotocol(inet.IPv6Unicast), bgp.NewAddPath(bgp.AddPathSets{Receive: v6, Send: v6}))

	m, _, _ := bgp.ReadMessage(theirs.Append(nil), bgp.MaxMessage) // as it came over the wire
	theirs, err := bgp.ParseOpen(m.Body())
	if err == nil {
		err = theirs.Validate()
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	recv, send := bgp.Negotiate(ours, theirs)
	fmt.Println("AS numbers of 4 octets:", recv.ASN4)
	fmt.Println("path identifiers received:", recv.AddPath.Has(inet.IPv6Unicast))
	fmt.Println("path identifiers sent:", send.AddPath.Has(inet.IPv6Unicast))
	// Output:
	// AS numbers of 4 octets: true
	// path identifiers received: true
	// path identifiers sent: false
}

// Routes of other families stand in MP_REACH_NLRI: here a VPN route with its route
// target.
func ExampleUpdate_MPReach() {
	body, _ := hex.DecodeString("0000" + "003b" +
		"40010100" + "40020602010000fbf0" +
		"c010080002fbf000000064" +
		"800e20" + "000180" + "0c" + "0000000000000000c0000201" + "00" + "70" + "000641" + "0000fbf000000064" + "c63364")
	var u bgp.Update
	bgp.ParseUpdate(&u, body, bgp.Ctx{ASN4: true})
	routes, ok := u.MPReach()
	if !ok {
		fmt.Println(u.Verdict.Action, u.Verdict.Text())
		return
	}
	fmt.Println(routes.Family, "as sent:", hex.EncodeToString(u.MPNextHop()))
	attrs := bgp.Attrs(u.AppendAttrs(nil, routes.Family))
	fmt.Println("next hop", attrs.NextHop())
	for c := range attrs.ExtCommunities() {
		fmt.Println(c)
	}
	for one := range routes.All() {
		fmt.Println(string(bgp.AppendNLRIText(nil, routes.Family, one)))
	}
	// Output:
	// ipv4 mpls-vpn as sent: 0000000000000000c0000201
	// next hop 192.0.2.1
	// rt:64496:100
	// rd 64496:100 198.51.100.0/24 label 100
}

// A route is changed as it is told to an external peer, and packed.
func ExamplePacker() {
	body, _ := hex.DecodeString(update)
	var u bgp.Update
	bgp.ParseUpdate(&u, body[bgp.HeaderLen:], bgp.Ctx{ASN4: true})
	attrs := bgp.Attrs(u.AppendAttrs(nil, inet.IPv4Unicast))

	export := bgp.Export{Local: 64500, NextHop: netip.MustParseAddr("198.51.100.1")}
	told := export.AppendAttrs(nil, attrs, inet.IPv4Unicast, bgp.Source{})

	var p bgp.Packer
	p.Add(bgp.Attrs(told).With(bgp.WithMED(10)), u.Announced())
	p.Add(nil, bgp.NewNLRI(inet.IPv4Unicast, netip.MustParsePrefix("192.0.2.0/24"))) // withdrawn
	messages := p.Append(nil, bgp.Ctx{ASN4: true})
	for len(messages) > 0 {
		m, n, _ := bgp.ReadMessage(messages, bgp.MaxMessage)
		messages = messages[n:]
		bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
		path := bgp.Attrs(u.AppendAttrs(nil, inet.IPv4Unicast)).ASPath()
		fmt.Printf("%d withdrawn, %d announced, path %q\n", u.Withdrawn().Len(), u.Announced().Len(), path)
	}
	// Output:
	// 1 withdrawn, 0 announced, path ""
	// 0 withdrawn, 2 announced, path "64500 64496 64497"
}

// A route is made of values and announced; the context is that of the session.
func ExampleNewAttrs() {
	attrs := bgp.NewAttrs(bgp.WithOrigin(bgp.OriginIGP), bgp.WithASPath(64500, 64496),
		bgp.WithNextHop(netip.MustParseAddr("2001:db8::1")), bgp.WithCommunities(bgp.NoExport))
	routes := bgp.NewNLRI(inet.IPv6Unicast, netip.MustParsePrefix("2001:db8:1::/48"), netip.MustParsePrefix("2001:db8:2::/48"))
	message := bgp.AppendUpdates(nil, bgp.Ctx{ASN4: true}, attrs, routes)
	message = bgp.AppendEndOfRIB(message, inet.IPv6Unicast)
	fmt.Println(len(message), attrs)
	// Output:
	// 114 [{"origin":"Igp"},{"asPath":["AS64500","AS64496"]},{"standardCommunities":["NO_EXPORT"]},{"mpReachNlri":{"nextHop":{"ipv6Unicast":"2001:db8::1"}}}]
}

// What an UPDATE does to a table, wherever in it the routes stand.
func ExampleUpdate_Routes() {
	stream, _ := hex.DecodeString(update)
	m, _, _ := bgp.ReadMessage(stream, bgp.MaxMessage)
	var u bgp.Update
	bgp.ParseUpdate(&u, m.Body(), bgp.Ctx{ASN4: true})
	for routes, announced := range u.Routes() {
		if !announced {
			fmt.Println("remove", routes)
			continue
		}
		attrs := bgp.Attrs(u.AppendAttrs(nil, routes.Family))
		for id, prefix := range routes.Prefixes() {
			fmt.Println("add", prefix, "path id", id, "next hop", attrs.NextHop())
		}
	}
	// Output:
	// add 198.51.100.0/24 path id 0 next hop 192.0.2.1
	// add 203.0.113.0/24 path id 0 next hop 192.0.2.1
}

// Families with route types share one value; which members count for a type is in
// docs/formats/nlri.md. Members that do not count stay zero.
func ExampleAppendTypedNLRI() {
	rd, _ := inet.ParseRD("64496:100")
	mac := bgp.TypedNLRI{
		Type: bgp.EVPNMACIP, RD: rd, MAC: bgp.MAC{0x02, 0, 0x5e, 0, 0x53, 1},
		IP: netip.MustParseAddr("192.0.2.9"), Labels: bgp.NewLabelStack(100),
	}
	wire := bgp.AppendTypedNLRI(nil, inet.L2VPNEVPN, mac)
	if len(wire) == 0 {
		fmt.Println("the members make no route of this type")
		return
	}
	fmt.Println(bgp.NLRI{Family: inet.L2VPNEVPN, Bytes: wire})
	back, err := bgp.ParseTypedNLRI(inet.L2VPNEVPN, wire)
	fmt.Println(back.MAC, back.IP, back.Labels, err, back == mac)

	vpn := bgp.VPNPrefix{Labels: bgp.NewLabelStack(200), RD: rd, Prefix: netip.MustParsePrefix("198.51.100.0/24")}
	target, _ := bgp.NewRouteTarget(64496, 100)
	attrs := bgp.NewAttrs(bgp.WithNextHop(netip.MustParseAddr("192.0.2.1")), bgp.WithExtCommunities(target))
	for community := range attrs.ExtCommunities() {
		fmt.Println(vpn, "to", community)
	}
	// Output:
	// l2vpn evpn mac-ip rd 64496:100 esi 00:00:00:00:00:00:00:00:00:00 ethernetTag 0 mac 02:00:5e:00:53:01 ip 192.0.2.9 labels 100
	// 02:00:5e:00:53:01 192.0.2.9 100 <nil> true
	// rd 64496:100 198.51.100.0/24 label 200 to rt:64496:100
}

// NLRI of families that are no prefixes are shown as text or JSON without knowing
// the family, and taken apart by the parser of the family.
func ExampleAppendNLRIText() {
	// Length in bits, label 100, distinguisher, prefix.
	route, _ := hex.DecodeString("70" + "000641" + "0000fbf000000064" + "c63364")
	fmt.Println(string(bgp.AppendNLRIText(nil, inet.IPv4MPLSVPN, route)))
	fmt.Println(string(bgp.AppendNLRIJSON(nil, inet.IPv4MPLSVPN, route)))
	vpn, err := bgp.ParseVPNPrefix(inet.IPv4MPLSVPN, route)
	fmt.Println(vpn.RD, vpn.Prefix, vpn.Labels, err)
	// Output:
	// rd 64496:100 198.51.100.0/24 label 100
	// {"rd":"64496:100","prefix":"198.51.100.0/24","labels":[100]}
	// 64496:100 198.51.100.0/24 100 <nil>
}
