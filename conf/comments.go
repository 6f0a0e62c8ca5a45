package conf

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// docs are the comments of a Go file: on its types, and on their fields.
type docs struct {
	types  map[string]string
	fields map[string]map[string]string
}

// comments reads the doc comments of a Go file. A file that does not parse has
// none: help is then missing, which a test of the unit shows.
func comments(source []byte) docs {
	d := docs{map[string]string{}, map[string]map[string]string{}}
	if len(source) == 0 {
		return d
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return d
	}
	for _, decl := range file.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.TYPE {
			continue
		}
		for _, spec := range gen.Specs {
			d.add(gen, spec.(*ast.TypeSpec))
		}
	}
	return d
}

func (d docs) add(gen *ast.GenDecl, spec *ast.TypeSpec) {
	doc := spec.Doc
	if doc == nil && len(gen.Specs) == 1 {
		doc = gen.Doc
	}
	name := spec.Name.Name
	d.types[name] = prose(name, doc)
	st, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	d.fields[name] = map[string]string{}
	for _, f := range st.Fields.List {
		doc := f.Doc
		if doc == nil {
			doc = f.Comment
		}
		for _, id := range f.Names {
			d.fields[name][id.Name] = prose(id.Name, doc)
		}
	}
}

// prose turns a doc comment into help: one line a paragraph, without the Go
// name and the verb it leads with ("Listen is the address" reads "The address").
func prose(name string, group *ast.CommentGroup) string {
	if group == nil {
		return ""
	}
	var paragraphs []string
	for _, p := range strings.Split(strings.TrimSpace(group.Text()), "\n\n") {
		paragraphs = append(paragraphs, strings.Join(strings.Fields(p), " "))
	}
	text := strings.Join(paragraphs, "\n\n")
	for _, verb := range []string{" is ", " are ", " "} {
		if rest, ok := strings.CutPrefix(text, name+verb); ok && rest != "" {
			return strings.ToUpper(rest[:1]) + rest[1:]
		}
	}
	return text
}
