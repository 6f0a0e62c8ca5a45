package bgp

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"strings"

	"example.com/rotonda/routecore/inet"
)

// ExtCommunity is an extended community (RFC 4360): type, sub-type and value in
// eight octets. It is comparable. What its value means stands in one table,
// attr_extcommunities_table.go; a community without a row there goes through text
// and JSON as octets.
type ExtCommunity [8]byte

// Sub-types that both extended and IPv6 extended communities have.
const (
	extRouteTarget, extRouteOrigin      = 0x02, 0x03
	extTransitiveMask              byte = 0x40
	extAuthorityMask               byte = 0x80
)

// Type returns the type octet, authority and transitivity bits included.
func (e ExtCommunity) Type() uint8 { return e[0] }

// Subtype returns the second octet. Types that are "regular" in RFC 4360 §3.1
// have none: there it is the first octet of the value.
func (e ExtCommunity) Subtype() uint8 { return e[1] }

// Transitive reports whether it may cross the border of an AS (RFC 4360 §2).
func (e ExtCommunity) Transitive() bool { return e[0]&extTransitiveMask == 0 }

// FirstCome reports whether the type is from the part of the registry that is
// first come, first served or experimental, by the authority bit (RFC 4360 §2).
func (e ExtCommunity) FirstCome() bool { return e[0]&extAuthorityMask != 0 }

// Name returns the word that its text begins with, such as "rt", and "" for a
// community that prints in hexadecimal.
func (e ExtCommunity) Name() string {
	if r := e.row(); r != nil {
		return r.name
	}
	return ""
}

// RFC names the document that defines it, "" where Name is "".
func (e ExtCommunity) RFC() string {
	if r := e.row(); r != nil {
		return r.rfc
	}
	return ""
}

// Field returns the number in one of its fields, by the field's key in JSON:
// "asn", "color", "sequence". A rate is the bits of a float32.
func (e ExtCommunity) Field(name string) (uint64, bool) {
	if r := e.row(); r != nil {
		for i := range r.fields {
			if r.fields[i].name == name {
				return r.fields[i].of(e.value()), true
			}
		}
	}
	return 0, false
}

func (e ExtCommunity) value() uint64 { return binary.BigEndian.Uint64(e[:]) & (1<<48 - 1) }

// row finds the description of e, nil where there is none or where e holds more
// than the description can show.
func (e ExtCommunity) row() *extRow {
	r := findExt(e[0], e[1])
	if r == nil || e.value()&r.reserved() != 0 {
		return nil
	}
	for i := range r.fields {
		if f := &r.fields[i]; f.kind == extRate && !plainRate(f.of(e.value())) {
			return nil
		}
	}
	return r
}

func (r *extRow) build(v uint64) ExtCommunity {
	var e ExtCommunity
	binary.BigEndian.PutUint64(e[:], v)
	e[0], e[1] = r.typ, r.sub
	return e
}

