package conf

import (
	"maps"
	"slices"
	"strings"
)

// AppendMarkdown appends the schema as a section of the manual under a heading
// of the given level; deeper tables get headings one level down.
func (s Schema) AppendMarkdown(dst []byte, title string, level int) []byte {
	var b strings.Builder
	s.section(&b, title, level)
	return append(dst, b.String()...)
}

func (s Schema) section(b *strings.Builder, title string, level int) {
	b.WriteString(strings.Repeat("#", min(level, 6)) + " " + title + "\n\n")
	if s.Doc != "" {
		b.WriteString(s.Doc + "\n\n")
	}
	if len(s.Keys) == 0 {
		b.WriteString("No keys.\n\n")
		return
	}
	b.WriteString("| key | value | default | meaning |\n|---|---|---|---|\n")
	for _, k := range s.Keys {
		b.WriteString("| `" + k.Name + "` | " + cell(k.valueText()) + " | " + cell(k.defaultText()) + " | " + cell(k.meaning()) + " |\n")
	}
	b.WriteString("\n")
	for _, k := range s.Keys {
		if k.Inside != nil {
			k.Inside.section(b, k.heading(title), level+1)
		}
	}
}

func (k Key) heading(title string) string {
	name := strings.Trim(title, "`") + "." + k.Name
	if k.Shape == Named {
		name += `."NAME"`
	}
	return "`" + name + "`"
}

func (k Key) valueText() string {
	if k.Inside == nil {
		return k.Want
	}
	switch k.Shape {
	case Many:
		return "a list of tables, below"
	case Named:
		return "a table of tables, below"
	}
	return "a table, below"
}

func (k Key) defaultText() string {
	switch {
	case k.Required:
		return "required"
	case k.Default != "":
		return "`" + k.Default + "`"
	}
	return ""
}

func (k Key) meaning() string {
	parts := []string{k.Doc}
	if k.Notice != "" {
		parts = append(parts, "Legacy: "+k.Notice+".")
	}
	if len(k.Aliases) > 0 {
		parts = append(parts, "Formerly `"+strings.Join(k.Aliases, "`, `")+"`.")
	}
	if k.Path {
		parts = append(parts, "Relative names start at the folder of the configuration file.")
	}
	if k.Live {
		parts = append(parts, "A change needs no restart.")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

// cell makes text fit into a table.
func cell(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "|", `\|`), "\n", " ")
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }
