// Package format turns events into text: one JSON object a line, with the field
// names of the API, or the records of upstream's event log.
//
// It writes nowhere and keeps no events; targets and the API do. Binary forms
// of routes (MRT, BMP) belong here too once a unit writes them. Start reading at
// [Row] for a route and at [Encoder] for all events.
package format

import (
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// Style is a way of writing events.
type Style uint8

// The styles.
const (
	// Events writes every event as a JSON object with the member "event".
	Events Style = iota
	// JSON writes what scripts emit as upstream does: one bare JSON record a
	// line. Behind a RIB it writes the routes too, which upstream loses, and the
	// loss of a peer, which takes its routes along.
	JSON
	// JSONMin writes only what scripts emit, and of a log entry only what is set.
	JSONMin
	// CSV writes only what scripts emit, without a header.
	CSV
)

var styleNames = [...]string{"events", "json", "json-min", "csv"}

// String returns the name in the configuration.
func (s Style) String() string {
	if int(s) < len(styleNames) {
		return styleNames[s]
	}
	return styleNames[Events]
}

// ParseStyle reads the name of a style.
func ParseStyle(name string) (Style, bool) {
	for i, n := range styleNames {
		if n == name {
			return Style(i), true
		}
	}
	return Events, false
}

// Routes reports whether the style writes routes.
func (s Style) Routes() bool { return s == Events || s == JSON }

// appendTime writes microseconds since 1970 as RFC 3339 in UTC, with as many
// decimals as they need.
func appendTime(dst []byte, micros int64) []byte {
	dst = append(dst, '"')
	dst = time.UnixMicro(micros).UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}

// appendString writes a JSON string.
func appendString(dst []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			text, err := json.Marshal(s)
			if err != nil {
				return append(dst, `""`...) // a string always encodes
			}
			return append(dst, text...)
		}
	}
	dst = append(dst, '"')
	dst = append(dst, s...)
	return append(dst, '"')
}

// appendMember writes ,"name": before a value.
func appendMember(dst []byte, name string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	return append(dst, '"', ':')
}

func appendText(dst []byte, name, value string) []byte {
	return appendString(appendMember(dst, name), value)
}

func appendNumber(dst []byte, name string, value uint64) []byte {
	return strconv.AppendUint(appendMember(dst, name), value, 10)
}
