package dissect

import (
	"strconv"
	"strings"
	"time"

	"example.com/rotonda/routecore/bmp"
)

const (
	rfcTLV     = "draft-ietf-grow-bmp-tlv §4.2"
	rfcMarking = "draft-ietf-grow-bmp-path-marking-tlv §3"
)

// indexed reads the TLVs of version 4, which have an index behind the length; one
// of them holds the message.
func (p *part) indexed() {
	run := bmp.IndexedTLVs(p.rest())
	revision, _ := bmp.DetectRevision(run)
	for v := range run.All() {
		head := 6
		if v.Bare {
			head = 4
		}
		f := revision.Field(v)
		name := f.String()
		if f == bmp.FieldUnknown {
			name = "TLV " + strconv.Itoa(int(v.Type))
		}
		p.group(head+len(v.Value), name, rfcTLV, func(q *part) string {
			q.leaf(2, "type", rfcTLV, tlvType)
			q.leaf(2, "length", rfcTLV, octets)
			if !v.Bare {
				q.leaf(2, "index", rfcTLV, indexName)
			}
			switch read := fieldLayouts[f]; {
			case hasMarker(v.Value):
				return "BGP " + q.message()
			case read != nil && q.left() > 0:
				return read(q)
			}
			value := hexText(q.rest())
			q.raw("value", rfcTLV)
			return value
		})
	}
	if p.left() > 0 {
		p.raw("cut TLV", rfcTLV)
	}
}

func tlvType(b []byte) string {
	if v := uint16(uintOf(b)); v&bmp.EnterpriseBit != 0 {
		return strconv.Itoa(int(v&^bmp.EnterpriseBit)) + " of an enterprise"
	}
	return decimal(b)
}

func indexName(b []byte) string {
	switch v := uint16(uintOf(b)); {
	case v == 0:
		return "0 (all NLRI)"
	case v&bmp.GroupBit != 0:
		return "group " + strconv.Itoa(int(v&^bmp.GroupBit))
	}
	return "NLRI " + decimal(b)
}

// fieldLayouts reads the values of the TLVs of Route Monitoring by what they mean.
var fieldLayouts = map[bmp.Field]layout{
	bmp.FieldTable: one("name", "draft-ietf-grow-bmp-tlv §5.2", printable),
	bmp.FieldStateless: func(p *part) string {
		i := len(p.w.fields)
		p.capability()
		return p.w.fields[i].Name + " " + p.w.fields[i].Value
	},
	bmp.FieldGroup: func(p *part) string {
		const rfc = "draft-ietf-grow-bmp-tlv §4.3"
		var members []string
		for p.left() >= 2 {
			members = append(members, decimal(p.leaf(2, "member", rfc, indexName)))
		}
		return "NLRI " + spaced(members)
	},
	bmp.FieldMarking: func(p *part) string {
		m, err := bmp.ParsePathMarking(p.rest())
		if err != nil {
			p.raw("value", rfcMarking)
			return "neither 4 nor 6 octets"
		}
		status := func([]byte) string { return strings.ReplaceAll(m.Status.String(), "|", " ") }
		p.leaf(4, "path status", rfcMarking, func(b []byte) string { return hexText(b) + " (" + status(b) + ")" })
		text := status(nil)
		if m.HasReason {
			reason := bmp.PathReasons.Name(m.Reason)
			p.leaf(2, "reason", rfcMarking, func(b []byte) string { return reason + " (" + decimal(b) + ")" })
			text += ": " + reason
		}
		return text
	},
	bmp.FieldSequence: one("sequence number", "draft-ietf-grow-bmp-tlv §5.6", decimal),
	bmp.FieldFlags:    one("extended flags", "draft-ietf-grow-bmp-tlv §5.6", hexText),
	bmp.FieldTimestamp: func(p *part) string {
		const rfc = "draft-ietf-grow-bmp-tlv §5.6"
		t, err := bmp.ParseTimestamp(p.rest())
		if err != nil {
			p.raw("value", rfc)
			return "neither 5 nor 9 octets"
		}
		p.leaf(1, "kind", rfc, decimal)
		p.leaf(4, "seconds", rfc, unixTime)
		p.leaf(p.left(), "microseconds", rfc, decimal)
		return time.UnixMicro(t.Time).UTC().Format(time.RFC3339Nano)
	},
	bmp.FieldEnterprise: func(p *part) string {
		pen := p.number(4, "private enterprise number", rfcTLV)
		value := hexText(p.rest())
		p.raw("value", rfcTLV)
		return "enterprise " + strconv.Itoa(pen) + ": " + value
	},
	bmp.FieldSnapshot: one("snapshot id", "draft-lucente-grow-bmp-offline", hexText),
}
