package dissect

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/bmp"
	"example.com/rotonda/routecore/inet"
	"example.com/rotonda/routecore/mrt"
	"example.com/rotonda/routecore/rtr"
)

// Any explains a message of any kind, found by its content. As last resorts it
// looks for a BGP marker further on (a capture with the headers of IP and TCP), and
// reads the body of an UPDATE or path attributes alone; the notes say so. Octets
// that are nothing of all that give one field and an [*Error].
func Any(msg []byte, ctx bgp.Ctx) Result {
	switch {
	case hasMarker(msg) || len(msg) > 0 && len(msg) < 16 && bytes.Count(msg, []byte{0xff}) == len(msg):
		return BGP(msg, ctx)
	case isBMP(msg):
		return BMP(msg, ctx)
	case isRTR(msg):
		return RTR(msg)
	case isMRT(msg):
		return MRT(msg, ctx)
	case isBadMarker(msg):
		return BGP(msg, ctx)
	}
	if r, ok := embedded(msg, ctx); ok {
		return r
	}
	if isBody(msg) {
		return bare(msg, ctx, "the octets have no BGP header: read as the body of an UPDATE", func(p *part) { p.updateBody(true) })
	}
	if isAttributes(msg) {
		return bare(msg, ctx, "the octets have no header: read as path attributes alone", func(p *part) { p.block(inet.IPv4Unicast, bgp.FormUpdate, ctx.ASN4) })
	}
	w := newWalk(msg, ctx)
	w.all().raw("unknown", "")
	if len(msg) == 0 {
		w.cut(0, "", "there is nothing to decode")
	}
	w.cut(0, "", "no BGP, BMP, MRT or RTR message, nor the body of an UPDATE")
	return w.finish("", "unknown")
}

// isBMP wants the version of BMP and a length that goes with what is here, exactly
// so for types that have no name.
func isBMP(b []byte) bool {
	if len(b) < bmp.HeaderLen || b[0] != bmp.Version && b[0] != bmp.Version4 {
		return false
	}
	n := bmp.Wanted(b)
	if n == len(b) {
		return true
	}
	typ := bmp.Type(b[5])
	return (typ <= bmp.RouteMirroring || typ == bmp.Snapshot) && n >= bmp.HeaderLen && n <= bmp.DefaultMax && n >= len(b)/4
}

// isRTR wants a version, a type, and a length that the type can have; where one of the
// two is unknown, a length that is exactly what is here.
func isRTR(b []byte) bool {
	if len(b) < rtrHeader {
		return false
	}
	version, typ := b[0] <= rtr.MaxVersion, rtr.Type(b[1]).String()[:3] != "PDU"
	if !version || !typ {
		return (version || typ) && uint64(binary.BigEndian.Uint32(b[4:])) == uint64(len(b))
	}
	if _, _, err := rtr.ReadPDU(b); err == nil {
		return true
	}
	n := binary.BigEndian.Uint32(b[4:])
	return int(n) == len(b) // whole, if of a length that its type cannot have
}

// isMRT wants a known type and a length that goes with what is here, exactly so for
// types that are not of BGP.
func isMRT(b []byte) bool {
	if len(b) < 12 {
		return false
	}
	n := binary.BigEndian.Uint32(b[8:])
	switch mrt.Type(binary.BigEndian.Uint16(b[4:])) {
	case mrt.TypeBGP, mrt.TypeTableDump, mrt.TypeTableDumpV2, mrt.TypeBGP4MP, mrt.TypeBGP4MPET:
	default:
		info, ok := mrt.Types.Lookup(binary.BigEndian.Uint16(b[4:]))
		return ok && info.Name != "NULL" && uint64(n) == uint64(len(b)-12)
	}
	return binary.BigEndian.Uint16(b[6:]) <= 12 && n <= mrt.MaxRecord
}

// isBadMarker finds a BGP message by everything but its marker.
func isBadMarker(b []byte) bool {
	return len(b) >= bgp.HeaderLen && int(binary.BigEndian.Uint16(b[16:])) == len(b) && b[18] >= 1 && b[18] <= 5
}

// isBody finds the body of an UPDATE: two lengths that fit and attributes that can
// be walked over.
func isBody(b []byte) bool {
	if len(b) < 4 || len(b) > 65535 {
		return false
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	if n+2 > len(b) {
		return false
	}
	end := n + 2 + int(binary.BigEndian.Uint16(b[n:]))
	return end <= len(b) && (end == n+2 || isAttributes(b[n+2:end]))
}

// isAttributes finds a block of attributes that have names and fit exactly.
func isAttributes(b []byte) bool {
	if len(b) < 3 {
		return false
	}
	for len(b) > 0 {
		if len(b) < 4 && (len(b) < 3 || b[0]&byte(bgp.FlagExtended) != 0) || b[0]&0xf != 0 || bgp.AttrCode(b[1]).Info().Name == "" {
			return false
		}
		n := 3 + int(b[2])
		if b[0]&byte(bgp.FlagExtended) != 0 {
			n = 4 + int(binary.BigEndian.Uint16(b[2:]))
		}
		if n > len(b) {
			return false
		}
		b = b[n:]
	}
	return true
}

// bare explains what has no header.
func bare(msg []byte, ctx bgp.Ctx, note string, read func(*part)) Result {
	w := newWalk(msg, ctx)
	w.note(note)
	p := w.all()
	read(p)
	if p.left() > 0 {
		p.raw("further octets", "")
	}
	return w.finish("BGP", "UPDATE")
}

// embedded finds a BGP message behind something else.
func embedded(msg []byte, ctx bgp.Ctx) (Result, bool) {
	at := bytes.Index(msg, bytes.Repeat([]byte{0xff}, 16))
	if at < 0 || at+bgp.HeaderLen > len(msg) {
		return Result{}, false
	}
	w := newWalk(msg, ctx)
	w.note(strconv.Itoa(at) + " octets stand before the BGP message")
	p := w.all()
	p.leaf(at, "before the message", "", hexText)
	typ := p.message()
	p.followers()
	return w.finish("BGP", typ), true
}
