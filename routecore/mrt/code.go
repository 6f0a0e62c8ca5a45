package mrt

import "strconv"

// CodeInfo is a row of a [Registry].
type CodeInfo struct {
	Code       uint16
	Name       string // as IANA has it
	RFC        string // the section that defines it
	Deprecated bool
}

// Registry is a table of code points of one namespace (IANA "Multi-threaded Routing
// Toolkit (MRT) Export Format"). The rows are in the order of their codes. It is data,
// never modified.
type Registry []CodeInfo

// Lookup returns the row of a code.
func (r Registry) Lookup(code uint16) (CodeInfo, bool) {
	for _, info := range r {
		if info.Code == code {
			return info, true
		}
	}
	return CodeInfo{}, false
}

// Types lists the record types (RFC 6396 §6.1).
var Types = Registry{
	{0, "NULL", "RFC 6396 appendix B", true},
	{1, "START", "RFC 6396 appendix B", true},
	{2, "DIE", "RFC 6396 appendix B", true},
	{3, "I_AM_DEAD", "RFC 6396 appendix B", true},
	{4, "PEER_DOWN", "RFC 6396 appendix B", true},
	{5, "BGP", "RFC 6396 appendix B", true},
	{6, "RIP", "RFC 6396 appendix B", true},
	{7, "IDRP", "RFC 6396 appendix B", true},
	{8, "RIPNG", "RFC 6396 appendix B", true},
	{9, "BGP4PLUS", "RFC 6396 appendix B", true},
	{10, "BGP4PLUS_01", "RFC 6396 appendix B", true},
	{11, "OSPFv2", "RFC 6396 §4.1", false},
	{12, "TABLE_DUMP", "RFC 6396 §4.2", false},
	{13, "TABLE_DUMP_V2", "RFC 6396 §4.3", false},
	{16, "BGP4MP", "RFC 6396 §4.4", false},
	{17, "BGP4MP_ET", "RFC 6396 §4.4", false},
	{32, "ISIS", "RFC 6396 §4.5", false},
	{33, "ISIS_ET", "RFC 6396 §4.5", false},
	{48, "OSPFv3", "RFC 6396 §4.6", false},
	{49, "OSPFv3_ET", "RFC 6396 §4.6", false},
}

// BGPSubtypes lists the subtypes of the BGP type of 1999 (RFC 6396 appendix B).
var BGPSubtypes = Registry{
	{0, "BGP_NULL", "RFC 6396 appendix B", true},
	{1, "BGP_UPDATE", "RFC 6396 appendix B", true},
	{2, "BGP_PREF_UPDATE", "RFC 6396 appendix B", true},
	{3, "BGP_STATE_CHANGE", "RFC 6396 appendix B", true},
	{4, "BGP_SYNC", "RFC 6396 appendix B", true},
	{5, "BGP_OPEN", "RFC 6396 appendix B", true},
	{6, "BGP_NOTIFY", "RFC 6396 appendix B", true},
	{7, "BGP_KEEPALIVE", "RFC 6396 appendix B", true},
}

// TableDumpSubtypes lists the subtypes of TABLE_DUMP, which are address families.
var TableDumpSubtypes = Registry{
	{1, "AFI_IPv4", "RFC 6396 §4.2", false},
	{2, "AFI_IPv6", "RFC 6396 §4.2", false},
}

// TableDumpV2Subtypes lists the subtypes of TABLE_DUMP_V2.
var TableDumpV2Subtypes = Registry{
	{1, "PEER_INDEX_TABLE", "RFC 6396 §4.3.1", false},
	{2, "RIB_IPV4_UNICAST", "RFC 6396 §4.3.2", false},
	{3, "RIB_IPV4_MULTICAST", "RFC 6396 §4.3.2", false},
	{4, "RIB_IPV6_UNICAST", "RFC 6396 §4.3.2", false},
	{5, "RIB_IPV6_MULTICAST", "RFC 6396 §4.3.2", false},
	{6, "RIB_GENERIC", "RFC 6396 §4.3.3", false},
	{7, "GEO_PEER_TABLE", "RFC 6397 §2", false},
	{8, "RIB_IPV4_UNICAST_ADDPATH", "RFC 8050 §4", false},
	{9, "RIB_IPV4_MULTICAST_ADDPATH", "RFC 8050 §4", false},
	{10, "RIB_IPV6_UNICAST_ADDPATH", "RFC 8050 §4", false},
	{11, "RIB_IPV6_MULTICAST_ADDPATH", "RFC 8050 §4", false},
	{12, "RIB_GENERIC_ADDPATH", "RFC 8050 §4", false},
}

// BGP4MPSubtypes lists the subtypes of BGP4MP and BGP4MP_ET.
var BGP4MPSubtypes = Registry{
	{0, "BGP4MP_STATE_CHANGE", "RFC 6396 §4.4.1", false},
	{1, "BGP4MP_MESSAGE", "RFC 6396 §4.4.2", false},
	{2, "BGP4MP_ENTRY", "RFC 6396 appendix B", true},
	{3, "BGP4MP_SNAPSHOT", "RFC 6396 appendix B", true},
	{4, "BGP4MP_MESSAGE_AS4", "RFC 6396 §4.4.3", false},
	{5, "BGP4MP_STATE_CHANGE_AS4", "RFC 6396 §4.4.4", false},
	{6, "BGP4MP_MESSAGE_LOCAL", "RFC 6396 §4.4.5", false},
	{7, "BGP4MP_MESSAGE_AS4_LOCAL", "RFC 6396 §4.4.6", false},
	{8, "BGP4MP_MESSAGE_ADDPATH", "RFC 8050 §3", false},
	{9, "BGP4MP_MESSAGE_AS4_ADDPATH", "RFC 8050 §3", false},
	{10, "BGP4MP_MESSAGE_LOCAL_ADDPATH", "RFC 8050 §3", false},
	{11, "BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH", "RFC 8050 §3", false},
}

// String returns the name in the IANA registry, or the number.
func (t Type) String() string {
	if info, ok := Types.Lookup(uint16(t)); ok {
		return info.Name
	}
	return "type " + strconv.Itoa(int(t))
}

// Subtypes returns the table of the type's subtypes, nil where it has none that we know.
func (t Type) Subtypes() Registry {
	switch t {
	case TypeBGP:
		return BGPSubtypes
	case TypeTableDump:
		return TableDumpSubtypes
	case TypeTableDumpV2:
		return TableDumpV2Subtypes
	case TypeBGP4MP, TypeBGP4MPET:
		return BGP4MPSubtypes
	}
	return nil
}
