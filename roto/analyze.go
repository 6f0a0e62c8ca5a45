package roto

import (
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"example.com/rotonda/roto/internal/check"
	"example.com/rotonda/roto/syntax"
)

// Analysis is what an editor wants to know of a script, also of one with mistakes.
type Analysis struct {
	// Diagnostics are all mistakes and warnings, by place.
	Diagnostics []syntax.Diagnostic

	uses   []check.Use
	byFile map[string][]check.Use // in the order of the text
	files  map[string]*syntax.Tree
}

// Symbol is a named thing of a script or of the host.
type Symbol struct {
	Name string
	Kind string      // function, method, filter, test, constant, context, variable, field, type, record, enum, variant, module, type parameter
	Text string      // its declaration: "fn prefix(Route) -> Prefix"
	Doc  string      // what the host or the comment above it says
	Span syntax.Span // the name asked about
	Def  syntax.Span // where it is declared; no file for what the host bound
}

// Analyze reads and checks a script without compiling it. The error is about
// reading or about the runtime's bindings.
func (rt *Runtime) Analyze(sources ...Source) (*Analysis, error) {
	a, _, err := rt.analyze("", sources)
	return a, err
}

func (rt *Runtime) analyze(probe string, sources []Source) (*Analysis, []*check.Item, error) {
	if err := rt.Err(); err != nil {
		return nil, nil, err
	}
	var diags syntax.Diagnostics
	mods, err := parse(sources, &diags)
	if err != nil {
		return nil, nil, err
	}
	p := check.Check(rt.u, mods, &diags, check.Options{Uses: true, Probe: probe})
	diags.Sort()
	a := &Analysis{Diagnostics: diags.List, uses: p.Uses, byFile: map[string][]check.Use{}, files: map[string]*syntax.Tree{}}
	for _, u := range p.Uses {
		a.byFile[u.Span.File.Name] = append(a.byFile[u.Span.File.Name], u)
	}
	for _, m := range mods {
		a.files[m.Tree.File.Name] = m.Tree
	}
	return a, p.Candidates, nil
}

