package flowspec

import (
	"slices"

	"example.com/rotonda/routecore/inet"
)

// MaxLength is the largest number of octets behind the length field (RFC 8955 §4.1).
const MaxLength = 4095

// Size returns how many octets the first NLRI in b takes, its length field
// included, or 0 where b ends before it. Below 240 the length field has one
// octet, else two of which the low twelve bits count (RFC 8955 §4.1).
func Size(b []byte) int {
	body, ok := cut(b)
	if !ok {
		return 0
	}
	return len(body) + headSize(b)
}

func headSize(b []byte) int {
	if b[0] >= 0xf0 {
		return 2
	}
	return 1
}

func cut(b []byte) (body []byte, ok bool) {
	if len(b) == 0 {
		return nil, false
	}
	n, head := int(b[0]), headSize(b)
	if head == 2 {
		if len(b) < 2 {
			return nil, false
		}
		n = int(b[0]&0xf)<<8 | int(b[1])
	}
	if head+n > len(b) {
		return nil, false
	}
	return b[head : head+n : head+n], true
}

// open takes a whole NLRI apart: route distinguisher and components, and where
// the components start. Without text there is no error: it is a value, so that
// checking broken rules allocates nothing.
func open(f inet.Family, b []byte) (rd inet.RD, body []byte, at int, err Error) {
	body, ok := cut(b)
	if !ok {
		return rd, nil, 0, Error{0, 0, "length runs past the end", rfcContainer}
	}
	at = headSize(b)
	if at+len(body) != len(b) {
		return rd, nil, 0, Error{at + len(body), 0, "octets behind the rule", rfcContainer}
	}
	if vpn(f) {
		if len(body) < len(rd) {
			return rd, nil, 0, Error{at, 0, "route distinguisher runs past the end", rfcVPN}
		}
		rd, body, at = inet.RD(body), body[len(rd):], at+len(rd)
	}
	if len(body) == 0 {
		return rd, nil, 0, Error{at, 0, "no components", rfcComponents}
	}
	return rd, body, at, Error{}
}

// next cuts the first component off b, type octet included. A component of an
// unknown type takes all that is left. previous is the type before it; what is
// wrong has its offset in b.
func next(f inet.Family, b []byte, previous Type) (r *row, size int, fault string) {
	t := Type(b[0])
	if t == 0 {
		return nil, 0, "type 0 is reserved"
	}
	if t <= previous {
		return nil, 0, "types do not ascend"
	}
	r = info(f, t)
	switch r.kind {
	case prefix:
		size, fault = cutPrefix(f, b[1:])
	case numeric, bitmask:
		size, fault = cutTerms(r, b[1:])
	default:
		return r, len(b), ""
	}
	return r, size + 1, fault
}

// Check reports what is wrong with one whole NLRI (length field included, path
// identifier not): nil, or its error with the offset in b. A component of an
// unknown type is not wrong; what follows it cannot be checked. Check allocates
// only for an error that the caller keeps.
func Check(f inet.Family, b []byte) *Error {
	if err := check(f, b); err.Text != "" {
		return &err
	}
	return nil
}

func check(f inet.Family, b []byte) Error {
	_, body, at, err := open(f, b)
	if err.Text != "" {
		return err
	}
	for t := Type(0); len(body) > 0; {
		_, size, fault := next(f, body, t)
		if fault != "" {
			return componentError(f, Type(body[0]), at, fault)
		}
		t = Type(body[0])
		body, at = body[size:], at+size
	}
	return Error{}
}

func componentError(f inet.Family, t Type, at int, fault string) Error {
	rfc := info(f, t).rfc
	switch {
	case rfc == "":
		rfc = rfcComponents
	case ipv6(f) && info(f, t).kind == prefix:
		rfc = rfcIPv6
	}
	return Error{at, t, fault, rfc}
}

