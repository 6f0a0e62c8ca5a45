package conf

import "strings"

// AppendTOML appends a commented example of the table called name ("" for the
// top level). first, if not empty, are lines that go in before all keys, such
// as the type of a unit. Keys with a default are commented out, so that the
// example means the same as an empty table; required ones show what is wanted.
func (s Schema) AppendTOML(dst []byte, name string, first ...string) []byte {
	w := tomlWriter{dst}
	w.comment("", s.Doc)
	if name != "" {
		w.line("[" + name + "]")
	}
	for _, l := range first {
		w.line(l)
	}
	w.keys(s, "")
	w.tables(s, name)
	return w.b
}

type tomlWriter struct{ b []byte }

func (w *tomlWriter) line(s string) { w.b = append(append(w.b, s...), '\n') }

func (w *tomlWriter) comment(indent, text string) {
	if text == "" {
		return
	}
	for _, p := range strings.Split(text, "\n") {
		for _, l := range wrap(p, 96) {
			w.line(strings.TrimRight(indent+"# "+l, " "))
		}
	}
}

// keys writes the plain values of a table: TOML wants them before sub-tables.
func (w *tomlWriter) keys(s Schema, mark string) {
	for _, k := range s.Keys {
		if k.Inside != nil || k.Notice != "" {
			continue
		}
		w.line("")
		w.comment("", k.Doc)
		w.comment("", sentence(k.facts()))
		value := k.Default
		hash := "# "
		if value == "" {
			value = k.sample()
		}
		if k.Required {
			hash = ""
		}
		if mark != "" {
			hash = mark
		}
		w.line(hash + k.Name + " = " + value)
	}
}

// tables writes the sub-tables, commented out: all of them are optional.
func (w *tomlWriter) tables(s Schema, name string) {
	for _, k := range s.Keys {
		if k.Inside == nil || k.Notice != "" {
			continue
		}
		head := k.Name
		if name != "" {
			head = name + "." + k.Name
		}
		w.line("")
		w.comment("", k.Doc)
		switch k.Shape {
		case Many:
			w.line("# [[" + head + "]]")
		case Named:
			head += `."NAME"`
			w.line("# [" + head + "]")
		default:
			w.line("# [" + head + "]")
		}
		w.keys(*k.Inside, "# ")
		w.tables(*k.Inside, head)
	}
}

// facts lists what the tags say, for help texts.
func (k Key) facts() []string {
	var list []string
	if k.Want != "" {
		list = append(list, k.Want)
	}
	if k.Required {
		list = append(list, "required")
	}
	if k.Path {
		list = append(list, "relative names start at the folder of this file")
	}
	if k.Live {
		list = append(list, "a change needs no restart")
	}
	return list
}

func sentence(parts []string) string {
	s := strings.Join(parts, "; ")
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

// sample is a value for a key without default.
func (k Key) sample() string {
	one := `""`
	switch {
	case len(k.Enum) > 0 && k.Base == "string":
		one = quote(k.Enum[0])
	case len(k.Enum) > 0:
		one = k.Enum[0]
	case strings.HasPrefix(k.Want, "an IP"):
		one = `"192.0.2.1"`
	case strings.HasPrefix(k.Want, "ADDRESS:PORT"):
		one = `"127.0.0.1:8080"`
	case strings.HasPrefix(k.Want, "a prefix"):
		one = `"192.0.2.0/24"`
	case strings.HasPrefix(k.Want, "a duration"):
		one = `"60s"`
	case k.Base == "integer", k.Base == "number":
		one = "0"
		if k.Low != "" && k.Unit == "" {
			one = k.Low
		}
	case k.Base == "boolean":
		one = "false"
	case strings.HasPrefix(k.Want, "a date"):
		one = "2026-01-31T12:00:00Z"
	case k.Base == "object":
		one = "{}"
	}
	if k.Shape == Named {
		return "{}"
	}
	if k.Shape == Many && !k.OneMany {
		return "[" + one + "]"
	}
	return one
}

// wrap breaks text into lines of at most width characters where it can.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
