package bgp

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Types of outbound route filters (IANA "BGP ORF Types").
const (
	ORFPrefix      uint8 = 64  // address prefix (RFC 5292)
	ORFCP          uint8 = 65  // covering prefixes (RFC 7543); kept raw
	ORFCiscoPrefix uint8 = 128 // the pre-standard form of ORFPrefix
)

// When the answer to a ROUTE-REFRESH with filters is wanted (RFC 5291 §4).
const (
	ORFImmediate uint8 = 1
	ORFDefer     uint8 = 2
)

// ORF is the filter payload of a ROUTE-REFRESH (RFC 5291 §4).
type ORF struct {
	When   uint8 // ORFImmediate or ORFDefer
	Groups []ORFGroup
}

// ORFGroup holds the filters of one type: Prefixes for [ORFPrefix] and
// [ORFCiscoPrefix], else Raw as it came.
type ORFGroup struct {
	Type     uint8
	Prefixes []PrefixORF
	Raw      []byte
}

// ORFAction is what an entry does to the filters in place (RFC 5291 §4).
type ORFAction uint8

// The actions.
const (
	ORFAdd       ORFAction = 0
	ORFRemove    ORFAction = 1
	ORFRemoveAll ORFAction = 2 // nothing but the action counts
)

// PrefixORF is a filter on prefixes (RFC 5292 §2).
type PrefixORF struct {
	Action   ORFAction
	Deny     bool
	Sequence uint32
	Min, Max uint8 // lengths to match, 0 where the bound is not set
	Prefix   netip.Prefix
}

// ParseORF reads the payload of a ROUTE-REFRESH for a family. Prefixes alias
// nothing, Raw aliases b. The offset of an error counts from the start of b.
func ParseORF(f inet.Family, b []byte) (ORF, error) {
	r := inet.NewReader(b, 0)
	o := ORF{When: r.U8()}
	if !r.OK() || o.When != ORFImmediate && o.When != ORFDefer {
		return o, orfError(0, "RFC 5291 §4", "neither immediate nor deferred")
	}
	for r.Len() > 0 {
		at := r.Offset()
		g := ORFGroup{Type: r.U8()}
		body := r.Bytes(int(r.U16()))
		if !r.OK() {
			return o, orfError(at, "RFC 5291 §4", "filters run past the end of the message")
		}
		if g.Type != ORFPrefix && g.Type != ORFCiscoPrefix || f.MaxBits() == 0 {
			g.Raw = body
		} else if err := g.parsePrefixes(f, body, at+3); err != nil {
			return o, err
		}
		o.Groups = append(o.Groups, g)
	}
	return o, nil
}

func orfError(at int, rfc, text string) *Error {
	return &Error{Code: CodeRouteRefresh, Subcode: 1, Offset: at, RFC: rfc, Text: text}
}

func (g *ORFGroup) parsePrefixes(f inet.Family, b []byte, base int) error {
	r := inet.NewReader(b, base)
	for r.Len() > 0 {
		at := r.Offset()
		head := r.U8()
		p := PrefixORF{Action: ORFAction(head >> 6), Deny: head&0x20 != 0}
		if p.Action == ORFRemoveAll {
			g.Prefixes = append(g.Prefixes, PrefixORF{Action: ORFRemoveAll})
			continue
		}
		p.Sequence, p.Min, p.Max = r.U32(), r.U8(), r.U8()
		bits := int(r.U8())
		raw := r.Bytes((bits + 7) / 8)
		if !r.OK() || bits > f.MaxBits() || p.Action > ORFRemoveAll {
			return orfError(at, "RFC 5292 §2", "malformed prefix filter")
		}
		var addr [16]byte
		copy(addr[:], raw)
		a := netip.AddrFrom16(addr)
		if f.MaxBits() == 32 {
			a = netip.AddrFrom4([4]byte(addr[:]))
		}
		p.Prefix = netip.PrefixFrom(a, bits).Masked()
		g.Prefixes = append(g.Prefixes, p)
	}
	return nil
}

// AppendORF appends what [ParseORF] reads.
func AppendORF(dst []byte, o ORF) []byte {
	dst = append(dst, o.When)
	for _, g := range o.Groups {
		dst = append(dst, g.Type, 0, 0)
		at := len(dst)
		for _, p := range g.Prefixes {
			dst = p.append(dst)
		}
		dst = append(dst, g.Raw...)
		binary.BigEndian.PutUint16(dst[at-2:], uint16(len(dst)-at))
	}
	return dst
}