// Files returns the names of the files of the script, sorted.
func (a *Analysis) Files() []string {
	var names []string
	for name := range a.files {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// File returns a file of the script, nil where there is none of that name.
func (a *Analysis) File(name string) *syntax.File {
	if t := a.files[name]; t != nil {
		return t.File
	}
	return nil
}

func (a *Analysis) use(file string, offset int) (check.Use, bool) {
	uses := a.byFile[file]
	// Names do not overlap: of those that begin at or before the place, the last may
	// hold it, and the one before it may end there.
	i := sort.Search(len(uses), func(i int) bool { return int(uses[i].Span.Start) > offset })
	for _, k := range []int{i - 2, i - 1} {
		if k >= 0 && offset <= int(uses[k].Span.End) {
			return uses[k], true
		}
	}
	return check.Use{}, false
}

// At tells what the name at a byte of a file stands for.
func (a *Analysis) At(file string, offset int) (Symbol, bool) {
	u, ok := a.use(file, offset)
	if !ok {
		return Symbol{}, false
	}
	s := symbol(u.Item)
	s.Span = u.Span
	if u.Item.Kind == check.FieldItem && s.Def.File == nil {
		if places := a.places(u.Item); len(places) > 0 {
			s.Def = places[0]
		}
	}
	if s.Doc == "" && s.Def.File != nil {
		s.Doc = a.comment(s.Def)
	}
	return s, true
}

// Uses returns every place where what stands at a byte of a file is named, its
// declaration included; none for what the host bound.
func (a *Analysis) Uses(file string, offset int) []syntax.Span {
	u, ok := a.use(file, offset)
	if !ok || u.Item.Kind != check.FieldItem && symbol(u.Item).Def.File == nil {
		return nil
	}
	return a.places(u.Item)
}

func (a *Analysis) places(it *check.Item) []syntax.Span {
	if it.Kind == check.FieldItem && (it.Type == nil || it.Type.Decl == nil) {
		return nil // of an anonymous record: nobody knows which others are meant
	}
	var out []syntax.Span
	id := it.Identity()
	for _, u := range a.uses {
		if u.Item.Identity() == id {
			out = append(out, u.Span)
		}
	}
	return out
}

// Named returns what stands at each name of a file, in order, without documentation.
func (a *Analysis) Named(file string) []Symbol {
	var out []Symbol
	for _, u := range a.uses {
		if u.Span.File.Name == file {
			s := symbol(u.Item)
			s.Span = u.Span
			out = append(out, s)
		}
	}
	slices.SortStableFunc(out, func(a, b Symbol) int { return int(a.Span.Start) - int(b.Span.Start) })
	return slices.CompactFunc(out, func(a, b Symbol) bool { return a.Span.Start == b.Span.Start })
}

// Declared returns what a file declares, in order.
func (a *Analysis) Declared(file string) []Symbol {
	t := a.files[file]
	if t == nil {
		return nil
	}
	var out []Symbol
	for _, d := range t.Decls {
		var name syntax.Name
		switch d := d.(type) {
		case *syntax.Func:
			name = d.Name
		case *syntax.Const:
			name = d.Name
		case *syntax.Record:
			name = d.Name
		case *syntax.Enum:
			name = d.Name
		default:
			continue
		}
		if s, ok := a.At(file, int(name.Span.Start)); ok {
			s.Span = d.At()
			out = append(out, s)
		}
	}
	return out
}

// comment returns the comment lines right above a declaration.
func (a *Analysis) comment(def syntax.Span) string {
	t := a.files[def.File.Name]
	if t == nil {
		return ""
	}
	line := def.Position().Line
	var lines []string
	for i := len(t.Comments) - 1; i >= 0; i-- {
		c := t.Comments[i]
		if c.Span.Start > def.Start {
			continue
		}
		at := c.Span.Position()
		if at.Line != line-1 || strings.TrimSpace(t.File.Line(at.Line)[:len(t.File.Line(at.Line))-len(c.Text)]) != "" {
			break
		}
		line = at.Line
		lines = append(lines, strings.TrimSpace(strings.TrimLeft(c.Text, "/#")))
	}
	slices.Reverse(lines)
	return strings.Join(lines, "\n")
}

// probe is what Complete puts where the cursor is.
const probe = "__roto_probe"

// Complete returns what could stand at a byte of a file, whose text is given as it
// is in the editor: names in scope, or members of what stands before the dot. The
// sources are those of the whole script.
func (rt *Runtime) Complete(file, text string, offset int, sources ...Source) ([]Symbol, error) {
	offset = min(max(offset, 0), len(text))
	start := offset
	for start > 0 {
		r, n := utf8.DecodeLastRuneInString(text[:start])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		start -= n
	}
	typed, rest := text[start:offset], text[offset:]
	for rest != "" {
		r, n := utf8.DecodeRuneInString(rest)
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		rest = rest[n:]
	}
	// Half a statement is no statement: where the name alone cannot be read, the
	// semicolon is still to come.
	var found []*check.Item
	for _, end := range []string{"", ";"} {
		patched := map[string]string{file: text[:start] + probe + end + rest}
		over := make([]Source, len(sources))
		for i, s := range sources {
			if over[i] = s; s.files != nil {
				over[i] = Overlay(s, patched)
			}
		}
		var err error
		if _, found, err = rt.analyze(probe, over); err != nil {
			return nil, err
		}
		if len(found) > 0 {
			break
		}
	}
	var out []Symbol
	for _, it := range found {
		if strings.HasPrefix(it.Name, typed) && !strings.HasPrefix(it.Name, "test#") && it.Name != probe {
			out = append(out, symbol(it))
		}
	}
	return out, nil
}

// symbol describes an item.
func symbol(it *check.Item) Symbol {
	s := Symbol{Name: it.Name, Kind: it.String(), Def: it.Span}
	switch it.Kind {
	case check.ModuleItem:
		s.Text = "module " + it.Name
	case check.TypeItem:
		s.Doc, s.Text = it.Type.Doc, typeText(it.Type)
		switch {
		case it.Type.IsRecord:
			s.Kind = "record"
		case it.Type.IsEnum:
			s.Kind = "enum"
		}
		if d := it.Type.Decl; d != nil {
			s.Def = nameOf(d)
		}
	case check.FuncItem:
		s.Doc, s.Text = it.Func.Doc, functionText(it.Func)
		if d := it.Func.Decl; d != nil {
			s.Name, s.Def = d.Name.Text, d.Name.Span
			switch d.Kind {
			case syntax.FilterFunc:
				s.Kind = "filter"
			case syntax.TestFunc:
				s.Kind = "test"
			}
		}
	case check.ConstItem:
		s.Doc = it.Const.Doc
		s.Text = "const " + it.Const.Name + ": " + typeOrOpen(it.Const.Type)
		if d := it.Const.Decl; d != nil {
			s.Def = d.Name.Span
		}
	case check.ContextItem:
		s.Doc, s.Text = it.Ctx.Doc, it.Ctx.Name+": "+typeOrOpen(it.Ctx.Type)
	case check.VariantItem:
		s.Kind, s.Text = "variant", it.Type.Path+"."+it.Name
		if f := it.Type.Variants[it.Tag].Fields; len(f) > 0 {
			s.Text += "(" + typeTexts(f) + ")"
		}
	case check.FieldItem:
		s.Text = it.Name + ": " + typeOrOpen(it.Local.Type)
		s.Def = syntax.Span{}
	case check.LocalItem:
		s.Kind, s.Text = "variable", it.Name+": "+typeOrOpen(it.Local.Type)
	case check.ParamItem:
		s.Text = it.Name
	}
	return s
}

func nameOf(d syntax.Decl) syntax.Span {
	switch d := d.(type) {
	case *syntax.Record:
		return d.Name.Span
	case *syntax.Enum:
		return d.Name.Span
	}
	return d.At()
}

func typeOrOpen(t check.Type) string {
	if t == nil {
		return "_"
	}
	return t.String()
}

func typeTexts(ts []check.Type) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = t.String()
	}
	return strings.Join(parts, ", ")
}

