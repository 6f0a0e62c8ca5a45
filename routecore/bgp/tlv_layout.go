package bgp

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
	kindSID                         // the rest: a label in three octets or an index in four
	kindBindingSID                  // the rest: a label in the high bits of four octets, or an SRv6 SID (RFC 9830 §2.4.2)
	kindStackEntry                  // four octets: label, traffic class, bottom of stack, TTL (RFC 3032 §2.1)
	kindSIDTLV                      // a SID/Label TLV (RFC 9085 §2.1.1) with a label or an index
	kindSystem                      // IS-IS system id (6) or OSPF router id (4); size 0: before a SID of three or four
	kindMasks                       // application bit masks with their lengths before them (RFC 9294 §2)
	kindPrefix                      // length in bits and the octets that it needs
	kindWideAddr                    // 16 octets where bit size of the TLV's second octet is set, else 4 (RFC 9857 §4.1)
	kindPolicySID                   // a label in the high bits of four octets, or 16 where the first bit of the TLV is set (RFC 9857 §5.1)
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

// tableID names a table that a layout nests. Layouts are part of tables that may
// nest themselves, which a pointer could not be initialised with.
type tableID uint8

const (
	tableLS tableID = iota
	tableSegments
	tablePrefixSID
	tableService
	tableServiceSub
)

func (id tableID) table() *tlvTable {
	switch id {
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
