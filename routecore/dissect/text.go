package dissect

import (
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"

	"example.com/rotonda/routecore/bgp"
	"example.com/rotonda/routecore/rtr"
)

// Style says how [Result.AppendText] prints. The zero value is plain text of any width.
type Style struct {
	Color bool // for a terminal
	Width int  // columns; longer values are cut there, 0 for never
}

// maxAligned is the longest value that the column of RFCs makes room for.
const maxAligned = 30

// shownOctets is how many octets of a field stand in its line.
const shownOctets = 8

const (
	dim, bold, red, green, yellow, plain = "\x1b[2m", "\x1b[1m", "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[0m"
)

func (s Style) paint(color, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return color + text + plain
}

// AppendText appends the result for people: a line a field with its offset, its
// octets, its name and value indented by depth, and where it is defined; the field
// at fault is marked. Then come the notes and, last, the verdict in a sentence.
func (r Result) AppendText(dst []byte, s Style) []byte {
	title := strings.TrimSpace(r.Protocol + " " + r.Type)
	dst = append(dst, s.paint(bold, title)+", "+strconv.Itoa(len(r.Data))+" octets\n"...)
	names := 0
	for _, f := range r.Fields {
		names = max(names, 2*f.Depth+utf8.RuneCountInString(f.Name))
	}
	names = min(names, 44)
	values := 0
	for _, f := range r.Fields {
		if n := utf8.RuneCountInString(f.Value); n <= maxAligned {
			values = max(values, n)
		}
	}
	bad := r.culprit()
	for i, f := range r.Fields {
		dst = r.appendLine(dst, s, f, names, values, i == bad)
	}
	dst = append(dst, '\n')
	for _, n := range r.Notes {
		dst = append(dst, s.paint(yellow, "note: ")+n+"\n"...)
	}
	if r.Err != nil {
		dst = append(dst, s.paint(red, "incomplete: ")+r.Err.Error()+"\n"...)
	}
	if r.Protocol == "" {
		return dst
	}
	color := green
	if r.Verdict.Action != bgp.Accept {
		color = red
	}
	return append(dst, s.paint(color, "verdict: ")+r.sentence()+"\n"...)
}

// culprit is the index of the field that the verdict is about, or -1: of those that
// begin at its offset the outermost, leaving out sections that only hold others.
func (r Result) culprit() int {
	v := r.Verdict
	if v.Action == bgp.Accept {
		return -1
	}
	update := v.Code == int(bgp.CodeUpdate)
	found := -1
	for i, f := range r.Fields {
		switch {
		case update && v.Subcode == int(bgp.UpdateAttrLength) && f.Offset < v.Offset && v.Offset == f.End() && f.Name == bgp.AttrCode(v.Attribute).String():
			return i // without a value there is no octet at the offset that is the attribute's
		case f.Offset > v.Offset || v.Offset >= f.End() || i+1 < len(r.Fields) && isSection(f.Name):
		case update && v.Subcode == int(bgp.UpdateAttrFlags) && f.Offset == v.Offset && f.Name == "flags":
			return i
		case update && v.Subcode == int(bgp.UpdateAttrLength) && f.Name == bgp.AttrCode(v.Attribute).String():
			return i // it is the whole that is too long or too short
		case found < 0 || f.Offset != r.Fields[found].Offset:
			found = i
		}
	}
	if !update || v.Subcode != int(bgp.UpdateMissingAttr) {
		return found
	}
	// What is missing is at fault, so that the place is where it could have been.
	for i, f := range r.Fields {
		if f.Name == "path attributes" && f.Offset == v.Offset || f.Name == "path attributes length" && f.End() == v.Offset {
			found = i
		}
	}
	return found
}

func isSection(name string) bool {
	switch name {
	case "withdrawn routes", "path attributes", "NLRI", "optional parameters", "BGP message", "following":
		return true
	}
	return false
}

func (r Result) appendLine(dst []byte, s Style, f Field, names, values int, bad bool) []byte {
	const digits = 5
	offset := strconv.Itoa(f.Offset)
	line := strings.Repeat(" ", max(digits-len(offset), 0)) + s.paint(dim, offset) + "  "
	b := r.Data[f.Offset:f.End()]
	octets := ""
	if len(b) <= shownOctets {
		octets = hex.EncodeToString(b)
	} else {
		octets = hex.EncodeToString(b[:shownOctets-1]) + "+" + strconv.Itoa(len(b)-shownOctets+1)
	}
	line += octets + strings.Repeat(" ", max(2*shownOctets+5-len(octets), 1))
	name := strings.Repeat("  ", f.Depth) + f.Name
	pad := strings.Repeat(" ", max(names-utf8.RuneCountInString(name), 0))
	value := f.Value
	rfc := ""
	if f.RFC != "" {
		rfc = "  [" + f.RFC + "]"
	}
	if room := s.Width - digits - 2 - 2*shownOctets - 5 - names - 2 - len(rfc); s.Width > 0 && utf8.RuneCountInString(value) > max(room, 24) {
		value = string([]rune(value)[:max(room, 24)-1]) + "…"
	}
	value += strings.Repeat(" ", max(values-utf8.RuneCountInString(value), 0))
	mark := ""
	if bad {
		mark = "  <-- here"
	}
	if !bad {
		return append(dst, strings.TrimRight(line+name+pad+"  "+value+s.paint(dim, rfc), " ")+"\n"...)
	}
	return append(dst, line+s.paint(red, name+pad+"  "+value)+s.paint(dim, rfc)+s.paint(red, mark)+"\n"...)
}

// sentence is the verdict in words.
func (r Result) sentence() string {
	v := r.Verdict
	if v.Action == bgp.Accept {
		return "accept: a speaker takes it"
	}
	text := v.Action.String() + ": " + r.consequence() + " Offset " + strconv.Itoa(v.Offset) + ": " + v.Text
	if v.RFC != "" {
		text += ", against " + v.RFC
	}
	return text + "."
}

// consequence is what a speaker does about it.
func (r Result) consequence() string {
	v := r.Verdict
	switch {
	case r.Err != nil && v.Code == 0:
		return "there is not all of it."
	case r.Protocol == "RTR":
		return "the connection ends with an Error Report, code " + strconv.Itoa(v.Code) + " (" + rtr.ErrorCode(v.Code).String() + ")."
	case v.Code == 0 && v.Action == bgp.Reset:
		return "the rest of the stream cannot be read."
	case v.Code == 0:
		return "this " + r.Protocol + " message is left out, the stream goes on."
	}
	number := strconv.Itoa(v.Code) + "/" + strconv.Itoa(v.Subcode) + " (" + (bgp.Notification{Code: uint8(v.Code), Subcode: uint8(v.Subcode)}).String() + ")"
	switch v.Action {
	case bgp.DiscardAttribute:
		return "the attribute is discarded, the routes stay (error " + number + ")."
	case bgp.TreatAsWithdraw:
		return "all routes it announces count as withdrawn (error " + number + ")."
	}
	return "the session ends with NOTIFICATION " + number + "."
}