// functionText is the declaration of a function as a script would write it.
func functionText(f *check.FuncDef) string {
	if f.Decl != nil && f.Decl.Kind == syntax.TestFunc {
		return "test " + f.Name
	}
	if f.Field {
		return f.Name + ": " + typeOrOpen(f.Result)
	}
	var params []string
	for i, t := range f.Params {
		names := f.Names
		if f.Method && len(names) == len(f.Params)-1 { // the host names no receiver
			names = append([]string{"self"}, names...)
		}
		text := t.String()
		if i < len(names) {
			text = names[i] + ": " + text
		} else if f.Method && i == 0 {
			text = "self: " + text
		}
		params = append(params, text)
	}
	word := "fn "
	if f.Decl != nil && f.Decl.Kind == syntax.FilterFunc {
		return "filter " + f.Name + "(" + strings.Join(params, ", ") + ")"
	}
	out := word + strings.TrimPrefix(f.Path, "pkg.") + "(" + strings.Join(params, ", ") + ")"
	if check.PrimOf(f.Result) != check.Unit && f.Result != nil {
		out += " -> " + f.Result.String()
	}
	return out
}

// typeText is the declaration of a type.
func typeText(d *check.TypeDef) string {
	params := ""
	if len(d.Params) > 0 {
		params = "[" + strings.Join(d.Params, ", ") + "]"
	}
	switch {
	case d.IsRecord:
		var fields []string
		for _, f := range d.Fields {
			fields = append(fields, f.Name+": "+f.Type.String())
		}
		return "record " + d.Name + params + " { " + strings.Join(fields, ", ") + " }"
	case d.IsEnum:
		var variants []string
		for _, v := range d.Variants {
			if len(v.Fields) > 0 {
				variants = append(variants, v.Name+"("+typeTexts(v.Fields)+")")
			} else {
				variants = append(variants, v.Name)
			}
		}
		return "enum " + d.Name + params + " { " + strings.Join(variants, ", ") + " }"
	}
	return "type " + d.Name + params
}
