package bmp

import (
	"encoding/binary"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// PeerHeaderLen is the length of the per-peer header in octets.
const PeerHeaderLen = 42

// PeerType says what kind of RIB owner the header names (RFC 7854 §4.2, RFC
// 9069 §4.1).
type PeerType uint8

// The peer types.
const (
	GlobalPeer PeerType = 0
	RDPeer     PeerType = 1
	LocalPeer  PeerType = 2
	LocRIBPeer PeerType = 3
)

// String returns the name that the API uses.
func (t PeerType) String() string {
	if info, ok := PeerTypes.Lookup(uint16(t)); ok {
		return info.Name
	}
	return "Unknown"
}

// The bits of the peer flags. For [LocRIBPeer] the first means something else
// and the others do not exist (RFC 9069 §4.2).
const (
	FlagIPv6       = 0x80 // V: the address has 16 octets
	FlagPostPolicy = 0x40 // L
	FlagAS2        = 0x20 // A: AS_PATH has 2-octet numbers; note the sense
	FlagOut        = 0x10 // O: Adj-RIB-Out (RFC 8671 §4)
	FlagFiltered   = 0x80 // F: the Loc-RIB is shown in part
	FlagExtended   = 0x01 // X: an Extended Flags TLV follows, version 4 only
)

// View is the RIB of a peer that routes belong to. The order is that of the
// ingress register's views.
type View uint8

// The views.
const (
	NoView View = iota
	InPre
	InPost
	Loc
	OutPre
	OutPost

	viewCount = 6
)

// String returns the JSON name.
func (v View) String() string {
	names := [viewCount]string{"", "inPre", "inPost", "loc", "outPre", "outPost"}
	if v < viewCount {
		return names[v]
	}
	return ""
}

// PeerHeader is the per-peer header (RFC 7854 §4.2).
type PeerHeader struct {
	Type  PeerType
	Flags uint8
	RD    inet.RD    // zero, a route distinguisher, or a number of the router's own
	Addr  netip.Addr // unspecified for Loc-RIB
	ASN   inet.ASN
	ID    netip.Addr // BGP identifier
	Time  int64      // when the router received it, Unix microseconds; 0 is unknown
}

// String names the peer for a log: "inPre of 192.0.2.7 AS64496", with the
// distinguisher behind where there is one: "loc of 0.0.0.0 AS64496 rd 64496:1".
func (h PeerHeader) String() string {
	text := h.View().String() + " of " + h.Addr.String() + " " + h.ASN.String()
	if h.RD != (inet.RD{}) {
		text += " rd " + h.RD.String()
	}
	return text
}

// PeerKey identifies the monitored session of a header: all of it but the
// flags, which tell views of one session apart, and the time. It is comparable.
type PeerKey [1 + 8 + 16 + 4 + 4]byte

// ParsePeerHeader reads the per-peer header at the start of a message body and
// returns what follows it.
func ParsePeerHeader(body []byte) (PeerHeader, []byte, error) {
	if len(body) < PeerHeaderLen {
		return PeerHeader{}, nil, fault(HeaderLen, "peer header: short by %d octets", PeerHeaderLen-len(body))
	}
	h := PeerHeader{
		Type:  PeerType(body[0]),
		Flags: body[1],
		RD:    inet.RD(body[2:10]),
		ASN:   inet.ASN(binary.BigEndian.Uint32(body[26:])),
		ID:    netip.AddrFrom4([4]byte(body[30:])),
		Time:  int64(binary.BigEndian.Uint32(body[34:])) * 1e6,
	}
	h.Addr = addrFrom(body[10:26], h.IPv6())
	if h.Time != 0 {
		h.Time += int64(binary.BigEndian.Uint32(body[38:])) % 1e6
	}
	return h, body[PeerHeaderLen:], nil
}

// keyOf returns the key of the peer header at the start of body.
func keyOf(body []byte) PeerKey {
	var k PeerKey
	k[0] = body[0]
	copy(k[1:], body[2:34])
	return k
}

// Key returns the identity of the session.
func (h PeerHeader) Key() PeerKey {
	return keyOf(h.append(make([]byte, 0, PeerHeaderLen)))
}

// IPv6 reports whether the address is one of 16 octets. A Loc-RIB has none, and
// its first flag says something else.
func (h PeerHeader) IPv6() bool { return h.Type != LocRIBPeer && h.Flags&FlagIPv6 != 0 }

// Filtered reports whether a Loc-RIB is shown in part: the F flag, which is at the
// place of V (RFC 9069 §4.2).
func (h PeerHeader) Filtered() bool { return h.Type == LocRIBPeer && h.Flags&FlagFiltered != 0 }

// View returns the RIB that the type and the flags name (RFC 8671 §4, RFC 9069 §4.2).
func (h PeerHeader) View() View { return viewOf(h.Type, h.Flags) }

func viewOf(t PeerType, flags uint8) View {
	switch {
	case t == LocRIBPeer:
		return Loc
	case flags&FlagOut != 0 && flags&FlagPostPolicy != 0:
		return OutPost
	case flags&FlagOut != 0:
		return OutPre
	case flags&FlagPostPolicy != 0:
		return InPost
	}
	return InPre
}

// AS4 reports whether AS_PATH has 4-octet numbers: always in a Loc-RIB (RFC
// 9069 §5.4.1), else without the A flag.
func (h PeerHeader) AS4() bool { return h.Type == LocRIBPeer || h.Flags&FlagAS2 == 0 }

// append appends the header. The V flag follows the address.
func (h PeerHeader) append(dst []byte) []byte {
	flags := h.Flags
	if h.Type != LocRIBPeer {
		flags &^= FlagIPv6
		if h.Addr.IsValid() && !h.Addr.Is4() {
			flags |= FlagIPv6
		}
	}
	dst = append(dst, byte(h.Type), flags)
	dst = append(dst, h.RD[:]...)
	dst = appendAddr(dst, h.Addr)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.ASN))
	id := [4]byte{}
	if h.ID.Is4() {
		id = h.ID.As4()
	}
	dst = append(dst, id[:]...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.Time/1e6))
	return binary.BigEndian.AppendUint32(dst, uint32(h.Time%1e6))
}

// addrFrom reads an address field of 16 octets: IPv4 stands in the last four.
func addrFrom(b []byte, v6 bool) netip.Addr {
	if v6 {
		return netip.AddrFrom16([16]byte(b))
	}
	return netip.AddrFrom4([4]byte(b[12:]))
}

func appendAddr(dst []byte, a netip.Addr) []byte {
	var b [16]byte
	switch {
	case a.Is4():
		v4 := a.As4()
		copy(b[12:], v4[:])
	case a.IsValid():
		b = a.As16()
	}
	return append(dst, b[:]...)
}
