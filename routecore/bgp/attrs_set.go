package bgp

// AppendSet appends to dst a copy of a in which one attribute has a new value:
// replaced where it was, added where it was not, with the flags of the table
// (optional transitive for codes without a row). The header is made anew. The
// value must be in canonical form: 4-octet AS numbers, eight octets for
// AGGREGATOR, the bare next hop. A nil a counts as empty; MP_REACH_NLRI,
// MP_UNREACH_NLRI, AS4_PATH and AS4_AGGREGATOR have no place in the canonical form
// and are not added, and neither is a value over 65535 octets. dst must not
// overlap a or value.
func AppendSet(dst []byte, a Attrs, code AttrCode, value []byte) []byte {
	from := len(dst)
	dst = beginAttrs(dst)
	foreign := code.foreign() || len(value) > 65535
	done := foreign
	b := a.entries()
	for len(b) > 0 {
		t, rest, ok := nextEntry(b)
		if !ok {
			break
		}
		if !done && t.Code >= code {
			dst, done = appendEntry(dst, code, code.canonicalFlags(), value), true
		}
		if t.Code != code || foreign {
			dst = append(dst, b[:len(b)-len(rest)]...)
		}
		b = rest
	}
	if !done {
		dst = appendEntry(dst, code, code.canonicalFlags(), value)
	}
	return endAttrs(dst, from)
}

// AppendUnset appends to dst a copy of a without one attribute. dst must not
// overlap a.
func AppendUnset(dst []byte, a Attrs, code AttrCode) []byte {
	from := len(dst)
	dst = beginAttrs(dst)
	b := a.entries()
	for len(b) > 0 {
		t, rest, ok := nextEntry(b)
		if !ok {
			break
		}
		if t.Code != code {
			dst = append(dst, b[:len(b)-len(rest)]...)
		}
		b = rest
	}
	return endAttrs(dst, from)
}

// foreign tells attributes that never stand in the canonical form.
func (c AttrCode) foreign() bool {
	return c == AttrMPReach || c == AttrMPUnreach || c == AttrAS4Path || c == AttrAS4Aggregator
}

// canonicalFlags are the flags for an attribute of our own making.
func (c AttrCode) canonicalFlags() AttrFlags {
	if info := &attrTable[c]; info.known() {
		return info.Flags
	}
	return optTransitive
}
