package bmp

import (
	"encoding/binary"
	"net/netip"
)

// PeerUpMessage is the content of a Peer Up Notification behind the per-peer
// header (RFC 7854 §4.10).
type PeerUpMessage struct {
	Local      netip.Addr // unspecified for Loc-RIB
	LocalPort  uint16
	RemotePort uint16
	Sent       []byte // the whole OPEN message that the router sent
	Received   []byte // and the one it received
	Info       TLVs
}

const bgpHeaderLen = 19

// ParsePeerUp reads what follows the per-peer header h.
func ParsePeerUp(h PeerHeader, b []byte) (PeerUpMessage, error) {
	var p PeerUpMessage
	const fixed = 16 + 2 + 2
	if len(b) < fixed {
		return p, fault(HeaderLen+PeerHeaderLen, "peer up: short by %d octets", fixed-len(b))
	}
	p.Local = addrFrom(b[:16], h.IPv6())
	p.LocalPort = binary.BigEndian.Uint16(b[16:])
	p.RemotePort = binary.BigEndian.Uint16(b[18:])
	at := fixed
	for _, open := range []*[]byte{&p.Sent, &p.Received} {
		n, ok := bgpLength(b[at:])
		if !ok {
			return p, fault(HeaderLen+PeerHeaderLen+at, "peer up: no whole OPEN message in %d octets", len(b)-at)
		}
		*open = b[at : at+n]
		at += n
	}
	p.Info = TLVs(b[at:])
	return p, nil
}

// bgpLength returns the length of the BGP message at the start of b, if it is whole.
func bgpLength(b []byte) (int, bool) {
	if len(b) < bgpHeaderLen {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(b[16:]))
	return n, n >= bgpHeaderLen && n <= len(b)
}

// AppendPeerUp appends a Peer Up Notification of version 3.
func AppendPeerUp(dst []byte, h PeerHeader, p PeerUpMessage) []byte {
	start := len(dst)
	return finish(p.append(h.append(begin(dst, PeerUp))), start)
}

func (p PeerUpMessage) append(dst []byte) []byte {
	dst = appendAddr(dst, p.Local)
	dst = binary.BigEndian.AppendUint16(dst, p.LocalPort)
	dst = binary.BigEndian.AppendUint16(dst, p.RemotePort)
	return append(append(append(dst, p.Sent...), p.Received...), p.Info...)
}
