package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// AttrForm is a way in which a block of attributes is laid out outside of UPDATEs.
type AttrForm uint8

// The forms.
const (
	FormUpdate      AttrForm = iota // as in an UPDATE
	FormTableDumpV2                 // RIB entries of MRT: MP_REACH_NLRI holds the next hop alone (RFC 6396 §4.3.4)
)

// AppendWire appends the attributes as they stand on the wire, without the length in
// front. The next hop goes into NEXT_HOP where family and address allow it, else into
// MP_REACH_NLRI, which then takes nlri along (nil for none) or, in [FormTableDumpV2],
// nothing but the next hop; there is none of both without next hop and nlri. ctx gives
// the width of AS numbers; with two octets AS4_PATH and AS4_AGGREGATOR are added where
// needed.
func (a Attrs) AppendWire(dst []byte, f inet.Family, ctx Ctx, form AttrForm, nlri []byte) []byte {
	hop, _ := a.Get(AttrNextHop)
	if form == FormTableDumpV2 {
		ctx.ASN4 = true
	}
	if classic(f, hop) || a == nil || len(hop)+len(nlri) == 0 {
		return a.appendWire(dst, ctx, true)
	}
	if form == FormTableDumpV2 && f.IsPrefix() {
		dst = appendWireHeader(dst, AttrMPReach, optNonTransitive, 1+len(hop))
		dst = append(append(dst, byte(len(hop))), hop...)
		return a.appendWire(dst, ctx, false)
	}
	dst = appendMPReach(dst, f, hop, len(nlri))
	return a.appendWire(append(dst, nlri...), ctx, false)
}

// appendWire appends all but MP_REACH_NLRI, and NEXT_HOP only if asked.
func (a Attrs) appendWire(dst []byte, ctx Ctx, nextHop bool) []byte {
	var as4Path, as4Aggregator []byte
	as4 := false
	b := a.entries()
	for t, rest, ok := nextEntry(b); ok; t, rest, ok = nextEntry(rest) {
		if as4 && t.Code > AttrAS4Aggregator {
			dst, as4 = appendAS4Attrs(dst, as4Path, as4Aggregator), false
		}
		switch {
		case t.Code == AttrNextHop && !nextHop:
		case ctx.ASN4 || t.Code != AttrASPath && t.Code != AttrAggregator:
			dst = appendWireAttr(dst, t)
		case t.Code == AttrASPath:
			var wide bool
			from := len(dst)
			dst = appendWireHeader(dst, t.Code, t.Flags, 256)
			dst, wide = appendNarrow(dst, ASPath(t.Value))
			dst = endWireAttr(dst, from)
			if wide {
				as4Path, as4 = t.Value, true
			}
		case len(t.Value) == 8:
			asn := inet.ASN(binary.BigEndian.Uint32(t.Value))
			if asn > 65535 {
				as4Aggregator, as4, asn = t.Value, true, inet.ASTrans
			}
			dst = appendWireHeader(dst, t.Code, t.Flags, 6)
			dst = append(append(dst, byte(asn>>8), byte(asn)), t.Value[4:]...)
		}
	}
	if as4 {
		dst = appendAS4Attrs(dst, as4Path, as4Aggregator)
	}
	return dst
}

// appendAS4Attrs appends what a speaker with 2-octet AS numbers passes on
// unread (RFC 6793 §4.2.2).
func appendAS4Attrs(dst, path, aggregator []byte) []byte {
	if path != nil {
		from := len(dst)
		dst = appendWireHeader(dst, AttrAS4Path, optTransitive, 256)
		dst = appendAS4Path(dst, ASPath(path))
		dst = endWireAttr(dst, from)
	}
	if aggregator != nil {
		dst = append(appendWireHeader(dst, AttrAS4Aggregator, optTransitive, 8), aggregator...)
	}
	return dst
}

func appendWireAttr(dst []byte, t Attr) []byte {
	return append(appendWireHeader(dst, t.Code, t.Flags, len(t.Value)), t.Value...)
}

// appendWireHeader appends flags, code and length; a length over 255 takes two
// octets and the flag that says so.
func appendWireHeader(dst []byte, code AttrCode, flags AttrFlags, n int) []byte {
	if n > 255 {
		return append(dst, byte(flags|FlagExtended), byte(code), byte(n>>8), byte(n))
	}
	return append(dst, byte(flags&^FlagExtended), byte(code), byte(n))
}

// endWireAttr corrects the length of an attribute that began at from with an
// extended one, and gives back the octet that a short length does not need.
func endWireAttr(dst []byte, from int) []byte {
	n := len(dst) - from - 4
	if n > 255 {
		dst[from+2], dst[from+3] = byte(n>>8), byte(n)
		return dst
	}
	dst[from] &^= byte(FlagExtended)
	dst[from+2] = byte(n)
	copy(dst[from+3:], dst[from+4:])
	return dst[:len(dst)-1]
}

// appendMPReach appends header, family and next hop of an MP_REACH_NLRI in front
// of so many octets of NLRI.
func appendMPReach(dst []byte, f inet.Family, hop []byte, nlri int) []byte {
	wire := wireNextHopLen(f, hop)
	dst = appendWireHeader(dst, AttrMPReach, optNonTransitive, 5+wire+nlri)
	dst = append(appendFamily(dst, f), byte(wire))
	if wire == len(hop) {
		return append(append(dst, hop...), 0)
	}
	for len(hop) > 0 {
		n := min(len(hop), 16)
		dst = append(append(dst, 0, 0, 0, 0, 0, 0, 0, 0), hop[:n]...)
		hop = hop[n:]
	}
	return append(dst, 0)
}

// wireNextHopLen is the length of a next hop with the route distinguishers that
// VPN families want.
func wireNextHopLen(f inet.Family, hop []byte) int {
	if !hopHasRD(f) {
		return len(hop)
	}
	switch len(hop) {
	case 4:
		return 12
	case 16:
		return 24
	case 32:
		return 48
	}
	return len(hop)
}
