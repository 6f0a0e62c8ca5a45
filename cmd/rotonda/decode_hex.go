package main

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// readHex reads hexadecimal digits in any of the forms that people have at hand:
// with white space, colons, commas, 0x or \x between, in quotes or braces, or as a dump
// with offsets. Lines that begin with # are comments.
func readHex(text string) ([]byte, error) {
	text = withoutComments(text)
	for _, base := range [...]int{16, 8, 10} {
		if b, ok := readDump(text, base); ok {
			return b, nil
		}
	}
	digits := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c == '0' && i+1 < len(text) && text[i+1]|0x20 == 'x' && len(digits)%2 == 0,
			c == '\\' && i+1 < len(text) && text[i+1] == 'x':
			i++
		case strings.IndexByte(" \t\r\n\v\f:,-;\"'{}[]()", c) >= 0:
		case isDigit(c):
			digits = append(digits, c)
		default:
			return nil, fmt.Errorf("offset %d: %q in column %d of the text is no hexadecimal digit", len(digits)/2, c, i+1)
		}
	}
	if len(digits)%2 != 0 {
		return nil, fmt.Errorf("offset %d: the last octet has one hexadecimal digit", len(digits)/2)
	}
	return hex.AppendDecode(make([]byte, 0, len(digits)/2), digits)
}

// withoutComments blanks comments, so that columns and offsets stay.
func withoutComments(text string) string {
	if !strings.Contains(text, "#") {
		return text
	}
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			line = strings.Repeat(" ", len(line)-1) + "\n"
		}
		b.WriteString(line)
	}
	return b.String()
}

func isDigit(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f'
}

// readDump reads lines that begin with an offset in the given base. The offsets have to
// be those of the octets that were read, from 0 on, or it is no dump.
func readDump(text string, base int) ([]byte, bool) {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	var out []byte
	dumped := false
	for i, line := range lines {
		offset, rest, ok := cutOffset(line, base)
		if !ok || offset != len(out) {
			// tcpdump puts a line about the packet before, hexdump a last offset behind.
			if i == 0 && len(lines) > 1 && !ok && strings.ContainsAny(line, " .>") && !allHex(line) {
				continue
			}
			return nil, false
		}
		limit := len(line)
		if i+1 < len(lines) {
			if next, _, ok := cutOffset(lines[i+1], base); ok && next > offset {
				limit = next - offset
			}
		}
		out = append(out, lineOctets(rest, limit)...)
		dumped = true
	}
	return out, dumped && len(out) > 0
}

func allHex(line string) bool {
	for i := range len(line) {
		if !isDigit(line[i]) && line[i] != ' ' {
			return false
		}
	}
	return true
}

// cutOffset cuts the offset off a line of xxd ("00000010: "), tcpdump -x ("0x0010:  "),
// hexdump -C ("00000010  "), od ("000010 ", by default in octal) or Wireshark
// ("0010   ", where two spaces tell the offset from a word of digits).
func cutOffset(line string, base int) (offset int, rest string, ok bool) {
	word, rest, _ := strings.Cut(line, " ")
	colon := strings.HasSuffix(word, ":")
	word = strings.TrimPrefix(strings.TrimSuffix(word, ":"), "0x")
	short := len(word) < 6
	if len(word) < 4 || len(word) > 8 || short && !colon && !strings.HasPrefix(rest, " ") {
		return 0, "", false
	}
	n, err := strconv.ParseUint(word, base, 32)
	switch {
	case colon:
		rest = ": " + rest
	case short:
		rest = "; " + rest
	}
	return int(n), rest, err == nil
}

// lineOctets reads up to limit octets and stops where the column of characters
// begins: at a bar, or where the offset had a colon or was short at two spaces. Words of
// four digits without a colon are what hexdump and od print, in the order of the machine's
// octets: nobody can tell which that is, so they are none.
func lineOctets(rest string, limit int) []byte {
	if bar := strings.IndexByte(rest, '|'); bar >= 0 {
		rest = rest[:bar]
	}
	rest, colon := strings.CutPrefix(rest, ": ")
	rest, short := strings.CutPrefix(rest, "; ")
	var out []byte
	for rest != "" && len(out) < limit {
		trimmed := strings.TrimLeft(rest, " ")
		// A gap of two behind eight octets is one that some print in the middle.
		if gap := len(rest) - len(trimmed); gap >= 2 && len(out) > 0 && (colon || short && (gap > 2 || len(out) != 8)) {
			break
		}
		word, after, _ := strings.Cut(trimmed, " ")
		b, err := hex.DecodeString(word)
		if err != nil || len(b) == 0 || len(b) > 1 && !colon {
			break
		}
		out = append(out, b...)
		if rest = after; after != "" {
			rest = " " + after
		}
	}
	return out[:min(len(out), limit)]
}
