package bgp

import (
	"iter"

	"example.com/rotonda/routecore/inet"
)

// ORFEntry says for one family which outbound route filters the speaker takes
// part in (RFC 5291 §5).
type ORFEntry struct {
	Family inet.Family
	Types  []ORFSupport
}

// ORFSupport is a type of filter, such as [ORFPrefix], and its directions from the
// view of the speaker that announced it.
type ORFSupport struct {
	Type          uint8
	Receive, Send bool
}

// orfEntries yields the entries of a value: family and octet pairs of type and
// direction. It stops at the first that is not whole.
func orfEntries(v []byte) iter.Seq2[inet.Family, []byte] {
	return func(yield func(inet.Family, []byte) bool) {
		for len(v) >= 5 {
			n := 5 + 2*int(v[4])
			if n > len(v) || !yield(wideFamily(v), v[5:n:n]) {
				return
			}
			v = v[n:]
		}
	}
}

func checkCapORF(v []byte) bool {
	whole := 0
	for _, types := range orfEntries(v) {
		whole += 5 + len(types)
	}
	return whole == len(v)
}

// ORF returns the entries of every capability of the code: [CapORF], or the
// pre-standard [CapOldORF] and [CapCiscoORF], whose layout is the same. A
// direction outside 1 to 3 is none.
func (o Open) ORF(code CapCode) []ORFEntry {
	var out []ORFEntry
	for _, c := range o.Caps {
		if c.Code != code {
			continue
		}
		for f, types := range orfEntries(c.Value) {
			e := ORFEntry{Family: f}
			for ; len(types) >= 2; types = types[2:] {
				e.Types = append(e.Types, ORFSupport{types[0], types[1] == 1 || types[1] == 3, types[1] == 2 || types[1] == 3})
			}
			out = append(out, e)
		}
	}
	return out
}

// NewORF announces entries under a code as in [Open.ORF]. Of the types of one
// family the first 255 count.
func NewORF(code CapCode, entries ...ORFEntry) Capability {
	c := Capability{Code: code}
	for _, e := range entries {
		types := e.Types[:min(len(e.Types), 255)]
		c.Value = append(appendWideFamily(c.Value, e.Family), byte(len(types)))
		for _, t := range types {
			direction := byte(0)
			if t.Receive {
				direction |= 1
			}
			if t.Send {
				direction |= 2
			}
			c.Value = append(c.Value, t.Type, direction)
		}
	}
	return c
}
