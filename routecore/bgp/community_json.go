package bgp

import (
	"encoding/json"
	"fmt"
)

// AppendJSON appends the machine's form, as [ExtCommunity.AppendJSON] does for
// extended ones: "type" is the well-known name, or "standard" (RFC 1997).
//
//	{"type":"standard","code":"0xfbf40001","asn":64500,"number":1}
func (c Community) AppendJSON(dst []byte) []byte {
	name := "standard"
	for i := range WellKnown {
		if WellKnown[i].Community == c {
			name = WellKnown[i].Name
		}
	}
	return fmt.Appendf(dst, `{"type":%q,"code":"0x%08x","asn":%d,"number":%d}`, name, uint32(c), c>>16, c&0xffff)
}

// ParseCommunityJSON reads the form of AppendJSON. "asn" and "number" decide what it is.
func ParseCommunityJSON(b []byte) (Community, error) {
	var fields struct{ ASN, Number *uint16 }
	if err := json.Unmarshal(b, &fields); err != nil {
		return 0, fmt.Errorf("community: %w", err)
	}
	if fields.ASN == nil || fields.Number == nil {
		return 0, fmt.Errorf("community: %s: want asn and number", b)
	}
	return Community(*fields.ASN)<<16 | Community(*fields.Number), nil
}

// AppendJSON appends the machine's form (RFC 8092 §3):
//
//	{"type":"large","global":211321,"local1":1,"local2":2}
func (l LargeCommunity) AppendJSON(dst []byte) []byte {
	return fmt.Appendf(dst, `{"type":"large","global":%d,"local1":%d,"local2":%d}`, l.Global, l.Local1, l.Local2)
}

// ParseLargeCommunityJSON reads the form of AppendJSON.
func ParseLargeCommunityJSON(b []byte) (LargeCommunity, error) {
	var fields struct{ Global, Local1, Local2 *uint32 }
	if err := json.Unmarshal(b, &fields); err != nil {
		return LargeCommunity{}, fmt.Errorf("large community: %w", err)
	}
	if fields.Global == nil || fields.Local1 == nil || fields.Local2 == nil {
		return LargeCommunity{}, fmt.Errorf("large community: %s: want global, local1 and local2", b)
	}
	return LargeCommunity{*fields.Global, *fields.Local1, *fields.Local2}, nil
}
