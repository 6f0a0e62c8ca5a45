package twin

import (
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/rotonda/roto/internal/check"
)

func textList(parts []string) *List {
	l := &List{}
	for _, p := range parts {
		l.Elems = append(l.Elems, p)
	}
	return l
}

func grown(s string) string {
	if len(s) > maxText {
		panic(badValue("the text grows too long"))
	}
	return s
}

// repeated looks at the length before it makes the text.
func repeated(s string, n int) string {
	if s == "" {
		return ""
	}
	if n > maxText/len(s) {
		panic(badValue("the text grows too long"))
	}
	return strings.Repeat(s, n)
}

func (l library) texts() {
	one := func(name string, op func(string) Value) {
		l["String."+name] = func(c call) Value { return op(c.text(0)) }
	}
	two := func(name string, op func(s, x string) Value) {
		l["String."+name] = func(c call) Value { return op(c.text(0), c.text(1)) }
	}
	one("is_empty", func(s string) Value { return s == "" })
	one("trim", func(s string) Value { return strings.TrimSpace(s) })
	one("trim_start", func(s string) Value { return strings.TrimLeftFunc(s, unicode.IsSpace) })
	one("trim_end", func(s string) Value { return strings.TrimRightFunc(s, unicode.IsSpace) })
	one("to_uppercase", func(s string) Value { return strings.ReplaceAll(strings.ToUpper(s), "ß", "SS") })
	one("to_lowercase", func(s string) Value { return lowercase([]rune(s)) })
	two("append", func(s, x string) Value { return s + x })
	two("contains", func(s, x string) Value { return strings.Contains(s, x) })
	two("starts_with", func(s, x string) Value { return len(s) >= len(x) && s[:len(x)] == x })
	two("ends_with", func(s, x string) Value { return len(s) >= len(x) && s[len(s)-len(x):] == x })
	two("strip_prefix", func(s, x string) Value {
		rest, ok := strings.CutPrefix(s, x)
		return option(rest, ok)
	})
	two("strip_suffix", func(s, x string) Value {
		rest, ok := strings.CutSuffix(s, x)
		return option(rest, ok)
	})
	two("find", func(s, x string) Value {
		i := strings.Index(s, x)
		return option(unsigned(utf8.RuneCountInString(s[:max(i, 0)])), i >= 0)
	})
	two("split", func(s, x string) Value { return textList(split(s, x)) })
	l["String.replace"] = func(c call) Value { return strings.ReplaceAll(c.text(0), c.text(1), c.text(2)) }
	l["String.repeat"] = func(c call) Value { return repeated(c.text(0), c.index(1)) }
	l["String.splitn"] = func(c call) Value {
		n, parts := c.index(1), split(c.text(0), c.text(2))
		if n > 0 && n < len(parts) {
			parts = append(parts[:n-1:n-1], strings.Join(parts[n-1:], c.text(2)))
		}
		return textList(parts[:min(n, len(parts))])
	}
	l["String.rsplitn"] = func(c call) Value { return textList(rsplit(c.text(0), c.index(1), c.text(2))) }
	l["String.pad_start"] = func(c call) Value { return padding(c) + c.text(0) }
	l["String.pad_end"] = func(c call) Value { return c.text(0) + padding(c) }
	l["String.from_chars"] = func(c call) Value {
		var out []rune
		for _, x := range c.list(0).Elems {
			out = append(out, rune(x.(Char)))
		}
		return string(out)
	}
	l["StringBuf.new"] = func(c call) Value { return &Buf{} }
	l["StringBuf.from"] = func(c call) Value { return &Buf{c.text(0)} }
	l["StringBuf.as_string"] = func(c call) Value { return c.args[0].(*Buf).Text }
	push := func(c call) Value {
		b := c.args[0].(*Buf)
		b.Text = grown(b.Text + text(c.args[1]))
		return Unit{}
	}
	l["StringBuf.push_char"], l["StringBuf.push_string"] = push, push
}

func lowercase(s []rune) string {
	out := []rune(strings.ToLower(string(s)))
	for i, r := range s {
		inWord := i > 0 && unicode.IsLetter(s[i-1])
		if last := i+1 == len(s) || !unicode.IsLetter(s[i+1]); r == 'Σ' && inWord && last && len(out) == len(s) {
			out[i] = 'ς'
		}
	}
	return string(out)
}

