package pcap

import (
	"encoding/binary"
	"io"
	"math"
)

// The block types of pcapng that are read; all others are skipped.
const (
	blockInterface = 1
	blockOldPacket = 2
	blockSimple    = 3
	blockEnhanced  = 6
)

const byteOrderMagic = 0x1a2b3c4d

// section reads what follows the type of a Section Header Block. Another byte order
// and other interfaces may hold from there on.
func (r *Reader) section() error {
	b, err := r.read(8)
	if err != nil {
		return r.inside(err)
	}
	switch {
	case binary.LittleEndian.Uint32(b[4:]) == byteOrderMagic:
		r.order = binary.LittleEndian
	case binary.BigEndian.Uint32(b[4:]) == byteOrderMagic:
		r.order = binary.BigEndian
	default:
		return r.fail("section header without a byte order: % x", b[4:])
	}
	size := r.order.Uint32(b)
	if size < 28 || size > MaxPacket || size%4 != 0 {
		return r.fail("section header of %d bytes", size)
	}
	if _, err := r.read(int(size) - 12); err != nil {
		return r.inside(err)
	}
	r.interfaces = r.interfaces[:0]
	r.off += int64(size)
	return nil
}

// inside turns an end of the file inside a block into a cut.
func (r *Reader) inside(err error) error {
	if err == io.EOF {
		return &Error{Offset: r.off, Text: "cut inside a block", Err: io.ErrUnexpectedEOF}
	}
	return err
}

// nextBlock reads blocks up to the next packet of a pcapng file.
func (r *Reader) nextBlock() (Packet, error) {
	for {
		b, err := r.read(4)
		if err != nil {
			return Packet{}, err
		}
		typ := r.order.Uint32(b)
		if typ == magicNG {
			if err := r.section(); err != nil {
				return Packet{}, err
			}
			continue
		}
		if b, err = r.read(4); err != nil {
			return Packet{}, r.inside(err)
		}
		size := r.order.Uint32(b)
		if size < 12 || size > MaxPacket || size%4 != 0 {
			return Packet{}, r.fail("block of type %d and %d bytes", typ, size)
		}
		if b, err = r.read(int(size) - 8); err != nil {
			return Packet{}, r.inside(err)
		}
		if again := r.order.Uint32(b[len(b)-4:]); again != size {
			return Packet{}, r.fail("block of %d bytes ends with the length %d", size, again)
		}
		p, found, err := r.block(typ, b[:len(b)-4])
		if err != nil {
			return Packet{}, err
		}
		r.off += int64(size)
		if found {
			return p, nil
		}
	}
}

func (r *Reader) block(typ uint32, b []byte) (p Packet, found bool, err error) {
	p.Offset = r.off
	switch typ {
	case blockInterface:
		if len(b) < 8 {
			return p, false, r.fail("interface block of %d bytes", len(b))
		}
		if len(r.interfaces) >= maxInterfaces {
			return p, false, r.fail("more than %d interfaces", maxInterfaces)
		}
		r.interfaces = append(r.interfaces, r.describe(b))
		return p, false, nil
	case blockSimple:
		if len(b) < 4 || len(r.interfaces) == 0 {
			return p, false, r.fail("simple packet block without length or interface")
		}
		in := &r.interfaces[0]
		p.Link, p.Length = in.link, int(r.order.Uint32(b))
		size := min(uint32(p.Length), uint32(len(b)-4))
		if in.snap != 0 {
			size = min(size, in.snap)
		}
		p.Data = b[4 : 4+size]
		return p, true, nil
	case blockEnhanced, blockOldPacket:
		if len(b) < 20 {
			return p, false, r.fail("packet block of %d bytes", len(b))
		}
		number := r.order.Uint32(b)
		if typ == blockOldPacket {
			number = uint32(r.order.Uint16(b))
		}
		if uint64(number) >= uint64(len(r.interfaces)) {
			return p, false, r.fail("packet of interface %d, of which there are %d", number, len(r.interfaces))
		}
		size := r.order.Uint32(b[12:])
		if uint64(size) > uint64(len(b)-20) {
			return p, false, r.fail("packet of %d bytes in a block of %d", size, len(b))
		}
		in := &r.interfaces[number]
		p.Link, p.Length, p.Data = in.link, int(r.order.Uint32(b[16:])), b[20:20+size]
		p.Time = in.micros(uint64(r.order.Uint32(b[4:]))<<32 | uint64(r.order.Uint32(b[8:])))
		return p, true, nil
	}
	return p, false, nil
}

const (
	maxInterfaces = 65536

	optEnd        = 0
	optResolution = 9
	optOffset     = 14
)

// describe reads an interface description with the options that change times.
func (r *Reader) describe(b []byte) iface {
	in := iface{link: LinkType(r.order.Uint16(b)), snap: r.order.Uint32(b[4:]), perSec: 1e6}
	for b = b[8:]; len(b) >= 4; {
		code, size := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
		b = b[4:]
		if code == optEnd || size > len(b) {
			break
		}
		switch {
		case code == optResolution && size == 1:
			in.perSec = resolution(b[0])
		case code == optOffset && size == 8:
			in.shift = int64(r.order.Uint64(b))
		}
		b = b[min(len(b), (size+3)&^3):]
	}
	return in
}

// resolution reads if_tsresol: a negative power of ten or, with the highest bit, of
// two.
func resolution(v byte) uint64 {
	if v&0x80 != 0 {
		return 1 << min(v&0x7f, 63)
	}
	perSec := uint64(1)
	for range min(v, 19) {
		perSec *= 10
	}
	return perSec
}

// micros turns a time stamp of the interface into Unix microseconds. The two parts
// keep the product within 64 bits.
func (in *iface) micros(stamp uint64) int64 {
	seconds, rest := stamp/in.perSec, stamp%in.perSec
	fraction := uint64(float64(rest) / float64(in.perSec) * 1e6)
	if in.perSec <= math.MaxUint64/1_000_000 {
		fraction = rest * 1e6 / in.perSec
	}
	return (int64(seconds)+in.shift)*1e6 + int64(fraction)
}
