package bgp

import (
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// AppendJSON appends the attributes as a JSON list of objects with one key each,
// in ascending order of type codes. The next hop prints as conventionalNextHop
// for IPv4 unicast and otherwise, at the place of MP_REACH_NLRI, as mpReachNlri.
// Attributes without a form of their own print as unimplemented, broken values
// as invalid, both with all their octets. nil prints as an empty list.
func (a Attrs) AppendJSON(dst []byte, f inet.Family) []byte {
	dst = append(dst, '[')
	from := len(dst)
	hop, hasHop := a.Get(AttrNextHop)
	pending := hasHop && !classic(f, hop) || !hasHop && len(a) > 0 && flow(f)
	b := a.entries()
	for t, rest, ok := nextEntry(b); ok; t, rest, ok = nextEntry(rest) {
		if pending && t.Code > AttrMPReach {
			dst, pending = appendMPJSON(dst, from, hop, f), false
		}
		if t.Code != AttrNextHop || !pending {
			dst = t.appendJSON(comma(dst, from), f)
		}
	}
	if pending {
		dst = appendMPJSON(dst, from, hop, f)
	}
	return append(dst, ']')
}

func flow(f inet.Family) bool {
	return f.SAFI() == inet.SAFIFlowSpec || f.SAFI() == inet.SAFIFlowSpecVPN
}

func appendMPJSON(dst []byte, from int, hop []byte, f inet.Family) []byte {
	dst = append(comma(dst, from), `{"mpReachNlri":`...)
	return append(jsonMPNextHop(dst, hop, f), '}')
}

// appendJSON appends one object.
func (t Attr) appendJSON(dst []byte, f inet.Family) []byte {
	info := &attrTable[t.Code]
	if info.known() && t.Code != AttrNextHop {
		if fault, _ := info.checkValue(t.Value, Ctx{ASN4: true, IBGP: true}); fault != FaultNone && fault != FaultASZero {
			dst = append(dst, `{"invalid":[`...)
			dst = strconv.AppendUint(dst, uint64(t.Flags), 10)
			dst = strconv.AppendUint(append(dst, ','), uint64(t.Code), 10)
			return append(jsonBytes(append(dst, ','), t.Value), "]}"...)
		}
	}
	if info.json != nil {
		from := len(dst)
		dst = append(append(append(dst, `{"`...), info.JSON...), `":`...)
		if out := info.json(dst, t.Value, f); out != nil {
			return append(out, '}')
		}
		dst = dst[:from]
	}
	dst = append(dst, `{"unimplemented":{"flags":`...)
	dst = strconv.AppendUint(dst, uint64(t.Flags), 10)
	dst = strconv.AppendUint(append(dst, `,"type_code":`...), uint64(t.Code), 10)
	return append(jsonBytes(append(dst, `,"value":`...), t.Value), "}}"...)
}

// String returns the attributes as AppendJSON does, for logs and tests: for the
// unicast family of the next hop, since an Attrs does not know its own.
func (a Attrs) String() string {
	f := inet.IPv4Unicast
	if a.NextHop().Is6() {
		f = inet.IPv6Unicast
	}
	return string(a.AppendJSON(nil, f))
}
