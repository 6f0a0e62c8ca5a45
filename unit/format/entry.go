package format

import (
	"strconv"
	"strings"
	"time"

	"example.com/rotonda/unit"
)

// member is a field of a log entry: its name and its value as JSON, empty where
// it was not set.
type member struct{ name, value string }

// members lists a log entry's fields but for timestamp, in upstream's order.
func members(e *unit.LogEntry) [10]member {
	return [10]member{
		{"origin_as", number(e.OriginAS)},
		{"peer_as", number(e.PeerAS)},
		{"as_path_hops", number(e.ASPathHops)},
		{"conventional_reach", number(e.ConventionalReach)},
		{"conventional_unreach", number(e.ConventionalUnreach)},
		{"mp_reach", number(e.MPReach)},
		{"mp_reach_afisafi", text(e.MPReachAFISAFI)},
		{"mp_unreach", number(e.MPUnreach)},
		{"mp_unreach_afisafi", text(e.MPUnreachAFISAFI)},
		{"custom", text(e.Custom)},
	}
}

func number[T uint32 | uint64](n *T) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(uint64(*n), 10)
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return string(appendString(nil, *s))
}

// appendEntry writes a log entry as a JSON object: all members under JSON, only
// those set otherwise; custom is no member under JSONMin.
func appendEntry(dst []byte, e *unit.LogEntry, style Style) []byte {
	dst = strconv.AppendInt(append(dst, `{"timestamp":`...), e.Timestamp, 10)
	for _, m := range members(e) {
		switch {
		case m.name == "custom" && style == JSONMin:
		case m.value != "":
			dst = append(appendMember(dst, m.name), m.value...)
		case style == JSON:
			dst = append(appendMember(dst, m.name), "null"...)
		}
	}
	return append(dst, '}')
}

func appendEntryCSV(dst []byte, e *unit.LogEntry) []byte {
	dst = strconv.AppendInt(dst, e.Timestamp, 10)
	for _, m := range members(e) {
		dst = appendCSV(dst, strings.Trim(m.value, `"`))
	}
	return dst
}

// appendCustomLine writes a log entry whose text takes the place of its fields:
// a plain line, whatever the style.
func appendCustomLine(dst []byte, e *unit.LogEntry) []byte {
	if e.CustomIsTimestamped {
		dst = time.UnixMicro(e.Timestamp).UTC().AppendFormat(append(dst, '['), time.RFC3339Nano)
		dst = append(dst, "] "...)
	}
	return append(append(dst, *e.Custom...), '\n')
}

// appendCSV writes a comma and a field, quoted where RFC 4180 asks for it.
func appendCSV(dst []byte, field string) []byte {
	dst = append(dst, ',')
	if !strings.ContainsAny(field, "\",\r\n") {
		return append(dst, field...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(field, `"`, `""`)...)
	return append(dst, '"')
}