// split cuts at a separator; an empty one stands between all characters and at
// both ends.
func split(s, sep string) []string {
	if sep != "" {
		return strings.Split(s, sep)
	}
	return append(append([]string{""}, strings.Split(s, "")...), "")
}

// rsplit gives the parts from the end; an empty separator is nowhere.
func rsplit(s string, n int, sep string) []string {
	if n == 0 {
		return nil
	}
	if sep == "" {
		return []string{s}
	}
	parts := strings.Split(s, sep)
	if n < len(parts) {
		rest := len(parts) - n + 1
		parts = append([]string{strings.Join(parts[:rest], sep)}, parts[rest:]...)
	}
	slices.Reverse(parts)
	return parts
}

func padding(c call) string {
	if n := c.index(1) - utf8.RuneCountInString(c.text(0)); n > 0 {
		return repeated(text(c.args[2]), n)
	}
	return ""
}

func (l library) views() {
	l["String.bytes"] = func(c call) Value { return bytesView(c.text(0)) }
	l["String.chars"] = func(c call) Value { return charsView(c.text(0)) }
	l["String.lines"] = func(c call) Value { return linesView(c.text(0)) }

	bytes := func(c call) string { return string(c.args[0].(bytesView)) }
	l["StringBytes.len"] = func(c call) Value { return unsigned(len(bytes(c))) }
	l["StringBytes.get"] = func(c call) Value {
		for at, r := range bytes(c) {
			if at == c.index(1) {
				return option(Char(r), true)
			}
		}
		return option(nil, false)
	}
	l["StringBytes.list"] = func(c call) Value {
		out := &List{}
		for _, b := range []byte(bytes(c)) {
			out.Elems = append(out.Elems, Int{check.U8, big.NewInt(int64(b))})
		}
		return out
	}
	l["StringBytes.slice"] = func(c call) Value {
		var places []int
		s := bytes(c)
		for at := range s {
			places = append(places, at)
		}
		places = append(places, len(s))
		from, to := slices.Contains(places, c.index(1)), slices.Contains(places, c.index(2))
		if !from || !to || c.index(1) > c.index(2) {
			return option(nil, false)
		}
		return option(s[c.index(1):c.index(2)], true)
	}

	chars := func(c call) []rune { return []rune(string(c.args[0].(charsView))) }
	l["StringChars.len"] = func(c call) Value { return unsigned(len(chars(c))) }
	l["StringChars.get"] = func(c call) Value {
		if s := chars(c); c.index(1) < len(s) {
			return option(Char(s[c.index(1)]), true)
		}
		return option(nil, false)
	}
	l["StringChars.slice"] = func(c call) Value {
		s := chars(c)
		if c.index(1) > c.index(2) || c.index(2) > len(s) {
			return option(nil, false)
		}
		return option(string(s[c.index(1):c.index(2)]), true)
	}
	l["StringChars.list"] = func(c call) Value {
		out := &List{}
		for _, r := range chars(c) {
			out.Elems = append(out.Elems, Char(r))
		}
		return out
	}

	l["StringLines.len"] = func(c call) Value { return unsigned(len(lines(c, false))) }
	l["StringLines.list"] = func(c call) Value { return textList(lines(c, false)) }
	l["StringLines.get"] = func(c call) Value {
		if s := lines(c, false); c.index(1) < len(s) {
			return option(s[c.index(1)], true)
		}
		return option(nil, false)
	}
	l["StringLines.slice"] = func(c call) Value {
		s := lines(c, true)
		if len(s) == 0 {
			s = []string{""}
		}
		if c.index(1) > c.index(2) || c.index(2) > len(s) {
			return option(nil, false)
		}
		return option(strings.Join(s[c.index(1):c.index(2)], ""), true)
	}
}

// lines cuts a text at the ends of its lines; a last end begins no further line.
func lines(c call, withEnds bool) (out []string) {
	rest := string(c.args[0].(linesView))
	for rest != "" {
		n := strings.Index(rest, "\n") + 1
		if n == 0 {
			n = len(rest)
		}
		line := rest[:n]
		rest = rest[n:]
		if !withEnds {
			line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
		}
		out = append(out, line)
	}
	return out
}