// String prints the name and the fields, with colons between: "rt:64500:1",
// "color:100", "rate-bytes:0", "mac-mobility:7:sticky". What has no name prints
// as "0x" and sixteen hexadecimal digits.
func (e ExtCommunity) String() string {
	b, _ := e.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst. An AS number of four octets that
// would fit into two is marked with an L, so that reading the text back gives
// the same type (RFC 5668). The error is always nil.
func (e ExtCommunity) AppendText(dst []byte) ([]byte, error) {
	r := e.row()
	if r == nil {
		return hex.AppendEncode(append(dst, "0x"...), e[:]), nil
	}
	dst = append(dst, r.name...)
	v := e.value()
	for i := range r.fields {
		f := &r.fields[i]
		if f.optional && r.restIsZero(i, v) {
			break
		}
		dst = f.appendText(append(dst, ':'), f.of(v))
	}
	return dst, nil
}

func (r *extRow) restIsZero(from int, v uint64) bool {
	for i := range r.fields[from:] {
		if r.fields[from+i].of(v) != 0 {
			return false
		}
	}
	return true
}

// ParseExtCommunity reads every form that String prints, names in any case. AS
// numbers may be written with AS before them or with a dot.
func ParseExtCommunity(s string) (ExtCommunity, error) {
	if digits, ok := strings.CutPrefix(s, "0x"); ok && len(digits) == 16 {
		var e ExtCommunity
		if _, err := hex.Decode(e[:], []byte(digits)); err == nil {
			return e, nil
		}
	}
	name, rest, has := strings.Cut(s, ":")
	name = strings.ToLower(name)
	forms := ""
	for i := range extTable {
		r := &extTable[i]
		if r.name != name {
			continue
		}
		if v, ok := r.parseText(rest, has); ok {
			return r.build(v), nil
		}
		forms += ", " + r.form()
	}
	if forms == "" {
		forms = ", rt:ASN:NUMBER, ro:ASN:NUMBER, another known name, or 0x and sixteen digits"
	}
	return ExtCommunity{}, fmt.Errorf("extended community %q: want %s", s, forms[2:])
}

func (r *extRow) parseText(s string, has bool) (v uint64, ok bool) {
	if len(r.fields) == 1 && r.fields[0].kind == extMAC {
		return r.fields[0].parseText(s)
	}
	i := 0
	for ; has && i < len(r.fields); i++ {
		var word string
		word, s, has = strings.Cut(s, ":")
		n, ok := r.fields[i].parseText(word)
		if !ok || n > 1<<r.fields[i].bits-1 {
			return 0, false
		}
		v |= n << r.fields[i].low
	}
	return v, !has && (i == len(r.fields) || r.fields[i].optional)
}

// form shows what a text of this row looks like: "rt:ASN:NUMBER".
func (r *extRow) form() string {
	var b strings.Builder
	b.WriteString(r.name)
	for i := range r.fields {
		f := &r.fields[i]
		word := strings.ToUpper(f.name)
		switch f.kind {
		case extAddr:
			word = "IPV4"
		case extASN4:
			word = "ASN4"
		}
		if f.optional {
			b.WriteString("[:" + word + "]")
		} else {
			b.WriteString(":" + word)
		}
	}
	return b.String()
}

// NewRouteTarget returns the route target of an AS, in the form that its number
// asks for: up to 65535 with four octets of number, else with two (RFC 4360 §4,
// RFC 5668). It reports false where the number does not fit.
func NewRouteTarget(asn inet.ASN, number uint32) (ExtCommunity, bool) {
	var e ExtCommunity
	if asn <= 65535 {
		e[1] = extRouteTarget
		binary.BigEndian.PutUint16(e[2:], uint16(asn))
		binary.BigEndian.PutUint32(e[4:], number)
		return e, true
	}
	e[0], e[1] = 0x02, extRouteTarget
	binary.BigEndian.PutUint32(e[2:], uint32(asn))
	binary.BigEndian.PutUint16(e[6:], uint16(number))
	return e, number <= 65535
}

// ExtCommunities yields the extended communities in the order they were sent.
func (a Attrs) ExtCommunities() iter.Seq[ExtCommunity] {
	return func(yield func(ExtCommunity) bool) {
		v, _ := a.Get(AttrExtCommunities)
		for ; len(v) >= 8; v = v[8:] {
			if !yield(ExtCommunity(v)) {
				return
			}
		}
	}
}

// HasExtCommunity reports whether the route carries e.
func (a Attrs) HasExtCommunity(e ExtCommunity) bool {
	if a.hints()&HintExtended == 0 {
		return false
	}
	for c := range a.ExtCommunities() {
		if c == e {
			return true
		}
	}
	return false
}

func jsonExtCommunities(dst, v []byte, _ inet.Family) []byte {
	return jsonTexts(dst, v, 8, func(dst, v []byte) ([]byte, error) { return ExtCommunity(v).AppendText(dst) })
}
