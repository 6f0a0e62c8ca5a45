// Package pcap reads packet captures, pcap and pcapng, down to the bytes that each
// end of a TCP connection sent.
//
// [Reader] yields packets. [Packet.Segment] finds the TCP segment in one, through
// Ethernet, Linux cooked, loopback, PPP, Cisco HDLC, Frame Relay or raw IP, VLAN tags
// and MPLS labels. [Assembler] puts the segments of each direction in order. Nothing
// here knows what the bytes mean, writes captures, or opens devices; IP fragments are
// not put together. Start reading at [Reader.Next].
//
// Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, the registry of link
// types of tcpdump.org, RFC 791, RFC 8200, RFC 9293.
package pcap

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
)

// LinkType says what a packet starts with (the LINKTYPE registry).
type LinkType uint16

// The link types that [Packet.Segment] reads.
const (
	LinkNull       LinkType = 0 // address family in the byte order of the machine
	LinkEthernet   LinkType = 1
	LinkPPP        LinkType = 9
	LinkPPPHDLC    LinkType = 50
	LinkRaw        LinkType = 101 // IPv4 or IPv6
	LinkCiscoHDLC  LinkType = 104
	LinkFrameRelay LinkType = 107
	LinkLoop       LinkType = 108 // as Null, in network order
	LinkSLL        LinkType = 113 // Linux cooked
	LinkIPv4       LinkType = 228
	LinkIPv6       LinkType = 229
	LinkSLL2       LinkType = 276

	linkRawBSD  LinkType = 12 // what BSD and OpenBSD called raw
	linkRawOpen LinkType = 14
)

// MaxPacket is the longest packet, and the longest block of a pcapng file, that
// [Reader] believes, in bytes.
const MaxPacket = 16 << 20

// Packet is one captured packet.
type Packet struct {
	Offset int64 // of its header in the file
	Time   int64 // Unix microseconds; 0 where the file has none
	Link   LinkType
	Length int    // on the wire; more than len(Data) where the capture was cut
	Data   []byte // valid until the following call of Next
}

// Error says what is wrong with a capture, and where.
type Error struct {
	Offset int64
	Text   string
	Err    error // the cause, when the source gave one
}

// Error returns "capture: offset N: what is wrong".
func (e *Error) Error() string {
	s := fmt.Sprintf("capture: offset %d: %s", e.Offset, e.Text)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// The magic numbers, as they read in the byte order of the writer.
const (
	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34 // with 8 more bytes in each packet header
	magicNG       = 0x0a0d0d0a
)

// Detect reports whether a file that starts with head is a capture; 4 bytes are
// enough.
func Detect(head []byte) bool {
	if len(head) < 4 {
		return false
	}
	switch m := binary.BigEndian.Uint32(head); m {
	case magicMicro, magicNano, magicModified, magicNG:
		return true
	default:
		m = bits.ReverseBytes32(m)
		return m == magicMicro || m == magicNano || m == magicModified
	}
}

// Reader reads the packets of one capture of either format. Make it with
// [NewReader]. It is not for concurrent use.
type Reader struct {
	src   io.Reader
	off   int64
	order binary.ByteOrder
	buf   []byte
	stop  error

	ng         bool
	interfaces []iface // of the section, in pcapng; of the file in pcap

	extra int // bytes of a packet header beyond the usual 16
}

// iface is an interface that packets were captured on.
type iface struct {
	link   LinkType
	snap   uint32
	perSec uint64 // units of the time stamps in a second
	shift  int64  // seconds to add to them
}

// NewReader returns a reader of the capture in src. It reads src in small pieces:
// give it a buffered one.
func NewReader(src io.Reader) *Reader { return &Reader{src: src} }

// Offset returns the place in the file after the last packet.
func (r *Reader) Offset() int64 { return r.off }

// Next returns the next packet. At the end it returns [io.EOF], and an [*Error]
// where the file is cut or makes no sense; these are repeated.
func (r *Reader) Next() (Packet, error) {
	if r.stop != nil {
		return Packet{}, r.stop
	}
	if r.order == nil {
		if err := r.open(); err != nil {
			r.stop = err
			return Packet{}, err
		}
	}
	next := r.nextPacket
	if r.ng {
		next = r.nextBlock
	}
	p, err := next()
	r.stop = err
	return p, err
}

func (r *Reader) fail(text string, args ...any) error {
	return &Error{Offset: r.off, Text: fmt.Sprintf(text, args...)}
}

// read returns the next n bytes. Where the file ends before the first of them the
// error is io.EOF. The buffer grows only as bytes arrive.
func (r *Reader) read(n int) ([]byte, error) {
	r.buf = r.buf[:0]
	for len(r.buf) < n {
		from := len(r.buf)
		step := min(n-from, 64<<10)
		r.buf = append(r.buf, make([]byte, step)...)
		got, err := io.ReadFull(r.src, r.buf[from:])
		if err == io.EOF && from == 0 {
			return nil, io.EOF
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return nil, &Error{Offset: r.off, Text: fmt.Sprintf("cut after %d of %d bytes", from+got, n), Err: io.ErrUnexpectedEOF}
		}
		if err != nil {
			return nil, &Error{Offset: r.off, Text: "the source ends", Err: err}
		}
	}
	return r.buf, nil
}

// open reads the magic number, and the rest of the header of a pcap file.
func (r *Reader) open() error {
	b, err := r.read(4)
	if err != nil {
		return err
	}
	if !Detect(b) {
		return r.fail("no capture: it starts with % x", b)
	}
	magic := binary.BigEndian.Uint32(b)
	if magic == magicNG {
		r.ng, r.order = true, binary.LittleEndian
		return r.section()
	}
	r.order = binary.BigEndian
	if magic>>24 != 0xa1 {
		r.order = binary.LittleEndian
		magic = bits.ReverseBytes32(magic)
	}
	if b, err = r.read(20); err != nil {
		if err == io.EOF {
			err = r.fail("cut inside the file header")
		}
		return err
	}
	perSec := uint64(1e6)
	switch magic {
	case magicNano:
		perSec = 1e9
	case magicModified:
		r.extra = 8
	}
	r.interfaces = []iface{{link: LinkType(r.order.Uint32(b[16:])), snap: r.order.Uint32(b[12:]), perSec: perSec}}
	r.off = 24
	return nil
}

// nextPacket reads a packet of a pcap file.
func (r *Reader) nextPacket() (Packet, error) {
	h, err := r.read(16 + r.extra)
	if err != nil {
		return Packet{}, err
	}
	in := &r.interfaces[0]
	p := Packet{Offset: r.off, Link: in.link, Length: int(r.order.Uint32(h[12:]))}
	p.Time = int64(r.order.Uint32(h))*1e6 + int64(uint64(r.order.Uint32(h[4:]))*1e6/in.perSec)
	size := r.order.Uint32(h[8:])
	if size > MaxPacket {
		return Packet{}, r.fail("a packet of %d bytes is over the limit of %d", size, MaxPacket)
	}
	if size > 0 {
		if p.Data, err = r.read(int(size)); err != nil {
			if err == io.EOF {
				err = r.fail("cut between the header of a packet and its %d bytes", size)
			}
			return Packet{}, err
		}
	}
	r.off += int64(16+r.extra) + int64(size)
	return p, nil
}
