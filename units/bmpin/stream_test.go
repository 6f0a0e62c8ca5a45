package bmpin

import (
	"encoding/binary"
	"net/netip"
	"strings"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
)

var (
	peerA = bmp.PeerHeader{Addr: netip.MustParseAddr("192.0.2.1"), ASN: 64501, ID: netip.MustParseAddr("192.0.2.1"), Time: 1_700_000_000_000_001}
	post  = func() bmp.PeerHeader { h := peerA; h.Flags |= bmp.FlagPostPolicy; return h }()
	hop   = []byte{192, 0, 2, 1}
)

func open(asn inet.ASN, caps ...bgp.Capability) []byte {
	return bgp.NewOpen(asn, 90, netip.MustParseAddr("192.0.2.9"), caps...).Append(nil)
}

func initiation(name string) []byte {
	return bmp.AppendInitiation(nil, bmp.TLV{Type: bmp.InitSysDescr, Value: []byte("test router")}, bmp.TLV{Type: bmp.InitSysName, Value: []byte(name)})
}

func peerUp(h bmp.PeerHeader) []byte {
	return bmp.AppendPeerUp(nil, h, bmp.PeerUpMessage{
		Local: netip.MustParseAddr("192.0.2.9"), LocalPort: 179, RemotePort: 40000, Sent: open(64500), Received: open(h.ASN),
	})
}

// update announces prefixes of IPv4 by hand: ORIGIN, AS_PATH with two 4-octet hops, NEXT_HOP.
func update(prefixes ...string) []byte {
	attrs := []byte{0x40, 1, 1, 0, 0x40, 2, 10, 2, 2, 0, 0, 0xfb, 0xf5, 0, 0, 0xfb, 0xff, 0x40, 3, 4}
	return message(nil, append(attrs, hop...), prefixes)
}

func withdrawal(prefixes ...string) []byte { return message(prefixes, nil, nil) }

func message(withdrawn []string, attrs []byte, announced []string) []byte {
	m := append(make([]byte, 0, 100), strings.Repeat("\xff", 16)...)
	m = append(m, 0, 0, 2)
	var w []byte
	for _, p := range withdrawn {
		w = inet.AppendPrefix(w, netip.MustParsePrefix(p))
	}
	m = append(binary.BigEndian.AppendUint16(m, uint16(len(w))), w...)
	m = append(binary.BigEndian.AppendUint16(m, uint16(len(attrs))), attrs...)
	for _, p := range announced {
		m = inet.AppendPrefix(m, netip.MustParsePrefix(p))
	}
	binary.BigEndian.PutUint16(m[16:], uint16(len(m)))
	return m
}

func monitor(h bmp.PeerHeader, u []byte) []byte { return bmp.AppendRouteMonitoring(nil, h, u) }

// monitor4 is Route Monitoring of version 4 by revision 19 of the draft, with path
// identifiers that the message itself announces.
func monitor4(h bmp.PeerHeader, u []byte) []byte {
	r := bmp.Revision19
	return bmp.AppendMessage(nil, bmp.Content{Version: bmp.Version4, Type: bmp.RouteMonitoring, Peer: h, Indexed: []bmp.IndexedTLV{
		{TLV: bmp.TLV{Type: r.Code(bmp.FieldStateless), Value: []byte{69, 4, 0, 1, 1, 3}}},
		{TLV: bmp.TLV{Type: r.Code(bmp.FieldMessage), Value: u}},
	}})
}

// withID puts a path identifier before the one prefix of an UPDATE.
func withID(id byte, prefix string) []byte {
	u := update(prefix)
	at := len(u) - len(inet.AppendPrefix(nil, netip.MustParsePrefix(prefix)))
	u = append(u[:at:at], append([]byte{0, 0, 0, id}, u[at:]...)...)
	binary.BigEndian.PutUint16(u[16:], uint16(len(u)))
	return u
}
