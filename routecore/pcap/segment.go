package pcap

import (
	"encoding/binary"
	"net/netip"
)

// Flow is one direction of a TCP connection. It is comparable.
type Flow struct {
	Src, Dst netip.AddrPort
}

// Reverse returns the other direction.
func (f Flow) Reverse() Flow { return Flow{Src: f.Dst, Dst: f.Src} }

// String returns "source > destination".
func (f Flow) String() string { return f.Src.String() + " > " + f.Dst.String() }

// Flags are the control bits of a segment (RFC 9293 §3.1).
type Flags uint8

// The flags that begin and end a direction.
const (
	FIN Flags = 1 << 0
	SYN Flags = 1 << 1
	RST Flags = 1 << 2
)

// Segment is a TCP segment. Payload points into the packet.
type Segment struct {
	Flow
	Seq     uint32
	Flags   Flags
	Payload []byte
	Cut     int // bytes of payload that were sent and not captured, behind Payload
}

// The Ethernet types on the way to IP.
const (
	etherIPv4 = 0x0800
	etherIPv6 = 0x86dd
	etherVLAN = 0x8100
	etherQinQ = 0x88a8
	etherOld  = 0x9100
	etherMPLS = 0x8847
)

const protoTCP = 6

// Segment returns the TCP segment in the packet; ok is false where there is none
// or not its whole header.
func (p *Packet) Segment() (s Segment, ok bool) {
	b, v6, ok := p.network()
	if !ok {
		return s, false
	}
	if v6 {
		return parseIPv6(b)
	}
	return parseIPv4(b)
}

// network takes off the link layer.
func (p *Packet) network() (b []byte, v6, ok bool) {
	b = p.Data
	switch p.Link {
	case LinkEthernet:
		if len(b) < 14 {
			return nil, false, false
		}
		return ether(binary.BigEndian.Uint16(b[12:]), b[14:])
	case LinkSLL:
		if len(b) < 16 {
			return nil, false, false
		}
		return ether(binary.BigEndian.Uint16(b[14:]), b[16:])
	case LinkSLL2:
		if len(b) < 20 {
			return nil, false, false
		}
		return ether(binary.BigEndian.Uint16(b), b[20:])
	case LinkCiscoHDLC:
		if len(b) < 4 {
			return nil, false, false
		}
		return ether(binary.BigEndian.Uint16(b[2:]), b[4:])
	case LinkPPP, LinkPPPHDLC:
		if len(b) >= 2 && b[0] == 0xff && b[1] == 0x03 {
			b = b[2:]
		}
		if len(b) < 4 {
			return nil, false, false
		}
		if b[0] == 0x0f || b[0] == 0x8f { // Cisco HDLC, whatever the file says
			return ether(binary.BigEndian.Uint16(b[2:]), b[4:])
		}
		switch binary.BigEndian.Uint16(b) {
		case 0x0021, 0x0057:
			return ipAny(b[2:])
		}
		return nil, false, false
	case LinkFrameRelay:
		// Cisco's encapsulation has an Ethernet type behind the two octets of the
		// address, RFC 2427's a control octet and the number of IP.
		if len(b) < 4 {
			return nil, false, false
		}
		if b[2] == 0x03 && b[3] == 0xcc {
			return ipAny(b[4:])
		}
		return ether(binary.BigEndian.Uint16(b[2:]), b[4:])
	case LinkNull, LinkLoop:
		// The family's number is that of the machine; the packet says it again.
		if len(b) < 4 {
			return nil, false, false
		}
		return ipAny(b[4:])
	case LinkRaw, linkRawBSD, linkRawOpen, LinkIPv4, LinkIPv6:
		return ipAny(b)
	}
	return nil, false, false
}

// ether follows tags and labels to IP.
func ether(typ uint16, b []byte) (rest []byte, v6, ok bool) {
	for {
		switch typ {
		case etherIPv4, etherIPv6:
			return ipAny(b)
		case etherVLAN, etherQinQ, etherOld:
			if len(b) < 4 {
				return nil, false, false
			}
			typ, b = binary.BigEndian.Uint16(b[2:]), b[4:]
		case etherMPLS:
			for bottom := false; !bottom; b = b[4:] {
				if len(b) < 4 {
					return nil, false, false
				}
				bottom = b[2]&1 != 0
			}
			return ipAny(b)
		default:
			return nil, false, false
		}
	}
}

func ipAny(b []byte) (rest []byte, v6, ok bool) {
	if len(b) == 0 {
		return nil, false, false
	}
	version := b[0] >> 4
	return b, version == 6, version == 4 || version == 6
}

func parseIPv4(b []byte) (s Segment, ok bool) {
	if len(b) < 20 {
		return s, false
	}
	head, total := int(b[0]&0xf)*4, int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 {
		total = len(b) // left to the network card
	}
	if head < 20 || head > len(b) || total < head || b[9] != protoTCP || binary.BigEndian.Uint16(b[6:])&0x1fff != 0 {
		return s, false
	}
	src, dst := netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:]))
	return parseTCP(src, dst, b[head:min(total, len(b))], total-head)
}

func parseIPv6(b []byte) (s Segment, ok bool) {
	if len(b) < 40 {
		return s, false
	}
	size := int(binary.BigEndian.Uint16(b[4:]))
	next := b[6]
	src, dst := netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:]))
	b = b[40:]
	if size == 0 {
		size = len(b)
	}
	for {
		switch next {
		case protoTCP:
			return parseTCP(src, dst, b[:min(size, len(b))], size)
		case 0, 43, 60: // hop-by-hop, routing, destination options
			if len(b) < 8 {
				return s, false
			}
			n := 8 + 8*int(b[1])
			if n > len(b) || n > size {
				return s, false
			}
			next, b, size = b[0], b[n:], size-n
		case 44: // a fragment
			if len(b) < 8 || size < 8 || binary.BigEndian.Uint16(b[2:])&^7 != 0 {
				return s, false
			}
			next, b, size = b[0], b[8:], size-8
		default:
			return s, false
		}
	}
}

// parseTCP reads a segment that had size bytes on the wire.
func parseTCP(src, dst netip.Addr, b []byte, size int) (s Segment, ok bool) {
	if len(b) < 20 {
		return s, false
	}
	head := int(b[12]>>4) * 4
	if head < 20 || head > len(b) {
		return s, false
	}
	s.Src = netip.AddrPortFrom(src, binary.BigEndian.Uint16(b))
	s.Dst = netip.AddrPortFrom(dst, binary.BigEndian.Uint16(b[2:]))
	s.Seq = binary.BigEndian.Uint32(b[4:])
	s.Flags = Flags(b[13])
	s.Payload = b[head:]
	s.Cut = size - len(b)
	return s, true
}
