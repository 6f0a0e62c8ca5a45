package bgp

// extKind is how a field of an extended community is written.
type extKind uint8

const (
	extNumber extKind = iota
	extHex            // number as 0x and hexadecimal digits
	extASN2
	extASN4 // marked with an L where two octets would do (RFC 5668)
	extAddr // IPv4
	extRate // float32
	extMAC  // all 48 bits; the only field
	extEnum // names; a number where there is none
	extBits // names joined by +; the rest as a number
)

// extField is a run of bits among the 48 behind type and sub-type. Optional
// fields stand last and are left out where they and all behind them are 0.
type extField struct {
	name     string // key in JSON
	kind     extKind
	low      uint8 // the lowest bit, counted from the end of the community
	bits     uint8
	optional bool
	names    []extName
}

type extName struct {
	value uint64
	name  string
}

// extRow describes an extended community of one type and sub-type. Bits that no
// field covers are reserved: where they are set, the community prints in
// hexadecimal, so that nothing is lost.
type extRow struct {
	typ, sub uint8
	name     string // in text; rows that share it differ in their first field
	rfc      string
	fields   []extField
}

// The fields that most rows use.
var (
	globalAS2  = extField{name: "asn", kind: extASN2, low: 32, bits: 16}
	globalAS4  = extField{name: "asn", kind: extASN4, low: 16, bits: 32}
	globalAddr = extField{name: "address", kind: extAddr, low: 16, bits: 32}
	local4     = extField{name: "number", low: 0, bits: 32}
	local2     = extField{name: "number", low: 0, bits: 16}
	rate       = extField{name: "rate", kind: extRate, low: 0, bits: 32}
	rateAS     = extField{name: "asn", kind: extASN2, low: 32, bits: 16, optional: true}
	wholeMAC   = extField{name: "mac", kind: extMAC, low: 0, bits: 48}
	labelField = extField{name: "label", low: 0, bits: 24} // as it stands: an MPLS label has the high 20 bits, a VNI all 24

	as2Fields  = []extField{globalAS2, local4}
	addrFields = []extField{globalAddr, local2}
	as4Fields  = []extField{globalAS4, local2}

	copyFlag = []extName{{1, "copy"}}
)

