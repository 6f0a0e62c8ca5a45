package bgp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"net/netip"
)

// Field is one value inside a TLV. Value is one of
//
//	uint64        numbers, flags, labels and indices
//	float32       bandwidths, in octets per second (IEEE 754)
//	netip.Addr    addresses and router ids
//	string        names
//	[]byte        octets without a meaning known here
//	[]TLV         TLVs inside
//	[][]Field     a list, one []Field an element
//
// Key is the name in JSON; it is empty where the TLV is a single value.
type Field struct {
	Key   string
	Value any
}

// fieldKind is how the octets of a field read.
type fieldKind uint8

const (
	kindUint       fieldKind = iota // size octets; 0: all that are left, one to eight
	kindFlags                       // size octets, bits named by names
	kindFloat                       // four octets, IEEE 754
	kindAddr                        // 4 or 16 octets; size 0: all that are left, none being no address
	kindText                        // the rest
	kindBytes                       // size octets; 0: the rest
	kindSkip                        // size reserved octets: ignored, sent as zero
	kindLabel                       // three octets, the low 20 bits a label
	kindSID                         // the rest: a label in three octets or an index in four
	kindBindingSID                  // the rest: a label in the high bits of four octets, or an SRv6 SID (RFC 9830 §2.4.2)
	kindStackEntry                  // four octets: label, traffic class, bottom of stack, TTL (RFC 3032 §2.1)
	kindSIDTLV                      // a SID/Label TLV (RFC 9085 §2.1.1) with a label or an index
	kindSystem                      // IS-IS system id (6) or OSPF router id (4); size 0: before a SID of three or four
	kindMasks                       // application bit masks with their lengths before them (RFC 9294 §2)
	kindPrefix                      // length in bits and the octets that it needs
	kindAFAddr                      // two octets of address family, then an address of it (RFC 9012 §3.1)
	kindRouterID                    // IGP router id: 4 or 8 octets of OSPF, 6 or 7 of IS-IS (RFC 9552 §5.2.1.4)
	kindArea                        // IS-IS area address
	kindTLVs                        // the rest: TLVs of a table
	kindList                        // the rest: group, again and again
)

// field is one part of a layout.
type field struct {
	key   string
	kind  fieldKind
	size  int
	opt   bool   // may be missing at the end
	names string // kindFlags: names of the bits, most significant first, "-" for none
	group []field
	inner tableID // kindTLVs
}

// typeSIDLabel is the TLV that holds a label or an index inside others.
const typeSIDLabel = 1161

var (
	errShort    = errors.New("too short")
	errTrailing = errors.New("octets left over")
	errLength   = errors.New("length that no form of it has")
)

// decodeFields reads all of b by the layout.
func decodeFields(layout []field, b []byte) ([]Field, error) {
	out, rest, err := cutFields(nil, layout, b)
	if err == nil && len(rest) > 0 {
		err = errTrailing
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func cutFields(out []Field, layout []field, b []byte) ([]Field, []byte, error) {
	for i := range layout {
		f := &layout[i]
		if f.opt && len(b) == 0 {
			break
		}
		n := f.width(b)
		if n < 0 || n > len(b) {
			return nil, nil, fmt.Errorf("%s: %w", f.name(), errShort)
		}
		var err error
		if out, err = f.decode(out, b[:n:n]); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.name(), err)
		}
		b = b[n:]
	}
	return out, b, nil
}

func (f *field) name() string {
	if f.key == "" {
		return "value"
	}
	return f.key
}

// width is how many octets of b belong to the field, negative where it is
// broken.
func (f *field) width(b []byte) int {
	switch f.kind {
	case kindFloat, kindStackEntry:
		return 4
	case kindLabel:
		return 3
	case kindSIDTLV:
		if len(b) < 4 {
			return -1
		}
		return 4 + int(binary.BigEndian.Uint16(b[2:]))
	case kindSystem:
		switch {
		case f.size > 0:
			return f.size
		case len(b) > 8:
			return 6
		}
		return 4
	case kindMasks:
		if len(b) < 4 {
			return -1
		}
		return 4 + int(b[0]) + int(b[1])
	case kindPrefix:
		if len(b) == 0 || b[0] > 128 {
			return -1
		}
	case kindUint, kindFlags, kindAddr, kindBytes, kindSkip:
		if f.size > 0 {
			return f.size
		}
	}
	return len(b)
}

