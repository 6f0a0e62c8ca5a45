package simulate

import (
	"encoding/binary"
	"net/netip"
	"slices"
)

// Path attribute flags and codes used here (RFC 4271 §4.3, IANA bgp-parameters).
const (
	flagOptional   = 0x80
	flagTransitive = 0x40
	flagExtended   = 0x10

	attrOrigin          = 1
	attrASPath          = 2
	attrNextHop         = 3
	attrMED             = 4
	attrAtomicAggregate = 6
	attrAggregator      = 7
	attrCommunities     = 8
	attrMPReach         = 14
	attrMPUnreach       = 15
	attrLargeCommunity  = 32
	attrOnlyToCustomer  = 35
)

// Bits of a turn: what a change changes. The rest of the byte only makes one
// turn differ from the next.
const (
	turnPath = 3 // 0 is the path of the first table
	turnTags = 4
)

// appendAttrs appends the path attributes of a prefix as this neighbour gives
// them at the given turn, in the order of their codes. Without a next hop there
// is no NEXT_HOP attribute: IPv6 has it in MP_REACH_NLRI.
func (v *View) appendAttrs(dst []byte, p *prefix, turn uint8, nextHop netip.Addr) []byte {
	site := hash(v.world.seed, 'A', uint64(p.origin), uint64(p.policy), uint64(boolRank(p.v6)))
	choice := site
	if p.policy == 0 {
		choice = 0
	}
	if turn&turnPath != 0 {
		choice = hash(site, 'R', uint64(turn&turnPath)) | 1
	}
	v.path = v.tree.path(v.path[:0], p.origin, choice)

	origin := byte(0)
	switch {
	case part(site>>10, 70):
		origin = 2 // INCOMPLETE: redistributed
	case part(site>>10, 72):
		origin = 1
	}
	dst = append(dst, flagTransitive, attrOrigin, 1, origin)
	dst = v.appendPath(dst, site, turn)
	if nextHop.IsValid() {
		dst = append(dst, flagTransitive, attrNextHop, 4)
		dst = append(dst, nextHop.AsSlice()...)
	}
	dst = v.appendMED(dst, p, turn)
	if part(site>>20, 45) {
		dst = append(dst, flagTransitive, attrAtomicAggregate, 0)
		dst = append(dst, flagOptional|flagTransitive, attrAggregator, 8)
		dst = binary.BigEndian.AppendUint32(dst, v.world.graph.asn[p.origin])
		dst = binary.BigEndian.AppendUint32(dst, 192<<24|2<<8|uint32(site>>56)) // 192.0.2.x
	}
	dst = v.appendCommunities(dst, p, site, turn)
	if part(site>>30, 30) {
		dst = append(dst, flagOptional|flagTransitive, attrOnlyToCustomer, 4)
		dst = binary.BigEndian.AppendUint32(dst, uint32(v.asn))
	}
	return dst
}

// appendPath appends AS_PATH as one sequence of 4-octet numbers. Some origins
// prepend their own AS, some transit networks do it for their customers.
func (v *View) appendPath(dst []byte, site uint64, turn uint8) []byte {
	dst = append(dst, flagTransitive, attrASPath, 0, 2, 0)
	length := len(dst) - 3
	for i, as := range v.path {
		times := 1
		h := hash(site, 'N', uint64(as), uint64(turn&turnPath))
		switch last := i == len(v.path)-1; {
		case i == 0: // the neighbour itself
		case last && part(h, 110):
			times += 1 + int(h>>40%4)
		case !last && part(h, 20):
			times += 1 + int(h>>40%2)
		}
		asn := v.world.graph.asn[as]
		if i == 0 {
			asn = uint32(v.asn)
		}
		for range times {
			dst = binary.BigEndian.AppendUint32(dst, asn)
		}
	}
	n := len(dst) - length - 1
	dst[length] = byte(n)
	dst[length+2] = byte((n - 2) / 4)
	return dst
}

// appendMED adds a MED to what the neighbour learned at some of its own.
func (v *View) appendMED(dst []byte, p *prefix, turn uint8) []byte {
	second := v.path[min(1, len(v.path)-1)]
	h := hash(v.world.seed, 'M', v.id, uint64(second))
	if !part(h, 250) {
		return dst
	}
	med := uint32([...]int{0, 0, 10, 20, 50, 100, 100, 200, 1000}[h>>20%9])
	if part(h>>32, 250) { // taken from the cost inside, moves with each turn
		med = uint32(hash(h, uint64(p.policy), uint64(turn)) % 5000)
	}
	return binary.BigEndian.AppendUint32(append(dst, flagOptional, attrMED, 4), med)
}

// appendCommunities appends COMMUNITIES and LARGE_COMMUNITY: what the ASes on
// the path attach to say where they learned a route and what it is, and what the
// origin asks of its providers.
func (v *View) appendCommunities(dst []byte, p *prefix, site uint64, turn uint8) []byte {
	asn := v.world.graph.asn
	v.tags = v.tags[:0]
	for i, as := range v.path[:len(v.path)-1] {
		keeps := uint64(250) // of those further away most are removed on the way
		if i == 0 {
			keeps = 700
		}
		habit := hash(v.world.seed, 'H', uint64(as), v.id)
		if !part(habit, keeps) {
			continue
		}
		from := hash(habit, uint64(v.path[i+1]), uint64(turn&turnTags))
		for k := range 1 + habit>>20%3 {
			v.tags = append(v.tags, uint64(asn[as])<<32|uint64(k*1000+hash(from, k)%60*10))
		}
	}
	if part(site>>15, 200) && len(v.path) > 1 {
		v.tags = append(v.tags, uint64(asn[v.path[len(v.path)-2]])<<32|(2000+site>>50%8*10))
	}
	if part(site>>25, 15) {
		v.tags = append(v.tags, uint64(asn[p.origin])<<32|uint64(turn&turnTags)|site>>58)
	}
	slices.Sort(v.tags)
	v.tags = slices.Compact(v.tags)

	short := 0 // how many have an AS number that fits into a standard community
	for short < len(v.tags) && v.tags[short]>>32 <= 0xffff {
		short++
	}
	dst = appendHeader(dst, attrCommunities, 4*short)
	for _, tag := range v.tags[:short] {
		dst = binary.BigEndian.AppendUint32(dst, uint32(tag>>32<<16|tag&0xffff))
	}
	long := v.tags[short:]
	dst = appendHeader(dst, attrLargeCommunity, 12*len(long))
	for _, tag := range long {
		dst = binary.BigEndian.AppendUint32(dst, uint32(tag>>32))
		dst = binary.BigEndian.AppendUint32(dst, uint32(tag)/1000)
		dst = binary.BigEndian.AppendUint32(dst, uint32(tag)%1000)
	}
	return dst
}

// appendHeader begins an optional transitive attribute, or nothing where the
// value is empty.
func appendHeader(dst []byte, code byte, n int) []byte {
	switch {
	case n == 0:
		return dst
	case n > 255:
		return append(dst, flagOptional|flagTransitive|flagExtended, code, byte(n>>8), byte(n))
	}
	return append(dst, flagOptional|flagTransitive, code, byte(n))
}
