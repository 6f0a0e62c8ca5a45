package bgp

import (
	"encoding/binary"
	"iter"
	"net/netip"

	"example.com/rotonda/routecore/inet"
)

// NLRI is a run of network layer reachability information of one family in wire
// form. It is a small value; Bytes belong to whoever owns the message. The zero
// value is empty.
type NLRI struct {
	Family  inet.Family
	AddPath bool // a path identifier of four octets stands before each
	// OneLabel says that one label at most stands before each route of a family with
	// labels, whatever its bottom-of-stack bit: several were not negotiated (RFC 8277
	// §2.2). Else that bit is followed, as in what is only watched.
	OneLabel bool
	Bytes    []byte
}

// with is a run like n of other octets.
func (n NLRI) with(b []byte) NLRI {
	n.Bytes = b
	return n
}

// Opaque reports whether nothing is known about the family's NLRI, not even where one
// ends: then a run counts as one.
func (n NLRI) Opaque() bool {
	return nlriTable[n.Family.SAFI()].size == nil || !decodes(n.Family)
}

// Len counts the NLRI. A run of an unknown family, which nobody can cut, counts
// as one; what follows a fault does not count.
func (n NLRI) Len() int {
	count := 0
	for b := n.Bytes; len(b) > 0; count++ {
		size := nlriSize(n.Family, n.AddPath, b)
		if size <= 0 {
			break
		}
		b = b[size:]
	}
	return count
}

// Prefixes yields path identifier (0 without ADD-PATH) and prefix, host bits
// masked. It yields nothing where the family's NLRI are not plain prefixes, and
// stops at a fault.
func (n NLRI) Prefixes() iter.Seq2[uint32, netip.Prefix] {
	return func(yield func(uint32, netip.Prefix) bool) {
		if !n.Family.IsPrefix() {
			return
		}
		v6 := n.Family.AFI() == inet.AFIIPv6
		for b := n.Bytes; ; {
			id, p, size := NextPrefix(b, v6, n.AddPath)
			if size == 0 || !yield(id, p) {
				return
			}
			b = b[size:]
		}
	}
}

// All yields the octets of each NLRI, path identifier included. It stops at a fault.
func (n NLRI) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for b := n.Bytes; len(b) > 0; {
			size := nlriSize(n.Family, n.AddPath, b)
			if size <= 0 || !yield(b[:size:size]) {
				return
			}
			b = b[size:]
		}
	}
}

// NextPrefix reads the first prefix of a run of IPv4 or IPv6 prefixes and its
// path identifier, which is 0 without ADD-PATH. size is how many octets it took;
// 0 means that b is empty or broken. It is the step for loops that cannot afford
// an iterator.
func NextPrefix(b []byte, v6, addPath bool) (id uint32, p netip.Prefix, size int) {
	if addPath {
		if len(b) < 5 {
			return 0, netip.Prefix{}, 0
		}
		id, b, size = binary.BigEndian.Uint32(b), b[4:], 4
	}
	if len(b) == 0 {
		return 0, netip.Prefix{}, 0
	}
	bits := b[0]
	n := 1 + (int(bits)+7)>>3
	if n > len(b) {
		return 0, netip.Prefix{}, 0
	}
	if v6 {
		if bits > 128 {
			return 0, netip.Prefix{}, 0
		}
		var a [16]byte
		copy(a[:], b[1:n])
		if rest := bits & 7; rest != 0 {
			a[bits>>3] &= ^byte(0xff >> rest)
		}
		return id, netip.PrefixFrom(netip.AddrFrom16(a), int(bits)), size + n
	}
	if bits > 32 {
		return 0, netip.Prefix{}, 0
	}
	var v uint32
	if len(b) >= 5 {
		v = binary.BigEndian.Uint32(b[1:])
	} else {
		for i, c := range b[1:n] {
			v |= uint32(c) << (24 - 8*i)
		}
	}
	v &^= uint32(uint64(0xffffffff) >> bits)
	var a [4]byte
	binary.BigEndian.PutUint32(a[:], v)
	return id, netip.PrefixFrom(netip.AddrFrom4(a), int(bits)), size + n
}

// AppendNLRI appends a prefix in wire form, with id before it where addPath is set.
func AppendNLRI(dst []byte, p netip.Prefix, id uint32, addPath bool) []byte {
	if addPath {
		dst = binary.BigEndian.AppendUint32(dst, id)
	}
	return inet.AppendPrefix(dst, p)
}

// nlriSize returns the octets of the first NLRI in b, or 0 where it is broken. A
// family that cannot be cut is one piece.
func nlriSize(f inet.Family, addPath bool, b []byte) int {
	at := 0
	if addPath {
		at = 4
		if len(b) < 5 {
			return 0
		}
	}
	info := &nlriTable[f.SAFI()]
	if info.size == nil || !decodes(f) {
		return len(b)
	}
	size := info.size(f, b[at:])
	if size == 0 {
		return 0
	}
	return at + size
}

