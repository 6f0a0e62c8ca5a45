package syntax

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// char reads a character literal.
func (s *scanner) char() {
	start := s.pos
	s.pos++
	text, ok := s.text('\'', start)
	if ok {
		s.pos++
	}
	if ok && utf8.RuneCountInString(text) != 1 {
		s.fail(start, "a character literal holds exactly one character", "not one character")
	}
	s.add(Char, start, text)
}

// fstring reads an f-string as a flat run of tokens; the expressions between
// braces are scanned as usual.
func (s *scanner) fstring() {
	start := s.pos
	s.pos += 2
	if s.nested++; s.nested > maxDepth {
		s.fail(start, "f-strings nest too deep", "at most 250 levels")
		s.pos = len(s.src)
	}
	defer func() { s.nested-- }()
	s.add(FStart, start, "")
	for {
		part := s.pos
		text, ok := s.text('f', start)
		s.add(FText, part, text)
		if !ok {
			s.add(FEnd, s.pos, "")
			return
		}
		part = s.pos
		s.pos++
		if s.src[part] == '"' {
			s.add(FEnd, part, "")
			return
		}
		s.add(FOpen, part, "")
		if !s.interpolation(start) {
			return
		}
	}
}

// interpolation scans tokens up to the brace that closes the part.
func (s *scanner) interpolation(start int) bool {
	depth := 0
	for s.trivia(); s.pos < len(s.src); s.trivia() {
		switch c := s.src[s.pos]; {
		case c == '}' && depth == 0:
			s.pos++
			s.add(FClose, s.pos-1, "")
			return true
		case c == '{':
			depth++
		case c == '}':
			depth--
		}
		s.token()
	}
	s.fail(start, "unexpected end of input", "this f-string is not closed")
	return false
}

// text reads and unescapes up to, not over, the closing quote; in an f-string
// (quote 'f') also up to a brace that opens an expression. False at the end of
// the file.
func (s *scanner) text(quote byte, start int) (string, bool) {
	var b strings.Builder
	f := quote == 'f'
	if f {
		quote = '"'
	}
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == quote:
			return b.String(), true
		case f && (c == '{' || c == '}'):
			if s.pos+1 < len(s.src) && s.src[s.pos+1] == c {
				s.pos++
			} else if c == '{' {
				return b.String(), true
			}
			s.pos++
			b.WriteByte(c)
		case c == '\\':
			s.escape(&b)
		default:
			s.pos++
			b.WriteByte(c)
		}
	}
	end := s.pos
	s.pos = min(start+1, len(s.src))
	s.fail(start, "unexpected end of input", "this text is not closed")
	s.pos = end
	return b.String(), false
}

// escape reads one escape sequence.
func (s *scanner) escape(b *strings.Builder) {
	start := s.pos
	s.pos++
	if s.pos >= len(s.src) {
		return
	}
	c := s.src[s.pos]
	s.pos++
	switch c {
	case '0':
		b.WriteByte(0)
	case 't':
		b.WriteByte('\t')
	case 'n':
		b.WriteByte('\n')
	case 'r':
		b.WriteByte('\r')
	case '"', '\'', '\\':
		b.WriteByte(c)
	case '\n':
		for s.pos < len(s.src) && unicode.IsSpace(rune(s.src[s.pos])) {
			s.pos++
		}
	case 'x':
		s.hexEscape(b, start)
	case 'u', 'U':
		s.unicodeEscape(b, start)
	default:
		_, n := utf8.DecodeRuneInString(s.src[s.pos-1:])
		s.pos += n - 1
		s.fail(start, "unknown character escape", "unknown character escape")
	}
}

func (s *scanner) hexEscape(b *strings.Builder, start int) {
	end := min(s.pos+2, len(s.src))
	v, err := strconv.ParseUint(s.src[s.pos:end], 16, 8)
	s.pos = end
	switch {
	case err != nil:
		s.fail(start, "invalid character in numeric character escape", "two hexadecimal digits are wanted")
	case v > 0x7f:
		s.fail(start, "out of range hex escape", "must be from \\x00 to \\x7F")
	default:
		b.WriteByte(byte(v))
	}
}

func (s *scanner) unicodeEscape(b *strings.Builder, start int) {
	close := strings.IndexByte(s.src[s.pos:], '}')
	if s.pos >= len(s.src) || s.src[s.pos] != '{' || close < 0 {
		s.fail(start, "unterminated unicode escape", "write \\u{…}")
		return
	}
	digits := strings.ReplaceAll(s.src[s.pos+1:s.pos+close], "_", "")
	s.pos += close + 1
	v, err := strconv.ParseUint(digits, 16, 32)
	switch {
	case digits == "":
		s.fail(start, "empty unicode escape", "at least one hexadecimal digit is wanted")
	case len(digits) > 6:
		s.fail(start, "overlong unicode escape", "at most six hexadecimal digits")
	case err != nil || !utf8.ValidRune(rune(v)):
		s.fail(start, "invalid unicode character escape", "not a character")
	default:
		b.WriteRune(rune(v))
	}
}
