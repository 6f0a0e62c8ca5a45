package syntax

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// scanner cuts a file into tokens. Shapes are tried in a fixed order at each
// place and the first that fits wins; addresses come before punctuation, so
// that `::1` is one token.
type scanner struct {
	file     *File
	src      string
	pos      int
	tokens   []Token
	comments []Comment
	diags    *Diagnostics
	nested   int // f-strings inside one another
}

func (s *scanner) span(start int) Span { return Span{s.file, int32(start), int32(s.pos)} }

func (s *scanner) add(k Kind, start int, value string) {
	s.tokens = append(s.tokens, Token{Kind: k, Text: s.src[start:s.pos], Value: value, Span: s.span(start)})
}

func (s *scanner) fail(start int, title, label string) {
	s.diags.Add(Diagnostic{Kind: ParseError, Title: title, Labels: []Label{{Span: s.span(start), Text: label}}})
}

// scan reads all tokens, ending in one EOF.
func (s *scanner) scan() {
	s.pos = len(shebang(s.src))
	for s.trivia(); s.pos < len(s.src); s.trivia() {
		s.token()
	}
	s.add(EOF, s.pos, "")
}

// shebang returns the first line where it names an interpreter, else "".
func shebang(src string) string {
	if !strings.HasPrefix(src, "#!") || len(src) < 3 || unicode.IsSpace(rune(src[2])) {
		return ""
	}
	line, _, _ := strings.Cut(src, "\n")
	return line
}

func (s *scanner) skipLine() {
	if i := strings.IndexByte(s.src[s.pos:], '\n'); i >= 0 {
		s.pos += i
		return
	}
	s.pos = len(s.src)
}

func (s *scanner) trivia() {
	for s.pos < len(s.src) {
		c := s.src[s.pos]
		if c == '#' || strings.HasPrefix(s.src[s.pos:], "//") {
			start := s.pos
			s.skipLine()
			s.comments = append(s.comments, Comment{s.span(start), strings.TrimRight(s.src[start:s.pos], "\r")})
			continue
		}
		r, n := utf8.DecodeRuneInString(s.src[s.pos:])
		if !unicode.IsSpace(r) {
			return
		}
		s.pos += n
	}
}

// token reads one token at pos, which is no trivia.
func (s *scanner) token() {
	start, rest := s.pos, s.src[s.pos:]
	if n := ipv6Length(rest); n > 0 {
		s.pos += n
		s.add(IPv6, start, "")
		return
	}
	if n := ipv4Length(rest); n > 0 {
		s.pos += n
		s.add(IPv4, start, "")
		return
	}
	if n := punctLength(rest); n > 0 {
		s.pos += n
		s.add(Punct, start, "")
		return
	}
	switch c := rest[0]; {
	case strings.HasPrefix(rest, `f"`):
		s.fstring()
	case c == '"':
		s.pos++
		text, ok := s.text('"', start)
		if ok {
			s.pos++
		}
		s.add(String, start, text)
	case c == '\'':
		s.char()
	case c >= '0' && c <= '9':
		s.number()
	default:
		s.word()
	}
}

func (s *scanner) word() {
	start := s.pos
	for i, r := range s.src[s.pos:] {
		if !(r == '_' || unicode.IsLetter(r) || i > 0 && (unicode.IsDigit(r) || unicode.Is(unicode.Mn, r))) {
			break
		}
		s.pos = start + i + utf8.RuneLen(r)
	}
	if s.pos == start {
		_, n := utf8.DecodeRuneInString(s.src[s.pos:])
		s.pos += n
		s.fail(start, "invalid token", "invalid token")
		return
	}
	text := s.src[start:s.pos]
	if digits := strings.TrimPrefix(text, "AS"); digits != text && digits != "" && digits[0] >= '0' && digits[0] <= '9' {
		n := 0
		for n < len(digits) && digits[n] >= '0' && digits[n] <= '9' {
			n++
		}
		s.pos = start + 2 + n
		s.add(ASN, start, digits[:n])
		return
	}
	if text == "true" || text == "false" {
		s.add(Bool, start, "")
		return
	}
	s.add(Ident, start, "") // the parser knows the keywords, which depend on the edition
}