// extTable is the one table of extended communities (IANA "Border Gateway
// Protocol (BGP) Extended Communities"): it drives text, JSON and reading both.
// It is data, never modified. What has no row prints in hexadecimal.
var extTable = [...]extRow{
	{0x00, 0x02, "rt", "RFC 4360 §4", as2Fields},
	{0x01, 0x02, "rt", "RFC 4360 §4", addrFields},
	{0x02, 0x02, "rt", "RFC 5668", as4Fields},
	{0x00, 0x03, "ro", "RFC 4360 §5", as2Fields},
	{0x01, 0x03, "ro", "RFC 4360 §5", addrFields},
	{0x02, 0x03, "ro", "RFC 5668", as4Fields},
	{0x40, 0x04, "link-bandwidth", "RFC 10005", []extField{globalAS2, rate}}, // octets per second
	{0x00, 0x04, "link-bandwidth-transitive", "RFC 10005", []extField{globalAS2, rate}},
	{0x00, 0x05, "ospf-domain", "RFC 4577 §4.2.4", as2Fields},
	{0x01, 0x05, "ospf-domain", "RFC 4577 §4.2.4", addrFields},
	{0x02, 0x05, "ospf-domain", "RFC 4577 §4.2.4", as4Fields},
	{0x03, 0x06, "ospf-route", "RFC 4577 §4.2.6", []extField{{name: "area", kind: extAddr, low: 16, bits: 32},
		{name: "routeType", low: 8, bits: 8}, {name: "options", kind: extHex, low: 0, bits: 8, optional: true}}},
	{0x01, 0x07, "ospf-router", "RFC 4577 §4.2.8", []extField{globalAddr}},
	{0x00, 0x08, "data-collection", "RFC 4384", as2Fields},
	{0x00, 0x09, "source-as", "RFC 6514 §6", []extField{globalAS2, {name: "number", low: 0, bits: 32, optional: true}}},
	{0x02, 0x09, "source-as", "RFC 6514 §6", []extField{globalAS4, {name: "number", low: 0, bits: 16, optional: true}}},
	{0x00, 0x0a, "l2vpn-id", "RFC 6074 §3.1", as2Fields},
	{0x01, 0x0a, "l2vpn-id", "RFC 6074 §3.1", addrFields},
	{0x01, 0x0b, "vrf-import", "RFC 6514 §7", addrFields},
	{0x01, 0x12, "segmented-next-hop", "RFC 7524", []extField{globalAddr, {name: "number", low: 0, bits: 16, optional: true}}},

	{0x43, 0x00, "validation", "RFC 8097 §2", []extField{{name: "state", kind: extEnum, low: 0, bits: 8,
		names: []extName{{0, "valid"}, {1, "not-found"}, {2, "invalid"}}}}},
	{0x43, 0x01, "cost", "draft-ietf-idr-custom-decision", []extField{{name: "insertion", low: 40, bits: 8}, {name: "id", low: 32, bits: 8}, {name: "cost", low: 0, bits: 32}}},
	{0x03, 0x04, "extranet-source", "RFC 7900", nil},
	{0x03, 0x05, "extranet-separation", "RFC 7900", nil},
	{0x03, 0x0b, "color", "RFC 9012 §4.3", []extField{{name: "color", low: 0, bits: 32},
		{name: "flags", kind: extHex, low: 32, bits: 16, optional: true}}},
	{0x03, 0x0c, "encapsulation", "RFC 9012 §4.1", []extField{{name: "tunnelType", kind: extEnum, low: 0, bits: 16,
		names: []extName{{1, "l2tpv3"}, {2, "gre"}, {7, "ip-in-ip"}, {8, "vxlan"}, {9, "nvgre"}, {10, "mpls"}, {11, "mpls-in-gre"},
			{12, "vxlan-gpe"}, {13, "mpls-in-udp"}, {15, "sr-policy"}, {19, "geneve"}}}}},
	{0x03, 0x0d, "default-gateway", "RFC 7432 §7.8", nil},

	{0x06, 0x00, "mac-mobility", "RFC 7432 §7.7", []extField{{name: "sequence", low: 0, bits: 32},
		{name: "flags", kind: extBits, low: 40, bits: 8, optional: true, names: []extName{{1, "sticky"}}}}},
	{0x06, 0x01, "esi-label", "RFC 7432 §7.5", []extField{labelField,
		{name: "flags", kind: extBits, low: 40, bits: 8, optional: true, names: []extName{{1, "single-active"}}}}},
	{0x06, 0x02, "es-import", "RFC 7432 §7.6", []extField{wholeMAC}},
	{0x06, 0x03, "router-mac", "RFC 9135 §8.1", []extField{wholeMAC}},
	{0x06, 0x04, "l2-attributes", "RFC 8214 §3.1", []extField{{name: "mtu", low: 16, bits: 16},
		{name: "flags", kind: extBits, low: 32, bits: 16, optional: true, names: []extName{{1, "backup"}, {2, "primary"}, {4, "control-word"}}}}},
	{0x06, 0x05, "e-tree", "RFC 8317 §6.1", []extField{labelField,
		{name: "flags", kind: extBits, low: 40, bits: 8, optional: true, names: []extName{{1, "leaf"}}}}},
	{0x06, 0x06, "df-election", "RFC 8584 §2.2", []extField{{name: "algorithm", low: 40, bits: 5},
		{name: "capabilities", kind: extBits, low: 24, bits: 16, optional: true, names: []extName{{0x8000, "dont-preempt"}, {0x4000, "ac-influenced"}}},
		{name: "preference", low: 0, bits: 16, optional: true}}},
	{0x06, 0x08, "arp-nd", "RFC 9047 §2", []extField{{name: "flags", kind: extBits, low: 40, bits: 8,
		names: []extName{{1, "router"}, {2, "override"}, {8, "immutable"}}}}},
	{0x06, 0x09, "multicast-flags", "RFC 9251 §9.4", []extField{{name: "flags", kind: extBits, low: 32, bits: 16,
		names: []extName{{1, "igmp-proxy"}, {2, "mld-proxy"}}}}},
	{0x06, 0x0a, "evi-rt", "RFC 9251 §9.5", as2Fields},
	{0x06, 0x0b, "evi-rt", "RFC 9251 §9.5", addrFields},
	{0x06, 0x0c, "evi-rt", "RFC 9251 §9.5", as4Fields},
	{0x06, 0x0f, "service-carving-time", "RFC 9722", []extField{{name: "seconds", low: 16, bits: 32}, {name: "fraction", low: 0, bits: 16, optional: true}}},

	{0x80, 0x06, "rate-bytes", "RFC 8955 §7.1", []extField{rate, rateAS}},
	{0x80, 0x07, "traffic-action", "RFC 8955 §7.3", []extField{{name: "actions", kind: extBits, low: 0, bits: 48,
		names: []extName{{1, "terminal"}, {2, "sample"}}}}},
	{0x80, 0x08, "redirect", "RFC 8955 §7.4", as2Fields},
	{0x81, 0x08, "redirect", "RFC 8955 §7.4", addrFields},
	{0x82, 0x08, "redirect", "RFC 8955 §7.4", as4Fields},
	{0x80, 0x09, "mark", "RFC 8955 §7.5", []extField{{name: "dscp", low: 0, bits: 6}}},
	{0x80, 0x0a, "l2info", "RFC 4761 §3.2.4", []extField{{name: "encapsulation", low: 40, bits: 8}, {name: "flags", low: 32, bits: 8},
		{name: "mtu", low: 16, bits: 16}, {name: "preference", low: 0, bits: 16}}},
	{0x80, 0x0c, "rate-packets", "RFC 8955 §7.2", []extField{rate, rateAS}},
	{0x08, 0x00, "redirect-next-hop", "draft-simpson-idr-flowspec-redirect", []extField{{name: "flags", kind: extBits, low: 0, bits: 1, optional: true, names: copyFlag}}},
	{0x01, 0x0c, "redirect-ip", "draft-ietf-idr-flowspec-redirect-ip", []extField{globalAddr,
		{name: "flags", kind: extBits, low: 0, bits: 1, optional: true, names: copyFlag}}},
	{0x07, 0x02, "interface-set", "draft-ietf-idr-flowspec-interfaceset", interfaceSet},
	{0x47, 0x02, "interface-set-nontransitive", "draft-ietf-idr-flowspec-interfaceset", interfaceSet},
	{0x0c, 0x00, "mup", "draft-ietf-bess-mup-safi", []extField{{name: "segment", low: 32, bits: 16}, local4}},
}

var interfaceSet = []extField{{name: "asn", kind: extASN4, low: 16, bits: 32}, {name: "group", low: 0, bits: 14},
	{name: "direction", kind: extBits, low: 14, bits: 2, names: []extName{{1, "input"}, {2, "output"}}}}

func findExt(typ, sub uint8) *extRow {
	for i := range extTable {
		if extTable[i].typ == typ && extTable[i].sub == sub {
			return &extTable[i]
		}
	}
	return nil
}

func (f *extField) mask() uint64 { return (1<<f.bits - 1) << f.low }

// of returns the field's value among the 48 bits.
func (f *extField) of(v uint64) uint64 { return v & f.mask() >> f.low }

// reserved returns the bits that no field covers.
func (r *extRow) reserved() uint64 {
	all := uint64(1<<48 - 1)
	for i := range r.fields {
		all &^= r.fields[i].mask()
	}
	return all
}
