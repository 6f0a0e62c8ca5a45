package flowspec

import (
	"encoding/hex"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// String prints the rule in the grammar of [ParseText], which reads it back to
// the same octets.
func (r Rule) String() string {
	b, _ := r.AppendText(nil)
	return string(b)
}

// AppendText appends the form of String to dst. The error is always nil.
func (r Rule) AppendText(dst []byte) ([]byte, error) {
	start := len(dst)
	space := func() {
		if len(dst) > start {
			dst = append(dst, ' ')
		}
	}
	if vpn(r.Family) {
		dst, _ = r.RD.AppendText(append(dst, "rd "...))
	}
	for _, c := range r.Components {
		space()
		row := info(r.Family, c.Type)
		dst = append(append(dst, row.text(r.Family)...), ' ')
		dst = c.appendValue(dst, r.Family)
	}
	if len(r.Raw) > 0 {
		space()
		dst = hex.AppendEncode(append(dst, "raw 0x"...), r.Raw)
	}
	return dst, nil
}

// String prints the component in the grammar of ParseText, by its name in IPv4 rules,
// or in IPv6 rules where it has one only there or a prefix of that family.
func (c Component) String() string {
	f := inet.IPv4FlowSpec
	if c.Type == FlowLabel || c.Prefix.IsValid() && c.Prefix.Addr().Is6() {
		f = inet.IPv6FlowSpec
	}
	row := info(f, c.Type)
	if row.kind == unknown {
		return c.Type.String()
	}
	return string(c.appendValue(append([]byte(row.text(f)), ' '), f))
}

func (c Component) appendValue(dst []byte, f inet.Family) []byte {
	row := info(f, c.Type)
	if row.kind == prefix {
		return append(dst, c.Prefix.String()...)
	}
	runs := 0
	for range row.runs(c.Terms) {
		runs++
	}
	if runs > 1 {
		dst = append(dst, "[ "...)
	}
	first := true
	for run := range row.runs(c.Terms) {
		if !first {
			dst = append(dst, ' ')
		}
		first = false
		dst = row.appendRun(dst, run)
	}
	if runs > 1 {
		dst = append(dst, " ]"...)
	}
	return dst
}

// runs yields the terms between one OR and the next.
func (r *row) runs(terms []Term) func(yield func([]Term) bool) {
	return func(yield func([]Term) bool) {
		for from := 0; from < len(terms); {
			to := from + 1
			for to < len(terms) && terms[to].Op&And != 0 {
				to++
			}
			if !yield(terms[from:to]) {
				return
			}
			from = to
		}
	}
}

func (r *row) appendRun(dst []byte, run []Term) []byte {
	for i, t := range run {
		if i > 0 {
			dst = append(dst, '&')
		}
		if r.kind == bitmask {
			dst = r.appendBits(dst, t)
		} else {
			dst = r.appendNumber(dst, t)
		}
		if w := r.widthOf(t); w != r.widthOf(Term{Value: t.Value}) {
			dst = strconv.AppendInt(append(dst, '@'), int64(w), 10)
		}
	}
	return dst
}

// operators are the numeric operators, indexed by their three bits.
var operators = [8]string{
	0: "false", Equal: "=", Greater: ">", Greater | Equal: ">=", Less: "<", Less | Equal: "<=", Less | Greater: "!=", Less | Greater | Equal: "true",
}

func (r *row) appendNumber(dst []byte, t Term) []byte {
	op := t.Op & (Less | Greater | Equal)
	dst = append(dst, operators[op]...)
	if op == 0 || op == Less|Greater|Equal {
		if t.Value != 0 {
			dst = strconv.AppendUint(append(dst, ':'), t.Value, 10)
		}
		return dst
	}
	for _, v := range r.values {
		if v.value == t.Value {
			return append(dst, v.name...)
		}
	}
	return strconv.AppendUint(dst, t.Value, 10)
}

func (r *row) appendBits(dst []byte, t Term) []byte {
	if t.Op&Not != 0 {
		dst = append(dst, '!')
	}
	if t.Op&MatchAll != 0 {
		dst = append(dst, '=')
	}
	rest, plus := t.Value, false
	for _, v := range r.values {
		if rest&v.value == 0 {
			continue
		}
		if plus {
			dst = append(dst, '+')
		}
		dst, rest, plus = append(dst, v.name...), rest&^v.value, true
	}
	if rest == 0 && plus {
		return dst
	}
	if plus {
		dst = append(dst, '+')
	}
	return strconv.AppendUint(append(dst, "0x"...), rest, 16)
}
