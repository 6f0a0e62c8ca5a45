package bgp

import (
	"encoding/binary"

	"example.com/rotonda/routecore/inet"
)

// AppendAttrs appends the canonical form of the attributes for the routes of family f:
// this family's next hop inside, MP_REACH_NLRI and MP_UNREACH_NLRI gone, AS numbers of
// four octets, AS4_PATH and AS4_AGGREGATOR merged (RFC 6793 §4.2.3), discarded
// attributes absent, repeated large communities left out. An UPDATE that announces IPv4
// unicast in both places gets the next hop of the NEXT_HOP attribute. The verdict is
// the caller's business: nothing here looks at it.
func (u *Update) AppendAttrs(dst []byte, f inet.Family) []byte {
	from := len(dst)
	dst = beginAttrs(dst)
	hop := u.nextHop(f)
	if !u.unsorted {
		for i := range int(u.n) {
			code := u.attr[i].code
			if hop != nil && code > AttrNextHop {
				dst, hop = u.appendHop(dst, hop), nil
			}
			dst = u.appendAttr(dst, i)
		}
	} else {
		dst, hop = u.appendSorted(dst, hop)
	}
	if hop != nil {
		dst = u.appendHop(dst, hop)
	}
	return endAttrs(dst, from)
}

// appendSorted goes through the attributes by code: rank holds where each is.
func (u *Update) appendSorted(dst, hop []byte) ([]byte, []byte) {
	var rank [256]uint8
	for i := range int(u.n) {
		rank[u.attr[i].code] = uint8(i)
	}
	for code := range 256 {
		if !u.seen.has(AttrCode(code)) {
			continue
		}
		if hop != nil && AttrCode(code) > AttrNextHop {
			dst, hop = u.appendHop(dst, hop), nil
		}
		dst = u.appendAttr(dst, int(rank[code]))
	}
	return dst, hop
}

// nextHop returns the wire form of the next hop for the routes of f, nil where
// there is none.
func (u *Update) nextHop(f inet.Family) []byte {
	if i := u.find(AttrNextHop); i >= 0 && !u.discarded.has(AttrNextHop) {
		conventional := f == inet.IPv4Unicast && (u.announced.len != 0 || !u.reach.present)
		if conventional || !u.reach.present && u.form == FormTableDumpV2 {
			return u.value(i)
		}
	}
	if u.reach.present && u.reach.hop.len > 0 && (u.reach.family == f || u.form == FormTableDumpV2) {
		return u.bytes(u.reach.hop)
	}
	return nil
}

func (u *Update) appendHop(dst, hop []byte) []byte {
	at := len(dst)
	dst = beginEntry(dst, AttrNextHop, wellKnown)
	return endEntry(appendNextHop(dst, hop), at)
}

// appendAttr appends the attribute at an index of the view, next hops and what
// has no place in the canonical form left out.
func (u *Update) appendAttr(dst []byte, i int) []byte {
	ref := u.attr[i]
	if ref.code == AttrNextHop || ref.code.foreign() || u.discarded.has(ref.code) {
		return dst
	}
	v := u.value(i)
	switch ref.code {
	case AttrASPath:
		if u.pathWidth == 2 {
			if len(v) > maxPath/2 {
				return dst // malformed, see checkPathWidth
			}
			at := len(dst)
			dst = beginEntry(dst, ref.code, ref.flags)
			return endEntry(appendPath(dst, v, u.as4Path(), 2), at)
		}
	case AttrAggregator:
		if len(v) == 6 {
			at := len(dst)
			as4, _ := u.Get(AttrAS4Aggregator)
			dst = beginEntry(dst, ref.code, ref.flags)
			return endEntry(appendAggregator(dst, v, as4), at)
		}
	case AttrLargeCommunities:
		at := len(dst)
		dst = beginEntry(dst, ref.code, ref.flags)
		return endEntry(appendLarge(dst, v), at)
	}
	return appendEntry(dst, ref.code, ref.flags, v)
}

// as4Path returns the AS4_PATH if it counts: an AGGREGATOR that does not name
// AS_TRANS shows that the aggregate was made behind whoever sent it (RFC 6793 §4.2.3).
func (u *Update) as4Path() []byte {
	v, ok := u.Get(AttrAS4Path)
	if !ok {
		return nil
	}
	if g, ok := u.Get(AttrAggregator); ok && len(g) == 6 && inet.ASN(binary.BigEndian.Uint16(g)) != inet.ASTrans {
		if _, as4 := u.Get(AttrAS4Aggregator); as4 {
			return nil
		}
	}
	return v
}
