package dissect

import (
	"encoding/binary"
	"strconv"
	"strings"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/inet"
)

// walk is the state of one dissection.
type walk struct {
	msg     []byte
	fields  []Field
	verdict Verdict
	notes   []string
	err     error

	ctx    bgp.Ctx
	update bgp.Update
	// wide says that AS numbers in AS_PATH and AGGREGATOR have four octets.
	wide   bool
	form   bgp.AttrForm
	family inet.Family // of the routes of an attribute block alone
	attrs  *[256]layout
	caps   *[256]layout
}

// layout reads the value of an attribute, a capability or a TLV from the front of
// p and returns it as one line of text. What it leaves over is shown as such.
type layout func(p *part) string

// maxDepth bounds what is inside of what: attributes and errors can be nested as
// deep as a message is long.
const maxDepth = 24

func newWalk(msg []byte, ctx bgp.Ctx) *walk {
	return &walk{msg: msg, ctx: ctx, wide: ctx.ASN4, attrs: &attrLayouts, caps: &capLayouts}
}

// all is the whole input.
func (w *walk) all() *part { return &part{w: w, end: len(w.msg)} }

func (w *walk) note(text string) { w.notes = append(w.notes, text) }

// cut says that the input is no whole message, which nobody can take; the first
// such word counts.
func (w *walk) cut(offset int, rfc, text string) {
	if w.err == nil {
		w.err = &Error{offset, text}
	}
	w.worse(Verdict{Action: bgp.Reset, Offset: offset, RFC: rfc, Text: text})
}

// Error says where an input stops being a message.
type Error struct {
	Offset int // octets from the start of the input
	Text   string
}

// Error returns "offset N: what is wrong".
func (e *Error) Error() string { return "offset " + strconv.Itoa(e.Offset) + ": " + e.Text }

// part is a run of octets that is being read, at one depth. All reads are
// forgiving: what does not fit is shown as far as it goes.
type part struct {
	w       *walk
	at, end int
	depth   int
}

func (p *part) left() int    { return p.end - p.at }
func (p *part) rest() []byte { return p.w.msg[p.at:p.end:p.end] }

func (p *part) add(n int, name, value, rfc string) {
	if n <= 0 {
		return
	}
	p.w.fields = append(p.w.fields, Field{p.depth, p.at, n, name, value, rfc})
	p.at += n
}

// leaf reads n octets as one field and returns them, or nil where they do not fit.
func (p *part) leaf(n int, name, rfc string, text func([]byte) string) []byte {
	b := p.rest()
	if n > len(b) {
		p.add(len(b), name, "cut: "+strconv.Itoa(len(b))+" of "+strconv.Itoa(n)+" octets", rfc)
		return nil
	}
	b = b[:n:n]
	if n > 0 {
		p.add(n, name, text(b), rfc)
	}
	return b
}

// number reads a number of n octets, at most 8; 0 where it does not fit.
func (p *part) number(n int, name, rfc string) int {
	return int(uintOf(p.leaf(n, name, rfc, decimal)))
}

// raw shows all that is left as one field.
func (p *part) raw(name, rfc string) { p.leaf(p.left(), name, rfc, hexText) }

// group reads n octets as a field with others inside; f returns its value. A
// length beyond the end is shown as far as it goes.
func (p *part) group(n int, name, rfc string, f layout) {
	missing := n - p.left()
	if missing > 0 {
		n = p.left()
	}
	if n <= 0 {
		return
	}
	w, i := p.w, len(p.w.fields)
	w.fields = append(w.fields, Field{p.depth, p.at, n, name, "", rfc})
	q := part{w, p.at, p.at + n, p.depth + 1}
	p.at += n
	if q.depth > maxDepth {
		w.fields[i].Value = hexText(q.rest())
		return
	}
	value := f(&q)
	if q.left() > 0 && q.at > w.fields[i].Offset {
		q.raw("further octets", "")
	}
	if missing > 0 {
		value = joined(value, "cut: "+strconv.Itoa(n)+" of "+strconv.Itoa(n+missing)+" octets")
	}
	w.fields[i].Value = strings.TrimSpace(value)
}

// uintOf reads a number of up to 8 octets in network order.
func uintOf(b []byte) uint64 {
	if len(b) > 8 {
		b = b[len(b)-8:]
	}
	var v [8]byte
	copy(v[8-len(b):], b)
	return binary.BigEndian.Uint64(v[:])
}
