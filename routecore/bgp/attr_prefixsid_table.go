package bgp

// prefixSIDTable is the one table of Prefix-SID TLVs (IANA "BGP Prefix-SID
// TLV Types"). Octets of flags of which none is defined count as reserved.
var prefixSIDTable = tlvTable{frame: frame12, rows: []TLVInfo{
	{1, "Label-Index", "labelIndex", "RFC 8669 §3.1", false, []field{skip(3), num("", 4)}},
	{3, "Originator SRGB", "originatorSrgb", "RFC 8669 §3.2", false,
		[]field{skip(2), many("", num("base", 3), num("size", 3))}},
	{5, "SRv6 L3 Service", "srv6L3Service", "RFC 9252 §2", false, []field{skip(1), inner(tableService)}},
	{6, "SRv6 L2 Service", "srv6L2Service", "RFC 9252 §2", false, []field{skip(1), inner(tableService)}},
}}

// serviceTable is the table of what stands inside the two service TLVs (IANA
// "SRv6 Service Sub-TLV Types").
var serviceTable = tlvTable{frame: frame12, rows: []TLVInfo{
	{1, "SRv6 SID Information", "sids", "RFC 9252 §3.1", true,
		[]field{skip(1), addr("sid", 16), flags(1, "-"), num("behavior", 2), skip(1), inner(tableServiceSub)}},
}}

// serviceSubTable is the table one level further in (IANA "SRv6 Service Data
// Sub-Sub-TLV Types").
var serviceSubTable = tlvTable{frame: frame12, rows: []TLVInfo{
	{1, "SRv6 SID Structure", "structure", "RFC 9252 §3.2.1", false,
		[]field{num("locatorBlock", 1), num("locatorNode", 1), num("function", 1), num("argument", 1), num("transpositionLength", 1), num("transpositionOffset", 1)}},
}}