func isHex(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
}

// ipv6Length returns the length of hex digits with at least two colons at the
// start of src, else 0.
func ipv6Length(src string) int {
	n, colons := 0, 0
	for n < len(src) && (isHex(src[n]) || src[n] == ':') {
		if src[n] == ':' {
			colons++
		} else if colons == 0 && n >= 4 {
			return 0 // a hextet has four digits
		}
		n++
	}
	if colons < 2 {
		return 0
	}
	return n
}

// ipv4Length returns the length of four dotted runs of digits, else 0; the
// last may be empty, which the parser reports as a bad address.
func ipv4Length(src string) int {
	n := 0
	for part := 0; part < 4; part++ {
		start := n
		for n < len(src) && src[n] >= '0' && src[n] <= '9' {
			n++
		}
		if part == 3 {
			return n
		}
		if n == start || n >= len(src) || src[n] != '.' {
			return 0
		}
		n++
	}
	return n
}

var puncts2 = []string{"==", "!=", "&&", "||", ">=", "<=", "->", "=>", "+=", "-=", "*=", "/=", "%=", "**", "/*", "--"}

func punctLength(src string) int {
	if len(src) >= 2 {
		for _, p := range puncts2 {
			if src[:2] == p {
				return 2
			}
		}
	}
	if strings.IndexByte("=|-:;,.+*/!{}?[]()<>%", src[0]) >= 0 {
		return 1
	}
	return 0
}

// number reads integers, floats and hexadecimals with their suffix.
func (s *scanner) number() {
	start := s.pos
	if strings.HasPrefix(s.src[s.pos:], "0x") {
		for s.pos += 2; s.pos < len(s.src) && isHex(s.src[s.pos]); s.pos++ {
		}
		s.add(Hex, start, s.src[start+2:s.pos])
		return
	}
	kind := Int
	s.digits()
	if s.pos < len(s.src) && s.src[s.pos] == '.' && !s.identOrDotAt(s.pos+1) {
		kind = Float
		s.pos++
		s.digits()
		s.exponent()
	} else if s.exponent() {
		kind = Float
	}
	end := s.pos
	for s.pos < len(s.src) && (s.src[s.pos] == '_' || isAlnum(s.src[s.pos])) {
		s.pos++
	}
	suffix := strings.Trim(s.src[end:s.pos], "_")
	if suffix == "f32" || suffix == "f64" {
		kind = Float
	}
	s.tokens = append(s.tokens, Token{Kind: kind, Text: s.src[start:end], Value: suffix, Span: s.span(start)})
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func (s *scanner) digits() {
	for s.pos < len(s.src) && (s.src[s.pos] >= '0' && s.src[s.pos] <= '9' || s.src[s.pos] == '_') {
		s.pos++
	}
}

// exponent reads e, a sign and digits, when there are digits.
func (s *scanner) exponent() bool {
	i := s.pos
	if i >= len(s.src) || s.src[i] != 'e' && s.src[i] != 'E' {
		return false
	}
	i++
	if i < len(s.src) && (s.src[i] == '+' || s.src[i] == '-') {
		i++
	}
	for i < len(s.src) && s.src[i] == '_' {
		i++
	}
	if i >= len(s.src) || s.src[i] < '0' || s.src[i] > '9' {
		return false
	}
	s.pos = i
	s.digits()
	return true
}

// identOrDotAt reports whether what follows a dot makes it a field access.
func (s *scanner) identOrDotAt(i int) bool {
	if i >= len(s.src) {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s.src[i:])
	return r == '.' || r == '_' || unicode.IsLetter(r)
}
