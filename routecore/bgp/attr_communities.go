package bgp

import (
	"encoding/binary"
	"fmt"
	"iter"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// Community is a standard community (RFC 1997): two halves of 16 bits.
type Community uint32

// Well-known communities that code refers to; [WellKnown] has them all.
const (
	GracefulShutdown  Community = 0xffff0000 // RFC 8326
	LLGRStale         Community = 0xffff0006 // RFC 9494
	NoLLGR            Community = 0xffff0007 // RFC 9494
	Blackhole         Community = 0xffff029a // RFC 7999
	NoExport          Community = 0xffffff01 // RFC 1997
	NoAdvertise       Community = 0xffffff02 // RFC 1997
	NoExportSubconfed Community = 0xffffff03 // RFC 1997
	NoPeer            Community = 0xffffff04 // RFC 3765
)

// WellKnownInfo is a row of [WellKnown].
type WellKnownInfo struct {
	Community Community
	Name      string // as it prints
	RFC       string
}

// WellKnown lists the well-known communities (IANA "BGP Well-known
// Communities"). It is data, never modified.
var WellKnown = [...]WellKnownInfo{
	{GracefulShutdown, "GRACEFUL_SHUTDOWN", "RFC 8326"},
	{0xffff0001, "ACCEPT_OWN", "RFC 7611"},
	{0xffff0002, "ROUTE_FILTER_TRANSLATED_v4", "draft-l3vpn-legacy-rtc"},
	{0xffff0003, "ROUTE_FILTER_v4", "draft-l3vpn-legacy-rtc"},
	{0xffff0004, "ROUTE_FILTER_TRANSLATED_v6", "draft-l3vpn-legacy-rtc"},
	{0xffff0005, "ROUTE_FILTER_v6", "draft-l3vpn-legacy-rtc"},
	{LLGRStale, "LLGR_STALE", "RFC 9494"},
	{NoLLGR, "NO_LLGR", "RFC 9494"},
	{0xffff0008, "accept-own-nexthop", "draft-agrewal-idr-accept-own-nexthop"},
	{0xffff0009, "Standby PE", "RFC 9026"},
	{Blackhole, "BLACKHOLE", "RFC 7999"},
	{NoExport, "NO_EXPORT", "RFC 1997"},
	{NoAdvertise, "NO_ADVERTISE", "RFC 1997"},
	{NoExportSubconfed, "NO_EXPORT_SUBCONFED", "RFC 1997"},
	{NoPeer, "NOPEER", "RFC 3765"},
}

// String prints the well-known name, "0xFFFF1234" for others of the reserved
// range, and "AS64500:1" for the rest.
func (c Community) String() string {
	b, _ := c.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst.
func (c Community) AppendText(dst []byte) ([]byte, error) {
	if c>>16 == 0xffff {
		for i := range WellKnown {
			if WellKnown[i].Community == c {
				return append(dst, WellKnown[i].Name...), nil
			}
		}
		const digits = "0123456789ABCDEF"
		dst = append(dst, "0xFFFF"...)
		return append(dst, digits[c>>12&15], digits[c>>8&15], digits[c>>4&15], digits[c&15]), nil
	}
	dst = strconv.AppendUint(append(dst, "AS"...), uint64(c>>16), 10)
	return strconv.AppendUint(append(dst, ':'), uint64(c&0xffff), 10), nil
}

// Append appends the four octets.
func (c Community) Append(dst []byte) []byte {
	return binary.BigEndian.AppendUint32(dst, uint32(c))
}

// sameName compares names without case and without what spellings differ in:
// "NO_EXPORT", "no-export", "NoExport".
func sameName(a, b string) bool {
	for {
		a, b = strings.TrimLeft(a, "_- "), strings.TrimLeft(b, "_- ")
		if a == "" || b == "" {
			return a == b
		}
		if a[0]|0x20 != b[0]|0x20 {
			return false
		}
		a, b = a[1:], b[1:]
	}
}

// ParseCommunity reads a well-known name in any spelling ("NO_EXPORT",
// "NoExport", "no-export"), "64500:1" with or without AS before it, and "0x" with
// up to eight hexadecimal digits. Scripts call it for each route, so it
// allocates only for an error.
func ParseCommunity(s string) (Community, error) {
	if high, low, ok := strings.Cut(trimAS(s), ":"); ok {
		h, errHigh := strconv.ParseUint(high, 10, 16)
		l, errLow := strconv.ParseUint(low, 10, 16)
		if errHigh == nil && errLow == nil {
			return Community(h<<16 | l), nil
		}
	}
	if len(s) > 2 && len(s) <= 10 && s[0] == '0' && s[1]|0x20 == 'x' {
		if n, err := strconv.ParseUint(s[2:], 16, 32); err == nil {
			return Community(n), nil
		}
	}
	for i := range WellKnown {
		if sameName(WellKnown[i].Name, s) {
			return WellKnown[i].Community, nil
		}
	}
	return 0, fmt.Errorf("community %q: want ASN:VALUE with both from 0 to 65535, 0x and hexadecimal digits, or a well-known name", s)
}

// trimAS cuts off "AS" in any case.
func trimAS(s string) string {
	if len(s) > 2 && strings.EqualFold(s[:2], "AS") {
		return s[2:]
	}
	return s
}

// Communities yields the standard communities in the order they were sent.
func (a Attrs) Communities() iter.Seq[Community] {
	return func(yield func(Community) bool) {
		v, _ := a.Get(AttrCommunities)
		for ; len(v) >= 4; v = v[4:] {
			if !yield(Community(binary.BigEndian.Uint32(v))) {
				return
			}
		}
	}
}

// HasCommunity reports whether the route carries c.
func (a Attrs) HasCommunity(c Community) bool {
	if a.hints()&HintCommunities == 0 {
		return false
	}
	v, _ := a.Get(AttrCommunities)
	for ; len(v) >= 4; v = v[4:] {
		if binary.BigEndian.Uint32(v) == uint32(c) {
			return true
		}
	}
	return false
}

func jsonCommunities(dst, v []byte, _ inet.Family) []byte {
	return jsonTexts(dst, v, 4, func(dst, v []byte) ([]byte, error) { return Community(binary.BigEndian.Uint32(v)).AppendText(dst) })
}
