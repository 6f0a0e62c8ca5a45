package mrt

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/netip"
)

// Position is a place on the globe in degrees (WGS84). Both are NaN where it is
// withheld (RFC 6397 §4).
type Position struct {
	Latitude  float32
	Longitude float32
}

// Withheld is the position of who does not want to tell.
func Withheld() Position {
	return Position{float32(math.NaN()), float32(math.NaN())}
}

// Known reports whether both degrees are numbers within their range.
func (p Position) Known() bool {
	return p.Latitude >= -90 && p.Latitude <= 90 && p.Longitude >= -180 && p.Longitude <= 180
}

// GeoPeer is one entry of a GEO_PEER_TABLE.
type GeoPeer struct {
	ID netip.Addr // BGP identifier, always IPv4
	Position
}

// GeoPeers is a GEO_PEER_TABLE record: where the collector and the peers of the
// PEER_INDEX_TABLE are, in its order (RFC 6397 §4.1).
type GeoPeers struct {
	Collector netip.Addr
	View      string
	Position
	Peers []GeoPeer
}

// geoPeerLen is the type, the identifier and the position of a peer.
const geoPeerLen = 1 + 4 + 8

// ParseGeoPeers reads the body of a GEO_PEER_TABLE. With an error it returns the
// peers before it. Writers that put the peers' addresses and AS numbers before the
// positions, as in the other table, are understood; a body of the exact length tells.
func ParseGeoPeers(body []byte) (GeoPeers, error) {
	var g GeoPeers
	if len(body) < 6 {
		return g, fmt.Errorf("geo peer table: %d bytes are too few", len(body))
	}
	g.Collector = netip.AddrFrom4([4]byte(body))
	n := int(binary.BigEndian.Uint16(body[4:]))
	b := body[6:]
	if len(b) < n+10 {
		return g, fmt.Errorf("geo peer table: the view name of %d bytes and a position do not fit", n)
	}
	g.View = string(b[:n])
	g.Position = parsePosition(b[n:])
	count := int(binary.BigEndian.Uint16(b[n+8:]))
	b = b[n+10:]
	short := len(b) == count*geoPeerLen
	g.Peers = make([]GeoPeer, 0, min(count, len(b)/geoPeerLen))
	for i := range count {
		size := geoPeerLen
		if !short && len(b) > 0 && b[0] != 0 {
			size = peerSize(b) + 8
		}
		if len(b) < size {
			return g, fmt.Errorf("geo peer table: ends in peer %d of %d", i, count)
		}
		g.Peers = append(g.Peers, GeoPeer{netip.AddrFrom4([4]byte(b[1:])), parsePosition(b[size-8:])})
		b = b[size:]
	}
	return g, nil
}

func parsePosition(b []byte) Position {
	return Position{
		Latitude:  math.Float32frombits(binary.BigEndian.Uint32(b)),
		Longitude: math.Float32frombits(binary.BigEndian.Uint32(b[4:])),
	}
}

func (p Position) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, math.Float32bits(p.Latitude))
	return binary.BigEndian.AppendUint32(dst, math.Float32bits(p.Longitude))
}

// GeoPeers writes a GEO_PEER_TABLE. Its peers have to be those of the
// PEER_INDEX_TABLE before it.
func (w *Writer) GeoPeers(time int64, g GeoPeers) error {
	if len(g.Peers) > math.MaxUint16 || len(g.View) > math.MaxUint16 {
		return fmt.Errorf("mrt: a geo peer table of %d peers and a view name of %d bytes is over 65535", len(g.Peers), len(g.View))
	}
	w.begin(time, TypeTableDumpV2, GeoPeerTable)
	w.buf = appendID(w.buf, g.Collector)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(len(g.View)))
	w.buf = append(w.buf, g.View...)
	w.buf = g.Position.append(w.buf)
	w.buf = binary.BigEndian.AppendUint16(w.buf, uint16(len(g.Peers)))
	for _, p := range g.Peers {
		w.buf = p.Position.append(appendID(append(w.buf, 0), p.ID))
	}
	return w.end()
}
