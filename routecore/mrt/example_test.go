package mrt_test

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
)

// table writes a small RIB: a table of peers, and one prefix with one path.
func table() []byte {
	var file bytes.Buffer
	w := mrt.NewWriter(&file)
	at := int64(1767225600e6)
	_ = w.PeerIndex(at, mrt.PeerIndex{
		Collector: netip.MustParseAddr("192.0.2.1"),
		Peers:     []mrt.Peer{{ID: netip.MustParseAddr("192.0.2.7"), Addr: netip.MustParseAddr("192.0.2.7"), ASN: 64496}},
	})
	attrs := bgp.NewAttrs(bgp.WithOrigin(bgp.OriginIGP), bgp.WithASPath(64496, 64497), bgp.WithNextHop(netip.MustParseAddr("192.0.2.7")))
	rib := mrt.RIB{Family: inet.IPv4Unicast, NLRI: inet.AppendPrefix(nil, netip.MustParsePrefix("198.51.100.0/24"))}
	_ = w.RIB(at, rib, []mrt.RIBEntry{{Peer: 0, Originated: at, Attrs: rib.AppendAttrs(nil, attrs)}})
	return file.Bytes()
}

// A RIB is read record by record; files come through compress.NewReader, which
// undoes gzip, bzip2, xz and zstd.
func ExampleReader() {
	r := mrt.NewReader(bytes.NewReader(table()))
	var peers mrt.PeerIndex
	var u bgp.Update
	for {
		rec, err := r.Next()
		if err == io.EOF {
			return
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		switch {
		case rec.Type == mrt.TypeTableDumpV2 && rec.Subtype == mrt.PeerIndexTable:
			peers, err = mrt.ParsePeerIndex(rec.Body)
		case rec.IsRIB():
			var rib mrt.RIB
			rib, err = mrt.ParseRIB(&rec)
			for e := (mrt.RIBEntry{}); rib.Next(&e); {
				rib.ParseAttrs(&u, &e)
				attrs := bgp.Attrs(u.AppendAttrs(nil, rib.Family))
				peer, _ := peers.Peer(e.Peer)
				fmt.Println(rib.Prefix(), "from", peer.ASN, "path", attrs.ASPath())
			}
			if err == nil {
				err = rib.Err() // entries are missing
			}
		}
		if err != nil {
			fmt.Println(rec.Offset, err)
		}
	}
	// Output:
	// 198.51.100.0/24 from AS64496 path 64496 64497
}

// A message log is followed through its OPENs, so that each UPDATE is read with
// what its session agreed on.
func ExampleSessions() {
	var file bytes.Buffer
	session := mrt.Session{
		PeerAS: 64496, LocalAS: 64500,
		Peer: netip.MustParseAddr("192.0.2.7"), Local: netip.MustParseAddr("192.0.2.1"),
	}
	log := mrt.NewWriter(&file)
	_ = log.Message(1767225600e6, mrt.Message{Session: session, AS4: true, Raw: bgp.AppendEndOfRIB(nil, inet.IPv6Unicast)})

	r := mrt.NewReader(&file)
	var sessions mrt.Sessions
	var u bgp.Update
	for {
		rec, err := r.Next()
		if err != nil {
			return // io.EOF, or what is wrong with the file
		}
		m, err := mrt.ParseMessage(&rec)
		if err != nil {
			continue
		}
		sessions.Learn(&m)
		if bgp.MsgType(m.Kind) == bgp.MsgUpdate {
			sessions.ParseUpdate(&u, &m)
			family, end := u.EndOfRIB()
			fmt.Println(m.PeerAS, "has sent all of", family, end)
		}
	}
	// Output:
	// AS64496 has sent all of ipv6 unicast true
}
