package lsp

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestPlaces(t *testing.T) {
	s := "aä𝔾b\r\nc\rd\n\n𝔾"
	text := newText(s)
	for _, c := range []struct {
		e            encoding
		line, column int
		part         string // what the text goes on with there
		back         int    // the column of that place, where it is another
	}{
		{utf16Units, 0, 0, "aä", 0}, {utf16Units, 0, 2, "𝔾b", 2}, {utf16Units, 0, 3, "𝔾b", 2}, {utf16Units, 0, 4, "b\r", 4},
		{utf16Units, 0, 5, "\r\nc", 5}, {utf16Units, 0, 99, "\r\nc", 5}, {utf16Units, 1, 0, "c\r", 0}, {utf16Units, 2, 1, "\n\n", 1},
		{utf16Units, 3, 0, "\n𝔾", 0}, {utf16Units, 4, 2, "", 2},
		{utf8Units, 0, 1, "ä", 1}, {utf8Units, 0, 2, "ä", 1}, {utf8Units, 0, 3, "𝔾", 3}, {utf8Units, 0, 7, "b", 7}, {utf8Units, 4, 4, "", 4},
	} {
		off := text.offset(position{c.line, c.column}, c.e)
		if !strings.HasPrefix(s[off:], c.part) || c.part == "" && off != len(s) {
			t.Errorf("%s %d:%d: %q", c.e, c.line, c.column, s[off:])
		}
		if got := text.position(off, c.e); got != (position{c.line, c.back}) {
			t.Errorf("%s %d:%d: back at %v", c.e, c.line, c.column, got)
		}
	}
	for _, p := range []position{{-1, 0}, {-1, 9}, {0, -1}} {
		if off := text.offset(p, utf16Units); off != 0 {
			t.Error(p, off)
		}
	}
	if off := text.offset(position{99, 0}, utf16Units); off != len(s) {
		t.Error(off)
	}
}

// twin keeps a text as the lines of an editor: code units and line ends apart.
type twin struct{ units []uint16 }

// index finds a place by walking the units.
func (w twin) index(p position) int {
	line, i := 0, 0
	for ; line < p.Line && i < len(w.units); i++ {
		if w.units[i] == '\n' || w.units[i] == '\r' && (i+1 == len(w.units) || w.units[i+1] != '\n') {
			line++
		}
	}
	if line < p.Line {
		return len(w.units)
	}
	for n := 0; n < p.Character && i < len(w.units) && w.units[i] != '\n' && w.units[i] != '\r'; n++ {
		i++
	}
	if i < len(w.units) && i > 0 && utf16.IsSurrogate(rune(w.units[i])) && w.units[i] >= 0xdc00 {
		i-- // within a pair
	}
	return i
}

// TestEditsAgreeWithATwin makes random edits to a text and to one that counts in
// code units as an editor does.
func TestEditsAgreeWithATwin(t *testing.T) {
	piece := rapid.StringOfN(rapid.SampledFrom([]rune("ab ä長𝔾\n\r\"(){}")), 0, 12, -1)
	rapid.Check(t, func(t *rapid.T) {
		text := newText(piece.Draw(t, "text"))
		w := twin{utf16.Encode([]rune(text.s))}
		for range rapid.IntRange(1, 20).Draw(t, "edits") {
			place := rapid.Custom(func(t *rapid.T) position {
				return position{rapid.IntRange(0, 6).Draw(t, "line"), rapid.IntRange(0, 9).Draw(t, "column")}
			})
			a, b := place.Draw(t, "from"), place.Draw(t, "to")
			if b.before(a) {
				a, b = b, a
			}
			with := piece.Draw(t, "with")
			text = text.edit(contentChange{&textRange{a, b}, with}, utf16Units)
			i, j := w.index(a), w.index(b)
			w.units = slices.Concat(w.units[:i], utf16.Encode([]rune(with)), w.units[j:])
			if got := string(utf16.Decode(w.units)); got != text.s {
				t.Fatalf("%q, the twin has %q", text.s, got)
			}
		}
	})
}

// FuzzEdit edits with any range in any unit; places keep their way there and back.
func FuzzEdit(f *testing.F) {
	f.Add("aä𝔾\r\nb", "x", 0, 2, 0, 3, true)
	f.Add("\xff\r\r\n", "\xc3", -1, 5, 9, 9, false)
	f.Fuzz(func(t *testing.T, s, with string, line, column, toLine, toColumn int, wide bool) {
		if len(s)+len(with) > 300 { // places are checked one by one
			return
		}
		e := utf8Units
		if wide {
			e = utf16Units
		}
		text := newText(s)
		r := textRange{position{line, column}, position{toLine, toColumn}}
		got := text.edit(contentChange{&r, with}, e)
		if utf8.ValidString(s) && utf8.ValidString(with) && !utf8.ValidString(got.s) {
			t.Fatalf("%q became %q", s, got.s)
		}
		if len(got.s) > len(s)+len(with) {
			t.Fatal("grown")
		}
		for off := range got.s {
			p := got.position(off, e)
			if back := got.offset(p, e); back > off || got.position(back, e) != p {
				t.Fatalf("%q: byte %d is %v is byte %d", got.s, off, p, back)
			}
		}
		// The edit that makes one text another does.
		for _, x := range text.replace(got.s, e) {
			if again := text.edit(contentChange{&x.Range, x.NewText}, e); again.s != got.s {
				t.Fatalf("%q to %q gives %q", s, got.s, again.s)
			}
		}
	})
}

func TestNames(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "_a1": true, "größe": true, "長さ": true, "function": true,
		"": false, "_": false, "1a": false, "a b": false, "a-b": false, "match": false, "true": false, "AS1": false, "a.b": false,
		"a() {} fn b": false, "a//": false, "\"a\"": false, "::1": false, "const": false, "a[T]": false, "😀": false,
	} {
		if got := identifier(name); got != want {
			t.Errorf("%q: %t", name, got)
		}
	}
}
