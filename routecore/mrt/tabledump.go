package mrt

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// TableDump is one TABLE_DUMP entry: a path with the peer that sent it, as
// collectors wrote RIBs until about 2008 (RFC 6396 §4.2).
type TableDump struct {
	View       uint16
	Sequence   uint16
	Family     inet.Family
	Prefix     netip.Prefix // host bits masked
	Originated int64        // Unix microseconds
	Peer       netip.Addr
	PeerASN    inet.ASN
	AS4        bool   // AS numbers in Attrs have 4 octets; in RFC 6396 they never do
	Attrs      []byte // path attributes
}

// ParseTableDump reads the first entry of a TABLE_DUMP body and returns what
// follows it: some writers put several entries under one header. Subtypes 3 and
// 4 are those of RFC-less writers with 4-octet AS numbers.
func ParseTableDump(subtype uint16, body []byte) (TableDump, []byte, error) {
	var d TableDump
	size, asn := 4, 2
	switch subtype {
	case 1, 3:
		d.Family = inet.IPv4Unicast
	case 2, 4:
		d.Family, size = inet.IPv6Unicast, 16
	default:
		return d, nil, fmt.Errorf("table dump: unknown address family %d", subtype)
	}
	if subtype > 2 {
		d.AS4, asn = true, 4
	}
	fixed := 4 + size + 2 + 4 + size + asn + 2
	if len(body) < fixed {
		return d, nil, fmt.Errorf("table dump: %d bytes are too few for an entry", len(body))
	}
	d.View = binary.BigEndian.Uint16(body)
	d.Sequence = binary.BigEndian.Uint16(body[2:])
	b := body[4:]
	addr, _ := netip.AddrFromSlice(b[:size])
	prefix, err := addr.Prefix(int(b[size]))
	if err != nil {
		return d, nil, fmt.Errorf("table dump: prefix length %d is over %d", b[size], 8*size)
	}
	d.Prefix = prefix
	b = b[size+2:]
	d.Originated = int64(binary.BigEndian.Uint32(b)) * 1e6
	b = b[4:]
	d.Peer, _ = netip.AddrFromSlice(b[:size])
	b = b[size:]
	if asn == 4 {
		d.PeerASN = inet.ASN(binary.BigEndian.Uint32(b))
	} else {
		d.PeerASN = inet.ASN(binary.BigEndian.Uint16(b))
	}
	n := int(binary.BigEndian.Uint16(b[asn:]))
	b = b[asn+2:]
	if len(b) < n {
		return d, nil, fmt.Errorf("table dump: attributes of %d bytes in a rest of %d", n, len(b))
	}
	d.Attrs = b[:n]
	return d, b[n:], nil
}
