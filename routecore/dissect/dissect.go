// Package dissect explains one message to people: every octet of a BGP, BMP, MRT
// or RTR message, what it is called, what it says, and where that is written.
//
// It is a view over routecore/bgp, bmp, mrt and rtr and decides nothing itself:
// the [Verdict] is that of their parsers, so what is explained here is what the
// daemon does. It is not a parser for programs; those read the packages below.
// It keeps no state, reads no clock and does no I/O.
//
// Start at [Any], which finds out what the octets are; [BGP], [BMP], [MRT] and
// [RTR] are told. [Result.AppendText] and [Result.AppendJSON] show the answer.
//
// The fields of a [Result] come in the order of the octets, parents before
// children. Those without children ([Result.Leaves]) lie side by side and cover
// the message: no octet is left out, none is named twice.
//
// Sources: the RFC is named with each field.
package dissect

import (
	"example.com/rotonda/routecore/bgp"
)

// Field is a piece of a message. It is a plain value; the zero value is none.
type Field struct {
	Depth  int    // 0 for the outermost; children of a field follow it, one deeper
	Offset int    // octets from the start of the input
	Length int    // octets, never 0
	Name   string // as the RFC calls it
	Value  string // what it says, for people; "" where the children say it
	RFC    string // where it is defined; behind a comma the rule that a wrong one breaks
}

// End returns the offset of the first octet behind the field.
func (f Field) End() int { return f.Offset + f.Length }

// Verdict is the judgement of the parser that the daemon uses. The zero value
// accepts.
type Verdict struct {
	Action    bgp.Action
	Code      int    // NOTIFICATION code, for RTR the code of the Error Report; 0 when accepting
	Subcode   int    // NOTIFICATION subcode
	Attribute int    // type code of the path attribute at fault, 0 where it is another field
	Offset    int    // octets from the start of the input
	RFC       string // the rule that is broken
	Text      string // what is wrong
}

// Result is a message explained.
type Result struct {
	Protocol string // "BGP", "BMP", "MRT", "RTR", or "" where nobody knows
	Type     string // the kind of message, as dump --stats counts it: "UPDATE", "RouteMonitoring"
	Fields   []Field
	Verdict  Verdict
	// Notes are remarks about the input and the session's context, such as that
	// another width of AS numbers would make sense of it.
	Notes []string
	// Err says why the input is no whole message, and where; nil where it is one,
	// however malformed. The fields then go as far as they can.
	Err error
	// Data is the input.
	Data []byte
}

// Leaves returns the fields that have no children, in order: they cover the input
// without gap or overlap.
func (r Result) Leaves() []Field {
	var out []Field
	for i, f := range r.Fields {
		if i+1 == len(r.Fields) || r.Fields[i+1].Depth <= f.Depth {
			out = append(out, f)
		}
	}
	return out
}

// finish takes what was found.
func (w *walk) finish(protocol, typ string) Result {
	return Result{Protocol: protocol, Type: typ, Fields: w.fields, Verdict: w.verdict, Notes: w.notes, Err: w.err, Data: w.msg}
}

// worse keeps the gravest verdict, of equals the first.
func (w *walk) worse(v Verdict) {
	if v.Action > w.verdict.Action {
		w.verdict = v
	}
}
