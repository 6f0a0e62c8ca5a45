package lsp

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// bracket is one that is open at a place.
type bracket struct {
	at, commas int
	char       byte
}

// brackets returns those that are open at the end of a text, the innermost last,
// and whether it ends in a comment. It is made for text that is being typed, which
// no parser reads.
func brackets(s string) (open []bracket, comment bool) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = afterText(s, i) - 1
		case '\'':
			i = afterCharacter(s, i) - 1
		case '/', '#':
			if s[i] == '/' && !strings.HasPrefix(s[i:], "//") {
				continue
			}
			n := strings.IndexByte(s[i:], '\n')
			if n < 0 {
				return open, true
			}
			i += n
		case '(', '[', '{':
			open = append(open, bracket{at: i, char: s[i]})
		case ')', ']', '}':
			open = open[:max(len(open)-1, 0)]
		case ',':
			if len(open) > 0 {
				open[len(open)-1].commas++
			}
		}
	}
	return open, false
}

// call finds the bracket of the innermost call that a text ends within, and which
// of its arguments, from 0.
func call(s string) (at, argument int, ok bool) {
	open, comment := brackets(s)
	if len(open) == 0 || comment {
		return 0, 0, false
	}
	b := open[len(open)-1]
	return b.at, b.commas, b.char == '('
}

// closing finds the bracket that closes what is open at a byte; false where
// another or none does.
func closing(s string, from int) (end int, closed bool) {
	depth := 0
	for i := from; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			i = afterText(s, i) - 1
		case c == '\'':
			i = afterCharacter(s, i) - 1
		case strings.IndexByte("([{", c) >= 0:
			depth++
		case strings.IndexByte(")]}", c) >= 0:
			if depth == 0 {
				return i, c == ')'
			}
			depth--
		case c == ';' && depth == 0:
			return i, false
		}
	}
	return len(s), false
}

// mend returns texts that may parse: a text up to a cut, with every bracket closed
// that is open there, and with what follows another place from the next
// declaration on, which is the next line that is not indented. The second is for a
// cut behind `if` and the like, which want a block.
func mend(s string, cut, resume int) [2]string {
	open, _ := brackets(s[:cut])
	var round, curly string
	for _, b := range slices.Backward(open) {
		if c := map[byte]string{'(': ")", '[': "]", '{': "}"}[b.char]; c == "}" || curly != "" {
			curly += c
		} else {
			round += c
		}
	}
	tail := curly + afterLine(s[resume:])
	return [2]string{s[:cut] + round + tail, s[:cut] + round + " {}" + tail}
}

// afterLine returns a text from the next line that is not indented on, with the
// line end before it.
func afterLine(s string) string {
	for {
		n := strings.IndexByte(s, '\n')
		if n < 0 {
			return ""
		}
		if rest := s[n+1:]; rest != "" && strings.IndexByte(" \t\r\n)]}", rest[0]) < 0 {
			return s[n:]
		}
		s = s[n+1:]
	}
}

// afterText returns the end of the text literal that starts at a byte.
func afterText(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(s)
}

// afterCharacter returns the end of the character literal that starts at a byte,
// or the byte after it where it is none.
func afterCharacter(s string, i int) int {
	line, _, _ := strings.Cut(s[i+1:], "\n")
	if strings.HasPrefix(line, "\\") && len(line) > 2 {
		if n := strings.IndexByte(line[2:], '\''); n >= 0 {
			return i + n + 4
		}
	}
	if _, n := utf8.DecodeRuneInString(line); n > 0 && strings.HasPrefix(line[n:], "'") {
		return i + n + 2
	}
	return i + 1
}
