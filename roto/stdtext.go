package roto

import (
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// maxText bounds texts a script makes by repetition, in bytes.
const maxText = 64 << 20

func (rt *Runtime) bindText() {
	Extend[string](rt).
		Func("from_chars", "The text of a list of characters.", Fn1(func(cs []Char) string {
			var b strings.Builder
			for _, c := range cs {
				b.WriteRune(rune(c))
			}
			return b.String()
		}), Names("chars")).
		Method("to_string", "The same text.", Fn1(func(s string) string { return s })).
		Method("append", "A new text of both, as +.", Fn2(func(a, b string) string { return a + b }), Names("other")).
		Method("contains", "Whether another text is part of it.", Fn2(strings.Contains), Names("part")).
		Method("starts_with", "Whether it begins with another text.", Fn2(strings.HasPrefix), Names("prefix")).
		Method("ends_with", "Whether it ends with another text.", Fn2(strings.HasSuffix), Names("suffix")).
		Method("to_lowercase", "In lower case.", Fn1(lower)).
		Method("to_uppercase", "In upper case.", Fn1(upper)).
		Method("repeat", "The text so many times.", Fn2(repeat), Names("times")).
		Method("eq", "Whether both are the same text.", Fn2(func(a, b string) bool { return a == b }), Names("other")).
		Method("replace", "With all of one part replaced by another.", Fn3(strings.ReplaceAll), Names("from", "to")).
		Method("split", "The parts between separators.", Fn2(func(s, sep string) []string { return splitN(s, sep, -1) }), Names("separator")).
		Method("splitn", "At most so many parts; the last holds the rest.", Fn3(func(s string, n uint64, sep string) []string { return splitN(s, sep, clamp(n)) }), Names("parts", "separator")).
		Method("rsplitn", "At most so many parts, from the end; the last holds the beginning.", Fn3(rsplitN), Names("parts", "separator")).
		Method("trim", "Without white space around it.", Fn1(strings.TrimSpace)).
		Method("trim_start", "Without white space before it.", Fn1(func(s string) string { return strings.TrimLeftFunc(s, unicode.IsSpace) })).
		Method("trim_end", "Without white space after it.", Fn1(func(s string) string { return strings.TrimRightFunc(s, unicode.IsSpace) })).
		Method("strip_prefix", "What follows a text it begins with.", Fn2(func(s, p string) Option[string] {
			rest, ok := strings.CutPrefix(s, p)
			return Option[string]{Value: rest, Some: ok}
		}), Names("prefix")).
		Method("strip_suffix", "What stands before a text it ends with.", Fn2(func(s, p string) Option[string] {
			rest, ok := strings.CutSuffix(s, p)
			return Option[string]{Value: rest, Some: ok}
		}), Names("suffix"))
}

func (rt *Runtime) bindBuffers() {
	Type[*StringBuf](rt, "StringBuf", "A text being built, shared by all who hold it.").
		Func("new", "An empty one.", Fn0(func() *StringBuf { return &StringBuf{} })).
		Func("from", "One that begins with a text.", Fn1(func(s string) *StringBuf { return &StringBuf{text: []byte(s)} }), Names("text")).
		Method("push_char", "Appends a character.", Proc2(func(b *StringBuf, c Char) { b.push(string(c)) }), Names("char")).
		Method("push_string", "Appends a text.", Proc2((*StringBuf).push), Names("text")).
		Method("as_string", "The text so far.", Fn1((*StringBuf).String))
}

// StringBuf is the host side of Roto's StringBuf. It is locked because a
// constant one is shared by all goroutines that run the script.
type StringBuf struct {
	mu   sync.Mutex // guards text
	text []byte
}

func (b *StringBuf) push(s string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.text)+len(s) > maxText {
		panic(Error("the text grows too long"))
	}
	b.text = append(b.text, s...)
}

// String returns the text so far.
func (b *StringBuf) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}

func clamp(n uint64) int { return int(min(n, 1<<31)) }

func repeat(s string, n uint64) string {
	if n > 0 && uint64(len(s)) > maxText/n {
		panic(Error("the text grows too long"))
	}
	return strings.Repeat(s, int(min(n, maxText)))
}

