package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"net/netip"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// IPv6ExtCommunity is an IPv6-address-specific extended community (RFC 5701 §2):
// type, sub-type, address and two octets of a number. It is comparable.
type IPv6ExtCommunity [20]byte

// ipv6ExtRow describes one type and sub-type. Where copyBit is set the two last
// octets are flags, of which only the lowest is defined.
type ipv6ExtRow struct {
	typ, sub uint8
	name     string
	copyBit  bool
}

// ipv6ExtTable is the one table of them. It is data, never modified.
var ipv6ExtTable = [...]ipv6ExtRow{
	{0x00, extRouteTarget, "rt", false},    // RFC 5701 §3
	{0x00, extRouteOrigin, "ro", false},    // RFC 5701 §3
	{0x00, 0x0b, "vrf-import", false},      // RFC 6515 §4
	{0x00, 0x0c, "redirect-ip", true},      // draft-ietf-idr-flowspec-redirect-ip
	{0x00, 0x0d, "redirect", false},        // RFC 8956 §6.1
	{0x40, extRouteTarget, "rt-nt", false}, // the same, not for other ASes
	{0x40, extRouteOrigin, "ro-nt", false},
}

// Type returns the type octet, transitivity bit included.
func (e IPv6ExtCommunity) Type() uint8 { return e[0] }

// Subtype returns the second octet.
func (e IPv6ExtCommunity) Subtype() uint8 { return e[1] }

// Transitive reports whether it may cross the border of an AS (RFC 5701 §2).
func (e IPv6ExtCommunity) Transitive() bool { return e[0]&extTransitiveMask == 0 }

// Addr returns the address in it.
func (e IPv6ExtCommunity) Addr() netip.Addr { return netip.AddrFrom16([16]byte(e[2:18])) }

// Number returns the two octets behind the address.
func (e IPv6ExtCommunity) Number() uint16 { return binary.BigEndian.Uint16(e[18:]) }

func (e IPv6ExtCommunity) row() *ipv6ExtRow {
	for i := range ipv6ExtTable {
		if r := &ipv6ExtTable[i]; r.typ == e[0] && r.sub == e[1] {
			if r.copyBit && e.Number() > 1 {
				return nil
			}
			return r
		}
	}
	return nil
}

// String prints "rt:[2001:db8::1]:1", "ro:…", "redirect:…",
// "redirect-ip:[2001:db8::1]:copy", or "0x" and forty digits.
func (e IPv6ExtCommunity) String() string {
	b, _ := e.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst. The error is always nil.
func (e IPv6ExtCommunity) AppendText(dst []byte) ([]byte, error) {
	r := e.row()
	if r == nil {
		return hex.AppendEncode(append(dst, "0x"...), e[:]), nil
	}
	dst = append(append(dst, r.name...), ":["...)
	dst = append(e.Addr().AppendTo(dst), ']')
	switch {
	case !r.copyBit:
		return strconv.AppendUint(append(dst, ':'), uint64(e.Number()), 10), nil
	case e.Number() == 1:
		return append(dst, ":copy"...), nil
	}
	return dst, nil
}

// ParseIPv6ExtCommunity reads every form that String prints.
func ParseIPv6ExtCommunity(s string) (IPv6ExtCommunity, error) {
	var e IPv6ExtCommunity
	if digits, ok := strings.CutPrefix(s, "0x"); ok && len(digits) == 40 {
		if _, err := hex.Decode(e[:], []byte(digits)); err == nil {
			return e, nil
		}
	}
	bad := fmt.Errorf("IPv6 extended community %q: want NAME:[IPV6]:NUMBER with the name rt, ro, vrf-import or redirect, redirect-ip:[IPV6], or 0x and forty digits", s)
	name, rest, _ := strings.Cut(s, ":[")
	text, rest, ok := strings.Cut(rest, "]")
	a, err := netip.ParseAddr(text)
	if !ok || err != nil || !a.Is6() || a.Zone() != "" {
		return IPv6ExtCommunity{}, bad
	}
	for _, r := range ipv6ExtTable {
		if r.name != strings.ToLower(name) {
			continue
		}
		n, ok := r.parseNumber(rest)
		if !ok {
			return IPv6ExtCommunity{}, bad
		}
		return r.build(a, n), nil
	}
	return IPv6ExtCommunity{}, bad
}

func (r ipv6ExtRow) parseNumber(s string) (uint16, bool) {
	if r.copyBit {
		if s == ":copy" {
			return 1, true
		}
		return 0, s == ""
	}
	digits, ok := strings.CutPrefix(s, ":")
	n, err := strconv.ParseUint(digits, 10, 16)
	return uint16(n), ok && err == nil
}

func (r ipv6ExtRow) build(a netip.Addr, n uint16) IPv6ExtCommunity {
	e := IPv6ExtCommunity{r.typ, r.sub}
	ip := a.As16()
	copy(e[2:], ip[:])
	binary.BigEndian.PutUint16(e[18:], n)
	return e
}

// AppendJSON appends the machine's form, like that of [ExtCommunity.AppendJSON]:
//
//	{"type":"rt","code":"0x0002","transitive":true,"address":"2001:db8::1","number":1}
func (e IPv6ExtCommunity) AppendJSON(dst []byte) []byte {
	name := "unknown"
	if r := e.row(); r != nil {
		name = r.name
	}
	return fmt.Appendf(dst, `{"type":%q,"code":"0x%04x","transitive":%t,"address":%q,"number":%d}`, name, e[:2], e.Transitive(), e.Addr(), e.Number())
}

// ParseIPv6ExtCommunityJSON reads the form of AppendJSON. "code" decides what it is.
func ParseIPv6ExtCommunityJSON(b []byte) (IPv6ExtCommunity, error) {
	var fields struct {
		Code    string
		Address netip.Addr
		Number  uint16
	}
	if err := json.Unmarshal(b, &fields); err != nil {
		return IPv6ExtCommunity{}, fmt.Errorf("IPv6 extended community: %w", err)
	}
	n, err := strconv.ParseUint(strings.TrimPrefix(fields.Code, "0x"), 16, 16)
	if err != nil || len(fields.Code) != 6 {
		return IPv6ExtCommunity{}, fmt.Errorf("IPv6 extended community: code %q: want 0x and four digits", fields.Code)
	}
	if !fields.Address.Is6() || fields.Address.Zone() != "" {
		return IPv6ExtCommunity{}, fmt.Errorf("IPv6 extended community: address %q: want an IPv6 address", fields.Address)
	}
	return ipv6ExtRow{typ: uint8(n >> 8), sub: uint8(n)}.build(fields.Address, fields.Number), nil
}

// IPv6ExtCommunities yields them in the order they were sent.
func (a Attrs) IPv6ExtCommunities() iter.Seq[IPv6ExtCommunity] {
	return func(yield func(IPv6ExtCommunity) bool) {
		v, _ := a.Get(AttrIPv6ExtComm)
		for ; len(v) >= 20; v = v[20:] {
			if !yield(IPv6ExtCommunity(v)) {
				return
			}
		}
	}
}

func jsonIPv6ExtCommunities(dst, v []byte, _ inet.Family) []byte {
	return jsonTexts(dst, v, 20, func(dst, v []byte) ([]byte, error) { return IPv6ExtCommunity(v).AppendText(dst) })
}
