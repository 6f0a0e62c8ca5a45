package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"example.com/rotonda/internal/filter"
	"example.com/rotonda/roto"
)

//go:embed doc.html
var docPage string

func docCommand() *cobra.Command {
	var asHTML, asMarkdown bool
	var output string
	cmd := &cobra.Command{
		Use:   "doc",
		Short: "Print what scripts can use: types, methods, constants, context and hooks",
		Long: "Print what scripts can use, as it is bound: types, methods, functions, constants, context variables and, with --runtime rotonda, hooks.\n" +
			"Markdown unless --html is given, which makes one page that needs nothing else.",
		Example: "  roto doc --runtime rotonda\n  roto doc --runtime rotonda --html -o reference.html",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if asHTML && asMarkdown {
				return usagef("--html or --md, not both")
			}
			page, err := newDocPage(cmd)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if output != "" {
				f, err := os.Create(output)
				if err != nil {
					return err
				}
				defer f.Close()
				out = f
			}
			if asHTML {
				return page.html(out)
			}
			return page.markdown(out)
		},
	}
	cmd.Flags().BoolVar(&asHTML, "html", false, "one page of HTML")
	cmd.Flags().BoolVar(&asMarkdown, "md", false, "Markdown, as without any flag")
	cmd.Flags().StringVarP(&output, "output", "o", "", "the file to write instead of standard output")
	return cmd
}

// docEntries is a heading with what stands under it.
type docEntries struct {
	Title   string
	Entries []roto.Symbol
}

// docSection is a type, or the things of a module that belong to none.
type docSection struct {
	ID, Title, Text, Doc string
	Groups               []docEntries
}

// docPageData is the whole reference.
type docPageData struct {
	Title    string
	Sections []docSection
}

func newDocPage(cmd *cobra.Command) (*docPageData, error) {
	rt, err := runtimeOf(cmd, "", io.Discard)
	if err != nil {
		return nil, err
	}
	d, err := rt.Document()
	if err != nil {
		return nil, err
	}
	p := &docPageData{Title: "The Roto standard library"}
	if name, _ := cmd.Flags().GetString("runtime"); name == "rotonda" {
		p.Title = "What Roto scripts see in Rotonda"
		s := docSection{ID: "hooks", Title: "Hooks", Doc: "Functions that the daemon calls when a script has them."}
		g := docEntries{}
		for _, h := range filter.Hooks {
			g.Entries = append(g.Entries, roto.Symbol{Name: h.Name, Text: h.Signature, Doc: h.Doc})
		}
		s.Groups = []docEntries{g}
		p.Sections = append(p.Sections, s)
	}
	p.add(d)
	return p, nil
}

// add appends a module and those in it.
func (p *docPageData) add(d roto.Documentation) {
	title, id := "Global", "global"
	if d.Module != "" {
		title, id = "Module "+d.Module, "module-"+d.Module
	}
	p.section(docSection{ID: id, Title: title},
		docEntries{"Context", d.Context}, docEntries{"Functions", d.Functions}, docEntries{"Constants", d.Constants})
	for _, t := range d.Types {
		p.section(docSection{ID: "type-" + t.Name, Title: t.Name, Text: t.Text, Doc: t.Doc},
			docEntries{"Variants", t.Variants}, docEntries{"Methods", t.Methods}, docEntries{"Functions", t.Functions}, docEntries{"Constants", t.Constants})
	}
	for _, m := range d.Modules {
		p.add(m)
	}
}

func (p *docPageData) section(s docSection, groups ...docEntries) {
	for _, g := range groups {
		if len(g.Entries) > 0 {
			s.Groups = append(s.Groups, g)
		}
	}
	if s.Text != "" || len(s.Groups) > 0 {
		p.Sections = append(p.Sections, s)
	}
}

func (p *docPageData) html(w io.Writer) error {
	t, err := template.New("doc").Parse(docPage)
	if err != nil {
		return err
	}
	return t.Execute(w, p)
}

func (p *docPageData) markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", p.Title)
	for _, s := range p.Sections {
		fmt.Fprintf(&b, "\n## %s\n", s.Title)
		if s.Text != "" {
			fmt.Fprintf(&b, "\n```roto\n%s\n```\n", s.Text)
		}
		if s.Doc != "" {
			fmt.Fprintf(&b, "\n%s\n", s.Doc)
		}
		for _, g := range s.Groups {
			if g.Title != "" {
				fmt.Fprintf(&b, "\n### %s\n", g.Title)
			}
			b.WriteByte('\n')
			for _, e := range g.Entries {
				fmt.Fprintf(&b, "- `%s`", e.Text)
				if e.Doc != "" {
					fmt.Fprintf(&b, ": %s", strings.ReplaceAll(e.Doc, "\n", " "))
				}
				b.WriteByte('\n')
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