// upper maps ß to SS, which unicode.ToUpper leaves alone.
func upper(s string) string { return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS") }

// lower writes the sigma at the end of a word in its final form.
func lower(s string) string {
	out := []rune(strings.ToLower(s))
	source := []rune(s)
	if len(out) != len(source) {
		return string(out)
	}
	for i, r := range source {
		letterAfter := i+1 < len(source) && unicode.IsLetter(source[i+1])
		if r == 'Σ' && i > 0 && unicode.IsLetter(source[i-1]) && !letterAfter {
			out[i] = 'ς'
		}
	}
	return string(out)
}

// splitN cuts as the original does: an empty separator stands between all
// characters and at both ends.
func splitN(s, sep string, n int) []string {
	if n == 0 {
		return nil
	}
	if sep != "" {
		return strings.SplitN(s, sep, n)
	}
	parts := []string{""}
	for _, r := range s {
		parts = append(parts, string(r))
	}
	parts = append(parts, "")
	if n > 0 && n < len(parts) {
		parts[n-1] = strings.Join(parts[n-1:], "")
		parts = parts[:n]
	}
	return parts
}

func rsplitN(s string, n uint64, sep string) []string {
	var out []string
	for clamp(n) > len(out)+1 {
		i := strings.LastIndex(s, sep)
		if i < 0 || sep == "" {
			break
		}
		out = append(out, s[i+len(sep):])
		s = s[:i]
	}
	if n > 0 {
		out = append(out, s)
	}
	return out
}

// The views of a text.
type (
	// StringBytes sees a text as bytes.
	StringBytes string
	// StringChars sees a text as characters.
	StringChars string
	// StringLines sees a text as lines.
	StringLines string
)

func (rt *Runtime) bindViews() {
	Type[StringBytes](rt, "StringBytes", "A text by bytes.").
		Method("len", "The number of bytes.", Fn1(func(s StringBytes) uint64 { return uint64(len(s)) })).
		Method("get", "The character that starts at a byte.", Fn2(StringBytes.get), Names("index")).
		Method("slice", "The text between two bytes.", Fn3(StringBytes.slice), Names("from", "to")).
		Method("list", "The bytes.", Fn1(func(s StringBytes) []uint8 { return []byte(s) }))
	Type[StringChars](rt, "StringChars", "A text by characters.").
		Method("len", "The number of characters.", Fn1(func(s StringChars) uint64 { return uint64(utf8.RuneCountInString(string(s))) })).
		Method("get", "The character at a place.", Fn2(StringChars.get), Names("index")).
		Method("slice", "The text between two characters.", Fn3(StringChars.slice), Names("from", "to")).
		Method("list", "The characters.", Fn1(func(s StringChars) (out []Char) {
			for _, r := range string(s) {
				out = append(out, Char(r))
			}
			return out
		}))
	Type[StringLines](rt, "StringLines", "A text by lines.").
		Method("len", "The number of lines.", Fn1(func(s StringLines) uint64 { return uint64(len(s.lines())) })).
		Method("get", "The line at a place, without its end.", Fn2(StringLines.get), Names("index")).
		Method("slice", "The text between two lines, with their ends.", Fn3(StringLines.slice), Names("from", "to")).
		Method("list", "The lines, without their ends.", Fn1(StringLines.list))
	Extend[string](rt).
		Method("bytes", "The text by bytes.", Fn1(func(s string) StringBytes { return StringBytes(s) })).
		Method("chars", "The text by characters.", Fn1(func(s string) StringChars { return StringChars(s) })).
		Method("lines", "The text by lines.", Fn1(func(s string) StringLines { return StringLines(s) }))
}

func (s StringBytes) boundary(i uint64) bool {
	return i == uint64(len(s)) || i < uint64(len(s)) && utf8.RuneStart(s[i])
}

func (s StringBytes) get(i uint64) Option[Char] {
	if i >= uint64(len(s)) || !utf8.RuneStart(s[i]) {
		return None[Char]()
	}
	r, _ := utf8.DecodeRuneInString(string(s[i:]))
	return Some(Char(r))
}

func (s StringBytes) slice(i, j uint64) Option[string] {
	if i > j || !s.boundary(i) || !s.boundary(j) {
		return None[string]()
	}
	return Some(string(s[i:j]))
}

// offset returns the byte where the i-th character starts.
func (s StringChars) offset(i uint64) (int, bool) {
	for at := range string(s) {
		if i == 0 {
			return at, true
		}
		i--
	}
	return len(s), i == 0
}

func (s StringChars) get(i uint64) Option[Char] {
	at, ok := s.offset(i)
	if !ok || at == len(s) {
		return None[Char]()
	}
	r, _ := utf8.DecodeRuneInString(string(s[at:]))
	return Some(Char(r))
}

func (s StringChars) slice(i, j uint64) Option[string] {
	from, ok := s.offset(i)
	to, ok2 := s.offset(j)
	if !ok || !ok2 || i > j {
		return None[string]()
	}
	return Some(string(s[from:to]))
}

// lines returns the lines with their ends; a final one adds none.
func (s StringLines) lines() []string {
	return slices.DeleteFunc(strings.SplitAfter(string(s), "\n"), func(l string) bool { return l == "" })
}

func (s StringLines) list() []string {
	out := s.lines()
	for i, l := range out {
		out[i] = strings.TrimSuffix(strings.TrimSuffix(l, "\n"), "\r")
	}
	return out
}

func (s StringLines) get(i uint64) Option[string] {
	if all := s.list(); i < uint64(len(all)) {
		return Some(all[i])
	}
	return None[string]()
}

// slice counts an empty text as one line, and a blank end as part of the last.
func (s StringLines) slice(i, j uint64) Option[string] {
	all := s.lines()
	n := uint64(len(all))
	if n == 0 {
		all, n = []string{""}, 1
	}
	if i > j || j > n || i > n {
		return None[string]()
	}
	return Some(strings.Join(all[i:j], ""))
}
