package bgp

import (
	"encoding/hex"
	"iter"
	"strconv"

	"example.com/rotonda/routecore/inet"
)

// Label is a label field of an NLRI in its 24 bits: 20 of label value, three of
// traffic class, which nobody uses here, and the bottom-of-stack bit (RFC 8277
// §2.2). Ethernet families may put a network identifier of 24 bits in its place
// (RFC 8365 §5.1.3); nothing in the NLRI tells which.
type Label uint32

// The two values that stand for no label at all in a withdrawal (RFC 8277 §2.4).
const (
	LabelWithdrawn Label = 0x800000
	LabelZero      Label = 0x000000
)

// NewLabel returns the field of a label value, of which the low 20 bits count.
func NewLabel(value uint32, bottom bool) Label {
	l := Label(value & 0xfffff << 4)
	if bottom {
		l |= 1
	}
	return l
}

// Value returns the label value, 0 to 1048575.
func (l Label) Value() uint32 { return uint32(l) >> 4 & 0xfffff }

// VNI returns the 24 bits as one number.
func (l Label) VNI() uint32 { return uint32(l) & 0xffffff }

// Bottom reports whether the bottom-of-stack bit is set.
func (l Label) Bottom() bool { return l&1 != 0 }

// maxLabels is how many labels fit into an NLRI whose length is an octet of bits.
const maxLabels = 10

// labels is how many labels an NLRI of the run may have.
func (n NLRI) labels() int {
	if n.OneLabel {
		return 1
	}
	return maxLabels
}

// LabelStack is the labels of an NLRI, top first. It is a comparable value; the
// zero value is empty.
type LabelStack struct {
	labels [maxLabels]Label
	n      uint8
}

// NewLabelStack returns a stack of label values, top first, with the
// bottom-of-stack bit on the last. More than ten do not fit an NLRI and are cut.
func NewLabelStack(values ...uint32) LabelStack {
	var s LabelStack
	values = values[:min(len(values), maxLabels)]
	for i, v := range values {
		s.push(NewLabel(v, i == len(values)-1))
	}
	return s
}

// StackOf returns a stack of label fields as they are, such as [LabelWithdrawn]
// alone. More than ten are cut.
func StackOf(fields ...Label) LabelStack {
	var s LabelStack
	for _, l := range fields[:min(len(fields), maxLabels)] {
		s.push(l & 0xffffff)
	}
	return s
}

func (s *LabelStack) push(l Label) {
	s.labels[s.n] = l
	s.n++
}

// Len returns the number of labels.
func (s LabelStack) Len() int { return int(s.n) }

// All yields the label fields, top first.
func (s LabelStack) All() iter.Seq[Label] {
	return func(yield func(Label) bool) {
		for _, l := range s.labels[:s.n] {
			if !yield(l) {
				return
			}
		}
	}
}

// AppendWire appends three octets for each label.
func (s LabelStack) AppendWire(dst []byte) []byte {
	for _, l := range s.labels[:s.n] {
		dst = append(dst, byte(l>>16), byte(l>>8), byte(l))
	}
	return dst
}

// AppendText appends the label values with slashes between them, "-" for none.
func (s LabelStack) AppendText(dst []byte) ([]byte, error) {
	if s.n == 0 {
		return append(dst, '-'), nil
	}
	for i, l := range s.labels[:s.n] {
		if i > 0 {
			dst = append(dst, '/')
		}
		dst = strconv.AppendUint(dst, uint64(l.Value()), 10)
	}
	return dst, nil
}

// appendJSON appends the label values as a list of numbers.
func (s LabelStack) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, l := range s.labels[:s.n] {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(l.Value()), 10)
	}
	return append(dst, ']')
}

func labelAt(b []byte) Label { return Label(b[0])<<16 | Label(b[1])<<8 | Label(b[2]) }

// parseStack reads the labels before the rest of an NLRI, of which bits are left
// in b and rest must be left after the labels; most is the largest number of
// bits that may follow, and labels how many there may be. The stack ends at the
// bottom-of-stack bit. Speakers
// without multiple labels need not set it (RFC 8277 §2.2), so without any such
// bit the first label is the only one; so it is where it is one of the values
// that a withdrawal puts there. ok is false where the bits cannot be divided.
func parseStack(b []byte, bits, rest, most, labels int) (s LabelStack, ok bool) {
	for at := 0; bits-24*(at+1) >= rest && at < labels; at++ {
		l := labelAt(b[3*at:])
		s.push(l)
		if l.Bottom() || at == 0 && (l == LabelWithdrawn || l == LabelZero) {
			left := bits - 24*(at+1)
			if left <= most {
				return s, true
			}
			break
		}
	}
	if left := bits - 24; left < rest || left > most {
		return LabelStack{}, false
	}
	return StackOf(labelAt(b)), true
}

// nlriFault is a fault at an offset of one NLRI; without text there is none. It
// becomes an error only where somebody asks for one, so that checking malformed
// routes allocates nothing.
type nlriFault struct {
	at        int
	text, rfc string
}

// offset is what a check says.
func (f nlriFault) offset() int {
	if f.text == "" {
		return -1
	}
	return f.at
}

// err is what a Parse function says.
func (f nlriFault) err() error {
	if f.text == "" {
		return nil
	}
	return nlriError(f.at, f.text, f.rfc)
}

// nlriError is a fault as an error.
func nlriError(at int, text, rfc string) error {
	return &Error{Code: CodeUpdate, Subcode: UpdateOptAttr, Offset: at, Text: text, RFC: rfc}
}

// appendHex appends octets as a JSON string.
func appendHex(dst, b []byte) []byte {
	return append(hex.AppendEncode(append(dst, '"'), b), '"')
}

// labelRow is the row of families whose NLRI, read as P, have up to so many labels.
func labelRow[P interface {
	appendText(dst []byte) []byte
	appendJSON(dst []byte) []byte
	appendKey(dst []byte) []byte
}](parse func(f inet.Family, b []byte, labels int) (P, nlriFault), labels int) nlriInfo {
	return nlriInfo{
		size: sizeBits,
		check: func(f inet.Family, b []byte) int {
			_, fault := parse(f, b, labels)
			return fault.offset()
		},
		text: func(dst []byte, f inet.Family, b []byte) []byte {
			p, _ := parse(f, b, labels)
			return p.appendText(dst)
		},
		json: func(dst []byte, f inet.Family, b []byte) []byte {
			p, _ := parse(f, b, labels)
			return p.appendJSON(dst)
		},
		key: func(dst []byte, f inet.Family, b []byte) []byte {
			p, _ := parse(f, b, labels)
			return p.appendKey(dst)
		},
	}
}
