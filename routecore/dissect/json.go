package dissect

import (
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends the result as one JSON object: type, protocol, fields,
// verdict, and notes and error where there are any. A field has offset, length,
// name, value, rfc, and depth, by which parents and children are told apart.
func (r Result) AppendJSON(dst []byte) []byte {
	dst = appendString(append(dst, `{"type":`...), r.Type)
	dst = appendString(append(dst, `,"protocol":`...), r.Protocol)
	dst = append(dst, `,"fields":[`...)
	for i, f := range r.Fields {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendInt(append(dst, `{"offset":`...), int64(f.Offset), 10)
		dst = strconv.AppendInt(append(dst, `,"length":`...), int64(f.Length), 10)
		dst = appendString(append(dst, `,"name":`...), f.Name)
		dst = appendString(append(dst, `,"value":`...), f.Value)
		dst = appendString(append(dst, `,"rfc":`...), f.RFC)
		dst = strconv.AppendInt(append(dst, `,"depth":`...), int64(f.Depth), 10)
		dst = append(dst, '}')
	}
	v := r.Verdict
	dst = appendString(append(dst, `],"verdict":{"action":`...), v.Action.String())
	dst = strconv.AppendInt(append(dst, `,"code":`...), int64(v.Code), 10)
	dst = strconv.AppendInt(append(dst, `,"subcode":`...), int64(v.Subcode), 10)
	dst = strconv.AppendInt(append(dst, `,"attribute":`...), int64(v.Attribute), 10)
	dst = strconv.AppendInt(append(dst, `,"offset":`...), int64(v.Offset), 10)
	dst = appendString(append(dst, `,"rfc":`...), v.RFC)
	dst = appendString(append(dst, `,"text":`...), v.Text)
	dst = append(dst, '}')
	if len(r.Notes) > 0 {
		dst = append(dst, `,"notes":[`...)
		for i, n := range r.Notes {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendString(dst, n)
		}
		dst = append(dst, ']')
	}
	if r.Err != nil {
		dst = appendString(append(dst, `,"error":`...), r.Err.Error())
	}
	return append(dst, '}')
}

// appendString appends a JSON string (RFC 8259 §7).
func appendString(dst []byte, s string) []byte {
	const digits = "0123456789abcdef"
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			dst = append(dst, '\\', byte(r))
		case r < 0x20 || r == 0x7f:
			dst = append(dst, '\\', 'u', '0', '0', digits[r>>4], digits[r&15])
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return append(dst, '"')
}