func (p PrefixORF) append(dst []byte) []byte {
	head := byte(p.Action) << 6
	if p.Action == ORFRemoveAll {
		return append(dst, head)
	}
	if p.Deny {
		head |= 0x20
	}
	dst = binary.BigEndian.AppendUint32(append(dst, head), p.Sequence)
	return inet.AppendPrefix(append(dst, p.Min, p.Max), p.Prefix)
}

// Match tells whether the filter is about a route to prefix (RFC 5292 §3): the
// route lies inside, and its length between the bounds; without any bound it must
// be the filter's own prefix.
func (p PrefixORF) Match(prefix netip.Prefix) bool {
	if p.Action == ORFRemoveAll || prefix.Bits() < p.Prefix.Bits() || !p.Prefix.Contains(prefix.Addr()) {
		return false
	}
	low, high := int(p.Min), int(p.Max)
	if low == 0 && high == 0 {
		return prefix.Bits() == p.Prefix.Bits()
	}
	if high == 0 {
		high = prefix.Addr().BitLen()
	}
	return prefix.Bits() >= low && prefix.Bits() <= high
}

// Filters reads the ORF payload; ok is false where there is none.
func (r RouteRefresh) Filters() (o ORF, ok bool, err error) {
	if len(r.ORF) == 0 {
		return ORF{}, false, nil
	}
	o, err = ParseORF(r.Family, r.ORF)
	return o, true, err
}

var refreshNames = [...]string{"request", "begin", "end"}

// SubtypeName names the subtype in lower case, "" for one that does not exist and
// is to be ignored (RFC 7313 §5).
func (r RouteRefresh) SubtypeName() string {
	if int(r.Subtype) >= len(refreshNames) {
		return ""
	}
	return refreshNames[r.Subtype]
}

// AppendJSON appends one object with family, subtype and the filters, those that
// cannot be read as "raw".
func (r RouteRefresh) AppendJSON(dst []byte) []byte {
	dst = strconv.AppendUint(append(jsonFamily(dst, r.Family), `,"subtype":`...), uint64(r.Subtype), 10)
	if name := r.SubtypeName(); name != "" {
		dst = append(append(append(dst, `,"name":"`...), name...), '"')
	}
	if o, ok, err := r.Filters(); err != nil {
		dst = jsonHex(append(dst, `,"raw":`...), r.ORF)
	} else if ok {
		dst = o.appendJSON(append(dst, `,"orf":`...))
	}
	return append(dst, '}')
}

func (o ORF) appendJSON(dst []byte) []byte {
	dst = append(dst, `{"when":"defer"`...)
	if o.When == ORFImmediate {
		dst = append(dst[:len(dst)-len(`"defer"`)], `"immediate"`...)
	}
	dst = append(dst, `,"groups":[`...)
	for i, g := range o.Groups {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(append(dst, `{"type":`...), uint64(g.Type), 10)
		if len(g.Raw) > 0 {
			dst = append(jsonHex(append(dst, `,"raw":`...), g.Raw), '}')
			continue
		}
		dst = append(dst, `,"prefixes":[`...)
		for j, p := range g.Prefixes {
			if j > 0 {
				dst = append(dst, ',')
			}
			dst = p.appendJSON(dst)
		}
		dst = append(dst, "]}"...)
	}
	return append(dst, "]}"...)
}

func (p PrefixORF) appendJSON(dst []byte) []byte {
	names := [...]string{"add", "remove", "remove-all", "reserved"}
	dst = append(append(append(dst, `{"action":"`...), names[p.Action&3]...), '"')
	if p.Action == ORFRemoveAll {
		return append(dst, '}')
	}
	dst = jsonBool(dst, "deny", p.Deny)
	dst = strconv.AppendUint(append(dst, `,"sequence":`...), uint64(p.Sequence), 10)
	dst = p.Prefix.AppendTo(append(dst, `,"prefix":"`...))
	dst = strconv.AppendUint(append(dst, `","min":`...), uint64(p.Min), 10)
	return append(strconv.AppendUint(append(dst, `,"max":`...), uint64(p.Max), 10), '}')
}