// bitsSize is for NLRI that begin with their length in bits.
func bitsSize(b []byte, maxBits int) int {
	if maxBits == 0 {
		return len(b)
	}
	if len(b) == 0 || int(b[0]) > maxBits {
		return 0
	}
	if n := 1 + (int(b[0])+7)>>3; n <= len(b) {
		return n
	}
	return 0
}

// lengthSize is for NLRI with skip octets of type and then a length in octets of
// the given width.
func lengthSize(b []byte, skip, width int) int {
	if len(b) < skip+width {
		return 0
	}
	n := int(b[skip])
	if width == 2 {
		n = int(binary.BigEndian.Uint16(b[skip:]))
	}
	if n += skip + width; n <= len(b) {
		return n
	}
	return 0
}

// checkNLRI returns the offset of the first fault in a run, or -1.
func checkNLRI(f inet.Family, addPath bool, b []byte) int {
	if f.IsPrefix() {
		return checkPrefixes(f.MaxBits(), addPath, b)
	}
	for at := 0; at < len(b); {
		size := nlriSize(f, addPath, b[at:])
		if size <= 0 {
			return at
		}
		at += size
	}
	return -1
}

// checkInside finds an NLRI that can be cut but is broken inside, in the value v of
// MP_REACH_NLRI or MP_UNREACH_NLRI from offset at on. Where NLRI begin with their
// length in bits, such as labelled and VPN routes, that length is then inconsistent
// with the family, which is a syntax error of the whole (RFC 7606 §5.3). Others are
// known well enough to be treated as withdrawn (RFC 7606 §2), or, withdrawn already, to
// be left alone; BGP-LS has its own rule. A monitor keeps what the router that it
// watches has accepted.
func (u *Update) checkInside(m mpSection, v []byte, at int) (Fault, int) {
	if m.family.AFI() == inet.AFIBGPLS {
		return checkLinkState(m, v, at)
	}
	check, skip := m.run(nil).row().check, 0
	if check == nil || !decodes(m.family) || m.family.IsPrefix() || u.ctx.Monitor || u.form != FormUpdate {
		return FaultNone, 0
	}
	if m.addPath {
		skip = 4
	}
	fault := FaultInside
	if countsBits(m.family) {
		fault = FaultMPNLRI
	}
	for at < len(v) {
		size := nlriSize(m.family, m.addPath, v[at:])
		if bad := check(m.family, v[at+skip:at+size]); bad >= 0 {
			return fault, at + skip + bad
		}
		at += size
	}
	return FaultNone, 0
}

// countsBits tells whether NLRI of the family begin with a length in bits that
// covers labels, a distinguisher and a prefix.
func countsBits(f inet.Family) bool {
	switch f.SAFI() {
	case inet.SAFILabelled, inet.SAFIMPLSVPN, inet.SAFIMVPN, inet.SAFIClassfulTransport, inet.SAFIRTC:
		return true
	}
	return false
}

func checkPrefixes(maxBits int, addPath bool, b []byte) int {
	skip := 0
	if addPath {
		skip = 4
	}
	for at := 0; at < len(b); {
		i := at + skip
		if i >= len(b) || int(b[i]) > maxBits {
			return at
		}
		i += 1 + (int(b[i])+7)>>3
		if i > len(b) {
			return at
		}
		at = i
	}
	return -1
}

// guessAddPath decides for a run of which nobody said whether path identifiers
// are there. Plain is the answer wherever plain makes sense; a run that begins
// with a zero octet and, read plainly, has default routes twice is taken for
// path identifiers if those make sense throughout, and so is a run that is
// broken when read plainly. In other families it counts as broken too that the
// inside of an NLRI makes no sense or its type is not known.
func guessAddPath(f inet.Family, b []byte) bool {
	if len(b) < 5 {
		return false
	}
	if !f.IsPrefix() {
		return nlriTable[f.SAFI()].check != nil && decodes(f) && !soundNLRI(f, false, b) && soundNLRI(f, true, b)
	}
	plain := checkPrefixes(f.MaxBits(), false, b) < 0
	if plain && (b[0] != 0 || !defaultTwice(b)) {
		return false
	}
	return checkPrefixes(f.MaxBits(), true, b) < 0
}

// soundNLRI tells whether a run makes sense inside and out.
func soundNLRI(f inet.Family, addPath bool, b []byte) bool {
	typed, skip := typedFamilyOf(f), 0
	if addPath {
		skip = 4
	}
	for len(b) > 0 {
		size := nlriSize(f, addPath, b)
		if size <= 0 || nlriTable[f.SAFI()].check(f, b[skip:size]) >= 0 {
			return false
		}
		if typed != nil {
			if _, _, l := typed.head(b[skip:]); l == nil {
				return false
			}
		} else if linkState(f.SAFI()) && LSType(binary.BigEndian.Uint16(b[skip:])).info() == nil {
			return false
		}
		b = b[size:]
	}
	return true
}

func defaultTwice(b []byte) bool {
	count := 0
	for at := 0; at < len(b); at += 1 + (int(b[at])+7)>>3 {
		if b[at] == 0 {
			count++
		}
	}
	return count > 1
}