// decode reads the octets of one field, which are all of b.
func (f *field) decode(out []Field, b []byte) ([]Field, error) {
	var v any
	switch f.kind {
	case kindSkip:
		return out, nil
	case kindUint, kindFlags:
		if len(b) == 0 || len(b) > 8 {
			return nil, errLength
		}
		v = beUint(b)
	case kindFloat:
		v = math.Float32frombits(binary.BigEndian.Uint32(b))
	case kindAddr:
		a, ok := addrOf(b)
		if !ok {
			return nil, errLength
		}
		v = a
	case kindText:
		v = string(b)
	case kindBytes, kindArea:
		v = b
	case kindRouterID:
		if n := len(b); n != 4 && n != 6 && n != 7 && n != 8 {
			return nil, errLength
		}
		v = b
	case kindSystem:
		if len(b) == 4 {
			v = netip.AddrFrom4([4]byte(b))
		} else {
			v = b
		}
	case kindLabel:
		v = beUint(b) & 0xfffff
	case kindSID:
		return decodeSID(out, b)
	case kindBindingSID:
		if len(b) == 4 {
			return append(out, Field{"label", beUint(b) >> 12}), nil
		}
		if len(b) == 16 {
			return append(out, Field{"sid", netip.AddrFrom16([16]byte(b))}), nil
		}
		return nil, errLength
	case kindStackEntry:
		v := beUint(b)
		return append(out, Field{"label", v >> 12}, Field{"trafficClass", v >> 9 & 7}, Field{"bottom", v >> 8 & 1}, Field{"ttl", v & 0xff}), nil
	case kindSIDTLV:
		if binary.BigEndian.Uint16(b) != typeSIDLabel || len(b) > 8 {
			return nil, errLength
		}
		return decodeSID(out, b[4:])
	case kindMasks:
		if b[0]%4 != 0 || b[1]%4 != 0 || b[0] > 8 || b[1] > 8 {
			return nil, errLength
		}
		n := 4 + b[0]
		return append(out, Field{"standardApplications", b[4:n:n]}, Field{"userApplications", b[n:]}), nil
	case kindPrefix:
		return decodePrefixField(out, f.key, b)
	case kindAFAddr:
		if len(b) < 2 {
			return nil, errShort
		}
		a, ok := addrOf(b[2:])
		want := [...]int{0: 0, 1: 4, 2: 16}
		if afi := int(binary.BigEndian.Uint16(b)); !ok || afi >= len(want) || want[afi] != len(b)-2 {
			return nil, errLength
		}
		v = a
	case kindTLVs:
		list, err := f.inner.table().frame.parse(b, "inside")
		if err != nil {
			return nil, err
		}
		if len(list) == 0 {
			return out, nil
		}
		v = list
	case kindList:
		list, err := decodeList(f.group, b)
		if err != nil {
			return nil, err
		}
		v = list
	}
	return append(out, Field{f.key, v}), nil
}

func decodeList(group []field, b []byte) ([][]Field, error) {
	list := [][]Field{}
	for len(b) > 0 {
		one, rest, err := cutFields(nil, group, b)
		if err != nil {
			return nil, err
		}
		if len(rest) == len(b) {
			return nil, errLength
		}
		list, b = append(list, one), rest
	}
	return list, nil
}

// decodeSID tells label and index apart by their length, which RFC 9085 §2.1.1
// fixes for each.
func decodeSID(out []Field, b []byte) ([]Field, error) {
	switch len(b) {
	case 3:
		return append(out, Field{"label", beUint(b) & 0xfffff}), nil
	case 4:
		return append(out, Field{"index", beUint(b)}), nil
	}
	return nil, errLength
}

// decodePrefixField gives the length in bits and the octets; which family they are of
// only the NLRI around them says.
func decodePrefixField(out []Field, key string, b []byte) ([]Field, error) {
	if len(b) != 1+(int(b[0])+7)/8 {
		return nil, errLength
	}
	return append(out, Field{"length", uint64(b[0])}, Field{key, b[1:]}), nil
}

func beUint(b []byte) uint64 {
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// addrOf reads 4 or 16 octets; none are the zero Addr.
func addrOf(b []byte) (netip.Addr, bool) {
	a, ok := netip.AddrFromSlice(b)
	return a, ok || len(b) == 0
}

// tableID names a table that a layout nests. Layouts are part of tables that may
// nest themselves, which a pointer could not be initialised with.
type tableID uint8

const (
	tableLS tableID = iota
	tableTunnelSub
	tableSegments
	tablePrefixSID
	tableService
	tableServiceSub
)

func (id tableID) table() *tlvTable {
	switch id {
	case tableTunnelSub:
		return &tunnelSubTable
	case tableSegments:
		return &segmentTable
	case tablePrefixSID:
		return &prefixSIDTable
	case tableService:
		return &serviceTable
	case tableServiceSub:
		return &serviceSubTable
	}
	return &lsTable
}

// The parts of layouts, named short since the tables are long.

func whole(k fieldKind) []field             { return []field{{kind: k}} }
func num(key string, size int) field        { return field{key: key, kind: kindUint, size: size} }
func addr(key string, size int) field       { return field{key: key, kind: kindAddr, size: size} }
func part(key string, k fieldKind) field    { return field{key: key, kind: k} }
func skip(size int) field                   { return field{kind: kindSkip, size: size} }
func inner(id tableID) field                { return field{key: "tlvs", kind: kindTLVs, inner: id} }
func many(key string, group ...field) field { return field{key: key, kind: kindList, group: group} }
func flags(size int, names string) field {
	return field{key: "flags", kind: kindFlags, size: size, names: names}
}

func optional(f field) field {
	f.opt = true
	return f
}