// Parse reads one whole NLRI of a FlowSpec family, without path identifier. The
// rule holds no reference to b. Errors are [*Error].
func Parse(f inet.Family, b []byte) (Rule, error) {
	rd, body, at, err := open(f, b)
	if err.Text != "" {
		return Rule{}, &err
	}
	rule := Rule{Family: f, RD: rd}
	for t := Type(0); len(body) > 0; {
		r, size, fault := next(f, body, t)
		if fault != "" {
			err = componentError(f, Type(body[0]), at, fault)
			return Rule{}, &err
		}
		t = Type(body[0])
		switch r.kind {
		case prefix:
			rule.Components = append(rule.Components, Component{Type: t, Prefix: readPrefix(f, body[1:size])})
		case numeric, bitmask:
			rule.Components = append(rule.Components, Component{Type: t, Terms: readTerms(r, body[1:size])})
		default:
			rule.Raw = slices.Clone(body)
		}
		body, at = body[size:], at+size
	}
	return rule, nil
}

// Append appends the rule as one NLRI, components in ascending order of type
// whatever their order in r. Its errors are [*Error] without offset: a type
// twice or without a place in the family, a prefix of another family, a value
// that does not fit, too many octets, or nothing at all.
func (r Rule) Append(dst []byte) ([]byte, error) {
	dst, err := r.append(dst)
	if err != nil {
		return dst, err
	}
	return dst, nil
}

func (r Rule) append(dst []byte) ([]byte, *Error) {
	start := len(dst)
	dst = append(dst, 0, 0)
	if vpn(r.Family) {
		dst = append(dst, r.RD[:]...)
	} else if r.RD != (inet.RD{}) {
		return dst[:start], &Error{0, 0, "a route distinguisher outside SAFI 134", rfcVPN}
	}
	dst, err := r.appendComponents(dst)
	if err != nil {
		return dst[:start], err
	}
	n := len(dst) - start - 2
	if n > MaxLength {
		return dst[:start], &Error{0, 0, "more than 4095 octets", rfcContainer}
	}
	if n < 0xf0 {
		copy(dst[start+1:], dst[start+2:])
		dst[start] = byte(n)
		return dst[:len(dst)-1], nil
	}
	dst[start], dst[start+1] = 0xf0|byte(n>>8), byte(n)
	return dst, nil
}

func (r Rule) appendComponents(dst []byte) ([]byte, *Error) {
	if len(r.Components) == 0 && len(r.Raw) == 0 {
		return dst, &Error{0, 0, "no components", rfcComponents}
	}
	list := r.Components
	ascending := func(a, b Component) int { return int(a.Type) - int(b.Type) }
	if !slices.IsSortedFunc(list, ascending) {
		list = slices.Clone(list)
		slices.SortStableFunc(list, ascending)
	}
	last := Type(0)
	for _, c := range list {
		if fault := c.check(r.Family, last); fault != "" {
			err := componentError(r.Family, c.Type, 0, fault)
			return dst, &err
		}
		last = c.Type
		dst = append(dst, byte(c.Type))
		if info(r.Family, c.Type).kind == prefix {
			dst = appendPrefix(dst, r.Family, c.Prefix)
		} else {
			dst = appendTerms(dst, info(r.Family, c.Type), c.Terms)
		}
	}
	if len(r.Raw) > 0 && (Type(r.Raw[0]) <= last || info(r.Family, Type(r.Raw[0])).kind != unknown) {
		err := componentError(r.Family, Type(r.Raw[0]), 0, "raw octets do not begin with a higher, unknown type")
		return dst, &err
	}
	return append(dst, r.Raw...), nil
}

func (c Component) check(f inet.Family, previous Type) string {
	row := info(f, c.Type)
	switch {
	case row.kind == unknown:
		return "no such component in this family"
	case c.Type == previous:
		return "stands twice"
	case row.kind == prefix:
		if !c.Prefix.valid(f) || len(c.Terms) > 0 {
			return "prefix does not belong to the family"
		}
		return ""
	case c.Prefix != Prefix{}:
		return "a prefix where terms belong"
	}
	return checkTerms(row, c.Terms)
}
