package bmp

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Revision is a revision of draft-ietf-grow-bmp-tlv, which number the TLVs of
// Route Monitoring differently.
type Revision uint8

// The revisions. RevisionAuto finds out from what comes.
const (
	RevisionAuto Revision = iota
	Revision19            // what is deployed
	Revision20            // of March 2026
	Revision21            // the working copy of July 2026

	revisionCount = 4
)

// Field is the meaning of a TLV in a Route Monitoring message of version 4.
type Field uint8

// The fields.
const (
	FieldUnknown    Field = iota
	FieldStateless        // a capability to read the message with, as in an OPEN
	FieldGroup            // two or more indexes of NLRI
	FieldTable            // the name of the VRF or table, UTF-8
	FieldMessage          // the BGP UPDATE
	FieldMarking          // see [PathMarking]
	FieldSequence         // a counter of 8 octets
	FieldFlags            // extended peer flags, announced by [FlagExtended]
	FieldTimestamp        // a kind, seconds, and microseconds if length is 9
	FieldEnterprise       // a company's own
	FieldSnapshot         // the 16 octets that name a snapshot

	fieldCount = 11
)

// String returns the name of the field.
func (f Field) String() string {
	return [fieldCount]string{"unknown", "statelessParsing", "group", "tableName", "bgpMessage", "pathMarking",
		"sequence", "extendedFlags", "timestamp", "enterprise", "snapshotId"}[min(f, fieldCount-1)]
}

// SnapshotTLV is the type of the TLV that names a snapshot, in all messages.
const SnapshotTLV uint16 = 32767

// StatsTLV is the type of the TLV that holds the statistics of version 4, in all
// revisions.
const StatsTLV uint16 = 1

// revisions numbers the fields; 0 is a field that the revision has not.
var revisions = [revisionCount]struct {
	name  string
	codes [fieldCount]uint16
}{
	{"auto", [fieldCount]uint16{FieldStateless: 1, FieldGroup: 2, FieldTable: 3, FieldMessage: 4, FieldMarking: 5}},
	{"tlv19", [fieldCount]uint16{FieldStateless: 1, FieldGroup: 2, FieldTable: 3, FieldMessage: 4, FieldMarking: 5}},
	// Path Marking has a draft of its own, which still says 5 where this one has the table name.
	{"tlv20", [fieldCount]uint16{FieldSequence: 1, FieldFlags: 2, FieldTimestamp: 3, FieldGroup: 4, FieldTable: 5, FieldStateless: 6, FieldMessage: 7, FieldMarking: 5}},
	{"tlv21", [fieldCount]uint16{FieldGroup: 1, FieldTable: 2, FieldStateless: 3, FieldMessage: 4, FieldSequence: 5, FieldFlags: 6, FieldTimestamp: 7}},
}

// String returns the name in configurations: auto, tlv19, tlv20, tlv21.
func (r Revision) String() string { return revisions[r%revisionCount].name }

// ParseRevision is the inverse of [Revision.String].
func ParseRevision(name string) (Revision, error) {
	for i, r := range revisions {
		if r.name == name {
			return Revision(i), nil
		}
	}
	return RevisionAuto, fmt.Errorf("code points %q are none of auto, tlv19, tlv20, tlv21", name)
}

// Code returns the number of a field, 0 where the revision has none.
// RevisionAuto counts as 19.
func (r Revision) Code(f Field) uint16 {
	if f == FieldSnapshot {
		return SnapshotTLV
	}
	return revisions[r%revisionCount].codes[min(f, fieldCount-1)]
}

// Field returns what a TLV means.
func (r Revision) Field(v IndexedTLV) Field {
	switch {
	case v.Type&EnterpriseBit != 0:
		return FieldEnterprise
	case v.Type == SnapshotTLV:
		return FieldSnapshot
	case v.Type == 0:
		return FieldUnknown
	}
	codes := &revisions[r%revisionCount].codes
	found := FieldUnknown
	for f, code := range codes {
		if code != v.Type {
			continue
		}
		if found == FieldUnknown || (Field(f) == FieldMarking) == isMarking(v.Value) {
			found = Field(f)
		}
	}
	return found
}

// isMarking tells a path marking from a name: its first octet holds status bits that
// nobody has assigned.
func isMarking(value []byte) bool {
	return (len(value) == 4 || len(value) == 6) && value[0] < ' '
}

// isMessage reports whether a value is one whole BGP message.
func isMessage(value []byte) bool {
	n, ok := bgpLength(value)
	return ok && n == len(value) && bytes.Count(value[:16], []byte{0xff}) == 16
}

// isCapability reports whether a value is one whole capability.
func isCapability(value []byte) bool { return len(value) >= 2 && int(value[1])+2 == len(value) }

// DetectRevision finds out which revision numbered the TLVs of a Route Monitoring
// message. The number of the TLV that holds a BGP message tells 20 from the others; those
// differ in what stands beside it, and where nothing does it returns RevisionAuto with
// ok true: either reads it. ok is false where no TLV holds a BGP message.
func DetectRevision(t IndexedTLVs) (r Revision, ok bool) {
	hint := RevisionAuto
	for v := range t.All() {
		switch {
		case v.Index == 0 && isMessage(v.Value):
			if v.Type == Revision20.Code(FieldMessage) {
				return Revision20, true
			}
			ok = ok || v.Type == Revision19.Code(FieldMessage)
		case hint == RevisionAuto:
			hint = hintOf(v)
		}
	}
	if !ok {
		return RevisionAuto, false
	}
	return hint, true
}

// hintOf tells revision 19 from 21 where a TLV is of one alone. Both have the BGP
// message at 4.
func hintOf(v IndexedTLV) Revision {
	grouped := v.Index&GroupBit != 0
	switch {
	case v.Type == 1 && grouped, v.Type == 3 && isCapability(v.Value), v.Type == 5 && len(v.Value) == 8,
		v.Type == 6, v.Type == 7 && (len(v.Value) == 5 || len(v.Value) == 9), v.Type == 2 && !grouped:
		return Revision21
	case v.Type == 2 && grouped, v.Type == 1 && isCapability(v.Value), v.Type == 5 && isMarking(v.Value),
		v.Type == 3:
		return Revision19
	}
	return RevisionAuto
}

// Group returns the indexes that a group TLV lists, and false where it breaks the
// rules: at least two, never 0 and never another group.
func Group(value []byte) ([]uint16, bool) {
	if len(value) < 4 || len(value)%2 != 0 {
		return nil, false
	}
	out := make([]uint16, 0, len(value)/2)
	for ; len(value) > 0; value = value[2:] {
		i := binary.BigEndian.Uint16(value)
		if i == 0 || i&GroupBit != 0 {
			return nil, false
		}
		out = append(out, i)
	}
	return out, true
}
